/* Training logs kept between rounds. */
#ifndef PAL_LAB_TRAINING_ROWS_H
#define PAL_LAB_TRAINING_ROWS_H

#include "core/error.h"
#include "core/tensors.h"
#include "stages/training.h"

#include <stddef.h>

/* Words that rows point to and that no stage of this process said. Start from {0}. */
typedef struct pal_words {
    size_t n;
    char **word; /* n */
} pal_words;
void pal_words_clear(pal_words *words);

/* Every row of a log into *file, under names that begin with `part` and a point. */
PAL_MUST_USE pal_status pal_training_save(const pal_training_log *log, pal_tensors *file, const char *part, pal_error *err);
/*
 * And back into an empty log, which must not outlive `words`. Rows are stored as the program holds them in memory: the same
 * build reads them.
 *   PAL_ERR_DATA  an array does not fit: names it
 */
PAL_MUST_USE pal_status pal_training_restore(pal_training_log *log, pal_words *words, const pal_tensors *file,
                                             const char *part, pal_error *err);

#endif

/* Seeded splits of an interaction log into training, validation and test; written to disk and read back. */
#ifndef PAL_DATA_SPLIT_H
#define PAL_DATA_SPLIT_H

#include "core/error.h"
#include "core/hash.h"
#include "core/param.h"
#include "data/interactions.h"

/* Parameters of a "split" object: kind (random, random_user, leave_last, time, k_fold, user_cold, item_cold, file,
 * ua), test and validation shares or counts, folds, fold, known share, seed …, with meanings. */
extern const pal_param pal_split_params[];

typedef struct pal_split {
    size_t n;         /* interactions of the log                          */
    uint8_t *part;    /* n: pal_part                                      */
    size_t count[5];  /* by pal_part                                      */
    char digest[PAL_HASH_HEX]; /* of part, user ids and item ids in order */
} pal_split;

/*
 * Split a log. Every draw is keyed by the ids' places, so that a split depends on (log, parameters, seed) only.
 *   PAL_ERR_DATA    nothing would be left to train on or to test; the kind needs times and the log has none
 *   PAL_ERR_CONFIG  shares that add up to 1 or more; fold outside; the text names the JSON path
 */
PAL_MUST_USE pal_status pal_split_make(pal_split **out, const pal_interactions *log, const pal_values *values,
                                       const char *file, const char *json_path, pal_error *err);
void pal_split_free(pal_split *split); /* accepts NULL */

/* CSV user,item,part (train, valid, test, known, none) in the log's order; and back: every interaction of the log
 * must stand in the file exactly once (PAL_ERR_DATA names file and row). */
PAL_MUST_USE pal_status pal_split_save(const pal_split *split, const pal_interactions *log, const char *path,
                                       pal_error *err);
PAL_MUST_USE pal_status pal_split_load(pal_split **out, const pal_interactions *log, const char *path,
                                       pal_error *err);

#endif

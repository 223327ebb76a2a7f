/* What commands that run a file share: --set and --seed as overrides, and where results go by default. */
#ifndef PAL_CLI_OVERRIDES_H
#define PAL_CLI_OVERRIDES_H

#include "cli/options.h"
#include "core/text.h"
#include "lab/experiment.h"

/* --set path=value and --seed; `words` holds the split copies. */
typedef struct pal_overrides {
    pal_override item[PAL_MAX_GIVEN];
    size_t n;
    char *words[PAL_MAX_GIVEN];
    size_t n_words;
    char seed[PAL_NUMBER_MAX + 2];
} pal_overrides;

/* PAL_ERR_USAGE for a --set without PATH=VALUE or a --seed that is no whole number. Clear it also after an error. */
PAL_MUST_USE pal_status pal_overrides_read(pal_overrides *o, const pal_args *args, pal_error *err);
void pal_overrides_clear(pal_overrides *o);

/* --out, or results/NAME-SEED with the name cut down to letters that every shell takes as they are. The caller owns
 * *out (pal_free). */
PAL_MUST_USE pal_status pal_result_directory(char **out, const pal_args *args, const char *name, uint64_t seed,
                                             pal_error *err);

#endif

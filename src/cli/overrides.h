/* What commands that run a file share: presets, --set and --seed as overrides, and where results go by default. */
#ifndef PAL_CLI_OVERRIDES_H
#define PAL_CLI_OVERRIDES_H

#include "cli/options.h"
#include "core/text.h"
#include "lab/experiment.h"

#define PAL_OPTION_PRESET { "preset", "FILE", true, "people and answers of a preset ('palate data fit-people'), as --set before all others" }
#define PAL_MAX_PRESETS 8
#define PAL_MAX_PRESET_KEYS 128 /* of all presets together */

/* Presets, then --set path=value and --seed; `words` holds the split copies. */
typedef struct pal_overrides {
    pal_override item[PAL_MAX_GIVEN + PAL_MAX_PRESET_KEYS];
    size_t n;
    char *words[PAL_MAX_GIVEN];
    size_t n_words;
    pal_json_doc *preset[PAL_MAX_PRESETS]; /* own the paths of their keys */
    size_t n_presets;
    char *preset_text[PAL_MAX_PRESET_KEYS]; /* the values                 */
    size_t n_preset_keys;
    char *set;                             /* "set" of a sweep, presets put in; or NULL */
    char seed[PAL_NUMBER_MAX + 2];
} pal_overrides;

/*
 * Of an experiment. A later one wins: presets in their order, then --set, then --seed. Clear it also after an error.
 *   PAL_ERR_USAGE   a --set without PATH=VALUE, a --seed that is no whole number, too many presets
 *   PAL_ERR_CONFIG  a file that is no preset ("format": "palate-preset/1", "set": {PATH: VALUE}); or as pal_json_load
 */
PAL_MUST_USE pal_status pal_overrides_read(pal_overrides *o, const pal_args *args, pal_error *err);
/* Of the sweep file at `path`: presets become part of its "set" and win over what stands there. NULL: no file yet. */
PAL_MUST_USE pal_status pal_overrides_read_sweep(pal_overrides *o, const pal_args *args, const char *path, pal_error *err);
void pal_overrides_clear(pal_overrides *o);

/* --out, or results/NAME-SEED with the name cut down to letters that every shell takes as they are. The caller owns
 * *out (pal_free). */
PAL_MUST_USE pal_status pal_result_directory(char **out, const pal_args *args, const char *name, uint64_t seed,
                                             pal_error *err);

#endif

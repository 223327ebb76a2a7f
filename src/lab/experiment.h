/* An experiment: the JSON file checked whole, defaults filled in, and its canonical text with a digest. */
#ifndef PAL_LAB_EXPERIMENT_H
#define PAL_LAB_EXPERIMENT_H

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/param.h"
#include "core/text.h"
#include "data/catalog.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_NO_ARM SIZE_MAX

/* Parameter tables, for checking and for `palate describe experiment`. */
extern const pal_param pal_experiment_params[]; /* top level: name, purpose, seed, replicates, rounds, slots, … */
extern const pal_param pal_catalog_params[];    /* "catalog": source, file, if_absent, scaling, clusters …     */
extern const pal_param pal_probe_params[];      /* "probe": items, every                                       */
extern const pal_param pal_statistics_params[]; /* "statistics": resamples, level, permutations, correction    */
extern const pal_param pal_output_params[];     /* "output": events, figures, sheets …                         */

typedef struct pal_arm_spec {
    char *name;              /* unique among arms                                       */
    size_t stage;            /* registry index                                          */
    pal_values *params;      /* of the stage, checked                                   */
    const pal_json *object;  /* the raw "params" object, or NULL; borrowed from doc     */
    char *path;              /* its JSON path, for messages                             */
    pal_values *cache;       /* pal_cache_params; NULL: no cache in front of the stage  */
    size_t uncached;         /* of an arm with a cache: the one that is the same but for it, or PAL_NO_ARM */
} pal_arm_spec;

typedef struct pal_experiment {
    pal_json_doc *doc;
    char *file;              /* name in messages                                        */
    const char *name, *purpose;
    uint64_t seed;
    uint32_t n_replicates;
    size_t n_rounds, n_slots;

    bool synthetic;          /* catalog from sim/catalog_gen instead of a CSV           */
    const char *catalog_file;
    const pal_json *catalog_object;
    pal_values *catalog;         /* pal_catalog_params                                  */
    pal_values *catalog_import;  /* pal_import_params; NULL when the source is synthetic */
    pal_values *catalog_gen;     /* pal_catalog_gen_params; NULL when they cannot matter */
    pal_cluster_choice clusters;

    pal_values *top, *people, *profile, *probe, *statistics, *output;
    size_t response;         /* registry index                                          */
    pal_values *response_params;
    pal_values *playlists;   /* pal_filing_params; NULL: people keep no playlists      */

    size_t n_arms;
    pal_arm_spec *arm;
    size_t baseline, focus, oracle; /* arm indices; oracle may be PAL_NO_ARM            */

    pal_text resolved;       /* canonical JSON, every default filled in; loads to the same experiment */
    char digest[PAL_HASH_HEX];
} pal_experiment;

typedef struct pal_override { /* from the command line */
    const char *path, *text;
} pal_override;

/*
 * Load and check an experiment. Overrides (--set path=value, --seed) are applied before the check.
 * Errors are PAL_ERR_CONFIG, PAL_ERR_PARSE or PAL_ERR_IO with the file and JSON path.
 */
PAL_MUST_USE pal_status pal_experiment_load(pal_experiment **out, const char *path, const pal_override *overrides,
                                            size_t n_overrides, pal_error *err);
/* The same from text, for verify and tests; `name` stands in messages. */
PAL_MUST_USE pal_status pal_experiment_parse(pal_experiment **out, const char *text, size_t n, const char *name,
    const pal_override *overrides, size_t n_overrides, pal_error *err);
void pal_experiment_free(pal_experiment *experiment); /* accepts NULL */

/* Append the description of every experiment key, from the tables. */
void pal_experiment_describe(pal_text *text);

#endif

/* An evaluation file: the JSON checked whole, defaults filled in, and its canonical text with a digest. */
#ifndef PAL_LAB_EVAL_CONFIG_H
#define PAL_LAB_EVAL_CONFIG_H

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/param.h"
#include "core/text.h"
#include "lab/experiment.h" /* pal_override */
#include "metrics/topn.h"
#include "models/recommender.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_EVAL_MAX_REPLICATES 32

/* Parameter tables, for checking and for help. The statistics table is shared with experiments. */
extern const pal_param pal_eval_params[];          /* top level                                        */
extern const pal_param pal_eval_data_params[];     /* "data": source, file, get                        */
extern const pal_param pal_eval_generate_params[]; /* "data" with "source": "synthetic"                */
extern const pal_param pal_eval_metrics_params[];  /* "metrics"                                        */
extern const pal_param pal_eval_test_params[];     /* "statistics", beside pal_statistics_params       */
extern const pal_param pal_eval_output_params[];   /* "output"                                         */
extern const pal_param pal_eval_model_params[];    /* an entry of "models", beside "params", "search"  */
extern const pal_param pal_eval_search_params[];   /* its "search", beside "over"                      */

typedef struct pal_eval_model {
    const char *name;            /* unique; borrowed from values or the type                     */
    const pal_rec_type *type;
    const pal_json *object;      /* its "params", or NULL; borrowed from the config's document   */
    pal_values *values;          /* of pal_eval_model_params                                     */
    pal_values *params;          /* of the type, checked; what is used without a search          */
    char path[48];               /* "models[2]", for messages                                    */
    bool people_features, item_features; /* give side features to the model                      */
    pal_values *search;          /* of pal_eval_search_params; NULL: no search                   */
    const pal_json *over;        /* parameter -> values or range; borrowed                       */
    size_t n_tries;              /* settings the search tries; 0 without one                     */
    size_t by;                   /* column of the metric that decides                            */
} pal_eval_model;

typedef struct pal_eval_config {
    pal_json_doc *doc;
    char *file;                  /* name in messages */
    const char *name, *purpose;
    uint64_t seed;
    uint32_t n_replicates;
    bool vary_split, vary_model; /* what a replicate draws anew */
    bool keep_training_items, exact_numerics;
    bool unseen_only;            /* rank only items that nobody had in what models are fitted to */

    bool synthetic;
    const char *data_file;
    pal_values *top, *data, *load, *generate, *split, *metrics, *statistics, *test, *output;

    size_t n_models;
    pal_eval_model *model;
    size_t baseline;             /* index of a model */

    size_t n_k, k[PAL_TOPN_MAX_KS];
    size_t main_k, main_column;  /* index of the k, and the column, that sort the table */

    pal_text resolved;           /* canonical JSON, every default filled in */
    char digest[PAL_HASH_HEX];
} pal_eval_config;

/*
 * Load and check an evaluation file; overrides (--set path=value, --seed) come before the check.
 *   PAL_ERR_CONFIG, PAL_ERR_PARSE, PAL_ERR_IO  with the file and JSON path
 */
PAL_MUST_USE pal_status pal_eval_config_load(pal_eval_config **out, const char *path, const pal_override *overrides,
                                             size_t n_overrides, pal_error *err);
/* The same from text; `name` stands in messages. */
PAL_MUST_USE pal_status pal_eval_config_parse(pal_eval_config **out, const char *text, size_t n, const char *name,
    const pal_override *overrides, size_t n_overrides, pal_error *err);
void pal_eval_config_free(pal_eval_config *config); /* accepts NULL */

/* Append the description of every key, from the tables. */
void pal_eval_describe(pal_text *text);
/* The tables one by one, in the order of that description, with the key that each belongs to ("": the top level). */
size_t pal_eval_sections(void);
const pal_param *pal_eval_section(size_t i, const char **key);

#endif

/* A study of off-policy estimators (`palate ope FILE.json`), read for drawing. */
#ifndef PAL_PLOTS_OPE_DATA_H
#define PAL_PLOTS_OPE_DATA_H

#include "core/arena.h"
#include "core/csv.h"
#include "plots/figure.h"
#include "plots/run_data.h"

/* One estimator, judging one target from logs of one size. Intervals are of the Monte-Carlo error over logs, at 95 %. */
typedef struct pal_ope_cell {
    double mean, width, logs;  /* mean estimate, mean width of its intervals, logs in which it is defined */
    pal_estimate bias, sd, rmse, coverage;
} pal_ope_cell;

typedef struct pal_ope_data {
    pal_rundata run;  /* first, so that a figure, which is handed this, can get at the rest; holds no arms */
    pal_arena *arena;
    pal_json_doc *doc;
    const char *name, *purpose, *logging, *reward;
    double level, logs, people, slots, candidates, gaps;
    size_t n_sizes, n_targets, n_estimators;
    double *size;                                     /* rising                                 */
    const char **target, **estimator, **meaning, **model; /* model "": needs none              */
    pal_ope_cell *cell;                               /* pal_ope_at                             */
    double logging_value;
    double *truth, *unsupported;                      /* n_targets                              */
    double *ess, *most_weight;                        /* n_sizes x n_targets                    */
} pal_ope_data;

/* Errors as pal_rundata_load. Caller frees with pal_ope_data_free. */
PAL_MUST_USE pal_status pal_ope_data_load(pal_ope_data **out, const char *dir, pal_error *err);
void pal_ope_data_free(pal_ope_data *data); /* accepts NULL */

const pal_ope_cell *pal_ope_at(const pal_ope_data *data, size_t size, size_t target, size_t estimator);

/* What the largest logs say of an estimator. A fault is what four Monte-Carlo errors tell from none. */
typedef enum pal_ope_verdict {
    PAL_OPE_HONEST,
    PAL_OPE_BIASED,    /* but its intervals hold the truth as often as they promise         */
    PAL_OPE_NARROW,    /* no bias is seen, but its intervals hold the truth less often      */
    PAL_OPE_LIES,      /* both                                                              */
    PAL_OPE_UNDEFINED
} pal_ope_verdict;
/* "honest", "biased", "narrow", "lies", "undefined". */
const char *pal_ope_verdict_word(pal_ope_verdict verdict);
pal_ope_verdict pal_ope_verdict_of(const pal_ope_data *data, size_t target, size_t estimator);

/* Error against log size; estimates against the truth; how often intervals hold it. */
extern const pal_figure pal_fig_ope_size, pal_fig_ope_bias, pal_fig_ope_coverage;

#endif

/* The result directory of an evaluation read for drawing. Its models are the arms of a pal_rundata. */
#ifndef PAL_PLOTS_EVAL_READ_H
#define PAL_PLOTS_EVAL_READ_H

#include "core/csv.h"
#include "plots/figure.h"
#include "plots/run_data.h"

#include <stddef.h>

#define PAL_EVAL_NAME 48

typedef struct pal_eval_tried { /* a row of search.csv */
    size_t arm;
    double replicate, value;
    bool kept;
} pal_eval_tried;

typedef struct pal_eval_activity { /* people who have from `least` to `most` items */
    double least, most, people;
    pal_estimate *value;           /* n_arms: the main metric */
} pal_eval_activity;

typedef struct pal_evaldata {
    const pal_json *summary;       /* root of summary.json                    */
    const char *main;              /* the metric that sorts models            */
    double main_k;                 /* the list length shown where one is shown */
    size_t n_k, n_tries, n_activity;
    double *k;
    pal_eval_tried *tries;
    pal_eval_activity *activity;
    pal_table *lists;              /* recommendations.csv                     */
} pal_evaldata;

/*
 * Read summary.json, manifest.json, search.csv and recommendations.csv. run->eval is set; rounds and people are not.
 * The caller frees it with pal_eval_rundata_free. Errors as pal_rundata_load.
 */
PAL_MUST_USE pal_status pal_eval_rundata_load(pal_rundata **out, const char *dir, pal_error *err);
void pal_eval_rundata_free(pal_rundata *run); /* accepts NULL */

/* "recall@10": the family's name at the main k, into out; returns out. */
const char *pal_eval_metric(char out[PAL_EVAL_NAME], const pal_rundata *run, const char *family);
/* The same at another k. */
const char *pal_eval_metric_at(char out[PAL_EVAL_NAME], const char *family, double k);
/* Does any model have the metric? */
bool pal_eval_measured(const pal_rundata *run, const char *metric);

/* The figures of an evaluation, in the report's order; NULL at the end. */
const pal_figure *pal_eval_figure_at(size_t i);
extern const pal_figure pal_fig_eval_scores, pal_fig_eval_forest, pal_fig_eval_lengths, pal_fig_eval_tradeoff,
    pal_fig_eval_activity, pal_fig_eval_spread, pal_fig_eval_search;

#endif

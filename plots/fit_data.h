/* A report of fitted people (`palate data fit-people --report`), read for drawing. */
#ifndef PAL_PLOTS_FIT_DATA_H
#define PAL_PLOTS_FIT_DATA_H

#include "core/csv.h"
#include "plots/figure.h"
#include "plots/run_data.h"

/* A row of moments.csv; texts borrowed from the table. */
typedef struct pal_fitted_moment {
    const char *name, *meaning;           /* meaning: the name in reports of older versions                       */
    pal_estimate real;                    /* the target and its interval                                          */
    double se, before, after;             /* of the target; means over fresh worlds                               */
    pal_estimate off_before, off_after;   /* (mean - target) in standard errors of that difference; 95 % interval */
} pal_fitted_moment;

/* A row of parameters.csv. */
typedef struct pal_fitted_param {
    const char *path;
    double start, value, se, lo, hi;      /* lo, hi: where it was searched */
    bool identified, at_edge;
} pal_fitted_param;

typedef struct pal_fitted_data {
    pal_rundata run;      /* first, so that a figure, which is handed this, can get at the rest; holds no arms */
    pal_json_doc *doc;
    pal_table *moments, *params;
    size_t n, n_params;
    pal_fitted_moment *moment; /* in the file's order */
    pal_fitted_param *param;
} pal_fitted_data;

/* Errors as pal_rundata_load. Caller frees with pal_fitted_data_free. */
PAL_MUST_USE pal_status pal_fitted_data_load(pal_fitted_data **out, const char *dir, pal_error *err);
void pal_fitted_data_free(pal_fitted_data *data); /* accepts NULL */
const pal_fitted_data *pal_fitted_of(const pal_rundata *run);

/* Moments whose simulated value lies within two standard errors of the target. */
size_t pal_fitted_met(const pal_fitted_data *data, bool after);

extern const pal_figure pal_fig_fit_moments, pal_fig_fit_params;

#endif

/* A realism report's files, read for drawing. */
#ifndef PAL_PLOTS_REALISM_DATA_H
#define PAL_PLOTS_REALISM_DATA_H

#include "core/csv.h"
#include "plots/figure.h"
#include "plots/run_data.h"

#define PAL_REALISM_MOST_QUANTILES 200

typedef struct pal_realism_line { /* a row of realism.csv; texts borrowed from the table */
    const char *kind, *name, *meaning, *verdict;
    pal_estimate real, simulated;
    double distance, ks, wasserstein, wasserstein_sd;
} pal_realism_line;

typedef struct pal_realism_qq { /* quantiles of one distribution that both sides have */
    const pal_realism_line *line;
    size_t n;
    double real[PAL_REALISM_MOST_QUANTILES], simulated[PAL_REALISM_MOST_QUANTILES];
    bool log; /* a count, drawn on logarithmic scales */
} pal_realism_qq;

typedef struct pal_realism_data {
    pal_rundata run;      /* first, so that a figure, which is handed this, can get at the rest; holds no arms */
    pal_json_doc *doc;
    pal_table *table, *quantiles;
    size_t n, n_qq;
    pal_realism_line *line;
    pal_realism_qq *qq;   /* in the file's order; those without a value on a side are left out */
} pal_realism_data;

/* Errors as pal_rundata_load. Caller frees with pal_realism_data_free. */
PAL_MUST_USE pal_status pal_realism_data_load(pal_realism_data **out, const char *dir, pal_error *err);
void pal_realism_data_free(pal_realism_data *data); /* accepts NULL */

/* Green for "alike", orange for "apart", grey for the rest. */
pal_role pal_realism_role(const pal_realism_line *line);

extern const pal_figure pal_fig_realism;

#endif

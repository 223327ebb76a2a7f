/* comparisons.csv and its manifest, read for drawing. */
#ifndef PAL_PLOTS_COMPARE_DATA_H
#define PAL_PLOTS_COMPARE_DATA_H

#include "core/csv.h"
#include "plots/figure.h"
#include "plots/run_data.h"

typedef struct pal_compare_line { /* a row of comparisons.csv; texts borrowed from the table */
    const char *metric, *arm, *against, *pairing;
    bool significant;
    double value_a, value_b, p, needed, reduction, worlds, n;
    pal_estimate diff, cohen, cliff, over_worlds;
} pal_compare_line;

typedef struct pal_compare_data {
    pal_rundata run;      /* first, so that a figure, which is handed this, can get at the rest; holds no arms */
    pal_json_doc *doc;
    pal_table *table;
    size_t n;
    pal_compare_line *line;
    const pal_json *metrics; /* of the manifest: name, meaning, better */
    const pal_json *settings;
    const char *correction, *test, *notes;
    double level, power;
} pal_compare_data;

/* Errors as pal_rundata_load. Caller frees with pal_compare_data_free. */
PAL_MUST_USE pal_status pal_compare_data_load(pal_compare_data **out, const char *dir, pal_error *err);
void pal_compare_data_free(pal_compare_data *data); /* accepts NULL */

/* A good difference, a bad one, or noise. */
pal_role pal_compare_verdict(const pal_compare_line *line, double better);

extern const pal_figure pal_fig_comparisons;

#endif

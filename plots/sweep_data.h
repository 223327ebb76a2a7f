/* A sweep's points and surface, read for drawing. */
#ifndef PAL_PLOTS_SWEEP_DATA_H
#define PAL_PLOTS_SWEEP_DATA_H

#include "core/arena.h"
#include "core/csv.h"
#include "plots/figure.h"
#include "plots/run_data.h"

/* One varied path: where each point stands on it. Words stand at 0, 1, 2 … in the order in which they come. */
typedef struct pal_sweep_axis {
    const char *path;
    bool numeric, log;  /* log: positive, and the largest is 50 times the smallest or more */
    double *at;         /* n_points                                                         */
    size_t n_levels;    /* different values                                                 */
    double *level;      /* n_levels, rising                                                 */
    const char **name;  /* n_levels, as written                                             */
} pal_sweep_axis;

typedef struct pal_sweep_data {
    pal_rundata run;    /* first, so that a figure, which is handed this, can get at the rest; holds no arms */
    pal_arena *arena;
    pal_json_doc *doc;
    pal_table *points, *surface;
    const char *name, *purpose, *design, *baseline_name;
    double level, n_seeds;
    size_t n_points, n_axes, n_arms, n_metrics, baseline;
    pal_sweep_axis *axis;
    const char **arm, **metric, **meaning; /* n_arms, n_metrics, n_metrics */
    double *better;                        /* n_metrics                    */
    pal_estimate *value, *diff;            /* pal_sweep_at                 */
    double *p;                             /* adjusted; NaN for the baseline */
    bool *significant;
} pal_sweep_data;

/* Errors as pal_rundata_load. Caller frees with pal_sweep_data_free. */
PAL_MUST_USE pal_status pal_sweep_data_load(pal_sweep_data **out, const char *dir, pal_error *err);
void pal_sweep_data_free(pal_sweep_data *data); /* accepts NULL */

/* Index of a point, arm and metric in value, diff, p and significant. */
size_t pal_sweep_at(const pal_sweep_data *data, size_t point, size_t arm, size_t metric);
/* An arm's colour. */
pal_role pal_sweep_role(const pal_sweep_data *data, size_t arm);

/* Each metric against each path; and over two paths at once, where a grid has two. */
extern const pal_figure pal_fig_sweep, pal_fig_sweep_map;

#endif

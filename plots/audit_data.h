/* An audit's tables, read for drawing. */
#ifndef PAL_PLOTS_AUDIT_DATA_H
#define PAL_PLOTS_AUDIT_DATA_H

#include "core/arena.h"
#include "core/csv.h"
#include "plots/canvas.h"
#include "plots/figure.h"
#include "plots/number.h"
#include "plots/run_data.h"

#define PAL_AUDIT_MOST_NAMES 64 /* models, splits, views, logs, metrics, worlds */

/* A list of names from the manifest. */
typedef struct pal_audit_names {
    size_t n;
    const char *name[PAL_AUDIT_MOST_NAMES], *label[PAL_AUDIT_MOST_NAMES];
} pal_audit_names;

/* A row of protocols.csv. */
typedef struct pal_audit_row_data {
    size_t log, split, view, metric; /* log: logs.n for all of them */
    bool online;                     /* held against what serving earns; else against the known value */
    double worlds, spread;
    pal_estimate tau, reversed, picked, regret, tilt, bias;
} pal_audit_row_data;

typedef struct pal_audit_data {
    pal_rundata run;    /* first, so that a figure, which is handed this, can get at the rest; holds no arms */
    pal_arena *arena;
    pal_json_doc *doc;
    pal_table *audit, *truth, *protocols, *sampled;
    pal_audit_names models, logs, splits, views, metrics;
    double level, worlds, people, items, k;
    size_t n_rows;
    pal_audit_row_data *row;
    /* Of the first metric, over worlds (each the mean of its logs); NaN where undefined. */
    pal_estimate *rank;   /* (splits x views) x models: place in the protocol's order, 1 the best, ties shared       */
    pal_estimate *online, *known;           /* models: true values                                                    */
    pal_estimate *online_rank, *known_rank; /* models: places in the true orders                                      */
    pal_estimate *popularity;               /* models: of the lists of the model fitted to the whole log              */
    size_t n_curve;       /* numbers of negatives, all candidates last                                               */
    double *curve_at;     /* n_curve; NaN: all                                                                        */
    pal_estimate *curve;  /* n_curve x models: recall                                                                 */
} pal_audit_data;

/* Errors as pal_rundata_load. Caller frees with pal_audit_data_free. */
PAL_MUST_USE pal_status pal_audit_data_load(pal_audit_data **out, const char *dir, pal_error *err);
void pal_audit_data_free(pal_audit_data *data); /* accepts NULL */

static inline const pal_audit_data *pal_audit_of(const pal_rundata *run)
{
    return (const pal_audit_data *)(const void *)run;
}
static inline const pal_estimate *pal_audit_rank_of(const pal_audit_data *d, size_t split, size_t view, size_t model)
{
    return &d->rank[(split * d->views.n + view) * d->models.n + model];
}
/* The verdict of a protocol by the first metric; log SIZE_MAX: all. NULL when there is none. */
const pal_audit_row_data *pal_audit_find(const pal_audit_data *data, size_t log, size_t split, size_t view, bool online);
pal_role pal_audit_role(size_t model);
pal_marker pal_audit_marker(size_t model);

/* A page with a row a protocol, in blocks a split: where each row stands. */
typedef struct pal_audit_line { size_t split, view; double y; bool head; } pal_audit_line;
enum { PAL_AUDIT_ROW = 13, PAL_AUDIT_HEAD = 17, PAL_AUDIT_LABELS = 132 };
/* lines holds splits x (views + 1); returns how many, *bottom gets the y below them. */
size_t pal_audit_lines(pal_audit_line *lines, double *bottom, const pal_audit_data *data, double top);
/* Names of splits and views, right-aligned before PAL_AUDIT_LABELS. */
void pal_audit_label_lines(pal_canvas *canvas, const pal_audit_data *data, const pal_audit_line *lines, size_t n);
#define PAL_AUDIT_MOST_LINES 2048

/* The models' order by protocol; agreement and regret; sampled recall; favours to the popular. */
extern const pal_figure pal_fig_audit_order, pal_fig_audit_agreement, pal_fig_audit_sampled, pal_fig_audit_popularity;

/* For subtitles: "95 % intervals over 6 worlds", or that one world gives none. Returns out. */
const char *pal_audit_over(char out[PAL_SHOWN_MAX], const pal_audit_data *d);

#endif

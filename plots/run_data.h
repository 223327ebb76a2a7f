/* A run directory read for drawing. The formats are those of results/README.md; nothing else is looked at. */
#ifndef PAL_PLOTS_RUN_DATA_H
#define PAL_PLOTS_RUN_DATA_H

#include "core/error.h"
#include "core/json.h"
#include "plots/canvas.h"

#include <stddef.h>

#define PAL_MAX_ARMS 60 /* more cannot be told apart on one page */

/* A number with its interval; any of them NaN when undefined. */
typedef struct pal_estimate { double value, lo, hi, n; } pal_estimate;

/* A measure by round or slot. Arrays of n; NaN where a field was empty. */
typedef struct pal_series {
    size_t n;
    double *x;                     /* round or slot                                    */
    double *value, *lo, *hi;
    double *diff, *diff_lo, *diff_hi; /* paired difference to the baseline; NULL for slots */
} pal_series;

typedef struct pal_metric_value { const char *name; pal_estimate at; } pal_metric_value;

typedef struct pal_plot_comparison { /* paired with the baseline, over people */
    const char *metric;
    pal_estimate diff;
    double effect;              /* Cohen's d of the paired differences            */
    double p, p_adjusted;
    bool significant;           /* after the correction named in pal_rundata          */
} pal_plot_comparison;

typedef struct pal_plot_stage {
    const char *stage, *label;
    double impressions, share, expected_like;
    pal_estimate like_rate, regret;
} pal_plot_stage;

typedef struct pal_bin { double mean_p, mean_y, lo, hi, n; } pal_bin; /* of a reliability diagram */
typedef struct pal_roc { size_t n; double *fpr, *tpr, *lo, *hi; } pal_roc;
typedef struct pal_plot_exposure { double decile, popularity_lo, popularity_hi, items, impressions; } pal_plot_exposure;

/* Impressions of one stage by round. */
typedef struct pal_stage_rounds { const char *stage; double *share, *people; } pal_stage_rounds;

typedef struct pal_coverage { size_t n; double *round, *q05, *q25, *q50, *q75, *q95, *mean, *starved; } pal_coverage;

/* The models of single tastes of an arm, one kind of model; see model_quality.csv and importance.csv. */
#define PAL_MAX_KINDS 4
#define PAL_MAX_SHARES 80 /* features of a model */
typedef struct pal_share { const char *feature; pal_estimate at; double splits; } pal_share; /* splits NaN: no trees */
typedef struct pal_kind {
    const char *model;        /* "logistic", "boosted" */
    pal_estimate auc, logloss; /* n: people            */
    double auc_ceiling;       /* the most that the true probabilities allow; NaN: unknown */
    double models;            /* judged ones           */
    pal_roc roc;
    size_t n_bins, n_shares;
    pal_bin *bins;            /* of the predictions out of fold */
    pal_share *shares;        /* in the file's order            */
    double standing, people;  /* models and people behind the shares */
} pal_kind;

/* Songs a person was shown before: [from, to), to infinite in the last bin. */
typedef struct pal_heard {
    double from, to, impressions;
    pal_estimate likes, ahead; /* ahead: paired difference to the best of the other arms */
    size_t against;            /* that arm, or SIZE_MAX                                  */
} pal_heard;

/* LogLoss while the trees of one kept model grew. */
typedef struct pal_curve {
    size_t arm, n;
    const char *model, *taste; /* a cluster's label                     */
    double replicate, user, round;
    double kept;               /* the iteration the model was cut at; NaN */
    double *iteration, *train, *valid;
} pal_curve;

typedef struct pal_fits { double fits, kept, auc, auc_n; } pal_fits; /* training.csv, summed over an arm */

typedef struct pal_plot_arm {
    const char *name, *stage, *label;
    bool is_baseline, is_oracle, is_focus;
    pal_role role;              /* its colour, the same in every figure */
    pal_marker marker;
    pal_dash dash;
    size_t n_metrics, n_comparisons, n_stages, n_bins, n_lorenz, n_exposure;
    pal_metric_value *metrics;
    pal_plot_comparison *comparisons;
    pal_plot_stage *stages;
    pal_bin *bins;
    pal_roc roc;
    double *lorenz;
    pal_plot_exposure *exposure;
    size_t n_stage_rounds, n_stage_kinds; /* rounds and stages of stages.csv, stages in stack order */
    double *stage_round;
    pal_stage_rounds *stage_rounds;
    pal_coverage coverage;
    pal_fits fits;
    size_t n_kinds, n_heard;
    pal_kind *kinds;
    pal_heard *heard;
} pal_plot_arm;

typedef struct pal_definition { const char *name, *label, *unit, *definition, *source; int better; } pal_definition;

typedef struct pal_group_arm { const char *name; pal_estimate like_rate, coverage; } pal_group_arm;
typedef struct pal_group { const char *name; double people; size_t n_arms; pal_group_arm *arms; } pal_group;

typedef struct pal_profiles_data pal_profiles_data; /* plots/run_people.h */

typedef struct pal_rundata {
    const char *dir;
    const char *name, *purpose, *seed, *correction, *response_label, *response_model;
    double people, replicates, rounds, slots, items, level, resamples, permutations;
    double impressions, examined, clicks, likes, dislikes, skips;
    size_t n_arms;
    pal_plot_arm *arms;
    size_t baseline, focus;     /* indices of arms                     */
    size_t oracle;              /* index, or SIZE_MAX when there is none */
    size_t n_definitions;
    pal_definition *definitions;
    size_t n_groups;
    pal_group *groups;
    size_t rounds_a_point;      /* > 1: a long run whose rounds were averaged for drawing */
    size_t n_curves;
    pal_curve *curves;          /* of the people drawn whole, in all arms */
    pal_profiles_data *profiles;
    const pal_json *catalog;    /* root of catalog.json */
    const pal_json *manifest;   /* root of manifest.json */
    struct pal_communities_data *communities; /* plots/run_communities.h; NULL without a people map */
    struct pal_types_data *types; /* plots/run_types.h; NULL with one content type */
    struct pal_long_data *long_run; /* plots/run_long.h; NULL unless long-run effects were measured */
    const struct pal_evaldata *eval; /* plots/eval_read.h; NULL but for an evaluation */
    struct pal_rundata_hidden *hidden;
} pal_rundata;

/*
 * Read every file the figures need from `dir`. Caller frees with pal_rundata_free.
 *   PAL_ERR_IO    a file is missing or cannot be read; the text names it (files that came later may be missing: a run
 *                 of an older version simply has no such data)
 *   PAL_ERR_PARSE not JSON or CSV, with file and line
 *   PAL_ERR_DATA  a column or key is missing, or a field is not a number; the text names file, row and column
 */
PAL_MUST_USE pal_status pal_rundata_load(pal_rundata **out, const char *dir, pal_error *err);
void pal_rundata_free(pal_rundata *run); /* accepts NULL */

/* The arm's measure by round, or by slot; n = 0 when the run has none. Borrowed. */
const pal_series *pal_rundata_rounds(const pal_rundata *run, size_t arm, const char *metric);
const pal_series *pal_rundata_slots(const pal_rundata *run, size_t arm, const char *metric);
/* A whole-run measure; all NaN when the run has none. */
pal_estimate pal_arm_metric(const pal_plot_arm *arm, const char *metric);
/* The paired comparison, or NULL. */
const pal_plot_comparison *pal_arm_comparison(const pal_plot_arm *arm, const char *metric);
/* The models of one kind of an arm, or NULL. */
const pal_kind *pal_arm_kind(const pal_plot_arm *arm, const char *model);
/* Names of all kinds in the run, as stages are ordered; returns how many. */
size_t pal_rundata_kinds(const char *model[PAL_MAX_KINDS], const pal_rundata *run);
/* For people: "Boosted trees". */
const char *pal_kind_label(const char *model);
/* The arm whose models of this kind stand for all: the focus if it has any judged, else the one with most, the first of
 * equals; SIZE_MAX when there is none. */
size_t pal_rundata_lead(const pal_rundata *run, const char *model);
/* Label of a metric from the run's definitions, or its name. */
const char *pal_rundata_metric_label(const pal_rundata *run, const char *metric);
const pal_definition *pal_rundata_definition(const pal_rundata *run, const char *metric); /* or NULL */
/* Index of an arm by name, or SIZE_MAX. */
size_t pal_rundata_arm(const pal_rundata *run, const char *name);
/* Order in which arms are drawn: others first, focus last, so that it lies on top. Fills order[n_arms]. */
void pal_rundata_drawing_order(const pal_rundata *run, size_t *order);

#endif

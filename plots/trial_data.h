/* A trial's truth, methods and looks, read for drawing. */
#ifndef PAL_PLOTS_TRIAL_DATA_H
#define PAL_PLOTS_TRIAL_DATA_H

#include "core/arena.h"
#include "core/csv.h"
#include "plots/figure.h"
#include "plots/run_data.h"

typedef struct pal_trial_metric_data {
    const char *name, *meaning;
    double better, control, treatment, correlation, p;
    pal_estimate truth;         /* treatment minus control; interval over people */
} pal_trial_metric_data;

/* A row of methods.csv. */
typedef struct pal_trial_method_data {
    size_t metric;
    const char *method, *label, *feedback;
    double repeats, people, mean, bias, bias_se, sd, rmse, se, width, sign, relative, interference, interference_se, srm_alarms,
        decided;
    pal_estimate coverage, power, needed;
    pal_estimate spread;        /* the mean, and where the middle of the estimates lies (its share: the trial's level) */
} pal_trial_method_data;

/* Looks at one allocation, by people in the test. */
typedef struct pal_trial_sequence_data {
    const char *feedback;
    size_t n;
    double *people, *value, *lo, *hi, *fixed_lo, *fixed_hi;
} pal_trial_sequence_data;

typedef struct pal_trial_data {
    pal_rundata run;    /* first, so that a figure, which is handed this, can get at the rest; holds no arms */
    pal_arena *arena;
    pal_json_doc *doc;
    pal_table *truth, *methods, *estimates, *sequence;
    const char *control, *treatment;
    double level, power, people, rounds, pre_rounds;
    size_t n_metrics, n_methods, n_sequences;
    pal_trial_metric_data *metric;
    pal_trial_method_data *method;
    pal_trial_sequence_data *looks;
} pal_trial_data;

/* Errors as pal_rundata_load. Caller frees with pal_trial_data_free. */
PAL_MUST_USE pal_status pal_trial_data_load(pal_trial_data **out, const char *dir, pal_error *err);
void pal_trial_data_free(pal_trial_data *data); /* accepts NULL */

static inline const pal_trial_data *pal_trial_of(const pal_rundata *run)
{
    return (const pal_trial_data *)(const void *)run;
}
/* The row of a metric's method with a feedback, or NULL. */
const pal_trial_method_data *pal_trial_find(const pal_trial_data *data, size_t metric, const char *method, const char *feedback);
/* Colour of a kind of feedback; the truth has that of the oracle. */
pal_role pal_trial_role(const char *feedback);
pal_marker pal_trial_marker(const char *feedback);
/* "each arm learns from its own people" */
const char *pal_trial_feedback_label(const char *feedback);

/* Estimates around the truth; people needed; one allocation looked at as people come in. */
extern const pal_figure pal_fig_trial_methods, pal_fig_trial_needed, pal_fig_trial_sequence;

#endif

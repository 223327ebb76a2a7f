/* What an audit found: estimates, truth, and how each protocol did. */
#ifndef PAL_LAB_AUDIT_RESULT_H
#define PAL_LAB_AUDIT_RESULT_H

#include "lab/audit.h"
#include "metrics/interval.h"

/* What an order of models is held against. */
typedef enum pal_audit_target {
    PAL_AUDIT_ONLINE, /* expected likes a person and round when the model, fitted to the whole log, is served */
    PAL_AUDIT_KNOWN,  /* mean true P(like) of its list over everything unseen at the log's end                */
    PAL_AUDIT_TARGETS
} pal_audit_target;
extern const char *const pal_audit_target_names[PAL_AUDIT_TARGETS];

/* One row of protocols.csv; over worlds. */
typedef struct pal_audit_verdict {
    size_t log;      /* place in the audit's list; n_logs: all of them, each world's mean */
    size_t protocol, metric; /* metric: place in the audit's list                         */
    pal_audit_target target;
    pal_interval tau, reversed, picked, regret, tilt;
    pal_interval bias; /* estimate minus the truth of the same fit and metric, mean over models; NaN where scales differ */
    double spread;   /* true value of the best model minus that of the worst: the most that regret can be */
} pal_audit_verdict;

typedef struct pal_audit_result {
    const pal_audit *audit;
    size_t n_people, n_items, n_fits;
    /* Indices by the functions below; intervals over people. */
    pal_interval *estimate, *truth, *popularity, *likes, *expected, *curve;
    double *impressions, *liked; /* seeds x logs: size of the log */
    size_t n_verdicts;
    pal_audit_verdict *verdict;
} pal_audit_result;

static inline size_t pal_audit_world(const pal_audit *a, size_t seed, size_t log)
{
    return seed * a->n_logs + log;
}
/* fit < n_splits: of that split; n_splits: of the whole log. metric: pal_audit_metric. */
static inline size_t pal_audit_fit_at(const pal_audit *a, size_t world, size_t fit, size_t model)
{
    return (world * (a->n_splits + 1) + fit) * a->n_models + model;
}
static inline size_t pal_audit_truth_index(const pal_audit *a, size_t world, size_t fit, size_t metric, size_t model)
{
    return ((world * (a->n_splits + 1) + fit) * PAL_AUDIT_METRICS + metric) * a->n_models + model;
}
static inline size_t pal_audit_estimate_index(const pal_audit *a, size_t world, size_t protocol, size_t metric, size_t model)
{
    return ((world * pal_audit_protocols(a) + protocol) * PAL_AUDIT_METRICS + metric) * a->n_models + model;
}
static inline size_t pal_audit_curve_index(const pal_audit *a, size_t world, size_t at, size_t model)
{
    return (world * (a->n_curve + 1) + at) * a->n_models + model;
}
static inline size_t pal_audit_online_index(const pal_audit *a, size_t world, size_t model)
{
    return world * a->n_models + model;
}

PAL_MUST_USE pal_status pal_audit_result_new(pal_audit_result *result, const pal_audit *audit, pal_error *err);
void pal_audit_result_clear(pal_audit_result *result);

/* Hold every protocol against the truth: fills verdict and n_verdicts. Protocols whose metric is undefined everywhere are left
 * out. */
PAL_MUST_USE pal_status pal_audit_conclude(pal_audit_result *result, pal_error *err);

/* Write the directory (called by pal_audit_run). */
PAL_MUST_USE pal_status pal_audit_write(char digest[PAL_HASH_HEX], const pal_audit_result *result, const char *dir,
                                        pal_error *err);

#endif

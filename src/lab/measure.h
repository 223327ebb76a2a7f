/* The measures of a whole run: each metric of each arm with its interval, and paired comparisons to the baseline. */
#ifndef PAL_LAB_MEASURE_H
#define PAL_LAB_MEASURE_H

#include "lab/columns.h"
#include "metrics/calibration.h"
#include "metrics/compare.h"
#include "metrics/interval.h"

#define PAL_CURVE_POINTS 101 /* of ROC and Lorenz curves: 0, 1 %, … 100 % */
#define PAL_DECILES 10

typedef struct pal_measure {
    const char *name; /* metric */
    pal_interval v;
} pal_measure;

typedef struct pal_contrast {
    const char *metric;
    pal_interval diff;
    double effect, p, p_adjusted, correlation, variance_reduction;
    bool significant;
} pal_contrast;

typedef struct pal_stage_credit {
    size_t stage;
    uint64_t impressions;
    double share, expected_like;
    pal_interval like_rate, regret;
} pal_stage_credit;

typedef struct pal_arm_result {
    size_t n_measures, n_contrasts, n_stages, n_bins;
    pal_measure *measure;
    pal_contrast *contrast;
    pal_stage_credit *stage;
    pal_reliability_bin bin[PAL_ECE_BINS];
    double bin_lo[PAL_ECE_BINS], bin_hi[PAL_ECE_BINS];
    double tpr[PAL_CURVE_POINTS], tpr_lo[PAL_CURVE_POINTS], tpr_hi[PAL_CURVE_POINTS];
    bool has_roc;
    double lorenz[PAL_CURVE_POINTS];
    double decile_lo[PAL_DECILES], decile_hi[PAL_DECILES], decile_items[PAL_DECILES], decile_shown[PAL_DECILES];
    double *auc_draws; /* resampled AUC at the last probe, for the comparison; NULL without a probe */
    size_t n_draws;
} pal_arm_result;

typedef struct pal_measure_config {
    const pal_boot *boot;
    size_t spread_resamples, permutations, n_threads;
    double level;
    bool holm;
    uint64_t seed;
} pal_measure_config;

/* Everything about one arm but the comparisons. */
PAL_MUST_USE pal_status pal_measure_arm(pal_arm_result *result, const pal_record *record, const pal_people_set *set,
                                        const pal_measure_config *config, pal_error *err);
/* All arms against the baseline, one family for the correction. */
PAL_MUST_USE pal_status pal_measure_contrasts(pal_arm_result *results, const pal_record *const *records, size_t n_arms,
    size_t baseline, const pal_people_set *set, const pal_measure_config *config, pal_error *err);
void pal_arm_result_clear(pal_arm_result *result);
/* NULL when the arm has no such measure. */
const pal_interval *pal_measure_find(const pal_arm_result *result, const char *name);

/* Reliability with intervals, calibration error, normalised entropy, ROC: of the last probe. */
PAL_MUST_USE pal_status pal_measure_probe(pal_arm_result *result, const pal_record *record,
                                          const pal_measure_config *config, pal_error *err);
/* Lorenz curve and exposure by popularity decile. */
PAL_MUST_USE pal_status pal_measure_exposure(pal_arm_result *result, const pal_record *record,
                                             const pal_people_set *set, pal_error *err);
/* Add a measure to the arm's list. */
void pal_measure_put(pal_arm_result *result, const char *name, pal_interval v);

#endif

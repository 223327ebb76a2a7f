/* Area under the ROC curve: pooled, and inside groups (people, tastes, segments). */
#ifndef PAL_METRICS_AUC_H
#define PAL_METRICS_AUC_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * AUC = P(score of a positive > score of a negative) + 1/2 P(equal), by mid-ranks (Mann and Whitney 1947).
 * NaN when a class is missing: never 0.5. Depends on the order of the scores only.
 *
 *   score   in n   not NaN; the true probability as score gives the AUC ceiling
 *   label   in n   0 or 1
 *   weight  in n   >= 0 and finite, or NULL for all 1 (then the counts are whole numbers and the result is
 *                  exact up to one division)
 *
 *   PAL_ERR_DATA    a NaN score, a label above 1, a bad weight; the text names the row
 *   PAL_ERR_SHAPE   n does not fit 32 bits
 *   PAL_ERR_MEMORY  out of memory
 * Oracles: tests/metrics/test_auc.c (all pairs, scikit-learn).
 */
PAL_MUST_USE pal_status pal_auc(double *out, const float *score, const uint8_t *label, const double *weight,
                                size_t n, pal_error *err);

/*
 * AUC inside each group.
 *
 *   auc    out n_groups   NaN where a class is missing
 *   rows   out n_groups   rows of the group; NULL if not wanted
 *   group  in  n          < n_groups, any order
 * Errors as pal_auc, and PAL_ERR_DATA for a group out of range.
 */
PAL_MUST_USE pal_status pal_auc_groups(double *auc, size_t *rows, const float *score, const uint8_t *label,
                                       const uint32_t *group, size_t n, size_t n_groups, pal_error *err);

typedef struct pal_gauc_result {
    double value;         /* sum rows_g AUC_g / sum rows_g over groups with both classes; NaN if none    */
    double dropped_share; /* groups with rows but one class only, as a share of the groups with rows     */
    double dropped_rows;  /* their rows, as a share of all rows                                          */
    size_t n_groups;      /* groups with both classes                                                    */
    size_t n_dropped;     /* groups with rows but one class only                                         */
} pal_gauc_result;

/*
 * Group AUC weighted by impressions (rows), not by positives: Zhou et al., KDD 2018 (DIN), eq. 12. A group is
 * usually a person. Errors as pal_auc_groups.
 */
PAL_MUST_USE pal_status pal_gauc(pal_gauc_result *out, const float *score, const uint8_t *label,
                                 const uint32_t *group, size_t n, size_t n_groups, pal_error *err);

/*
 * GAUC as a ratio over groups for pal_boot_ratio: num = rows * AUC, den = rows; 0 and 0 for a group with one class.
 * num and den have n_groups entries.
 */
PAL_MUST_USE pal_status pal_gauc_terms(double *num, double *den, const float *score, const uint8_t *label,
                                       const uint32_t *group, size_t n, size_t n_groups, pal_error *err);

#endif

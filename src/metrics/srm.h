/* Sample-ratio mismatch: did each arm get the share of people that it was meant to get? */
#ifndef PAL_METRICS_SRM_H
#define PAL_METRICS_SRM_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Below this p-value a split is called broken; chosen low because the test is run on every experiment (Fabijan et al.,
 * KDD 2019, advise the same). */
#define PAL_SRM_LEVEL 0.001

typedef struct pal_sample_ratio {
    double chi2, p; /* Pearson's statistic, and its tail with arms - 1 degrees of freedom */
    bool mismatch;  /* p < PAL_SRM_LEVEL: do not believe the comparison before it is known why */
} pal_sample_ratio;

/*
 * Counts of people in n_arms arms against the shares that were meant (NULL: equal; they need not sum to 1).
 *   PAL_ERR_DATA   fewer than two arms, a count that is negative or not finite, no people, or a share that is not
 *                  above 0; the text names the arm
 * Expected counts below 5 make the approximation poor (Cochran 1954).
 */
PAL_MUST_USE pal_status pal_sample_ratio_check(pal_sample_ratio *out, const double *count, const double *share,
                                               size_t n_arms, pal_error *err);

/* P(X >= x) of chi-square with df >= 1 degrees of freedom, a finite sum (Abramowitz and Stegun 26.4.4-5); relative
 * error below 1e-11 while df <= 1000. 1 for x <= 0. */
double pal_chi_square_tail(double x, size_t df);

#endif

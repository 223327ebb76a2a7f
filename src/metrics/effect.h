/* Effect sizes with intervals: how large a difference is, in units that do not depend on the metric. */
#ifndef PAL_METRICS_EFFECT_H
#define PAL_METRICS_EFFECT_H

#include "core/error.h"

#include <stddef.h>

typedef struct pal_effect {
    double value, lo, hi, se; /* lo, hi at the level asked for; NaN where undefined */
} pal_effect;

/*
 * Cohen's d_z of n paired differences: mean over standard deviation. Interval: Student t around the value with the
 * delta-method error, which takes the skewness and tails of d as they are (for normal d it is (1 + d^2 / 2) / n).
 * All NaN when n < 2, or when all differences are equal but not 0; value 0 when all are 0.
 * Source: Cohen 1988, 2.3.5; Efron 1982 (infinitesimal jackknife). Oracles: tests/metrics/test_effect.c.
 */
pal_effect pal_cohen_paired(const double *d, size_t n, double level);

/* Cohen's d_s of two unpaired samples: difference of means over the pooled standard deviation; interval as above, with
 * n_a + n_b - 2 degrees of freedom. NaN with fewer than two in a sample. */
pal_effect pal_cohen_unpaired(const double *a, size_t n_a, const double *b, size_t n_b, double level);

/* What takes the small-sample bias out of a d with df degrees of freedom (Hedges 1981): g = d * pal_hedges(df). */
double pal_hedges(double df);

/*
 * Cliff's delta: P(a > b) - P(a < b) over all pairs, in [-1, 1]; needs no scale, only an order. Interval of Feng and
 * Cliff 2004, which stays inside [-1, 1], with the unbiased variance of Cliff 1996, eq. 5.5. NaN with an empty sample;
 * no interval with fewer than two in one. O(n log n).
 *   PAL_ERR_DATA  a NaN; PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_cliff(pal_effect *out, const double *a, size_t n_a, const double *b, size_t n_b,
                                  double level, pal_error *err);

/* The paired form: share of differences above 0 minus share below (people better off minus people worse off), with
 * the same shape of interval. NaN when n is 0; no interval when n < 2. */
pal_effect pal_cliff_paired(const double *d, size_t n, double level);

#endif

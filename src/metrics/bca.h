/* Bias-corrected and accelerated bootstrap intervals (BCa): of any statistic, and of differences between arms. */
#ifndef PAL_METRICS_BCA_H
#define PAL_METRICS_BCA_H

#include "core/error.h"
#include "metrics/interval.h"

#include <stddef.h>

/*
 * The BCa interval of a statistic from its resampled values.
 *
 *   draws  in  n_draws  resampled values, reordered in place; NaN for "undefined"
 *   push   in  n_push   jackknife deviations: mean of the values without a unit, minus the value without unit u (over
 *                       several samples, each from the mean of its own); NaN for units that do not count
 *   people in           becomes .n
 *
 * Percentile interval instead when all resamples lie on one side of the value, or no deviation differs from 0.
 * Source: Efron 1987 (JASA 82:171), eq. 6.6 for the acceleration; several samples: Davison and Hinkley 1997, 5.3.
 */
pal_interval pal_bca_interval(double *draws, size_t n_draws, double level, double value, const double *push,
                              size_t n_push, size_t people);

/*
 * Paired difference a - b of two ratio metrics over the same units; shapes as in pal_boot_ratio. A unit is a person,
 * or a seed: sum people into seeds first and draw the pal_boot over seeds. Intervals over people tell how sure the
 * difference is in these worlds; intervals over seeds, how sure it is in worlds like them. Fewer than about ten seeds
 * are too few to resample: take pal_paired_t there.
 *   PAL_ERR_DATA    a value is not finite or a den is negative; the text names the unit and column
 *   PAL_ERR_MEMORY
 * Oracles: tests/metrics/test_bca.c (scipy.stats.bootstrap, coverage over seeds).
 */
PAL_MUST_USE pal_status pal_bca_difference(pal_interval *out, const pal_boot *boot, const double *num_a,
                                           const double *den_a, const double *num_b, const double *den_b,
                                           pal_error *err);

/*
 * The same for two arms that met different people: each has resamples of its own. The two pal_boot must come from
 * different keys (pal_key_named), else equal numbers of people would be drawn alike. They hold the same number of
 * resamples at the same level (asserted).
 */
PAL_MUST_USE pal_status pal_bca_unpaired(pal_interval *out, const pal_boot *boot_a, const double *num_a,
                                         const double *den_a, const pal_boot *boot_b, const double *num_b,
                                         const double *den_b, pal_error *err);

/* Mean of n paired differences with its Student t interval, n - 1 degrees of freedom; lo, hi, se NaN when n < 2.
 * Exact for normal differences, and the honest choice for a handful of seeds. */
pal_interval pal_paired_t(const double *d, size_t n, double level);

#endif

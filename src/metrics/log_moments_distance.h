/* How far two samples are apart as distributions. */
#ifndef PAL_METRICS_LOG_MOMENTS_DISTANCE_H
#define PAL_METRICS_LOG_MOMENTS_DISTANCE_H

#include <stddef.h>

/* Kolmogorov-Smirnov: the largest difference of the distribution functions of two ascending samples, 0..1; ties are
 * taken together. NaN when one is empty. */
double pal_ks_distance(const double *a, size_t n_a, const double *b, size_t n_b);

/* Wasserstein-1: the area between the distribution functions, in the unit of the values. NaN when one is empty. */
double pal_wasserstein(const double *a, size_t n_a, const double *b, size_t n_b);

/* The p-quantile of n ascending values, type 7 (linear interpolation at (n - 1) p); NaN when n is 0. */
double pal_quantile_of(const double *ascending, size_t n, double p);

/* Ascending sort in place; no NaN. */
void pal_sort_doubles(double *x, size_t n);

#endif

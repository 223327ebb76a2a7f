/* Planning: the power of t tests, people needed, and the smallest effect that can be found. */
#ifndef PAL_METRICS_POWER_H
#define PAL_METRICS_POWER_H

#include <stddef.h>

/* All tests are two-sided at `alpha` in (0, 1). An effect d is Cohen's: a difference over its standard deviation. */

/*
 * P(T <= t) of Student's t with df degrees of freedom, not central by delta. Within 1e-10 for |delta| <= 100 and
 * df <= 1e5; beyond, the normal approximation of Abramowitz and Stegun 26.7.10. NaN for df <= 0 or a NaN.
 * Source: Lenth 1989 (AS 243), summed here from the largest Poisson weight. Oracle: scipy.stats.nct.
 */
double pal_noncentral_t_cdf(double t, double df, double delta);

/* The chance that a t test finds an effect d: over n pairs, or between samples of n_a and n_b. 0 when there is no test
 * (fewer than two pairs, or than two values in a sample). */
double pal_power_paired(double d, size_t n, double alpha);
double pal_power_unpaired(double d, size_t n_a, size_t n_b, double alpha);

/* The least n whose power is at least `power` in (alpha, 1): pairs, or values in each of two equal samples. Infinite
 * when d is 0 or more than 2^52 would be needed. Cohen's tables: tests/metrics/test_power.c. */
double pal_needed_pairs(double d, double alpha, double power);
double pal_needed_each(double d, double alpha, double power);

/* The smallest d > 0 found with probability `power`; infinite when n allows no test. */
double pal_detectable_paired(size_t n, double alpha, double power);
double pal_detectable_unpaired(size_t n_a, size_t n_b, double alpha, double power);

/* Trials needed in each of two unpaired arms to tell the shares p_a and p_b apart (Fleiss, Levin, Paik 2003, eq. 4.14:
 * normal approximation, no continuity correction). Infinite when they are equal; NaN outside [0, 1]. */
double pal_needed_each_share(double p_a, double p_b, double alpha, double power);

#endif

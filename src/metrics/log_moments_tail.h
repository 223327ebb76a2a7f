/* Discrete power laws: fitted by maximum likelihood, with their distance to what was counted. */
#ifndef PAL_METRICS_LOG_MOMENTS_TAIL_H
#define PAL_METRICS_LOG_MOMENTS_TAIL_H

#include <stddef.h>
#include <stdint.h>

/* Hurwitz zeta: sum over k >= 0 of (q + k)^-s; s > 1, q > 0. Within 1e-13 relative for 1 < s <= 20. Euler-Maclaurin. */
double pal_hurwitz_zeta(double s, double q);

/*
 * The exponent a of p(k) = k^-a / zeta(a, xmin) for k >= xmin, of largest likelihood within 1.01 .. 20.
 *
 *   histogram  in  n_bins  how often k was counted, k = 0 .. n_bins - 1
 *
 * NaN with fewer than two values in the tail, or when all of them are xmin. Source: Clauset, Shalizi and Newman 2009,
 * eq. 3.5. Oracles: tests/metrics/test_log_moments_tail.c.
 */
double pal_tail_exponent(const uint32_t *histogram, size_t n_bins, size_t xmin);

/* Largest distance between the law's distribution function and the tail's. NaN without a tail. */
double pal_tail_distance(const uint32_t *histogram, size_t n_bins, size_t xmin, double exponent);

/* The xmin of the smallest distance among counts that leave at least `least` values in the tail, at most 200 of them
 * tried; the lowest of equals. 0 when there is no tail. Clauset, Shalizi and Newman 2009, 3.3. */
size_t pal_tail_xmin(const uint32_t *histogram, size_t n_bins, size_t least);

#endif

/* Are all tastes of a person served: coverage of tastes, and balance against the true weights. */
#ifndef PAL_METRICS_TASTE_H
#define PAL_METRICS_TASTE_H

#include <stddef.h>
#include <stdint.h>

/* Steck 2018: share of the target mixed into the served mix, so that a taste never served costs a finite amount. */
#define PAL_TASTE_SMOOTHING 0.01

/* Share of a person's true tastes with at least one liked item, in [0, 1]. liked: count by taste. NaN when n_tastes
 * is 0. */
double pal_taste_coverage(const uint32_t *liked, size_t n_tastes);

/* The same with each taste counting by its true weight (>= 0, any scale). NaN when the weights sum to 0. */
double pal_taste_coverage_weighted(const uint32_t *liked, const double *weight, size_t n_tastes);

/*
 * Taste balance: KL(p || q~) in nats with q~ = (1 - alpha) q + alpha p; 0 is perfect, at most log(1 / alpha).
 *   weight  n_tastes   true weights, >= 0, any scale: p after division by their sum
 *   served  n_tastes   what was served of each taste, >= 0, any scale: q
 *   alpha   in (0, 1), PAL_TASTE_SMOOTHING
 * NaN when either sums to 0. Source: Steck, RecSys 2018, eqs. 6 and 7; here p is the truth, not the history.
 */
double pal_taste_balance(const double *weight, const double *served, size_t n_tastes, double alpha);

/* Jensen-Shannon divergence of the same two mixes in bits: symmetric, in [0, 1], no smoothing needed; 0 is perfect. */
double pal_taste_js(const double *weight, const double *served, size_t n_tastes);

#endif

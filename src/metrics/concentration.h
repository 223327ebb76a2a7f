/* How exposure gathers on few items, whether it follows former exposure, and how wide a mix is. */
#ifndef PAL_METRICS_CONCENTRATION_H
#define PAL_METRICS_CONCENTRATION_H

#include <stddef.h>
#include <stdint.h>

/* Effective number of kinds behind counts: exp of their entropy in nats, 1 (one kind has it all) to n (all alike). NaN when
 * the counts sum to 0. Source: Hill 1973, order 1; Anderson et al., WWW 2020, measure listening this way. */
double pal_effective_number(const double *count, size_t n);

/* Total variation of two mixes given on any scale: half the sum of |p - q| of their shares, 0 (the same) to 1 (nothing
 * shared). NaN when either sums to 0. */
double pal_mix_distance(const double *p, const double *q, size_t n);

/* Share of all counts that the `top` largest hold; counts ascending. NaN when they sum to 0. */
double pal_top_share(const uint32_t *sorted, size_t n, size_t top);

/*
 * Slope of y on x inside strata: every stratum has a level of its own (fixed effects), all have one slope,
 *   sum (x - mean x of the stratum)(y - mean y of the stratum) / sum (x - mean x of the stratum)^2.
 *
 *   stratum    in n   < n_strata, or any other number: the row does not count
 *   n_strata   in     <= PAL_SLOPE_STRATA
 *
 * NaN when x does not vary inside any stratum.
 */
#define PAL_SLOPE_STRATA 16
double pal_slope_within(const double *x, const double *y, const uint8_t *stratum, size_t n, size_t n_strata);

/* Share of counts on members: sum over rows with in[i] = 1 of count / sum over rows with in[i] 0 or 1; rows with another
 * number do not count. NaN when nothing does. */
double pal_count_share(const uint32_t *count, const uint8_t *in, size_t n);

#endif

/* Permutation tests: every pattern when there are few, random ones from a key when there are many. */
#ifndef PAL_METRICS_PERMUTATION_H
#define PAL_METRICS_PERMUTATION_H

#include "core/error.h"
#include "metrics/compare.h"

#include <stddef.h>

#define PAL_EXACT_PAIRS 20          /* up to here all 2^n sign patterns are looked at         */
#define PAL_EXACT_SPLITS 200000     /* up to here all ways to split two samples are looked at */

typedef struct pal_permutation {
    double p;        /* two-sided; exact: share of the patterns as far out; else (1 + #) / (1 + P). NaN: undefined */
    bool exact;
    double patterns; /* all of them, or P                                                                          */
} pal_permutation;

/*
 * Are n paired differences centred on 0? Signs are flipped; the statistic is the sum. Sums within 1e-12 of sum |d|
 * count as equal. Up to PAL_EXACT_PAIRS differences the p-value is exact; more go to pal_sign_flip_p with the config.
 * With n seeds no p below 2^(1 - n) can come out: three seeds cannot show anything at 5 %.
 *   PAL_ERR_DATA  a difference is not finite; PAL_ERR_MEMORY
 * Source: Fisher 1935; Phipson and Smyth 2010 for the added one. Oracles: tests/metrics/test_permutation.c.
 */
PAL_MUST_USE pal_status pal_permutation_paired(pal_permutation *out, const double *d, size_t n,
                                               const pal_compare_config *config, pal_error *err);

/*
 * Do two unpaired samples have one mean? The statistic is Welch's t, so that samples of unequal spread keep the level
 * for large n too (Janssen 1997). p is NaN with fewer than two in a sample, 1 when all values are equal. Exact while
 * choose(n_a + n_b, n_a) is at most PAL_EXACT_SPLITS. Random splits: P partial Fisher-Yates shuffles of the smaller
 * sample's places, draws keyed (split, place).
 *   PAL_ERR_DATA  a value is not finite; PAL_ERR_SHAPE more than 2^31 values; PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_permutation_unpaired(pal_permutation *out, const double *a, size_t n_a, const double *b,
                                                 size_t n_b, const pal_compare_config *config, pal_error *err);

#endif

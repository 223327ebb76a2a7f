/* How alike people are made: Jaccard of what two people were shown or liked, averaged over pairs of people. */
#ifndef PAL_METRICS_HOMOGENEITY_H
#define PAL_METRICS_HOMOGENEITY_H

#include "core/error.h"
#include "core/rng.h"
#include "metrics/interval.h"

#include <stddef.h>
#include <stdint.h>

/* Sort n items in place and drop repeats; returns how many are left. */
size_t pal_item_set(uint32_t *item, size_t n);

/*
 * |a and b| / |a or b| of two sets (ascending, no repeats), in [0, 1]. NaN when either is empty: nobody is like or unlike a
 * person of whom nothing is known. Source: Chaney, Stewart, Engelhardt, RecSys 2018, 3.4; T-RECS calls its mean over given
 * pairs "interaction similarity".
 */
double pal_jaccard(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b);

/*
 * Pairs of different people in a balanced design: the people are laid on a circle in an order drawn by `key`, and each is
 * paired with the next `partners` ones, so that everybody is in as many pairs as anybody else (Blom 1976: an incomplete
 * U-statistic of a balanced design loses least).
 *
 *   person    out  2 x pairs  two people a pair
 *   order     tmp  n_people
 *   partners  in              < (n_people + 1) / 2, or pairs would come twice; see pal_pair_partners
 *
 * Returns the number of pairs, n_people * partners.
 */
size_t pal_pairs_draw(uint32_t *person, uint32_t *order, size_t n_people, size_t partners, pal_key key);
/* The most partners <= wanted that n_people allow. */
size_t pal_pair_partners(size_t n_people, size_t wanted);

/* Shared weight of two mixes that both sum to 1: sum of the smaller of each share = 1 - total variation, in [0, 1]. */
double pal_mix_overlap(const double *p, const double *q, size_t n);

#define PAL_PAIR_GROUPS 3 /* all pairs, and two groups among them */

typedef struct pal_pair_set {
    size_t n;
    const uint32_t *person; /* n x 2, people of the pal_boot                      */
    const uint8_t *group;   /* n: 0 in neither group, else 1 or 2                 */
} pal_pair_set;

/*
 * Mean of a value of pairs, over all pairs and over each group, with its resamples.
 *
 *   draws  out PAL_PAIR_GROUPS x B  [0] all pairs, [1] and [2] the groups; NaN where a resample holds no pair
 *   value  out PAL_PAIR_GROUPS      NaN without a pair
 *   n      out PAL_PAIR_GROUPS      pairs that count
 *   x      in  pairs                NaN: the pair does not count
 *
 * People are resampled, never pairs: a pair counts as often as one of its people times the other, so that two pairs that
 * share a person move together. That is the bootstrap of a U-statistic; where pairs are few its part that belongs to single
 * pairs comes out up to three times too large (Owen 2007, pigeonhole bootstrap): intervals are then too wide, not too narrow.
 * Same bytes for any thread count. Oracles: tests/metrics/test_homogeneity.c (brute force; coverage over many seeds).
 */
PAL_MUST_USE pal_status pal_pair_means(double *draws, double *value, size_t *n, const pal_boot *boot,
                                       const pal_pair_set *pairs, const float *x, size_t n_threads, pal_error *err);

#endif

/* Metrics of one ranked list. */
#ifndef PAL_METRICS_RANKING_H
#define PAL_METRICS_RANKING_H

#include <stddef.h>
#include <stdint.h>

/*
 * The first k places of a list count; place 1 is index 0. A list may be shorter than k: its missing places hold no gain
 * and no hit, but k stays in the denominators that have it. k > 0. Average over people is the caller's (interval.h);
 * a list for which the metric is undefined gives NaN and must be counted as such.
 * Oracles: tests/metrics/test_ranking.c (all permutations, scikit-learn).
 */

/* Discounted cumulative gain, sum of gain / log2(place + 1). Gains are real numbers, used as they are: for the
 * exponential form pass 2^rel - 1. Source: Jarvelin and Kekalainen, TOIS 2002, base 2. */
double pal_dcg(const double *gain, size_t n, size_t k);

/*
 * DCG of the list over the DCG of the best list.
 *   ideal  n_ideal   gains of ALL items that could have been shown, in descending order (pal_gains_sort), not only of
 *                    those in the list; the first k of them are used
 * NaN unless the ideal DCG is positive. At most 1 when the list's gains come from the pool; below 0 if gains are.
 */
double pal_ndcg(const double *gain, size_t n, const double *ideal, size_t n_ideal, size_t k);

void pal_gains_sort(double *gain, size_t n); /* descending, in place; no NaN */

/* hit (n): 1 where the place holds a relevant item, else 0. */
double pal_hit_rate(const uint8_t *hit, size_t n, size_t k);  /* 1 if any of the first k is a hit, else 0 */
double pal_precision(const uint8_t *hit, size_t n, size_t k); /* hits / k                                 */

/* n_relevant: relevant items there are (in the list or not); NaN when 0. */
double pal_recall(const uint8_t *hit, size_t n, size_t k, size_t n_relevant);           /* hits / n_relevant         */
double pal_truncated_recall(const uint8_t *hit, size_t n, size_t k, size_t n_relevant); /* hits / min(k, n_relevant) */

/* 1 / place of the first hit among the first k; 0 when there is none. Its mean over people is the MRR. */
double pal_reciprocal_rank(const uint8_t *hit, size_t n, size_t k);

/* AP@k: sum over hits of precision at their place, over min(k, n_relevant): 1 is reachable. (Others divide by
 * n_relevant or by the hits: say which when comparing.) NaN when n_relevant is 0. */
double pal_average_precision(const uint8_t *hit, size_t n, size_t k, size_t n_relevant);

#endif

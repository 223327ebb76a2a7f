/* Re-ranking: pick k of n candidates one by one, weighing relevance against what the list so far holds already. */
#ifndef PAL_MODELS_RERANK_H
#define PAL_MODELS_RERANK_H

#include "core/arena.h"
#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What all five share.
 *
 *   order      out  k <= n   candidates, best first, none twice
 *   relevance  in   n        finite; scaled to 0..1 (pal_rerank_scale), or lambda means something else for everyone
 *   lambda     in            weight of variety: 0 relevance alone, 1 variety alone; 0..1
 *   scratch    tmp           rewound before return; O(n) doubles, the determinantal one O(n k)
 *
 * At lambda 0 the order is that of relevance, ties by candidate; every other tie goes to the lower candidate as well. So
 * candidates in order of relevance come out as they went in. Greedy: slot s is the best candidate given slots 0..s-1, so
 * a shorter list is the beginning of a longer one. Exact arithmetic: the same bytes on every machine.
 *   PAL_ERR_MEMORY
 * Slow versions and brute force: tests/models/test_rerank*.c.
 */

/* (score - lowest) / (highest - lowest); all 1 where no score differs. score: n, finite. */
void pal_rerank_scale(double *relevance, const float *score, size_t n);

/*
 * Maximal marginal relevance: (1 - lambda) relevance_i - lambda max over the list of similarity_ij (0 while it is empty).
 *   similarity  in  n x n, symmetric
 * Source: Carbonell and Goldstein, SIGIR 1998; their lambda is our 1 - lambda.
 */
PAL_MUST_USE pal_status pal_rerank_mmr(uint32_t *order, size_t k, const double *relevance, const double *similarity,
                                       size_t n, double lambda, pal_arena *scratch, pal_error *err);

/*
 * Greedy maximum a posteriori of a determinantal point process with kernel L = Diag(q) S Diag(q), q = exp(a relevance),
 * a = (1 - lambda) / (2 lambda). Maximising log det L grows, a candidate at a time, by 2 a relevance_i + log r_i, r_i what
 * the list leaves unexplained of candidate i: the last pivot of the Cholesky factor of S. Times lambda that is
 *
 *   (1 - lambda) relevance_i + lambda log r_i
 *
 * so no q ever overflows. Candidates whose r_i falls below 1e-10 (copies of what stands already, or more of them than S
 * has rank) come last, by relevance.
 *   similarity  in  n x n, symmetric and positive semidefinite: S
 * O(k^2 n). Source: Chen, Zhang and Zhou, Fast greedy MAP inference for DPP, NeurIPS 2018.
 */
PAL_MUST_USE pal_status pal_rerank_dpp(uint32_t *order, size_t k, const double *relevance, const double *similarity,
                                       size_t n, double lambda, pal_arena *scratch, pal_error *err);

/*
 * xQuAD: (1 - lambda) relevance_i + lambda sum over categories c of wanted_c member_ic product over the list of
 * (1 - member_jc): a category counts for less once something of it is there.
 *   member  in  n x m row-major, 0..1: how much of candidate i is of category c
 *   wanted  in  m, >= 0, summing to 1 (or all 0): the person's interest
 * Source: Santos, Macdonald and Ounis, WWW 2010.
 */
PAL_MUST_USE pal_status pal_rerank_xquad(uint32_t *order, size_t k, const double *relevance, const double *member,
                                         const double *wanted, size_t n, size_t m, double lambda, pal_arena *scratch,
                                         pal_error *err);

/*
 * Calibrated: the list that maximises (1 - lambda) (sum of relevance) - lambda KL(wanted || mix), greedily; mix_c =
 * (1 - alpha) list_c + alpha wanted_c, list_c the list's mean of member_ic. alpha keeps the divergence finite.
 *   member  in  n x m row-major, 0..1, each row summing to 1 (or all 0)
 *   alpha   in  above 0, below 1; 0.01 in the paper
 * Source: Steck, Calibrated recommendations, RecSys 2018.
 */
PAL_MUST_USE pal_status pal_rerank_calibrated(uint32_t *order, size_t k, const double *relevance, const double *member,
                                              const double *wanted, size_t n, size_t m, double alpha, double lambda,
                                              pal_arena *scratch, pal_error *err);

/* KL(wanted || mix) in nats, of a list of k candidates (0: list_c = 0); categories nobody wants count nothing. */
double pal_rerank_divergence(const uint32_t *list, size_t k, const double *member, const double *wanted, size_t m,
                             double alpha);

/*
 * Balanced: (1 - lambda) relevance_i + lambda (wanted_g (s + 1) - held_g), g = group_i, s slots filled, held_g of them by
 * that group: how many slots the group is behind its share. At lambda 1 no group ever has a slot more than its share
 * rounded up, as long as every group has candidates left. Ours; the quota method of apportionment, a slot at a time.
 *   group  in  n, below m
 */
PAL_MUST_USE pal_status pal_rerank_balanced(uint32_t *order, size_t k, const double *relevance, const uint8_t *group,
                                            const double *wanted, size_t n, size_t m, double lambda,
                                            pal_arena *scratch, pal_error *err);

#endif

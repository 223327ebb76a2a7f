/* Candidates to re-rank, drawn by seed, and every list a re-ranker could have given instead. */
#ifndef PAL_TESTS_SUPPORT_RERANK_CASES_H
#define PAL_TESTS_SUPPORT_RERANK_CASES_H

#include "core/arena.h"
#include "models/rerank.h"

#define RERANK_MOST 12    /* candidates   */
#define RERANK_GROUPS 5   /* categories   */

typedef struct rerank_case {
    size_t n, m;
    double relevance[RERANK_MOST];                 /* 0..1, falling                                */
    double similarity[RERANK_MOST * RERANK_MOST];  /* cosines of random directions in 4 dimensions */
    double kernel[RERANK_MOST * RERANK_MOST];      /* 0.9 (1 + similarity) / 2 + 0.1 I             */
    double member[RERANK_MOST * RERANK_GROUPS];    /* one or two categories a candidate            */
    double wanted[RERANK_GROUPS];                  /* sums to 1                                    */
    uint8_t group[RERANK_MOST];
    pal_arena *scratch;
} rerank_case;

rerank_case rerank_case_of(uint64_t seed, size_t n);
void rerank_case_clear(rerank_case *c);

/* Is it k different candidates below n? */
bool rerank_is_order(const uint32_t *order, size_t k, size_t n);
/* The value of a list, whatever its order. */
typedef double (*rerank_value)(const rerank_case *c, const uint32_t *list, size_t k, double lambda);
/* The list a greedy search gives that values every lengthened list afresh; ties to the lower candidate. */
void rerank_slow(uint32_t *order, size_t k, const rerank_case *c, double lambda, rerank_value value);
/* The value of the best of all lists of k. */
double rerank_best(const rerank_case *c, size_t k, double lambda, rerank_value value);
/* Determinant of the rows and columns of `matrix` (n x n) that the list names, by Gaussian elimination. */
double rerank_determinant(const double *matrix, size_t n, const uint32_t *list, size_t k);

#endif

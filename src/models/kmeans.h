/* k-means: greedy k-means++ starts, Lloyd's iterations, the best of several restarts. Exact grade. */
#ifndef PAL_MODELS_KMEANS_H
#define PAL_MODELS_KMEANS_H

#include "core/error.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_kmeans_config {
    size_t k;              /* clusters; > 0                                                                 */
    size_t restarts;       /* seeded starts; the lowest inertia wins, ties by the lowest restart            */
    size_t max_iter;       /* of each restart, and of the winner again                                      */
    double tolerance;      /* a restart ends when its centres move less, in parts of the mean variance of a
                              coordinate; the winner then goes on until no label changes; >= 0              */
    const uint32_t *start; /* n labels below k: one more restart, before the others, from their means; or NULL */
    size_t n_threads;
} pal_kmeans_config;

/* 10 restarts, 300 iterations, tolerance 1e-4 (scikit-learn's), one thread; k is 0 and must be set. */
pal_kmeans_config pal_kmeans_defaults(void);

/*
 * Labels that make the sum of squared distances to the means of their clusters small.
 *
 *   label    out  n      0..k-1
 *   centre   out  k x d  means of the clusters, row-major; may be NULL
 *   inertia  out  1      that sum; may be NULL
 *   x        in   n x d  row-major, finite
 *
 * A point with two nearest centres takes the lower one. A centre that loses all its points goes to the point that is
 * farthest from its own centre (ties: lowest index); when all points sit on centres it stays empty, so fewer than k
 * different points give fewer than k clusters. Same bytes for any thread count.
 *   PAL_ERR_SHAPE  n, d or k is 0, k is above UINT32_MAX, or neither restarts nor a start are given
 *
 * Sources: Lloyd, IEEE Trans. Inf. Theory 28 (1982); Arthur and Vassilvitskii, SODA 2007, with their greedy choice
 * among 2 + floor(log k) candidates. Oracles: tests/models/test_kmeans.c.
 */
PAL_MUST_USE pal_status pal_kmeans(uint32_t *label, double *centre, double *inertia, const double *x, size_t n,
                                   size_t d, const pal_kmeans_config *config, pal_key key, pal_error *err);

#endif

/* Nearest vectors: the exact answer by blocks, and what it shares with the approximate index. */
#ifndef PAL_MODELS_NEAREST_H
#define PAL_MODELS_NEAREST_H

#include "core/error.h"
#include "core/linalg.h"

#include <stddef.h>
#include <stdint.h>

typedef enum pal_nearness {
    PAL_NEAR_DOT,    /* inner product                                   */
    PAL_NEAR_COSINE, /* of the angle; a vector of zeros has cosine 0    */
    PAL_NEAR_L2      /* minus the squared Euclidean distance            */
} pal_nearness;

/*
 * The k nearest of n vectors for each of n_queries queries, best first, ties by lower number.
 *
 *   id     out  n_queries x k  row numbers of x; UINT32_MAX where there are fewer than k
 *   score  out  n_queries x k  higher is nearer; -inf behind UINT32_MAX
 *   x      in   n x d          finite
 *   query  in   n_queries x d  finite
 *
 * Works in tiles of queries by vectors through pal_gemm_f32: memory is bounded at any n. Same bytes at any thread
 * count; exact grade with PAL_PORTABLE.
 *   PAL_ERR_SHAPE  d or k is 0, or n above UINT32_MAX - 1
 */
PAL_MUST_USE pal_status pal_nearest_exact(uint32_t *id, float *score, const float *x, size_t n, size_t d,
    const float *query, size_t n_queries, size_t k, pal_nearness nearness, pal_backend backend, size_t n_threads,
    pal_error *err);

#endif

/* The arithmetic of scans over item directions: dot products, top-k heaps, and safe bounds on cosines. */
#ifndef PAL_STAGES_SCAN_H
#define PAL_STAGES_SCAN_H

#include "stages/pick.h"

#include <float.h>
#include <math.h>

/* Rows handed to pal_scan_dots start and end at multiples of it. */
#define PAL_SCAN_LANE 16

/* Dot product of an item-major direction with v, in float, features in order: the same bytes as pal_scan_dots. */
static inline float pal_scan_dot(const float *direction, const float *v, size_t d)
{
    float sum = 0;

    for (size_t f = 0; f < d; f++) {
        sum += direction[f] * v[f];
    }
    return sum;
}

/*
 * out[i] = dot product of column i of a feature-major array with v.
 *
 *   out          out  n          64-byte aligned
 *   direction_t  in   d rows     `row` floats apart, the first column 64-byte aligned
 *   n            in              a multiple of PAL_SCAN_LANE
 */
void pal_scan_dots(float *out, const float *direction_t, size_t row, const float *v, size_t n, size_t d);

/*
 * For PAL_SCAN_PAIR columns x of a feature-major array: similarity = x . a and score = similarity * gain -
 * weight * (x . b), in float, in that order. Returns whether any score reaches the bar.
 */
#define PAL_SCAN_PAIR 32
typedef struct pal_scan_query {
    const float *a, *b; /* d */
    float gain, weight;
} pal_scan_query;
bool pal_scan_pair(float *score, float *similarity, const float *direction_t, size_t row,
                   const pal_scan_query *query, float bar, size_t d);

/*
 * List the groups of PAL_SCAN_GROUP scores in which at least one reaches the bar: almost none, once the bar is high.
 *
 *   group  out  the first index of each such group; room for n / PAL_SCAN_GROUP + 1
 *   score  in   n, a multiple of PAL_SCAN_LANE; 64-byte aligned
 */
#define PAL_SCAN_GROUP 64
size_t pal_scan_hits(uint32_t *group, const float *score, size_t n, float bar);

/* A bar that at least k of n scores reach, not far below the k-th best; -FLT_MAX when n is too small for a guess. */
float pal_scan_guess(const float *score, size_t n, size_t k);

/* The k best of the candidates offered, a heap with the worst of them on top. */
typedef struct pal_topk {
    pal_candidate *heap;
    size_t n, k;
} pal_topk;

/* Scores below it cannot get in; equal ones may, by their id. */
static inline float pal_topk_bar(const pal_topk *top)
{
    return top->n < top->k ? -FLT_MAX : top->heap[0].score;
}
void pal_topk_offer(pal_topk *top, pal_candidate candidate);

/* Greatest cosine with v of any unit vector whose cosine with a direction is at least `r`, that
 * direction having cosine x with v. Float rounding of all that goes in is covered by PAL_SCAN_SLACK. */
#define PAL_SCAN_SLACK 1e-5f

static inline float pal_scan_cos_high(float x, float r)
{
    /* cos(max(0, angle - radius)) without an arc cosine */
    const float xx = 1.0f - x * x, rr = 1.0f - r * r;
    const float open = x * r + sqrtf((xx > 0 ? xx : 0) * (rr > 0 ? rr : 0));

    return (x >= r ? 1.0f : open) + PAL_SCAN_SLACK;
}
#endif

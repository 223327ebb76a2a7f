/* Re-ranking by how alike candidates are: maximal marginal relevance, and the determinantal point process. */
#include "models/rerank_parts.h"

#include "core/pmath.h"

#include <math.h>
#include <string.h>

/* Below it a candidate holds nothing new, and its pivot is rounding (Chen et al. stop there). */
#define SMALLEST_PIVOT 1e-10

void pal_rerank_scale(double *relevance, const float *score, size_t n)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < n; i++) {
        low = (double)score[i] < low ? (double)score[i] : low;
        high = (double)score[i] > high ? (double)score[i] : high;
    }
    for (size_t i = 0; i < n; i++) {
        relevance[i] = high > low ? ((double)score[i] - low) / (high - low) : 1;
    }
}

pal_status pal_rerank_mmr(uint32_t *order, size_t k, const double *relevance, const double *similarity, size_t n,
                          double lambda, pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    bool *taken = NULL;
    double *gain = NULL, *nearest = NULL;
    pal_status rc = PAL_OK;

    PAL_ASSERT(k <= n);
    PAL_TAKE(taken, n, scratch);
    PAL_TAKE(gain, n, scratch);
    PAL_TAKE(nearest, n, scratch);
    memset(taken, 0, n * sizeof *taken);
    for (size_t s = 0; s < k; s++) {
        size_t last;

        for (size_t i = 0; i < n; i++) {
            gain[i] = (1 - lambda) * relevance[i] - (s > 0 ? lambda * nearest[i] : 0);
        }
        last = pal_rerank_take(taken, gain, n);
        order[s] = (uint32_t)last;
        for (size_t i = 0; i < n; i++) {
            const double near = similarity[last * n + i];

            nearest[i] = s == 0 || near > nearest[i] ? near : nearest[i];
        }
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* The rows of the Cholesky factor so far, a column a candidate: factor[r * n + i]. */
typedef struct determinant {
    size_t n;
    bool *taken;
    double *gain;
    double *pivot;  /* n: what the list leaves of each candidate */
    double *factor; /* k x n */
} determinant;

static pal_status determinant_begin(determinant *d, const double *similarity, size_t n, size_t k, pal_arena *scratch,
                                    pal_error *err)
{
    pal_status rc = PAL_OK;

    d->n = n;
    PAL_TAKE(d->taken, n, scratch);
    PAL_TAKE(d->gain, n, scratch);
    PAL_TAKE(d->pivot, n, scratch);
    PAL_TAKE(d->factor, k * n, scratch);
    memset(d->taken, 0, n * sizeof *d->taken);
    for (size_t i = 0; i < n; i++) {
        d->pivot[i] = similarity[i * n + i];
    }

done:
    return rc;
}

/* Row `row` of the factor, now that candidate `last` stands; rounding may take a pivot below 0. */
static void determinant_add(determinant *d, const double *similarity, size_t row, size_t last)
{
    const double root = sqrt(d->pivot[last]);
    double *own = d->factor + row * d->n;

    memcpy(own, similarity + last * d->n, d->n * sizeof *own);
    for (size_t r = 0; r < row; r++) {
        const double *before = d->factor + r * d->n;
        const double weight = before[last];

        for (size_t i = 0; i < d->n; i++) {
            own[i] -= weight * before[i];
        }
    }
    for (size_t i = 0; i < d->n; i++) {
        const double left = d->pivot[i] - (own[i] / root) * (own[i] / root);

        own[i] /= root;
        d->pivot[i] = left > 0 ? left : 0;
    }
}

/* The gain of every candidate, and whether any that is left has something new. */
static bool determinant_gain(determinant *d, const double *relevance, double lambda)
{
    bool any = false;

    for (size_t i = 0; i < d->n; i++) {
        const bool fresh = d->pivot[i] >= SMALLEST_PIVOT;

        d->gain[i] = fresh ? (1 - lambda) * relevance[i] + (lambda > 0 ? lambda * pal_log(d->pivot[i]) : 0) : -INFINITY;
        any = any || (fresh && !d->taken[i]);
    }
    return any;
}

pal_status pal_rerank_dpp(uint32_t *order, size_t k, const double *relevance, const double *similarity, size_t n,
                          double lambda, pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    determinant d = { 0 };
    size_t s = 0;
    pal_status rc = PAL_OK;

    PAL_ASSERT(k <= n);
    PAL_TRY(determinant_begin(&d, similarity, n, k, scratch, err));
    while (lambda > 0 && s < k && determinant_gain(&d, relevance, lambda)) {
        const size_t last = pal_rerank_take(d.taken, d.gain, n);

        determinant_add(&d, similarity, s, last);
        order[s++] = (uint32_t)last;
    }
    while (s < k) {
        order[s++] = (uint32_t)pal_rerank_take(d.taken, relevance, n);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

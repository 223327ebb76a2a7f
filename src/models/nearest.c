/* Exact nearest vectors: a tile of dot products at a time, then only what beats the worst kept one is looked at. */
#include "models/nearest.h"

#include "core/mem.h"
#include "core/threads.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

#define QUERIES 64 /* a block of parallel work: never depends on the thread count */
#define TILE 2048  /* vectors a tile: QUERIES x TILE floats stay in the second-level cache */
#define LANES 16

typedef struct search {
    uint32_t *id;
    float *score;
    const float *x, *query;
    const float *half;   /* n: what a dot product is shifted by (L2: half the squared length; else NULL)   */
    const float *factor; /* n: what it is multiplied by (cosine: 1 / length; else NULL)                     */
    size_t n, d, n_queries, k;
    pal_nearness nearness;
    pal_backend backend;
    float *tile;         /* workers x QUERIES x TILE */
} search;

/* Is any of 16 above the bar? */
static inline bool any_above(const float *s, float bar)
{
    int above = 0;

    for (size_t l = 0; l < LANES; l++) {
        above |= s[l] > bar;
    }
    return above != 0;
}

/* Put one into a list of at most k, best first; those put before win ties. Returns the new worst score once full. */
static float put(uint32_t *id, float *score, size_t *n, size_t k, uint32_t i, float s)
{
    size_t at = *n < k ? (*n)++ : k - 1;

    while (at > 0 && score[at - 1] < s) {
        score[at] = score[at - 1];
        id[at] = id[at - 1];
        at--;
    }
    score[at] = s;
    id[at] = i;
    return *n < k ? -INFINITY : score[k - 1];
}

PAL_VECTOR static void keep_best(uint32_t *id, float *score, size_t *n, size_t k, const float *s, size_t count,
                                 size_t first)
{
    float bar = *n < k ? -INFINITY : score[k - 1];
    size_t i = 0;

    for (; i + LANES <= count; i += LANES) {
        if (any_above(s + i, bar)) {
            for (size_t l = 0; l < LANES; l++) {
                if (s[i + l] > bar) {
                    bar = put(id, score, n, k, (uint32_t)(first + i + l), s[i + l]);
                }
            }
        }
    }
    for (; i < count; i++) {
        if (s[i] > bar) {
            bar = put(id, score, n, k, (uint32_t)(first + i), s[i]);
        }
    }
}

PAL_VECTOR static void adjust(float *restrict s, const float *restrict factor, const float *restrict half, size_t n)
{
    if (factor != NULL) {
        for (size_t i = 0; i < n; i++) {
            s[i] *= factor[i];
        }
    }
    if (half != NULL) {
        for (size_t i = 0; i < n; i++) {
            s[i] -= half[i];
        }
    }
}

static double squared_length(const float *x, size_t d)
{
    double sum = 0.0;

    for (size_t i = 0; i < d; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

/* From the order's own scale to what was asked for: cosine by the query's length, L2 as -(|q|^2 - 2 (q.x - |x|^2 / 2)). */
static void finish(const search *w, size_t q, size_t n)
{
    double square = squared_length(w->query + q * w->d, w->d);
    float *score = w->score + q * w->k;

    for (size_t i = 0; i < n; i++) {
        if (w->nearness == PAL_NEAR_COSINE) {
            score[i] = square > 0.0 ? (float)((double)score[i] / sqrt(square)) : 0.0f;
        } else if (w->nearness == PAL_NEAR_L2) {
            double far = square - 2.0 * (double)score[i];

            score[i] = far > 0.0 ? (float)-far : 0.0f;
        }
    }
    for (size_t i = n; i < w->k; i++) {
        score[i] = -INFINITY;
        w->id[q * w->k + i] = UINT32_MAX;
    }
}

static pal_status block(void *ctx, size_t begin, size_t end, size_t number, size_t worker, pal_error *err)
{
    const search *w = ctx;
    float *tile = w->tile + worker * QUERIES * TILE;
    size_t kept[QUERIES] = { 0 };

    (void)number;
    (void)err;
    for (size_t first = 0; first < w->n; first += TILE) {
        size_t count = w->n - first < TILE ? w->n - first : TILE;

        pal_gemm_f32(w->backend, false, true, end - begin, count, w->d, 1.0f, w->query + begin * w->d, w->d,
                     w->x + first * w->d, w->d, 0.0f, tile, TILE);
        for (size_t q = begin; q < end; q++) {
            float *s = tile + (q - begin) * TILE;

            adjust(s, w->factor == NULL ? NULL : w->factor + first, w->half == NULL ? NULL : w->half + first, count);
            keep_best(w->id + q * w->k, w->score + q * w->k, &kept[q - begin], w->k, s, count, first);
        }
    }
    for (size_t q = begin; q < end; q++) {
        finish(w, q, kept[q - begin]);
    }
    return PAL_OK;
}

pal_status pal_nearest_exact(uint32_t *id, float *score, const float *x, size_t n, size_t d, const float *query,
                             size_t n_queries, size_t k, pal_nearness nearness, pal_backend backend, size_t n_threads,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    search w = { .id = id, .score = score, .x = x, .query = query, .n = n, .d = d, .n_queries = n_queries, .k = k,
                 .nearness = nearness, .backend = backend };
    float *per_item = NULL;

    if (d == 0 || k == 0 || n >= UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "nearest: %zu vectors of %zu dimensions, %zu wanted", n, d, k);
    }
    if (nearness != PAL_NEAR_DOT) {
        PAL_NEW(per_item, n);
        for (size_t i = 0; i < n; i++) {
            double square = squared_length(x + i * d, d);

            per_item[i] = nearness == PAL_NEAR_L2 ? (float)(0.5 * square)
                                                  : square > 0.0 ? (float)(1.0 / sqrt(square)) : 0.0f;
        }
        w.half = nearness == PAL_NEAR_L2 ? per_item : NULL;
        w.factor = nearness == PAL_NEAR_COSINE ? per_item : NULL;
    }
    PAL_NEW(w.tile, n_threads * QUERIES * TILE);
    PAL_TRY(pal_parallel_for(n_queries, QUERIES, n_threads, block, &w, err));

done:
    pal_free(w.tile);
    pal_free(per_item);
    return rc;
}

/* An index of vectors: memory, distances, and the search that everything rests on. */
#include "models/hnsw_parts.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/rng.h"
#include "core/threads.h"
#include "core/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANES 16
#define QUERIES 8 /* a block of parallel work */

pal_hnsw_config pal_hnsw_defaults(void)
{
    return (pal_hnsw_config){ .m = 16, .ef_construction = 200, .nearness = PAL_NEAR_COSINE, .seed = 100 };
}

pal_status pal_hnsw_new(pal_hnsw **out, size_t d, const pal_hnsw_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hnsw *x = NULL;

    if (d == 0 || config->m < 2 || config->m > 64 || config->ef_construction < config->m) {
        PAL_FAIL(PAL_ERR_SHAPE, "index: %zu dimensions, m = %zu (2..64), ef_construction = %zu (m or more)", d,
                 config->m, config->ef_construction);
    }
    PAL_NEW(x, 1);
    x->config = *config;
    x->d = d;
    x->stride = (d + LANES - 1) / LANES * LANES;
    x->entry = HNSW_NONE;
    *out = x;

done:
    return rc;
}

void pal_hnsw_free(pal_hnsw *x)
{
    if (x != NULL) {
        pal_free(x->vector);
        pal_free(x->level);
        pal_free(x->base);
        pal_free(x->upper_at);
        pal_free(x->upper);
        hnsw_stamps_clear(x);
        pal_free(x);
    }
}

size_t pal_hnsw_count(const pal_hnsw *x)
{
    return x->n;
}

bool pal_hnsw_has(const pal_hnsw *x, uint32_t id)
{
    return id < x->capacity && x->level[id] != HNSW_ABSENT;
}

size_t pal_hnsw_bytes(const pal_hnsw *x)
{
    return x->capacity * (x->stride * sizeof *x->vector + sizeof *x->level + sizeof *x->upper_at +
                          (1 + 2 * x->config.m) * sizeof *x->base) +
           x->upper_capacity * (1 + x->config.m) * sizeof *x->upper;
}

uint64_t pal_hnsw_digest(const pal_hnsw *x)
{
    uint64_t digest = pal_hash_mix((uint64_t)x->n, x->entry);

    for (uint32_t i = 0; i < x->capacity; i++) {
        if (x->level[i] != HNSW_ABSENT) {
            digest = pal_hash_mix(digest, pal_hash_mix(i, pal_hash_floats(hnsw_vector(x, i), x->d)));
            for (size_t l = 0; l <= x->level[i]; l++) {
                const uint32_t *links = hnsw_links(x, i, l);

                digest = pal_hash_mix(digest, pal_hash(links, (1 + links[0]) * sizeof *links));
            }
        }
    }
    return digest;
}

uint8_t hnsw_level_of(const pal_hnsw *x, uint32_t id)
{
    pal_key key = { x->config.seed, 0x686e7377 };
    double u = pal_unit_open(pal_u64(key, (pal_at){ id, 0, 0 }, 0));
    double level = -pal_log(u) / pal_log((double)x->config.m);

    return level < HNSW_LEVELS - 1 ? (uint8_t)level : HNSW_LEVELS - 1;
}

/* ---- distances ------------------------------------------------------------------------------ */

static inline float lanes_to_one(float *lane)
{
    for (size_t half = LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

PAL_VECTOR static void minus_dots(float *far, const float *vector, size_t stride, const uint32_t *id, size_t n,
                                  const float *q)
{
    for (size_t i = 0; i < n; i++) {
        const float *v = vector + id[i] * stride;
        float lane[LANES] = { 0.0f };

        if (i + 2 < n) {
            __builtin_prefetch(vector + id[i + 2] * stride);
            __builtin_prefetch(vector + id[i + 2] * stride + LANES);
        }
        for (size_t k = 0; k < stride; k += LANES) {
            for (size_t l = 0; l < LANES; l++) {
                lane[l] += v[k + l] * q[k + l];
            }
        }
        far[i] = -lanes_to_one(lane);
    }
}

PAL_VECTOR static void squares(float *far, const float *vector, size_t stride, const uint32_t *id, size_t n,
                               const float *q)
{
    for (size_t i = 0; i < n; i++) {
        const float *v = vector + id[i] * stride;
        float lane[LANES] = { 0.0f };

        if (i + 2 < n) {
            __builtin_prefetch(vector + id[i + 2] * stride);
            __builtin_prefetch(vector + id[i + 2] * stride + LANES);
        }
        for (size_t k = 0; k < stride; k += LANES) {
            for (size_t l = 0; l < LANES; l++) {
                float apart = v[k + l] - q[k + l];

                lane[l] += apart * apart;
            }
        }
        far[i] = lanes_to_one(lane);
    }
}

void hnsw_distances(float *far, const pal_hnsw *x, const uint32_t *id, size_t n, const float *q)
{
    if (x->config.nearness == PAL_NEAR_L2) {
        squares(far, x->vector, x->stride, id, n, q);
    } else {
        minus_dots(far, x->vector, x->stride, id, n, q);
    }
}

void hnsw_prepare(const pal_hnsw *x, float *out, const float *vector)
{
    double sum = 0.0, factor = 1.0;

    if (x->config.nearness == PAL_NEAR_COSINE) {
        for (size_t i = 0; i < x->d; i++) {
            sum += (double)vector[i] * (double)vector[i];
        }
        factor = sum > 0.0 ? 1.0 / sqrt(sum) : 0.0;
    }
    for (size_t i = 0; i < x->stride; i++) {
        out[i] = i < x->d ? (float)((double)vector[i] * factor) : 0.0f;
    }
}

/* ---- a worker's memory ---------------------------------------------------------------------- */

void hnsw_scratch_free(const pal_hnsw *x, hnsw_scratch *scratch, size_t n_workers)
{
    for (size_t w = 0; w < n_workers && scratch != NULL; w++) {
        pal_free(scratch[w].pool.hit);
        pal_free(scratch[w].pool.opened);
        pal_free(scratch[w].entry.hit);
        pal_free(scratch[w].entry.opened);
        hnsw_stamps_give(x, scratch[w].met);
        pal_free(scratch[w].kept);
        pal_free(scratch[w].next);
        pal_free(scratch[w].far);
        pal_free(scratch[w].query);
    }
    pal_free(scratch);
}

pal_status hnsw_scratch_new(hnsw_scratch **out, const pal_hnsw *x, size_t ef, size_t n_workers, pal_error *err)
{
    pal_status rc = PAL_OK;
    hnsw_scratch *made = NULL;
    size_t lists = 2 * x->config.m + 1;
    size_t most = lists * lists; /* a list and the lists of all its members */

    most = most > HNSW_BATCH + lists ? most : HNSW_BATCH + lists; /* or a list and a batch that wants into it */
    most = most > ef ? most : ef;
    PAL_NEW(made, n_workers);
    for (size_t w = 0; w < n_workers; w++) {
        PAL_NEW(made[w].pool.hit, ef + 1);
        PAL_NEW(made[w].pool.opened, ef + 1);
        PAL_TRY(hnsw_stamps_take(&made[w].met, x, err));
        PAL_NEW(made[w].kept, most);
        PAL_NEW(made[w].next, most);
        PAL_NEW(made[w].far, most);
        PAL_NEW(made[w].query, x->stride);
        made[w].pool.capacity = ef;
    }
    *out = made;
    made = NULL;

done:
    hnsw_scratch_free(x, made, n_workers);
    return rc;
}

/* ---- search --------------------------------------------------------------------------------- */

int hnsw_compare(const void *a, const void *b)
{
    hnsw_hit x = *(const hnsw_hit *)a, y = *(const hnsw_hit *)b;

    return hnsw_nearer(x, y) ? -1 : hnsw_nearer(y, x) ? 1 : 0;
}

/* Into its place; gives the place, or capacity when it is too far. */
static size_t pool_put(hnsw_pool *pool, hnsw_hit hit)
{
    size_t low = 0, high = pool->n;

    if (pool->n == pool->capacity && !hnsw_nearer(hit, pool->hit[pool->n - 1])) {
        return pool->capacity;
    }
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (hnsw_nearer(pool->hit[middle], hit)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    memmove(pool->hit + low + 1, pool->hit + low, (pool->n - low) * sizeof *pool->hit);
    memmove(pool->opened + low + 1, pool->opened + low, (pool->n - low) * sizeof *pool->opened);
    pool->hit[low] = hit;
    pool->opened[low] = false;
    pool->n += pool->n < pool->capacity;
    return low;
}

void hnsw_pool_put(hnsw_pool *pool, hnsw_hit hit)
{
    pool_put(pool, hit);
}

void hnsw_start(const pal_hnsw *x, hnsw_scratch *s, const float *q)
{
    s->pool.n = 0;
    if (x->entry != HNSW_NONE) {
        float far;

        hnsw_distances(&far, x, &x->entry, 1, q);
        hnsw_pool_put(&s->pool, (hnsw_hit){ far, x->entry });
    }
}

/* The unvisited links of a node, marked as visited; gives how many. */
static size_t fresh_links(const pal_hnsw *x, hnsw_scratch *s, uint32_t id, size_t level)
{
    const uint32_t *links = hnsw_links(x, id, level);
    size_t n = 0;

    for (size_t i = 1; i <= links[0]; i++) {
        if (!hnsw_meet(s->met, links[i])) {
            s->next[n++] = links[i];
        }
    }
    return n;
}

void hnsw_search_level(const pal_hnsw *x, hnsw_scratch *s, const float *q, size_t level, size_t ef)
{
    size_t at = 0;

    s->pool.capacity = ef;
    s->pool.n = s->pool.n < ef ? s->pool.n : ef;
    hnsw_stamps_next(s->met);
    for (size_t i = 0; i < s->pool.n; i++) {
        hnsw_meet(s->met, s->pool.hit[i].id);
        s->pool.opened[i] = false;
    }
    while (at < s->pool.n) {
        size_t n, nearest = s->pool.capacity;

        if (s->pool.opened[at]) {
            at++;
            continue;
        }
        s->pool.opened[at] = true;
        n = fresh_links(x, s, s->pool.hit[at].id, level);
        hnsw_distances(s->far, x, s->next, n, q);
        for (size_t i = 0; i < n; i++) {
            size_t place = pool_put(&s->pool, (hnsw_hit){ s->far[i], s->next[i] });

            nearest = place < nearest ? place : nearest;
        }
        at = nearest <= at ? nearest : at + 1;
    }
}

typedef struct query_work {
    const pal_hnsw *x;
    hnsw_scratch *scratch;
    uint32_t *id;
    float *score;
    const float *query;
    size_t k, ef;
} query_work;

/* Distance to what was asked for; the query's own length is not in the stored scale of L2 and dot. */
static float score_of(const pal_hnsw *x, float far)
{
    (void)x;
    return far == 0.0f ? 0.0f : -far;
}

static pal_status query_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const query_work *w = ctx;
    hnsw_scratch *s = &w->scratch[worker];

    (void)block;
    (void)err;
    for (size_t q = begin; q < end; q++) {
        hnsw_prepare(w->x, s->query, w->query + q * w->x->d);
        hnsw_start(w->x, s, s->query);
        for (size_t l = s->pool.n > 0 ? w->x->level[w->x->entry] : 0; l > 0; l--) {
            hnsw_search_level(w->x, s, s->query, l, 1);
        }
        if (s->pool.n > 0) {
            hnsw_search_level(w->x, s, s->query, 0, w->ef);
        }
        for (size_t i = 0; i < w->k; i++) {
            bool there = i < s->pool.n;

            w->id[q * w->k + i] = there ? s->pool.hit[i].id : HNSW_NONE;
            w->score[q * w->k + i] = there ? score_of(w->x, s->pool.hit[i].far) : -INFINITY;
        }
    }
    return PAL_OK;
}

pal_status pal_hnsw_search(uint32_t *id, float *score, const pal_hnsw *x, const float *query, size_t n_queries,
                           size_t k, size_t ef, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    query_work w = { .x = x, .id = id, .score = score, .query = query, .k = k, .ef = ef > k ? ef : k };

    if (k == 0) {
        PAL_FAIL(PAL_ERR_SHAPE, "index: no neighbour is asked for");
    }
    PAL_TRY(hnsw_scratch_new(&w.scratch, x, w.ef, n_threads, err));
    PAL_TRY(pal_parallel_for(n_queries, QUERIES, n_threads, query_block, &w, err));

done:
    hnsw_scratch_free(x, w.scratch, n_threads);
    return rc;
}

size_t hnsw_select(const pal_hnsw *x, hnsw_scratch *s, const hnsw_hit *hit, size_t n, size_t most, uint32_t *id)
{
    size_t kept = 0;

    for (size_t i = 0; i < n && kept < most; i++) {
        bool own = true;

        hnsw_distances(s->far, x, id, kept, hnsw_vector(x, hit[i].id));
        for (size_t k = 0; k < kept && own; k++) {
            own = hit[i].far < s->far[k];
        }
        if (own) {
            id[kept++] = hit[i].id;
        }
    }
    return kept;
}

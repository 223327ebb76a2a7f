/* New vectors, in batches: each looks for its neighbours alone, links back are made node by node. */
#include "models/hnsw_parts.h"

#include "core/mem.h"
#include "core/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NODES 16   /* a block of parallel work */

/* ---- links back ----------------------------------------------------------------------------- */

static int compare_wishes(const void *a, const void *b)
{
    const hnsw_wish *x = a, *y = b;

    if (x->level != y->level) return x->level < y->level ? -1 : 1;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

typedef struct link_work {
    pal_hnsw *x;
    hnsw_scratch *scratch;
    const hnsw_wish *wish;
    const size_t *group; /* groups + 1: wishes of one node and level */
} link_work;

/* All wishes of one node on one level. */
static void link_group(pal_hnsw *x, hnsw_scratch *s, const hnsw_wish *wish, size_t n)
{
    uint32_t *links = hnsw_links(x, wish->from, wish->level), had = links[0];
    size_t most = hnsw_most(x, wish->level), total = 0;

    for (size_t i = 1; i <= had; i++) {
        s->next[total++] = links[i];
    }
    for (size_t i = 0; i < n; i++) {
        bool there = wish[i].to == wish->from || (i > 0 && wish[i].to == wish[i - 1].to);

        for (size_t k = 0; k < had && !there; k++) {
            there = s->next[k] == wish[i].to;
        }
        if (!there && total < HNSW_BATCH + 1 + 2 * x->config.m) {
            s->next[total++] = wish[i].to;
        }
    }
    if (total <= most) {
        memcpy(links + 1, s->next, total * sizeof *links);
        links[0] = (uint32_t)total;
        return;
    }
    hnsw_distances(s->far, x, s->next, total, hnsw_vector(x, wish->from));
    for (size_t i = 0; i < total; i++) {
        s->kept[i] = (hnsw_hit){ s->far[i], s->next[i] };
    }
    qsort(s->kept, total, sizeof *s->kept, hnsw_compare);
    links[0] = (uint32_t)hnsw_select(x, s, s->kept, total, most, links + 1);
}

static pal_status link_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const link_work *w = ctx;

    (void)block;
    (void)err;
    for (size_t g = begin; g < end; g++) {
        link_group(w->x, &w->scratch[worker], w->wish + w->group[g], w->group[g + 1] - w->group[g]);
    }
    return PAL_OK;
}

pal_status hnsw_link(pal_hnsw *x, hnsw_scratch *scratch, hnsw_wish *wish, size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    link_work w = { .x = x, .scratch = scratch, .wish = wish };
    size_t *group = NULL, n_groups = 0;

    if (n == 0) {
        goto done;
    }
    qsort(wish, n, sizeof *wish, compare_wishes);
    PAL_NEW(group, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || wish[i].from != wish[i - 1].from || wish[i].level != wish[i - 1].level) {
            group[n_groups++] = i;
        }
    }
    group[n_groups] = n;
    w.group = group;
    PAL_TRY(pal_parallel_for(n_groups, NODES, n_threads, link_block, &w, err));

done:
    pal_free(group);
    return rc;
}

void hnsw_find_entry(pal_hnsw *x)
{
    x->entry = HNSW_NONE;
    for (uint32_t i = 0; i < x->capacity; i++) {
        if (x->level[i] != HNSW_ABSENT && (x->entry == HNSW_NONE || x->level[i] > x->level[x->entry])) {
            x->entry = i;
        }
    }
}

/* ---- room ----------------------------------------------------------------------------------- */

pal_status hnsw_reserve(pal_hnsw *x, size_t ids, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t old = x->capacity, now = old;
    void *grown;

    if (ids <= old) {
        goto done;
    }
    now = old + old / 2 > ids ? old + old / 2 : ids;
#define GROW(field, width)                                                                            \
    do {                                                                                              \
        grown = pal_resize(x->field, old * (width), now * (width), sizeof *x->field);                 \
        if (grown == NULL) {                                                                          \
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: an index of %zu vectors of %zu", now, x->d);     \
        }                                                                                             \
        x->field = grown;                                                                             \
    } while (0)
    GROW(vector, x->stride);
    GROW(base, 1 + 2 * x->config.m);
    GROW(upper_at, 1);
    GROW(level, 1);
#undef GROW
    memset(x->level + old, HNSW_ABSENT, now - old);
    memset(x->upper_at + old, 0xff, (now - old) * sizeof *x->upper_at);
    x->capacity = now;

done:
    return rc;
}

/* Lists for the upper levels of an id; kept when it goes, since its level never changes. */
pal_status hnsw_reserve_upper(pal_hnsw *x, uint32_t id, size_t lists, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t width = 1 + x->config.m;

    if (lists == 0 || x->upper_at[id] != HNSW_NONE) {
        goto done;
    }
    if (x->n_upper + lists > x->upper_capacity) {
        size_t now = x->upper_capacity + x->upper_capacity / 2 + lists + 64;
        uint32_t *grown = pal_resize(x->upper, x->upper_capacity * width, now * width, sizeof *grown);

        if (grown == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: an index of %zu lists", now);
        }
        x->upper = grown;
        x->upper_capacity = now;
    }
    x->upper_at[id] = (uint32_t)x->n_upper;
    x->n_upper += lists;

done:
    return rc;
}

/* ---- a batch -------------------------------------------------------------------------------- */

typedef struct insert_work {
    pal_hnsw *x;
    hnsw_scratch *scratch;
    const uint32_t *id; /* the batch */
    size_t n;
    uint8_t top;        /* highest level of the graph before the batch */
} insert_work;

/* The batch's own members are compared one and all: they are in no list yet. */
static void see_batch(const insert_work *w, hnsw_scratch *s, uint32_t own, size_t level, const float *q)
{
    size_t done = 0;

    while (done < w->n) {
        size_t n = 0;

        for (; done < w->n && n < 64; done++) {
            if (w->id[done] != own && w->x->level[w->id[done]] >= level) {
                s->next[n++] = w->id[done];
            }
        }
        hnsw_distances(s->far, w->x, s->next, n, q);
        for (size_t i = 0; i < n; i++) {
            hnsw_pool_put(&s->pool, (hnsw_hit){ s->far[i], s->next[i] });
        }
    }
}

/* A node that is put in again may be found by links that still lead to it. */
static void forget(hnsw_pool *pool, uint32_t id)
{
    size_t n = 0;

    for (size_t i = 0; i < pool->n; i++) {
        if (pool->hit[i].id != id) {
            pool->hit[n++] = pool->hit[i];
        }
    }
    pool->n = n;
}

/* Find the neighbours of one new node on each of its levels. */
static void place(const insert_work *w, hnsw_scratch *s, uint32_t id)
{
    pal_hnsw *x = w->x;
    const float *q = hnsw_vector(x, id);
    size_t level = x->level[id], ef = x->config.ef_construction;

    hnsw_start(x, s, q);
    for (size_t l = w->top; l > level && s->pool.n > 0; l--) {
        hnsw_search_level(x, s, q, l, 1);
    }
    for (size_t l = level + 1; l-- > 0;) {
        uint32_t *links = hnsw_links(x, id, l);

        if (l > w->top || x->entry == HNSW_NONE) {
            s->pool.n = 0; /* nobody of the old graph is up here */
            s->pool.capacity = ef;
        } else {
            if (s->pool.n == 0) {
                hnsw_start(x, s, q);
            }
            hnsw_search_level(x, s, q, l, ef);
            forget(&s->pool, id);
        }
        memcpy(s->entry.hit, s->pool.hit, s->pool.n * sizeof *s->pool.hit);
        s->entry.n = s->pool.n; /* where the next level starts: nodes of the old graph only */
        see_batch(w, s, id, l, q);
        links[0] = (uint32_t)hnsw_select(x, s, s->pool.hit, s->pool.n, x->config.m, links + 1);
        memcpy(s->pool.hit, s->entry.hit, s->entry.n * sizeof *s->pool.hit);
        s->pool.n = s->entry.n;
    }
}

static pal_status place_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const insert_work *w = ctx;

    (void)block;
    (void)err;
    for (size_t i = begin; i < end; i++) {
        place(w, &w->scratch[worker], w->id[i]);
    }
    return PAL_OK;
}

static pal_status insert_batch(pal_hnsw *x, const uint32_t *id, const float *vector, size_t n, size_t n_threads,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    insert_work w = { .x = x, .id = id, .n = n, .top = x->entry == HNSW_NONE ? 0 : x->level[x->entry] };
    hnsw_wish *wish = NULL;
    size_t n_wishes = 0, at = 0, ef = x->config.ef_construction;

    for (size_t i = 0; i < n; i++) {
        uint8_t level = hnsw_level_of(x, id[i]);

        PAL_TRY(hnsw_reserve_upper(x, id[i], level, err));
        hnsw_prepare(x, x->vector + id[i] * x->stride, vector + i * x->d);
        n_wishes += (level + 1) * x->config.m;
    }
    PAL_NEW(wish, n_wishes);
    PAL_TRY(hnsw_scratch_new(&w.scratch, x, ef, n_threads, err));
    for (size_t t = 0; t < n_threads; t++) {
        PAL_NEW(w.scratch[t].entry.hit, ef + 1);
    }
    for (size_t i = 0; i < n; i++) {
        x->level[id[i]] = hnsw_level_of(x, id[i]);
    }
    PAL_TRY(pal_parallel_for(n, NODES, n_threads, place_block, &w, err));
    for (size_t i = 0; i < n; i++) {
        for (uint32_t l = 0; l <= x->level[id[i]]; l++) {
            const uint32_t *links = hnsw_links(x, id[i], l);

            for (size_t k = 1; k <= links[0]; k++) {
                wish[at++] = (hnsw_wish){ l, links[k], id[i] };
            }
        }
    }
    PAL_TRY(hnsw_link(x, w.scratch, wish, at, n_threads, err));
    x->n += n;
    for (size_t i = 0; i < n; i++) {
        if (x->entry == HNSW_NONE || x->level[id[i]] > x->level[x->entry] ||
            (x->level[id[i]] == x->level[x->entry] && id[i] < x->entry)) {
            x->entry = id[i];
        }
    }

done:
    hnsw_scratch_free(x, w.scratch, n_threads);
    pal_free(wish);
    return rc;
}

/* ---- the door ------------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Values finite, no id twice; *old gets those that are there already, *largest the largest of all. */
static pal_status check(const pal_hnsw *x, const uint32_t *id, const float *vector, size_t n, uint32_t *old,
                        size_t *n_old, uint32_t *largest, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *sorted = NULL;

    PAL_NEW(sorted, n);
    *n_old = 0;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = id[i];
        for (size_t k = 0; k < x->d; k++) {
            if (!isfinite(vector[i * x->d + k])) {
                PAL_FAIL(PAL_ERR_DATA, "index: vector of id %u, dimension %zu: %g is not finite", id[i], k,
                         (double)vector[i * x->d + k]);
            }
        }
        if (pal_hnsw_has(x, id[i])) {
            old[(*n_old)++] = id[i];
        }
    }
    qsort(sorted, n, sizeof *sorted, compare_ids);
    for (size_t i = 1; i < n; i++) {
        if (sorted[i] == sorted[i - 1]) {
            PAL_FAIL(PAL_ERR_DATA, "index: id %u stands twice", sorted[i]);
        }
    }
    *largest = sorted[n - 1];
    if (*largest == HNSW_NONE) {
        PAL_FAIL(PAL_ERR_DATA, "index: id %u is too large", *largest);
    }

done:
    pal_free(sorted);
    return rc;
}

pal_status pal_hnsw_insert(pal_hnsw *x, const uint32_t *id, const float *vector, size_t n, size_t n_threads,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *old = NULL, largest = 0;
    size_t n_old = 0;

    if (n == 0) {
        goto done;
    }
    PAL_NEW(old, n);
    PAL_TRY(check(x, id, vector, n, old, &n_old, &largest, err));
    PAL_TRY(hnsw_reserve(x, (size_t)largest + 1, err));
    if (n_old > 0) {
        PAL_TRY(pal_hnsw_delete(x, old, n_old, n_threads, err));
    }
    for (size_t begin = 0; begin < n; begin += HNSW_BATCH) {
        size_t count = n - begin < HNSW_BATCH ? n - begin : HNSW_BATCH;

        PAL_TRY(insert_batch(x, id + begin, vector + begin * x->d, count, n_threads, err));
    }

done:
    pal_free(old);
    return rc;
}

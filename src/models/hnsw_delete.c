/* Taking vectors out: whoever was linked to them is linked to their neighbours instead. */
#include "models/hnsw_parts.h"

#include "core/mem.h"
#include "core/threads.h"

#include <stdlib.h>
#include <string.h>

#define NODES 256 /* a block of parallel work */

typedef struct repair_work {
    pal_hnsw *x;
    hnsw_scratch *scratch;
    const bool *dead;   /* capacity                                                            */
    hnsw_wish **wish;   /* blocks: new links of the block's nodes; each block's own memory      */
    size_t *n_wishes;   /* blocks */
} repair_work;

/* A node's living neighbours and those of its dead ones, each once, without itself; *had counts the first kind. */
static size_t gather(const pal_hnsw *x, hnsw_scratch *s, const bool *dead, uint32_t id, size_t level, size_t *had)
{
    const uint32_t *links = hnsw_links(x, id, level);
    size_t n = 0;

    hnsw_stamps_next(s->met);
    hnsw_meet(s->met, id);
    for (size_t i = 1; i <= links[0]; i++) {
        if (!dead[links[i]]) {
            hnsw_meet(s->met, links[i]);
            s->next[n++] = links[i];
        }
    }
    *had = n;
    for (size_t i = 1; i <= links[0]; i++) {
        const uint32_t *behind = hnsw_links(x, links[i], level);

        for (size_t k = 1; dead[links[i]] && k <= behind[0]; k++) {
            if (!dead[behind[k]] && !hnsw_meet(s->met, behind[k])) {
                s->next[n++] = behind[k];
            }
        }
    }
    return n;
}

static bool is_hurt(const uint32_t *links, const bool *dead)
{
    for (size_t i = 1; i <= links[0]; i++) {
        if (dead[links[i]]) {
            return true;
        }
    }
    return false;
}

/* New list of one node on one level; what is new in it becomes a wish for a link back. */
static size_t repair(pal_hnsw *x, hnsw_scratch *s, const bool *dead, uint32_t id, size_t level, hnsw_wish *wish)
{
    uint32_t *links = hnsw_links(x, id, level), old[2 * 64 + 1];
    size_t had, total = gather(x, s, dead, id, level, &had), n = 0;

    memcpy(old, s->next, had * sizeof *old);
    hnsw_distances(s->far, x, s->next, total, hnsw_vector(x, id));
    for (size_t i = 0; i < total; i++) {
        s->kept[i] = (hnsw_hit){ s->far[i], s->next[i] };
    }
    qsort(s->kept, total, sizeof *s->kept, hnsw_compare);
    links[0] = (uint32_t)hnsw_select(x, s, s->kept, total, hnsw_most(x, level), links + 1);
    for (size_t i = 1; i <= links[0]; i++) {
        bool is_new = true;

        for (size_t k = 0; k < had && is_new; k++) {
            is_new = old[k] != links[i];
        }
        if (is_new) {
            wish[n++] = (hnsw_wish){ (uint32_t)level, links[i], id };
        }
    }
    return n;
}

static pal_status repair_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const repair_work *w = ctx;
    pal_hnsw *x = w->x;
    size_t most = 0;

    for (size_t pass = 0; pass < 2; pass++) {
        if (pass == 1) {
            if (most == 0) {
                break;
            }
            PAL_NEW(w->wish[block], most);
        }
        for (size_t i = begin; i < end; i++) {
            if (x->level[i] == HNSW_ABSENT || w->dead[i]) {
                continue;
            }
            for (size_t l = 0; l <= x->level[i]; l++) {
                if (!is_hurt(hnsw_links(x, (uint32_t)i, l), w->dead)) {
                    continue;
                }
                if (pass == 0) {
                    most += hnsw_most(x, l);
                } else {
                    w->n_wishes[block] += repair(x, &w->scratch[worker], w->dead, (uint32_t)i, l,
                                                 w->wish[block] + w->n_wishes[block]);
                }
            }
        }
    }

done:
    return rc;
}

/* Mark them; PAL_ERR_DATA for one that is not there, or twice. */
static pal_status mark(bool *dead, const pal_hnsw *x, const uint32_t *id, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n; i++) {
        if (!pal_hnsw_has(x, id[i])) {
            PAL_FAIL(PAL_ERR_DATA, "index: id %u is not there", id[i]);
        }
        if (dead[id[i]]) {
            PAL_FAIL(PAL_ERR_DATA, "index: id %u stands twice", id[i]);
        }
        dead[id[i]] = true;
    }

done:
    return rc;
}

/* All wishes in the order of blocks. */
static pal_status join(hnsw_wish **all, size_t *n, const repair_work *w, size_t n_blocks, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t total = 0;

    for (size_t b = 0; b < n_blocks; b++) {
        total += w->n_wishes[b];
    }
    PAL_NEW(*all, total);
    *n = 0;
    for (size_t b = 0; b < n_blocks; b++) {
        if (w->n_wishes[b] > 0) {
            memcpy(*all + *n, w->wish[b], w->n_wishes[b] * sizeof **all);
            *n += w->n_wishes[b];
        }
    }

done:
    return rc;
}

/* Those whose whole neighbourhood went: they are put in again as if they were new. */
static pal_status rescue(pal_hnsw *x, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *lone = NULL;
    float *vector = NULL;
    size_t n = 0;

    for (size_t i = 0; i < x->capacity; i++) {
        n += x->level[i] != HNSW_ABSENT && hnsw_links(x, (uint32_t)i, 0)[0] == 0;
    }
    if (n == 0 || x->n < 2) {
        goto done;
    }
    PAL_NEW(lone, n);
    PAL_NEW(vector, n * x->d);
    n = 0;
    for (size_t i = 0; i < x->capacity; i++) {
        if (x->level[i] != HNSW_ABSENT && hnsw_links(x, (uint32_t)i, 0)[0] == 0) {
            memcpy(vector + n * x->d, hnsw_vector(x, (uint32_t)i), x->d * sizeof *vector);
            lone[n++] = (uint32_t)i;
            x->level[i] = HNSW_ABSENT;
            x->n--;
        }
    }
    hnsw_find_entry(x);
    PAL_TRY(pal_hnsw_insert(x, lone, vector, n, n_threads, err));

done:
    pal_free(lone);
    pal_free(vector);
    return rc;
}

pal_status pal_hnsw_delete(pal_hnsw *x, const uint32_t *id, size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    repair_work w = { .x = x };
    size_t n_blocks = pal_blocks(x->capacity, NODES), n_wishes = 0;
    hnsw_wish *all = NULL;
    bool *dead = NULL;

    if (n == 0) {
        goto done;
    }
    PAL_NEW(dead, x->capacity);
    PAL_TRY(mark(dead, x, id, n, err));
    w.dead = dead;
    PAL_NEW(w.wish, n_blocks);
    PAL_NEW(w.n_wishes, n_blocks);
    PAL_TRY(hnsw_scratch_new(&w.scratch, x, x->config.ef_construction, n_threads, err));
    PAL_TRY(pal_parallel_for(x->capacity, NODES, n_threads, repair_block, &w, err));
    PAL_TRY(join(&all, &n_wishes, &w, n_blocks, err));
    PAL_TRY(hnsw_link(x, w.scratch, all, n_wishes, n_threads, err));
    for (size_t i = 0; i < n; i++) {
        x->level[id[i]] = HNSW_ABSENT;
    }
    x->n -= n;
    hnsw_find_entry(x);
    PAL_TRY(rescue(x, n_threads, err));

done:
    for (size_t b = 0; w.wish != NULL && b < n_blocks; b++) {
        pal_free(w.wish[b]);
    }
    pal_free(w.wish);
    pal_free(w.n_wishes);
    hnsw_scratch_free(x, w.scratch, n_threads);
    pal_free(all);
    pal_free(dead);
    return rc;
}

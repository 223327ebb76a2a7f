/* Ranking all songs for each of their clusters, and merging those rankings for one person. */
#include "stages/fallback_ranks.h"

#include "core/mem.h"
#include "stages/order.h"
#include "stages/scan.h"

#include <string.h>

/* Clusters of one item by falling similarity: insertion, so that equal ones stay in id order. */
static void sort_near(uint8_t *near, const float *similarity, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        size_t r = t;

        for (; r > 0 && similarity[t] > similarity[near[r - 1]]; r--) {
            near[r] = near[r - 1];
        }
        near[r] = (uint8_t)t;
    }
}

static void score_item(pal_fallback_ranks *ranks, const pal_taste_index *index, size_t item, float target,
                       float slope, float bonus, float penalty)
{
    const pal_catalog *c = ranks->catalog;
    const float *direction = c->direction + item * c->stride;
    uint8_t *near = ranks->near + item * ranks->n_tastes;
    float similarity[PAL_MAX_CLUSTERS];

    for (size_t t = 0; t < ranks->n_tastes; t++) {
        similarity[t] = pal_scan_dot(direction, index->center + t * c->stride, c->d);
    }
    sort_near(near, similarity, ranks->n_tastes);
    for (size_t r = 0; r < ranks->n_tastes; r++) {
        const bool inside = (c->cluster_mask[item] >> near[r]) & 1;

        ranks->score[r * c->n_items + item] = pal_fallback_formula(similarity[near[r]], target, slope,
                                                                   inside ? bonus : 0, penalty, c->popularity[item]);
    }
}

pal_status pal_fallback_ranks_new(pal_fallback_ranks **out, const pal_taste_index *index, float target, float slope,
                                  float bonus, float penalty, pal_error *err)
{
    const pal_catalog *catalog = index->catalog;
    const size_t n_items = catalog->n_items;
    pal_status rc = PAL_OK;
    pal_fallback_ranks *ranks = NULL;
    uint32_t *work = NULL;

    PAL_NEW(ranks, 1);
    ranks->catalog = catalog;
    ranks->n_tastes = index->n_tastes;
    PAL_NEW(ranks->near, n_items * ranks->n_tastes);
    PAL_NEW(ranks->order, n_items * ranks->n_tastes);
    PAL_NEW(ranks->score, n_items * ranks->n_tastes);
    PAL_NEW(work, 3 * n_items);
    for (size_t i = 0; i < n_items; i++) {
        score_item(ranks, index, i, target, slope, bonus, penalty);
    }
    for (size_t r = 0; r < ranks->n_tastes; r++) {
        pal_order_falling(ranks->order + r * n_items, ranks->score + r * n_items, n_items, work);
    }
    *out = ranks;
    ranks = NULL;

done:
    pal_free(work);
    pal_fallback_ranks_free(ranks);
    return rc;
}

void pal_fallback_ranks_free(pal_fallback_ranks *ranks)
{
    if (ranks == NULL) {
        return;
    }
    pal_free(ranks->near);
    pal_free(ranks->order);
    pal_free(ranks->score);
    pal_free(ranks);
}

/* Does this unseen item's closest inactive taste have rank r? */
static bool counts(const pal_fallback_ranks *ranks, const uint64_t *seen, uint64_t active, uint32_t item, size_t r)
{
    const uint8_t *near = ranks->near + (size_t)item * ranks->n_tastes;

    if (pal_seen(seen, item) || ((active >> near[r]) & 1)) {
        return false;
    }
    for (size_t before = 0; before < r; before++) {
        if (!((active >> near[before]) & 1)) {
            return false;
        }
    }
    return true;
}

/* The next item of rank r from position `at` on that counts, or n_items. */
static size_t next_at(const pal_fallback_ranks *ranks, const uint64_t *seen, uint64_t active, size_t r, size_t at)
{
    const size_t n_items = ranks->catalog->n_items;
    const uint32_t *order = ranks->order + r * n_items;

    while (at < n_items && !counts(ranks, seen, active, order[at], r)) {
        at++;
    }
    return at;
}

static pal_candidate candidate_at(const pal_fallback_ranks *ranks, size_t r, size_t at)
{
    const uint32_t item = ranks->order[r * ranks->catalog->n_items + at];

    return (pal_candidate){ pal_fallback_ranks_score(ranks, item, r), item,
                            pal_fallback_ranks_near(ranks, item, r) };
}

pal_status pal_fallback_ranks_best(pal_source *source, const pal_fallback_ranks *ranks, const uint64_t *seen,
                                   uint64_t active, size_t k, pal_arena *scratch, pal_error *err)
{
    const size_t n_items = ranks->catalog->n_items, most = k < n_items ? k : n_items;
    size_t cursor[PAL_MAX_CLUSTERS], n_ranks = 1, n = 0;
    pal_candidate *found;
    pal_status rc = PAL_OK;

    for (uint64_t rest = active; rest != 0; rest &= rest - 1) {
        n_ranks++; /* ranks beyond the number of active tastes cannot count */
    }
    n_ranks = n_ranks < ranks->n_tastes ? n_ranks : ranks->n_tastes;
    PAL_TAKE(found, most, scratch);
    for (size_t r = 0; r < n_ranks; r++) {
        cursor[r] = next_at(ranks, seen, active, r, 0);
    }
    for (bool more = true; more && n < most;) {
        size_t best = SIZE_MAX;

        for (size_t r = 0; r < n_ranks; r++) {
            if (cursor[r] < n_items
                && (best == SIZE_MAX || pal_candidate_before(candidate_at(ranks, r, cursor[r]),
                                                             candidate_at(ranks, best, cursor[best])))) {
                best = r;
            }
        }
        more = best != SIZE_MAX;
        if (more) {
            found[n++] = candidate_at(ranks, best, cursor[best]);
            cursor[best] = next_at(ranks, seen, active, best, cursor[best] + 1);
        }
    }
    source->candidate = found;
    source->n = n;
    source->k = k;
    source->complete = n < most || most == n_items;

done:
    return rc;
}

/* Grouping all songs by nearest clusters, and the best of the inactive tastes for one person. */
#include "stages/fallback_ranks.h"

#include "core/mem.h"
#include "stages/order.h"
#include "stages/scan.h"

#include <string.h>

/* Clusters of one item by falling similarity: insertion, so that equal ones stay in id order. */
static void find_near(pal_fallback_ranks *ranks, size_t item)
{
    const pal_catalog *c = ranks->index->catalog;
    uint8_t *near = ranks->near + item * ranks->n_tastes;
    float similarity[PAL_MAX_CLUSTERS];

    for (size_t t = 0; t < ranks->n_tastes; t++) {
        size_t r = t;

        similarity[t] = pal_scan_dot(c->direction + item * c->stride, ranks->index->center + t * c->stride, c->d);
        for (; r > 0 && similarity[t] > similarity[near[r - 1]]; r--) {
            near[r] = near[r - 1];
        }
        near[r] = (uint8_t)t;
    }
}

float pal_fallback_ranks_score(const pal_fallback_ranks *ranks, uint32_t item, size_t taste)
{
    const pal_catalog *c = ranks->index->catalog;
    const float similarity = pal_scan_dot(c->direction + (size_t)item * c->stride,
                                          ranks->index->center + taste * c->stride, c->d);

    return pal_fallback_formula(similarity, ranks->target, ranks->slope,
                                (c->cluster_mask[item] >> taste) & 1 ? ranks->bonus : 0, ranks->penalty,
                                c->popularity[item]);
}

static size_t group_of(const pal_fallback_ranks *ranks, uint32_t item, size_t rank)
{
    const uint8_t *near = ranks->near + (size_t)item * ranks->n_tastes;

    return rank == 0 ? near[0] : near[0] * ranks->n_tastes + near[1];
}

/* Sort by score, then deal the songs out to their groups in that order. `work` is 4 * n_items words. */
static pal_status make_groups(pal_fallback_groups *groups, const pal_fallback_ranks *ranks, size_t rank,
                              float *score, uint32_t *work, pal_error *err)
{
    const size_t n_items = ranks->index->catalog->n_items;
    const size_t n_groups = rank == 0 ? ranks->n_tastes : ranks->n_tastes * ranks->n_tastes;
    uint32_t *order = work + 3 * n_items, *next = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(groups->begin, n_groups + 1);
    PAL_NEW(groups->item, n_items);
    PAL_NEW(groups->score, n_items);
    PAL_NEW(next, n_groups);
    for (uint32_t i = 0; i < n_items; i++) {
        score[i] = pal_fallback_ranks_score(ranks, i, ranks->near[(size_t)i * ranks->n_tastes + rank]);
        groups->begin[group_of(ranks, i, rank) + 1]++;
    }
    for (size_t g = 0; g < n_groups; g++) {
        groups->begin[g + 1] += groups->begin[g];
        next[g] = groups->begin[g];
    }
    pal_order_falling(order, score, n_items, work);
    for (size_t i = 0; i < n_items; i++) {
        const uint32_t at = next[group_of(ranks, order[i], rank)]++;

        groups->item[at] = order[i];
        groups->score[at] = score[order[i]];
    }

done:
    pal_free(next);
    return rc;
}

static void free_groups(pal_fallback_groups *groups)
{
    pal_free(groups->begin);
    pal_free(groups->item);
    pal_free(groups->score);
}

pal_status pal_fallback_ranks_new(pal_fallback_ranks **out, const pal_taste_index *index, float target, float slope,
                                  float bonus, float penalty, pal_error *err)
{
    const size_t n_items = index->catalog->n_items;
    pal_status rc = PAL_OK;
    pal_fallback_ranks *ranks = NULL;
    uint32_t *work = NULL;
    float *score = NULL;

    PAL_NEW(ranks, 1);
    *ranks = (pal_fallback_ranks){ .index = index, .n_tastes = index->n_tastes, .target = target, .slope = slope,
                                   .bonus = bonus, .penalty = penalty };
    PAL_NEW(ranks->near, n_items * ranks->n_tastes);
    PAL_NEW(work, 4 * n_items);
    PAL_NEW(score, n_items);
    for (size_t i = 0; i < n_items; i++) {
        find_near(ranks, i);
    }
    PAL_TRY(make_groups(&ranks->first, ranks, 0, score, work, err));
    if (ranks->n_tastes > 1) {
        PAL_TRY(make_groups(&ranks->second, ranks, 1, score, work, err));
    }
    *out = ranks;
    ranks = NULL;

done:
    pal_free(work);
    pal_free(score);
    pal_fallback_ranks_free(ranks);
    return rc;
}

void pal_fallback_ranks_free(pal_fallback_ranks *ranks)
{
    if (ranks == NULL) {
        return;
    }
    free_groups(&ranks->first);
    free_groups(&ranks->second);
    pal_free(ranks->near);
    pal_free(ranks);
}

uint8_t pal_fallback_ranks_closest(const pal_fallback_ranks *ranks, uint32_t item, uint64_t active)
{
    const uint8_t *near = ranks->near + (size_t)item * ranks->n_tastes;

    for (size_t r = 0; r < ranks->n_tastes; r++) {
        if (!((active >> near[r]) & 1)) {
            return near[r];
        }
    }
    return PAL_NO_TASTE;
}

/* Offer a group whose songs all count for one taste, until it cannot get in any more. */
static void offer_group(pal_topk *top, const pal_fallback_groups *groups, size_t g, uint8_t taste,
                        const uint64_t *seen)
{
    for (uint32_t i = groups->begin[g]; i < groups->begin[g + 1] && groups->score[i] >= pal_topk_bar(top); i++) {
        if (!pal_seen(seen, groups->item[i])) {
            pal_topk_offer(top, (pal_candidate){ groups->score[i], groups->item[i], taste });
        }
    }
}

/* Offer the songs whose two nearest clusters are both active. */
static void offer_one_by_one(pal_topk *top, const pal_fallback_ranks *ranks, size_t g, uint64_t active,
                             const uint64_t *seen)
{
    for (uint32_t i = ranks->second.begin[g]; i < ranks->second.begin[g + 1]; i++) {
        const uint32_t item = ranks->second.item[i];
        const uint8_t taste = pal_fallback_ranks_closest(ranks, item, active);

        if (taste != PAL_NO_TASTE && !pal_seen(seen, item)) {
            const float score = pal_fallback_ranks_score(ranks, item, taste);

            if (score >= pal_topk_bar(top)) {
                pal_topk_offer(top, (pal_candidate){ score, item, taste });
            }
        }
    }
}

pal_status pal_fallback_ranks_best(pal_source *source, const pal_fallback_ranks *ranks, const uint64_t *seen,
                                   uint64_t active, size_t k, pal_arena *scratch, pal_error *err)
{
    const size_t n_items = ranks->index->catalog->n_items, n = ranks->n_tastes;
    pal_topk top = { .k = k < n_items ? k : n_items };
    pal_status rc = PAL_OK;

    PAL_TAKE(top.heap, top.k, scratch);
    for (size_t a = 0; a < n; a++) {
        if (!((active >> a) & 1)) {
            offer_group(&top, &ranks->first, a, (uint8_t)a, seen);
            continue;
        }
        for (size_t b = 0; b < n && n > 1; b++) {
            if (!((active >> b) & 1)) {
                offer_group(&top, &ranks->second, a * n + b, (uint8_t)b, seen);
            } else if (a != b) {
                offer_one_by_one(&top, ranks, a * n + b, active, seen);
            }
        }
    }
    pal_candidates_sort(top.heap, top.n);
    source->candidate = top.heap;
    source->n = top.n;
    source->k = k;
    source->complete = top.n < top.k || top.k == n_items;

done:
    return rc;
}

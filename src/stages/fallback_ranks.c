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

/* The group of a song on a level: its nearest clusters as digits. */
static size_t group_of(const pal_fallback_ranks *ranks, uint32_t item, size_t level)
{
    const uint8_t *near = ranks->near + (size_t)item * ranks->n_tastes;
    size_t group = 0;

    for (size_t r = 0; r <= level; r++) {
        group = group * ranks->n_tastes + near[r];
    }
    return group;
}

/* Sort by score, then deal the songs out to their groups in that order. `work` is 4 * n_items words. */
static pal_status make_level(pal_fallback_ranks *ranks, size_t level, float *score, uint32_t *work, pal_error *err)
{
    pal_fallback_groups *groups = &ranks->level[level];
    const size_t n_items = ranks->index->catalog->n_items;
    uint32_t *order = work + 3 * n_items, *next = NULL;
    size_t n_groups = 1;
    pal_status rc = PAL_OK;

    for (size_t r = 0; r <= level; r++) {
        n_groups *= ranks->n_tastes;
    }
    PAL_NEW(groups->begin, n_groups + 1);
    PAL_NEW(groups->item, n_items);
    PAL_NEW(groups->score, n_items);
    PAL_NEW(next, n_groups);
    for (uint32_t i = 0; i < n_items; i++) {
        score[i] = pal_fallback_ranks_score(ranks, i, ranks->near[(size_t)i * ranks->n_tastes + level]);
        groups->begin[group_of(ranks, i, level) + 1]++;
    }
    for (size_t g = 0; g < n_groups; g++) {
        groups->begin[g + 1] += groups->begin[g];
        next[g] = groups->begin[g];
    }
    pal_order_falling(order, score, n_items, work);
    for (size_t i = 0; i < n_items; i++) {
        const uint32_t at = next[group_of(ranks, order[i], level)]++;

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
    ranks->n_levels = ranks->n_tastes < PAL_FALLBACK_LEVELS ? ranks->n_tastes : PAL_FALLBACK_LEVELS;
    for (size_t level = 0; level < ranks->n_levels; level++) {
        PAL_TRY(make_level(ranks, level, score, work, err));
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
    for (size_t level = 0; level < PAL_FALLBACK_LEVELS; level++) {
        free_groups(&ranks->level[level]);
    }
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

typedef struct search {
    const pal_fallback_ranks *ranks;
    const uint64_t *seen;
    uint64_t active;
    pal_topk top;
} search;

/* Offer a group whose songs all count for one taste, until it cannot get in any more. */
static void offer_group(search *s, const pal_fallback_groups *groups, size_t g, size_t taste)
{
    for (uint32_t i = groups->begin[g]; i < groups->begin[g + 1] && groups->score[i] >= pal_topk_bar(&s->top); i++) {
        if (!pal_seen(s->seen, groups->item[i])) {
            pal_topk_offer(&s->top, (pal_candidate){ groups->score[i], groups->item[i], (uint8_t)taste });
        }
    }
}

/* Offer a group whose songs have active tastes only among those it is grouped by. */
static void offer_one_by_one(search *s, const pal_fallback_groups *groups, size_t g)
{
    for (uint32_t i = groups->begin[g]; i < groups->begin[g + 1]; i++) {
        const uint32_t item = groups->item[i];
        const uint8_t taste = pal_fallback_ranks_closest(s->ranks, item, s->active);

        if (taste != PAL_NO_TASTE && !pal_seen(s->seen, item)) {
            pal_topk_offer(&s->top, (pal_candidate){ pal_fallback_ranks_score(s->ranks, item, taste), item, taste });
        }
    }
}

/* Offer the songs whose nearest clusters are `group`'s digits, all of them active, and then any. */
static void offer_level(search *s, size_t level, size_t group)
{
    const size_t n = s->ranks->n_tastes;

    for (size_t t = 0; t < n; t++) {
        const pal_fallback_groups *groups = &s->ranks->level[level];
        const size_t g = group * n + t;

        if (!((s->active >> t) & 1)) {
            offer_group(s, groups, g, t);
        } else if (groups->begin[g] == groups->begin[g + 1]) {
            continue;
        } else if (level + 1 < PAL_FALLBACK_LEVELS && level + 1 < s->ranks->n_levels) {
            offer_level(s, level + 1, g);
        } else {
            offer_one_by_one(s, groups, g);
        }
    }
}

pal_status pal_fallback_ranks_best(pal_source *source, const pal_fallback_ranks *ranks, const uint64_t *seen,
                                   uint64_t active, size_t k, pal_arena *scratch, pal_error *err)
{
    const size_t n_items = ranks->index->catalog->n_items;
    search s = { .ranks = ranks, .seen = seen, .active = active, .top.k = k < n_items ? k : n_items };
    pal_status rc = PAL_OK;

    PAL_TAKE(s.top.heap, s.top.k, scratch);
    offer_level(&s, 0, 0);
    pal_candidates_sort(s.top.heap, s.top.n);
    source->candidate = s.top.heap;
    source->n = s.top.n;
    source->k = s.top.k;
    source->complete = s.top.n < s.top.k || s.top.k == n_items;
    source->floor = s.top.n > 0 ? s.top.heap[s.top.n - 1].score : 0;

done:
    return rc;
}

/*
 * R1's ranking: score = best similarity over active tastes * (1 + ln(1 + confidence)) - 0.30 * similarity to all that
 * was disliked; best similarity >= 0.40, no artist twice, at most 60 % of the slate from one taste.
 *
 * Each taste has its own list: the items it is the closest active taste of. Lists are scanned block by block, the
 * most promising first, and a block whose bound is under the list's k-th score is never touched.
 */
#include "stages/ranking.h"

#include "core/pmath.h"
#include "core/vector.h"
#include "stages/active.h"
#include "stages/builtin.h"
#include "stages/pick.h"
#include "stages/scan.h"

#include <string.h>

enum {
    FIRST_K_SPARE = 4, /* candidates beyond a taste's quota, for artists met twice */
    BEST_BLOCKS = 6    /* blocks visited by bound before the rest goes in order; only speed depends on it */
};

typedef struct reference {
    const pal_ranking *stage;
    const pal_catalog *catalog;
    const uint64_t *seen;
    pal_active active;
    float gain[PAL_MAX_CLUSTERS]; /* by place: 1 + ln(1 + confidence) */
    float dislike_weight, min_similarity;
    float *bound;         /* n_block_pad */
    float *dislike_low;   /* n_block_pad: least similarity to the disliked of a block */
    pal_arena *scratch;
} reference;

static float formula(float similarity, float gain, float weight, float disliked)
{
    return similarity * gain - weight * disliked;
}

PAL_VECTOR static void formulas(float *restrict score, const float *restrict disliked, float gain, float weight,
                                size_t n)
{
    for (size_t i = 0; i < n; i++) {
        score[i] = score[i] * gain - weight * disliked[i];
    }
}

PAL_VECTOR static void lows(float *restrict x, const float *restrict r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = pal_scan_cos_low(x[i], r[i]);
    }
}

PAL_VECTOR static void bounds(float *restrict x, const float *restrict r, const float *restrict dislike_low,
                              float gain, float weight, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = pal_scan_cos_high(x[i], r[i]) * gain - weight * dislike_low[i] + PAL_SCAN_SLACK * gain;
    }
}

static pal_status begin(reference *r, const pal_ranking *stage, const pal_request *request, pal_arena *scratch,
                        pal_error *err)
{
    const pal_taste_index *index = stage->index;
    pal_status rc = PAL_OK;

    r->stage = stage;
    r->catalog = index->catalog;
    r->seen = request->seen;
    r->scratch = scratch;
    r->dislike_weight = (float)stage->config.dislike_weight;
    r->min_similarity = (float)stage->config.min_similarity;
    PAL_TRY(pal_active_of(&r->active, request, r->catalog->stride, scratch, err));
    for (size_t a = 0; a < r->active.n; a++) {
        r->gain[a] = (float)(1.0 + pal_log1p(request->profile.confidence[r->active.taste[a]]));
    }

done:
    return rc;
}

static pal_status bound_dislikes(reference *r, pal_error *err)
{
    const pal_taste_index *index = r->stage->index;
    pal_status rc = PAL_OK;

    PAL_TAKE(r->bound, index->n_block_pad, r->scratch);
    PAL_TAKE(r->dislike_low, index->n_block_pad, r->scratch);
    pal_scan_dots(r->dislike_low, index->block_t, index->n_block_pad, r->active.disliked, index->n_block_pad,
                  r->catalog->d);
    lows(r->dislike_low, index->block_cos, index->n_block_pad);

done:
    return rc;
}

/* Offer the items of a block whose closest active taste is at `place`. */
static void visit(const reference *r, pal_topk *top, size_t place, size_t block)
{
    _Alignas(64) float score[PAL_BLOCK_ITEMS + 2 * PAL_SCAN_LANE], disliked[PAL_BLOCK_ITEMS + 2 * PAL_SCAN_LANE];
    const pal_catalog *c = r->catalog;
    const uint32_t from = c->block_begin[block], to = c->block_begin[block + 1];
    const uint32_t start = from / PAL_SCAN_LANE * PAL_SCAN_LANE;
    const size_t n = ((size_t)(to - start) + PAL_SCAN_LANE - 1) / PAL_SCAN_LANE * PAL_SCAN_LANE;
    const float *centroid = pal_active_centroid(&r->active, place);

    pal_scan_dots(score, c->direction_t + start, c->n_pad, centroid, n, c->d);
    pal_scan_dots(disliked, c->direction_t + start, c->n_pad, r->active.disliked, n, c->d);
    formulas(score, disliked, r->gain[place], r->dislike_weight, n);
    for (uint32_t i = from; i < to; i++) {
        const float *direction = c->direction + (size_t)i * c->stride;
        float similarity;

        if (score[i - start] < pal_topk_bar(top) || pal_seen(r->seen, i)) {
            continue;
        }
        similarity = pal_scan_dot(direction, centroid, c->d);
        if (similarity >= r->min_similarity && pal_active_is_closest(&r->active, direction, place, similarity)) {
            pal_topk_offer(top, (pal_candidate){ score[i - start], i, r->active.taste[place] });
        }
    }
}

static size_t greatest(const float *x, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++) {
        if (x[i] > x[best]) {
            best = i;
        }
    }
    return best;
}

static pal_status fetch(void *ctx, pal_source *source, size_t k, pal_error *err)
{
    reference *r = ctx;
    const pal_taste_index *index = r->stage->index;
    const size_t place = r->active.place[source->taste], n_blocks = r->catalog->n_blocks;
    pal_status rc = PAL_OK;
    pal_topk top = { .k = k < r->catalog->n_items ? k : r->catalog->n_items };

    PAL_TAKE(top.heap, top.k, r->scratch);
    pal_scan_dots(r->bound, index->block_t, index->n_block_pad, pal_active_centroid(&r->active, place),
                  index->n_block_pad, r->catalog->d);
    bounds(r->bound, index->block_cos, r->dislike_low, r->gain[place], r->dislike_weight, n_blocks);
    for (int first = 0; first < BEST_BLOCKS; first++) {
        const size_t b = greatest(r->bound, n_blocks);

        if (r->bound[b] >= pal_topk_bar(&top)) {
            visit(r, &top, place, b);
            r->bound[b] = -INFINITY;
        }
    }
    for (size_t b = 0; b < n_blocks; b++) {
        if (r->bound[b] >= pal_topk_bar(&top)) {
            visit(r, &top, place, b);
        }
    }
    pal_candidates_sort(top.heap, top.n);
    source->candidate = top.heap;
    source->n = top.n;
    source->k = k;
    source->complete = top.n < top.k || top.k == r->catalog->n_items;

done:
    return rc;
}

static float rest_score(const void *ctx, uint32_t item)
{
    const reference *r = ctx;
    const float *direction = r->catalog->direction + (size_t)item * r->catalog->stride;
    float similarity = 0, gain = 1;

    if (r->active.n > 0) {
        gain = r->gain[pal_active_closest(&similarity, &r->active, direction)];
    }
    return formula(similarity, gain, r->dislike_weight, pal_scan_dot(direction, r->active.disliked, r->catalog->d));
}

pal_status pal_ranking_reference(const pal_ranking *stage, const pal_request *request, pal_slate *slate,
                                 pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_pick pick = pal_pick_begin(stage->index->catalog, request, slate, PAL_AT_RANKING);
    const size_t want = pick.end - pick.begin;
    pal_pick_rules rules = { .end = pick.end, .taste_cap = pal_quota(stage->config.max_share, want) };
    pal_source source[PAL_MAX_CLUSTERS] = { 0 };
    reference r;

    PAL_TRY(begin(&r, stage, request, scratch, err));
    PAL_TRY(bound_dislikes(&r, err));
    for (size_t a = 0; a < r.active.n; a++) {
        source[a].taste = r.active.taste[a];
        PAL_TRY(fetch(&r, &source[a], rules.taste_cap + FIRST_K_SPARE, err));
    }
    PAL_TRY(pal_pick_merge(&pick, source, r.active.n, &rules, fetch, &r, err));
    if (!pal_pick_full(&pick)) { /* short: from here on the quota gives way, then the similarity, then artists */
        rules.taste_cap = want;
        for (size_t a = 0; a < r.active.n; a++) {
            source[a].at = 0;
        }
        PAL_TRY(pal_pick_merge(&pick, source, r.active.n, &rules, fetch, &r, err));
        pal_pick_rest(&pick, stage->index->by_popularity, rest_score, &r);
    }

done:
    return rc;
}

pal_status pal_ranking_reference_score(const pal_ranking *stage, const pal_request *request, const uint32_t *item,
                                       size_t n, float *score, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    reference r;

    PAL_TRY(begin(&r, stage, request, scratch, err));
    for (size_t i = 0; i < n; i++) {
        score[i] = rest_score(&r, item[i]);
    }

done:
    return rc;
}

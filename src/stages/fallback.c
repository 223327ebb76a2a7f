/*
 * R1's fallback: explore at a middle distance. Every unseen song is proposed twice: for the closest active taste and
 * for the closest inactive one (whose centroid is still its cluster's mean direction, where R1 seeds profiles).
 *
 *   score = -|similarity - 0.50| / 0.25 * (1 + 0.7 confidence) + 0.06 [song has a genre in the taste]
 *           - popularity_penalty * popularity / 100
 *
 * 80 % of the slots go to strong tastes, 20 % to weak or inactive ones; at most 40 % to one taste; no artist twice.
 * Each active taste has its list, found by scanning the cluster's own members first: with its bonus a member near the
 * target beats all others, and only when too few do is the rest scanned. All inactive tastes share one list.
 */
#include "stages/active.h"
#include "stages/builtin.h"
#include "stages/fallback_ranks.h"
#include "stages/pick.h"
#include "stages/scan.h"
#include "stages/taste_index.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

enum { FIRST_K_SPARE = 4, CHUNK = 512 /* items scored at a time; a multiple of PAL_SCAN_LANE */ };

typedef struct fallback {
    pal_taste_index *index;
    pal_fallback_ranks *ranks;
    double confidence_gain, max_share, strong_share, strong_confidence;
    float target, width, bonus, popularity_penalty;
} fallback;

static const pal_param params[] = {
    { "target", PAL_PARAM_REAL, "0.5", -1, 1, NULL, "similarity looked for", "R1: 0.50" },
    { "width", PAL_PARAM_REAL, "0.25", 1e-3, 10, NULL, "distance from it that costs 1", "R1: 0.25" },
    { "confidence_gain", PAL_PARAM_REAL, "0.7", 0, 100, NULL, "the distance costs 1 + gain * confidence as much",
      "R1: 0.7" },
    { "genre_bonus", PAL_PARAM_REAL, "0.06", 0, 100, NULL, "for a song with a genre in the taste", "R1: 0.06" },
    { "popularity_penalty", PAL_PARAM_REAL, "0.02", 0, 100, NULL, "off a song of popularity 100",
      "R1 prefers less popular songs and gives no number; ours" },
    { "max_share", PAL_PARAM_REAL, "0.4", 0.01, 1, NULL, "share of the slate for one taste at most", "R1: 40 %" },
    { "strong_share", PAL_PARAM_REAL, "0.8", 0, 1, NULL, "share of the slate for strong tastes", "R1: 80 %" },
    { "strong_confidence", PAL_PARAM_REAL, "0.5", 0, 1, NULL,
      "a taste is strong from this share of the highest confidence on", "R1 gives no number; ours" },
    { 0 }
};

static void fallback_free(void *self)
{
    fallback *stage = self;

    if (stage != NULL) {
        pal_taste_index_free(stage->index);
        pal_fallback_ranks_free(stage->ranks);
        pal_free(stage);
    }
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    fallback *stage = NULL;

    (void)object;
    PAL_NEW(stage, 1);
    stage->target = (float)pal_values_real(values, "target");
    stage->width = (float)pal_values_real(values, "width");
    stage->confidence_gain = pal_values_real(values, "confidence_gain");
    stage->bonus = (float)pal_values_real(values, "genre_bonus");
    stage->popularity_penalty = (float)(pal_values_real(values, "popularity_penalty") / 100);
    stage->max_share = pal_values_real(values, "max_share");
    stage->strong_share = pal_values_real(values, "strong_share");
    stage->strong_confidence = pal_values_real(values, "strong_confidence");
    PAL_TRY(pal_taste_index_new(&stage->index, env->catalog, err));
    PAL_TRY(pal_fallback_ranks_new(&stage->ranks, stage->index, stage->target, 1 / stage->width, stage->bonus,
                                   stage->popularity_penalty, err));
    *self = stage;
    stage = NULL;

done:
    fallback_free(stage);
    return rc;
}

typedef struct asked {
    const fallback *stage;
    const pal_catalog *catalog;
    const pal_request *request;
    pal_active active;
    float slope[PAL_MAX_CLUSTERS]; /* by place: (1 + gain * confidence) / width */
    pal_arena *scratch;
} asked;

static pal_status begin(asked *a, const fallback *stage, const pal_request *request, pal_arena *scratch,
                        pal_error *err)
{
    pal_status rc = PAL_OK;

    a->stage = stage;
    a->catalog = stage->index->catalog;
    a->request = request;
    a->scratch = scratch;
    PAL_TRY(pal_active_of(&a->active, request, a->catalog->stride, scratch, err));
    for (size_t p = 0; p < a->active.n; p++) {
        const double confidence = request->profile.confidence[a->active.taste[p]];

        a->slope[p] = (float)(1 + stage->confidence_gain * confidence) / stage->width;
    }

done:
    return rc;
}

PAL_VECTOR static void score_all(float *restrict x, const float *restrict popularity, float target, float slope,
                                 float bonus, float penalty, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = pal_fallback_formula(x[i], target, slope, bonus, penalty, popularity[i]);
    }
}

static bool is_proposed(const asked *a, size_t place, uint32_t item)
{
    const float *direction = a->catalog->direction + (size_t)item * a->catalog->stride;

    return !pal_seen(a->request->seen, item)
           && pal_active_is_closest(&a->active, direction, place,
                                    pal_scan_dot(direction, pal_active_centroid(&a->active, place), a->catalog->d));
}

/* Offer the taste's own members, in chunks. */
static void scan_members(const asked *a, pal_topk *top, size_t place)
{
    _Alignas(64) float score[CHUNK];
    const pal_taste_index *index = a->stage->index;
    const uint8_t taste = a->active.taste[place];
    const size_t end = index->begin[taste] + index->n[taste];

    for (size_t at = index->begin[taste]; at < end; at += CHUNK) {
        const size_t left = index->begin[taste + 1] - at, n = left < CHUNK ? left : CHUNK;

        pal_scan_dots(score, index->direction_t + at, index->row, pal_active_centroid(&a->active, place), n,
                      a->catalog->d);
        score_all(score, index->popularity + at, a->stage->target, a->slope[place], a->stage->bonus,
                  a->stage->popularity_penalty, n);
        for (size_t i = 0; i < n && at + i < end; i++) {
            if (score[i] >= pal_topk_bar(top) && is_proposed(a, place, index->member[at + i])) {
                pal_topk_offer(top, (pal_candidate){ score[i], index->member[at + i], taste });
            }
        }
    }
}

/* Offer everything else. */
static void scan_others(const asked *a, pal_topk *top, size_t place)
{
    _Alignas(64) float score[CHUNK];
    const pal_catalog *c = a->catalog;
    const uint8_t taste = a->active.taste[place];

    for (size_t at = 0; at < c->n_items; at += CHUNK) {
        const size_t left = c->n_pad - at, n = left < CHUNK ? left : CHUNK;

        pal_scan_dots(score, c->direction_t + at, c->n_pad, pal_active_centroid(&a->active, place), n, c->d);
        score_all(score, c->popularity + at, a->stage->target, a->slope[place], 0, a->stage->popularity_penalty, n);
        for (size_t i = 0; i < n && at + i < c->n_items; i++) {
            const uint32_t item = (uint32_t)(at + i);

            if (score[i] >= pal_topk_bar(top) && !((c->cluster_mask[item] >> taste) & 1)
                && is_proposed(a, place, item)) {
                pal_topk_offer(top, (pal_candidate){ score[i], item, taste });
            }
        }
    }
}

static pal_status fetch_inactive(asked *a, pal_source *source, size_t k, pal_error *err)
{
    return pal_fallback_ranks_best(source, a->stage->ranks, a->request->seen, a->active.mask, k, a->scratch, err);
}

static pal_status fetch(void *ctx, pal_source *source, size_t k, pal_error *err)
{
    asked *a = ctx;
    pal_status rc = PAL_OK;
    pal_topk top = { .k = k < a->catalog->n_items ? k : a->catalog->n_items };
    size_t place;

    if (source->taste == PAL_NO_TASTE) {
        return fetch_inactive(a, source, k, err);
    }
    place = a->active.place[source->taste];
    PAL_TAKE(top.heap, top.k, a->scratch);
    scan_members(a, &top, place);
    if (pal_topk_bar(&top) <= 0) { /* without the bonus no score is above 0 */
        scan_others(a, &top, place);
    }
    pal_candidates_sort(top.heap, top.n);
    source->candidate = top.heap;
    source->n = top.n;
    source->k = k;
    source->complete = top.n < top.k || top.k == a->catalog->n_items;

done:
    return rc;
}

/* Sources: the strong tastes first, then the weak ones, then the inactive ones together. Returns how many are strong. */
static size_t list_sources(pal_source *source, size_t *n, const asked *a)
{
    const pal_profile_view *profile = &a->request->profile;
    double highest = 0;
    size_t n_strong = 0;

    *n = 0;
    for (size_t p = 0; p < a->active.n; p++) {
        const double confidence = profile->confidence[a->active.taste[p]];

        highest = confidence > highest ? confidence : highest;
    }
    for (int strong = 1; strong >= 0; strong--) {
        for (size_t p = 0; p < a->active.n; p++) {
            const uint8_t taste = a->active.taste[p];

            if ((profile->confidence[taste] >= a->stage->strong_confidence * highest) == (strong == 1)) {
                source[(*n)++] = (pal_source){ .taste = taste };
            }
        }
        n_strong = strong == 1 ? *n : n_strong;
    }
    source[(*n)++] = (pal_source){ .taste = PAL_NO_TASTE };
    return n_strong;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const fallback *stage = self;
    pal_pick pick = pal_pick_begin(stage->index->catalog, request, slate, PAL_AT_FALLBACK);
    const size_t want = pick.end - pick.begin, cap = pal_quota(stage->max_share, want);
    const size_t for_strong = (size_t)floor(stage->strong_share * (double)want + 0.5);
    pal_pick_rules rules = { .end = pick.begin + for_strong, .taste_cap = cap };
    pal_source source[PAL_MAX_CLUSTERS + 1];
    pal_status rc = PAL_OK;
    size_t n, n_strong;
    asked a;

    PAL_TRY(begin(&a, stage, request, scratch, err));
    n_strong = list_sources(source, &n, &a);
    for (size_t s = 0; s < n; s++) {
        PAL_TRY(fetch(&a, &source[s], cap + FIRST_K_SPARE, err));
    }
    PAL_TRY(pal_pick_merge(&pick, source, n_strong, &rules, fetch, &a, err));
    rules.end = slate->n + (want - for_strong);
    PAL_TRY(pal_pick_merge(&pick, source + n_strong, n - n_strong, &rules, fetch, &a, err));
    rules.end = pick.end; /* short of one kind: the best of all kinds, then without quota, then artists again */
    PAL_TRY(pal_pick_merge(&pick, source, n, &rules, fetch, &a, err));
    for (int soft = 0; soft < 2 && !pal_pick_full(&pick); soft++) {
        rules.taste_cap = want;
        rules.repeat_artists = soft == 1;
        for (size_t s = 0; s < n; s++) {
            source[s].at = 0;
        }
        PAL_TRY(pal_pick_merge(&pick, source, n, &rules, fetch, &a, err));
    }

done:
    return rc;
}

/* The better of an item's two proposals. */
static float best_proposal(const asked *a, uint32_t item)
{
    const fallback *stage = a->stage;
    const pal_catalog *c = a->catalog;
    const float *direction = c->direction + (size_t)item * c->stride;
    float best = -FLT_MAX, similarity;
    uint8_t closest;

    if (a->active.n > 0) {
        const size_t place = pal_active_closest(&similarity, &a->active, direction);
        const bool inside = (c->cluster_mask[item] >> a->active.taste[place]) & 1;

        best = pal_fallback_formula(similarity, stage->target, a->slope[place], inside ? stage->bonus : 0,
                                    stage->popularity_penalty, c->popularity[item]);
    }
    closest = pal_fallback_ranks_closest(stage->ranks, item, a->active.mask);
    if (closest != PAL_NO_TASTE) {
        const float inactive = pal_fallback_ranks_score(stage->ranks, item, closest);

        best = inactive > best ? inactive : best;
    }
    return best;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    asked a;

    PAL_TRY(begin(&a, self, request, scratch, err));
    for (size_t i = 0; i < n; i++) {
        out[i] = best_proposal(&a, item[i]);
    }
    memset(at, PAL_AT_FALLBACK, n);

done:
    return rc;
}

static uint64_t digest(const void *self)
{
    (void)self;
    return pal_hash_text("fallback"); /* all it knows stands in the profiles */
}

const pal_stage_type pal_stage_fallback = {
    .name = "fallback", .label = "Fallback",
    .summary = "explores at a middle distance of active and inactive tastes",
    .source = "R1 fallback, with its stated 80/20 split", .flags = 0, .params = params,
    .init = init, .serve = serve, .score = score, .digest = digest, .free = fallback_free,
};

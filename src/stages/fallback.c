/*
 * R1's fallback: explore at a middle distance. Every unseen song is proposed twice: for the closest active taste and
 * for the closest inactive one (whose centroid is still its cluster's mean direction, where R1 seeds profiles).
 *
 *   score = -|similarity - 0.50| / 0.25 * (1 + 0.7 confidence) + 0.06 [song has a genre in the taste]
 *           - popularity_penalty * popularity / 100
 *
 * 80 % of the slots go to strong tastes, 20 % to weak or inactive ones; at most 40 % to one taste; no artist twice.
 * Each active taste has its list. It begins with the cluster's own members above 0, which no other song reaches
 * without the bonus; the rest of the catalog is scanned only when a slate needs more. All inactive tastes share a list.
 */
#include "stages/active.h"
#include "stages/builtin.h"
#include "stages/fallback_ranks.h"
#include "stages/pick.h"
#include "stages/scan.h"
#include "stages/stage_state.h"
#include "stages/taste_index.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

enum {
    SPARE = 4,  /* candidates beyond a taste's quota, for artists met twice   */
    GUESS = 4   /* songs looked at for one whose closest taste it is, at first */
};

#define ABOVE_0 FLT_MIN /* 0 itself is reached without the bonus */

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
    float *score;                  /* room for the scores of the catalog         */
    uint32_t *group;
    pal_arena *scratch;
} asked;

/* A cluster's padded members can be a little more than the catalog's padded items: all of them, in one cluster. */
static size_t longest_stretch(const pal_taste_index *index)
{
    return index->catalog->n_pad + PAL_SCAN_LANE;
}

static pal_status begin(asked *a, const fallback *stage, const pal_request *request, pal_arena *scratch,
                        pal_error *err)
{
    pal_status rc = PAL_OK;

    a->stage = stage;
    a->catalog = stage->index->catalog;
    a->request = request;
    a->scratch = scratch;
    PAL_TAKE(a->score, longest_stretch(stage->index), scratch);
    PAL_TAKE(a->group, longest_stretch(stage->index) / PAL_SCAN_GROUP + 1, scratch);
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

/* A stretch of scored items: those with indices item[i], or first + i where item is NULL. */
typedef struct stretch {
    const float *score;
    const uint32_t *item;
    size_t n, n_pad;
    uint64_t not_in; /* clusters whose members are passed over */
} stretch;

/* Offer what reaches the bar and has the taste as its closest. */
static void offer(const asked *a, pal_topk *top, size_t place, const stretch *s, float bar)
{
    const size_t n_groups = pal_scan_hits(a->group, s->score, s->n_pad, bar);

    for (size_t g = 0; g < n_groups; g++) {
        const size_t end = a->group[g] + PAL_SCAN_GROUP < s->n ? a->group[g] + PAL_SCAN_GROUP : s->n;

        for (size_t i = a->group[g]; i < end; i++) {
            const uint32_t item = s->item != NULL ? s->item[i] : (uint32_t)i;

            if (s->score[i] >= bar && s->score[i] >= pal_topk_bar(top)
                && !(a->catalog->cluster_mask[item] & s->not_in) && is_proposed(a, place, item)) {
                pal_topk_offer(top, (pal_candidate){ s->score[i], item, a->active.taste[place] });
            }
        }
    }
}

/* Score the taste's own members, or all items as if they were none, into the room for it. */
static stretch score_members(const asked *a, size_t place)
{
    const pal_taste_index *index = a->stage->index;
    const uint8_t taste = a->active.taste[place];
    const size_t at = index->begin[taste], n_pad = index->begin[taste + 1] - at;

    pal_scan_dots(a->score, index->direction_t + at, index->row, pal_active_centroid(&a->active, place), n_pad,
                  a->catalog->d);
    score_all(a->score, index->popularity + at, a->stage->target, a->slope[place], a->stage->bonus,
              a->stage->popularity_penalty, n_pad);
    return (stretch){ .score = a->score, .item = index->member + at, .n = index->n[taste], .n_pad = n_pad };
}

static stretch score_others(const asked *a, size_t place)
{
    const pal_catalog *c = a->catalog;

    pal_scan_dots(a->score, c->direction_t, c->n_pad, pal_active_centroid(&a->active, place), c->n_pad, c->d);
    score_all(a->score, c->popularity, a->stage->target, a->slope[place], 0, a->stage->popularity_penalty, c->n_pad);
    return (stretch){ .score = a->score, .n = c->n_items, .n_pad = c->n_pad,
                      .not_in = UINT64_C(1) << a->active.taste[place] };
}

/* The first fetch: the best k members above 0. */
static void find_members(const asked *a, pal_topk *top, size_t place)
{
    const stretch s = score_members(a, place);
    const float guess = pal_scan_guess(s.score, s.n_pad, GUESS * top->k);

    offer(a, top, place, &s, guess > ABOVE_0 ? guess : ABOVE_0);
    if (top->n < top->k && guess > ABOVE_0) { /* seen, or closer to another taste: look at all above 0 */
        top->n = 0;
        offer(a, top, place, &s, ABOVE_0);
    }
}

/* Later fetches: the best k of the whole catalog. */
static void find_all(const asked *a, pal_topk *top, size_t place)
{
    float bar = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        stretch s = score_members(a, place);

        top->n = 0;
        offer(a, top, place, &s, -FLT_MAX);
        s = score_others(a, place);
        bar = attempt == 0 ? pal_scan_guess(s.score, s.n_pad, GUESS * top->k) : -FLT_MAX;
        offer(a, top, place, &s, bar);
        if (bar == -FLT_MAX || pal_topk_bar(top) >= bar) {
            break; /* nothing under the guess can be among the k best */
        }
    }
}

static pal_status fetch(void *ctx, pal_source *source, size_t k, pal_error *err)
{
    asked *a = ctx;
    const bool first = source->k == 0;
    pal_status rc = PAL_OK;
    pal_topk top = { .k = k < a->catalog->n_items ? k : a->catalog->n_items };
    size_t place;

    if (source->taste == PAL_NO_TASTE) {
        return pal_fallback_ranks_best(source, a->stage->ranks, a->request->seen, a->active.mask, k, a->scratch,
                                       err);
    }
    place = a->active.place[source->taste];
    PAL_TAKE(top.heap, top.k, a->scratch);
    if (first) {
        find_members(a, &top, place);
    } else {
        find_all(a, &top, place);
    }
    pal_candidates_sort(top.heap, top.n);
    source->candidate = top.heap;
    source->n = top.n;
    source->k = top.k;
    source->complete = !first && (top.n < top.k || top.k == a->catalog->n_items);
    source->floor = top.n == top.k ? top.heap[top.n - 1].score : ABOVE_0;

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
        PAL_TRY(fetch(&a, &source[s], cap + SPARE, err));
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
    .save = pal_nothing_save, .restore = pal_nothing_restore,
};

/*
 * R1's ranking: score = best similarity over active tastes * (1 + ln(1 + confidence)) - 0.30 * similarity to all that
 * was disliked; best similarity >= 0.40, no artist twice, at most 60 % of the slate from one taste.
 *
 * Each taste a has its own list: the items it is the closest active taste of. For those the score is one dot product,
 * x . (gain_a centroid_a - 0.30 disliked), so a ball of like items has one tight bound for each list. All lists are
 * filled in one pass over the balls, the most promising first; a ball is never touched when its bounds are under the
 * lists' k-th scores, or under the score below which a slate filled by the lists so far would not reach.
 */
#include "stages/ranking.h"

#include "core/pmath.h"
#include "core/vector.h"
#include "stages/active.h"
#include "stages/builtin.h"
#include "stages/pick.h"
#include "stages/scan.h"

#include <string.h>

_Static_assert(PAL_BALL_ITEMS == PAL_SCAN_PAIR, "a ball is scanned at once");

enum {
    SPARE = 6,        /* candidates beyond what quotas need, for artists met twice: the rest is for speed only */
    BEST_BALLS = 4,   /* a taste's balls visited before the others */
    REACH_EVERY = 128 /* balls after which the reach is found anew */
};

typedef struct reference {
    const pal_ranking *stage;
    const pal_catalog *catalog;
    const uint64_t *seen;
    pal_active active;
    float gain[PAL_MAX_CLUSTERS]; /* by place: 1 + ln(1 + confidence) */
    float dislike_weight, min_similarity;
    float *bound;        /* active x balls: no item of the ball has a higher score for the taste */
    uint8_t *visited;    /* balls */
    pal_arena *scratch;
    /* one pass: by place */
    pal_topk top[PAL_MAX_CLUSTERS];
    float bar[PAL_MAX_CLUSTERS]; /* the list's k-th score; infinite for lists not asked for */
    float floor;                 /* no list is known below */
} reference;

static float formula(float similarity, float gain, float weight, float disliked)
{
    return similarity * gain - weight * disliked;
}

/* x: cosines of ball centers with a direction of length `length`; becomes the greatest dot product in each ball. */
PAL_VECTOR static void highs(float *restrict x, const float *restrict r, float length, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = pal_scan_cos_high(x[i], r[i]) * length + 4 * PAL_SCAN_SLACK;
    }
}

static pal_status begin(reference *r, const pal_ranking *stage, const pal_request *request, pal_arena *scratch,
                        pal_error *err)
{
    pal_status rc = PAL_OK;

    r->stage = stage;
    r->catalog = stage->index->catalog;
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

static void find_bound(float *bound, const reference *r, size_t place)
{
    const pal_balls *balls = r->stage->balls;
    const float *centroid = pal_active_centroid(&r->active, place);
    float query[PAL_MAX_FEATURES], length = 0;

    for (size_t f = 0; f < r->catalog->d; f++) {
        query[f] = r->gain[place] * centroid[f] - r->dislike_weight * r->active.disliked[f];
        length += query[f] * query[f];
    }
    length = sqrtf(length);
    for (size_t f = 0; f < r->catalog->d; f++) {
        query[f] = length > 0 ? query[f] / length : 0;
    }
    pal_scan_dots(bound, balls->center_t, balls->n_pad, query, balls->n_pad, r->catalog->d);
    highs(bound, balls->cos, length, balls->n_pad);
}

static pal_status find_bounds(reference *r, pal_error *err)
{
    const pal_balls *balls = r->stage->balls;
    pal_status rc = PAL_OK;

    PAL_TAKE(r->bound, r->active.n * balls->n_pad, r->scratch);
    PAL_TAKE(r->visited, balls->n_pad, r->scratch);
    for (size_t a = 0; a < r->active.n; a++) {
        find_bound(r->bound + a * balls->n_pad, r, a);
    }

done:
    return rc;
}

/* As pal_active_is_closest, from the ball's own columns: those are in the cache. */
static bool is_closest(const reference *r, const float *column, size_t place, float similarity)
{
    for (size_t a = 0; a < r->active.n; a++) {
        const float *centroid = pal_active_centroid(&r->active, a);
        float other = 0;

        if (a == place) {
            continue;
        }
        for (size_t f = 0; f < r->catalog->d; f++) {
            other += column[f * PAL_BALL_ITEMS] * centroid[f];
        }
        if (other > similarity || (other == similarity && a < place)) {
            return false;
        }
    }
    return true;
}

/* Offer the items of a ball to the list of one taste. Few pass the bar, so only those are asked for their closest. */
static void offer_ball(reference *r, size_t ball, size_t place)
{
    _Alignas(64) float score[PAL_BALL_ITEMS], similarity[PAL_BALL_ITEMS];
    const pal_balls *balls = r->stage->balls;
    const uint32_t *item = balls->item + ball * PAL_BALL_ITEMS;
    const float *column = balls->direction_t + ball * r->catalog->d * PAL_BALL_ITEMS;
    const size_t size = pal_ball_size(balls, ball);
    const pal_scan_query query = { .a = pal_active_centroid(&r->active, place), .b = r->active.disliked,
                                   .gain = r->gain[place], .weight = r->dislike_weight };
    pal_topk *top = &r->top[place];

    if (!pal_scan_pair(score, similarity, column, PAL_BALL_ITEMS, &query, r->bar[place], r->catalog->d)) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        if (score[i] >= r->bar[place] && similarity[i] >= r->min_similarity && !pal_seen(r->seen, item[i])
            && is_closest(r, column + i, place, similarity[i])) {
            pal_topk_offer(top, (pal_candidate){ score[i], item[i], r->active.taste[place] });
            r->bar[place] = pal_topk_bar(top);
        }
    }
}

/* Offer a ball to all lists it may get into. */
static void visit(reference *r, size_t ball)
{
    r->visited[ball] = 1;
    for (size_t a = 0; a < r->active.n; a++) {
        const float bound = r->bound[a * r->stage->balls->n_pad + ball];

        if (bound >= r->bar[a] && bound >= r->floor) {
            offer_ball(r, ball, a);
        }
    }
}

/* The taste's most promising balls set its bar for all others. */
static void visit_best(reference *r, size_t place)
{
    const float *bound = r->bound + place * r->stage->balls->n_pad;
    size_t best[BEST_BALLS], n = 0; /* by falling bound */

    for (size_t b = 0; b < r->stage->balls->n; b++) {
        size_t at;

        if (n == BEST_BALLS && !(bound[b] > bound[best[n - 1]])) {
            continue;
        }
        for (at = n < BEST_BALLS ? n++ : n - 1; at > 0 && bound[b] > bound[best[at - 1]]; at--) {
            best[at] = best[at - 1];
        }
        best[at] = b;
    }
    for (size_t i = 0; i < n; i++) {
        if (!r->visited[best[i]]) {
            visit(r, best[i]);
        }
    }
}

/*
 * The score of the n-th of the candidates known so far, a taste counting with its `cap` best only: a slate of n slots
 * needs nothing below, unless artists collide.
 */
static float reach(const reference *r, size_t n, size_t cap)
{
    float best[2 * PAL_MAX_SLOTS]; /* n at most, falling */
    size_t n_best = 0;

    for (size_t a = 0; a < r->active.n; a++) {
        const pal_topk *top = &r->top[a];

        if (top->n > 0) {
            pal_candidates_sort(top->heap, top->n); /* a sorted list is a heap; its root must be the worst */
        }
        for (size_t i = 0; i < top->n && i < cap; i++) {
            size_t at = n_best < n ? n_best++ : n;

            if (at == n && !(top->heap[i].score > best[--at])) {
                continue;
            }
            for (; at > 0 && top->heap[i].score > best[at - 1]; at--) {
                best[at] = best[at - 1];
            }
            best[at] = top->heap[i].score;
        }
        for (size_t i = 0; i < top->n / 2; i++) {
            const pal_candidate swap = top->heap[i];

            top->heap[i] = top->heap[top->n - 1 - i];
            top->heap[top->n - 1 - i] = swap;
        }
    }
    return n_best == n ? best[n - 1] : -FLT_MAX;
}

static void visit_others(reference *r, size_t want, size_t cap)
{
    const pal_balls *balls = r->stage->balls;

    for (size_t b = 0; b < balls->n; b++) {
        bool promising = false;

        if (want > 0 && b % REACH_EVERY == 0) {
            r->floor = reach(r, want, cap);
        }
        for (size_t a = 0; a < r->active.n; a++) {
            const float bound = r->bound[a * balls->n_pad + b];

            promising |= bound >= r->bar[a] && bound >= r->floor;
        }
        if (promising && !r->visited[b]) {
            visit(r, b);
        }
    }
}

/* Fill the lists of the places in the mask with their k best, down to the reach of a slate of `want` slots with at
 * most `cap` for a taste (0: no such limit). */
static pal_status scan(reference *r, uint64_t places, size_t k, size_t want, size_t cap, pal_error *err)
{
    pal_status rc = PAL_OK;

    memset(r->visited, 0, r->stage->balls->n_pad);
    r->floor = -FLT_MAX;
    for (size_t a = 0; a < r->active.n; a++) {
        const bool asked = (places >> a) & 1;

        r->top[a] = (pal_topk){ .k = asked ? k : 0 };
        r->bar[a] = asked ? -FLT_MAX : INFINITY;
        PAL_TAKE(r->top[a].heap, r->top[a].k, r->scratch);
    }
    for (size_t a = 0; a < r->active.n; a++) {
        if ((places >> a) & 1) {
            visit_best(r, a);
        }
    }
    visit_others(r, want, cap);

done:
    return rc;
}

/* Below the floor some candidates may be known and some not: cut there. */
static void take_list(pal_source *source, reference *r, size_t k)
{
    pal_topk *top = &r->top[r->active.place[source->taste]];
    const bool full = top->n == top->k;

    pal_candidates_sort(top->heap, top->n);
    source->floor = full && top->heap[top->n - 1].score > r->floor ? top->heap[top->n - 1].score : r->floor;
    while (top->n > 0 && top->heap[top->n - 1].score < r->floor) {
        top->n--;
    }
    source->candidate = top->heap;
    source->n = top->n;
    source->k = k;
    source->complete = r->floor == -FLT_MAX && (!full || k == r->catalog->n_items);
}

static pal_status fetch(void *ctx, pal_source *source, size_t k, pal_error *err)
{
    reference *r = ctx;
    pal_status rc = PAL_OK;

    k = k < r->catalog->n_items ? k : r->catalog->n_items;
    PAL_TRY(scan(r, UINT64_C(1) << r->active.place[source->taste], k, 0, 0, err));
    take_list(source, r, k);

done:
    return rc;
}

static pal_status fetch_all(pal_source *source, reference *r, size_t want, size_t cap, pal_error *err)
{
    const size_t n_items = r->catalog->n_items, k = cap + SPARE < n_items ? cap + SPARE : n_items;
    pal_status rc = PAL_OK;

    if (r->active.n == 0) {
        return PAL_OK;
    }
    PAL_TRY(find_bounds(r, err));
    PAL_TRY(scan(r, UINT64_MAX, k, want + SPARE, cap, err));
    for (size_t a = 0; a < r->active.n; a++) {
        source[a].taste = r->active.taste[a];
        take_list(&source[a], r, k);
    }

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
    PAL_TRY(fetch_all(source, &r, want, rules.taste_cap, err));
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

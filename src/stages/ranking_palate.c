/*
 * Our ranking. A taste's worth is its like rate, shrunk to the person's own and raised by what is not known yet:
 *
 *   rate_t  = (liked_t + prior_weight * own) / (shown_t + prior_weight),   own likewise shrunk to base_rate
 *   bound_t = rate_t + optimism * sqrt(rate_t (1 - rate_t) / (shown_t + prior_weight + 1))
 *   share_t ~ exp((bound_t - max bound) / (temperature * max bound))
 *
 * Inside a taste (an item needs a genre in it) the score is linear in the item's direction x:
 *
 *   inside = x . (trust (centroid - contrast * cluster mean) - dislike_pull * disliked) + the crowd's appeal (crowd.h)
 *   score  = ln(rate_t) + similarity_gain * inside,        trust = liked_t / (liked_t + trust)
 *
 * On this log scale a logistic curve turns scores into probabilities that also hold for songs far from those shown (log loss on
 * the probe of 400 people x 50 rounds: 0.166, against 0.222 with rate_t * (1 + gain * inside)); the gain orders
 * songs of different tastes, the order inside a taste does not depend on it.
 *
 * Each slot draws a taste by its share (among those below their quota that still have a song by an artist not on the
 * slate), then shows that taste's best song, or, with probability `explore`, one of its `window` best. So tastes are
 * never merged, and every slot's propensity is known exactly: several tastes may propose the same item, and their
 * probabilities add up. Only tastes that were drawn, or that hold a drawn song, are ever scanned.
 */
#include "stages/ranking.h"

#include "core/pmath.h"
#include "core/vector.h"
#include "stages/active.h"
#include "stages/builtin.h"
#include "stages/draws.h"
#include "stages/pick.h"
#include "stages/scan.h"

#include <math.h>

typedef struct taste_list {
    bool made, complete;      /* complete: all that may be taken stand in it                       */
    size_t n, k;              /* candidates that may still be taken: at least `window` or complete */
    pal_candidate *candidate; /* sorted by the score inside the taste                              */
} taste_list;

typedef struct palate {
    const pal_ranking *stage;
    const pal_request *request;
    const pal_catalog *catalog;
    pal_active active;
    size_t n_tastes, window;
    double rate[PAL_MAX_CLUSTERS], weight[PAL_MAX_CLUSTERS];
    float *inside;            /* room for the scores of the largest cluster */
    uint32_t *group;
    pal_arena *scratch;
    taste_list list[PAL_MAX_CLUSTERS];
} palate;

static void rate_tastes(palate *p)
{
    const pal_ranking_config *c = &p->stage->config;
    const pal_profile_view *profile = &p->request->profile;
    const double own = ((double)*profile->n_liked + c->base_rate * c->base_weight)
                       / ((double)*profile->n_shown + c->base_weight);
    double bound[PAL_MAX_CLUSTERS], best = 0;

    for (size_t t = 0; t < profile->n_tastes; t++) {
        const double shown = (double)profile->shown[t] + c->prior_weight;
        const double rate = ((double)profile->liked[t] + c->prior_weight * own) / shown;

        p->rate[t] = rate;
        bound[t] = p->stage->index->n[t] == 0 ? -1 : rate + c->optimism * sqrt(rate * (1 - rate) / (shown + 1));
        best = bound[t] > best ? bound[t] : best;
    }
    for (size_t t = 0; t < profile->n_tastes; t++) {
        p->weight[t] = bound[t] < 0 ? 0 : pal_exp((bound[t] - best) / (c->temperature * best));
    }
}

/* The direction whose dot product with an item's is the score inside taste t, but for the appeal. */
static void query_of(float *query, const palate *p, size_t t)
{
    const pal_ranking_config *c = &p->stage->config;
    const double liked = (double)p->request->profile.liked[t];
    const float trust = (float)(liked > 0 ? liked / (liked + c->trust) : 0);
    const float contrast = (float)c->contrast, pull = (float)c->dislike_pull;
    const double *centroid = p->request->profile.centroid + t * p->catalog->d;
    const float *center = p->stage->index->center + t * p->catalog->stride;

    for (size_t f = 0; f < p->catalog->d; f++) {
        query[f] = trust * ((float)centroid[f] - contrast * center[f]) - pull * p->active.disliked[f];
    }
}

static pal_status begin(palate *p, const pal_ranking *stage, const pal_request *request, pal_arena *scratch,
                        pal_error *err)
{
    const pal_taste_index *index = stage->index;
    size_t longest = 0;
    pal_status rc = PAL_OK;

    p->stage = stage;
    p->request = request;
    p->catalog = index->catalog;
    p->n_tastes = index->n_tastes;
    p->window = stage->config.window;
    p->scratch = scratch;
    for (size_t t = 0; t < p->n_tastes; t++) {
        const size_t n = index->begin[t + 1] - index->begin[t];

        p->list[t] = (taste_list){ .made = false };
        longest = n > longest ? n : longest;
    }
    PAL_TAKE(p->inside, longest, scratch);
    PAL_TAKE(p->group, longest / PAL_SCAN_GROUP + 1, scratch);
    PAL_TRY(pal_active_of(&p->active, request, p->catalog->stride, scratch, err));
    rate_tastes(p);

done:
    return rc;
}

PAL_VECTOR static void add(float *restrict x, const float *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] += y[i];
    }
}

static bool is_open(const pal_pick *pick, uint32_t item)
{
    return pal_pick_is_new(pick, item) && pal_pick_artist_free(pick, item);
}

/* Offer the open members of taste t whose score inside it reaches the bar. */
static void offer_members(const palate *p, const pal_pick *pick, pal_topk *top, size_t t, float bar)
{
    const pal_taste_index *index = p->stage->index;
    const uint32_t *member = index->member + index->begin[t];
    const size_t n_pad = index->begin[t + 1] - index->begin[t];
    const size_t n_groups = pal_scan_hits(p->group, p->inside, n_pad, bar);

    for (size_t g = 0; g < n_groups; g++) {
        const size_t end = p->group[g] + PAL_SCAN_GROUP < index->n[t] ? p->group[g] + PAL_SCAN_GROUP : index->n[t];

        for (size_t i = p->group[g]; i < end; i++) {
            if (p->inside[i] >= bar && p->inside[i] >= pal_topk_bar(top) && is_open(pick, member[i])) {
                pal_topk_offer(top, (pal_candidate){ p->inside[i], member[i], (uint8_t)t });
            }
        }
    }
}

/* Seen members would be the best of all, as a rule: out of the way, so that the guess is about the others. */
static void bury_seen(const palate *p, size_t t)
{
    const pal_taste_index *index = p->stage->index;
    const uint32_t *member = index->member + index->begin[t];
    const size_t n_pad = index->begin[t + 1] - index->begin[t];

    for (size_t i = 0; i < n_pad; i++) {
        if (i >= index->n[t] || pal_seen(p->request->seen, member[i])) {
            p->inside[i] = -FLT_MAX;
        }
    }
}

/* The list of taste t: its best k open members, or all of them. */
static pal_status make_list(palate *p, const pal_pick *pick, size_t t, size_t k, pal_error *err)
{
    const pal_taste_index *index = p->stage->index;
    const size_t at = index->begin[t], n = index->n[t], n_pad = index->begin[t + 1] - at;
    float query[PAL_MAX_FEATURES], bar;
    pal_topk top = { .k = k < n ? k : n };
    pal_status rc = PAL_OK;

    PAL_TAKE(top.heap, top.k, p->scratch);
    query_of(query, p, t);
    pal_scan_dots(p->inside, index->direction_t + at, index->row, query, n_pad, p->catalog->d);
    add(p->inside, p->stage->appeal + at, n_pad);
    bury_seen(p, t);
    bar = pal_scan_guess(p->inside, n_pad, top.k);
    offer_members(p, pick, &top, t, bar);
    if (top.n < top.k && bar > -FLT_MAX) { /* some of those are by artists on the slate: look at all */
        top.n = 0;
        offer_members(p, pick, &top, t, -FLT_MAX);
    }
    pal_candidates_sort(top.heap, top.n);
    p->list[t] = (taste_list){ .made = true, .complete = top.n < top.k || top.k == n, .n = top.n, .k = top.k,
                               .candidate = top.heap };

done:
    return rc;
}

/* See to it that the window of taste t is all there. */
static pal_status ensure_list(palate *p, const pal_pick *pick, size_t t, pal_error *err)
{
    taste_list *list = &p->list[t];
    pal_status rc = PAL_OK;

    while (!list->made || (list->n < p->window && !list->complete)) {
        PAL_TRY(make_list(p, pick, t, list->made ? 4 * list->k : p->window + pick->end - pick->begin, err));
    }

done:
    return rc;
}

/* Has taste t a song for the next slot? What is not listed yet is found within a few members, as a rule. */
static pal_status is_taste_open(bool *open, palate *p, const pal_pick *pick, size_t t, pal_error *err)
{
    const pal_taste_index *index = p->stage->index;
    pal_status rc = PAL_OK;

    *open = false;
    if (p->weight[t] <= 0) {
        return PAL_OK;
    }
    if (p->list[t].made) {
        PAL_TRY(ensure_list(p, pick, t, err));
        *open = p->list[t].n > 0;
        return PAL_OK;
    }
    for (size_t i = index->begin[t]; i < index->begin[t] + index->n[t] && !*open; i++) {
        *open = is_open(pick, index->member[i]);
    }
    if (!*open) { /* and never will be in this slate */
        p->list[t] = (taste_list){ .made = true, .complete = true };
    }

done:
    return rc;
}

/* Take an item and its artist's others off all lists, in place and in order. */
static void strike(palate *p, uint32_t item)
{
    const uint32_t artist = p->catalog->artist[item];

    for (size_t t = 0; t < p->n_tastes; t++) {
        taste_list *list = &p->list[t];
        size_t kept = 0;

        for (size_t i = 0; i < list->n; i++) {
            if (p->catalog->artist[list->candidate[i].item] != artist) {
                list->candidate[kept++] = list->candidate[i];
            }
        }
        list->n = kept;
    }
}

/* Probabilities of the tastes for the next slot: by weight among those open and below the quota, or, when all open
 * ones are at it, without the quota. *any turns false when none is open. */
static pal_status find_shares(double *share, bool *any, palate *p, const pal_pick *pick, size_t cap, pal_error *err)
{
    bool open[PAL_MAX_CLUSTERS];
    double sum = 0;
    pal_status rc = PAL_OK;

    *any = false;
    for (size_t t = 0; t < p->n_tastes; t++) {
        PAL_TRY(is_taste_open(&open[t], p, pick, t, err));
    }
    for (int lift = 0; lift < 2 && !*any; lift++) {
        for (size_t t = 0; t < p->n_tastes; t++) {
            const bool in = open[t] && (lift == 1 || pick->by_taste[t] < cap);

            share[t] = in ? p->weight[t] : 0;
            sum += share[t];
            *any = *any || in;
        }
    }
    for (size_t t = 0; t < p->n_tastes && *any; t++) {
        share[t] /= sum;
    }

done:
    return rc;
}

static size_t window_of(const palate *p, const taste_list *list)
{
    return list->n < p->window ? list->n : p->window;
}

/* P(this item in the next slot): over the tastes that hold it as their best or inside their window. */
static pal_status find_probability(double *sum, palate *p, const pal_pick *pick, const double *share, uint32_t item,
                                   pal_error *err)
{
    const double explore = p->stage->config.explore;
    pal_status rc = PAL_OK;

    *sum = 0;
    for (size_t t = 0; t < p->n_tastes; t++) {
        if (share[t] > 0 && ((p->catalog->cluster_mask[item] >> t) & 1)) {
            size_t at = 0, window;

            PAL_TRY(ensure_list(p, pick, t, err));
            window = window_of(p, &p->list[t]);
            while (at < window && p->list[t].candidate[at].item != item) {
                at++;
            }
            *sum += at == window ? 0 : share[t] * ((at == 0 ? 1 - explore : 0) + explore / (double)window);
        }
    }

done:
    return rc;
}

/* The taste whose piece of [0, 1) holds u; rounding at the upper end falls to the last one. */
static size_t taste_at(const double *share, size_t n, double u)
{
    size_t last = 0;
    double upto = 0;

    for (size_t t = 0; t < n; t++) {
        if (share[t] > 0) {
            last = t;
            upto += share[t];
            if (u < upto) {
                break;
            }
        }
    }
    return last;
}

static float full_score(const palate *p, float rate, float inside)
{
    return pal_logf(rate) + (float)p->stage->config.similarity_gain * inside;
}

static pal_status fill(palate *p, pal_pick *pick, pal_error *err)
{
    const pal_ranking_config *c = &p->stage->config;
    const size_t cap = pal_quota(c->max_share, pick->end - pick->begin);
    pal_draws draws = pal_draws_for(p->stage->key, p->request->user, p->request->round);
    pal_status rc = PAL_OK;

    while (!pal_pick_full(pick)) {
        double share[PAL_MAX_CLUSTERS], propensity;
        pal_candidate chosen;
        bool any, explores;
        size_t t;

        PAL_TRY(find_shares(share, &any, p, pick, cap, err));
        if (!any) {
            break;
        }
        t = taste_at(share, p->n_tastes, pal_draws_unit(&draws));
        explores = pal_draws_unit(&draws) < c->explore;
        PAL_TRY(ensure_list(p, pick, t, err));
        chosen = p->list[t].candidate[explores ? pal_draws_below(&draws, (uint32_t)window_of(p, &p->list[t])) : 0];
        PAL_TRY(find_probability(&propensity, p, pick, share, chosen.item, err));
        chosen.score = full_score(p, (float)p->rate[t], chosen.score);
        pal_pick_push(pick, chosen, (float)propensity);
        strike(p, chosen.item);
    }

done:
    return rc;
}

/* The best of the item's own tastes. */
static float score_of(const void *ctx, uint32_t item)
{
    const palate *p = ctx;
    const float *direction = p->catalog->direction + (size_t)item * p->catalog->stride;
    float best = -FLT_MAX;

    for (size_t t = 0; t < p->request->profile.n_tastes; t++) {
        if ((p->catalog->cluster_mask[item] >> t) & 1) {
            float query[PAL_MAX_FEATURES], score;

            query_of(query, p, t);
            score = full_score(p, (float)p->rate[t], pal_scan_dot(direction, query, p->catalog->d)
                                                         + p->stage->crowd->appeal[item]);
            best = score > best ? score : best;
        }
    }
    return best;
}

pal_status pal_ranking_palate(const pal_ranking *stage, const pal_request *request, pal_slate *slate,
                              pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_pick pick = pal_pick_begin(stage->index->catalog, request, slate, PAL_AT_RANKING);
    palate *p;

    PAL_TAKE(p, 1, scratch);
    PAL_TRY(begin(p, stage, request, scratch, err));
    PAL_TRY(fill(p, &pick, err));
    if (!pal_pick_full(&pick)) {
        pal_pick_rest(&pick, stage->index->by_popularity, score_of, p);
    }

done:
    return rc;
}

pal_status pal_ranking_palate_score(const pal_ranking *stage, const pal_request *request, const uint32_t *item,
                                    size_t n, float *score, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    palate *p;

    PAL_TAKE(p, 1, scratch);
    PAL_TRY(begin(p, stage, request, scratch, err));
    for (size_t i = 0; i < n; i++) {
        score[i] = score_of(p, item[i]);
    }

done:
    return rc;
}

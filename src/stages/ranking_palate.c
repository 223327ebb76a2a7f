/*
 * Our ranking. A taste's worth is its like rate, shrunk to the person's own and raised by what is not known yet:
 *
 *   rate_t  = (liked_t + prior_weight * own) / (shown_t + prior_weight),   own likewise shrunk to base_rate
 *   bound_t = rate_t + optimism * sqrt(rate_t (1 - rate_t) / (shown_t + prior_weight + 1))
 *   share_t ~ exp((bound_t - max bound) / (temperature * max bound))
 *
 * Inside a taste (an item needs a genre in it) the score is linear in the item's direction x:
 *
 *   inside = x . (trust (centroid - contrast * cluster mean) - dislike_pull * disliked) + popularity_pull * pop / 100
 *   score  = rate_t * (1 + similarity_gain * inside),      trust = liked_t / (liked_t + trust)
 *
 * Each slot draws a taste by its share (below its quota), then shows that taste's best song, or, with probability
 * `explore`, one of its `window` best. So tastes are never merged, and every slot's propensity is known exactly:
 * several tastes may propose the same item, and their probabilities add up.
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

/* Tastes with less than this share of the best one's weight are left out: each would cost a scan. */
static const double LEAST_WEIGHT = 0.002;

typedef struct taste_list {
    double weight;            /* unnormalised share                        */
    float rate;
    uint8_t taste;
    size_t n;                 /* candidates that may still be taken        */
    pal_candidate *candidate; /* sorted by the score inside the taste      */
} taste_list;

typedef struct palate {
    const pal_ranking *stage;
    const pal_request *request;
    const pal_catalog *catalog;
    pal_active active;
    double rate[PAL_MAX_CLUSTERS], weight[PAL_MAX_CLUSTERS];
    size_t n_lists;
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

/* The direction whose dot product with an item's is the score inside taste t, but for popularity. */
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
    pal_status rc = PAL_OK;

    p->stage = stage;
    p->request = request;
    p->catalog = stage->index->catalog;
    p->n_lists = 0;
    PAL_TRY(pal_active_of(&p->active, request, p->catalog->stride, scratch, err));
    rate_tastes(p);

done:
    return rc;
}

static float popularity_pull(const palate *p)
{
    return (float)(p->stage->config.popularity_pull / 100);
}

PAL_VECTOR static void add_popularity(float *restrict inside, const float *restrict popularity, float pull, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        inside[i] += pull * popularity[i];
    }
}

/* The best k unseen members of a taste by the score inside it. */
static pal_status make_list(palate *p, const pal_pick *pick, size_t t, size_t k, float *inside, pal_arena *scratch,
                            pal_error *err)
{
    const pal_taste_index *index = p->stage->index;
    const size_t begin_at = index->begin[t], n_pad = index->begin[t + 1] - begin_at;
    float query[PAL_MAX_FEATURES];
    pal_topk top = { .k = k < index->n[t] ? k : index->n[t] };
    pal_status rc = PAL_OK;

    PAL_TAKE(top.heap, top.k, scratch);
    query_of(query, p, t);
    pal_scan_dots(inside, index->direction_t + begin_at, index->row, query, n_pad, p->catalog->d);
    add_popularity(inside, index->popularity + begin_at, popularity_pull(p), n_pad);
    for (size_t i = 0; i < index->n[t]; i++) {
        const uint32_t item = index->member[begin_at + i];

        if (inside[i] >= pal_topk_bar(&top) && pal_pick_is_new(pick, item) && pal_pick_artist_free(pick, item)) {
            pal_topk_offer(&top, (pal_candidate){ inside[i], item, (uint8_t)t });
        }
    }
    if (top.n > 0) {
        pal_candidates_sort(top.heap, top.n);
        p->list[p->n_lists++] = (taste_list){ .weight = p->weight[t], .rate = (float)p->rate[t],
                                              .taste = (uint8_t)t, .n = top.n, .candidate = top.heap };
    }

done:
    return rc;
}

static pal_status make_lists(palate *p, const pal_pick *pick, double least, pal_arena *scratch, pal_error *err)
{
    const pal_taste_index *index = p->stage->index;
    const size_t k = p->stage->config.window + 2 * (pick->end - pick->begin);
    size_t longest = 0;
    float *inside;
    pal_status rc = PAL_OK;

    for (size_t t = 0; t < index->n_tastes; t++) {
        const size_t n = index->begin[t + 1] - index->begin[t];

        longest = n > longest ? n : longest;
    }
    PAL_TAKE(inside, longest, scratch);
    p->n_lists = 0;
    for (size_t t = 0; t < index->n_tastes; t++) {
        if (p->weight[t] > 0 && p->weight[t] >= least) {
            PAL_TRY(make_list(p, pick, t, k, inside, scratch, err));
        }
    }

done:
    return rc;
}

/* Take an item and its artist's others off all lists, in place and in order. */
static void strike(palate *p, uint32_t item)
{
    const uint32_t artist = p->catalog->artist[item];

    for (size_t l = 0; l < p->n_lists; l++) {
        taste_list *list = &p->list[l];
        size_t kept = 0;

        for (size_t i = 0; i < list->n; i++) {
            if (p->catalog->artist[list->candidate[i].item] != artist) {
                list->candidate[kept++] = list->candidate[i];
            }
        }
        list->n = kept;
    }
}

/* Probabilities of the lists for the next slot: by weight among those with songs left and below the quota, or, when
 * all of those are at it, without the quota. Returns how many lists are left. */
static size_t shares(double *share, const palate *p, const pal_pick *pick, size_t cap)
{
    double sum = 0;
    size_t left = 0;

    for (int lift = 0; lift < 2 && left == 0; lift++) {
        sum = 0;
        for (size_t l = 0; l < p->n_lists; l++) {
            const taste_list *list = &p->list[l];
            const bool open = list->n > 0 && (lift == 1 || pick->by_taste[list->taste] < cap);

            share[l] = open ? list->weight : 0;
            sum += share[l];
            left += open;
        }
    }
    for (size_t l = 0; l < p->n_lists && left > 0; l++) {
        share[l] /= sum;
    }
    return left;
}

static size_t window_of(const palate *p, const taste_list *list)
{
    return list->n < p->stage->config.window ? list->n : p->stage->config.window;
}

/* P(this item in the next slot): over the lists that hold it, as their best or inside their window. */
static double probability(const palate *p, const double *share, uint32_t item)
{
    const double explore = p->stage->config.explore;
    double sum = 0;

    for (size_t l = 0; l < p->n_lists; l++) {
        const taste_list *list = &p->list[l];
        const size_t window = window_of(p, list);

        if (share[l] == 0 || !((p->catalog->cluster_mask[item] >> list->taste) & 1)) {
            continue;
        }
        for (size_t i = 0; i < window; i++) {
            if (list->candidate[i].item == item) {
                sum += share[l] * ((i == 0 ? 1 - explore : 0) + explore / (double)window);
                break;
            }
        }
    }
    return sum;
}

/* The list whose piece of [0, 1) holds u; rounding at the upper end falls to the last open one. */
static size_t list_at(const double *share, size_t n, double u)
{
    size_t last = 0;
    double upto = 0;

    for (size_t l = 0; l < n; l++) {
        if (share[l] > 0) {
            last = l;
            upto += share[l];
            if (u < upto) {
                break;
            }
        }
    }
    return last;
}

static float full_score(const palate *p, float rate, float inside)
{
    return rate * (1 + (float)p->stage->config.similarity_gain * inside);
}

static void fill(palate *p, pal_pick *pick, pal_draws *draws)
{
    const pal_ranking_config *c = &p->stage->config;
    const size_t cap = pal_quota(c->max_share, pick->end - pick->begin);
    double share[PAL_MAX_CLUSTERS];

    while (!pal_pick_full(pick) && shares(share, p, pick, cap) > 0) {
        const taste_list *list = &p->list[list_at(share, p->n_lists, pal_draws_unit(draws))];
        const bool explores = pal_draws_unit(draws) < c->explore;
        const size_t at = explores ? pal_draws_below(draws, (uint32_t)window_of(p, list)) : 0;
        pal_candidate chosen = list->candidate[at];
        const float propensity = (float)probability(p, share, chosen.item);

        chosen.score = full_score(p, list->rate, chosen.score);
        pal_pick_push(pick, chosen, propensity);
        strike(p, chosen.item);
    }
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
                                                         + popularity_pull(p) * p->catalog->popularity[item]);
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
    pal_draws draws = pal_draws_for(stage->key, request->user, request->round);
    palate *p;

    PAL_TAKE(p, 1, scratch);
    PAL_TRY(begin(p, stage, request, scratch, err));
    PAL_TRY(make_lists(p, &pick, LEAST_WEIGHT, scratch, err));
    fill(p, &pick, &draws);
    if (!pal_pick_full(&pick)) { /* the good tastes are heard to the end: all of them, then anything */
        PAL_TRY(make_lists(p, &pick, 0, scratch, err));
        fill(p, &pick, &draws);
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

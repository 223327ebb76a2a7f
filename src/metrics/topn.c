/* One person's full ranking: who stands above whom by counting, the first places by selection. */
#include "metrics/topn.h"

#include "core/mem.h"
#include "metrics/diversity.h"
#include "metrics/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Counts of candidates against the wanted scores in ascending order. */
typedef struct counts {
    size_t n;                /* |T|                                                          */
    const float *wanted;     /* n, ascending                                                 */
    uint64_t *at_least;      /* n + 1: candidates whose score is >= exactly the first j of T */
    uint64_t beaten, tied;   /* pairs of a candidate with a wanted item below it, or equal   */
    uint64_t candidates;
    float best;              /* the highest score of T …                                     */
    uint32_t best_item;      /* … its lowest item …                                          */
    uint64_t before_best;    /* … and the candidates ranked before it                        */
} counts;

/* The first places, best first. */
typedef struct places {
    size_t n, most;
    uint32_t *item;
    float *score;
} places;

/* Items come in ascending order, so an equal score never moves an earlier one. */
static void places_offer(places *p, uint32_t item, float score)
{
    size_t at;

    if (p->n == p->most) {
        if (p->most == 0 || !(score > p->score[p->n - 1])) return;
        p->n--;
    }
    for (at = p->n; at > 0 && score > p->score[at - 1]; at--) {
        p->item[at] = p->item[at - 1];
        p->score[at] = p->score[at - 1];
    }
    p->item[at] = item;
    p->score[at] = score;
    p->n++;
}

/* Wanted scores below `score` (equal = false) or not above it (equal = true). */
static size_t wanted_below(const float *wanted, size_t n, float score, bool equal)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (wanted[middle] < score || (equal && !(wanted[middle] > score))) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

static void count_one(counts *c, uint32_t item, float score)
{
    size_t below, up_to;

    c->candidates++;
    c->before_best += score > c->best || (!(score < c->best) && item < c->best_item);
    if (c->n == 0 || score < c->wanted[0]) {
        return; /* most items, where the model is any good */
    }
    below = wanted_below(c->wanted, c->n, score, false);
    up_to = below < c->n && !(c->wanted[below] > score) ? wanted_below(c->wanted, c->n, score, true) : below;
    c->beaten += below;
    c->tied += up_to - below;
    c->at_least[up_to]++;
}

/* All candidates [from, to): no item of `without` is among them. */
static pal_status walk(counts *c, places *p, const float *score, size_t from, size_t to, pal_error *err)
{
    for (size_t i = from; i < to; i++) {
        if (!isfinite(score[i])) {
            return pal_error_set(err, PAL_ERR_DATA, "the score of item %zu is not finite", i);
        }
        count_one(c, (uint32_t)i, score[i]);
        places_offer(p, (uint32_t)i, score[i]);
    }
    return PAL_OK;
}

static int ascending(const void *x, const void *y)
{
    float a = *(const float *)x, b = *(const float *)y;

    return (a > b) - (a < b);
}

static pal_status counts_start(counts *c, const pal_topn_person *who, size_t n_items, pal_arena *scratch,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    float *wanted;

    *c = (counts){ .n = who->n_wanted };
    PAL_TAKE(wanted, c->n + 1, scratch);
    PAL_TAKE(c->at_least, c->n + 1, scratch);
    memset(c->at_least, 0, (c->n + 1) * sizeof *c->at_least);
    for (size_t j = 0; j < c->n; j++) {
        PAL_ASSERT(who->wanted[j] < n_items);
        wanted[j] = who->score[who->wanted[j]];
        if (!isfinite(wanted[j])) {
            PAL_FAIL(PAL_ERR_DATA, "the score of item %u is not finite", who->wanted[j]);
        }
        if (j == 0 || wanted[j] > c->best) {
            c->best = wanted[j];
            c->best_item = who->wanted[j];
        }
    }
    qsort(wanted, c->n, sizeof *wanted, ascending); /* equal floats are the same to every count */
    c->wanted = wanted;

done:
    return rc;
}

/* The wanted items are candidates too; taking their own pairs away leaves wanted against others. */
static double auc(const counts *c)
{
    uint64_t others = c->candidates - c->n, beaten = c->beaten, tied = c->tied;

    if (c->n == 0 || others == 0) {
        return NAN;
    }
    for (size_t j = 0; j < c->n; j++) {
        size_t below = wanted_below(c->wanted, c->n, c->wanted[j], false);

        beaten -= below;
        tied -= wanted_below(c->wanted, c->n, c->wanted[j], true) - below;
    }
    return 1 - ((double)beaten + 0.5 * (double)tied) / ((double)c->n * (double)others);
}

static double auc_pessimistic(const counts *c)
{
    uint64_t others = c->candidates - c->n, above = 0;
    double lost = 0;

    if (c->n == 0 || others == 0) {
        return NAN;
    }
    /* From the best wanted item down: at_least[j + 1 …] are the candidates with a score >= that of wanted[j], itself
     * among them; `before` wanted items stand higher. */
    for (size_t j = c->n, before = 0; j > 0; j--, before++) {
        above += c->at_least[j];
        lost += (double)(above - 1 > before ? above - 1 - before : 0) / (double)others;
    }
    return 1 - lost / (double)c->n;
}

static bool is_among(const uint32_t *sorted, size_t n, uint32_t item)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (sorted[middle] < item) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo < n && sorted[lo] == item;
}

/* Accuracy of the first k, at every k. */
static pal_status measure_hits(double *value, const places *p, const pal_topn_context *x, const pal_topn_person *who,
                               pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t k_max = x->k[x->n_k - 1], n = p->n < k_max ? p->n : k_max;
    uint8_t *hit;
    double *gain, *ideal;

    PAL_TAKE(hit, k_max, scratch);
    PAL_TAKE(gain, k_max, scratch);
    PAL_TAKE(ideal, k_max, scratch);
    for (size_t i = 0; i < k_max; i++) {
        ideal[i] = i < who->n_wanted;
        hit[i] = i < n && is_among(who->wanted, who->n_wanted, p->item[i]);
        gain[i] = hit[i];
    }
    for (size_t a = 0; a < x->n_k; a++) {
        double *at = value + pal_topn_column_at(a, 0);
        size_t k = x->k[a];

        at[PAL_TOPN_NDCG] = pal_ndcg(gain, n, ideal, who->n_wanted < k_max ? who->n_wanted : k_max, k);
        at[PAL_TOPN_PRECISION] = pal_precision(hit, n, k);
        at[PAL_TOPN_RECALL] = pal_recall(hit, n, k, who->n_wanted);
        at[PAL_TOPN_TRUNCATED_RECALL] = pal_truncated_recall(hit, n, k, who->n_wanted);
        at[PAL_TOPN_MAP] = pal_average_precision(hit, n, k, who->n_wanted);
        at[PAL_TOPN_HIT_RATE] = pal_hit_rate(hit, n, k);
        at[PAL_TOPN_TIED] = p->n > k && !(p->score[k - 1] > p->score[k]);
    }

done:
    return rc;
}

static double cosine(const pal_csr *rows, const double *length, uint32_t a, uint32_t b)
{
    size_t i = rows->begin[a], j = rows->begin[b];
    double dot = 0;

    if (!(length[a] > 0) || !(length[b] > 0)) {
        return 0;
    }
    while (i < rows->begin[a + 1] && j < rows->begin[b + 1]) {
        uint32_t left = rows->col[i], right = rows->col[j];

        if (left == right) {
            dot += (double)rows->value[i] * (double)rows->value[j];
        }
        i += left <= right;
        j += right <= left;
    }
    return dot / (length[a] * length[b]);
}

pal_status pal_topn_cache_make(pal_topn_cache *cache, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(cache->pair, PAL_TOPN_SLOTS);
    PAL_NEW(cache->cosine, PAL_TOPN_SLOTS);

done:
    return rc;
}

void pal_topn_cache_clear(pal_topn_cache *cache)
{
    pal_free(cache->pair);
    pal_free(cache->cosine);
    *cache = (pal_topn_cache){ 0 };
}

static double remembered_cosine(const pal_topn_context *x, pal_topn_cache *cache, uint32_t a, uint32_t b)
{
    uint64_t pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
    size_t slot = (size_t)(pair * UINT64_C(0x9E3779B97F4A7C15) >> 48) & (PAL_TOPN_SLOTS - 1);

    if (cache == NULL) {
        return cosine(x->likeness, x->length, a, b);
    }
    if (cache->pair[slot] != pair) {
        cache->pair[slot] = pair;
        cache->cosine[slot] = cosine(x->likeness, x->length, a, b);
    }
    return cache->cosine[slot];
}

/* Pairs are added place by place, so every k costs nothing beyond the longest. */
static void measure_diversity(double *value, const places *p, const pal_topn_context *x, pal_topn_cache *cache)
{
    size_t k_max = x->k[x->n_k - 1], n = p->n < k_max ? p->n : k_max;
    double apart = 0;

    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            apart += 1 - remembered_cosine(x, cache, p->item[i], p->item[j]);
        }
        for (size_t a = 0; a < x->n_k; a++) {
            if (x->k[a] == i + 1 || (x->k[a] > n && i + 1 == n)) {
                value[pal_topn_column_at(a, PAL_TOPN_DIVERSITY)] = apart / (0.5 * (double)(i + 1) * (double)i);
            }
        }
    }
}

static pal_status measure_lists(double *value, const places *p, const pal_topn_context *x, const pal_topn_person *who,
                                pal_topn_cache *cache, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (x->likeness != NULL) {
        measure_diversity(value, p, x, cache);
    }
    for (size_t a = 0; a < x->n_k; a++) {
        double *at = value + pal_topn_column_at(a, 0);
        size_t n = p->n < x->k[a] ? p->n : x->k[a];

        if (x->share != NULL) {
            at[PAL_TOPN_NOVELTY] = pal_novelty(x->share, p->item, n);
        }
        if (x->popularity != NULL && n > 0) {
            PAL_TRY(pal_topn_calibration(&at[PAL_TOPN_POPULARITY_KL], x->popularity, who->own, who->n_own, p->item, n,
                                         scratch, err));
        }
        if (x->genres != NULL && n > 0) {
            PAL_TRY(pal_topn_calibration(&at[PAL_TOPN_GENRE_KL], x->genres, who->own, who->n_own, p->item, n, scratch,
                                         err));
        }
    }

done:
    return rc;
}

static void put_list(uint32_t *item, float *score, const places *p, size_t k_max)
{
    for (size_t i = 0; i < k_max; i++) {
        item[i] = i < p->n ? p->item[i] : UINT32_MAX;
        score[i] = i < p->n ? p->score[i] : 0;
    }
}

pal_status pal_topn_measure(double *value, uint32_t *item, float *score, const pal_topn_context *x,
                            const pal_topn_person *who, pal_topn_cache *cache, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    size_t k_max = x->k[x->n_k - 1], from = 0;
    places p = { .most = k_max + 1 }; /* one more tells whether the last cut is tied */
    counts c;

    for (size_t i = 0; i < pal_topn_columns(x->n_k); i++) {
        value[i] = NAN;
    }
    PAL_TAKE(p.item, p.most, scratch);
    PAL_TAKE(p.score, p.most, scratch);
    PAL_TRY(counts_start(&c, who, x->n_items, scratch, err));
    for (size_t e = 0; e < who->n_without; e++) {
        PAL_TRY(walk(&c, &p, who->score, from, who->without[e], err));
        from = (size_t)who->without[e] + 1;
    }
    PAL_TRY(walk(&c, &p, who->score, from, x->n_items, err));
    put_list(item, score, &p, k_max);
    if (who->n_wanted > 0) {
        value[PAL_TOPN_AUC] = auc(&c);
        value[PAL_TOPN_AUC_PESSIMISTIC] = auc_pessimistic(&c);
        value[PAL_TOPN_MRR] = 1 / (double)(c.before_best + 1);
        PAL_TRY(measure_hits(value, &p, x, who, scratch, err));
        PAL_TRY(measure_lists(value, &p, x, who, cache, scratch, err));
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

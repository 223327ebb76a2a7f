/* Places and what is made of them. */
#include "lab/audit_rank.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/spd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAUTION 0.1 /* penalty on the variance of a corrected estimator: Krichene and Rendle, 5.3 */

static bool is_above(const float *score, uint32_t a, uint32_t b)
{
    return score[a] > score[b] || (score[a] >= score[b] && a < b);
}

void pal_audit_ranks(pal_audit_rank *out, const float *score, const uint32_t *wanted, size_t n, const uint32_t *others,
                     size_t n_others)
{
    for (size_t w = 0; w < n; w++) {
        size_t above = 0, lower = 0, equal = 0, ahead = 0;

        for (size_t i = 0; i < n_others; i++) {
            lower += score[others[i]] < score[wanted[w]];
            above += is_above(score, others[i], wanted[w]);
            equal += !(score[others[i]] < score[wanted[w]]) && !(score[others[i]] > score[wanted[w]]);
        }
        for (size_t i = 0; i < n; i++) ahead += i != w && is_above(score, wanted[i], wanted[w]);
        out[w] = (pal_audit_rank){ .weight = 1, .below = (double)lower + 0.5 * (double)equal, .above = above,
                                   .rank = 1 + above + ahead };
    }
}

static int by_weight(const void *a, const void *b)
{
    const pal_audit_rank *x = a, *y = b;

    if (x->weight > y->weight || x->weight < y->weight) return x->weight > y->weight ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

void pal_audit_measure_ranks(double value[PAL_AUDIT_METRICS], pal_audit_rank *rank, size_t n, size_t n_others, size_t k,
                             bool weighted)
{
    double all = 0, inside = 0, gain = 0, best = 0, order = 0;
    size_t first = SIZE_MAX, hits = 0;

    for (size_t i = 0; i < PAL_AUDIT_METRICS; i++) value[i] = NAN;
    if (n == 0) return;
    qsort(rank, n, sizeof *rank, by_weight);
    for (size_t i = 0; i < n; i++) {
        all += rank[i].weight;
        order += rank[i].weight * rank[i].below;
        if (i < k) best += rank[i].weight / pal_log2((double)i + 2);
        if (rank[i].rank < first) first = rank[i].rank;
        if (rank[i].rank > k) continue;
        hits++;
        inside += rank[i].weight;
        gain += rank[i].weight / pal_log2((double)rank[i].rank + 1);
    }
    value[PAL_AUDIT_NDCG] = gain / best;
    value[PAL_AUDIT_RECALL] = inside / all;
    if (n_others > 0) value[PAL_AUDIT_AUC] = order / (all * (double)n_others);
    if (weighted) return;
    value[PAL_AUDIT_HIT] = hits > 0;
    value[PAL_AUDIT_MRR] = 1 / (double)first;
    value[PAL_AUDIT_LIKES] = (double)hits / (double)k;
}

/* ---- samples ---- */

/* The count of an item is the step of the sums at it. */
static double step(const double *cumulative, uint32_t item)
{
    return cumulative[item] - (item == 0 ? 0 : cumulative[item - 1]);
}

/* The first item whose sum is above x: items of count 0 are never met. */
static uint32_t find_sum(const double *cumulative, size_t n_items, double x)
{
    size_t lo = 0, hi = n_items - 1;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (cumulative[middle] > x) hi = middle;
        else lo = middle + 1;
    }
    return (uint32_t)lo;
}

static bool holds(const uint32_t *item, size_t n, uint32_t one)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (item[middle] < one) lo = middle + 1;
        else hi = middle;
    }
    return lo < n && item[lo] == one;
}

size_t pal_audit_sample(uint32_t *sample, size_t m, const uint32_t *item, size_t n, const double *cumulative, pal_key key,
                        pal_at at)
{
    uint64_t draw = 0;
    double total = 0;

    if (n == 0) return 0;
    for (size_t i = 0; cumulative != NULL && i < n; i++) total += step(cumulative, item[i]);
    for (size_t i = 0; i < m; i++) {
        if (!(total > 0)) {
            sample[i] = item[pal_below(key, at, &draw, n)];
            continue;
        }
        do { /* from all items up to the last one allowed; those that are not are drawn again */
            sample[i] = find_sum(cumulative, item[n - 1] + (size_t)1, pal_u01(key, at, draw++) * cumulative[item[n - 1]]);
        } while (!holds(item, n, sample[i]));
    }
    return m;
}

double pal_audit_sampled_hit(double q, size_t m, size_t k)
{
    if (m < k || q <= 0) return 1;
    if (q >= 1) return 0;
    return pal_beta_inc((double)(m - k + 1), (double)k, 1 - q);
}

/* ---- corrections ---- */

static double chance(size_t x, size_t m, double q, const double *choose)
{
    if (q <= 0) return x == 0;
    if (q >= 1) return x == m;
    return pal_exp(choose[x] + (double)x * pal_log(q) + (double)(m - x) * pal_log1p(-q));
}

/* A'A into a (its lower triangle), A'1 into spread, and A'f of the three functions. */
static void add_rank(double *a, double *spread, double *const to[3], const double *row, const double f[3], size_t d)
{
    for (size_t x = 0; x < d; x++) {
        for (size_t y = 0; y <= x; y++) a[x * d + y] += row[x] * row[y];
        spread[x] += row[x];
        for (size_t i = 0; i < 3; i++) to[i][x] += row[x] * f[i];
    }
}

static void multiply(double *out, const double *a, const double *x, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        out[i] = 0;
        for (size_t j = 0; j < d; j++) out[i] += a[i * d + j] * x[j];
    }
}

pal_status pal_audit_correction_make(pal_audit_correction *out, size_t n, size_t m, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = m + 1;
    double *a = NULL, *work = NULL, *choose, *row, *spread, *to[3];

    *out = (pal_audit_correction){ .m = m };
    PAL_NEW(out->ndcg, 3 * d);
    out->recall = out->ndcg + d;
    out->mrr = out->recall + d;
    PAL_NEW(a, d * d);
    PAL_NEW(work, 6 * d);
    choose = work, row = work + d, spread = work + 2 * d;
    for (size_t i = 0; i < 3; i++) to[i] = work + (3 + i) * d;
    for (size_t x = 0; x < d; x++) {
        choose[x] = pal_lgamma((double)m + 1) - pal_lgamma((double)x + 1) - pal_lgamma((double)(m - x) + 1);
    }
    for (size_t r = 1; r <= n; r++) {
        double q = n < 2 ? 0 : (double)(r - 1) / (double)(n - 1), in = r <= k;
        const double f[3] = { in / pal_log2((double)r + 1), in, 1 / (double)r };

        for (size_t x = 0; x < d; x++) row[x] = chance(x, m, q, choose);
        add_rank(a, spread, to, row, f, d);
    }
    for (size_t x = 0; x < d; x++) {
        for (size_t y = 0; y <= x; y++) a[x * d + y] *= 1 - CAUTION;
        a[x * d + x] += CAUTION * spread[x];
    }
    PAL_TRY(pal_spd_inverse(a, d, PAL_PORTABLE, 1, err));
    multiply(out->ndcg, a, to[0], d);
    multiply(out->recall, a, to[1], d);
    multiply(out->mrr, a, to[2], d);
done:
    pal_free(a);
    pal_free(work);
    return rc;
}

void pal_audit_correction_clear(pal_audit_correction *c)
{
    pal_free(c->ndcg);
    *c = (pal_audit_correction){ 0 };
}

void pal_audit_measure_corrected(double value[PAL_AUDIT_METRICS], const pal_audit_correction *c, const pal_audit_rank *rank,
                                 size_t n, size_t n_others)
{
    double ndcg = 0, recall = 0, mrr = 0, order = 0;

    for (size_t i = 0; i < PAL_AUDIT_METRICS; i++) value[i] = NAN;
    if (n == 0 || n_others != c->m) return;
    for (size_t i = 0; i < n; i++) {
        ndcg += c->ndcg[rank[i].above];
        recall += c->recall[rank[i].above];
        mrr += c->mrr[rank[i].above];
        order += rank[i].below;
    }
    value[PAL_AUDIT_NDCG] = ndcg / (double)n;
    value[PAL_AUDIT_RECALL] = recall / (double)n;
    value[PAL_AUDIT_MRR] = mrr / (double)n;
    value[PAL_AUDIT_AUC] = order / ((double)n * (double)n_others);
}

/* ---- weights ---- */

double pal_audit_list_likes(const pal_event *event, size_t n, const uint32_t *list, size_t k, const double *look)
{
    double before = 0, sum = 0, slots = 0;

    for (size_t e = 0; e < n; e++) {
        bool in = false, looked = (event[e].flags & PAL_EXAMINED) != 0, liked = (event[e].flags & PAL_LIKED) != 0;

        for (size_t i = 0; i < k; i++) in = in || list[i] == event[e].item;
        if (looked) {
            sum += before + (in && liked ? 1 / (double)event[e].propensity : 0);
            slots += 1;
        }
        if (in && liked) before += 1 / look[event[e].slot];
    }
    return slots > 0 ? sum / (slots * (double)k) : (double)NAN;
}

/* Curves of the last probe (reliability, ROC) and of the catalog (Lorenz, exposure by popularity). */
#include "lab/measure.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "metrics/logloss.h"
#include "metrics/rank_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROC_RESAMPLES 200 /* a pass over all rows each */

/* Per person sums of what a resample needs: by bin p, y and rows; and the log loss. */
typedef struct probe_sums {
    size_t n_people, n_bins;
    double *p, *y, *n, *loss; /* n_people x n_bins; loss n_people */
} probe_sums;

static size_t bin_of(const pal_arm_result *result, double p)
{
    size_t b = 0;

    while (b + 1 < result->n_bins && p > result->bin[b].upper) b++;
    return b;
}

static pal_status sum_people(probe_sums *s, const pal_arm_result *result, const pal_predictions *q, size_t n_people,
                             pal_error *err)
{
    pal_status rc = PAL_OK;

    s->n_people = n_people;
    s->n_bins = result->n_bins;
    PAL_NEW(s->p, n_people * s->n_bins);
    PAL_NEW(s->y, n_people * s->n_bins);
    PAL_NEW(s->n, n_people * s->n_bins);
    PAL_NEW(s->loss, n_people);
    for (size_t i = 0; i < q->n; i++) {
        size_t at = q->person[i] * s->n_bins + bin_of(result, (double)q->p[i]);

        s->p[at] += (double)q->p[i];
        s->y[at] += q->label[i];
        s->n[at] += 1;
        s->loss[q->person[i]] += pal_log_loss_row((double)q->p[i], q->label[i]);
    }
done:
    return rc;
}

/* Entropy of a base rate in nats; NaN at 0 and 1. */
static double entropy(double rate)
{
    return rate > 0 && rate < 1 ? -rate * pal_log(rate) - (1 - rate) * pal_log(1 - rate) : NAN;
}

/* Calibration error, normalised entropy and the share of positives of each bin, in one resample (NULL = all people). */
static void probe_statistic(double *ece, double *ne, double *mean_y, const probe_sums *s, const uint8_t *times)
{
    double rows = 0, positives = 0, loss = 0, gap = 0;
    double p[PAL_ECE_BINS] = { 0 }, y[PAL_ECE_BINS] = { 0 }, n[PAL_ECE_BINS] = { 0 };

    for (size_t u = 0; u < s->n_people; u++) {
        double k = times == NULL ? 1 : times[u];

        if (k == 0) continue;
        loss += k * s->loss[u];
        for (size_t b = 0; b < s->n_bins; b++) {
            p[b] += k * s->p[u * s->n_bins + b];
            y[b] += k * s->y[u * s->n_bins + b];
            n[b] += k * s->n[u * s->n_bins + b];
        }
    }
    for (size_t b = 0; b < s->n_bins; b++) {
        rows += n[b];
        positives += y[b];
        gap += fabs(y[b] - p[b]);
        mean_y[b] = n[b] > 0 ? y[b] / n[b] : NAN;
    }
    *ece = rows > 0 ? gap / rows : NAN;
    *ne = rows > 0 ? loss / rows / entropy(positives / rows) : NAN;
}

static pal_status resample_probe(pal_arm_result *result, const probe_sums *s, const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = pal_boot_resamples(c->boot);
    double *ece = NULL, *ne = NULL, *bins = NULL, one_ece, one_ne, mean_y[PAL_ECE_BINS];

    PAL_NEW(ece, n);
    PAL_NEW(ne, n);
    PAL_NEW(bins, n * PAL_ECE_BINS);
    for (size_t b = 0; b < n; b++) {
        probe_statistic(&ece[b], &ne[b], mean_y, s, pal_boot_row(c->boot, b));
        for (size_t k = 0; k < s->n_bins; k++) bins[k * n + b] = mean_y[k];
    }
    probe_statistic(&one_ece, &one_ne, mean_y, s, NULL);
    pal_measure_put(result, "ece", pal_boot_interval(ece, n, c->level, one_ece, s->n_people));
    pal_measure_put(result, "normalised_entropy", pal_boot_interval(ne, n, c->level, one_ne, s->n_people));
    for (size_t k = 0; k < s->n_bins; k++) {
        pal_interval v = pal_boot_interval(bins + k * n, n, c->level, mean_y[k], s->n_people);

        result->bin_lo[k] = v.lo;
        result->bin_hi[k] = v.hi;
    }
done:
    pal_free(ece);
    pal_free(ne);
    pal_free(bins);
    return rc;
}

/* True positive rate at each false positive rate 0, 1 %, …, rows in descending score, straight lines between. */
static bool roc_curve(double tpr[PAL_CURVE_POINTS], const uint32_t *order, const pal_predictions *q, const uint8_t *times)
{
    double positives = 0, negatives = 0, tp = 0, fp = 0, last_tp = 0, last_fp = 0;
    size_t point = 0;

    for (size_t i = 0; i < q->n; i++) {
        double k = times == NULL ? 1 : times[q->person[i]];

        if (q->label[i]) positives += k;
        else negatives += k;
    }
    if (positives == 0 || negatives == 0) return false;
    for (size_t i = q->n; i > 0;) {
        float score = q->p[order[i - 1]];

        for (; i > 0 && q->p[order[i - 1]] == score; i--) {
            double k = times == NULL ? 1 : times[q->person[order[i - 1]]];

            if (q->label[order[i - 1]]) tp += k;
            else fp += k;
        }
        for (; point < PAL_CURVE_POINTS && (double)point / (PAL_CURVE_POINTS - 1) * negatives <= fp; point++) {
            double want = (double)point / (PAL_CURVE_POINTS - 1) * negatives;
            double part = fp > last_fp ? (want - last_fp) / (fp - last_fp) : 1;

            tpr[point] = (last_tp + part * (tp - last_tp)) / positives;
        }
        last_tp = tp;
        last_fp = fp;
    }
    for (; point < PAL_CURVE_POINTS; point++) tpr[point] = 1;
    return true;
}

static pal_status measure_roc(pal_arm_result *result, const pal_predictions *q, const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = pal_boot_resamples(c->boot);
    uint32_t *order = NULL;
    double *draws = NULL, curve[PAL_CURVE_POINTS];

    if (n > ROC_RESAMPLES) n = ROC_RESAMPLES;
    PAL_NEW(order, q->n);
    PAL_NEW(draws, n * PAL_CURVE_POINTS);
    PAL_TRY(pal_order_scores(order, q->p, q->n, err));
    result->has_roc = roc_curve(result->tpr, order, q, NULL);
    for (size_t b = 0; result->has_roc && b < n; b++) {
        bool defined = roc_curve(curve, order, q, pal_boot_row(c->boot, b));

        for (size_t k = 0; k < PAL_CURVE_POINTS; k++) draws[k * n + b] = defined ? curve[k] : NAN;
    }
    for (size_t k = 0; result->has_roc && k < PAL_CURVE_POINTS; k++) {
        pal_interval v = pal_boot_interval(draws + k * n, n, c->level, result->tpr[k], q->n);

        result->tpr_lo[k] = v.lo;
        result->tpr_hi[k] = v.hi;
    }
done:
    pal_free(order);
    pal_free(draws);
    return rc;
}

pal_status pal_measure_probe(pal_arm_result *result, const pal_record *r, const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_predictions *q;
    probe_sums sums = { 0 };

    if (r->n_probe_rounds == 0) return PAL_OK;
    q = &r->probe[r->n_probe_rounds - 1];
    PAL_TRY(pal_reliability(result->bin, &result->n_bins, q->p, q->label, q->n, PAL_ECE_BINS, err));
    PAL_TRY(sum_people(&sums, result, q, r->n_people, err));
    PAL_TRY(resample_probe(result, &sums, c, err));
    PAL_TRY(measure_roc(result, q, c, err));
done:
    pal_free(sums.p);
    pal_free(sums.y);
    pal_free(sums.n);
    pal_free(sums.loss);
    return rc;
}

static int by_count(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Items by popularity, then by index: a total order. */
typedef struct ranked_item {
    float popularity;
    uint32_t item;
} ranked_item;

static int by_popularity(const void *a, const void *b)
{
    const ranked_item *x = a, *y = b;

    if (x->popularity != y->popularity) return x->popularity < y->popularity ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static void lorenz_curve(double *lorenz, const uint64_t *sorted, size_t n)
{
    double all = 0, part = 0;
    size_t at = 0;

    for (size_t i = 0; i < n; i++) all += (double)sorted[i];
    for (size_t k = 0; k < PAL_CURVE_POINTS; k++) {
        size_t upto = n * k / (PAL_CURVE_POINTS - 1);

        for (; at < upto; at++) part += (double)sorted[at];
        lorenz[k] = all > 0 ? part / all : NAN;
    }
}

pal_status pal_measure_exposure(pal_arm_result *result, const pal_record *r, const pal_people_set *set, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t *sorted = NULL;
    ranked_item *rank = NULL;
    double all = 0;

    PAL_NEW(sorted, r->n_items);
    PAL_NEW(rank, r->n_items);
    memcpy(sorted, r->exposure, r->n_items * sizeof *sorted);
    qsort(sorted, r->n_items, sizeof *sorted, by_count);
    lorenz_curve(result->lorenz, sorted, r->n_items);
    for (size_t i = 0; i < r->n_items; i++) {
        rank[i] = (ranked_item){ set->catalog->popularity[i], (uint32_t)i };
        all += (double)r->exposure[i];
    }
    qsort(rank, r->n_items, sizeof *rank, by_popularity);
    for (size_t k = 0; k < PAL_DECILES; k++) {
        size_t begin = r->n_items * k / PAL_DECILES, end = r->n_items * (k + 1) / PAL_DECILES;
        double shown = 0;

        for (size_t i = begin; i < end; i++) shown += (double)r->exposure[rank[i].item];
        result->decile_lo[k] = begin < end ? (double)rank[begin].popularity : NAN;
        result->decile_hi[k] = begin < end ? (double)rank[end - 1].popularity : NAN;
        result->decile_items[k] = (double)(end - begin) / (double)r->n_items;
        result->decile_shown[k] = all > 0 ? shown / all : NAN;
    }
done:
    pal_free(sorted);
    pal_free(rank);
    return rc;
}

/* What the log tells of its items: how unevenly people spread over them, and how well they are liked. */
#include "metrics/log_moments_parts.h"

#include "core/pmath.h"
#include "core/sum.h"
#include "metrics/log_moments_tail.h"

#include <math.h>
#include <string.h>

void pal_moment_count_items(const pal_moment_tables *t, const uint8_t *weight, pal_moment_scratch *s)
{
    const pal_moment_log *log = t->log;

    memset(s->count, 0, log->n_items * sizeof *s->count);
    memset(s->likes, 0, log->n_items * sizeof *s->likes);
    memset(s->histogram, 0, s->n_bins * sizeof *s->histogram);
    for (size_t u = 0; u < log->n_users; u++) {
        const uint32_t w = weight == NULL ? 1 : weight[u];

        if (w == 0) continue;
        for (size_t i = log->begin[u]; i < log->begin[u + 1]; i++) {
            s->count[log->item[i]] += w;
            if (log->like != NULL) s->likes[log->item[i]] += w * log->like[i];
        }
    }
    for (size_t i = 0; i < log->n_items; i++) s->histogram[s->count[i] < s->n_bins ? s->count[i] : s->n_bins - 1]++;
}

/* Gini index of counts from their histogram: sum over ranks of (2 i - n - 1) x, in whole numbers but for the division. */
static double gini_of(const uint32_t *histogram, size_t n_bins, double n, double total)
{
    double below = 0, sum = 0;

    for (size_t k = 1; k < n_bins; k++) {
        const double h = histogram[k];

        sum += (double)k * h * (2 * below + h - n); /* ranks below + 1 ... below + h */
        below += h;
    }
    return total > 0 ? sum / (n * total) : NAN;
}

/* Share of everything on the most frequent part of the items; the item that stands across the border counts in part. */
static double top_share(const uint32_t *histogram, size_t n_bins, double n, double total, double part)
{
    double left = part * n, sum = 0;

    for (size_t k = n_bins; k-- > 1 && left > 0;) {
        const double take = left < histogram[k] ? left : (double)histogram[k];

        sum += take * (double)k;
        left -= take;
    }
    return total > 0 ? sum / total : NAN;
}

static double log_sd_of(const uint32_t *histogram, size_t n_bins, double n)
{
    pal_acc sum = { 0 }, squares = { 0 };
    double mean;

    if (n < 2) return NAN;
    for (size_t k = 2; k < n_bins; k++) {
        if (histogram[k] > 0) pal_acc_add(&sum, histogram[k] * pal_log((double)k));
    }
    mean = pal_acc_value(&sum) / n;
    for (size_t k = 1; k < n_bins; k++) {
        if (histogram[k] > 0) {
            const double off = pal_log((double)k) - mean;

            pal_acc_add(&squares, histogram[k] * (off * off));
        }
    }
    return sqrt(pal_acc_value(&squares) / (n - 1));
}

/* Sums over items whose share of likes counts: x = ln count, y = share of likes. */
typedef struct liked_items {
    pal_acc n, pairs, x, y, xx, xy, yy;
} liked_items;

static void add_item(liked_items *a, double count, double likes)
{
    const double x = pal_log(count), y = likes / count;

    pal_acc_add(&a->n, 1);
    pal_acc_add(&a->pairs, likes * (likes - 1) / (count * (count - 1)));
    pal_acc_add(&a->x, x);
    pal_acc_add(&a->y, y);
    pal_acc_add(&a->xx, x * x);
    pal_acc_add(&a->xy, x * y);
    pal_acc_add(&a->yy, y * y);
}

static void like_moments(double *out, size_t *count, const pal_moment_tables *t, const pal_moment_scratch *s)
{
    liked_items a = { 0 };

    for (size_t i = 0; i < t->log->n_items; i++) {
        if (s->count[i] >= t->config->item_least) add_item(&a, s->count[i], s->likes[i]);
    }
    const double n = pal_acc_value(&a.n), x = pal_acc_value(&a.x), y = pal_acc_value(&a.y);

    count[PAL_MOMENT_ITEM_LIKE_SPREAD] = count[PAL_MOMENT_POPULARITY_LIKE] = (size_t)n;
    if (n < 2) return;
    const double yy = pal_acc_value(&a.yy);
    const double spread = pal_acc_value(&a.pairs) / n - (y * y - yy) / (n * (n - 1)); /* pairs in one item, less in two */
    const double vx = pal_acc_value(&a.xx) - x * x / n, vy = yy - y * y / n;

    out[PAL_MOMENT_ITEM_LIKE_SPREAD] = spread > 0 ? sqrt(spread) : 0;
    if (vx > 0 && vy > 0) out[PAL_MOMENT_POPULARITY_LIKE] = (pal_acc_value(&a.xy) - x * y / n) / sqrt(vx * vy);
}

void pal_moment_items(double out[PAL_MOMENTS], size_t *count, const pal_moment_tables *t, const pal_moment_scratch *s)
{
    double n = 0, total = 0;

    for (size_t k = 1; k < s->n_bins; k++) {
        n += s->histogram[k];
        total += (double)k * s->histogram[k];
    }
    for (int m = PAL_MOMENT_ITEM_GINI; m <= PAL_MOMENT_ITEM_EXPONENT; m++) count[m] = (size_t)n;
    out[PAL_MOMENT_ITEM_GINI] = gini_of(s->histogram, s->n_bins, n, total);
    out[PAL_MOMENT_ITEM_TOP1] = top_share(s->histogram, s->n_bins, n, total, 0.01);
    out[PAL_MOMENT_ITEM_TOP10] = top_share(s->histogram, s->n_bins, n, total, 0.1);
    out[PAL_MOMENT_ITEM_TOP20] = top_share(s->histogram, s->n_bins, n, total, 0.2);
    out[PAL_MOMENT_ITEM_LOG_SD] = log_sd_of(s->histogram, s->n_bins, n);
    out[PAL_MOMENT_ITEM_EXPONENT] = t->xmin > 0 ? pal_tail_exponent(s->histogram, s->n_bins, t->xmin) : NAN;
    if (t->log->like != NULL) like_moments(out, count, t, s);
}

/* Diversity of a list, novelty, coverage and concentration of exposure. */
#include "metrics/diversity.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "metrics/rank_order.h"

#include <math.h>

#define CHUNK 64 /* features summed at a time, on the stack */

static double squared_length(const float *v, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++) {
        sum += (double)v[j] * (double)v[j];
    }
    return sum;
}

/*
 * The pairs' cosines sum to (|sum of unit vectors|^2 - number of non-zero vectors) / 2: k d steps, not k^2 d. A
 * chunk of features at a time, so that nothing is allocated.
 */
double pal_intra_list_diversity(const float *vectors, size_t stride, size_t d, const uint32_t *items, size_t k)
{
    double length2 = 0, pairs = (double)k * ((double)k - 1) / 2;
    size_t n_nonzero = 0;

    if (k < 2) {
        return NAN;
    }
    for (size_t from = 0; from < d; from += CHUNK) {
        size_t width = d - from < CHUNK ? d - from : CHUNK;
        double sum[CHUNK] = { 0 };

        n_nonzero = 0;
        for (size_t i = 0; i < k; i++) {
            const float *v = vectors + items[i] * stride;
            double squared = squared_length(v, d), inverse = squared > 0 ? 1 / sqrt(squared) : 0;

            n_nonzero += squared > 0;
            for (size_t j = 0; j < width; j++) {
                sum[j] += (double)v[from + j] * inverse;
            }
        }
        for (size_t j = 0; j < width; j++) {
            length2 += sum[j] * sum[j];
        }
    }
    return 1 - (length2 - (double)n_nonzero) / 2 / pairs;
}

void pal_item_shares(double *share, const uint32_t *count, size_t n_items)
{
    uint64_t total = 0;

    for (size_t i = 0; i < n_items; i++) {
        total += count[i];
    }
    for (size_t i = 0; i < n_items; i++) {
        share[i] = ((double)count[i] + 1) / ((double)total + (double)n_items);
    }
}

double pal_novelty(const double *share, const uint32_t *items, size_t k)
{
    double sum = 0;

    for (size_t i = 0; i < k; i++) {
        sum -= pal_log2(share[items[i]]);
    }
    return k > 0 ? sum / (double)k : NAN;
}

double pal_mean_popularity(const double *popularity, const uint32_t *items, size_t k)
{
    double sum = 0;

    for (size_t i = 0; i < k; i++) {
        sum += popularity[items[i]];
    }
    return k > 0 ? sum / (double)k : NAN;
}

void pal_item_counts(uint32_t *count, const uint32_t *items, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        count[items[r]]++;
    }
}

double pal_coverage(const uint32_t *count, size_t n_items)
{
    size_t shown = 0;

    for (size_t i = 0; i < n_items; i++) {
        shown += count[i] > 0;
    }
    return n_items > 0 ? (double)shown / (double)n_items : NAN;
}

/* log2 T - sum c log2 c / T */
double pal_exposure_entropy(const uint32_t *count, size_t n_items)
{
    uint64_t total = 0;
    pal_acc sum = { 0 };
    double entropy;

    for (size_t i = 0; i < n_items; i++) {
        total += count[i];
        if (count[i] > 1) {
            pal_acc_add(&sum, (double)count[i] * pal_log2((double)count[i]));
        }
    }
    if (total == 0) {
        return NAN;
    }
    entropy = pal_log2((double)total) - pal_acc_value(&sum) / (double)total;
    return entropy > 0 ? entropy : 0; /* rounding, when one item has it all */
}

double pal_gini_sorted(const uint32_t *count, size_t n_items)
{
    int64_t sum = 0;
    uint64_t total = 0;

    for (size_t i = 0; i < n_items; i++) {
        sum += (2 * (int64_t)i + 1 - (int64_t)n_items) * (int64_t)count[i];
        total += count[i];
    }
    return total > 0 ? (double)sum / ((double)n_items * (double)total) : NAN;
}

pal_status pal_gini(double *out, const uint32_t *count, size_t n_items, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *sorted = NULL;

    PAL_NEW(sorted, 2 * n_items);
    for (size_t i = 0; i < n_items; i++) {
        sorted[i] = count[i];
    }
    pal_sort_counts(sorted, sorted + n_items, n_items);
    *out = pal_gini_sorted(sorted, n_items);

done:
    pal_free(sorted);
    return rc;
}

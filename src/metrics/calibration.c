/* Reliability table, calibration error and Platt scaling. */
#include "metrics/calibration.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "metrics/rank_order.h"

#include <math.h>

/* First row after bin j when ties are not minded: ceil(n (j + 1) / n_bins). */
static size_t bin_end(size_t n, size_t j, size_t n_bins)
{
    /* n (j + 1) may pass 64 bits only beyond 2^32 bins: n fits 32 bits. */
    return (n * (j + 1) + n_bins - 1) / n_bins;
}

static pal_reliability_bin fill_bin(const float *p, const uint8_t *label, const uint32_t *order, size_t first,
                                    size_t end)
{
    pal_acc sum = { 0 };
    size_t positives = 0, n = end - first;

    for (size_t i = first; i < end; i++) {
        pal_acc_add(&sum, (double)p[order[i]]);
        positives += label[order[i]];
    }
    return (pal_reliability_bin){ .lower = (double)p[order[first]],
                                  .upper = (double)p[order[end - 1]],
                                  .mean_p = pal_acc_value(&sum) / (double)n,
                                  .mean_y = (double)positives / (double)n,
                                  .n = n };
}

pal_status pal_reliability(pal_reliability_bin *bin, size_t *n_used, const float *p, const uint8_t *label, size_t n,
                           size_t n_bins, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *order = NULL;
    size_t first = 0, used = 0;

    if (n_bins == 0 || n_bins > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "reliability: %zu bins, wanted 1 to 2^32 - 1", n_bins);
    }
    PAL_TRY(pal_labels_check(label, n, err));
    PAL_NEW(order, n);
    PAL_TRY(pal_order_scores(order, p, n, err));
    for (size_t j = 0; j < n_bins; j++) {
        size_t end = bin_end(n, j, n_bins);

        while (end > 0 && end < n && p[order[end]] == p[order[end - 1]]) {
            end++;
        }
        if (end > first) {
            bin[used++] = fill_bin(p, label, order, first, end);
            first = end;
        }
    }
    *n_used = used;

done:
    pal_free(order);
    return rc;
}

pal_status pal_ece(double *out, const float *p, const uint8_t *label, size_t n, size_t n_bins, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_reliability_bin *bin = NULL;
    pal_acc sum = { 0 };
    size_t used;

    PAL_NEW(bin, n_bins);
    PAL_TRY(pal_reliability(bin, &used, p, label, n, n_bins, err));
    for (size_t j = 0; j < used; j++) {
        pal_acc_add(&sum, (double)bin[j].n * fabs(bin[j].mean_y - bin[j].mean_p));
    }
    *out = n > 0 ? pal_acc_value(&sum) / (double)n : NAN;

done:
    pal_free(bin);
    return rc;
}

double pal_calibration_ratio(const float *p, const uint8_t *label, size_t n)
{
    size_t positives = 0;

    for (size_t i = 0; i < n; i++) {
        positives += label[i];
    }
    return positives > 0 ? pal_sum_f32(p, n) / (double)positives : NAN;
}

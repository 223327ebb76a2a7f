/* Features onto a common scale, and unit vectors of the weighted scaled features. */
#include "data/catalog_build.h"

#include "core/mem.h"
#include "core/sum.h"
#include "data/quantile.h"

#include <math.h>

/* All from the sorted values: the order of the items cannot reach even the last bit. */
static void measure(pal_feature *feature, const float *sorted, size_t n)
{
    pal_acc sum = { 0 }, squares = { 0 };

    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&sum, (double)sorted[i]);
    }
    feature->mean = pal_acc_value(&sum) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double x = (double)sorted[i] - feature->mean;

        pal_acc_add(&squares, x * x);
    }
    feature->min = (double)sorted[0];
    feature->max = (double)sorted[n - 1];
    feature->sd = sqrt(pal_acc_value(&squares) / (double)n);
    if (!(feature->max > feature->min) || !(feature->sd > 0)) {
        feature->mean = feature->min; /* a constant feature scales to exactly 0 */
        feature->sd = 1;
    }
    feature->q01 = pal_quantile_sorted(sorted, n, 0.01);
    feature->q99 = pal_quantile_sorted(sorted, n, 0.99);
}

/* Values below x, or below or equal to it. */
static size_t count_below(const float *sorted, size_t n, float x, bool or_equal)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sorted[middle] < x || (or_equal && !(sorted[middle] > x))) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* (those below + half of those equal) / n: between 0 and 1, and 1/2 on average. */
static double mid_rank(const float *sorted, size_t n, float x)
{
    double below = (double)count_below(sorted, n, x, false);
    double through = (double)count_below(sorted, n, x, true);

    return (below + through) / (2 * (double)n);
}

static double scale_one(const pal_feature *feature, const float *sorted, size_t n, pal_scaling scaling, float raw)
{
    double span = feature->max - feature->min;

    switch (scaling) {
    case PAL_SCALE_ZSCORE:
        return ((double)raw - feature->mean) / feature->sd;
    case PAL_SCALE_MINMAX:
        return span > 0 ? ((double)raw - feature->min) / span : 0;
    case PAL_SCALE_RANK:
        return mid_rank(sorted, n, raw);
    }
    return 0;
}

pal_status pal_scale_features(float *scaled, float *sorted, pal_feature *feature, const float *raw, size_t n, size_t d,
                              pal_scaling scaling, pal_error *err)
{
    pal_status rc = PAL_OK;
    float *scratch = NULL;

    PAL_NEW(scratch, n);
    for (size_t f = 0; f < d; f++) {
        float *column = sorted + f * n;

        for (size_t i = 0; i < n; i++) {
            column[i] = raw[i * d + f];
        }
        pal_sort_floats(column, scratch, n);
        measure(&feature[f], column, n);
        for (size_t i = 0; i < n; i++) {
            scaled[i * d + f] = (float)scale_one(&feature[f], column, n, scaling, raw[i * d + f]);
        }
    }
done:
    pal_free(scratch);
    return rc;
}

void pal_direct_features(float *direction, const float *scaled, const pal_feature *feature, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++) {
        const float *x = scaled + i * d;
        double squares = 0, length;

        for (size_t f = 0; f < d; f++) {
            double y = feature[f].weight * (double)x[f];

            squares += y * y;
        }
        length = sqrt(squares);
        for (size_t f = 0; f < d; f++) {
            direction[i * d + f] = length > 0 ? (float)(feature[f].weight * (double)x[f] / length) : 0;
        }
    }
}

/* A rank back to the value that holds it: linear between neighbours, the ends beyond the ends. */
static double value_at_rank(const float *sorted, size_t n, double rank)
{
    double at = rank * (double)n - 0.5;

    return pal_quantile_sorted(sorted, n, n < 2 || !(at > 0) ? 0 : at >= (double)(n - 1) ? 1 : at / (double)(n - 1));
}

double pal_catalog_unscale(const pal_catalog *catalog, size_t f, double scaled)
{
    const pal_feature *feature = &catalog->feature[f];

    switch (catalog->scaling) {
    case PAL_SCALE_ZSCORE:
        return scaled * feature->sd + feature->mean;
    case PAL_SCALE_MINMAX:
        return feature->min + scaled * (feature->max - feature->min);
    case PAL_SCALE_RANK:
        return value_at_rank(catalog->sorted + f * catalog->n_items, catalog->n_items, scaled);
    }
    return 0;
}

double pal_catalog_ring(const pal_catalog *catalog, size_t f, double raw)
{
    const pal_feature *feature = &catalog->feature[f];
    double span = feature->q99 - feature->q01, at;

    if (!(span > 0)) {
        return 0.5; /* all items alike: the middle of the ring */
    }
    at = (raw - feature->q01) / span;
    return at < 0 ? 0 : at > 1 ? 1 : at;
}

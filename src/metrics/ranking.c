/* Metrics of one ranked list. */
#include "metrics/ranking.h"

#include "core/error.h"
#include "core/pmath.h"

#include <math.h>
#include <stdlib.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

double pal_dcg(const double *gain, size_t n, size_t k)
{
    double sum = 0;

    for (size_t i = 0; i < smaller(n, k); i++) {
        sum += gain[i] / pal_log2((double)(i + 2));
    }
    return sum;
}

double pal_ndcg(const double *gain, size_t n, const double *ideal, size_t n_ideal, size_t k)
{
    double best = pal_dcg(ideal, n_ideal, k);

    return best > 0 ? pal_dcg(gain, n, k) / best : NAN;
}

static int descending(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a < b) - (a > b);
}

void pal_gains_sort(double *gain, size_t n)
{
    qsort(gain, n, sizeof *gain, descending);
}

static size_t hits_among(const uint8_t *hit, size_t n)
{
    size_t hits = 0;

    for (size_t i = 0; i < n; i++) {
        hits += hit[i] != 0;
    }
    return hits;
}

double pal_hit_rate(const uint8_t *hit, size_t n, size_t k)
{
    return hits_among(hit, smaller(n, k)) > 0 ? 1 : 0;
}

double pal_precision(const uint8_t *hit, size_t n, size_t k)
{
    PAL_ASSERT(k > 0);
    return (double)hits_among(hit, smaller(n, k)) / (double)k;
}

double pal_recall(const uint8_t *hit, size_t n, size_t k, size_t n_relevant)
{
    return n_relevant > 0 ? (double)hits_among(hit, smaller(n, k)) / (double)n_relevant : NAN;
}

double pal_truncated_recall(const uint8_t *hit, size_t n, size_t k, size_t n_relevant)
{
    PAL_ASSERT(k > 0);
    return n_relevant > 0 ? (double)hits_among(hit, smaller(n, k)) / (double)smaller(k, n_relevant) : NAN;
}

double pal_reciprocal_rank(const uint8_t *hit, size_t n, size_t k)
{
    for (size_t i = 0; i < smaller(n, k); i++) {
        if (hit[i] != 0) {
            return 1 / (double)(i + 1);
        }
    }
    return 0;
}

double pal_average_precision(const uint8_t *hit, size_t n, size_t k, size_t n_relevant)
{
    size_t hits = 0;
    double sum = 0;

    PAL_ASSERT(k > 0);
    for (size_t i = 0; i < smaller(n, k); i++) {
        if (hit[i] != 0) {
            hits++;
            sum += (double)hits / (double)(i + 1);
        }
    }
    return n_relevant > 0 ? sum / (double)smaller(k, n_relevant) : NAN;
}

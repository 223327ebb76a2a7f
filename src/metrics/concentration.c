/* Shares, mixes, and a slope inside strata. */
#include "metrics/concentration.h"

#include "core/error.h"
#include "core/pmath.h"

#include <math.h>

static double total(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum;
}

double pal_effective_number(const double *count, size_t n)
{
    const double sum = total(count, n);
    double entropy = 0;

    if (!(sum > 0)) {
        return NAN;
    }
    for (size_t i = 0; i < n; i++) {
        if (count[i] > 0) {
            entropy -= count[i] / sum * pal_log(count[i] / sum);
        }
    }
    return pal_exp(entropy);
}

double pal_mix_distance(const double *p, const double *q, size_t n)
{
    const double sum_p = total(p, n), sum_q = total(q, n);
    double distance = 0;

    if (!(sum_p > 0 && sum_q > 0)) {
        return NAN;
    }
    for (size_t i = 0; i < n; i++) {
        distance += fabs(p[i] / sum_p - q[i] / sum_q);
    }
    return distance / 2;
}

double pal_top_share(const uint32_t *sorted, size_t n, size_t top)
{
    uint64_t all = 0, largest = 0;

    for (size_t i = 0; i < n; i++) {
        all += sorted[i];
        largest += i + top >= n ? sorted[i] : 0;
    }
    return all > 0 ? (double)largest / (double)all : NAN;
}

double pal_slope_within(const double *x, const double *y, const uint8_t *stratum, size_t n, size_t n_strata)
{
    double mean_x[PAL_SLOPE_STRATA] = { 0 }, mean_y[PAL_SLOPE_STRATA] = { 0 }, count[PAL_SLOPE_STRATA] = { 0 };
    double xy = 0, xx = 0;

    PAL_ASSERT(n_strata <= PAL_SLOPE_STRATA);
    for (size_t i = 0; i < n; i++) {
        if (stratum[i] < n_strata) {
            mean_x[stratum[i]] += x[i];
            mean_y[stratum[i]] += y[i];
            count[stratum[i]]++;
        }
    }
    for (size_t s = 0; s < n_strata; s++) {
        mean_x[s] = count[s] > 0 ? mean_x[s] / count[s] : 0;
        mean_y[s] = count[s] > 0 ? mean_y[s] / count[s] : 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (stratum[i] < n_strata) {
            const double away = x[i] - mean_x[stratum[i]];

            xy += away * (y[i] - mean_y[stratum[i]]);
            xx += away * away;
        }
    }
    return xx > 1e-12 * (double)n ? xy / xx : NAN; /* below it x varies by its rounding alone */
}

double pal_count_share(const uint32_t *count, const uint8_t *in, size_t n)
{
    uint64_t sum[2] = { 0 };

    for (size_t i = 0; i < n; i++) {
        if (in[i] < 2) {
            sum[in[i]] += count[i];
        }
    }
    return sum[0] + sum[1] > 0 ? (double)sum[1] / (double)(sum[0] + sum[1]) : NAN;
}

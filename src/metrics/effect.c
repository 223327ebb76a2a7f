/* Cohen's d and Cliff's delta. */
#include "metrics/effect.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const pal_effect undefined = { NAN, NAN, NAN, NAN };

/* Sum over a sample of the squared influence on d, up to the sign of z: (z / n - (d / 2) (z^2 - v) / N)^2. */
static double influence_squared(const double *x, size_t n, double mean, double sd, double d, double all)
{
    double v = 0;
    pal_acc sum = { 0 };

    for (size_t i = 0; i < n; i++) {
        v += (x[i] - mean) / sd * ((x[i] - mean) / sd) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double z = (x[i] - mean) / sd, push = z / (double)n - d / 2 * (z * z - v) / all;

        pal_acc_add(&sum, push * push);
    }
    return pal_acc_value(&sum);
}

static pal_effect t_around(double value, double variance, double df, double level)
{
    double se = sqrt(variance), reach = pal_student_quantile(1 - (1 - level) / 2, df) * se;

    return (pal_effect){ value, value - reach, value + reach, se };
}

pal_effect pal_cohen_paired(const double *d, size_t n, double level)
{
    double mean = pal_mean(d, n), sd;

    if (n < 2) {
        return undefined;
    }
    sd = sqrt(pal_variance(d, n));
    if (!(sd > 0)) {
        return mean == 0 ? (pal_effect){ 0, NAN, NAN, NAN } : undefined;
    }
    return t_around(mean / sd, influence_squared(d, n, mean, sd, mean / sd, (double)n) * (double)n / (double)(n - 1),
                    (double)n - 1, level);
}

pal_effect pal_cohen_unpaired(const double *a, size_t n_a, const double *b, size_t n_b, double level)
{
    double mean_a = pal_mean(a, n_a), mean_b = pal_mean(b, n_b), all = (double)(n_a + n_b), sd, d, variance;

    if (n_a < 2 || n_b < 2) {
        return undefined;
    }
    sd = sqrt((pal_variance(a, n_a) * (double)(n_a - 1) + pal_variance(b, n_b) * (double)(n_b - 1)) / (all - 2));
    if (!(sd > 0)) {
        return mean_a == mean_b ? (pal_effect){ 0, NAN, NAN, NAN } : undefined;
    }
    d = (mean_a - mean_b) / sd;
    /* In the second sample z pulls the other way: the same squares with -d. */
    variance = influence_squared(a, n_a, mean_a, sd, d, all) * (double)n_a / (double)(n_a - 1) +
               influence_squared(b, n_b, mean_b, sd, -d, all) * (double)n_b / (double)(n_b - 1);
    return t_around(d, variance, all - 2, level);
}

double pal_hedges(double df)
{
    return df > 1 ? pal_exp(pal_lgamma(df / 2) - pal_lgamma((df - 1) / 2)) / sqrt(df / 2) : NAN;
}

/* ---- Cliff's delta ---- */

/* Feng and Cliff 2004: asymmetric around d, inside [-1, 1]. */
static pal_effect around_delta(double d, double variance, double level)
{
    double z = pal_normal_quantile(1 - (1 - level) / 2), se = sqrt(fmax(0, variance));
    double middle = d - d * d * d, below = 1 - d * d + z * z * se * se;
    double reach = z * se * sqrt((1 - d * d) * (1 - d * d) + z * z * se * se);

    if (!(below > 0)) { /* d is 1 or -1 and nothing varies */
        return (pal_effect){ d, NAN, NAN, NAN };
    }
    return (pal_effect){ d, fmax(-1, (middle - reach) / below), fmin(1, (middle + reach) / below), se };
}

pal_effect pal_cliff_paired(const double *d, size_t n, double level)
{
    size_t above = 0, below = 0;
    double delta, spread;

    for (size_t i = 0; i < n; i++) {
        above += d[i] > 0;
        below += d[i] < 0;
    }
    if (n == 0) {
        return undefined;
    }
    delta = ((double)above - (double)below) / (double)n;
    if (n < 2) {
        return (pal_effect){ delta, NAN, NAN, NAN };
    }
    spread = ((double)(above + below) / (double)n - delta * delta) / (double)(n - 1);
    return around_delta(delta, fmax(spread, (1 - delta * delta) / ((double)n * (double)n)), level);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Values below x (or not above it) in a sorted sample. */
static size_t count_below(const double *sorted, size_t n, double x, bool equal_too)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (sorted[middle] < x || (equal_too && sorted[middle] == x)) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

/* Row means of the dominance matrix of x over sorted y, their squared deviations from delta, and pairs that tie. */
typedef struct dominance {
    double mean, squares, ties;
} dominance;

static dominance dominate(const double *x, size_t n, const double *y, size_t m)
{
    pal_acc sum = { 0 }, square = { 0 };
    dominance out = { 0, 0, 0 };

    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            size_t less = count_below(y, m, x[i], false), upto = count_below(y, m, x[i], true);
            double row = ((double)less - (double)(m - upto)) / (double)m;

            if (pass == 0) {
                pal_acc_add(&sum, row);
                out.ties += (double)(upto - less);
            } else {
                pal_acc_add(&square, (row - out.mean) * (row - out.mean));
            }
        }
        out.mean = pal_acc_value(&sum) / (double)n;
    }
    out.squares = pal_acc_value(&square);
    return out;
}

static pal_status sorted_copy(double **out, const double *x, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(*out, n);
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            PAL_FAIL(PAL_ERR_DATA, "Cliff's delta: value %zu is not a number", i);
        }
        (*out)[i] = x[i];
    }
    qsort(*out, n, sizeof **out, by_value);

done:
    return rc;
}

pal_status pal_cliff(pal_effect *out, const double *a, size_t n_a, const double *b, size_t n_b, double level,
                     pal_error *err)
{
    pal_status rc = PAL_OK;
    double *x = NULL, *y = NULL, pairs = (double)n_a * (double)n_b, within, variance;
    dominance over, under;

    *out = undefined;
    PAL_TRY(sorted_copy(&x, a, n_a, err));
    PAL_TRY(sorted_copy(&y, b, n_b, err));
    if (n_a == 0 || n_b == 0) {
        goto done;
    }
    over = dominate(x, n_a, y, n_b);
    under = dominate(y, n_b, x, n_a);
    out->value = over.mean;
    if (n_a > 1 && n_b > 1) {
        within = pairs - over.ties - pairs * over.mean * over.mean;
        variance = ((double)n_b * (double)n_b * over.squares + (double)n_a * (double)n_a * under.squares - within) /
                   (pairs * (double)(n_a - 1) * (double)(n_b - 1));
        *out = around_delta(over.mean, fmax(variance, (1 - over.mean * over.mean) / (pairs - 1)), level);
    }

done:
    pal_free(x);
    pal_free(y);
    return rc;
}

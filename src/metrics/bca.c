/* BCa intervals: bias from the resamples, acceleration from the jackknife. */
#include "metrics/bca.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

/* Skewness of the jackknife over 6; NaN when it does not exist. */
static double acceleration(const double *push, size_t n)
{
    pal_acc square = { 0 }, cube = { 0 };
    double scale;

    for (size_t u = 0; u < n; u++) {
        if (!isnan(push[u])) {
            pal_acc_add(&square, push[u] * push[u]);
            pal_acc_add(&cube, push[u] * push[u] * push[u]);
        }
    }
    scale = pal_acc_value(&square);
    return scale > 0 && isfinite(scale) ? pal_acc_value(&cube) / (6 * scale * sqrt(scale)) : NAN;
}

/* The percentile that BCa puts in the place of p; NaN when there is none. */
static double corrected(double p, double bias, double accel)
{
    double z = bias + pal_normal_quantile(p), shrink = 1 - accel * z;

    return shrink > 0 ? pal_normal_cdf(bias + z / shrink) : NAN;
}

/* Share of defined draws below the value, equal ones half; draws are compacted to the first *n. */
static double share_below(double *draws, size_t *n, size_t n_draws, double value)
{
    double below = 0;

    *n = 0;
    for (size_t i = 0; i < n_draws; i++) {
        if (!isnan(draws[i])) {
            below += draws[i] < value ? 1 : draws[i] == value ? 0.5 : 0;
            draws[(*n)++] = draws[i];
        }
    }
    return below / (double)*n;
}

pal_interval pal_bca_interval(double *draws, size_t n_draws, double level, double value, const double *push,
                              size_t n_push, size_t people)
{
    pal_interval out = pal_boot_interval(draws, n_draws, level, value, people);
    double accel = acceleration(push, n_push), share, bias, lo, hi;
    size_t n;

    if (isnan(out.lo)) {
        return out;
    }
    share = share_below(draws, &n, n_draws, value);
    if (!(share > 0 && share < 1) || isnan(accel)) {
        return out; /* the percentile interval stays */
    }
    bias = pal_normal_quantile(share);
    lo = corrected((1 - level) / 2, bias, accel);
    hi = corrected(1 - (1 - level) / 2, bias, accel);
    if (!isnan(lo) && !isnan(hi)) {
        out.lo = pal_boot_quantile(draws, n, lo);
        out.hi = pal_boot_quantile(draws, n, hi);
    }
    return out;
}

/* ---- differences of ratios ---- */

/* One arm: numerators and denominators of its units. */
typedef struct side {
    const double *num, *den;
    size_t n;
    double all_num, all_den;
} side;

static pal_status side_read(side *s, const double *num, const double *den, size_t n, pal_error *err)
{
    for (size_t u = 0; u < n; u++) {
        if (!isfinite(num[u])) {
            return pal_error_set(err, PAL_ERR_DATA, "bootstrap: unit %zu: the numerator is not finite", u);
        }
        if (!isfinite(den[u]) || den[u] < 0) {
            return pal_error_set(err, PAL_ERR_DATA, "bootstrap: unit %zu: the denominator is %g, wanted 0 or more", u, den[u]);
        }
    }
    *s = (side){ num, den, n, pal_sum(num, n), pal_sum(den, n) };
    return PAL_OK;
}

static double ratio_or_nan(double num, double den)
{
    return den > 0 ? num / den : NAN;
}

static double side_draw(const side *s, const uint8_t *times)
{
    double num = 0, den = 0;

    for (size_t u = 0; u < s->n; u++) {
        num += times[u] * s->num[u];
        den += times[u] * s->den[u];
    }
    return ratio_or_nan(num, den);
}

static double side_without(const side *s, size_t u)
{
    return ratio_or_nan(s->all_num - s->num[u], s->all_den - s->den[u]);
}

/* push[u] holds the values without unit u, NaN where the unit does not count: from their mean instead. */
static void deviate(double *push, size_t n)
{
    pal_acc sum = { 0 };
    size_t counted = 0;
    double mean;

    for (size_t u = 0; u < n; u++) {
        if (!isnan(push[u])) {
            pal_acc_add(&sum, push[u]);
            counted++;
        }
    }
    mean = pal_acc_value(&sum) / (double)counted;
    for (size_t u = 0; u < n; u++) {
        push[u] = mean - push[u];
    }
}

pal_status pal_bca_difference(pal_interval *out, const pal_boot *boot, const double *num_a, const double *den_a,
                              const double *num_b, const double *den_b, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = pal_boot_people(boot), n_draws = pal_boot_resamples(boot), counted = 0;
    double *draws = NULL, *push = NULL;
    side a, b;

    PAL_TRY(side_read(&a, num_a, den_a, n, err));
    PAL_TRY(side_read(&b, num_b, den_b, n, err));
    PAL_NEW(draws, n_draws);
    PAL_NEW(push, n);
    for (size_t r = 0; r < n_draws; r++) {
        draws[r] = side_draw(&a, pal_boot_row(boot, r)) - side_draw(&b, pal_boot_row(boot, r));
    }
    for (size_t u = 0; u < n; u++) {
        bool counts = den_a[u] > 0 || den_b[u] > 0;

        push[u] = counts ? side_without(&a, u) - side_without(&b, u) : NAN;
        counted += counts;
    }
    deviate(push, n);
    *out = pal_bca_interval(draws, n_draws, pal_boot_level(boot),
                            ratio_or_nan(a.all_num, a.all_den) - ratio_or_nan(b.all_num, b.all_den), push, n, counted);

done:
    pal_free(draws);
    pal_free(push);
    return rc;
}

/* Each side's jackknife with the other side whole, from its own mean: sign is -1 for the arm that is taken away. */
static size_t side_push(double *push, const side *s, double sign)
{
    size_t counted = 0;

    for (size_t u = 0; u < s->n; u++) {
        push[u] = s->den[u] > 0 ? sign * side_without(s, u) : NAN;
        counted += s->den[u] > 0;
    }
    deviate(push, s->n);
    return counted;
}

pal_status pal_bca_unpaired(pal_interval *out, const pal_boot *boot_a, const double *num_a, const double *den_a,
                            const pal_boot *boot_b, const double *num_b, const double *den_b, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_a = pal_boot_people(boot_a), n_b = pal_boot_people(boot_b), n_draws = pal_boot_resamples(boot_a), counted;
    double *draws = NULL, *push = NULL;
    side a, b;

    PAL_ASSERT(n_draws == pal_boot_resamples(boot_b) && pal_boot_level(boot_a) == pal_boot_level(boot_b));
    PAL_TRY(side_read(&a, num_a, den_a, n_a, err));
    PAL_TRY(side_read(&b, num_b, den_b, n_b, err));
    PAL_NEW(draws, n_draws);
    PAL_NEW(push, n_a + n_b);
    for (size_t r = 0; r < n_draws; r++) {
        draws[r] = side_draw(&a, pal_boot_row(boot_a, r)) - side_draw(&b, pal_boot_row(boot_b, r));
    }
    counted = side_push(push, &a, 1);
    counted += side_push(push + n_a, &b, -1);
    *out = pal_bca_interval(draws, n_draws, pal_boot_level(boot_a),
                            ratio_or_nan(a.all_num, a.all_den) - ratio_or_nan(b.all_num, b.all_den), push, n_a + n_b,
                            counted);

done:
    pal_free(draws);
    pal_free(push);
    return rc;
}

pal_interval pal_paired_t(const double *d, size_t n, double level)
{
    pal_interval out = { .value = pal_mean(d, n), .lo = NAN, .hi = NAN, .se = NAN, .n = n };
    double reach;

    if (n >= 2) {
        out.se = sqrt(pal_variance(d, n) / (double)n);
        reach = pal_student_quantile(1 - (1 - level) / 2, (double)n - 1) * out.se;
        out.lo = out.value - reach;
        out.hi = out.value + reach;
    }
    return out;
}

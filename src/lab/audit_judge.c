/* Orders of models against each other. */
#include "lab/audit_judge.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

static int sign(double x)
{
    return (x > 0) - (x < 0);
}

double pal_audit_tau(const double *a, const double *b, size_t n)
{
    double same = 0, in_a = 0, in_b = 0;

    for (size_t i = 0; i < n; i++) {
        if (isnan(a[i]) || isnan(b[i])) return NAN;
        for (size_t j = 0; j < i; j++) {
            same += sign(a[i] - a[j]) * sign(b[i] - b[j]);
            in_a += sign(a[i] - a[j]) != 0;
            in_b += sign(b[i] - b[j]) != 0;
        }
    }
    return in_a > 0 && in_b > 0 ? same / sqrt(in_a * in_b) : (double)NAN;
}

static double correlation(const double *a, const double *b, size_t n)
{
    double ma = pal_mean(a, n), mb = pal_mean(b, n);
    pal_acc aa = { 0 }, ab = { 0 }, bb = { 0 };

    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&aa, (a[i] - ma) * (a[i] - ma));
        pal_acc_add(&ab, (a[i] - ma) * (b[i] - mb));
        pal_acc_add(&bb, (b[i] - mb) * (b[i] - mb));
    }
    return pal_acc_value(&ab) / sqrt(pal_acc_value(&aa) * pal_acc_value(&bb));
}

static double reversed(const double *estimate, const double *truth, size_t n)
{
    double pairs = 0, wrong = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            const int t = sign(truth[i] - truth[j]), e = sign(estimate[i] - estimate[j]);

            if (t == 0) continue;
            pairs += 1;
            wrong += e == 0 ? 0.5 : e != t;
        }
    }
    return pairs > 0 ? wrong / pairs : (double)NAN;
}

pal_audit_order pal_audit_compare(const double *estimate, const double *truth, const double *popularity, size_t n)
{
    const pal_audit_order none = { NAN, NAN, NAN, NAN, NAN };
    pal_audit_order o = none;
    double best = -INFINITY, top = -INFINITY, first = 0, right = 0, value = 0;

    for (size_t i = 0; i < n; i++) {
        if (isnan(estimate[i]) || isnan(truth[i])) return none;
        best = fmax(best, truth[i]);
        top = fmax(top, estimate[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (estimate[i] < top) continue;
        first += 1;
        right += truth[i] >= best;
        value += truth[i];
    }
    o.tau = pal_audit_tau(estimate, truth, n);
    o.reversed = reversed(estimate, truth, n);
    o.picked = right / first;
    o.regret = best - value / first;
    o.tilt = correlation(estimate, popularity, n) - correlation(truth, popularity, n);
    return o;
}

/* The values that are there. */
static size_t present(double *out, const double *x, size_t n)
{
    size_t m = 0;

    for (size_t i = 0; i < n && m < PAL_AUDIT_MOST; i++) {
        if (isfinite(x[i])) out[m++] = x[i];
    }
    return m;
}

pal_interval pal_audit_mean(const double *x, size_t n, double level, double least, double most)
{
    double y[PAL_AUDIT_MOST] = { 0 };
    const size_t m = present(y, x, n);
    pal_interval out = { pal_mean(y, m), NAN, NAN, NAN, m };
    double reach;

    if (m < 2) return out;
    out.se = sqrt(pal_variance(y, m) / (double)m);
    reach = pal_student_quantile(1 - (1 - level) / 2, (double)m - 1) * out.se;
    out.lo = fmax(least, out.value - reach);
    out.hi = fmin(most, out.value + reach);
    return out;
}

pal_interval pal_audit_share(const double *x, size_t n, double level)
{
    double y[PAL_AUDIT_MOST] = { 0 };
    const size_t m = present(y, x, n);
    pal_interval out = { pal_mean(y, m), NAN, NAN, NAN, m };
    double z = pal_normal_quantile(1 - (1 - level) / 2), count = (double)m, scale, middle, reach;

    if (m == 0) return out;
    scale = 1 + z * z / count;
    middle = (out.value + z * z / (2 * count)) / scale;
    reach = z * sqrt(out.value * (1 - out.value) / count + z * z / (4 * count * count)) / scale;
    out.lo = fmax(0, middle - reach);
    out.hi = fmin(1, middle + reach);
    return out;
}

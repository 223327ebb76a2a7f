/* CUPED and the gain of pairing. */
#include "metrics/cuped.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

/* Sums of squared deviations of a sample of pairs. */
typedef struct moments {
    double mean_x, mean_y, xx, xy, yy;
} moments;

static moments moments_of(const double *x, const double *y, size_t n)
{
    moments m = { .mean_x = pal_mean(x, n), .mean_y = pal_mean(y, n) };
    pal_acc xx = { 0 }, xy = { 0 }, yy = { 0 };

    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&xx, (x[i] - m.mean_x) * (x[i] - m.mean_x));
        pal_acc_add(&xy, (x[i] - m.mean_x) * (y[i] - m.mean_y));
        pal_acc_add(&yy, (y[i] - m.mean_y) * (y[i] - m.mean_y));
    }
    m.xx = pal_acc_value(&xx);
    m.xy = pal_acc_value(&xy);
    m.yy = pal_acc_value(&yy);
    return m;
}

/* What is left of the squares of y after theta. */
static double left(const moments *m, double theta)
{
    double squares = m->yy - 2 * theta * m->xy + theta * theta * m->xx;

    return squares > 0 ? squares : 0;
}

static pal_interval t_interval(double value, double se, double df, double level, size_t n)
{
    double reach = pal_student_quantile(1 - (1 - level) / 2, df) * se;

    return (pal_interval){ .value = value, .lo = value - reach, .hi = value + reach, .se = se, .n = n };
}

static void undefined(pal_cuped *out)
{
    const pal_interval none = { .value = NAN, .lo = NAN, .hi = NAN, .se = NAN, .n = 0 };

    *out = (pal_cuped){ NAN, none, none, NAN };
}

static void set_reduction(pal_cuped *out)
{
    double ratio = out->adjusted.se / out->plain.se;

    out->variance_reduction = out->plain.se > 0 ? 1 - ratio * ratio : NAN;
}

void pal_cuped_paired(pal_cuped *out, const double *y, const double *x, size_t n, double mean_x, double level)
{
    moments m;
    double count = (double)n;

    undefined(out);
    if (n < 3) {
        return;
    }
    m = moments_of(x, y, n);
    out->theta = m.xx > 0 && !isnan(mean_x) ? m.xy / m.xx : 0;
    out->plain = t_interval(m.mean_y, sqrt(m.yy / (count - 1) / count), count - 1, level, n);
    out->adjusted = isnan(mean_x) ? out->plain
                                  : t_interval(m.mean_y - out->theta * (m.mean_x - mean_x),
                                               sqrt(left(&m, out->theta) / (count - 2) / count), count - 2, level, n);
    set_reduction(out);
}

/* Welch's degrees of freedom; `paid` of them went into theta. */
static pal_interval welch(double value, double var_a, size_t n_a, double var_b, size_t n_b, double paid, double level)
{
    double a = var_a / (double)n_a, b = var_b / (double)n_b;
    double df = (a + b) * (a + b) / (a * a / (double)(n_a - 1) + b * b / (double)(n_b - 1)) - paid;

    if (!(a + b > 0)) {
        return t_interval(value, 0, (double)(n_a + n_b - 2), level, n_a + n_b);
    }
    return t_interval(value, sqrt(a + b), df, level, n_a + n_b);
}

void pal_cuped_unpaired(pal_cuped *out, const double *y_a, const double *x_a, size_t n_a, const double *y_b,
                        const double *x_b, size_t n_b, double level)
{
    moments a, b;

    undefined(out);
    if (n_a < 3 || n_b < 3) {
        return;
    }
    a = moments_of(x_a, y_a, n_a);
    b = moments_of(x_b, y_b, n_b);
    out->theta = a.xx + b.xx > 0 ? (a.xy + b.xy) / (a.xx + b.xx) : 0;
    out->plain = welch(a.mean_y - b.mean_y, a.yy / (double)(n_a - 1), n_a, b.yy / (double)(n_b - 1), n_b, 0, level);
    out->adjusted = welch(a.mean_y - b.mean_y - out->theta * (a.mean_x - b.mean_x), left(&a, out->theta) / (double)(n_a - 1),
                          n_a, left(&b, out->theta) / (double)(n_b - 1), n_b, 1, level);
    set_reduction(out);
}

/* 2 cov / (var a + var b) without unit u; every unit when u is n. It lies in [-1, 1], as a correlation does. */
static double concordance(const moments *m, const double *a, const double *b, size_t u, size_t n)
{
    double xx = m->xx, xy = m->xy, yy = m->yy, share = (double)n / (double)(n - 1);

    if (u < n) {
        xx -= share * (a[u] - m->mean_x) * (a[u] - m->mean_x);
        xy -= share * (a[u] - m->mean_x) * (b[u] - m->mean_y);
        yy -= share * (b[u] - m->mean_y) * (b[u] - m->mean_y);
    }
    return 2 * xy / (xx + yy);
}

static double fisher_z(double r)
{
    return (pal_log1p(r) - pal_log1p(-r)) / 2;
}

static void jackknife(pal_pairing *out, const moments *m, const double *a, const double *b, size_t n, double level)
{
    double z = fisher_z(out->reduction), mean, se, reach;
    pal_acc sum = { 0 }, square = { 0 };

    for (size_t u = 0; u < n; u++) {
        pal_acc_add(&sum, fisher_z(concordance(m, a, b, u, n)));
    }
    mean = pal_acc_value(&sum) / (double)n;
    for (size_t u = 0; u < n; u++) {
        double d = fisher_z(concordance(m, a, b, u, n)) - mean;

        pal_acc_add(&square, d * d);
    }
    se = sqrt(pal_acc_value(&square) * (double)(n - 1) / (double)n);
    reach = pal_student_quantile(1 - (1 - level) / 2, (double)n - 1) * se;
    if (isfinite(z) && isfinite(reach)) {
        out->lo = pal_tanh(z - reach);
        out->hi = pal_tanh(z + reach);
    }
}

pal_pairing pal_pairing_gain(const double *a, const double *b, size_t n, double level)
{
    pal_pairing out = { NAN, NAN, NAN, NAN, NAN, NAN };
    moments m;
    double df = (double)n - 1;

    if (n < 3) {
        return out;
    }
    m = moments_of(a, b, n);
    out.unpaired = (m.xx + m.yy) / df;
    out.paired = fmax(0, m.xx + m.yy - 2 * m.xy) / df;
    if (out.unpaired > 0) {
        out.reduction = concordance(&m, a, b, n, n);
        out.saved = out.unpaired / out.paired;
        jackknife(&out, &m, a, b, n, level);
    }
    return out;
}

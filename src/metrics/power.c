/* Power of t tests through the noncentral t distribution. */
#include "metrics/power.h"

#include "core/pmath.h"

#include <math.h>
#include <stdbool.h>

#define MOST_DELTA 100.0
#define MOST_DF 1e5
#define SMALLEST 1e-17   /* weights below it are left out                */
#define MOST_N 0x1p52    /* sample sizes that a double still counts      */
#define HALVINGS 200     /* of an interval of effects: past its last bit */
#define HIGHEST_EFFECT 1e6

/* Source: Abramowitz and Stegun 26.7.10. */
static double nearly_normal(double t, double df, double delta)
{
    return pal_normal_cdf((t * (1 - 1 / (4 * df)) - delta) / sqrt(1 + t * t / (2 * df)));
}

/* One term of the sum, weights p and q. */
static double term(double p, double q, double j, double df, double x)
{
    return p * pal_beta_inc(j + 0.5, df / 2, x) + q * pal_beta_inc(j + 1, df / 2, x);
}

/* t >= 0: Phi(-delta) + 1/2 sum_j (p_j I_x(j + 1/2, df/2) + q_j I_x(j + 1, df/2)), x = t^2 / (df + t^2),
 * p_j = e^-m m^j / j!, q_j = delta / sqrt 2 e^-m m^j / Gamma(j + 3/2), m = delta^2 / 2; from the mode outwards. */
static double upper_half(double t, double df, double delta)
{
    double x = t * t / (df + t * t), m = delta * delta / 2, mode = floor(m), log_weight, sum, p0, q0, p, q;

    log_weight = m > 0 ? mode * pal_log(m) - m : 0;
    p0 = pal_exp(log_weight - pal_lgamma(mode + 1));
    q0 = delta / sqrt(2) * pal_exp(log_weight - pal_lgamma(mode + 1.5));
    sum = term(p0, q0, mode, df, x);
    p = p0;
    q = q0;
    for (double j = mode + 1; p > SMALLEST || fabs(q) > SMALLEST; j++) {
        p *= m / j;
        q *= m / (j + 0.5);
        sum += term(p, q, j, df, x);
    }
    p = p0;
    q = q0;
    for (double j = mode - 1; j >= 0 && (p > SMALLEST || fabs(q) > SMALLEST); j--) {
        p *= (j + 1) / m;
        q *= (j + 1.5) / m;
        sum += term(p, q, j, df, x);
    }
    return pal_normal_cdf(-delta) + sum / 2;
}

double pal_noncentral_t_cdf(double t, double df, double delta)
{
    double p;

    if (isnan(t) || isnan(delta) || !(df > 0)) {
        return NAN;
    }
    if (df > MOST_DF || fabs(delta) > MOST_DELTA) {
        return nearly_normal(t, df, delta);
    }
    p = t >= 0 ? upper_half(t, df, delta) : 1 - upper_half(-t, df, -delta);
    return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* Chance of |T| beyond the critical value. */
static double power_of(double delta, double df, double alpha)
{
    double critical = pal_student_quantile(1 - alpha / 2, df);

    return 1 - pal_noncentral_t_cdf(critical, df, delta) + pal_noncentral_t_cdf(-critical, df, delta);
}

static double paired(double d, double n, double alpha)
{
    return n < 2 ? 0 : power_of(d * sqrt(n), n - 1, alpha);
}

static double unpaired(double d, double n_a, double n_b, double alpha)
{
    return n_a < 2 || n_b < 2 ? 0 : power_of(d * sqrt(n_a * n_b / (n_a + n_b)), n_a + n_b - 2, alpha);
}

double pal_power_paired(double d, size_t n, double alpha)
{
    return paired(d, (double)n, alpha);
}

double pal_power_unpaired(double d, size_t n_a, size_t n_b, double alpha)
{
    return unpaired(d, (double)n_a, (double)n_b, alpha);
}

static double power_with(double d, double n, double alpha, bool pairs)
{
    return pairs ? paired(d, n, alpha) : unpaired(d, n, n, alpha);
}

/* Power grows with n: double, then halve. */
static double needed(double d, double alpha, double power, bool pairs)
{
    double lo = 1, hi = 2;

    if (d == 0 || isnan(d)) {
        return d == 0 ? INFINITY : NAN;
    }
    while (power_with(d, hi, alpha, pairs) < power) {
        lo = hi;
        hi *= 2;
        if (hi > MOST_N) {
            return INFINITY;
        }
    }
    while (hi - lo > 1) {
        double middle = floor((lo + hi) / 2);

        if (power_with(d, middle, alpha, pairs) < power) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    return hi;
}

double pal_needed_pairs(double d, double alpha, double power)
{
    return needed(d, alpha, power, true);
}

double pal_needed_each(double d, double alpha, double power)
{
    return needed(d, alpha, power, false);
}

static double detectable(double n_a, double n_b, double alpha, double power, bool pairs)
{
    double lo = 0, hi = 1;

    if (n_a < 2 || n_b < 2) {
        return INFINITY;
    }
    while (hi < HIGHEST_EFFECT && (pairs ? paired(hi, n_a, alpha) : unpaired(hi, n_a, n_b, alpha)) < power) {
        hi *= 2;
    }
    for (int i = 0; i < HALVINGS && lo < hi; i++) {
        double middle = (lo + hi) / 2;

        if (middle == lo || middle == hi) {
            break;
        }
        if ((pairs ? paired(middle, n_a, alpha) : unpaired(middle, n_a, n_b, alpha)) < power) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    return hi;
}

double pal_detectable_paired(size_t n, double alpha, double power)
{
    return detectable((double)n, (double)n, alpha, power, true);
}

double pal_detectable_unpaired(size_t n_a, size_t n_b, double alpha, double power)
{
    return detectable((double)n_a, (double)n_b, alpha, power, false);
}

double pal_needed_each_share(double p_a, double p_b, double alpha, double power)
{
    double mean = (p_a + p_b) / 2, gap = p_a - p_b, root;

    if (!(p_a >= 0 && p_a <= 1 && p_b >= 0 && p_b <= 1)) {
        return NAN;
    }
    if (gap == 0) {
        return INFINITY;
    }
    root = pal_normal_quantile(1 - alpha / 2) * sqrt(2 * mean * (1 - mean)) +
           pal_normal_quantile(power) * sqrt(p_a * (1 - p_a) + p_b * (1 - p_b));
    return ceil(root * root / (gap * gap));
}

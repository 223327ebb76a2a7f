/* The regularised incomplete beta function, and Student's t by way of it. */
#include "core/pmath.h"

#include "core/pmath_kernel.h"

#define HALF_LOG_2PI 0x1.d67f1c864beb5p-1
#define CF_LIMIT 200000 /* terms of the continued fraction; about sqrt(max(a, b)) are needed */
#define NEWTON_LIMIT 100
#define TINY 1e-300 /* stands for a denominator that is 0 */

/* lgamma(x + 1) - (x + 1/2) log x + x - log(2 pi) / 2: what Stirling's formula leaves out. */
static double stirling_error(double x)
{
    double s;

    if (x < 10) return pal_lgamma(x + 1) - (x + 0.5) * pal_log(x) + x - HALF_LOG_2PI;
    s = 1 / (x * x);
    return (0x1.5555555555555p-4
        + s * (-0x1.6c16c16c16c17p-9
        + s * (0x1.a01a01a01a01ap-11
        + s * (-0x1.3813813813814p-11
        + s * (0x1.b951e2b18ff23p-11
        + s * (-0x1.f6ab0d9993c7dp-10
        + s * 0x1.a41a41a41a41ap-8)))))) / x;
}

/* u - log(1 + u), u > -1; `one_plus` is 1 + u computed without cancellation. */
static double log_gap(double u, double one_plus)
{
    double v, v2, power, sum = 0, before;

    if (fabs(u) > 0.5) return u - pal_log(one_plus);
    /* log(1 + u) = 2 atanh v, v = u / (2 + u), and 2 v = u - u v */
    v = u / (2 + u);
    v2 = v * v;
    power = 1;
    for (int k = 3;; k += 2) {
        before = sum;
        sum += power / k;
        if (sum == before) break;
        power *= v2;
    }
    return v * (u - 2 * v2 * sum);
}

/* a y - b x, y = 1 - x, without cancellation: above 0 when x is below the mean a / (a + b). The smaller of x and y
 * is taken to be exact. */
static double balance(double a, double b, double x, double y)
{
    pal_pair n = pal_two_sum(a, b);
    double small = x < y ? x : y;
    pal_pair m = pal_two_product(n.high, small);

    if (x < y) return (a - m.high) - (m.low + n.low * x);
    return (m.high - b) + (m.low + n.low * y);
}

/*
 * x^a y^b / B(a, b), `tilt` = balance(a, b, x, y).
 * Source: C. Loader, Fast and accurate computation of binomial probabilities (2000): the saddle-point form, in which
 * large terms never cancel.
 */
static double beta_power(double a, double b, double x, double y, double tilt)
{
    double n = a + b, t;

    if (x <= 0 || y <= 0) return 0;
    t = stirling_error(n) - stirling_error(a) - stirling_error(b)
        - a * log_gap(-tilt / a, n * x / a) - b * log_gap(tilt / b, n * y / b);
    return pal_exp(t) * sqrt(a / n * b) * 0x1.9884533d43651p-2; /* 1 / sqrt(2 pi) */
}

/*
 * x^a y^b / B(a, b) divided by I_x(a, b), for tilt >= 0; b[0] + a[1] / (b[1] + a[2] / (b[2] + ...)) by Lentz's method
 * as Thompson and Barnett changed it. The tilt enters as one number, so x close to 1 costs no figures.
 * Source: A. R. DiDonato, A. H. Morris, Algorithm 708, ACM TOMS 18 (1992), 360-373 (BFRAC).
 */
static double beta_fraction(double a, double b, double x, double y, double tilt)
{
    double f = a * (tilt + 1) / (a + 1), c = f, d = 0;

    for (int i = 1; i <= CF_LIMIT; i++) {
        double m = i, e = a + 2 * m - 1, step;
        double top = (a + m - 1) / e * ((a + b + m - 1) / e) * m * (b - m) * x * x;
        double bottom = m + m * (b - m) * x / e + (a + m) / (a + 2 * m + 1) * (tilt + 1 + m * (1 + y));

        d = bottom + top * d;
        c = bottom + top / c;
        if (d == 0) d = TINY;
        if (c == 0) c = TINY;
        d = 1 / d;
        step = c * d;
        f *= step;
        if (fabs(step - 1) <= 0x1p-52) break;
    }
    return f;
}

/* I_x(a, b) with y = 1 - x given apart, so that neither end loses figures. */
static double beta_inc(double a, double b, double x, double y)
{
    double tilt = balance(a, b, x, y);

    if (x <= 0) return 0;
    if (y <= 0) return 1;
    if (tilt >= 0) return beta_power(a, b, x, y, tilt) / beta_fraction(a, b, x, y, tilt);
    return 1 - beta_power(a, b, x, y, tilt) / beta_fraction(b, a, y, x, -tilt);
}

double pal_beta_inc(double a, double b, double x)
{
    if (!(a > 0 && b > 0 && a < HUGE_VAL && b < HUGE_VAL) || x != x) return pal_nan();
    return beta_inc(a, b, x, 1 - x);
}

typedef struct student_point {
    double tail;    /* P(T > t)            */
    double central; /* P(|T| < t)          */
    double slope;   /* t times the density */
} student_point;

/* t > 0 */
static student_point student_at(double t, double df)
{
    double w = t / sqrt(df), a = 0.5 * df, x, y, tilt, i;
    student_point s;

    if (w > 1e8) { /* I_x(a, 1/2) = x^a / (a B(a, 1/2)) to 1e-16 relative */
        s.slope = pal_exp(pal_lgamma(a + 0.5) - pal_lgamma(a) - df * pal_log(w)) * 0x1.20dd750429b6dp-1;
        s.tail = s.slope / df;
        s.central = 1 - 2 * s.tail;
        return s;
    }
    x = 1 / (1 + w * w);
    y = w * w * x;
    tilt = balance(a, 0.5, x, y);
    s.slope = beta_power(a, 0.5, x, y, tilt);
    if (tilt >= 0) {
        i = s.slope / beta_fraction(a, 0.5, x, y, tilt);
        s.tail = 0.5 * i;
        s.central = 1 - i;
    } else {
        i = s.slope / beta_fraction(0.5, a, y, x, -tilt);
        s.central = i;
        s.tail = 0.5 - 0.5 * i;
    }
    return s;
}

#define NORMAL_FROM 1e15 /* degrees of freedom from which Student's t is the normal to the last bit but one */

double pal_student_cdf(double t, double df)
{
    student_point s;

    if (!(df > 0) || t != t) return pal_nan();
    if (df >= NORMAL_FROM) return pal_normal_cdf(t);
    if (t == 0) return 0.5;
    if (fabs(t) == HUGE_VAL) return t > 0 ? 1 : 0;
    s = student_at(fabs(t), df);
    if (t < 0) return s.tail;
    return s.central < 0.5 ? 0.5 + 0.5 * s.central : 1 - s.tail;
}

/* P(|T| < t) = c, 0 < c <= 1/2: concave in t, so Newton's steps from the tangent at 0 rise to the root. */
static double central_quantile(double c, double df)
{
    const double zero = 1e-10; /* near enough for the density at 0 */
    double t = c * zero / (2 * student_at(zero, df).slope), step;

    for (int i = 0; i < NEWTON_LIMIT; i++) {
        student_point s = student_at(t, df);

        step = (c - s.central) * t / (2 * s.slope);
        t += step;
        if (fabs(step) <= 1e-15 * t) break;
    }
    return t;
}

/* P(T > t) = q, 0 < q < 1/4: log of the tail is concave in log t; Newton's steps fall to the root from above. */
static double tail_quantile(double q, double df)
{
    double t = -pal_normal_quantile(q), step;

    for (int i = 0; i < NEWTON_LIMIT; i++) {
        student_point s = student_at(t, df);

        step = s.tail / s.slope * pal_log(s.tail / q);
        t *= pal_exp(step);
        if (fabs(step) <= 1e-15 || t == HUGE_VAL) break;
    }
    return t;
}

double pal_student_quantile(double p, double df)
{
    double t;

    if (!(p >= 0 && p <= 1) || !(df > 0)) return pal_nan();
    if (p == 0 || p == 1) return p == 0 ? -HUGE_VAL : HUGE_VAL;
    if (df >= NORMAL_FROM) return pal_normal_quantile(p);
    if (p == 0.5) return 0;
    t = p >= 0.25 && p <= 0.75 ? central_quantile(fabs(2 * p - 1), df) : tail_quantile(p < 0.5 ? p : 1 - p, df);
    return p < 0.5 ? -t : t;
}

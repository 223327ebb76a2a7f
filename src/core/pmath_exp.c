/* exp and what is made of it: expm1, tanh, sigmoid, softplus; log and what is made of it: log1p, log2, logit, pow. */
#include "core/pmath.h"

#include "core/pmath_kernel.h"

#define SMALLEST_LOG (-745.1332191019412) /* below it exp rounds to 0: log(2^-1075)  */
#define LARGEST_LOG 709.782712893384      /* above it exp overflows: log(2^1024)     */

/* exp(x + low) where x is out of the quick range or not a number. */
static double exp_edge(double x, double low)
{
    pal_exp_parts e;

    if (x != x) return pal_nan();
    if (x > LARGEST_LOG) return HUGE_VAL;
    if (x < SMALLEST_LOG) return 0;
    e = pal_exp_reduce(x, low);
    return pal_scale(e.scale + e.scale * pal_exp_rest(&e), e.two);
}

double pal_exp(double x)
{
    pal_exp_parts e;
    double scale;

    if (!(fabs(x) < 690)) return exp_edge(x, 0); /* further down, scale * rest would be subnormal */
    e = pal_exp_reduce(x, 0);
    scale = pal_times_two(e.scale, e.two);
    return scale + scale * pal_exp_rest(&e);
}

/* exp(x) - 1 as a pair; -50 < x < 709. */
static pal_pair expm1_pair(double x)
{
    pal_exp_parts e = pal_exp_reduce(x, 0);
    double scale = pal_times_two(e.scale, e.two);
    pal_pair a = pal_two_sum(scale, -1);
    pal_pair h = pal_two_sum(a.high, e.r);

    /* (scale - 1) + r + what is small against it: no cancellation, down to x = 0 */
    h.low += a.low + (a.high * e.r + scale * (e.tail * (1 + e.r) + e.r_low + e.high_order));
    return pal_fast_sum(h.high, h.low);
}

double pal_expm1(double x)
{
    if (x != x) return pal_nan();
    if (x > 708) return pal_exp(x);
    if (x < -50) return -1;
    if (fabs(x) < 0x1p-54) return x;
    return expm1_pair(x).high;
}

double pal_tanh(double x)
{
    double a = fabs(x);
    double q, t;
    pal_pair e, d, p;

    if (x != x) return pal_nan();
    if (a < 0x1p-28) return x;
    if (a > 20) return x > 0 ? 1 : -1;

    /* tanh = E / (E + 2), E = exp(2|x|) - 1 */
    e = expm1_pair(2 * a);
    d = pal_two_sum(e.high, 2);
    d.low += e.low;
    q = e.high / d.high;
    p = pal_two_product(q, d.high);
    t = q + (((e.high - p.high) - p.low) + (e.low - q * d.low)) / d.high;
    return x > 0 ? t : -t;
}

double pal_sigmoid(double x)
{
    double a = fabs(x);
    double d, d_cut, d_low, inverse, n_low, n, q;
    pal_pair e, sum;

    if (x != x) return pal_nan();
    if (a > 40) return x > 0 ? 1 : pal_exp(x); /* 1 + exp(-|x|) is 1 to 2^-57 */

    /* n / (1 + e), e = exp(-|x|), n = 1 or e; the quotient is cut short and corrected by its remainder */
    e = pal_exp_pair(-a);
    sum = pal_fast_sum(1, e.high);
    d = sum.high;
    d_cut = pal_cut(d);
    d_low = (d - d_cut) + (sum.low + e.low);
    inverse = 1 / d;
    n = x >= 0 ? 1 : e.high;
    n_low = x >= 0 ? 0 : e.low;
    q = pal_cut(n * inverse);
    return q + ((n - q * d_cut) + (n_low - q * d_low)) * inverse;
}

double pal_softplus(double x)
{
    pal_pair e, l, s;

    if (x != x) return pal_nan();
    if (x > 40) return x;
    if (x < -40) return pal_exp(x);

    /* max(x, 0) + log(1 + exp(-|x|)) */
    e = pal_exp_pair(-fabs(x));
    l = pal_log1p_pair(e.high, e.low);
    s = pal_two_sum(x > 0 ? x : 0, l.high);
    return s.high + (s.low + l.low);
}

/* log at what is not a finite number above 0. */
static double log_edge(double x)
{
    if (x == 0) return -HUGE_VAL;
    if (x > 0) return x; /* inf */
    return pal_nan();
}

double pal_log(double x)
{
    pal_pair l;

    if (!(x > 0 && x < HUGE_VAL)) return log_edge(x);
    l = pal_log_pair(x, 0);
    return l.high + l.low;
}

double pal_log1p(double x)
{
    pal_pair l;

    if (!(x > -1 && x < HUGE_VAL)) return x == -1 ? -HUGE_VAL : x > 0 ? x : pal_nan();
    if (fabs(x) < 0x1p-54) return x;
    l = pal_log1p_pair(x, 0);
    return l.high + l.low;
}

double pal_log2(double x)
{
    const double high = 0x1.71547652b82fep+0, low = 0x1.777d0ffda0d24p-56; /* 1 / ln 2 */
    pal_log_parts p;
    pal_pair z, m, s;

    if (!(x > 0 && x < HUGE_VAL)) return log_edge(x);
    p = pal_log_reduce(x);
    z = pal_fast_sum(p.cell, p.r);
    z.low += p.low + pal_log_rest(p.r);
    z = pal_fast_sum(z.high, z.low);
    m = pal_two_product(z.high, high);
    m.low += z.high * low + z.low * high;
    s = pal_two_sum(p.k, m.high);
    return s.high + (s.low + m.low);
}

double pal_logit(double p)
{
    pal_pair q, l, m, s;

    if (!(p > 0 && p < 1)) return p == 0 ? -HUGE_VAL : p == 1 ? HUGE_VAL : pal_nan();
    if (p >= 0.25) {
        /* log1p of |2p - 1| / min(p, 1 - p): both are exact here */
        q = p >= 0.5 ? pal_two_quotient(2 * p - 1, 1 - p) : pal_two_quotient(1 - 2 * p, p);
        l = pal_log1p_pair(q.high, q.low);
        return p >= 0.5 ? l.high + l.low : -(l.high + l.low);
    }
    l = pal_log_pair(p, 0);
    m = pal_log1p_pair(-p, 0);
    s = pal_two_sum(l.high, -m.high);
    return s.high + (s.low + (l.low - m.low));
}

double pal_pow(double x, double y)
{
    double rough;
    pal_pair l, e;

    if (y == 0 || x == 1) return 1;
    if (!(x >= 0) || y != y) return pal_nan();
    if (x == 0) return y > 0 ? 0 : HUGE_VAL;
    if (x == HUGE_VAL) return y > 0 ? HUGE_VAL : 0;

    l = pal_log_pair(x, 0);
    l = pal_fast_sum(l.high, l.low);
    rough = y * l.high;
    if (rough > 800) return HUGE_VAL;
    if (rough < -800) return 0;
    if (fabs(rough) < 0x1p-60) return 1;
    /* |log x| >= 2^-53 and these bounds on y log x keep |y| within 2^-70 and 2^63: the product below is exact */
    e = pal_two_product(y, l.high);
    e.low += y * l.low;
    return exp_edge(e.high, e.low);
}

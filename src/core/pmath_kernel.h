/*
 * What the elementary functions share: bits of a double, error-free sums and products, and exp and log as
 * unevaluated pairs (high + low, good to about 2^-62 relative). For pmath_*.c only; everyone else includes pmath.h.
 *
 * All of it needs round-to-nearest, doubles without excess precision and no contraction (the build's flags).
 * Sources: Dekker 1971, Knuth TAOCP 2 4.2.2 (pairs); Tang, ACM TOMS 15 (1989) and 16 (1990) (tables).
 */
#ifndef PAL_CORE_PMATH_KERNEL_H
#define PAL_CORE_PMATH_KERNEL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define PAL_LOG_FIRST UINT64_C(0x3fe5f00000000000) /* bits of the lower end of log cell 0, about 0.686 */

extern const double pal_exp_table[128][2];
extern const double pal_log_table[128][3];

typedef struct pal_pair { /* high + low, |low| at most an ulp or two of high */
    double high, low;
} pal_pair;

static inline uint64_t pal_bits(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double pal_from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x cut to its leading 26 bits: products of two such numbers are exact. */
static inline double pal_cut(double x)
{
    return pal_from_bits(pal_bits(x) & ~((UINT64_C(1) << 27) - 1));
}

/* a + b exactly. */
static inline pal_pair pal_two_sum(double a, double b)
{
    double s = a + b;
    double t = s - a;

    return (pal_pair){ s, (a - (s - t)) + (b - t) };
}

/* a + b exactly, for |a| >= |b| or a = 0. */
static inline pal_pair pal_fast_sum(double a, double b)
{
    double s = a + b;

    return (pal_pair){ s, (a - s) + b };
}

/* a * b exactly, for |a|, |b| and |a b| well inside the range of a double. */
static inline pal_pair pal_two_product(double a, double b)
{
    double p = a * b;
    double ca = 0x1.0000002p27 * a, cb = 0x1.0000002p27 * b;
    double ah = ca - (ca - a), bh = cb - (cb - b);
    double al = a - ah, bl = b - bh;

    return (pal_pair){ p, ((ah * bh - p) + ah * bl + al * bh) + al * bl };
}

/* a / b as a pair, same limits. */
static inline pal_pair pal_two_quotient(double a, double b)
{
    double q = a / b;
    pal_pair p = pal_two_product(q, b);

    return (pal_pair){ q, ((a - p.high) - p.low) / b };
}

/* exp(x + low) = 2^two * (scale + scale * rest), scale in [1, 2), |rest| < 0.003. */
typedef struct pal_exp_parts {
    double scale;
    double tail;       /* what rounding took from scale, relative to it */
    double r, r_low;   /* the reduced argument, |r| <= ln 2 / 256       */
    double high_order; /* exp(r) - 1 - r                                */
    int64_t two;
} pal_exp_parts;

/* |x| < 1000, |low| small against 1. */
static inline pal_exp_parts pal_exp_reduce(double x, double low)
{
    const double shift = 0x1.8p52;
    double shifted = x * 0x1.71547652b82fep+7 + shift; /* 128 / ln 2; rounds to the nearest integer */
    int64_t k = (int64_t)(pal_bits(shifted) - pal_bits(shift));
    double n = shifted - shift;
    double t = x - n * 0x1.62e42fefcp-8; /* exact: the constant has 34 bits, n at most 18 */
    double u = n * -0x1.c610ca86c3899p-44;
    double r = t - u;
    pal_exp_parts e;

    e.scale = pal_exp_table[k & 127][0];
    e.tail = pal_exp_table[k & 127][1];
    e.r = r;
    e.r_low = ((t - r) - u) + low;
    e.high_order = r * r
        * ((0.5 + r * 0x1.5555555555555p-3)
           + r * r * ((0x1.5555555555555p-5 + r * 0x1.1111111111111p-7) + r * r * 0x1.6c16c16c16c17p-10));
    e.two = k >> 7;
    return e;
}

static inline double pal_exp_rest(const pal_exp_parts *e)
{
    return e->r + (e->r_low + e->tail + e->high_order);
}

/* x * 2^two where the result is a normal number and x in [1, 2). */
static inline double pal_times_two(double x, int64_t two)
{
    return pal_from_bits(pal_bits(x) + ((uint64_t)two << 52));
}

/* exp(x) as a pair; |x| < 690. */
static inline pal_pair pal_exp_pair(double x)
{
    pal_exp_parts e = pal_exp_reduce(x, 0);
    double scale = pal_times_two(e.scale, e.two);

    return pal_fast_sum(scale, scale * pal_exp_rest(&e));
}

/* x * 2^two for any result, x in (0.9, 2.1); overflows to inf, rounds once more below 2^-1022. */
static inline double pal_scale(double x, int64_t two)
{
    int64_t half = two / 2;

    return x * pal_times_two(1.0, half) * pal_times_two(1.0, two - half);
}

/* log(1 + r) - r for |r| < 0.0055. */
static inline double pal_log_rest(double r)
{
    double r2 = r * r;

    return r2 * ((-0.5 + r * 0x1.5555555555555p-2)
                 + r2 * ((-0.25 + r * 0x1.999999999999ap-3)
                         + r2 * ((-0x1.5555555555555p-3 + r * 0x1.2492492492492p-3) + r2 * -0.125)));
}

/* x = 2^k * z; log z = (cell + r + rest) + low. */
typedef struct pal_log_parts {
    double k;
    double cell;     /* log of the cell's middle, to 42 binary places */
    double r, low;   /* |r| < 0.0055                                  */
} pal_log_parts;

/* x finite and > 0. */
static inline pal_log_parts pal_log_reduce(double x)
{
    uint64_t bits = pal_bits(x);
    uint64_t over;
    int64_t lift = 0;
    double z, g, top, a, b;
    const double *row;
    pal_log_parts p;

    if (bits < UINT64_C(0x0010000000000000)) { /* subnormal */
        bits = pal_bits(x * 0x1p54);
        lift = 54;
    }
    over = bits - PAL_LOG_FIRST;
    row = pal_log_table[(over >> 45) & 127];
    z = pal_from_bits(bits - (over & UINT64_C(0xfff0000000000000)));
    g = row[0];
    top = pal_from_bits(pal_bits(z) & UINT64_C(0xffffffff00000000));
    a = top * g - 1; /* both products are exact, and so is this difference */
    b = (z - top) * g;
    p.k = (double)(((int64_t)over >> 52) - lift);
    p.cell = row[1];
    p.r = a + b;
    p.low = ((a - p.r) + b) + row[2];
    return p;
}

/* log(x) + low as a pair; x finite and > 0, |low| tiny. */
static inline pal_pair pal_log_pair(double x, double low)
{
    pal_log_parts p = pal_log_reduce(x);
    double whole = p.k * 0x1.62e42fefa38p-1 + p.cell; /* exact */
    pal_pair h = pal_fast_sum(whole, p.r);

    h.low += (p.k * 0x1.ef35793c7673p-45 + p.low + low) + pal_log_rest(p.r);
    return h;
}

/* log(1 + x + low) as a pair; x > -1, |low| at most an ulp of x. */
static inline pal_pair pal_log1p_pair(double x, double low)
{
    pal_pair u;

    if (x > -0x1p-9 && x < 0x1p-8) {
        return (pal_pair){ x, low * (1 - x) + pal_log_rest(x) };
    }
    u = pal_two_sum(1, x);
    return pal_log_pair(u.high, (u.low + low) / u.high);
}

/* The canonical not-a-number: what the hardware makes differs between machines in its sign. */
static inline double pal_nan(void)
{
    return pal_from_bits(UINT64_C(0x7ff8000000000000));
}

#endif

/* sin and cos: Cody-Waite reduction by pi/2 in four parts, then Taylor polynomials on [-pi/4, pi/4]. */
#include "core/pmath.h"

#include "core/pmath_kernel.h"

#define TRIG_LIMIT 1e6

/* x = quarter * pi/2 + (high + low). The first three parts of pi/2 have 33 bits and quarter at most 20, so their
 * products are exact; no double below 1e6 comes nearer to a multiple of pi/2 than about 2^-57. */
static pal_pair reduce(double x, unsigned *quarter)
{
    const double shift = 0x1.8p52;
    double shifted = x * 0x1.45f306dc9c883p-1 + shift;
    double n = shifted - shift;
    pal_pair a, b;

    *quarter = (unsigned)(pal_bits(shifted) & 3);
    a = pal_two_sum(x - n * 0x1.921fb544p+0, -(n * 0x1.0b4611a6p-34));
    b = pal_two_sum(a.high, -(n * 0x1.3198a2ep-69));
    return pal_fast_sum(b.high, (a.low + b.low) - n * 0x1.b839a252049c1p-104);
}

/* sin(a.high + a.low), |a| <= pi/4 */
static double sin_near(pal_pair a)
{
    double x = a.high, s = x * x;
    double p = -0x1.5555555555555p-3
        + s * (0x1.1111111111111p-7
        + s * (-0x1.a01a01a01a01ap-13
        + s * (0x1.71de3a556c734p-19
        + s * (-0x1.ae64567f544e4p-26
        + s * (0x1.6124613a86d09p-33
        + s * (-0x1.ae7f3e733b81fp-41
        + s * 0x1.952c77030ad4ap-49))))));

    return x + (s * x * p + a.low * (1 - 0.5 * s));
}

static double cos_near(pal_pair a)
{
    double x = a.high, s = x * x;
    double p = 0x1.5555555555555p-5
        + s * (-0x1.6c16c16c16c17p-10
        + s * (0x1.a01a01a01a01ap-16
        + s * (-0x1.27e4fb7789f5cp-22
        + s * (0x1.1eed8eff8d898p-29
        + s * (-0x1.93974a8c07c9dp-37
        + s * 0x1.ae7f3e733b81fp-45)))));
    double half = 0.5 * s;
    double top = 1 - half;

    return top + (((1 - top) - half) + (s * s * p - x * a.low));
}

double pal_sin(double x)
{
    unsigned quarter;
    double y;
    pal_pair a;

    if (!(fabs(x) <= TRIG_LIMIT)) return pal_nan();
    if (fabs(x) < 0x1p-27) return x;
    a = reduce(x, &quarter);
    y = quarter & 1 ? cos_near(a) : sin_near(a);
    return quarter & 2 ? -y : y;
}

double pal_cos(double x)
{
    unsigned quarter;
    double y;
    pal_pair a;

    if (!(fabs(x) <= TRIG_LIMIT)) return pal_nan();
    a = reduce(x, &quarter);
    y = quarter & 1 ? sin_near(a) : cos_near(a);
    return (quarter + 1) & 2 ? -y : y;
}

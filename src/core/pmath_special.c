/* Special functions: log gamma, error function, normal distribution and its inverse. */
#include "core/pmath.h"

#include "core/pmath_kernel.h"

#define HALF_LOG_2PI 0x1.d67f1c864beb5p-1
#define SQRT_HALF 0x1.6a09e667f3bcdp-1
#define INV_SQRT_PI 0x1.20dd750429b6dp-1

/* c[0] + c[1] x + ... + c[n-1] x^(n-1) */
static double poly(const double *c, int n, double x)
{
    double y = c[n - 1];

    for (int i = n - 2; i >= 0; i--) y = y * x + c[i];
    return y;
}

/* Stirling's series beyond its leading terms, x >= 10; the first term left out is below 3e-17. */
static double stirling_rest(double x)
{
    static const double c[] = { 1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680,
                                1.0 / 1188, -691.0 / 360360, 1.0 / 156 };

    return poly(c, 7, 1 / (x * x)) / x;
}

double pal_lgamma(double x)
{
    double product = 1;

    if (!(x > 0)) return x == 0 ? HUGE_VAL : pal_nan();
    if (x == HUGE_VAL) return x;
    if (x == 1 || x == 2) return 0;
    if (x > 1e18) return x * (pal_log(x) - 1); /* the other terms are below an ulp */
    while (x < 10) {
        product *= x; /* gamma(x) = gamma(x + n) / (x (x+1) ... (x+n-1)) */
        x += 1;
    }
    return (x - 0.5) * (pal_log(x) - 1) + (HALF_LOG_2PI - 0.5) + stirling_rest(x)
        - (product == 1 ? 0 : pal_log(product));
}

/* erf(x) for |x| < 0.75: x + x * p(x^2), Chebyshev interpolation of erf(x)/x - 1. */
static double erf_near(double x)
{
    static const double c[] = {
        0x1.06eba8214db69p-3, -0x1.812746b0379ep-2, 0x1.ce2f21a0424c3p-4, -0x1.b82ce31257412p-6,
        0x1.565bcd03657cp-8, -0x1.c02db1220cfe6p-11, 0x1.f9a2afa3a8f86p-14, -0x1.f4c5debf1228ap-17,
        0x1.b90ecd4aeec12p-20, -0x1.564f71bbc0d35p-23, 0x1.8a312cb07e6ccp-27
    };

    return x + x * poly(c, 11, x * x);
}

/* erf(x) for 0.75 <= x < 1.5: erf(1) + p(x - 1), Chebyshev interpolation of the difference. */
static double erf_middle(double x)
{
    static const double c[] = {
        -0x1.b76223ec1356ep-56, 0x1.a911f096fbc25p-2, -0x1.a911f096fbc35p-2, 0x1.1b614b0f52b01p-3,
        0x1.1b614b0f54279p-4, -0x1.1b614b0f7c00bp-4, 0x1.2e45a564cda9ap-8, 0x1.f096fdae3ff49p-7,
        -0x1.391147b373a25p-8, -0x1.ee3102357c7eap-10, 0x1.4177663fba91fp-10, 0x1.66c5fa61fdd7ap-14,
        -0x1.a3d41e3243b8fp-13, 0x1.3cbf7aca301efp-16, 0x1.962d718729c8cp-16, -0x1.e6c0303b65ccfp-18
    };

    return 0x1.af767a741088bp-1 + poly(c, 16, x - 1);
}

/*
 * exp(x^2) erfc(x) for x >= 0.46875.
 * Source: W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969), 631-637.
 */
static double erfc_scaled(double x)
{
    static const double middle_top[] = {
        1.23033935479799725272e+03, 2.05107837782607146532e+03, 1.71204761263407058314e+03,
        8.81952221241769090411e+02, 2.98635138197400131132e+02, 6.61191906371416294775e+01,
        8.88314979438837594118e+00, 5.64188496988670089180e-01, 2.15311535474403846343e-08
    };
    static const double middle_bottom[] = {
        1.23033935480374942043e+03, 3.43936767414372163696e+03, 4.36261909014324715820e+03,
        3.29079923573345962678e+03, 1.62138957456669018874e+03, 5.37181101862009857509e+02,
        1.17693950891312499305e+02, 1.57449261107098347253e+01, 1
    };
    static const double far_top[] = {
        6.58749161529837803157e-04, 1.60837851487422766278e-02, 1.25781726111229246204e-01,
        3.60344899949804439429e-01, 3.05326634961232344035e-01, 1.63153871373020978498e-02
    };
    static const double far_bottom[] = {
        2.33520497626869185443e-03, 6.05183413124413191178e-02, 5.27905102951428412248e-01,
        1.87295284992346047209e+00, 2.56852019228982242072e+00, 1
    };
    double s;

    if (x <= 4) return poly(middle_top, 9, x) / poly(middle_bottom, 9, x);
    s = 1 / (x * x);
    return (INV_SQRT_PI - s * poly(far_top, 6, s) / poly(far_bottom, 6, s)) / x;
}

/* exp(-x^2 * half), the square split so that its rounding is not multiplied by its size. */
static double exp_minus_square(double x, double half)
{
    double top = pal_cut(x);

    return pal_exp(-top * top * half) * pal_exp(-(x - top) * (x + top) * half);
}

double pal_erf(double x)
{
    double a = fabs(x), y;

    if (x != x) return pal_nan();
    if (a < 0.75) return erf_near(x);
    if (a < 1.5) return x > 0 ? erf_middle(a) : -erf_middle(a);
    y = a < 6 ? 1 - erfc_scaled(a) * exp_minus_square(a, 1) : 1;
    return x > 0 ? y : -y;
}

double pal_normal_cdf(double x)
{
    double z = fabs(x) * SQRT_HALF, tail;

    if (x != x) return pal_nan();
    if (z < 0.5) return 0.5 + 0.5 * erf_near(x * SQRT_HALF);
    if (z > 28) return x > 0 ? 1 : 0;
    tail = 0.5 * erfc_scaled(z) * exp_minus_square(fabs(x), 0.5);
    return x > 0 ? 1 - tail : tail;
}

/*
 * Source: M. J. Wichura, Algorithm AS 241: the percentage points of the normal distribution,
 * Applied Statistics 37 (1988), 477-484 (PPND16).
 */
double pal_normal_quantile(double p)
{
    static const double a[] = {
        3.3871328727963666080e+0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
        4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3
    };
    static const double b[] = {
        1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
        2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3
    };
    static const double c[] = {
        1.42343711074968357734e+0, 4.63033784615654529590e+0, 5.76949722146069140550e+0, 3.64784832476320460504e+0,
        1.27045825245236838258e+0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4
    };
    static const double d[] = {
        1, 2.05319162663775882187e+0, 1.67638483018380384940e+0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9
    };
    static const double e[] = {
        6.65790464350110377720e+0, 5.46378491116411436990e+0, 1.78482653991729133580e+0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7
    };
    static const double f[] = {
        1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15
    };
    double q = p - 0.5, r, z;

    if (!(p > 0 && p < 1)) return p == 0 ? -HUGE_VAL : p == 1 ? HUGE_VAL : pal_nan();
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        return q * poly(a, 8, r) / poly(b, 8, r);
    }
    r = sqrt(-pal_log(q < 0 ? p : 1 - p));
    z = r <= 5 ? poly(c, 8, r - 1.6) / poly(d, 8, r - 1.6) : poly(e, 8, r - 5) / poly(f, 8, r - 5);
    return q < 0 ? -z : z;
}

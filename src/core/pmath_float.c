/* Single-precision exp, log and sigmoid: no branches, so that loops over them become vector code. */
#include "core/pmath.h"

#include "core/vector.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NOT_A_NUMBER UINT32_C(0x7fc00000)
#define INFINITE UINT32_C(0x7f800000)
#define SIGN UINT32_C(0x80000000)
#define LN2_HIGH 0x1.62e4p-1f /* 15 bits: times an 8-bit integer it is exact */
#define LN2_LOW 0x1.7f7d1cp-20f
#define EXP_FIRST (-0x1.5d589ep+6f) /* -87.336...: exp is just normal */
#define EXP_LAST 0x1.62e42ep+6f     /* 88.7228...: exp is just finite */

static inline uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* (exp(r) - 1 - r) / r^2 for |r| <= 0.35: Chebyshev interpolation, error 7e-8. */
static inline float exp_tail(float r)
{
    return 0x1p-1f
        + r * (0x1.5554d8p-3f + r * (0x1.555516p-5f + r * (0x1.12105cp-7f + r * 0x1.6d15f8p-10f)));
}

static inline float exp_lane(float x)
{
    const float shift = 0x1.8p23f;
    float c = x < EXP_FIRST ? EXP_FIRST : x;
    float shifted, n, r, y;
    uint32_t k;

    c = c > EXP_LAST ? EXP_LAST : c;
    shifted = c * 0x1.715476p+0f + shift;
    k = bits_of(shifted) - bits_of(shift);
    n = shifted - shift;
    r = (c - n * LN2_HIGH) - n * LN2_LOW;
    y = 1 + (r + r * r * exp_tail(r));
    y = from_bits(bits_of(y) + (k << 23)); /* times 2^k; k = 128 comes with y < 1, k = -126 with y > 1 */
    y = x < EXP_FIRST ? 0 : y;
    y = x > EXP_LAST ? FLT_MAX : y;
    return x == x ? y : from_bits(NOT_A_NUMBER);
}

/* (log(1 + f) - f + f^2/2) / f^3 for |f| <= 1/3: Chebyshev interpolation, error 2e-7. */
static inline float log_tail(float f)
{
    return 0x1.55554cp-2f
        + f * (-0x1.fffffp-3f
        + f * (0x1.99ad72p-3f
        + f * (-0x1.556792p-3f
        + f * (0x1.2123d6p-3f
        + f * (-0x1.f9b1c6p-4f
        + f * (0x1.12fb24p-3f
        + f * -0x1.f0b424p-4f))))));
}

/* All ones or all zeros. Choices are made with masks here: gcc turns a `?:` around float arithmetic into a branch. */
static inline uint32_t mask(bool yes)
{
    return 0u - (uint32_t)yes;
}

static inline float log_lane(float x)
{
    uint32_t raw = bits_of(x);
    uint32_t low = mask(raw < UINT32_C(0x00800000)); /* subnormal: times 2^25 */
    float lifted = x * from_bits(UINT32_C(0x3f800000) + (low & (UINT32_C(25) << 23)));
    uint32_t over = bits_of(lifted) - UINT32_C(0x3f2aaaab); /* 2/3: the mantissa goes to [2/3, 4/3) */
    float k = (float)((int32_t)over >> 23) - from_bits(low & UINT32_C(0x41c80000)); /* 25 */
    float f = from_bits(bits_of(lifted) - (over & UINT32_C(0xff800000))) - 1;
    float s = f * f;
    float y = (f - 0.5f * s) + f * s * log_tail(f);
    uint32_t zero = mask(raw << 1 == 0), inf = mask(raw == INFINITE);
    uint32_t bad = mask(raw > INFINITE) & ~zero; /* negative or not a number */

    y = k * LN2_HIGH + (y + k * LN2_LOW);
    return from_bits((bits_of(y) & ~(zero | inf | bad)) | (zero & (INFINITE | SIGN)) | (inf & INFINITE)
                     | (bad & NOT_A_NUMBER));
}

static inline float sigmoid_lane(float x)
{
    float e = exp_lane(-fabsf(x));

    float y = (x >= 0 ? 1 : e) / (1 + e);

    return x == x ? y : from_bits(NOT_A_NUMBER);
}

float pal_expf(float x)
{
    return exp_lane(x);
}

float pal_logf(float x)
{
    return log_lane(x);
}

float pal_sigmoidf(float x)
{
    return sigmoid_lane(x);
}

PAL_VECTOR void pal_expf_array(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = exp_lane(x[i]);
}

PAL_VECTOR void pal_logf_array(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = log_lane(x[i]);
}

PAL_VECTOR void pal_sigmoidf_array(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = sigmoid_lane(x[i]);
}

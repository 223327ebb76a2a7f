/* Sums in eight fixed lanes: element i goes to lane i mod 8, and the lanes are merged in order. */
#include "core/sum.h"

#include "core/vector.h"

#include <math.h>

#define LANES 8

typedef struct lanes {
    double sum[LANES], carry[LANES];
} lanes;

/* One compensated step a lane. Knuth's two-sum has no branch, so the lanes become one vector. */
static inline void add_lanes(lanes *a, const double x[LANES])
{
    for (int l = 0; l < LANES; l++) {
        double s = a->sum[l], t = s + x[l], z = t - s;

        a->carry[l] += (s - (t - z)) + (x[l] - z);
        a->sum[l] = t;
    }
}

static double merge_lanes(const lanes *a)
{
    pal_acc total = { 0 };
    double plain = 0;

    for (int l = 0; l < LANES; l++) plain += a->sum[l];
    if (!isfinite(plain)) return plain; /* the carries are inf - inf by now */
    for (int l = 0; l < LANES; l++) pal_acc_add(&total, a->sum[l]);
    for (int l = 0; l < LANES; l++) pal_acc_add(&total, a->carry[l]);
    return pal_acc_value(&total);
}

PAL_VECTOR double pal_sum(const double *x, size_t n)
{
    lanes a = { { 0 }, { 0 } };
    double last[LANES] = { 0 };
    size_t i = 0;

    for (; n - i >= LANES; i += LANES) add_lanes(&a, x + i);
    for (size_t l = 0; i + l < n; l++) last[l] = x[i + l];
    add_lanes(&a, last);
    return merge_lanes(&a);
}

PAL_VECTOR double pal_sum_f32(const float *x, size_t n)
{
    lanes a = { { 0 }, { 0 } };
    double wide[LANES];
    size_t i = 0;

    for (; n - i >= LANES; i += LANES) {
        for (int l = 0; l < LANES; l++) wide[l] = (double)x[i + (size_t)l];
        add_lanes(&a, wide);
    }
    for (size_t l = 0; l < LANES; l++) wide[l] = i + l < n ? (double)x[i + l] : 0;
    add_lanes(&a, wide);
    return merge_lanes(&a);
}

double pal_mean(const double *x, size_t n)
{
    return n == 0 ? (double)NAN : pal_sum(x, n) / (double)n;
}

PAL_VECTOR double pal_variance(const double *x, size_t n)
{
    lanes square = { { 0 }, { 0 } }, plain = { { 0 }, { 0 } };
    double gap[LANES], gap2[LANES], mean, drift;
    size_t i = 0;

    if (n < 2) return (double)NAN;
    mean = pal_mean(x, n);
    for (; n - i >= LANES; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            gap[l] = x[i + l] - mean;
            gap2[l] = gap[l] * gap[l];
        }
        add_lanes(&plain, gap);
        add_lanes(&square, gap2);
    }
    for (size_t l = 0; l < LANES; l++) {
        gap[l] = i + l < n ? x[i + l] - mean : 0;
        gap2[l] = gap[l] * gap[l];
    }
    add_lanes(&plain, gap);
    add_lanes(&square, gap2);
    drift = merge_lanes(&plain); /* 0 but for the rounding of the mean */
    return (merge_lanes(&square) - drift * drift / (double)n) / (double)(n - 1);
}

/* Lane sums to one number, neighbours first. */
static inline double fold(const double s[LANES])
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

PAL_VECTOR double pal_dot(const double *x, const double *y, size_t n)
{
    double s[LANES] = { 0 };
    size_t i = 0;

    for (; n - i >= LANES; i += LANES) {
        for (size_t l = 0; l < LANES; l++) s[l] += x[i + l] * y[i + l];
    }
    for (size_t l = 0; i + l < n; l++) s[l] += x[i + l] * y[i + l];
    return fold(s);
}

PAL_VECTOR double pal_dot_f32(const float *x, const float *y, size_t n)
{
    double s[LANES] = { 0 };
    size_t i = 0;

    for (; n - i >= LANES; i += LANES) {
        for (size_t l = 0; l < LANES; l++) s[l] += (double)x[i + l] * (double)y[i + l];
    }
    for (size_t l = 0; i + l < n; l++) s[l] += (double)x[i + l] * (double)y[i + l];
    return fold(s);
}

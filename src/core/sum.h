/* Sums in a fixed order, compensated: the same bytes at every thread count and vector width. */
#ifndef PAL_CORE_SUM_H
#define PAL_CORE_SUM_H

#include <stddef.h>

/* Running compensated sum (Neumaier 1974). Start from zero: pal_acc a = {0}; */
typedef struct pal_acc {
    double sum, carry;
} pal_acc;

static inline void pal_acc_add(pal_acc *a, double x)
{
    double t = a->sum + x;
    double big = a->sum, small = x;

    if ((x < 0 ? -x : x) > (big < 0 ? -big : big)) {
        big = x;
        small = a->sum;
    }
    a->carry += (big - t) + small;
    a->sum = t;
}

static inline double pal_acc_value(const pal_acc *a)
{
    return a->sum + a->carry;
}

double pal_sum(const double *x, size_t n);              /* 0 when n = 0 */
double pal_sum_f32(const float *x, size_t n);
double pal_mean(const double *x, size_t n);             /* NaN when n = 0 */
double pal_variance(const double *x, size_t n);         /* n - 1 below; two passes; NaN when n < 2 */
/* Eight fixed lanes, merged in a set order; double accumulators. */
double pal_dot(const double *x, const double *y, size_t n);
double pal_dot_f32(const float *x, const float *y, size_t n);

#endif

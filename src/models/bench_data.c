/* The generator of benchmark rows. */
#include "models/bench_data.h"

#include "core/pmath.h"

#include <math.h>

double pal_bench_u01(uint64_t seed, uint64_t k)
{
    uint64_t z = seed + (k + 1) * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

static void box_muller(double pair[2], double u, double v)
{
    double r = sqrt(-2 * pal_log(1 - u));

    pair[0] = r * pal_cos(6.283185307179586 * v);
    pair[1] = r * pal_sin(6.283185307179586 * v);
}

/* The features of row i; returns the uniform its label is drawn with. */
static double features(double v[PAL_BENCH_D], uint64_t seed, size_t i)
{
    double u[10];

    for (size_t j = 0; j < 10; j++) {
        u[j] = pal_bench_u01(seed, 16 * i + j);
    }
    box_muller(v, u[0], u[1]);
    box_muller(v + 2, u[2], u[3]);
    box_muller(v + 4, u[4], u[5]);
    v[6] = u[6];
    v[7] = floor(10 * u[7]);
    v[8] = u[8] < 0.3;
    return u[9];
}

void pal_bench_rows(float *x, double *y, uint64_t seed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double v[PAL_BENCH_D], u = features(v, seed, i), f;

        f = -0.4 + v[0] - 0.7 * v[1] + 0.8 * (v[2] + 0.7) * (v[3] + 0.7) + 0.6 * pal_sin(3 * v[4]) - 0.4 * v[5] * v[5]
            + 0.9 * (v[6] > 0.5) * v[0] + 0.3 * (v[7] >= 6) - 0.8 * v[8] * v[1];
        y[i] = u < pal_sigmoid(f);
        for (size_t j = 0; j < PAL_BENCH_D; j++) {
            x[i * PAL_BENCH_D + j] = (float)v[j];
        }
    }
}

void pal_bench_linear_rows(double *x, double *y, uint64_t seed, size_t n)
{
    static const double weight[PAL_BENCH_D] = { 1, -0.7, 0.5, 0.3, -0.2, 0.1, 0.8, -1.2, 0.6 };

    for (size_t i = 0; i < n; i++) {
        double v[PAL_BENCH_D], u = features(v, seed, i), f = -0.5;

        v[7] /= 10;
        for (size_t j = 0; j < PAL_BENCH_D; j++) {
            x[i * PAL_BENCH_D + j] = (double)(float)v[j];
            f += weight[j] * x[i * PAL_BENCH_D + j];
        }
        y[i] = u < pal_sigmoid(f);
    }
}

/* Rows and the slow gradient. */
#include "tests/support/logit_rows.h"

#include <math.h>

double logit_uniform(uint64_t seed, uint64_t k)
{
    uint64_t z = seed + (k + 1) * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

double logit_bell(uint64_t seed, uint64_t k)
{
    double sum = -2;

    for (uint64_t i = 0; i < 4; i++) sum += logit_uniform(seed, 4 * k + i);
    return sum;
}

void logit_rows(double *x, double *y, uint64_t seed, size_t n)
{
    static const double truth[LOGIT_D] = { 1, -.7, .5, .3, -.2, .1, .8, -1.2, .6 };
    const double turn = 6.283185307179586;

    for (size_t i = 0; i < n; i++) {
        double u[10], f = -0.5, *row = x + LOGIT_D * i;

        for (uint64_t k = 0; k < 10; k++) u[k] = logit_uniform(seed, 16 * i + k);
        for (size_t k = 0; k < 3; k++) {
            double r = sqrt(-2 * log(1 - u[2 * k]));

            row[2 * k] = r * cos(turn * u[2 * k + 1]);
            row[2 * k + 1] = r * sin(turn * u[2 * k + 1]);
        }
        row[6] = u[6];
        row[7] = floor(10 * u[7]) / 10;
        row[8] = u[8] < .3;
        for (size_t j = 0; j < LOGIT_D; j++) {
            volatile float rounded = (float)row[j];

            row[j] = (double)rounded;
            f += truth[j] * row[j];
        }
        y[i] = u[9] < 1 / (1 + exp(-f));
    }
}

double logit_gradient(const double *w, double b, const double *x, const double *y, const double *weight, size_t n,
                      size_t d, double ridge)
{
    long double total = 0, most = 0;

    for (size_t i = 0; i < n; i++) total += weight == NULL ? 1 : (long double)weight[i];
    for (size_t k = 0; k <= d; k++) {
        long double g = k < d ? (long double)ridge * w[k] : 0;

        for (size_t i = 0; i < n; i++) {
            long double z = b, wi = weight == NULL ? 1 : (long double)weight[i];

            for (size_t j = 0; j < d; j++) z += (long double)w[j] * x[i * d + j];
            g += wi * (1 / (1 + expl(-z)) - y[i]) * (k < d ? (long double)x[i * d + k] : 1);
        }
        most = fabsl(g) > most ? fabsl(g) : most;
    }
    return (double)(most / total);
}

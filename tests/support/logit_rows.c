/* Rows and the slow gradient. */
#include "tests/support/logit_rows.h"

#include "models/bench_data.h"

#include <math.h>

double logit_uniform(uint64_t seed, uint64_t k)
{
    return pal_bench_u01(seed, k);
}

double logit_bell(uint64_t seed, uint64_t k)
{
    double sum = -2;

    for (uint64_t i = 0; i < 4; i++) sum += logit_uniform(seed, 4 * k + i);
    return sum;
}

void logit_rows(double *x, double *y, uint64_t seed, size_t n)
{
    pal_bench_linear_rows(x, y, seed, n);
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

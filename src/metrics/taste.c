/* Coverage and balance of a person's tastes. */
#include "metrics/taste.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

double pal_taste_coverage(const uint32_t *liked, size_t n_tastes)
{
    size_t covered = 0;

    for (size_t s = 0; s < n_tastes; s++) {
        covered += liked[s] > 0;
    }
    return n_tastes > 0 ? (double)covered / (double)n_tastes : NAN;
}

double pal_taste_coverage_weighted(const uint32_t *liked, const double *weight, size_t n_tastes)
{
    double covered = 0, all = 0;

    for (size_t s = 0; s < n_tastes; s++) {
        all += weight[s];
        covered += liked[s] > 0 ? weight[s] : 0;
    }
    return all > 0 ? covered / all : NAN;
}

/* p log(p / q), with 0 log 0 = 0. */
static double divergence_term(double p, double q)
{
    return p > 0 ? p * pal_log(p / q) : 0;
}

double pal_taste_balance(const double *weight, const double *served, size_t n_tastes, double alpha)
{
    double all_weight = pal_sum(weight, n_tastes), all_served = pal_sum(served, n_tastes), kl = 0;

    if (!(all_weight > 0 && all_served > 0)) {
        return NAN;
    }
    for (size_t s = 0; s < n_tastes; s++) {
        double p = weight[s] / all_weight, q = served[s] / all_served;

        kl += divergence_term(p, (1 - alpha) * q + alpha * p);
    }
    return kl > 0 ? kl : 0; /* rounding, when the mixes are the same */
}

double pal_taste_js(const double *weight, const double *served, size_t n_tastes)
{
    double all_weight = pal_sum(weight, n_tastes), all_served = pal_sum(served, n_tastes), nats = 0, bits;

    if (!(all_weight > 0 && all_served > 0)) {
        return NAN;
    }
    for (size_t s = 0; s < n_tastes; s++) {
        double p = weight[s] / all_weight, q = served[s] / all_served, middle = (p + q) / 2;

        nats += divergence_term(p, middle) + divergence_term(q, middle);
    }
    bits = nats / 2 / pal_log(2);
    return bits < 0 ? 0 : bits > 1 ? 1 : bits;
}

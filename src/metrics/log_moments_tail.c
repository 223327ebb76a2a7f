/* Power laws of counts. */
#include "metrics/log_moments_tail.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

/* Terms summed one by one, and Bernoulli numbers B_2j / (2j)! of the correction: with q + 12 >= 12 the first term left
 * out is below 1e-15 of the sum for s up to 20. */
#define DIRECT 24
static const double bernoulli[] = { 1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160,
                                    -691.0 / 1307674368000.0 };
enum { N_BERNOULLI = sizeof bernoulli / sizeof bernoulli[0] };

double pal_hurwitz_zeta(double s, double q)
{
    pal_acc sum = { 0 };
    const double a = q + DIRECT;
    double power, factor;

    for (int k = 0; k < DIRECT; k++) pal_acc_add(&sum, pal_pow(q + k, -s));
    power = pal_pow(a, -s);
    pal_acc_add(&sum, power * a / (s - 1.0));
    pal_acc_add(&sum, 0.5 * power);
    factor = s * power / a; /* s (s + 1) ... (s + 2j - 2) a^(-s - 2j + 1) */
    for (int j = 0; j < N_BERNOULLI; j++) {
        pal_acc_add(&sum, bernoulli[j] * factor);
        factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (a * a);
    }
    return pal_acc_value(&sum);
}

typedef struct tail {
    double n, sum_log; /* values, and the sum of their logarithms */
    size_t most;
} tail;

static tail tail_of(const uint32_t *histogram, size_t n_bins, size_t xmin)
{
    tail t = { 0, 0, 0 };
    pal_acc sum = { 0 };

    for (size_t k = xmin > 0 ? xmin : 1; k < n_bins; k++) {
        if (histogram[k] == 0) continue;
        t.n += histogram[k];
        pal_acc_add(&sum, (double)histogram[k] * pal_log((double)k));
        t.most = k;
    }
    t.sum_log = pal_acc_value(&sum);
    return t;
}

#define LEAST_EXPONENT 1.01
#define MOST_EXPONENT 20.0

/* The log-likelihood -n ln zeta(a, xmin) - a sum ln k is concave in a: golden section to 1e-9. */
double pal_tail_exponent(const uint32_t *histogram, size_t n_bins, size_t xmin)
{
    static const double golden = 0.6180339887498949;
    const tail t = tail_of(histogram, n_bins, xmin);
    double lo = LEAST_EXPONENT, hi = MOST_EXPONENT, x[2], f[2];

    if (xmin == 0 || t.n < 2 || t.most == xmin) return NAN;
    x[0] = hi - golden * (hi - lo);
    x[1] = lo + golden * (hi - lo);
    for (int i = 0; i < 2; i++) f[i] = -t.n * pal_log(pal_hurwitz_zeta(x[i], (double)xmin)) - x[i] * t.sum_log;
    while (hi - lo > 1e-9) {
        const int moved = f[0] < f[1] ? 1 : 0;

        if (moved == 1) {
            lo = x[0];
            x[0] = x[1];
            f[0] = f[1];
            x[1] = lo + golden * (hi - lo);
        } else {
            hi = x[1];
            x[1] = x[0];
            f[1] = f[0];
            x[0] = hi - golden * (hi - lo);
        }
        f[moved] = -t.n * pal_log(pal_hurwitz_zeta(x[moved], (double)xmin)) - x[moved] * t.sum_log;
    }
    return 0.5 * (lo + hi);
}

double pal_tail_distance(const uint32_t *histogram, size_t n_bins, size_t xmin, double exponent)
{
    const tail t = tail_of(histogram, n_bins, xmin);
    double all, below = 0, most = 0;

    if (xmin == 0 || t.n < 1 || !(exponent > 1)) return NAN;
    all = pal_hurwitz_zeta(exponent, (double)xmin);
    for (size_t k = xmin; k < n_bins; k++) {
        if (histogram[k] == 0) continue;
        /* Both functions are steps; just below k and at k is where they differ most. */
        const double before = fabs(below / t.n - (1.0 - pal_hurwitz_zeta(exponent, (double)k) / all));

        below += histogram[k];
        const double at = fabs(below / t.n - (1.0 - pal_hurwitz_zeta(exponent, (double)k + 1) / all));

        most = before > most ? before : most;
        most = at > most ? at : most;
    }
    return most;
}

#define MOST_TRIED 200

size_t pal_tail_xmin(const uint32_t *histogram, size_t n_bins, size_t least)
{
    size_t distinct = 0, tried = 0, best = 0;
    double best_distance = INFINITY, left = 0;

    for (size_t k = 1; k < n_bins; k++) {
        distinct += histogram[k] > 0;
        left += histogram[k];
    }
    const size_t every = distinct / MOST_TRIED + 1;

    for (size_t k = 1; k < n_bins && left >= (double)least; k++) {
        if (histogram[k] == 0) continue;
        if (tried++ % every == 0) {
            const double distance = pal_tail_distance(histogram, n_bins, k, pal_tail_exponent(histogram, n_bins, k));

            if (distance < best_distance) {
                best_distance = distance;
                best = k;
            }
        }
        left -= histogram[k];
    }
    return best;
}

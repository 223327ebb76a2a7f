/* The mixture sequential probability ratio test, one difference at a time. */
#include "metrics/sequential.h"

#include "core/pmath.h"

#include <math.h>

#define DEFAULT_ALPHA 0.05
#define DEFAULT_EXPECTED 1000
#define DEFAULT_START 100

/* The root x of x - ln(1 + x) = -2 ln alpha: Newton from the right, where the function is convex and grows. */
static double sharpest(double alpha)
{
    double wanted = -2 * pal_log(alpha), x = 2 * wanted + 4;

    for (int i = 0; i < 60; i++) {
        double step = (x - pal_log1p(x) - wanted) * (1 + x) / x;

        x -= step;
        if (fabs(step) <= 1e-14 * x) {
            break;
        }
    }
    return x;
}

pal_status pal_sequential_init(pal_sequential *test, const pal_sequential_config *config, pal_error *err)
{
    pal_sequential_config c = *config;

    c.alpha = c.alpha == 0 ? DEFAULT_ALPHA : c.alpha;
    c.expected = c.expected == 0 ? DEFAULT_EXPECTED : c.expected;
    c.start = c.start == 0 ? DEFAULT_START : c.start < 2 ? 2 : c.start;
    if (!(c.alpha > 0 && c.alpha < 1)) {
        return pal_error_set(err, PAL_ERR_CONFIG, "sequential test: alpha is %g, wanted inside (0, 1)", c.alpha);
    }
    if (!(c.sd >= 0 && isfinite(c.sd))) {
        return pal_error_set(err, PAL_ERR_CONFIG, "sequential test: sd is %g, wanted 0 or more", c.sd);
    }
    if (!(c.expected > 0 && isfinite(c.expected))) {
        return pal_error_set(err, PAL_ERR_CONFIG, "sequential test: expected is %g, wanted above 0", c.expected);
    }
    *test = (pal_sequential){ .config = c, .p = 1, .lo = -INFINITY, .hi = INFINITY, .best_lo = -INFINITY,
                              .best_hi = INFINITY };
    return PAL_OK;
}

/* ratio = n tau^2 / V now; the variance cancels out of it. */
static void look(pal_sequential *t, double variance)
{
    double n = (double)t->n, ratio = sharpest(t->config.alpha) * n / t->config.expected, log_ratio, reach;

    log_ratio = n * t->mean * t->mean / (2 * variance) * ratio / (1 + ratio) - pal_log1p(ratio) / 2;
    reach = sqrt(variance * (1 + ratio) / (n * ratio) * (pal_log1p(ratio) - 2 * pal_log(t->config.alpha)));
    t->p = fmin(t->p, pal_exp(-log_ratio));
    t->lo = t->mean - reach;
    t->hi = t->mean + reach;
    t->best_lo = fmax(t->best_lo, t->lo);
    t->best_hi = fmin(t->best_hi, t->hi);
    if (t->stopped == 0 && t->p <= t->config.alpha) {
        t->stopped = t->n;
    }
}

/* Mean and squares by Welford 1962. */
void pal_sequential_add(pal_sequential *t, double difference)
{
    double before = difference - t->mean, variance;
    bool known = t->config.sd > 0;

    PAL_ASSERT(isfinite(difference));
    t->n++;
    t->mean += before / (double)t->n;
    t->squares += before * (difference - t->mean);
    variance = known ? t->config.sd * t->config.sd : t->n > 1 ? t->squares / (double)(t->n - 1) : 0;
    if ((known || t->n >= t->config.start) && variance > 0) {
        look(t, variance);
    }
}

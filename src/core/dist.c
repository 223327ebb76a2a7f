/* Samplers. Each reads its bits through a cursor, which makes a block of four words once. */
#include "core/dist.h"

#include "core/error.h"
#include "core/pmath.h"

#include <math.h>

#define POISSON_BY_SEARCH 30.0 /* means below it: sequential search; above: rejection        */
#define POISSON_LARGEST 1e12   /* beyond it log(k!) is no longer good to 0.01                */

typedef struct cursor {
    pal_key key;
    pal_at at;
    uint64_t draw;
    uint64_t block; /* which one `words` holds, plus 1; 0 = none */
    uint64_t words[4];
} cursor;

static cursor open_cursor(pal_key key, pal_at at, uint64_t draw)
{
    return (cursor){ .key = key, .at = at, .draw = draw };
}

static uint64_t next(cursor *c)
{
    uint64_t block = (c->draw >> 2) + 1;

    if (block != c->block) {
        pal_block(c->key, c->at, block - 1, c->words);
        c->block = block;
    }
    return c->words[c->draw++ & 3];
}

static double next_open(cursor *c)
{
    return pal_unit_open(next(c));
}

/* As pal_below. */
static uint64_t next_below(cursor *c, uint64_t n)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)next(c) * n;

    if ((uint64_t)product < n) {
        uint64_t least = (0 - n) % n;

        while ((uint64_t)product < least) product = (u128)next(c) * n;
    }
    return (uint64_t)(product >> 64);
}

static double next_normal(cursor *c)
{
    return pal_normal_quantile(next_open(c));
}

/*
 * Source: G. Marsaglia, W. W. Tsang, A simple method for generating gamma variables, ACM TOMS 26 (2000).
 * shape >= 1.
 */
static double next_gamma(cursor *c, double shape)
{
    double d = shape - 1.0 / 3, k = 1 / sqrt(9 * d);

    for (;;) {
        double x = next_normal(c), u = next_open(c);
        double v = 1 + k * x, x2 = x * x;

        if (v <= 0) continue;
        v = v * v * v;
        if (u < 1 - 0.0331 * (x2 * x2)) return d * v;
        if (pal_log(u) < 0.5 * x2 + d * (1 - v + pal_log(v))) return d * v;
    }
}

/* The logarithm of a gamma draw, any shape: a small shape's draws underflow, their logarithms do not.
 * Boosting: gamma(shape) = gamma(shape + 1) u^(1 / shape). */
static double next_log_gamma(cursor *c, double shape)
{
    double g;

    if (shape >= 1) return pal_log(next_gamma(c, shape));
    g = pal_log(next_gamma(c, shape + 1));
    return g + pal_log(next_open(c)) / shape;
}

double pal_draw_normal(pal_key key, pal_at at, uint64_t *draw)
{
    return pal_normal_quantile(pal_unit_open(pal_u64(key, at, (*draw)++)));
}

double pal_draw_gamma(pal_key key, pal_at at, uint64_t *draw, double shape)
{
    cursor c = open_cursor(key, at, *draw);
    double g;

    PAL_ASSERT(shape > 0 && shape < HUGE_VAL);
    g = shape >= 1 ? next_gamma(&c, shape) : pal_exp(next_log_gamma(&c, shape));
    *draw = c.draw;
    return g;
}

double pal_draw_beta(pal_key key, pal_at at, uint64_t *draw, double a, double b)
{
    cursor c = open_cursor(key, at, *draw);
    double x, y;

    PAL_ASSERT(a > 0 && b > 0 && a < HUGE_VAL && b < HUGE_VAL);
    if (a >= 1 && b >= 1) {
        x = next_gamma(&c, a);
        y = next_gamma(&c, b);
        x = x / (x + y);
    } else {
        x = next_log_gamma(&c, a);
        y = next_log_gamma(&c, b);
        x = pal_sigmoid(x - y);
    }
    *draw = c.draw;
    return x;
}

/* Inversion by sequential search. The tail below 2^-64 cannot be drawn; the limit ends a sum that rounding kept
 * short of u. */
static uint64_t poisson_search(cursor *c, double mean)
{
    double u = pal_unit(next(c)), p = pal_exp(-mean);
    uint64_t k = 0;

    while (u >= p && k < 1000) {
        u -= p;
        k++;
        p *= mean / (double)k;
    }
    return k;
}

/*
 * Source: W. Hörmann, The transformed rejection method for generating Poisson random variables, Insurance:
 * Mathematics and Economics 12 (1993), algorithm PTRS. mean >= 10.
 */
static uint64_t poisson_reject(cursor *c, double mean)
{
    double log_mean = pal_log(mean);
    double b = 0.931 + 2.53 * sqrt(mean);
    double a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    double quick = 0.9277 - 3.6224 / (b - 2);

    for (;;) {
        double u = next_open(c) - 0.5, v = next_open(c);
        double us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + mean + 0.43);

        if (us >= 0.07 && v <= quick) return (uint64_t)k;
        if (k < 0 || (us < 0.013 && v > us)) continue;
        if (pal_log(v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - pal_lgamma(k + 1)) {
            return (uint64_t)k;
        }
    }
}

static uint64_t next_poisson(cursor *c, double mean)
{
    return mean < POISSON_BY_SEARCH ? poisson_search(c, mean) : poisson_reject(c, mean);
}

uint64_t pal_draw_poisson(pal_key key, pal_at at, uint64_t *draw, double mean)
{
    cursor c = open_cursor(key, at, *draw);
    uint64_t k;

    PAL_ASSERT(mean >= 0 && mean <= POISSON_LARGEST);
    k = next_poisson(&c, mean);
    *draw = c.draw;
    return k;
}

uint64_t pal_draw_negbin(pal_key key, pal_at at, uint64_t *draw, double mean, double r)
{
    cursor c = open_cursor(key, at, *draw);
    double rate;
    uint64_t k;

    PAL_ASSERT(mean >= 0 && mean <= POISSON_LARGEST && r > 0 && r < HUGE_VAL);
    rate = mean / r * (r >= 1 ? next_gamma(&c, r) : pal_exp(next_log_gamma(&c, r)));
    k = next_poisson(&c, rate < POISSON_LARGEST ? rate : POISSON_LARGEST);
    *draw = c.draw;
    return k;
}

void pal_draw_dirichlet(double *out, pal_key key, pal_at at, uint64_t *draw, const double *alpha, size_t n)
{
    cursor c = open_cursor(key, at, *draw);
    double largest = -HUGE_VAL, sum = 0;

    for (size_t i = 0; i < n; i++) {
        PAL_ASSERT(alpha[i] >= 0 && alpha[i] < HUGE_VAL);
        out[i] = alpha[i] > 0 ? next_log_gamma(&c, alpha[i]) : -HUGE_VAL;
        if (out[i] > largest) largest = out[i];
    }
    PAL_ASSERT(largest > -HUGE_VAL);
    for (size_t i = 0; i < n; i++) {
        out[i] = pal_exp(out[i] - largest);
        sum += out[i];
    }
    for (size_t i = 0; i < n; i++) out[i] /= sum;
    *draw = c.draw;
}

size_t pal_draw_index(pal_key key, pal_at at, uint64_t *draw, const double *weight, size_t n)
{
    double sum = 0, goal;
    size_t last = 0;

    for (size_t i = 0; i < n; i++) {
        PAL_ASSERT(weight[i] >= 0);
        sum += weight[i];
    }
    PAL_ASSERT(sum > 0 && sum < HUGE_VAL);
    goal = pal_u01(key, at, (*draw)++) * sum;
    sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (weight[i] == 0) continue;
        sum += weight[i];
        last = i;
        if (goal < sum) break; /* else rounding left goal at the sum: the last one with weight */
    }
    return last;
}

void pal_draw_shuffle(uint32_t *value, size_t n, pal_key key, pal_at at, uint64_t *draw)
{
    cursor c = open_cursor(key, at, *draw);

    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)next_below(&c, i);
        uint32_t kept = value[i - 1];

        value[i - 1] = value[j];
        value[j] = kept;
    }
    *draw = c.draw;
}

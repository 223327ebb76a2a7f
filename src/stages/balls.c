/* Halving the catalog into balls. */
#include "stages/balls.h"

#include "core/mem.h"
#include "stages/order.h"
#include "stages/scan.h"

#include <math.h>
#include <string.h>

enum { POWER_STEPS = 12 };

typedef struct splitter {
    const pal_catalog *catalog;
    uint32_t *item;   /* being sorted       */
    float *value;     /* n_items            */
    uint32_t *order;  /* n_items            */
    uint32_t *work;   /* 3 * n_items        */
} splitter;

/* Covariance of [begin, end), d x d, up to a factor. */
static void find_covariance(double *cov, const splitter *s, size_t begin, size_t end)
{
    const pal_catalog *c = s->catalog;
    const double n = (double)(end - begin);
    double sum[PAL_MAX_FEATURES] = { 0 };

    memset(cov, 0, c->d * c->d * sizeof *cov);
    for (size_t i = begin; i < end; i++) {
        const float *x = c->direction + (size_t)s->item[i] * c->stride;

        for (size_t f = 0; f < c->d; f++) {
            sum[f] += (double)x[f];
            for (size_t g = 0; g <= f; g++) {
                cov[f * c->d + g] += (double)x[f] * (double)x[g];
            }
        }
    }
    for (size_t f = 0; f < c->d; f++) {
        for (size_t g = 0; g <= f; g++) {
            cov[f * c->d + g] -= sum[f] / n * sum[g];
            cov[g * c->d + f] = cov[f * c->d + g];
        }
    }
}

/* The main axis of [begin, end) by power iteration: an approximation only makes the balls a little wider. */
static void find_axis(double *axis, const splitter *s, size_t begin, size_t end)
{
    const size_t d = s->catalog->d;
    double cov[PAL_MAX_FEATURES * PAL_MAX_FEATURES];

    find_covariance(cov, s, begin, end);
    for (size_t f = 0; f < d; f++) {
        axis[f] = 1 + cov[f * d + f]; /* not orthogonal to the main axis but by accident */
    }
    for (int step = 0; step < POWER_STEPS; step++) {
        double next[PAL_MAX_FEATURES], norm = 0;

        for (size_t f = 0; f < d; f++) {
            next[f] = 0;
            for (size_t g = 0; g < d; g++) {
                next[f] += cov[f * d + g] * axis[g];
            }
            norm += next[f] * next[f];
        }
        for (size_t f = 0; f < d && norm > 0; f++) {
            axis[f] = next[f] / sqrt(norm);
        }
    }
}

/* Sort [begin, end) along its main axis and halve it, the left part a multiple of a ball. */
static void split(const splitter *s, size_t begin, size_t end)
{
    const pal_catalog *c = s->catalog;
    const size_t n = end - begin, balls = (n + PAL_BALL_ITEMS - 1) / PAL_BALL_ITEMS;
    const size_t left = balls / 2 * PAL_BALL_ITEMS;
    double axis[PAL_MAX_FEATURES];

    if (n <= PAL_BALL_ITEMS) {
        return;
    }
    find_axis(axis, s, begin, end);
    for (size_t i = 0; i < n; i++) {
        const float *x = c->direction + (size_t)s->item[begin + i] * c->stride;
        double along = 0;

        for (size_t f = 0; f < c->d; f++) {
            along += axis[f] * (double)x[f];
        }
        s->value[i] = (float)along;
    }
    pal_order_falling(s->order, s->value, n, s->work);
    memcpy(s->work, s->item + begin, n * sizeof *s->work);
    for (size_t i = 0; i < n; i++) {
        s->item[begin + i] = s->work[s->order[i]];
    }
    split(s, begin, begin + left);
    split(s, begin + left, end);
}

static void bound_ball(pal_balls *balls, const pal_catalog *c, size_t b)
{
    double sum[PAL_MAX_FEATURES] = { 0 }, norm = 0;
    float center[PAL_MAX_FEATURES], least = 1;
    const uint32_t *item = balls->item + b * PAL_BALL_ITEMS;
    const size_t size = pal_ball_size(balls, b);

    for (size_t f = 0; f < c->d; f++) {
        for (size_t i = 0; i < size; i++) {
            sum[f] += (double)c->direction[(size_t)item[i] * c->stride + f];
        }
        norm += sum[f] * sum[f];
    }
    norm = sqrt(norm);
    for (size_t f = 0; f < c->d; f++) {
        center[f] = norm > 0 ? (float)(sum[f] / norm) : 0;
        balls->center_t[f * balls->n_pad + b] = center[f];
    }
    for (size_t i = 0; i < size; i++) {
        const float x = pal_scan_dot(c->direction + (size_t)item[i] * c->stride, center, c->d);

        least = x < least ? x : least;
    }
    balls->cos[b] = least - PAL_SCAN_SLACK;
}

static void copy_directions(pal_balls *balls, const pal_catalog *c)
{
    for (size_t i = 0; i < c->n_items; i++) {
        float *ball = balls->direction_t + i / PAL_BALL_ITEMS * c->d * PAL_BALL_ITEMS;

        for (size_t f = 0; f < c->d; f++) {
            ball[f * PAL_BALL_ITEMS + i % PAL_BALL_ITEMS] = c->direction[(size_t)balls->item[i] * c->stride + f];
        }
    }
}

pal_status pal_balls_new(pal_balls **out, const pal_catalog *catalog, pal_error *err)
{
    const size_t n_items = catalog->n_items;
    splitter s = { .catalog = catalog };
    pal_status rc = PAL_OK;
    pal_balls *balls = NULL;

    PAL_NEW(balls, 1);
    balls->n_items = n_items;
    balls->n = (n_items + PAL_BALL_ITEMS - 1) / PAL_BALL_ITEMS;
    balls->n_pad = (balls->n + PAL_SCAN_LANE - 1) / PAL_SCAN_LANE * PAL_SCAN_LANE;
    balls->row = balls->n * PAL_BALL_ITEMS;
    PAL_NEW(balls->item, balls->row);
    PAL_NEW(balls->direction_t, catalog->d * balls->row);
    PAL_NEW(balls->center_t, catalog->d * balls->n_pad);
    PAL_NEW(balls->cos, balls->n_pad);
    PAL_NEW(s.value, n_items);
    PAL_NEW(s.order, n_items);
    PAL_NEW(s.work, 3 * n_items);
    for (uint32_t i = 0; i < n_items; i++) {
        balls->item[i] = i;
    }
    s.item = balls->item;
    split(&s, 0, n_items);
    copy_directions(balls, catalog);
    for (size_t b = 0; b < balls->n; b++) {
        bound_ball(balls, catalog, b);
    }
    *out = balls;
    balls = NULL;

done:
    pal_free(s.value);
    pal_free(s.order);
    pal_free(s.work);
    pal_balls_free(balls);
    return rc;
}

void pal_balls_free(pal_balls *balls)
{
    if (balls == NULL) {
        return;
    }
    pal_free(balls->item);
    pal_free(balls->direction_t);
    pal_free(balls->center_t);
    pal_free(balls->cos);
    pal_free(balls);
}

/* One parameter at a time, as in LightFM's update_features and update_biases. */
#include "tests/support/slow_mf.h"

#include "tests/support/holds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_D = 40 };

typedef struct slow_table {
    size_t n;
    double *w, *square, *moved; /* n x (d + 1), the bias last */
} slow_table;

typedef struct slow_side {
    slow_table own, shared;
    const pal_csr *features;
    double l2;
    bool has_bias; /* people have one for the logistic loss only: elsewhere it cancels */
} slow_side;

struct slow_mf {
    const pal_mf_config *c;
    slow_side side[2];
    const factor_world *world;
};

static void start(slow_table *t, size_t n, const pal_mf_config *c, pal_key key, pal_mf_which which)
{
    size_t width = c->d + 1;

    t->n = n;
    t->w = calloc(n * width, sizeof *t->w);
    t->square = calloc(n * width, sizeof *t->square);
    t->moved = calloc(n * width, sizeof *t->moved);
    HOLD(t->w != NULL && t->square != NULL && t->moved != NULL);
    for (size_t r = 0; r < n; r++) {
        for (size_t j = 0; j < width; j++) {
            double u = pal_u01(key, (pal_at){ (uint64_t)which, r, 0 }, j);

            t->w[r * width + j] = j < c->d ? (u - 0.5) / (double)c->d : 0;
            t->square[r * width + j] = c->rate.adadelta ? 0 : 1;
        }
    }
}

static void sum(double out[MOST_D], const slow_mf *s, bool items, size_t row)
{
    const slow_side *side = &s->side[items];
    size_t width = s->c->d + 1;

    for (size_t j = 0; j < width; j++) out[j] = side->own.n > 0 ? side->own.w[row * width + j] : 0;
    for (size_t f = 0; side->features != NULL && f < pal_csr_count(side->features, row); f++) {
        size_t cell = side->features->begin[row] + f;

        for (size_t j = 0; j < width; j++) {
            out[j] += (double)side->features->value[cell] * side->shared.w[side->features->col[cell] * width + j];
        }
    }
}

static void move_one(const slow_mf *s, slow_table *t, size_t at, double gradient, double l2)
{
    const pal_mf_rate *r = &s->c->rate;
    double g = gradient + l2 * t->w[at], step;

    if (!r->adadelta) {
        t->w[at] -= (double)r->rate / sqrt(t->square[at]) * g;
        t->square[at] += g * g;
        return;
    }
    t->square[at] = (double)r->rho * t->square[at] + (1 - (double)r->rho) * g * g;
    step = g * sqrt(t->moved[at] + (double)r->epsilon) / sqrt(t->square[at] + (double)r->epsilon);
    t->w[at] -= step;
    t->moved[at] = (double)r->rho * t->moved[at] + (1 - (double)r->rho) * step * step;
}

static void move(slow_mf *s, bool items, size_t row, const double gradient[MOST_D])
{
    slow_side *side = &s->side[items];
    size_t width = s->c->d + 1, last = side->has_bias ? width : width - 1;

    for (size_t j = 0; j < last; j++) {
        if (side->own.n > 0) move_one(s, &side->own, row * width + j, gradient[j], side->l2);
        for (size_t f = 0; side->features != NULL && f < pal_csr_count(side->features, row); f++) {
            size_t cell = side->features->begin[row] + f;

            move_one(s, &side->shared, side->features->col[cell] * width + j,
                     (double)side->features->value[cell] * gradient[j], side->l2);
        }
    }
}

static double score(const double *p, const double *q, size_t d)
{
    double out = p[d] + q[d];

    for (size_t j = 0; j < d; j++) out += p[j] * q[j];
    return out;
}

static void push_apart(slow_mf *s, pal_mf_pair pair, size_t other, const double *p, const double *q, const double *n,
                       double loss)
{
    double person[MOST_D], up[MOST_D], down[MOST_D];
    size_t d = s->c->d;

    for (size_t j = 0; j <= d; j++) {
        person[j] = loss * (n[j] - q[j]);
        up[j] = j < d ? -loss * p[j] : -loss;
        down[j] = -up[j];
    }
    move(s, false, pair.person, person);
    move(s, true, pair.item, up);
    move(s, true, other, down);
}

static void fit_label(slow_mf *s, size_t person, size_t item, double y, double weight)
{
    double p[MOST_D], q[MOST_D], gp[MOST_D], gq[MOST_D], slope;
    size_t d = s->c->d;

    sum(p, s, false, person);
    sum(q, s, true, item);
    slope = weight * (1 / (1 + exp(-score(p, q, d))) - y);
    for (size_t j = 0; j <= d; j++) {
        gp[j] = j < d ? slope * q[j] : slope;
        gq[j] = j < d ? slope * p[j] : slope;
    }
    move(s, false, person, gp);
    move(s, true, item, gq);
}

static bool likes(const slow_mf *s, size_t person, size_t item)
{
    return pal_csr_find(s->world->rows, person, (uint32_t)item) != SIZE_MAX;
}

static double strength(const slow_mf *s, pal_mf_pair pair)
{
    const pal_csr *rows = s->world->rows;

    return s->c->use_values ? (double)rows->value[pal_csr_find(rows, pair.person, pair.item)] : 1;
}

static void train_ranking(slow_mf *s, pal_mf_pair pair, uint64_t key, const pal_mf_plan *plan)
{
    double p[MOST_D], q[MOST_D], n[MOST_D];
    bool warp = s->c->loss == PAL_MF_WARP;
    size_t d = s->c->d, n_items = s->world->rows->n_cols;

    sum(p, s, false, pair.person);
    sum(q, s, true, pair.item);
    for (size_t try = 1; try <= (warp ? s->c->tries : 100); try++) {
        uint64_t bits = pal_mf_draw(key, try);
        size_t other = warp ? pal_mf_below(bits, n_items) : plan->pair[pal_mf_below(bits, plan->n_pairs)].item;
        double weight;

        sum(n, s, true, other);
        if (likes(s, pair.person, other)) continue;
        if (warp) {
            double rank = floor((double)(n_items - 1) / (double)try);

            if (score(p, n, d) <= score(p, q, d) - 1) continue;
            weight = fmin(10, log(fmax(1, rank)));
        } else {
            weight = 1 / (1 + exp(score(p, q, d) - score(p, n, d)));
        }
        push_apart(s, pair, other, p, q, n, weight * strength(s, pair));
        return;
    }
}

static void train_pair(slow_mf *s, pal_mf_pair pair, uint64_t epoch_key, const pal_mf_plan *plan)
{
    uint64_t key = pal_mf_draw(epoch_key, (uint64_t)pair.person << 32 | pair.item);

    if (s->c->loss != PAL_MF_LOGISTIC) {
        train_ranking(s, pair, key, plan);
    } else if (pair.item & PAL_MF_DISLIKED) {
        fit_label(s, pair.person, pair.item & ~PAL_MF_DISLIKED, 0, 1);
    } else {
        fit_label(s, pair.person, pair.item, 1, strength(s, pair));
        for (size_t try = 1; try <= s->c->tries; try++) {
            size_t other = pal_mf_below(pal_mf_draw(key, try), s->world->rows->n_cols);

            if (!likes(s, pair.person, other)) fit_label(s, pair.person, other, 0, 1);
        }
    }
}

slow_mf *slow_mf_fit(const pal_mf *model, const factor_world *world, bool features, bool disliked, uint64_t seed,
                     size_t epochs)
{
    slow_mf *s = calloc(1, sizeof *s);
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    pal_mf_plan plan;

    HOLD(s != NULL && model->config.d < MOST_D);
    s->c = &model->config;
    s->world = world;
    s->side[0] = (slow_side){ .features = features ? world->person_features : NULL, .l2 = (double)s->c->person_l2,
                              .has_bias = s->c->loss == PAL_MF_LOGISTIC };
    s->side[1] = (slow_side){ .features = features ? world->item_features : NULL, .l2 = (double)s->c->item_l2,
                              .has_bias = true };
    if (s->c->person_identity) start(&s->side[0].own, world->rows->n_rows, s->c, key, PAL_MF_PEOPLE);
    if (s->c->item_identity) start(&s->side[1].own, world->rows->n_cols, s->c, key, PAL_MF_ITEMS);
    if (features) start(&s->side[0].shared, world->person_features->n_cols, s->c, key, PAL_MF_PEOPLE_FEATURES);
    if (features) start(&s->side[1].shared, world->item_features->n_cols, s->c, key, PAL_MF_ITEM_FEATURES);
    HOLD(pal_mf_plan_init(&plan, world->rows, disliked ? world->disliked : NULL, 0, NULL) == PAL_OK && plan.n == 1);
    for (size_t e = 0; e < epochs; e++) {
        uint64_t epoch_key = pal_u64(key, (pal_at){ 16, e, 0 }, 0);

        pal_mf_plan_deal(&plan, epoch_key);
        pal_mf_shuffle(plan.pair, plan.n_pairs, pal_mf_draw(epoch_key, 2));
        for (size_t p = 0; p < plan.n_pairs; p++) train_pair(s, plan.pair[p], epoch_key, &plan);
    }
    pal_mf_plan_clear(&plan);
    return s;
}

void slow_mf_free(slow_mf *s)
{
    for (size_t i = 0; i < 2; i++) {
        slow_table *tables[2] = { &s->side[i].own, &s->side[i].shared };

        for (size_t t = 0; t < 2; t++) {
            free(tables[t]->w);
            free(tables[t]->square);
            free(tables[t]->moved);
        }
    }
    free(s);
}

double slow_mf_factor(const slow_mf *s, bool items, size_t row, size_t j)
{
    double out[MOST_D];

    sum(out, s, items, row);
    return out[j];
}

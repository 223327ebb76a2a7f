/* One parameter at a time, as in LightFM's update_features and update_biases; BPR as models/mf_train.h tells. */
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
            t->square[r * width + j] = (double)pal_mf_first_square(c);
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

/* One row of one table against gradient * factor; `last` of its numbers move. By rows, all go by the row's own sum, which
 * is kept where the first number's would be. */
static void move_row(const slow_mf *s, slow_table *t, size_t row, const double *gradient, double factor, double l2,
                     size_t last)
{
    const pal_mf_rate *r = &s->c->rate;
    double *w = t->w + row * (s->c->d + 1), *square = t->square + row * (s->c->d + 1), squares = 0;
    double *moved = t->moved + row * (s->c->d + 1), length = (double)r->rate / sqrt(square[0]);

    for (size_t j = 0; j < last; j++) {
        double g = gradient[j] * factor + (j < s->c->d ? l2 * w[j] : 0), step;

        switch (r->schedule) {
        case PAL_MF_ADAGRAD:
            w[j] -= (double)r->rate / sqrt(square[j]) * g;
            square[j] += g * g;
            break;
        case PAL_MF_ADADELTA:
            square[j] = (double)r->rho * square[j] + (1 - (double)r->rho) * g * g;
            step = g * sqrt(moved[j] + (double)r->epsilon) / sqrt(square[j] + (double)r->epsilon);
            w[j] -= step;
            moved[j] = (double)r->rho * moved[j] + (1 - (double)r->rho) * step * step;
            break;
        case PAL_MF_ADAGRAD_ROWS:
            w[j] -= length * g;
            squares += g * g;
            break;
        }
    }
    if (r->schedule == PAL_MF_ADAGRAD_ROWS) square[0] += squares / (double)s->c->d;
}

static void move(slow_mf *s, bool items, size_t row, const double gradient[MOST_D])
{
    slow_side *side = &s->side[items];
    size_t width = s->c->d + 1, last = side->has_bias ? width : width - 1;

    if (side->own.n > 0) move_row(s, &side->own, row, gradient, 1, side->l2, last);
    for (size_t f = 0; side->features != NULL && f < pal_csr_count(side->features, row); f++) {
        size_t cell = side->features->begin[row] + f;

        move_row(s, &side->shared, side->features->col[cell], gradient, (double)side->features->value[cell], side->l2,
                 last);
    }
}

static double score(const double *p, const double *q, size_t d)
{
    double out = p[d] + q[d];

    for (size_t j = 0; j < d; j++) out += p[j] * q[j];
    return out;
}

/* by_items: an item judges two people. */
static void push_apart(slow_mf *s, bool by_items, size_t judge, size_t above, size_t below, double loss)
{
    double p[MOST_D], q[MOST_D], n[MOST_D], judges[MOST_D], up[MOST_D], down[MOST_D];
    size_t d = s->c->d;

    sum(p, s, by_items, judge);
    sum(q, s, !by_items, above);
    sum(n, s, !by_items, below);
    for (size_t j = 0; j <= d; j++) {
        judges[j] = j < d ? loss * (n[j] - q[j]) : 0;
        up[j] = j < d ? -loss * p[j] : -loss;
        down[j] = -up[j];
    }
    move(s, by_items, judge, judges);
    move(s, !by_items, above, up);
    move(s, !by_items, below, down);
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

static void train_warp(slow_mf *s, pal_mf_pair pair, uint64_t key)
{
    double p[MOST_D], q[MOST_D], n[MOST_D];
    size_t d = s->c->d, n_items = s->world->rows->n_cols;

    sum(p, s, false, pair.person);
    sum(q, s, true, pair.item);
    for (size_t try = 1; try <= s->c->tries; try++) {
        size_t other = pal_mf_below(pal_mf_draw(key, try), n_items);
        double rank = floor((double)(n_items - 1) / (double)try);

        sum(n, s, true, other);
        if (likes(s, pair.person, other) || score(p, n, d) <= score(p, q, d) - 1) continue;
        push_apart(s, false, pair.person, pair.item, other, fmin(10, log(fmax(1, rank))) * strength(s, pair));
        return;
    }
}

/* ---- BPR: the weights of a group of pairs, then its moves ---------------------------------------------- */

typedef struct comparison {
    pal_mf_pair pair;
    bool by_items;
    size_t judge, above, below;
    double weight;
} comparison;

/* false: nothing to compare with in a hundred draws. */
static bool draw_comparison(comparison *c, const slow_mf *s, pal_mf_pair pair, uint64_t key, const pal_mf_plan *plan)
{
    uint64_t first = pal_mf_draw(key, 1);
    pal_mf_pairs pairs = s->c->pairs;

    c->pair = pair;
    c->by_items = pairs == PAL_MF_PAIR_PEOPLE || (pairs == PAL_MF_PAIR_BOTH && (first & 1));
    c->judge = c->by_items ? pair.item : pair.person;
    c->above = c->by_items ? pair.person : pair.item;
    for (size_t try = 1; try <= 100; try++) {
        uint64_t bits = pal_mf_draw(key, try);
        pal_mf_pair met = plan->pair[pal_mf_below(bits, plan->n_pairs)];
        size_t n = c->by_items ? s->world->rows->n_rows : s->world->rows->n_cols;

        c->below = !s->c->popular ? pal_mf_below(bits, n) : c->by_items ? met.person : met.item;
        if (c->by_items ? !likes(s, c->below, pair.item) : !likes(s, pair.person, c->below)) return true;
    }
    return false;
}

static void compare(slow_mf *s, comparison *c, size_t n)
{
    double p[MOST_D], q[MOST_D], o[MOST_D], gap;

    for (size_t i = 0; i < n; i++) {
        sum(p, s, c[i].by_items, c[i].judge);
        sum(q, s, !c[i].by_items, c[i].above);
        sum(o, s, !c[i].by_items, c[i].below);
        gap = score(p, o, s->c->d) - score(p, q, s->c->d);
        c[i].weight = strength(s, c[i].pair) / (1 + exp(-gap));
    }
    for (size_t i = 0; i < n; i++) push_apart(s, c[i].by_items, c[i].judge, c[i].above, c[i].below, c[i].weight);
}

/* Pairs from..to of one round: sixteen together, and those of 64 pairs never with those of the next. */
static void train_bpr(slow_mf *s, const pal_mf_plan *plan, uint64_t epoch_key, size_t from, size_t to)
{
    comparison held[16];
    size_t n = 0;

    for (size_t p = from; p < to; p++) {
        pal_mf_pair pair = plan->pair[p];
        uint64_t key = pal_mf_draw(epoch_key, (uint64_t)pair.person << 32 | pair.item);

        n += draw_comparison(&held[n], s, pair, key, plan);
        if (n == 16 || (p - from) % 64 == 63 || p + 1 == to) {
            compare(s, held, n);
            n = 0;
        }
    }
}

static void train_pair(slow_mf *s, pal_mf_pair pair, uint64_t epoch_key)
{
    uint64_t key = pal_mf_draw(epoch_key, (uint64_t)pair.person << 32 | pair.item);

    if (s->c->loss == PAL_MF_WARP) {
        train_warp(s, pair, key);
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
        for (size_t r = 0; s->c->loss == PAL_MF_BPR && r < PAL_MF_ROUNDS; r++) {
            train_bpr(s, &plan, epoch_key, plan.n_pairs * r / PAL_MF_ROUNDS, plan.n_pairs * (r + 1) / PAL_MF_ROUNDS);
        }
        if (s->c->loss == PAL_MF_BPR) continue;
        for (size_t p = 0; p < plan.n_pairs; p++) train_pair(s, plan.pair[p], epoch_key);
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

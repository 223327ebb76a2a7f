/* The end of a round: for a person satiation and recovery, drift, births, mood and leaving; for all what others played. */
#include "core/dist.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "sim/response_multi.h"

#include <math.h>

/* Draws of PAL_FOR_DRIFT, told apart by the place's last word. */
enum { WHAT_LEAVE = 0, WHAT_BIRTH = 1, WHAT_WALK = 16 };

/* s <- memory * (s + share of the slate clicked for the taste): Leqi et al. 2021, without their noise. */
static void satiate(const pal_multi *model, pal_state *state, uint32_t user, const pal_answer *answer, size_t n)
{
    float *satiation = state->satiation + (size_t)user * PAL_MAX_TASTES;
    float eaten[PAL_MAX_TASTES] = { 0.0f };

    for (size_t k = 0; k < n; k++) {
        if ((answer[k].flags & PAL_CLICKED) != 0 && answer[k].true_taste != PAL_NO_TASTE) {
            eaten[answer[k].true_taste] += 1.0f;
        }
    }
    for (size_t t = 0; t < state->n_tastes[user]; t++) {
        const float share = n > 0 ? eaten[t] / (float)n : 0.0f;

        satiation[t] = model->config.satiation_memory * (satiation[t] + share);
    }
}

/* Each like pulls its taste's center toward the liked item. */
static void follow_likes(const pal_multi *model, pal_state *state, uint32_t user, const uint32_t *item,
                         const pal_answer *answer, size_t n)
{
    const pal_catalog *cat = model->world.catalog;

    for (size_t k = 0; k < n; k++) {
        if ((answer[k].flags & PAL_LIKED) == 0 || answer[k].true_taste == PAL_NO_TASTE) {
            continue;
        }
        float *center = state->taste_center +
                        ((size_t)user * PAL_MAX_TASTES + answer[k].true_taste) * state->stride;
        const float *x = cat->scaled + (size_t)item[k] * cat->stride;

        for (size_t f = 0; f < cat->d; f++) {
            center[f] += model->config.drift_pull * (x[f] - center[f]);
        }
    }
}

static void walk(const pal_multi *model, pal_state *state, uint32_t user, uint32_t round)
{
    for (size_t t = 0; t < state->n_tastes[user]; t++) {
        const size_t at_taste = (size_t)user * PAL_MAX_TASTES + t;
        float *center = state->taste_center + at_taste * state->stride;
        const double sd = (double)model->config.drift_noise * (double)state->taste_width[at_taste];
        const pal_at at = { user, round, WHAT_WALK + t };
        uint64_t draw = 0;

        for (size_t f = 0; sd > 0.0 && f < model->world.catalog->d; f++) {
            center[f] += (float)(sd * pal_draw_normal(model->drift, at, &draw));
        }
    }
}

/* Weights move toward the shares of the round's likes; their sum stays 1. */
static void shift_weights(const pal_multi *model, pal_state *state, uint32_t user, const pal_answer *answer, size_t n)
{
    float *weight = state->taste_weight + (size_t)user * PAL_MAX_TASTES;
    float likes[PAL_MAX_TASTES] = { 0.0f }, all = 0.0f;
    const float step = model->config.drift_weight;

    for (size_t k = 0; k < n; k++) {
        if ((answer[k].flags & PAL_LIKED) != 0 && answer[k].true_taste != PAL_NO_TASTE) {
            likes[answer[k].true_taste] += 1.0f;
            all += 1.0f;
        }
    }
    for (size_t t = 0; all > 0.0f && t < state->n_tastes[user]; t++) {
        weight[t] = (1.0f - step) * weight[t] + step * (likes[t] / all);
        weight[t] = weight[t] > 1e-6f ? weight[t] : 1e-6f; /* a neglected taste sleeps, it does not die */
    }
}

/* A new taste takes its weight from the others, in proportion. */
static void give_birth(const pal_multi *model, pal_state *state, uint32_t user, uint32_t round)
{
    const pal_multi_config *c = &model->config;
    const size_t n = state->n_tastes[user], first = (size_t)user * PAL_MAX_TASTES;
    const pal_at at = { user, round, WHAT_BIRTH };
    const double p = c->birth_rate * (double)model->world.people->novelty_love[user];
    uint64_t draw = 0;

    if (n >= PAL_MAX_TASTES || n >= model->map->n_usable || state->born_taste[user] >= c->birth_most ||
        pal_u01(model->drift, at, draw++) >= p) {
        return;
    }
    const size_t cluster = pal_taste_draw_cluster(model->map, state->taste_cluster + first, n, NULL, 0.5, model->drift,
                                                  at, &draw);
    float width = 0.0f;

    for (size_t t = 0; t < n; t++) {
        width += state->taste_width[first + t] / (float)n;
        state->taste_weight[first + t] *= (float)(1.0 - c->birth_weight);
    }
    pal_taste_draw_center(state->taste_center + (first + n) * state->stride, model->map, cluster, c->birth_shrink,
                          model->drift, at, &draw);
    state->taste_cluster[first + n] = (uint16_t)cluster;
    state->taste_width[first + n] = width;
    state->taste_weight[first + n] = (float)c->birth_weight;
    state->satiation[first + n] = 0.0f;
    state->n_tastes[user] = (uint8_t)(n + 1);
    state->born_taste[user]++;
}

/* (likes - dislikes) / slots looked at; 0 when none was. */
static double session_reward(const pal_answer *answer, size_t n)
{
    int good = 0, looked = 0;

    for (size_t k = 0; k < n; k++) {
        looked += (answer[k].flags & PAL_EXAMINED) != 0;
        good += (answer[k].flags & PAL_LIKED) != 0;
        good -= (answer[k].flags & PAL_DISLIKED) != 0;
    }
    return looked > 0 ? (double)good / (double)looked : 0.0;
}

static void feel(const pal_multi *model, pal_state *state, uint32_t user, uint32_t round, const pal_answer *answer,
                 size_t n)
{
    const pal_multi_config *c = &model->config;
    const double reward = session_reward(answer, n);
    const double mood = c->mood_memory * (double)state->mood[user] + (1.0 - c->mood_memory) * reward;

    state->mood[user] = (float)mood;
    if (c->churn && reward < c->leave_below && mood < c->leave_below &&
        pal_u01(model->drift, (pal_at){ user, round, WHAT_LEAVE }, 0) < c->leave_rate) {
        state->alive[user] = 0;
        state->left_round[user] = round;
    }
}

void pal_multi_advance(const void *self, pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                       const pal_answer *answer, size_t n)
{
    const pal_multi *model = self;
    const pal_multi_config *c = &model->config;

    if (state->alive[user] == 0) {
        return;
    }
    if (c->satiation) {
        satiate(model, state, user, answer, n);
    }
    if (c->drift) {
        follow_likes(model, state, user, item, answer, n);
        walk(model, state, user, round);
        shift_weights(model, state, user, answer, n);
    }
    if (c->birth) {
        give_birth(model, state, user, round);
    }
    if (n > 0) {
        feel(model, state, user, round, answer, n);
    }
}

#define LN_2 0.6931471805599453 /* ln(1 + one play) - ln(1 + none): the least that counts as a unit */

/* Two passes over the items, each compensated. */
static void spread_of(double *mean, double *unit, const double *x, size_t n)
{
    pal_acc sum = { 0 }, square = { 0 };

    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&sum, x[i]);
    }
    *mean = pal_acc_value(&sum) / (double)n;
    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&square, (x[i] - *mean) * (x[i] - *mean));
    }
    const double sd = sqrt(pal_acc_value(&square) / (double)n);

    *unit = sd > LN_2 ? sd : LN_2;
}

void pal_multi_settle(const void *self, pal_state *state, const uint32_t *plays)
{
    const pal_multi *model = self;
    const pal_multi_config *c = &model->config;
    const size_t n = model->world.catalog->n_items;
    pal_herd *herd = state->herd;
    double mean, unit;

    for (size_t i = 0; plays != NULL && i < n; i++) {
        herd->recent[i] = (float)(c->herding_memory * (double)herd->recent[i] + (double)plays[i]);
    }
    for (size_t i = 0; i < n; i++) { /* a song that was never played is the common case */
        herd->log[i] = herd->recent[i] > 0.0f ? pal_log1p((double)herd->recent[i]) : 0.0;
    }
    spread_of(&mean, &unit, herd->log, n);
    for (size_t i = 0; i < n; i++) {
        herd->terms.item[i] = (float)((double)model->terms.item[i] + c->herding_gain * ((herd->log[i] - mean) / unit));
    }
    pal_item_terms_bound(&herd->terms, model->world.catalog);
    herd->moved = true;
}

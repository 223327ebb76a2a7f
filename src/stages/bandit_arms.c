/* Which posterior a song belongs to, and teaching it. */
#include "stages/bandit_arms.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"

#include <stdlib.h>
#include <string.h>

pal_arms_config pal_arms_config_from(const pal_values *values)
{
    const char *arms = pal_values_text(values, "arms");

    return (pal_arms_config){
        .by_person = strncmp(arms, "person", 6) == 0,
        .by_taste = strcmp(arms, "person-taste") == 0 || strcmp(arms, "taste") == 0,
        .l2 = pal_values_real(values, "l2"),
        .prior = pal_values_real(values, "prior_rate"),
        .refactor = (size_t)pal_values_int(values, "refactor"),
    };
}

static pal_status new_logistic(pal_arms *arms, pal_error *err)
{
    const pal_arms_config *c = &arms->config;
    double prior[PAL_MAX_FEATURES + 2 + PAL_MAX_CLUSTERS] = { 0 };

    prior[0] = pal_logit(c->prior);
    return pal_bandit_logistic_new(&arms->logistic, arms->n_arms, arms->d, prior, c->l2, c->diagonal, err);
}

pal_status pal_arms_new(pal_arms **out, const pal_stage_env *env, const pal_arms_config *config, pal_error *err)
{
    pal_arms *arms = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(arms, 1);
    arms->config = *config;
    arms->catalog = env->catalog;
    arms->n_users = env->n_users;
    arms->n_tastes = env->catalog->clusters->n;
    arms->n_arms = (config->by_person ? arms->n_users : 1) * (config->by_taste ? arms->n_tastes : 1);
    arms->base = env->catalog->d + 2;
    arms->d = arms->base + (config->by_taste || config->model == PAL_ARMS_HYBRID ? 0 : arms->n_tastes);
    PAL_NEW(arms->touched, arms->n_arms);
    if (config->model == PAL_ARMS_RIDGE) {
        PAL_TRY(pal_bandit_linear_new(&arms->ridge, arms->n_arms, arms->d, config->l2, config->refactor, err));
    } else if (config->model == PAL_ARMS_HYBRID) {
        PAL_TRY(pal_bandit_hybrid_new(&arms->hybrid, arms->n_arms, arms->base, arms->base + arms->n_tastes, config->l2,
                                      config->refactor, err));
    } else {
        PAL_TRY(new_logistic(arms, err));
    }
    *out = arms;
    arms = NULL;

done:
    pal_arms_free(arms);
    return rc;
}

void pal_arms_free(pal_arms *arms)
{
    if (arms == NULL) {
        return;
    }
    pal_bandit_linear_free(arms->ridge);
    pal_bandit_hybrid_free(arms->hybrid);
    pal_bandit_logistic_free(arms->logistic);
    pal_free(arms->touched);
    pal_free(arms);
}

void pal_arms_x(double *x, const pal_arms *arms, uint32_t item)
{
    const pal_catalog *c = arms->catalog;

    x[0] = 1;
    for (size_t f = 0; f < c->d; f++) {
        x[1 + f] = (double)c->direction[item * c->stride + f];
    }
    x[1 + c->d] = (double)c->popularity[item] / 100;
}

/* x and, behind it, a 1 in the place of the item's taste: base + n_tastes numbers. */
static void wide_x(double *x, const pal_arms *arms, uint32_t item)
{
    pal_arms_x(x, arms, item);
    memset(x + arms->base, 0, arms->n_tastes * sizeof *x);
    x[arms->base + arms->catalog->cluster[item]] = 1;
}

static size_t arm_of(const pal_arms *arms, const pal_event *event)
{
    const size_t person = arms->config.by_person ? event->user : 0;

    return arms->config.by_taste ? person * arms->n_tastes + arms->catalog->cluster[event->item] : person;
}

static double reward_of(const pal_event *event)
{
    return (event->flags & PAL_LIKED) != 0 ? 1 : 0;
}

/* ---- rewards one by one ---- */

static pal_status learn_linear(pal_arms *arms, const pal_feedback *round, pal_error *err)
{
    double x[PAL_MAX_FEATURES + 2 + PAL_MAX_CLUSTERS];
    pal_status rc = PAL_OK;

    for (size_t e = 0; e < round->n; e++) {
        const pal_event *event = &round->events[e];
        const size_t arm = arm_of(arms, event);
        const double y = reward_of(event) - arms->config.prior;

        if ((event->flags & PAL_EXAMINED) == 0) {
            continue;
        }
        wide_x(x, arms, event->item);
        arms->touched[arm] = 1;
        if (arms->hybrid != NULL) {
            pal_bandit_hybrid_add(arms->hybrid, arm, x, x, y);
        } else {
            pal_bandit_linear_add(arms->ridge, arm, x, y);
        }
    }
    for (size_t a = 0; a < arms->n_arms && arms->ridge != NULL; a++) {
        if (arms->touched[a]) {
            pal_bandit_linear_solve(arms->ridge, a);
        }
    }
    if (arms->hybrid != NULL) {
        PAL_TRY(pal_bandit_hybrid_solve(arms->hybrid, err));
    }

done:
    return rc;
}

/* ---- rewards by the batch ---- */

typedef struct place {
    size_t arm, event;
} place;

static int by_arm(const void *a, const void *b)
{
    const place *x = a, *y = b;

    if (x->arm != y->arm) {
        return x->arm > y->arm ? 1 : -1;
    }
    return (x->event > y->event) - (x->event < y->event);
}

static pal_status learn_batch(pal_arms *arms, const pal_feedback *round, const place *at, size_t n, pal_arena *scratch,
                              pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    const size_t wide = arms->base + arms->n_tastes;
    double *x, *y;
    pal_status rc = PAL_OK;

    PAL_TAKE(x, n * arms->d + wide, scratch); /* the last row is written wide */
    PAL_TAKE(y, n, scratch);
    for (size_t i = 0; i < n; i++) {
        wide_x(x + i * arms->d, arms, round->events[at[i].event].item);
        y[i] = reward_of(&round->events[at[i].event]);
    }
    PAL_TRY(pal_bandit_logistic_learn(arms->logistic, at[0].arm, x, y, n, scratch, err));

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static pal_status learn_logistic(pal_arms *arms, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    place *at;
    size_t n = 0;
    pal_status rc = PAL_OK;

    PAL_TAKE(at, round->n, scratch);
    for (size_t e = 0; e < round->n; e++) {
        if ((round->events[e].flags & PAL_EXAMINED) != 0) {
            at[n++] = (place){ arm_of(arms, &round->events[e]), e };
        }
    }
    qsort(at, n, sizeof *at, by_arm);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && at[end].arm == at[begin].arm; end++) {
        }
        PAL_TRY(learn_batch(arms, round, at + begin, end - begin, scratch, err));
    }

done:
    return rc;
}

pal_status pal_arms_learn(pal_arms *arms, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    pal_status rc;

    if (arms->logistic != NULL) {
        rc = learn_logistic(arms, round, scratch, err);
    } else {
        memset(arms->touched, 0, arms->n_arms);
        rc = learn_linear(arms, round, err);
    }
    pal_arena_rewind(scratch, mark);
    return rc;
}

uint64_t pal_arms_digest(const pal_arms *arms)
{
    if (arms->ridge != NULL) {
        return pal_bandit_linear_digest(arms->ridge);
    }
    return arms->hybrid != NULL ? pal_bandit_hybrid_digest(arms->hybrid) : pal_bandit_logistic_digest(arms->logistic);
}

pal_status pal_arms_save(const pal_arms *arms, const char *prefix, pal_tensors *file, pal_error *err)
{
    if (arms->ridge != NULL) {
        return pal_bandit_linear_save(arms->ridge, prefix, file, err);
    }
    return arms->hybrid != NULL ? pal_bandit_hybrid_save(arms->hybrid, prefix, file, err)
                                : pal_bandit_logistic_save(arms->logistic, prefix, file, err);
}

pal_status pal_arms_restore(pal_arms *arms, const char *prefix, const pal_tensors *file, pal_error *err)
{
    if (arms->ridge != NULL) {
        return pal_bandit_linear_restore(arms->ridge, prefix, file, err);
    }
    return arms->hybrid != NULL ? pal_bandit_hybrid_restore(arms->hybrid, prefix, file, err)
                                : pal_bandit_logistic_restore(arms->logistic, prefix, file, err);
}

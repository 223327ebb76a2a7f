/* The arms of the linear bandit stages: which posterior a song belongs to, what it learns, and how it looks from a song. */
#ifndef PAL_STAGES_BANDIT_ARMS_H
#define PAL_STAGES_BANDIT_ARMS_H

#include "models/bandit_hybrid.h"
#include "models/bandit_linear.h"
#include "models/bandit_logistic.h"
#include "stages/stage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum pal_arms_model { PAL_ARMS_RIDGE, PAL_ARMS_HYBRID, PAL_ARMS_LOGISTIC } pal_arms_model;

typedef struct pal_arms_config {
    pal_arms_model model;
    bool by_person, by_taste; /* a posterior for each person, for each taste, for each pair, or one     */
    bool diagonal;            /* logistic: keep variances only                                          */
    double l2;                /* precision of a coefficient before any feedback                         */
    double prior;             /* like rate before any feedback                                          */
    size_t refactor;          /* rewards (hybrid: rounds, too) between two factors from the sums        */
} pal_arms_config;

/*
 * A song's features x: 1, its direction in feature space (a unit vector), popularity / 100. Its taste is its primary
 * cluster. Where tastes share a posterior, that one has a coefficient more for each taste. The hybrid's shared part
 * knows x and the taste, the arms' own part x.
 * A reward is a slot that was looked at: 1 when it was liked, else 0.
 */
typedef struct pal_arms {
    pal_arms_config config;
    const pal_catalog *catalog;
    size_t n_users, n_tastes, n_arms;
    size_t base;                   /* numbers of an x                                   */
    size_t d;                      /* coefficients of an arm: base, or base + n_tastes  */
    pal_bandit_linear *ridge;      /* one of the three                                  */
    pal_bandit_hybrid *hybrid;
    pal_bandit_logistic *logistic;
    uint8_t *touched;              /* n_arms                                            */
} pal_arms;

/* The parameters all linear bandits share; a stage's table ends with it. */
#define PAL_ARMS_PARAMS                                                                                                \
    { "arms", PAL_PARAM_CHOICE, "\"person-taste\"", 0, 0, "person-taste|person|taste|global",                          \
      "linear models: one for each taste of each person, for each person, for each taste, or one for all", NULL },      \
    { "l2", PAL_PARAM_REAL, "4", 1e-6, 1e6, NULL, "linear models: precision of a coefficient before any feedback",      \
      "Li et al. 2010: 1; ours measured on multi-taste" },                                                             \
    { "prior_rate", PAL_PARAM_REAL, "0.1", 1e-4, 0.9999, NULL, "like rate of a song before any feedback", NULL },       \
    { "refactor", PAL_PARAM_INT, "1000", 1, 1000000000, NULL,                                                          \
      "rewards of an arm between two factorisations from scratch (rank-one updates between them)", NULL }

/* by_person, by_taste, l2, prior and refactor from a stage's values. */
pal_arms_config pal_arms_config_from(const pal_values *values);

PAL_MUST_USE pal_status pal_arms_new(pal_arms **out, const pal_stage_env *env, const pal_arms_config *config,
                                     pal_error *err);
void pal_arms_free(pal_arms *arms); /* accepts NULL */
PAL_MUST_USE pal_status pal_arms_learn(pal_arms *arms, const pal_feedback *round, pal_arena *scratch, pal_error *err);
uint64_t pal_arms_digest(const pal_arms *arms);
/* The state under PREFIX/…; and back into arms of the same parameters and people, else PAL_ERR_DATA. */
PAL_MUST_USE pal_status pal_arms_save(const pal_arms *arms, const char *prefix, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_arms_restore(pal_arms *arms, const char *prefix, const pal_tensors *file, pal_error *err);

/*
 * All a person's posteriors folded to the songs of each taste: for a song x of taste t the value (a like rate; log-odds
 * with the logistic model) has mean mean_t . x and standard deviation |spread_t x|. Rows of spread_t below n_shared stand for
 * directions that all tastes share, the others for those of the taste's own arm.
 */
typedef struct pal_arms_view {
    const pal_arms *arms;
    size_t rows, n_shared;
    double *mean;   /* n_tastes x base                                                */
    double *spread; /* n_tastes x rows x base                                         */
    float *root;    /* n_tastes x base x base: |root_t x| = |spread_t x|, for scans   */
} pal_arms_view;

/* From an arena; valid as long as that is. */
PAL_MUST_USE pal_status pal_arms_view_of(pal_arms_view *view, const pal_arms *arms, uint32_t user, pal_arena *scratch,
                                         pal_error *err);
/* Index of the arm's own rows in a space of all: 0 where all tastes have the same one. */
static inline size_t pal_arms_own(const pal_arms_view *view, size_t t)
{
    return view->arms->config.by_taste ? t : 0;
}

/* x (base) of an item. */
void pal_arms_x(double *x, const pal_arms *arms, uint32_t item);
/* mean_t . x in double, features in order. */
double pal_arms_mean(const pal_arms_view *view, size_t t, const double *x);
/* The mean of an item as a stage's score; ctx is the view (for pal_pick_rest). */
float pal_arms_score(const void *view, uint32_t item);
/* bound[i] = mean + bonus * standard deviation of n items from `begin` on, all of primary cluster t; in float. */
void pal_arms_scan(float *bound, const pal_arms_view *view, size_t t, size_t begin, size_t n, float bonus);
/* One draw of every taste's coefficients from the joint posterior, its standard deviations times `scale`.
 *   theta  out  n_tastes x base */
PAL_MUST_USE pal_status pal_arms_sample(double *theta, const pal_arms_view *view, double scale, pal_key key, pal_at at,
                                        pal_arena *scratch, pal_error *err);

#endif

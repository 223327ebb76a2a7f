/* Beta-Bernoulli arms: how likely a song of a taste is to be liked, by counting. */
#ifndef PAL_STAGES_THOMPSON_BETA_H
#define PAL_STAGES_THOMPSON_BETA_H

#include "stages/stage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An arm for each taste of each person (or of all people together):
 *
 *   rate ~ Beta(prior_rate * weight + liked, (1 - prior_rate) * weight + looked - liked)
 *
 * over the slots looked at whose song has the taste as its primary cluster. prior_rate 0.5 and weight 2 is the uniform prior.
 * Source: Thompson 1933; Chapelle and Li 2011.
 */
typedef struct pal_beta_arms {
    const pal_catalog *catalog;
    bool by_person;
    size_t n_tastes, n_arms;
    double prior_rate, weight;
    uint32_t *liked, *looked; /* n_arms: the state */
} pal_beta_arms;

PAL_MUST_USE pal_status pal_beta_arms_new(pal_beta_arms **out, const pal_stage_env *env, bool by_person,
                                          double prior_rate, double weight, pal_error *err);
void pal_beta_arms_free(pal_beta_arms *arms); /* accepts NULL */
void pal_beta_arms_learn(pal_beta_arms *arms, const pal_feedback *round);
uint64_t pal_beta_arms_digest(const pal_beta_arms *arms);
PAL_MUST_USE pal_status pal_beta_arms_save(const pal_beta_arms *arms, const char *prefix, pal_tensors *file,
                                           pal_error *err);
/* PAL_ERR_DATA when the sizes differ, or more was liked than looked at. */
PAL_MUST_USE pal_status pal_beta_arms_restore(pal_beta_arms *arms, const char *prefix, const pal_tensors *file,
                                              pal_error *err);

/* The posterior mean of a taste's rate. */
double pal_beta_arms_mean(const pal_beta_arms *arms, uint32_t user, size_t t);
/* One draw of every taste's rate, its own draws one after another from `at` on. rate holds n_tastes. */
void pal_beta_arms_sample(double *rate, const pal_beta_arms *arms, uint32_t user, pal_key key, pal_at at);

#endif

/* Who the people are, and how age, gender, country and occupation lean toward clusters. */
#ifndef PAL_SIM_DEMOGRAPHICS_H
#define PAL_SIM_DEMOGRAPHICS_H

#include "core/error.h"
#include "core/rng.h"
#include "data/person.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Effects of each level of each attribute on the log-odds of each cluster: normal(0, 1) keyed by (seed, attribute,
 * level, cluster), times the strength, halved because four of them add up. ASSUMPTION: no data set at hand says which
 * group likes what, so the leanings are drawn, the same for every replicate of a seed.
 */
typedef struct pal_leanings {
    size_t n_clusters;
    double *effect;          /* levels x n_clusters, log-odds                         */
    size_t n_names[3];       /* genders, countries, occupations                       */
    double *name_weight[3];  /* of each, the relative number of people                */
} pal_leanings;

/* strength: 0 = tastes know nothing of demographics, 1 = strongly. */
PAL_MUST_USE pal_status pal_leanings_new(pal_leanings **out, size_t n_clusters, double strength, uint64_t seed,
                                         pal_error *err);
void pal_leanings_free(pal_leanings *leanings); /* accepts NULL */

/* Age, gender, country and occupation of a person. */
pal_demographics pal_draw_demographics(const pal_leanings *leanings, pal_key key, pal_at at);

/* Sum of the four effects: log-odds to add to each of the n_clusters clusters. */
void pal_leanings_shift(double *shift, const pal_leanings *leanings, pal_demographics who);

#endif

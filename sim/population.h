/* The people: each with several independent tastes. Drawn from a seed, const afterwards. */
#ifndef PAL_SIM_POPULATION_H
#define PAL_SIM_POPULATION_H

#include "core/error.h"
#include "core/param.h"
#include "data/catalog.h"
#include "data/person.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAL_MAX_TASTES 8

/* Parameters of the "people" object (count, tastes, contradiction, demographics, habits …), with sources. */
extern const pal_param pal_population_params[];

typedef struct pal_population {
    size_t n, d;               /* people; features                                                     */
    size_t stride;             /* floats a taste center: the catalog's stride                          */
    uint8_t *n_tastes;         /* n: 1..PAL_MAX_TASTES                                                 */
    uint16_t *taste_cluster;   /* n x 8: cluster of the taste; distinct within a person                */
    float *taste_center;       /* n x 8 x stride: preferred point, scaled features, pad 0              */
    float *taste_width;        /* n x 8: rms distance per feature at which liking falls to exp(-1/2)    */
    float *taste_weight;       /* n x 8: > 0, sums to 1 over a person's tastes, descending; rest 0      */
    float *contradiction;      /* n: mean distance between the clusters of a person's tastes, as a quantile 0..1 among
                                  all pairs of clusters; 0 with one taste                                */
    float *activity;           /* n: probability to turn up in a round                                  */
    float *patience;           /* n: factor of examination from slot to slot, 0..1                      */
    float *like_bias;          /* n: log-odds added to every like                                       */
    float *popularity_love;    /* n: openness to popularity, 0..1                                       */
    float *novelty_love;       /* n: openness to the unfamiliar, 0..1                                   */
    pal_demographics *who;     /* n                                                                     */
    const pal_catalog *catalog; /* borrowed: what their tastes were drawn from                          */
    bool follows;              /* do they follow each other's plays? Their states then hold those (sim/herd.h); set by
                                  whoever makes their response model, before any state                   */
    uint64_t digest;
} pal_population;

/* Draw n people (values["n"]) for one replicate. Person u depends on (seed, replicate, u) and the catalog only. */
PAL_MUST_USE pal_status pal_population_new(pal_population **out, const pal_catalog *catalog,
    const pal_values *values, uint64_t seed, uint32_t replicate, size_t n_threads, pal_error *err);
void pal_population_free(pal_population *people); /* accepts NULL */

#endif

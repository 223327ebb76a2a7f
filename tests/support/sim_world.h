/* Small worlds for the tests of the simulator: a synthetic catalog, people, a response model and their state. */
#ifndef PAL_TESTS_SIM_WORLD_H
#define PAL_TESTS_SIM_WORLD_H

#include "core/arena.h"
#include "core/param.h"
#include "data/catalog.h"
#include "sim/population.h"
#include "sim/response.h"
#include "sim/state.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sim_world {
    const pal_catalog *catalog; /* borrowed */
    pal_population *people;
    const pal_response_type *type;
    void *self;
    pal_state *state;
    pal_arena *arena;
} sim_world;

/* A table's values from JSON text ("{}" = defaults); fails the test on an error. The caller frees. */
pal_values *sim_values(const pal_param *table, const char *json);

/* A catalog drawn from the built-in model with the default clusters. The caller frees. */
pal_catalog *sim_catalog(uint64_t seed, size_t items);

/* People and response model (by name) with parameters as JSON text, replicate 0. */
sim_world sim_world_new(const pal_catalog *catalog, uint64_t seed, const char *people, const char *model,
                        const char *response);
void sim_world_free(sim_world *world);

/* n different random items, keyed by (user, round). */
void sim_random_items(uint32_t *item, size_t n, const pal_catalog *catalog, uint64_t seed, uint32_t user,
                      uint32_t round);

/* Counts of answers: impressions and those with each flag. */
typedef struct sim_counts {
    double shown, examined, clicked, liked, disliked, skipped;
} sim_counts;
void sim_count(sim_counts *counts, const pal_answer *answer, size_t n);

#endif

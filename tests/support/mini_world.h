/* A small catalog, people who know it and one stage: what most tests of a stage start from. */
#ifndef PAL_TESTS_MINI_WORLD_H
#define PAL_TESTS_MINI_WORLD_H

#include "tests/support/mini_stages.h"

typedef struct mini_world {
    pal_catalog *catalog;
    mini_people people;
    mini_stage stage;
} mini_world;

/* n_people with R1's profiles, and the stage with these parameters; the caller frees. */
mini_world mini_world_of(const char *stage, const char *json, mini_spec spec, uint32_t n_people);
void mini_world_free(mini_world *w);

#endif

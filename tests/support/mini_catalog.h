/* Small made-up catalogs, people and stages for the tests of profiles and stages. */
#ifndef PAL_TESTS_MINI_CATALOG_H
#define PAL_TESTS_MINI_CATALOG_H

#include "core/arena.h"
#include "core/json.h"
#include "core/param.h"
#include "data/catalog.h"
#include "profile/history.h"
#include "profile/profile.h"
#include "stages/stage.h"

/* What a made-up catalog looks like; every genre g00, g01, … is a cluster of its own. */
typedef struct mini_spec {
    uint64_t seed;
    size_t n_items, n_genres, n_artists, d;
    double second_genre; /* share of items with a genre more */
    double spread;       /* sd inside a genre, between genres it is 1 */
} mini_spec;

/* Defaults: 600 items, 8 genres, 150 artists, 5 features, 0.2, 0.7. */
mini_spec mini_defaults(uint64_t seed);
/* The catalog; aborts the test on any error. */
pal_catalog *mini_catalog(mini_spec spec);
/* The real 114k catalog, or NULL with a printed "skipped: …". */
pal_catalog *mini_real_catalog(void);

/* A stage built from JSON text ("" = no parameters) the way the lab builds one. */
typedef struct mini_stage {
    const pal_stage_type *type;
    void *self;
    size_t index;
    pal_values *values;
    pal_json_doc *doc;
} mini_stage;
pal_status mini_stage_try(mini_stage *out, const char *name, const char *json, const pal_catalog *catalog,
                          const pal_truth_door *truth, pal_error *err);
mini_stage mini_stage_of(const char *name, const char *json, const pal_catalog *catalog);
void mini_stage_free(mini_stage *stage);

/* A few people with profiles and histories. */
typedef struct mini_people {
    const pal_catalog *catalog;
    pal_profiles *profiles;
    pal_history *history;
    pal_arena *scratch;
} mini_people;
mini_people mini_people_of(const pal_catalog *catalog, size_t n_users, size_t capacity, pal_profile_config config);
void mini_people_free(mini_people *people);
pal_profile_config mini_r1_config(void);
pal_request mini_request(const mini_people *people, uint32_t user, uint32_t round, size_t n_slots);
/* Serve one slate (slate->n starts at 0); scratch is rewound. */
void mini_serve(pal_slate *slate, const mini_stage *stage, const mini_people *people, const pal_request *request);
/* Answer each slot with flags[s] and let profile and history learn. */
void mini_learn(mini_people *people, uint32_t user, uint32_t round, const pal_slate *slate, const uint8_t *flags);
/* Show n random unseen items to a person who likes those of the clusters in `likes` with probability 0.8 and
 * others with 0.1, and dislikes the rest. */
void mini_teach(mini_people *people, uint32_t user, uint64_t seed, uint64_t likes, size_t n);

#endif

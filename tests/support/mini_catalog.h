/* Small made-up catalogs and people for the tests of profiles and stages. */
#ifndef PAL_TESTS_MINI_CATALOG_H
#define PAL_TESTS_MINI_CATALOG_H

#include "core/arena.h"
#include "data/catalog.h"
#include "data/slate.h"
#include "profile/history.h"
#include "profile/profile.h"

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
/* Answer each slot with flags[s] and let profile and history learn. */
void mini_learn(mini_people *people, uint32_t user, uint32_t round, const pal_slate *slate, const uint8_t *flags);
/* Show n random unseen items to a person who likes those of the clusters in `likes` with probability 0.8 and
 * others with 0.1, and dislikes the rest. */
void mini_teach(mini_people *people, uint32_t user, uint64_t seed, uint64_t likes, size_t n);
/* Mark an item as seen without showing it. */
void mini_mark_seen(mini_people *people, uint32_t user, uint32_t item);
size_t mini_unseen(const mini_people *people, uint32_t user);

#endif

/* People taught by rules of our own, for the tests of the stages that fit models. */
#ifndef PAL_TESTS_RUNG_PEOPLE_H
#define PAL_TESTS_RUNG_PEOPLE_H

#include "tests/support/mini_stages.h"

/* What an item is answered with: pal_event_flag. */
typedef uint8_t (*rung_answer_fn)(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed);

/* Likes where feature 0 is above 0 and dislikes the rest, one answer in ten the other way round. */
uint8_t rung_likes_feature(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed);
/* Likes or dislikes by the toss of a fair coin. */
uint8_t rung_tosses_coins(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed);
/* Likes everything. */
uint8_t rung_likes_all(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed);

/* n items of n genres (a cluster each), three features; hardly an artist twice. */
pal_catalog *rung_catalog(uint64_t seed, size_t n_items, size_t n_genres);

/* Show n unseen items to a person, every 37th from a start of the seed's own; n_items must be no multiple of 37. */
void rung_show(mini_people *people, uint32_t user, uint64_t seed, size_t n, rung_answer_fn answer);

/* Let the stage hear of a round in which all of the first n_users people came. */
pal_status rung_fit(const mini_stage *stage, const mini_people *people, uint32_t n_users, uint32_t round,
                    pal_error *err);

/* A stage as mini_stage_of makes it, but with a training log, people and threads of the caller's choice. */
mini_stage rung_stage(const char *name, const char *json, const pal_catalog *catalog, pal_training_log *log,
                      size_t n_threads);

#endif

/* Small worlds of interactions with tastes, and models made from JSON, for the tests of recommenders. */
#ifndef PAL_TESTS_SUPPORT_FACTOR_WORLD_H
#define PAL_TESTS_SUPPORT_FACTOR_WORLD_H

#include "models/recommender.h"

/* People and items have a taste, id mod n_tastes; a person likes items of their own taste nine times of ten. */
typedef struct factor_world {
    pal_csr *rows, *cols;                   /* values 1..5                                     */
    pal_csr *disliked;                      /* a few cells that are not in rows                */
    pal_csr *person_features, *item_features; /* the taste, one-hot, beside a feature of 0.5   */
    size_t n_tastes;
} factor_world;

void factor_world_new(factor_world *out, size_t n_people, size_t n_items, size_t n_tastes, size_t per_person,
                      uint64_t seed);
void factor_world_free(factor_world *world);
/* The first n_people and n_items of a world. */
void factor_world_cut(factor_world *out, const factor_world *world, size_t n_people, size_t n_items);

/* An unfitted model; a bad parameter fails the test. */
void *factor_model(const pal_rec_type *type, const char *json);
/* A fit that must go well, with key `seed`. features and dislikes are left out unless asked for. */
void factor_fit(const pal_rec_type *type, void *self, const factor_world *world, bool features, bool disliked,
                uint64_t seed, size_t n_threads);
pal_rec_env factor_env(uint64_t seed, size_t n_threads);
/* Scores of one person of the training data: n_items. */
void factor_score(float *score, const pal_rec_type *type, const void *self, const factor_world *world, uint32_t person);

#endif

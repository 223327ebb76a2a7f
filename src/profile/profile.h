/* Taste profiles: several per person, one per genre cluster, never merged (reference system R1). */
#ifndef PAL_PROFILE_PROFILE_H
#define PAL_PROFILE_PROFILE_H

#include "core/error.h"
#include "core/param.h"
#include "core/tensors.h"
#include "data/catalog.h"
#include "data/event.h"

#include <stddef.h>
#include <stdint.h>

/* Parameters: like_step 0.08, dislike_decay 0.85, dislike_weight 0 (share of a disliked song pushed away from), … */
extern const pal_param pal_profile_params[];
typedef struct pal_profile_config {
    double like_step;      /* centroid = (1 - step) * old + step * song, renormalised; R1 0.08          */
    double dislike_decay;  /* confidence *= decay on a dislike, once something was liked; R1 0.85       */
    double dislike_weight; /* centroid -= weight * like_step * disliked song; 0 reproduces R1's code    */
    double confidence_floor; /* confidence never falls below this share of ln(1 + liked); 0 is R1       */
} pal_profile_config;
pal_profile_config pal_profile_config_from(const pal_values *values);

/* The state of all people of an arm: listed once, so that copy, digest and tests cannot forget a field. */
#define PAL_PROFILE_STATE(X) /* type, field, length a person */              \
    X(double, centroid, n_tastes * d)      /* unit vectors in direction space; zero before the first like */ \
    X(double, confidence, n_tastes)        /* ln(1 + liked), cut by dislikes                              */ \
    X(uint32_t, liked, n_tastes)                                              \
    X(uint32_t, disliked, n_tastes)                                           \
    X(uint32_t, shown, n_tastes)           /* impressions credited to the taste                           */ \
    X(uint32_t, genre_liked, n_genres)     /* likes by genre                                              */ \
    X(double, disliked_sum, d)             /* sum of the directions of everything disliked                */ \
    X(uint32_t, n_disliked, 1)                                                \
    X(uint32_t, n_liked, 1)                                                   \
    X(uint32_t, n_shown, 1)

typedef struct pal_profiles {
    size_t n_users, n_tastes, d, n_genres; /* n_tastes = clusters */
    pal_profile_config config;
#define X(type, field, length) type *field;
    PAL_PROFILE_STATE(X)
#undef X
} pal_profiles;

/* One person's part, borrowed. Arrays as in PAL_PROFILE_STATE. */
typedef struct pal_profile_view {
    size_t n_tastes, d, n_genres;
    double user_confidence; /* sum over tastes */
#define X(type, field, length) const type *field;
    PAL_PROFILE_STATE(X)
#undef X
} pal_profile_view;

PAL_MUST_USE pal_status pal_profiles_new(pal_profiles **out, size_t n_users, const pal_catalog *catalog,
                                         pal_profile_config config, pal_error *err);
void pal_profiles_free(pal_profiles *profiles);
pal_profile_view pal_profiles_view(const pal_profiles *profiles, uint32_t user);

/*
 * Learn from a person's events of a round, in slot order. taste[i] gets the taste each answer was credited to: the
 * slot's own taste if the item has a genre in it, else the item's primary cluster. Safe in parallel for different people.
 */
void pal_profiles_learn(pal_profiles *profiles, const pal_catalog *catalog, uint32_t user, const pal_event *events,
                        size_t n, uint8_t *taste);
uint64_t pal_profiles_digest(const pal_profiles *profiles);

/* Everything learned into *file, under names that begin with `part` and a point. */
PAL_MUST_USE pal_status pal_profiles_save(const pal_profiles *profiles, pal_tensors *file, const char *part, pal_error *err);
/* And back, for as many people and the same catalog. PAL_ERR_DATA names the array that does not fit. */
PAL_MUST_USE pal_status pal_profiles_restore(pal_profiles *profiles, const pal_tensors *file, const char *part,
                                             pal_error *err);

#endif

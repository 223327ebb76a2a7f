/* What a model of one taste of one person learns from. */
#ifndef PAL_STAGES_TASTE_SAMPLES_H
#define PAL_STAGES_TASTE_SAMPLES_H

#include "core/arena.h"
#include "models/cross_validation.h"
#include "profile/history.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAL_TASTE_DERIVED 3 /* derived features: similarity, popularity, genre share */

/* How answers become samples. */
typedef struct pal_sample_rules {
    bool derived;          /* three features more than the catalog's                                  */
    bool unliked;          /* looked at and neither liked nor disliked is a negative, too              */
    double dislike_weight; /* of a disliked song; a liked one weighs 1                                */
    double unliked_weight; /* of one that was only looked at                                          */
} pal_sample_rules;

typedef struct pal_taste_samples {
    pal_samples rows;   /* in the order of showing; all arrays on the arena */
    size_t positives;
} pal_taste_samples;

/* Features a sample has. */
size_t pal_sample_features(const pal_sample_rules *rules, const pal_catalog *catalog);

/*
 * The features of an item for taste t of a person: the catalog's scaled ones; derived, also the cosine with the
 * taste's centroid, popularity / 100, and the share of the person's likes that its most liked genre has.
 *   x  out  pal_sample_features
 */
void pal_sample_of(double *x, const pal_sample_rules *rules, const pal_catalog *catalog,
                   const pal_profile_view *profile, size_t t, uint32_t item);

/* The samples of taste t: songs shown to the person with a genre in its cluster, that were answered. The derived
 * features are those of the profile as it is now: it has heard the answers, so cross-validation flatters them. */
PAL_MUST_USE pal_status pal_taste_samples_take(pal_taste_samples *out, const pal_sample_rules *rules,
                                               const pal_catalog *catalog, const pal_history *history,
                                               const pal_profile_view *profile, uint32_t user, size_t t,
                                               pal_arena *arena, pal_error *err);

#endif

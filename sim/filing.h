/* Filing habits: the songs people bring along, and how what they like finds its way into playlists. */
#ifndef PAL_SIM_FILING_H
#define PAL_SIM_FILING_H

#include "core/error.h"
#include "core/param.h"
#include "core/rng.h"
#include "core/tensors.h"
#include "data/playlists.h"
#include "sim/response.h"

#include <stddef.h>
#include <stdint.h>

/* Parameters of the experiment's "playlists" object. */
extern const pal_param pal_filing_params[];

/* What is common to all arms of a replicate: the habits, and what everyone brings along. Const once built. */
typedef struct pal_habits {
    const pal_catalog *catalog;
    const pal_population *people;
    double file_rate, delay_mean, error;
    size_t split;          /* songs of a list before the next one of its taste is begun */
    pal_key key;
    size_t *library_begin; /* n + 1: a person's songs, into the two below               */
    uint32_t *library_item;
    uint8_t *library_taste; /* true taste 0..7, or PAL_NO_TASTE                         */
} pal_habits;

/*
 * Draw what everyone brings along. A song comes from the cluster of a taste (by its weight), one in its fame chosen,
 * and is brought with its true P(like | examined); it is drawn again until as many are brought as the person's library
 * holds, or 64 times as many were offered. A person's library depends on (seed, replicate, person) and the world only.
 *
 *   avoid  in  people x n_avoid  items that stay unknown to the person (the probe's), or NULL with n_avoid 0
 */
PAL_MUST_USE pal_status pal_habits_new(pal_habits **out, const pal_world *world, const pal_response_type *type,
    const void *response, const uint32_t *avoid, size_t n_avoid, const pal_values *values, pal_error *err);
void pal_habits_free(pal_habits *habits); /* accepts NULL */

/* The moving part, one an arm: the playlists, and likes that wait to be filed. */
typedef struct pal_filing {
    const pal_habits *habits;
    pal_playlists *playlists;
    size_t *wait_begin;    /* n + 1: a person's rows below */
    uint32_t *n_wait;      /* n                            */
    uint32_t *wait_item, *wait_round; /* round in which it is filed */
    uint8_t *wait_taste;
} pal_filing;

/* Playlists that hold everyone's library, with room for `likes` songs more a person. */
PAL_MUST_USE pal_status pal_filing_new(pal_filing **out, const pal_habits *habits, const pal_state *state, size_t likes,
                                       pal_error *err);
void pal_filing_free(pal_filing *filing); /* accepts NULL */

/*
 * The end of a round for a person (n = 0 slots when absent): some of the round's likes will be filed, and those whose
 * time has come are. Draws are keyed by (person, song): every arm meets the same habits. Who has left files no more.
 * Safe in parallel for different people.
 */
void pal_filing_round(pal_filing *filing, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                      const pal_answer *answer, size_t n);

uint64_t pal_filing_digest(const pal_filing *filing);

/* Playlists and waiting likes into *file, under names that begin with "filing.": used rows only. */
PAL_MUST_USE pal_status pal_filing_save(const pal_filing *filing, pal_tensors *file, pal_error *err);
/*
 * And back, over what one of the same habits and room holds.
 *   PAL_ERR_DATA  an array does not fit, a row is longer than its room, an item or list is none: names the array
 */
PAL_MUST_USE pal_status pal_filing_restore(pal_filing *filing, const pal_tensors *file, pal_error *err);

#endif

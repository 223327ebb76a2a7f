/* What a person's neighbours and everyone's playlists say of each song, taste by taste. */
#ifndef PAL_STAGES_NEIGHBOURS_SCORE_H
#define PAL_STAGES_NEIGHBOURS_SCORE_H

#include "core/arena.h"
#include "core/error.h"
#include "stages/neighbours_index.h"
#include "stages/stage.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_neighbours_rules {
    double shrink; /* songs added to every song's holders in the cosine; >= 0                             */
    double kappa;  /* neighbours who hold a song before its similarity is half theirs, half everyone's    */
} pal_neighbours_rules;

/* The person's songs by taste. A list goes with the cluster of most of its songs. Taken from an arena. */
typedef struct pal_tastes_of {
    size_t n;                               /* tastes                                             */
    uint8_t cluster[PAL_MAX_CLUSTERS];      /* n, ascending                                       */
    uint32_t songs[PAL_MAX_CLUSTERS];       /* n: songs of the taste                              */
    uint8_t *taste;                         /* n_items: 1 + place of the taste of an own song; 0 for all others */
    uint32_t *own;                          /* own songs                                          */
    size_t n_own;
} pal_tastes_of;

/* Songs filed, and songs liked in this arm's history and not filed yet. */
PAL_MUST_USE pal_status pal_tastes_of_person(pal_tastes_of *out, const pal_catalog *catalog,
    const pal_playlists *playlists, const pal_history *history, uint32_t user, pal_arena *scratch, pal_error *err);

/* Neighbours with their weights, whose mean is 1. */
typedef struct pal_neighbourhood {
    size_t n;
    const uint32_t *who; /* n */
    const float *weight; /* n */
} pal_neighbourhood;

/*
 * The score of every song for one taste: sum over the taste's songs j of the item similarity
 *
 *   s(i, j) = l_j * c(i, j) / sqrt((n_i + shrink) (n_j + shrink)) + (1 - l_j) * C(i, j) / sqrt((N_i + shrink) (N_j + shrink))
 *
 * c(i, j): neighbours' lists that hold both i and j, n_i: neighbours who hold i, each by weight; C, N: the same of all people
 * but the person, each as 1. l_j = n_j / (n_j + kappa): where neighbours know little of a song, everyone is asked.
 *
 *   score    out  n_items            must be all 0; only touched songs change
 *   touched  out  n_items            *n_touched songs with a score, in the order they were met
 *   held     in   n_items            n_i, by pal_neighbours_held
 */
PAL_MUST_USE pal_status pal_neighbours_score(float *score, uint32_t *touched, size_t *n_touched, size_t taste,
    const pal_tastes_of *tastes, const float *held, const pal_neighbourhood *neighbours,
    const pal_neighbours_index *index, const pal_playlists *playlists, uint32_t user,
    const pal_neighbours_rules *rules, pal_arena *scratch, pal_error *err);

/* held[i] = weight of the neighbours who hold song i. held is n_items and all 0. */
void pal_neighbours_held(float *held, const pal_neighbourhood *neighbours, const pal_playlists *playlists);

#endif

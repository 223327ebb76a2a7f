/* The neighbours stage, shared between its files only. */
#ifndef PAL_STAGES_NEIGHBOURS_H
#define PAL_STAGES_NEIGHBOURS_H

#include "stages/crowd.h"
#include "stages/neighbours_score.h"
#include "stages/stage_state.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_neighbours_stage {
    const pal_catalog *catalog;
    const pal_playlists *playlists; /* everyone's                                          */
    pal_origin origin;
    size_t n_users, most, n_threads;
    double shrink, trust, taste_power;
    float home, away;
    pal_neighbours_rules rules;
    void *popularity;     /* an instance of the popularity stage: tops up          */
    pal_crowd *crowd;
    pal_neighbours_index *index;
    uint32_t *n_members;  /* n_users                                                */
    uint32_t *member;     /* n_users x most, ascending                              */
    float *weight;        /* n_users x most, mean 1                                 */
    uint64_t *trials;     /* n_users: people looked at so far                       */
    pal_arena **scratch;  /* n_threads                                              */
} pal_neighbours_stage;

/* Members of pal_stage_type; neighbours_save.c. */
uint64_t pal_neighbours_digest(const void *self);
pal_status pal_neighbours_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_neighbours_restore(void *self, const pal_tensors *file, pal_error *err);

#endif

/* A stage with everything around it, played round by round, copied in the middle, and compared byte by byte. */
#ifndef PAL_TESTS_SUPPORT_RESUME_RIG_H
#define PAL_TESTS_SUPPORT_RESUME_RIG_H

#include "stages/cache.h"
#include "stages/training.h"
#include "tests/support/mini_stages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESUME_SLOTS = 8, RESUME_SCORED = 24 };

typedef struct resume_case {
    const char *name, *stage, *json;
    const char *cache;   /* parameters of a cache before the stage, or NULL */
    size_t n_types;      /* content types; 0: one                         */
    bool fits;           /* training rows before and after the stop       */
} resume_case;

/* One arm: people, their lists, a stage, its log. */
typedef struct resume_arm {
    const resume_case *of;
    pal_catalog *catalog;
    size_t n_users;
    mini_people people;
    pal_playlists *playlists;
    pal_demographics *who;
    pal_training_log log;
    size_t n_old;        /* rows of it that were copied, without their shapes */
    mini_stage stage;
    pal_values *cache_values;
    pal_cache *cache;
    pal_truth_door door;
    uint64_t stages_met; /* bit s: stage s has filled a slot */
} resume_arm;

/* In round 0, nothing learned. The case must outlive the arm; the caller frees it. */
void resume_begin(resume_arm *arm, const resume_case *of, size_t n_users, size_t n_items, size_t n_threads);
void resume_free(resume_arm *arm);

/* The stage (and cache) once more, as good as new, from the people as they are. */
void resume_remake(resume_arm *arm, size_t n_threads);

/* Give `to` the history, profiles, playlists and log of `from`: what a lab restores by itself. */
void resume_copy_people(resume_arm *to, const resume_arm *from);
/* Stage and cache into an empty file, and back; the status of the first that fails. */
pal_status resume_save(const resume_arm *arm, pal_tensors *file, pal_error *err);
pal_status resume_restore(resume_arm *arm, const pal_tensors *file, pal_error *err);

/* What everyone was shown in a round, and how the stage scores a few items for them. */
typedef struct resume_round {
    pal_slate *slate;  /* n_users */
    float *score;      /* n_users x RESUME_SCORED */
    uint8_t *stage;    /* likewise */
} resume_round;
resume_round resume_round_of(size_t n_users);
void resume_round_free(resume_round *round);

/* Serve everyone who is there this round; then they answer, file what they like, and the stage learns. */
void resume_play(resume_round *out, resume_arm *arm, uint32_t round);
/* Only serve and score, ignoring whether the stage can: nothing but a crash is a fault. */
void resume_look(resume_arm *arm, uint32_t round);

/* Abort the test at the first thing in which two arms or their rounds differ. */
void resume_same_round(const resume_round *a, const resume_round *b, size_t n_users, const char *name, uint32_t round);
void resume_same_arm(const resume_arm *a, const resume_arm *b, uint32_t round);

#endif

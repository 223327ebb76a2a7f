/* One arm of one replicate: a stage, what it knows of its people, their moving state, and the round loop. */
#ifndef PAL_LAB_ARM_H
#define PAL_LAB_ARM_H

#include "core/arena.h"
#include "lab/asked.h"
#include "lab/training_rows.h"
#include "lab/world.h"
#include "profile/history.h"
#include "profile/profile.h"
#include "stages/cache.h"
#include "stages/stage.h"

#define PAL_USER_BLOCK 32 /* people a block of parallel work; never depends on the thread count */

typedef struct pal_arm {
    const pal_experiment *experiment;
    const pal_catalog *catalog;
    const pal_lab_people *world;
    size_t index;                  /* arm                                             */
    const pal_stage_type *stage;
    void *self;                    /* the stage's instance                            */
    pal_truth_door door;           /* opened for stages that declare it               */
    pal_training_log training;     /* model fits so far                               */
    pal_profiles *profiles;
    pal_history *history;
    pal_state *state;
    pal_filing *filing;            /* the playlists; NULL when nobody keeps any       */
    pal_asked *asked;              /* content types; NULL when the catalog has one    */
    pal_cache *cache;              /* in front of the stage; NULL without             */
    double *cache_s;               /* n_threads x 2: seconds of served misses, hits   */
    size_t n_threads;
    pal_arena **scratch;           /* one a worker                                    */
    uint32_t round;                /* the round now, or the next one                  */

    /* The round just played: people in order, absent ones with no slots. */
    pal_slate *slate;              /* n_users                                         */
    pal_answer *answer;            /* n_users x PAL_MAX_SLOTS                         */
    bool *present;                 /* n_users                                         */
    pal_event *event;              /* compact, sorted by (user, slot)                 */
    size_t *event_begin;           /* n_users + 1                                     */

    /* Where people follow each other's plays (state->herd), else NULL and false. */
    uint32_t *plays;               /* n_items: those followed of the round just played */
    bool plays_given;              /* filled by a trial; else pal_arm_learn counts its own people's */
} pal_arm;

PAL_MUST_USE pal_status pal_arm_new(pal_arm **out, const pal_experiment *experiment, const pal_catalog *catalog,
    const pal_lab_people *world, size_t arm_index, size_t n_threads, pal_error *err);
void pal_arm_free(pal_arm *arm); /* accepts NULL */

/* Empty histories and filled libraries with the room that an arm gives them. The caller owns *out. */
PAL_MUST_USE pal_status pal_arm_history(pal_history **out, const pal_experiment *experiment, const pal_catalog *catalog,
                                        size_t n_users, size_t arm_index, pal_error *err);
PAL_MUST_USE pal_status pal_arm_filing(pal_filing **out, const pal_experiment *experiment, const pal_lab_people *world,
                                       const pal_state *state, pal_error *err);

/*
 * All that stands between two rounds into *file, under names that begin with "arm." and those of its parts; the round just
 * played is left out. And back, into a new arm of the same experiment, people and place: it then plays on as the saved one
 * would have. What stages say in words is kept in `words`, which must outlive the arm and the record that takes its log.
 *   PAL_ERR_DATA  something does not fit, or the state is another than the saved one: names the array or the part
 */
PAL_MUST_USE pal_status pal_arm_save(const pal_arm *arm, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_arm_restore(pal_arm *arm, pal_words *words, const pal_tensors *file, pal_error *err);

/* What a stage is asked for a person in the arm's current round. Borrowed from the arm. */
pal_request pal_arm_request(const pal_arm *arm, uint32_t user);

/* The steps of a round, in order. */
PAL_MUST_USE pal_status pal_arm_serve(pal_arm *arm, pal_error *err);   /* slates for those present      */
PAL_MUST_USE pal_status pal_arm_answer(pal_arm *arm, pal_error *err);  /* answers, and events           */
PAL_MUST_USE pal_status pal_arm_learn(pal_arm *arm, pal_error *err);   /* profiles, history, people's state, the stage; round += 1 */

/* Add to plays (n_items) how often each item of n answered slots was played. */
void pal_plays_add(uint32_t *plays, const uint32_t *item, const pal_answer *answer, size_t n);

#endif

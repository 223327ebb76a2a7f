/* The contract of a recommender stage. A stage sees what a real recommender would: never the truth. */
#ifndef PAL_STAGES_STAGE_H
#define PAL_STAGES_STAGE_H

#include "core/arena.h"
#include "core/error.h"
#include "core/param.h"
#include "core/rng.h"
#include "core/tensors.h"
#include "data/catalog.h"
#include "data/event.h"
#include "data/person.h"
#include "data/playlists.h"
#include "data/slate.h"
#include "profile/history.h"
#include "profile/profile.h"
#include "stages/training.h"

#include <stddef.h>
#include <stdint.h>

enum {
    PAL_STAGE_LEARNS = 1,      /* fit does something                                              */
    PAL_STAGE_PROPENSITY = 2,  /* its propensities are true probabilities below 1                 */
    PAL_STAGE_NEEDS_TRUTH = 4, /* the oracle's door: env->truth is given                          */
    PAL_STAGE_POLICY = 8,      /* picks among other stages; slots carry those stages' indices     */
    PAL_STAGE_PROBABILITY = 16, /* its scores are P(like | examined): the lab takes them as they are */
    PAL_STAGE_NEEDS_PLAYLISTS = 32 /* the experiment must have them                                */
};

/* The door to the truth, opened by the lab for stages that declare PAL_STAGE_NEEDS_TRUTH only. */
typedef struct pal_truth_door {
    void *ctx;
    /* The k best unseen items for a person now, by true P(like | examined), best first; returns how many. */
    size_t (*top)(void *ctx, uint32_t user, uint32_t round, const uint64_t *seen, size_t k, uint32_t *item,
                  float *p_like, pal_arena *scratch);
    /* True P(like | examined) of n items. */
    void (*p_like)(void *ctx, uint32_t user, uint32_t round, const uint32_t *item, size_t n, float *p);
} pal_truth_door;

typedef struct pal_stage_env {
    const pal_catalog *catalog;
    size_t n_users, n_slots, n_rounds;
    pal_key explore, train;       /* already mixed with the arm's name */
    const pal_truth_door *truth;  /* NULL without PAL_STAGE_NEEDS_TRUTH */
    pal_training_log *training;   /* where fit puts a row for every model it fits; may be NULL */
    size_t n_threads;
    const char *file, *json_path; /* where the stage's parameters stand, for messages */
    const pal_playlists *playlists; /* everyone's, as long as the stage lives; NULL when the experiment has none */
    const pal_demographics *who;    /* n_users, as long as the stage lives; may be NULL */
} pal_stage_env;

/* One person asks. All borrowed for the call. */
typedef struct pal_request {
    uint32_t user, round;
    size_t n_slots;               /* wanted slots, 1..PAL_MAX_SLOTS                                 */
    pal_profile_view profile;
    const pal_history *history;   /* of the arm; read this person's rows only                       */
    const uint64_t *seen;         /* bit i: item i was shown before and must not come again          */
    pal_demographics who;
    const pal_playlists *playlists; /* everyone's now, or NULL when the experiment has none         */
    uint8_t type;                 /* content type asked for (items of others count as seen); 0 when there is one */
} pal_request;

/* A finished round of the arm: events sorted by (user, slot). */
typedef struct pal_feedback {
    uint32_t round;
    size_t n;
    const pal_event *events;
    const pal_profiles *profiles;
    const pal_history *history;
    const pal_playlists *playlists; /* with what was filed this round; NULL when the experiment has none */
} pal_feedback;

/* The people whose songs a stage serves a person from, and the work it took to find them. Borrowed from the stage. */
typedef struct pal_company {
    const uint32_t *member; /* n of them, each once, ascending                        */
    size_t n;
    size_t suggestions;     /* songs ready to be served                              */
    uint64_t trials;        /* people looked at as members so far                    */
    uint64_t clusterings;   /* spectral clusterings so far                           */
} pal_company;

typedef struct pal_stage_type {
    const char *name;     /* the key in experiment JSON; unique, never reused                        */
    const char *label;    /* for people: "Cold start"                                                */
    const char *summary;  /* one line for `palate describe`                                          */
    const char *source;   /* paper or system it follows, and how it differs                          */
    unsigned flags;
    const pal_param *params;
    const char *const *also; /* keys of the params object the stage reads itself (NULL-ended), or NULL */

    /* Build an instance from checked parameters (`object` is the raw JSON, may be NULL); the caller owns *self. */
    pal_status (*init)(void **self, const pal_stage_env *env, const pal_values *params, const pal_json *object,
                       pal_error *err);
    /* Learn from a finished round. Runs alone, between rounds. NULL when nothing is learned. */
    pal_status (*fit)(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err);
    /* Fill slots [slate->n, request->n_slots) with unseen items that are not yet on the slate: fewer only when the
     * catalog has no more. Runs on many threads at once. scratch is rewound by the caller. */
    pal_status (*serve)(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err);
    /* The stage's score for n given items (same scale as slate scores, higher is better), and for each of them the
     * registry index of the stage that made it. For measuring, never for serving. */
    pal_status (*score)(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *score,
                        uint8_t *stage, pal_arena *scratch, pal_error *err);
    /* Digest of everything learned that can change a later slate. */
    uint64_t (*digest)(const void *self);
    void (*free)(void *self); /* accepts NULL */

    /* Who a person's slates are drawn from, after a round; NULL when the stage knows no such people. */
    pal_company (*company)(const void *self, uint32_t user);
    /*
     * Everything that can change a later slate, score, company or training row into *file; and back into an instance that
     * init has just made of the same env and parameters, whose history, profiles and playlists are as they were when it
     * was saved, and whose training log holds as many rows as then before the next fit. From there on both give the
     * same bytes. Neither is ever NULL: a stage without a state puts nothing (stages/stage_state.h has the two for it).
     *
     * Names. Arrays and texts begin with the stage's own name and '/'. A stage that holds another one puts that one's
     * under its own name ("rerank/progressive/boosted/value"), so that no two instances meet, however deep; of each type
     * it holds one at most, or else puts a name more in between ("als/book1/…"). Two stages side by side in one file are
     * their owner's to tell apart, by pal_tensors_nest.
     *
     * restore: PAL_ERR_DATA when the state is of other parameters or people, or damaged: the text names what differs. The
     * instance may then hold parts of it and is fit to be freed only.
     */
    pal_status (*save)(const void *self, pal_tensors *file, pal_error *err);
    pal_status (*restore)(void *self, const pal_tensors *file, pal_error *err);
} pal_stage_type;

/* The registry: an explicit list in a chosen order; the index is stored in results, so it only grows. */
size_t pal_stage_count(void);
const pal_stage_type *pal_stage_at(size_t index);
/* Index of a stage by name; PAL_ERR_CONFIG with the nearest name and the known ones. */
PAL_MUST_USE pal_status pal_stage_find(size_t *index, const char *name, const char *file, const char *json_path,
                                       pal_error *err);

#endif

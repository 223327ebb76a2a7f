/* Response models: how a person answers a slate. Pluggable like stages. */
#ifndef PAL_SIM_RESPONSE_H
#define PAL_SIM_RESPONSE_H

#include "core/arena.h"
#include "core/error.h"
#include "core/param.h"
#include "data/catalog.h"
#include "data/event.h"
#include "data/slate.h"
#include "sim/population.h"
#include "sim/state.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_world {
    const pal_catalog *catalog;
    const pal_population *people;
    uint64_t seed;
    uint32_t replicate;
    size_t n_threads;
} pal_world;

/* What one slot meant to the person. */
typedef struct pal_answer {
    float p_click;      /* truth: P(click | examined), before any draw                   */
    float p_like;       /* truth: P(like | examined)                                     */
    uint8_t true_taste; /* best-matching true taste 0..7, or PAL_NO_TASTE when none matches */
    uint8_t flags;      /* pal_event_flag                                                */
} pal_answer;

typedef struct pal_response_type {
    const char *name, *label, *summary, *source;
    const char *formulas;    /* in words and ASCII formulas, for `palate describe response` */
    const pal_param *params;

    /* Build for one replicate (precomputations are allowed); the caller owns *self. */
    pal_status (*init)(void **self, const pal_world *world, const pal_values *params, pal_error *err);
    /* Does the person turn up in this round? false for those who left. */
    bool (*present)(const void *self, const pal_state *state, uint32_t user, uint32_t round);
    /* Answer a slate: draws keyed by (user, round, item) for answers and (user, round, slot) for examination, so that
     * every arm that shows this item to this person in this round in the same state hears the same. */
    void (*answer)(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                   size_t n, pal_answer *out);
    /* The truth about n items now: p_click, p_like, true_taste; flags 0. */
    void (*truth)(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                  size_t n, pal_answer *out);
    /* The k unseen items of the highest true P(like | examined), best first, ties by item id; returns how many.
     * P is compared by the utility it grows with, so that its rounding to a float decides nothing. p_like may be NULL;
     * seen may be NULL for none. Exact. There is no error; when scratch runs out of memory it returns 0. */
    size_t (*top)(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint64_t *seen,
                  size_t k, uint32_t *item, float *p_like, pal_arena *scratch);
    /* The end of a round for a person: n = 0 slots when absent. Satiation and recovery, drift, birth, leaving. */
    void (*advance)(const void *self, pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                    const pal_answer *answer, size_t n);
    /* Do people follow each other's plays? Whoever makes the model keeps the answer in people->follows. NULL: never. */
    bool (*follows)(const void *self);
    /*
     * The end of a round for all together, after everybody's advance: plays[i] is how often those whom these people follow
     * played item i in it (n_items; state->herd is not NULL). Plays NULL: no round has ended, only what the state's cache
     * holds is made again, as after a restore. On one thread, in the order of items. NULL: nobody follows.
     */
    void (*settle)(const void *self, pal_state *state, const uint32_t *plays);
    void (*free)(void *self); /* accepts NULL */
} pal_response_type;

size_t pal_response_count(void);
const pal_response_type *pal_response_at(size_t index); /* 0 = "multi-taste" (the default), 1 = "cluster-bernoulli" */
PAL_MUST_USE pal_status pal_response_find(size_t *index, const char *name, const char *file, const char *json_path,
                                          pal_error *err);

#endif

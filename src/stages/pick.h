/* Filling a slate slot by slot under the rules all stages share: unseen, never twice, artists, quotas. */
#ifndef PAL_STAGES_PICK_H
#define PAL_STAGES_PICK_H

#include "stages/stage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An item proposed for a slot. */
typedef struct pal_candidate {
    float score;
    uint32_t item;
    uint8_t taste; /* the profile it is proposed for, or PAL_NO_TASTE */
} pal_candidate;

/* Total order: higher score first, then lower item, then lower taste. */
static inline bool pal_candidate_before(pal_candidate a, pal_candidate b)
{
    if (a.score != b.score) {
        return a.score > b.score;
    }
    return a.item != b.item ? a.item < b.item : a.taste < b.taste;
}

/* Sort in place by that order. */
void pal_candidates_sort(pal_candidate *candidate, size_t n);

/* A slate being filled by one stage for one request. */
typedef struct pal_pick {
    const pal_catalog *catalog;
    const uint64_t *seen;
    pal_slate *slate;
    size_t begin, end;                 /* the slots to fill: slate->n at the start, and its aim  */
    uint8_t stage;                     /* registry index written to the slots                    */
    uint8_t by_taste[PAL_MAX_CLUSTERS]; /* slots filled here for each taste                      */
} pal_pick;

pal_pick pal_pick_begin(const pal_catalog *catalog, const pal_request *request, pal_slate *slate, uint8_t stage);

static inline bool pal_pick_full(const pal_pick *pick)
{
    return pick->slate->n >= pick->end;
}
/* Unseen and not on the slate. */
static inline bool pal_pick_is_new(const pal_pick *pick, uint32_t item)
{
    if (pal_seen(pick->seen, item)) {
        return false;
    }
    for (size_t s = 0; s < pick->slate->n; s++) {
        if (pick->slate->item[s] == item) {
            return false;
        }
    }
    return true;
}
/* No item of its artist is on the slate. */
static inline bool pal_pick_artist_free(const pal_pick *pick, uint32_t item)
{
    const uint32_t *artist = pick->catalog->artist;

    for (size_t s = 0; s < pick->slate->n; s++) {
        if (artist[pick->slate->item[s]] == artist[item]) {
            return false;
        }
    }
    return true;
}
/* Fill the next slot. The caller has checked what its rules ask. */
void pal_pick_push(pal_pick *pick, pal_candidate candidate, float propensity);

/*
 * A sorted list of candidates of which the first n are known; more are fetched when they are needed. `taste` is the
 * one taste of all candidates, or PAL_NO_TASTE when they differ. `at` is the merge's cursor.
 */
typedef struct pal_source {
    pal_candidate *candidate;
    size_t n, at, k;
    bool complete; /* nothing comes after the n known ones             */
    float floor;   /* unless complete: no unknown candidate scores more */
    uint8_t taste;
} pal_source;

/* Fetch at least the best k of the list (or all, and complete), its first n staying what they were. */
typedef pal_status (*pal_fetch_fn)(void *ctx, pal_source *source, size_t k, pal_error *err);

/* Rules of a greedy merge. */
typedef struct pal_pick_rules {
    size_t end;          /* stop when the slate has so many slots (at most pick->end)     */
    size_t taste_cap;    /* slots a taste may have at most (of those filled by this pick) */
    bool repeat_artists; /* let an artist come twice                                      */
} pal_pick_rules;

/*
 * Walk the union of n sources in the candidates' order and take each one the rules allow, with propensity 1, until
 * rules->end is reached or nothing is left. Cursors move on only past candidates that the rules will never allow
 * again, so a later merge with the same rules may go on from them; with laxer rules set them back to 0 first.
 */
PAL_MUST_USE pal_status pal_pick_merge(pal_pick *pick, pal_source *source, size_t n, const pal_pick_rules *rules,
                                       pal_fetch_fn fetch, void *ctx, pal_error *err);

/* The last resort: unseen items in a given order of all items, first without, then with artists that are on the
 * slate already. score_of(ctx, item) is called for taken items only. Taste is PAL_NO_TASTE, propensity 1. */
void pal_pick_rest(pal_pick *pick, const uint32_t *order, float (*score_of)(const void *ctx, uint32_t item),
                   const void *ctx);

#endif

/* The songs a bandit chooses among in one slate: the best open ones of each taste, by an optimistic bound. */
#ifndef PAL_STAGES_BANDIT_LISTS_H
#define PAL_STAGES_BANDIT_LISTS_H

#include "stages/pick.h"

#include <stdbool.h>
#include <stddef.h>

/* Songs of one primary cluster, best bound first. Those that may no longer be taken stay, closed. */
typedef struct pal_bandit_list {
    bool made, complete;      /* complete: all that could be taken when it was made stand in it */
    size_t n, n_open, k;
    pal_candidate *candidate; /* n: score is the bound                                          */
    bool *open;
} pal_bandit_list;

typedef struct pal_bandit_lists {
    const pal_catalog *catalog;
    size_t n_tastes, length; /* length: songs a list starts with                                 */
    void *ctx;
    /* bound[i] of the n songs from `begin` on, which are all those of primary cluster t. */
    void (*scan)(const void *ctx, float *bound, size_t t, size_t begin, size_t n);
    /* List t is new, or longer than before: the stage's own arrays beside it. May be NULL. */
    pal_status (*on_made)(void *ctx, size_t t, pal_error *err);
    float *bound;            /* room for the largest cluster                                     */
    pal_arena *scratch;
    pal_bandit_list list[PAL_MAX_CLUSTERS];
} pal_bandit_lists;

/* catalog, length, ctx, scan, on_made and scratch are set by the caller; the rest by this. */
PAL_MUST_USE pal_status pal_bandit_lists_begin(pal_bandit_lists *lists, pal_error *err);
/* See to it that every list has an open song if there is one for the next slot: unseen, not on the slate, and by an artist
 * not on the slate. */
PAL_MUST_USE pal_status pal_bandit_lists_ensure(pal_bandit_lists *lists, const pal_pick *pick, pal_error *err);
/* All items by falling popularity, ties by item: the order of what no list holds. The caller frees *order. */
PAL_MUST_USE pal_status pal_bandit_by_popularity(uint32_t **order, const pal_catalog *catalog, pal_error *err);
/* Close an item and its artist's others in all lists. */
void pal_bandit_lists_strike(pal_bandit_lists *lists, uint32_t item);

#endif

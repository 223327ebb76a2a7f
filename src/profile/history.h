/* What each person of an arm was shown and how they answered. */
#ifndef PAL_PROFILE_HISTORY_H
#define PAL_PROFILE_HISTORY_H

#include "core/error.h"
#include "core/tensors.h"
#include "data/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Storage for all people of one arm and replicate; sized once, so that no round allocates. */
typedef struct pal_history {
    size_t n_users, n_items;
    size_t capacity;      /* events a person at most                                     */
    size_t seen_words;    /* 64-bit words of a person's seen set                         */
    uint32_t *n;          /* n_users: events so far                                      */
    uint32_t *item;       /* n_users x capacity, in order of showing                     */
    uint32_t *round;      /* n_users x capacity                                          */
    uint8_t *flags;       /* n_users x capacity, pal_event_flag                          */
    uint8_t *taste;       /* n_users x capacity, learned taste the answer was credited to */
    uint64_t *seen;       /* n_users x seen_words, bit i: item i was shown               */
} pal_history;

PAL_MUST_USE pal_status pal_history_new(pal_history **out, size_t n_users, size_t n_items, size_t capacity,
                                        pal_error *err);
void pal_history_free(pal_history *history);
/* Append a person's events of a round (theirs alone, in slot order). Safe in parallel for different people. */
void pal_history_add(pal_history *history, uint32_t user, const pal_event *events, const uint8_t *taste, size_t n);

static inline const uint64_t *pal_history_seen(const pal_history *h, uint32_t user)
{
    return h->seen + (size_t)user * h->seen_words;
}
static inline bool pal_seen(const uint64_t *seen, uint32_t item)
{
    return (seen[item >> 6] >> (item & 63)) & 1;
}
uint64_t pal_history_digest(const pal_history *history);

/* What was shown into *file, under names that begin with `part` and a point: used rows only. */
PAL_MUST_USE pal_status pal_history_save(const pal_history *history, pal_tensors *file, const char *part, pal_error *err);
/*
 * And back, for as many people and items. The seen sets get the items of the rows besides those that are in them already:
 * what counts as seen without having been shown is put there again by whoever did so at first.
 *   PAL_ERR_DATA  an array does not fit, a row is longer than the capacity, an item is none: names the array
 */
PAL_MUST_USE pal_status pal_history_restore(pal_history *history, const pal_tensors *file, const char *part,
                                            pal_error *err);

#endif

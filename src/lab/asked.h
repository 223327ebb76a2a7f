/* What content type each person asks for in a round, where a catalog has several: the lab's side of a request. */
#ifndef PAL_LAB_ASKED_H
#define PAL_LAB_ASKED_H

#include "core/tensors.h"
#include "data/catalog.h"
#include "profile/history.h"
#include "sim/state.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Of one arm. A person asks for a type with the share their tastes of that type have in them now; the draw is keyed by
 * person and round, so that every arm with the same tastes hears the same wish. Items of other types then count as
 * seen, so that no stage can serve them.
 */
typedef struct pal_asked {
    size_t n_users, n_types, words;
    uint64_t *others;  /* n_types x words: items of every other type   */
    uint8_t *type;     /* n_users: asked for in this round             */
    uint64_t *seen;    /* n_users x words: seen, or of another type    */
} pal_asked;

/* *out stays NULL when the catalog has one type. */
PAL_MUST_USE pal_status pal_asked_new(pal_asked **out, const pal_catalog *catalog, const pal_history *history,
                                      pal_error *err);
void pal_asked_free(pal_asked *asked); /* accepts NULL */

/* The wish of a person in a round, and the items it leaves. Safe in parallel for different people. */
void pal_asked_draw(pal_asked *asked, const pal_catalog *catalog, const pal_state *state, const pal_history *history,
                    uint64_t seed, uint32_t replicate, uint32_t user, uint32_t round);

/* The wishes of the last round each person came to into *file, under names that begin with "asked."; and back:
 * PAL_ERR_DATA names the array that does not fit. */
PAL_MUST_USE pal_status pal_asked_save(const pal_asked *asked, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_asked_restore(pal_asked *asked, const pal_tensors *file, pal_error *err);

#endif

/* Who holds a song, who shares how many songs with whom, and which songs stand in a list: kept up to date song by song. */
#ifndef PAL_STAGES_NEIGHBOURS_INDEX_H
#define PAL_STAGES_NEIGHBOURS_INDEX_H

#include "core/error.h"
#include "core/tensors.h"
#include "data/playlists.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_NO_ENTRY UINT32_MAX

/* What two people have in common. Each pair stands with both of them. */
typedef struct pal_acquaintance {
    uint32_t who;
    uint32_t shared; /* songs that both have filed                                         */
    uint32_t shown;  /* slots looked at that were served with this neighbour's songs       */
    uint32_t liked;  /* of them liked                                                      */
} pal_acquaintance;

/*
 * An entry is a song in a person's playlists, numbered as in pal_playlists (begin[user] + place). The chains go from
 * the newest entry to the oldest and end with PAL_NO_ENTRY.
 */
typedef struct pal_neighbours_index {
    size_t n_users, n_items, n_entries;
    uint32_t *read;        /* n_users: songs taken in so far                                   */
    uint32_t *holders;     /* n_items: people who filed the song                               */
    uint32_t *song_head;   /* n_items: newest entry of the song                                */
    uint32_t *song_next;   /* n_entries: the next older entry of the same song                 */
    uint32_t *list_next;   /* n_entries: the next older entry of the same list                 */
    uint32_t *list_head;   /* n_users x PAL_MAX_PLAYLISTS: newest entry of the list            */
    uint32_t *owner;       /* n_entries                                                        */
    uint32_t *list_id;     /* n_users x PAL_MAX_PLAYLISTS: lists numbered as they were met     */
    uint32_t n_lists;      /* lists met so far                                                 */
    uint32_t *order;       /* n_entries: entries in the order they were taken in: the chains follow from it */
    uint32_t n_taken;      /* of them so far                                                   */
    pal_acquaintance **known; /* n_users: sorted by who                                        */
    uint32_t *n_known, *known_room; /* n_users                                                 */
} pal_neighbours_index;

/* Room for what the playlists can grow to; nothing is read yet. PAL_ERR_MEMORY, or PAL_ERR_SHAPE above 2^32 entries. */
PAL_MUST_USE pal_status pal_neighbours_index_new(pal_neighbours_index **out, const pal_playlists *playlists,
                                                 pal_error *err);
void pal_neighbours_index_free(pal_neighbours_index *index); /* accepts NULL */

/* Take in all songs filed since the last call: people in order, their songs in order of filing. */
PAL_MUST_USE pal_status pal_neighbours_index_read(pal_neighbours_index *index, const pal_playlists *playlists,
                                                  pal_error *err);

/*
 * The state under the name of the stage; and back, from playlists that hold what had been read then: what follows from
 * them is made anew, song by song in the old order. PAL_ERR_DATA names the array and entry that do not fit.
 */
PAL_MUST_USE pal_status pal_neighbours_index_save(const pal_neighbours_index *index, const char *stage,
                                                  pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_neighbours_index_restore(pal_neighbours_index *index, const pal_playlists *playlists,
                                                     const char *stage, const pal_tensors *file, pal_error *err);

/* What `user` has in common with `who`, or NULL. */
pal_acquaintance *pal_neighbours_index_find(const pal_neighbours_index *index, uint32_t user, uint32_t who);

/* Digest of everything but what follows from the playlists: the feedback. */
uint64_t pal_neighbours_index_digest(const pal_neighbours_index *index);

#endif

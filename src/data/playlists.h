/* Playlists people keep: which liked songs they filed, into which list, and when. A recommender may see all of it. */
#ifndef PAL_DATA_PLAYLISTS_H
#define PAL_DATA_PLAYLISTS_H

#include "core/error.h"
#include "data/clusters.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MAX_PLAYLISTS 64   /* lists a person                                              */
#define PAL_MIXED 255          /* cluster of a list that stands for no taste: "Various"       */
#define PAL_BROUGHT UINT32_MAX /* filing round of songs people brought along                  */
#define PAL_PLAYLIST_NAME 96   /* bytes of a name at most, with its end                       */

/*
 * All people of one arm. A person's songs stand in the order in which they were filed and are never taken away, so
 * whoever remembers how many they have read needs to read the new ones only. A song is in one list of a person at most.
 */
typedef struct pal_playlists {
    size_t n_users, n_items;
    size_t *begin;          /* n_users + 1: rows of a person, into item, round and list          */
    uint32_t *n;            /* n_users: songs filed so far, at most begin[u + 1] - begin[u]       */
    uint32_t *item;         /* in order of filing                                                */
    uint32_t *round;        /* when it was filed, or PAL_BROUGHT                                 */
    uint8_t *list;          /* the person's list it stands in                                    */
    uint8_t *n_lists;       /* n_users: lists opened so far, at most PAL_MAX_PLAYLISTS            */
    uint8_t *list_cluster;  /* n_users x PAL_MAX_PLAYLISTS: what the list is named after, or PAL_MIXED */
    uint8_t *list_number;   /* n_users x PAL_MAX_PLAYLISTS: from 1 within the person and the cluster   */
    uint32_t *list_n;       /* n_users x PAL_MAX_PLAYLISTS: songs in the list                     */
} pal_playlists;

/* Empty lists with room for capacity[u] songs of each person. The caller owns *out. */
PAL_MUST_USE pal_status pal_playlists_new(pal_playlists **out, size_t n_users, size_t n_items, const size_t *capacity,
                                          pal_error *err);
void pal_playlists_free(pal_playlists *playlists); /* accepts NULL */

/* Open a list named after a cluster (or PAL_MIXED) and give its place; the person has fewer than PAL_MAX_PLAYLISTS. */
uint8_t pal_playlists_open(pal_playlists *playlists, uint32_t user, uint8_t cluster);
/* File a song the person has not filed into one of their lists; there is room. Safe in parallel for different people. */
void pal_playlists_add(pal_playlists *playlists, uint32_t user, uint8_t list, uint32_t item, uint32_t round);

/* The songs of a person, borrowed: playlists->n[user] of them. */
static inline const uint32_t *pal_playlists_items(const pal_playlists *p, uint32_t user)
{
    return p->item + p->begin[user];
}
/* The list of each of these songs. */
static inline const uint8_t *pal_playlists_lists(const pal_playlists *p, uint32_t user)
{
    return p->list + p->begin[user];
}

/* The name people see: the cluster's label and a number, "Extreme metal 2", or "Various 1". Returns its length. */
size_t pal_playlists_name(char out[PAL_PLAYLIST_NAME], const pal_playlists *playlists, const pal_clusters *clusters,
                          uint32_t user, uint8_t list);

/* Digest of everything filed. */
uint64_t pal_playlists_digest(const pal_playlists *playlists);

#endif

/* Reference system R2's community of one client: how well people fit, one step of the search for better ones, and what
 * they have to suggest. */
#ifndef PAL_STAGES_COMMUNITY_CIRCLE_H
#define PAL_STAGES_COMMUNITY_CIRCLE_H

#include "core/arena.h"
#include "core/error.h"
#include "core/rng.h"
#include "data/playlists.h"
#include "models/spectral.h"
#include "profile/history.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_NOBODY UINT32_MAX

/* One worker's tools, and the client it works for. */
typedef struct pal_circle {
    const pal_playlists *playlists;
    uint32_t client;
    pal_spectral_config clusters; /* k is set by the calls below                               */
    pal_key key;                  /* of the clusterings                                        */
    pal_arena *scratch;           /* every call rewinds it                                     */
    uint32_t *mark, *row;         /* n_items each: all zero between calls                      */
    uint64_t clusterings;         /* spectral clusterings so far: counted up                   */
} pal_circle;

/* How the small graphs of a community are clustered: exact grade, one thread (clients are the parallel work). */
pal_spectral_config pal_circle_clusters(size_t restarts);

/* Jaccard index of the client's songs with those of n people together; 0 when nobody has any. */
double pal_circle_overlap(const pal_circle *circle, const uint32_t *member, size_t n);

/*
 * agreement x overlap of a community. The agreement compares the client's own playlists with as many clusters of the
 * client's songs that a member holds, clustered by how many members' playlists hold both: (adjusted Rand index + 1) / 2.
 * It is at most 1, so a community whose overlap is not above `beat` is not clustered and gets a score of -1.
 */
PAL_MUST_USE pal_status pal_circle_score(double *score, pal_circle *circle, const uint32_t *member, size_t n,
                                         double beat, pal_error *err);

/*
 * Try a person who is no member: keep the best of the community as it is, with them, and with them but without one of
 * the others (ties: as it is; then the larger overlap; then without nobody; then without the lowest). With `most` members
 * only the exchange is tried.
 *
 *   member    in/out  *n ascending numbers, room for `most`
 *   score     in/out  of the community
 *   left      out     who was dropped, or PAL_NOBODY
 *   improved  out     whether the candidate is a member now
 */
PAL_MUST_USE pal_status pal_circle_try(uint32_t *member, size_t *n, double *score, uint32_t *left, bool *improved,
                                       pal_circle *circle, uint32_t candidate, size_t most, pal_error *err);

/* How suggestions are fetched. */
typedef struct pal_fetching {
    double share;     /* a cluster with a smaller share of new songs suggests them; R2: 0.2 */
    size_t most_calls; /* clusterings at most                                              */
} pal_fetching;

/*
 * Iterative spectral clustering of the songs of the client and the community: start with 2 clusters; the new songs of a
 * cluster in which their share lies above 0 and below fetching->share get 1 each; clusters all new or without a new song
 * are removed; when none was, there is one cluster more next time. Until no song is left, or so many calls were made.
 * New is what the client has neither filed nor been shown.
 *
 *   item, score  out  most  best first, ties by lower item; *n of them, at most as many as members
 */
PAL_MUST_USE pal_status pal_circle_fetch(uint32_t *item, float *score, size_t *n, pal_circle *circle,
    const uint32_t *member, size_t n_members, const pal_history *history, const pal_fetching *fetching, pal_error *err);

#endif

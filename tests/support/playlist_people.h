/* People with playlists planted by groups of songs, and stages that live on them. */
#ifndef PAL_TESTS_SUPPORT_PLAYLIST_PEOPLE_H
#define PAL_TESTS_SUPPORT_PLAYLIST_PEOPLE_H

#include "data/playlists.h"
#include "stages/community_circle.h"
#include "tests/support/mini_stages.h"

/* Playlists of n_users people, room for `room` songs each, nothing filed. */
pal_playlists *shelf_new(size_t n_users, size_t n_items, size_t room);
/* File songs into the person's list `list`, opening lists as far as needed; the number ends the songs: SHELF_END. */
#define SHELF_END UINT32_MAX
void shelf_add(pal_playlists *p, uint32_t user, uint8_t list, const uint32_t *item);

/*
 * n_items songs in n_groups equal ranges. Each person likes three groups at random, has a list for each, and files
 * `per_list` random songs of it; one song in ten stands in another of their lists.
 */
pal_playlists *shelf_planted(uint64_t seed, size_t n_users, size_t n_items, size_t n_groups, size_t per_list,
                             size_t room);

/* A circle on playlists, with scratch of its own. */
pal_circle shelf_circle(const pal_playlists *p, uint32_t client);
void shelf_circle_free(pal_circle *circle);

/* A stage as mini_stage_of makes it, on these playlists. */
pal_status shelf_stage_try(mini_stage *out, const char *name, const char *json, const pal_catalog *catalog,
                           const pal_playlists *p, size_t n_threads, pal_error *err);
mini_stage shelf_stage(const char *name, const char *json, const pal_catalog *catalog, const pal_playlists *p,
                       size_t n_threads);

/* A whole round: everyone is served, likes songs of the groups they have lists of (half of the time), and the stage
 * learns. Likes are filed at once. */
void shelf_round(mini_stage *stage, mini_people *people, pal_playlists *p, uint32_t n_users, size_t n_groups,
                 uint32_t round, pal_slate *slate);

#endif

/* What the stages that live on other people's playlists share: the check that there are some, and who fills up. */
#ifndef PAL_STAGES_COMMUNITY_PARTS_H
#define PAL_STAGES_COMMUNITY_PARTS_H

#include "stages/stage.h"

/* PAL_ERR_CONFIG, with the place of the stage's parameters, when the experiment has no playlists. */
PAL_MUST_USE pal_status pal_needs_playlists(const pal_stage_env *env, const char *stage, pal_error *err);

/* An instance of the popularity stage for the slots a stage leaves; its parameters stand in the member "popularity" of
 * the stage's own params object (NULL: all defaults). The caller frees it by pal_stage_popularity.free. */
PAL_MUST_USE pal_status pal_top_up_new(void **popularity, const pal_stage_env *env, const pal_json *object,
                                       pal_error *err);

/* The key of that member, for pal_stage_type.also. */
extern const char *const pal_top_up_also[];

/* begin[u] .. begin[u + 1]: the events of person u among a round's, which stand in user order; n_users + 1 entries. */
void pal_events_by_person(size_t *begin, const pal_feedback *round, size_t n_users);

#endif

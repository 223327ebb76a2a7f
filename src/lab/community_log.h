/* communities.csv and playlists.csv: whose songs people are served from, and what they filed. */
#ifndef PAL_LAB_COMMUNITY_LOG_H
#define PAL_LAB_COMMUNITY_LOG_H

#include "lab/results.h"

/* A run's log; all functions but open take NULL (or a pointer to it) for a run in which nobody keeps playlists. */
typedef struct pal_community_log pal_community_log;

PAL_MUST_USE pal_status pal_community_log_open(pal_community_log **out, const pal_results *results, pal_error *err);
/* After an arm has learned from a round: a row, when its stage serves people from other people's songs. */
PAL_MUST_USE pal_status pal_community_log_round(pal_community_log *log, const pal_arm *arm, pal_error *err);
/* After the last round of a replicate of the focus arm: keep its playlists. Takes them from the arm. */
void pal_community_log_keep(pal_community_log *log, pal_arm *arm);
/* Where it stands, into a checkpoint under names that begin with "community_log."; opened from one it goes on there. */
PAL_MUST_USE pal_status pal_community_log_save(const pal_community_log *log, pal_tensors *file, pal_error *err);
/* The playlists kept of a replicate, into a checkpoint, and back into a log that has not kept them. */
PAL_MUST_USE pal_status pal_community_log_save_kept(const pal_community_log *log, uint32_t replicate, pal_tensors *file,
                                                    pal_error *err);
PAL_MUST_USE pal_status pal_community_log_restore_kept(pal_community_log *log, const pal_lab_people *world,
                                                       const pal_tensors *file, pal_error *err);
/* Commit communities.csv, and write playlists.csv of the people of profiles.json. */
PAL_MUST_USE pal_status pal_community_log_commit(pal_community_log **log, pal_results *results, pal_error *err);
void pal_community_log_abort(pal_community_log **log); /* accepts NULL inside */

#endif

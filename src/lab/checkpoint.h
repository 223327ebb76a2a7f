/* Checkpoints: all that a run needs to go on from between two rounds, beside the result files being written. */
#ifndef PAL_LAB_CHECKPOINT_H
#define PAL_LAB_CHECKPOINT_H

#include "core/error.h"
#include "core/hash.h"
#include "core/tensors.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The run directory is built under OUT.part, which outlives the process. In it:
 *   checkpoint/state.part      the run under way: the arm that plays, what the run has gathered, where its files stand
 *   checkpoint/arm-A.part      what the finished arm A recorded; written once
 *   checkpoint/focus-R.part    people of the focus arm at the end of replicate R; written once
 *   *.part                     result files that grow by the round; cut back to where state.part says that they stood
 * Each is a tensors file (core/tensors.h) that names the experiment, the catalog and the program it is of; state.part is
 * renamed into place after everything it counts on is on the disk. World and truths are made again from the seed.
 */
typedef struct pal_checkpoint pal_checkpoint;

struct pal_run_parts;

/*
 * Look for a checkpoint in the run's directory. The caller owns *out. One that fits is left in run->out.from; one that does
 * not, or is damaged, is told of (run->keeping->say) and removed, with everything in the directory.
 */
PAL_MUST_USE pal_status pal_checkpoint_open(pal_checkpoint **out, struct pal_run_parts *run, pal_error *err);
void pal_checkpoint_free(pal_checkpoint *checkpoint); /* accepts NULL */

/* After everything was restored: forget what is read, remove what does not belong to it, and say where the run goes on. */
PAL_MUST_USE pal_status pal_checkpoint_taken(pal_checkpoint *checkpoint, struct pal_run_parts *run, pal_error *err);
/* Start anew after all, because of `why`; the run's open files must be closed before. */
PAL_MUST_USE pal_status pal_checkpoint_drop(pal_checkpoint *checkpoint, struct pal_run_parts *run, const char *why,
                                            pal_error *err);
/* Before a round: write one when it is time, or in any case when `stopping`. Not when no round was played since the last. */
PAL_MUST_USE pal_status pal_checkpoint_round(pal_checkpoint *checkpoint, struct pal_run_parts *run, bool stopping,
                                             pal_error *err);
/* Is there one on the disk that a run can go on from? */
bool pal_checkpoint_stands(const pal_checkpoint *checkpoint); /* accepts NULL */
/* How many were written by this process, and how long that took. */
void pal_checkpoint_cost(const pal_checkpoint *checkpoint, size_t *n, double *seconds); /* accepts NULL */
/* The run is finished: remove all of it. */
void pal_checkpoint_remove(pal_checkpoint *checkpoint);

/* A finished part, loaded and checked; the caller frees *out. PAL_ERR_DATA when it is of another run. */
PAL_MUST_USE pal_status pal_checkpoint_part(pal_tensors **out, const pal_checkpoint *checkpoint, const char *name, size_t i,
                                            pal_error *err);

/* Digest of the running program; its version where the system does not tell. PAL_ERR_MEMORY. */
PAL_MUST_USE pal_status pal_program_digest(char hex[PAL_HASH_HEX], pal_error *err);

#endif

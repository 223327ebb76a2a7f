/* Run an experiment into a run directory; verify one. */
#ifndef PAL_LAB_RUN_H
#define PAL_LAB_RUN_H

#include "lab/experiment.h"

#include <stdbool.h>

typedef struct pal_run_options {
    size_t n_threads;        /* >= 1                                                        */
    const char *out_dir;     /* where the run directory goes; its parents are made          */
} pal_run_options;

/* How a run is kept from being lost (lab/checkpoint.h). Time decides only when a checkpoint is written, never the results. */
typedef struct pal_run_keeping {
    double every_s;          /* seconds between checkpoints; 0: one before every round      */
    bool fresh;              /* begin anew, whatever is there                               */
    size_t stop_after;       /* stop, as if asked to, after so many rounds; 0: never (tests) */
    void (*say)(void *ctx, const char *line); /* where the run goes on, why it does not; may be NULL */
    void *ctx;
} pal_run_keeping;

typedef struct pal_run_summary {
    char digest[PAL_HASH_HEX];  /* of all result files                                      */
    uint64_t impressions;
    double wall_s, simulate_s;  /* whole run; serving, answering and learning alone         */
    size_t n_people, n_items;
    size_t n_checkpoints;       /* written by this process, and how long that took */
    double checkpoint_s;
} pal_run_summary;

PAL_MUST_USE pal_status pal_run(pal_run_summary *summary, const pal_experiment *experiment,
                                const pal_run_options *options, pal_error *err);

/*
 * The same with checkpoints: the run directory is built under OUT.part. Interrupted (PAL_ERR_STOPPED), out of room or memory, or
 * killed, it stays there, and the next call with the same experiment, build and directory goes on from the last
 * checkpoint: the result files are the same bytes as without interruption, at any thread counts. A damaged checkpoint and
 * one of another experiment or program are told of and replaced. Finished, nothing of it is left. `keeping` NULL: as pal_run.
 *   PAL_ERR_IO  also when another process is building the same directory
 */
PAL_MUST_USE pal_status pal_run_resumable(pal_run_summary *summary, const pal_experiment *experiment,
    const pal_run_options *options, const pal_run_keeping *keeping, pal_error *err);

/*
 * Run again from a run directory's manifest (into a temporary directory beside it, removed afterwards) and compare.
 * PAL_ERR_MISMATCH names the first arm, round and state field that differ, else the first file. message gets one
 * line on success. PAL_ERR_DATA when the stored files no longer have the digests of their own manifest.
 */
PAL_MUST_USE pal_status pal_verify(const char *run_dir, size_t n_threads, char message[512], pal_error *err);

/* Library, compiler and processor, as members of the writer's open object. */
void pal_run_machine(pal_json_writer *w);

#endif

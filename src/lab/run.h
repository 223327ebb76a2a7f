/* Run an experiment into a run directory; verify one. */
#ifndef PAL_LAB_RUN_H
#define PAL_LAB_RUN_H

#include "lab/experiment.h"

typedef struct pal_run_options {
    size_t n_threads;        /* >= 1                                                        */
    const char *out_dir;     /* where the run directory goes; its parents are made          */
} pal_run_options;

typedef struct pal_run_summary {
    char digest[PAL_HASH_HEX];  /* of all result files                                      */
    uint64_t impressions;
    double wall_s, simulate_s;  /* whole run; serving, answering and learning alone         */
    size_t n_people, n_items;
} pal_run_summary;

PAL_MUST_USE pal_status pal_run(pal_run_summary *summary, const pal_experiment *experiment,
                                const pal_run_options *options, pal_error *err);

/*
 * Run again from a run directory's manifest (into a temporary directory beside it, removed afterwards) and compare.
 * PAL_ERR_MISMATCH names the first arm, round and state field that differ, else the first file. message gets one
 * line on success. PAL_ERR_DATA when the stored files no longer have the digests of their own manifest.
 */
PAL_MUST_USE pal_status pal_verify(const char *run_dir, size_t n_threads, char message[512], pal_error *err);

/* Library, compiler and processor, as members of the writer's open object. */
void pal_run_machine(pal_json_writer *w);

#endif

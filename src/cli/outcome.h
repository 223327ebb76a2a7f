/* What `palate run` says when it is done. */
#ifndef PAL_CLI_OUTCOME_H
#define PAL_CLI_OUTCOME_H

#include "core/error.h"
#include "core/hash.h"
#include "lab/run.h"

typedef struct pal_outcome {
    bool json, quiet;
    bool has_report;
    const char *directory;          /* borrowed                                            */
    double seconds;                 /* wall clock of the whole command                     */
    bool compared;                  /* there was a committed digest to compare with        */
    bool reproduced;                /* … and the run has it                                */
    char committed[PAL_HASH_HEX];
    char committed_file[512];
} pal_outcome;

/*
 * Compare with the digest that stands beside the experiment file, if there is one and nothing was overridden.
 *   PAL_ERR_DATA  the digest file does not start with 32 hex digits
 */
PAL_MUST_USE pal_status pal_outcome_compare(pal_outcome *outcome, const char *experiment_file, bool unchanged,
                                            const char *digest, pal_error *err);

/* Print to stdout: one JSON line, or a small table of the arms and a few lines; nothing when quiet without JSON. */
PAL_MUST_USE pal_status pal_outcome_print(const pal_outcome *outcome, const pal_experiment *experiment,
                                          const pal_run_summary *summary, pal_error *err);

#endif

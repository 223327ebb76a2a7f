/* --checkpoint and --fresh of commands that play runs. */
#ifndef PAL_CLI_KEEPING_H
#define PAL_CLI_KEEPING_H

#include "cli/options.h"
#include "lab/run.h"

#define PAL_OPTION_CHECKPOINT                                                                                   \
    { "checkpoint", "SECONDS", false,                                                                           \
      "time between checkpoints, after which an interrupted run goes on; 0: every round; off: none (default: 30)" }

/*
 * Read --checkpoint and --fresh. *keeping points to `storage`, or is NULL for "off". Lines about going on are printed on
 * stderr, unless --quiet is given.
 *   PAL_ERR_USAGE  no number of seconds
 */
PAL_MUST_USE pal_status pal_keeping_read(const pal_run_keeping **keeping, pal_run_keeping *storage, const pal_args *args,
                                         pal_error *err);

#endif

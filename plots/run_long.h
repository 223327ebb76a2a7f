/* Long-run effects by window and round: long_run.csv, retention.csv, lifetime.csv. */
#ifndef PAL_PLOTS_RUN_LONG_H
#define PAL_PLOTS_RUN_LONG_H

#include "plots/run_data.h"

#include <stddef.h>

/* A row of lifetime.csv. */
typedef struct pal_life {
    size_t arm;
    const char *measure; /* "lifetime", "sessions", "hazard", "hazard_ratio"                 */
    const char *starved; /* "" for all, else "none", "some", "most"                          */
    pal_estimate value, diff; /* diff: to the baseline, or to "none" of the same arm; NaN without */
} pal_life;

typedef struct pal_long_data {
    size_t n_series;
    const char **measure;  /* n_series                                    */
    size_t *arm;           /* n_series                                    */
    pal_series *series;    /* n_series; x: the last round of each window  */
    pal_series *here;      /* n_arms: share still here after each round   */
    size_t n_lives;
    pal_life *life;
    const char *drift_against; /* arm that drift is set against; NULL: unknown */
    double pairs;          /* pairs of people behind likeness; NaN unknown */
} pal_long_data;

/* Sets run->long_run; leaves it NULL when the run has no long_run.csv. */
PAL_MUST_USE pal_status pal_rundata_read_long(pal_rundata *run, pal_error *err);

/* An arm's measure by window; n = 0 when there is none. Borrowed. */
const pal_series *pal_long_series(const pal_rundata *run, size_t arm, const char *measure);
/* What it came to: value and difference at the last window that has one; NaN when there is none. */
pal_estimate pal_long_last(const pal_rundata *run, size_t arm, const char *measure);
pal_estimate pal_long_last_diff(const pal_rundata *run, size_t arm, const char *measure);
/* A row of lifetime.csv, or NULL. */
const pal_life *pal_long_life(const pal_rundata *run, size_t arm, const char *measure, const char *starved);
/* Did anybody leave in any arm? */
bool pal_long_has_leavers(const pal_rundata *run);

#endif

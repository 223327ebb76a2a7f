/* Runs that are stopped and gone on with, for tests of checkpoints. */
#ifndef PAL_TESTS_SUPPORT_STOPPED_RUN_H
#define PAL_TESTS_SUPPORT_STOPPED_RUN_H

#include "lab/experiment.h"
#include "lab/run.h"

/* Small experiments: what a checkpoint may have to hold, together. */
typedef struct stopped_case {
    const char *name, *text;
    bool synthetic; /* its catalog has something that ours has not */
} stopped_case;
enum { STOPPED_CASES = 7 };
extern const stopped_case stopped_cases[STOPPED_CASES];

/* An unchecked fixture: the scratch folder (scratch_end ends it), with the catalog that most of them read: that is faster than to
 * make one in every run. */
void stopped_begin(void);
pal_experiment *stopped_parse(const stopped_case *c);

/* Lines said by the last runs; begins empty when stopped_forget was called. */
extern char stopped_said[8192];
void stopped_forget(void);

/* Play at most `rounds` rounds (0: to the end) into a directory, keeping a checkpoint; PAL_ERR_STOPPED or PAL_OK, else the
 * test fails. */
pal_status stopped_play(pal_run_summary *summary, const pal_experiment *experiment, const char *dir, size_t rounds,
                        size_t n_threads);

#endif

/* Small experiments for tests of the laboratory. */
#ifndef PAL_TESTS_SUPPORT_TINY_RUN_H
#define PAL_TESTS_SUPPORT_TINY_RUN_H

#include "lab/experiment.h"
#include "lab/run.h"

/* JSON of an experiment: 40 people, 6 rounds, 5 slots, 600 synthetic songs; arms random, popularity, progressive, oracle. */
extern const char *const tiny_experiment;

/* Parse it with overrides; fails the test on an error. */
pal_experiment *tiny_parse(const pal_override *overrides, size_t n);
/* Run an experiment into a scratch directory and give its path (as scratch_path). */
const char *tiny_run(pal_run_summary *summary, const pal_experiment *experiment, const char *name, size_t n_threads);

#endif

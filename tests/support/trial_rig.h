/* Small trials for tests: one experiment of two arms, and what its tables say. */
#ifndef PAL_TESTS_SUPPORT_TRIAL_RIG_H
#define PAL_TESTS_SUPPORT_TRIAL_RIG_H

#include "core/csv.h"
#include "lab/trial.h"
#include "lab/trial_play.h"

/* A trial of 160 people, 8 rounds, 5 slots, 240 songs; arms "pop" (popularity, the baseline), "rand" (random) and "prog"
 * (progressive, the focus). members: more keys of the trial, `,`-separated without braces; may be "". Fails the test on an
 * error. */
pal_trial *trial_of(const char *members);

/* Run it into a scratch directory of that name; fails the test on an error. */
pal_trial_summary trial_run(const char *members, const char *name, size_t n_threads);

/* A number of a table of that directory: of the row whose metric, and method and feedback (NULL: not asked), are these. */
double trial_number(const char *name, const char *file, const char *metric, const char *method, const char *feedback,
                    const char *column);

/* The world of a trial, for plays by hand. */
typedef struct trial_world {
    pal_trial *trial;
    pal_catalog *catalog;
    pal_lab_people *people;
    pal_trial_stage stage;
    size_t n;
} trial_world;
trial_world trial_world_new(const char *members, size_t n_threads);
void trial_world_clear(trial_world *world);
/* Play; fails the test on an error. The caller clears it. */
pal_trial_outcome trial_play(const trial_world *world, const pal_trial_plan *plan);

#endif

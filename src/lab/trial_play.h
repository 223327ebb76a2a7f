/* One play of a trial: the rounds of both arms, people by people in the arm they were given to. */
#ifndef PAL_LAB_TRIAL_PLAY_H
#define PAL_LAB_TRIAL_PLAY_H

#include "core/rng.h"
#include "lab/trial.h"
#include "lab/world.h"

#include <stdint.h>

enum { PAL_TRIAL_CONTROL, PAL_TRIAL_TREATMENT, PAL_TRIAL_OUTSIDE }; /* outside: served by the control, not counted */

/* What is common to all plays. Borrowed. */
typedef struct pal_trial_stage {
    const pal_trial *trial;
    const pal_catalog *catalog;
    const pal_lab_people *people;
    size_t n_threads;
} pal_trial_stage;

typedef struct pal_trial_plan {
    const uint8_t *in;  /* n_people: PAL_TRIAL_CONTROL …; ignored by a draft                                   */
    bool shared;        /* both arms learn from everybody; else each from its own people once the arms parted  */
    bool follow_all;    /* where people follow plays: everybody's, not those of their own arm's people; so in a draft  */
    bool draft;         /* everybody's slates are drafted from both arms, as many slots as the experiment asks */
                        /* for (a policy's longer cold start is cut); both learn from everything shown         */
    pal_key coin;       /* of the draft                                                                        */
} pal_trial_plan;

/* Arrays of [metric][person]: metrics in the order of the trial, people of the world. Means a round. */
typedef struct pal_trial_outcome {
    size_t n_people;
    double *before;  /* in the rounds before the arms parted; all 0 without                             */
    double *after;   /* from then on                                                                    */
    double *credit;  /* draft: of the treatment's slots minus the control's, from then on; presence NaN */
    double *best;    /* [person]: mean true P(like) of the best slate when the arms part                */
    uint64_t owned[2]; /* draft: slots of each side */
} pal_trial_outcome;

/*
 * Play every round of the experiment. Before trial->pre_rounds everyone is served by the control and both arms learn from
 * all of it; then people are served by their own arm. With everybody in one arm this is that arm's full run: with pre_rounds 0
 * exactly what `palate run` plays. The caller clears *out in every case.
 * Same bytes for any thread count. Errors: what the stages give, PAL_ERR_MEMORY, PAL_ERR_STOPPED.
 */
PAL_MUST_USE pal_status pal_trial_play(pal_trial_outcome *out, const pal_trial_stage *stage, const pal_trial_plan *plan,
                                       pal_error *err);
void pal_trial_outcome_clear(pal_trial_outcome *outcome);

#endif

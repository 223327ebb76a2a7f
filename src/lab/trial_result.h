/* What a trial found: every estimate, the truth, and how each method did against it. */
#ifndef PAL_LAB_TRIAL_RESULT_H
#define PAL_LAB_TRIAL_RESULT_H

#include "lab/trial.h"
#include "lab/trial_estimate.h"

#include <stdint.h>

/* One row of estimates.csv. */
typedef struct pal_trial_row {
    size_t repeat, metric; /* metric: place in the trial's list */
    pal_trial_method method;
    pal_trial_feedback feedback;
    pal_trial_estimate e;
    double own;                    /* the value had listeners followed their own arm's people; NaN: they did, or follow nobody */
    size_t n_control, n_treatment; /* people who count; both the same people when paired or interleaved */
    double srm_p;
    bool srm;
} pal_trial_row;

/* One row of truth.csv: everybody in the control, everybody in the treatment, with the same luck. */
typedef struct pal_trial_truth {
    double control, treatment;  /* mean over people, a round  */
    pal_trial_estimate effect;  /* treatment minus control    */
    double correlation;         /* of a person's two outcomes */
} pal_trial_truth;

/* A share with Wilson's interval. */
typedef struct pal_trial_share { double value, lo, hi; } pal_trial_share;

/* One row of methods.csv. Over repeats of a method with a feedback; NaN where it does not apply. */
typedef struct pal_trial_verdict {
    pal_trial_method method;
    pal_trial_feedback feedback;
    size_t metric, repeats;     /* repeats: with an estimate; sharing is NaN with none, spreads with one */
    double people;              /* mean number that counted                                              */
    double mean, bias, bias_se; /* mean minus truth; its Monte Carlo standard error                      */
    double sd, rmse, se, width; /* spread over repeats; error against the truth; root mean square of the */
                                /* standard errors given; mean width of the intervals                    */
    pal_trial_share coverage;   /* of the truth by the intervals                                         */
    pal_trial_share power;      /* share of repeats that claim a difference                              */
    double sign;                /* share of repeats on the truth's side of 0                             */
    double needed, needed_lo, needed_hi; /* people who find with the trial's power the effect that the method sees; the   */
                                         /* interval is that of the mean over repeats; an infinite end stands as NaN      */
    double relative;            /* needed over that of the first feedback's A/B                          */
    double interference, interference_se; /* mean difference to the isolated estimate of the same allocation */
    double srm;                 /* share of allocations that the sample-ratio check calls broken         */
    double decided;             /* sequential: mean people at the first claim, among those that claim    */
    double herding, herding_se; /* mean difference to the estimate of the same allocation had listeners followed their own */
                                /* arm's people                                                                           */
} pal_trial_verdict;

typedef struct pal_trial_result {
    const pal_trial *trial;
    size_t n_people, n_rows, n_verdicts, n_looks[PAL_TRIAL_FEEDBACKS];
    pal_trial_row *row;
    pal_trial_truth truth[PAL_TRIAL_METRICS];
    pal_trial_verdict *verdict;
    pal_trial_look *look[PAL_TRIAL_FEEDBACKS]; /* first metric, first allocation; NULL: not asked for */
    uint64_t owned[2];                         /* slots of the interleaved runs, control and treatment */
} pal_trial_result;

/* Judge the rows: fills verdict and n_verdicts; pal_free them afterwards. */
PAL_MUST_USE pal_status pal_trial_judge(pal_trial_result *result, pal_error *err);

/* Write the directory (called by pal_trial_run). */
PAL_MUST_USE pal_status pal_trial_write(char digest[PAL_HASH_HEX], const pal_trial_result *result, const char *dir,
                                        pal_error *err);

#endif

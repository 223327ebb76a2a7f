/* What one allocation of people says: the estimators of a trial, on outcomes of people. */
#ifndef PAL_LAB_TRIAL_ESTIMATE_H
#define PAL_LAB_TRIAL_ESTIMATE_H

#include "core/rng.h"
#include "lab/trial.h"
#include "metrics/sequential.h"

#include <stdint.h>

/* NaN where a method has no such number. */
typedef struct pal_trial_estimate {
    double value, lo, hi; /* treatment minus control, a round                                      */
    double se, p;         /* p: two-sided; of the sequential test always valid                     */
    double decided;       /* sequential: people in the test when it first claimed a difference     */
} pal_trial_estimate;

/* A test's people: who was given to which arm, and whose rows arrived. */
typedef struct pal_trial_split {
    uint8_t *in;        /* n: PAL_TRIAL_CONTROL …                                              */
    uint8_t *kept;      /* n: 1 when the person takes part and their rows were not lost        */
    uint16_t *stratum;  /* n: 0 without strata                                                 */
    size_t n, n_control, n_treatment; /* counted: kept people                                  */
    double srm_p;       /* of their counts against the share meant; NaN without anybody        */
    bool srm;           /* below the level of metrics/srm.h                                    */
} pal_trial_split;
PAL_MUST_USE pal_status pal_trial_split_new(pal_trial_split *split, size_t n, pal_error *err);
void pal_trial_split_clear(pal_trial_split *split);

/*
 * The allocation of a repeat: a function of (trial seed, repeat, person) and, when stratified, of `before` (n values: people
 * are sorted by it, ties by number, and cut into equal strata; in each of them the share goes to the treatment, rounded up or
 * down by a coin that keeps the chance exact). The same for every kind of feedback, so that they can be compared.
 */
PAL_MUST_USE pal_status pal_trial_allocate(pal_trial_split *split, const pal_trial *trial, size_t repeat, const double *before,
                                           pal_error *err);

/*
 * Estimates from one outcome a person (n values each; only kept people count):
 *   y       the metric after the arms parted; for isolated feedback pick each person's from the arm that is theirs
 *   before  the metric before; best: what the oracle could earn (pal_trial_outcome)
 * out has PAL_TRIAL_METHODS entries, those of PAL_TRIAL_PAIRED and _INTERLEAVED left as they are. Methods whose covariate or
 * strata do not exist, or with fewer than three people in an arm, are all NaN.
 *
 *   ab             Welch's t interval, metrics/cuped.h without a covariate
 *   cuped, …       pal_cuped_unpaired
 *   stratified     sum of n_s / n times the difference within stratum s (Miratrix, Sekhon, Yu 2013); NaN when a stratum has
 *                  fewer than two of an arm
 *   sequential     pal_sequential over pairs, the i-th of the treatment with the i-th of the control by number of person:
 *                  rounds of the same people are no fresh evidence, pairs of new people are. Its interval is the last one.
 */
PAL_MUST_USE pal_status pal_trial_estimate_all(pal_trial_estimate *out, const pal_trial *trial, const pal_trial_split *split,
    const double *y, const double *before, const double *best, pal_error *err);

/* Mean of n differences with its t interval and p-value: the paired truth, and credits of an interleaved run. */
void pal_trial_estimate_mean(pal_trial_estimate *out, const double *d, size_t n, double level);

/* One look of a sequential test. */
typedef struct pal_trial_look {
    size_t pairs;
    double value, lo, hi, p;   /* of the sequential test                                            */
    double fixed_lo, fixed_hi; /* the t interval for one look at a set time; NaN before the second pair */
} pal_trial_look;
/* All looks in order; *looks has one entry a pair, the caller frees it with pal_free. */
PAL_MUST_USE pal_status pal_trial_looks(pal_trial_look **looks, size_t *n_looks, const pal_trial *trial,
                                        const pal_trial_split *split, const double *y, pal_error *err);

#endif

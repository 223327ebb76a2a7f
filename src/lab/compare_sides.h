/* Two arms of finished runs against each other, in every metric asked for. */
#ifndef PAL_LAB_COMPARE_SIDES_H
#define PAL_LAB_COMPARE_SIDES_H

#include "lab/compare_read.h"
#include "metrics/cuped.h"
#include "metrics/effect.h"
#include "metrics/interval.h"

/* What p is the p-value of. */
typedef enum pal_side_test {
    PAL_TEST_PERMUTATION,
    PAL_TEST_T,
    PAL_TEST_WILCOXON,
    PAL_SIDE_TESTS
} pal_side_test;
extern const char *const pal_side_test_names[PAL_SIDE_TESTS]; /* "permutation", "t", "wilcoxon" */

/* How the people of the two sides stand to each other. */
typedef enum pal_meeting {
    PAL_SAME_PEOPLE, /* the same seeds and people: a difference is a person's own                        */
    PAL_SAME_SEEDS,  /* the same seeds, but people.csv differs: pairs share luck, not all of their traits */
    PAL_STRANGERS    /* no seed in common: nothing is paired                                             */
} pal_meeting;

extern const char *const pal_meeting_names[3]; /* "same people", "same seeds", "unpaired" */

/* An arm of one setting, with as many runs as it has seeds. Borrowed. */
typedef struct pal_compare_side {
    const pal_run_people *const *run;
    size_t n_runs;
    const char *arm;
} pal_compare_side;

typedef struct pal_sides_config {
    double level, power;            /* of intervals, and of the planned repetition; in (0, 1) */
    size_t resamples, permutations; /* >= 2; >= 1                                             */
    size_t family;                  /* rows that will be corrected together; see below        */
    uint64_t seed;                  /* of resamples and permutations                          */
    size_t n_threads;
    pal_side_test test;             /* of p; t and signed ranks need pairs                    */
} pal_sides_config;

/* One metric. Differences are first minus second. NaN where undefined. */
typedef struct pal_sides_result {
    size_t metric;
    double value_a, value_b;
    pal_interval difference; /* BCa over people, seeds and replicates kept apart                                  */
    double p;                /* two-sided, of the test that was asked for                          */
    double p_permutation, p_t, p_wilcoxon; /* of each test; the last two of pairs only             */
    pal_effect cohen, cliff; /* d_z and the share better off minus worse off; unpaired: d_s and delta over pairs  */
    double needed;           /* people (unpaired: each side) that find a true effect of this size with the power  */
    double detectable;       /* the smallest difference that these people find with the power, units of the metric */
    pal_pairing pairing;     /* what pairing bought; NaN for strangers                                            */
    size_t n_worlds;         /* seeds and replicates both met                                                     */
    pal_interval worlds;     /* mean over worlds of their differences, Student t; NaN with fewer than two         */
    double p_worlds;         /* sign flips over worlds                                                            */
    size_t n_a, n_b;         /* people                                                                            */
    pal_cuped cuped;         /* strangers only, with a trait read: the difference of means of the linearised values without it */
    double p_anytime;        /* of a sequential test that looks after every pair, in their order; NaN for strangers */
    double decided;          /* pairs after which it would have claimed a difference; NaN: not among these           */
} pal_sides_result;

/*
 * Compare a with b in n_metrics metrics; out has n_metrics entries. Runs are matched by seed; where the sides have no
 * seed in common they are compared unpaired. Users present on one side only (more people in one run) are left out.
 * *meeting says which it was, *left_out how many runs had no partner (0 for strangers).
 *
 * The unit of intervals and p-values is the person, which tells how sure a difference is in these worlds; `worlds`
 * takes seeds and replicates as the unit, which is what a claim about other worlds needs.
 * P random permutations give no p-value below 1 / (1 + P), which a family of many rows would push above any level: at
 * least ten times as many are drawn as the smallest corrected p-value needs to reach 1 - level, up to a million.
 *   PAL_ERR_USAGE  a paired test of sides without a seed in common
 *   PAL_ERR_MEMORY, and what the statistics give
 */
PAL_MUST_USE pal_status pal_compare_sides(pal_sides_result *out, pal_meeting *meeting, size_t *left_out,
                                          const pal_compare_side *a, const pal_compare_side *b, const size_t *metric,
                                          size_t n_metrics, const pal_sides_config *config, pal_error *err);

/* The values of one side in n_metrics metrics, with BCa intervals over its people, worlds kept apart. */
PAL_MUST_USE pal_status pal_compare_values(pal_interval *out, const pal_compare_side *side, const size_t *metric,
                                           size_t n_metrics, const pal_sides_config *config, pal_error *err);

#endif

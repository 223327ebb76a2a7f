/* Paired comparison of two arms over people, and what many comparisons at once do to p-values. */
#ifndef PAL_METRICS_COMPARE_H
#define PAL_METRICS_COMPARE_H

#include "core/error.h"
#include "core/rng.h"
#include "metrics/interval.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_PERMUTATIONS 9999

typedef struct pal_comparison {
    double value_a, value_b;   /* the ratio in each arm                                                        */
    pal_interval difference;   /* a - b on the resamples of the pal_boot                                       */
    double effect;             /* Cohen's d_z: mean over standard deviation of the per-person differences      */
    double p_permutation;      /* two-sided sign-flip p-value, (1 + #) / (1 + P)                               */
    double p_t;                /* two-sided paired t p-value, n - 1 degrees of freedom                         */
    double p_wilcoxon;         /* two-sided signed-rank p-value; wilcoxon.h says when not to believe it        */
    double correlation;        /* of the two arms over people; what common random numbers bought               */
    double variance_reduction; /* 1 - var(a - b) / (var a + var b): against arms that share no luck            */
    double sd;                 /* standard deviation of the per-person differences, for the sample size        */
} pal_comparison;

typedef struct pal_compare_config {
    size_t n_permutations; /* P, >= 1; 0 = PAL_PERMUTATIONS                                     */
    pal_key key;           /* pal_key_for(seed, 0, PAL_FOR_PERMUTE); the flips depend on it only */
} pal_compare_config;

/*
 * Compare the ratio metric sum num / sum den of arm a with arm b on the same people.
 *
 *   num_*, den_*  in n_people (of boot)   as in pal_boot_ratio
 *   config        in                      not NULL
 *
 * The unit is the person. For ratios the per-person difference is the linearised one (delta method),
 *   d_u = (R_a - R_b) + (num_a - R_a den_a) / mean den_a - (num_b - R_b den_b) / mean den_b,
 * which is num_a - num_b when all den are 1 and always has mean R_a - R_b. People with den 0 in both arms are left out.
 * Permutation p-value: signs of d_u flipped at random, # = flips with |sum| >= |observed sum| (less 1e-12 of
 * sum |d|, so that equal sums count as equal). When all d_u are 0: p-values 1, effect 0. With fewer than two
 * people, or an arm without a denominator: NaN. Where people share a trained model they are not independent:
 * strata in the pal_boot keep replicates apart, but only more replicates say how much worlds differ.
 *
 *   PAL_ERR_DATA    as pal_boot_ratio
 *   PAL_ERR_MEMORY  out of memory
 * Source: Deng, Knoblich, Lu, KDD 2018 (delta method); Smucker, Allan, Carterette, CIKM 2007 (randomisation test);
 * Phipson and Smyth 2010 (the added one). Oracles: tests/metrics/test_compare.c.
 */
PAL_MUST_USE pal_status pal_compare(pal_comparison *out, const pal_boot *boot, const double *num_a,
                                    const double *den_a, const double *num_b, const double *den_b,
                                    const pal_compare_config *config, pal_error *err);

/*
 * Two-sided sign-flip p-value of mean(d) = 0 for n differences; NaN when n is 0.
 *   PAL_ERR_DATA  a difference is not finite; PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_sign_flip_p(double *out, const double *d, size_t n, const pal_compare_config *config,
                                        pal_error *err);

/* Two-sided p-value of the paired t test for n differences; NaN when n < 2, 1 when all are 0. */
double pal_paired_t_p(const double *d, size_t n);

/*
 * p-values adjusted for a family of n comparisons. A NaN (undefined) stays NaN and does not count in the family.
 * adjusted may be p itself.
 *   Holm 1979 keeps the chance of one or more false claims below the level, whatever the dependence: for claims.
 *   Benjamini and Hochberg 1995 keeps the expected share of false claims: for looking around.
 *   PAL_ERR_DATA    a p-value outside [0, 1]; PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_p_holm(double *adjusted, const double *p, size_t n, pal_error *err);
PAL_MUST_USE pal_status pal_p_benjamini_hochberg(double *adjusted, const double *p, size_t n, pal_error *err);

/*
 * People needed to find a true difference `diff` when per-person differences have standard deviation sd, two-sided
 * at `alpha`, with probability `power`: ceil(((z_(1-alpha/2) + z_power) sd / diff)^2). Normal approximation; at
 * least 2; infinite when diff is 0. For unpaired arms of variance v each, sd = sqrt(2 v) and the answer is per arm.
 */
double pal_sample_size(double diff, double sd, double alpha, double power);

/* The difference that n people find with probability `power`: the inverse of the above. NaN when n is 0. */
double pal_detectable_difference(size_t n, double sd, double alpha, double power);

#endif

/* From scores to chances: a policy over a small set of candidates, one slot at a time, and all the slates there are. */
#ifndef PAL_LAB_OPE_RULE_H
#define PAL_LAB_OPE_RULE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A slot is filled from the n candidates that are left:
 *
 *   chance = epsilon / n + (1 - epsilon) * base
 *
 * with base = exp(z / softness), normed over those left; z is the stage's score, standardised over the person's candidates,
 * so that a softness means the same for every stage. Softness 0 shares base evenly among the best that are left (the greedy
 * policy; for a stage whose scores tie, the even draw). The next slot does the same with what is left then.
 */
typedef struct pal_ope_rule {
    double softness; /* 0, or 0.05 and more: standard deviations of score that make a factor of e */
    double epsilon;  /* 0 ... 1: share drawn evenly                                             */
} pal_ope_rule;

#define PAL_OPE_LEAST_SOFTNESS 0.05
#define PAL_OPE_MOST_CANDIDATES 200
#define PAL_OPE_MOST_SLOTS 8

/* Mean 0, variance 1 (n below), or all 0 when the scores are alike. z and score are arrays of m. */
void pal_ope_standardise(double *z, const float *score, size_t m);

/* z made into what pal_ope_chances wants: exp((z - largest z) / softness); z itself for softness 0. May be in place. */
void pal_ope_strengths(double *strength, const double *z, size_t m, const pal_ope_rule *rule);

/* Chance of each of m candidates for the next slot; those with gone[i] != 0 have none. Not all may be gone. */
void pal_ope_chances(double *chance, const double *strength, const uint8_t *gone, size_t m, const pal_ope_rule *rule);

/* Slates of k different ones of m: m! / (m - k)!, as a double. */
double pal_ope_count_slates(size_t m, size_t k);
/* All of them in lexicographic order: n x k. */
void pal_ope_list_slates(uint8_t *slate, size_t m, size_t k);

/*
 * Chance of every slate listed, sum 1. gap (m, may be NULL): candidates that are never shown; at least k are no gaps.
 *   slot    out  k x m  chance of each candidate in each slot, over all slates; or NULL
 */
void pal_ope_slate_chances(double *chance, double *slot, const uint8_t *slate, size_t n_slates, const double *strength,
                           const uint8_t *gap, size_t m, size_t k, const pal_ope_rule *rule);

/* Chances of one slate's k candidates, each given those above. */
void pal_ope_slate_steps(double *step, const uint8_t *slate, const double *strength, const uint8_t *gap, size_t m, size_t k,
                         const pal_ope_rule *rule);

#endif

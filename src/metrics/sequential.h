/* Tests that may be looked at any time: mixture likelihood ratios and confidence sequences. */
#ifndef PAL_METRICS_SEQUENTIAL_H
#define PAL_METRICS_SEQUENTIAL_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct pal_sequential_config {
    double alpha;    /* chance of ever claiming a difference when there is none; in (0, 1), 0 = 0.05               */
    double sd;       /* standard deviation of a difference, known beforehand; 0: estimated as they come            */
    double expected; /* differences after which the test is to be sharpest; > 0, 0 = 1000                          */
    size_t start;    /* differences before the first look when sd is estimated; >= 2, 0 = 100                      */
} pal_sequential_config;

/* A running test of mean(d) = 0. All fields are results; they hold after every pal_sequential_add. */
typedef struct pal_sequential {
    pal_sequential_config config;
    size_t n;
    double mean, squares; /* of the differences so far, and their squared deviations            */
    double p;             /* always valid: P(it is ever <= alpha) <= alpha when the mean is 0   */
    double lo, hi;        /* confidence sequence: all of them hold the mean at once, with chance 1 - alpha; */
                          /* infinite before the first look                                      */
    double best_lo, best_hi; /* their intersection so far; empty (lo > hi) proves the model wrong */
    size_t stopped;       /* the n at which p first was <= alpha; 0: not yet                    */
} pal_sequential;

/*
 * Mixture sequential probability ratio test with a normal mixture N(0, tau^2) over the mean (Johari, Koomen, Pekelis,
 * Walsh 2022, eq. 6): with V the variance of a difference,
 *   L_n = sqrt(V / (V + n tau^2)) exp(n^2 tau^2 mean^2 / (2 V (V + n tau^2))),   p_n = min(p_(n-1), 1 / L_n),
 * and the sequence of all means that L_n would not reject at alpha. tau is set so that the interval after `expected`
 * differences is the narrowest there is: with x = n tau^2 / V, x - ln(1 + x) = -2 ln alpha (its derivative set to 0).
 * Normal differences of known variance: the level holds exactly, whatever the stopping rule. With an estimated variance,
 * or for differences that are not normal, it holds as n grows (Waudby-Smith et al. 2024): hence `start`.
 *   PAL_ERR_CONFIG  alpha outside (0, 1), sd or expected below 0, or not finite
 */
PAL_MUST_USE pal_status pal_sequential_init(pal_sequential *test, const pal_sequential_config *config, pal_error *err);

/* Take in one more difference. It must be finite (asserted). */
void pal_sequential_add(pal_sequential *test, double difference);

#endif

/* Simulated people with known true values, and the slow obvious versions of metrics, for tests/metrics. */
#ifndef PAL_TESTS_METRICS_PEOPLE_H
#define PAL_TESTS_METRICS_PEOPLE_H

#include "core/error.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

/* The true ratio behind metrics_people_ratio. */
#define METRICS_TRUE_RATIO 0.36

/*
 * People whose rate and activity go together: v uniform, den = 1 + floor(10 v), rate = 0.1 + 0.4 v, num binomial.
 * E num / E den = sum_k (1 + k) (0.1 + 0.04 (k + 1/2)) / 55 over k < 10 = 0.36. luck: another answer of the same.
 */
void metrics_people_ratio(double *num, double *den, size_t n_people, uint64_t seed, uint64_t luck);

/*
 * rows_each rows a person: label by a fair coin, score = 0.8 label + person effect N(0, 0.6^2) + N(0, 1).
 * True pooled AUC (pairs of different people): Phi(0.8 / sqrt(2 (1 + 0.36))).
 */
void metrics_people_scores(uint32_t *person, float *score, uint8_t *label, size_t n_people, size_t rows_each,
                           uint64_t seed);

/* AUC over all pairs, each row with its weight (NULL = 1). */
double metrics_slow_auc(const float *score, const uint8_t *label, const double *weight, size_t n);

/* A draw for a test. */
double metrics_u01(uint64_t seed, uint64_t who, uint64_t what);
double metrics_normal(uint64_t seed, uint64_t who, uint64_t what);

#endif

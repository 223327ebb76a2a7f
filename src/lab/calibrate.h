/* Scores made probabilities from what an arm has seen so far: one Platt model a stage, refitted between rounds.
 * A stage whose scores are probabilities (PAL_STAGE_PROBABILITY) is taken at its word. */
#ifndef PAL_LAB_CALIBRATE_H
#define PAL_LAB_CALIBRATE_H

#include "core/error.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

/* The latest `memory` examined slots of each stage (a ring), and a, b of P(like | examined) = sigmoid(a + b score). */
typedef struct pal_calibrator {
    size_t n_stages, memory;
    double *a, *b;      /* n_stages                     */
    uint8_t *probability; /* n_stages: 1 = the score is the probability; zero after new */
    uint64_t *n;        /* n_stages: slots seen so far  */
    float *score;       /* n_stages x memory            */
    uint8_t *label;     /* n_stages x memory            */
    uint8_t *stale;     /* n_stages: got slots since the last fit */
    uint64_t all, all_liked; /* over stages: the prior of a stage that is new */
} pal_calibrator;

PAL_MUST_USE pal_status pal_calibrator_new(pal_calibrator **out, size_t n_stages, size_t memory, pal_error *err);
void pal_calibrator_free(pal_calibrator *c); /* accepts NULL */
void pal_calibrator_reset(pal_calibrator *c);
void pal_calibrator_add(pal_calibrator *c, size_t stage, float score, uint8_t liked);
/* Refit the stages that got new slots; to be called between rounds only. b is never negative: a higher score never
 * becomes a lower probability. */
PAL_MUST_USE pal_status pal_calibrator_fit(pal_calibrator *c, pal_error *err);
/* What it learned into *file, under names that begin with "calibrator."; and back, for the same stages and memory:
 * PAL_ERR_DATA names the array that does not fit. */
PAL_MUST_USE pal_status pal_calibrator_save(const pal_calibrator *c, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_calibrator_restore(pal_calibrator *c, const pal_tensors *file, pal_error *err);
/* Calibrated probability; the overall rate for a stage that has seen nothing. In [1e-6, 1 - 1e-6]. */
float pal_calibrated(const pal_calibrator *c, size_t stage, float score);

#endif

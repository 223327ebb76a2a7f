/* What a fit leaves behind for the figures: curves, importance, quality out of fold. Decides nothing. */
#ifndef PAL_STAGES_TASTE_EVIDENCE_H
#define PAL_STAGES_TASTE_EVIDENCE_H

#include "core/arena.h"
#include "data/catalog.h"
#include "models/cross_validation_learners.h"
#include "models/neural_model.h"
#include "stages/training.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A learner whose fits are counted; its config is the pal_counted itself. The inner learner's draws and models are the
 * very same. */
typedef struct pal_counted {
    const pal_learner *inner;
    const void *config;   /* of the inner one                     */
    pal_taste_learner kind;
    uint64_t *iterations; /* of all fits so far, added up         */
    uint64_t *fits;
} pal_counted;
pal_learner pal_counted_learner(const pal_counted *counted);

/* Iterations of one fitted model: trees kept, epochs kept, or passes over the rows. */
uint32_t pal_fitted_iterations(const void *fitted, pal_taste_learner kind);

/*
 * Quality of the predictions p that a cross-validation made of rows it had held out.
 *
 * The ROC curve is that of each prediction's mid-rank inside its fold: every fold has a model of its own, and only the
 * order inside a fold means something. It runs from (0, 0) to (1, 1); where it rises at a grid point, the middle counts.
 *
 *   fold     in   n: the fold that held the row out
 *   scratch  tmp  rewound
 * Caller owns *out (pal_free).
 *   PAL_ERR_MEMORY
 * Source of averaging curves at fixed false positive rates: Fawcett, An introduction to ROC analysis, 2006, 8.1.
 */
PAL_MUST_USE pal_status pal_quality_of(pal_training_quality **out, const double *p, const double *y,
                                       const uint32_t *fold, size_t n, pal_arena *scratch,
                                       pal_error *err);

/* Importance and curve of a model fitted on n rows x of d (a network's slopes are those there; no other kind reads x);
 * gains that are all 0 give shares of 0. Caller owns *out (pal_free). */
PAL_MUST_USE pal_status pal_shape_of(pal_training_shape **out, const void *fitted, const double *x, size_t n, size_t d,
                                     pal_taste_learner kind, pal_error *err);

/* Name of a sample's feature: the catalog's, then those of PAL_TASTE_DERIVED. */
const char *pal_sample_feature_name(const pal_catalog *catalog, size_t feature);

#endif

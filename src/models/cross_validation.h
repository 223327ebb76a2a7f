/* Stratified k-fold cross-validation of any learner, judged by any scores. */
#ifndef PAL_MODELS_CROSS_VALIDATION_H
#define PAL_MODELS_CROSS_VALIDATION_H

#include "core/arena.h"
#include "core/error.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_samples { /* labelled rows; all borrowed */
    const double *x;      /* n x d row-major              */
    const double *y;      /* n, each 0 or 1               */
    const double *weight; /* n, > 0; or NULL for all 1    */
    size_t n, d;
} pal_samples;

/* What a learner must know to be cross-validated. Constant tables; see models/cross_validation_learners.h. */
typedef struct pal_learner {
    const char *name;

    /* Learn from `train`. `config` is the learner's own; `key` feeds its draws. Caller owns *model. */
    pal_status (*fit)(void **model, const pal_samples *train, const void *config, pal_key key, pal_arena *scratch,
                      pal_error *err);

    /* P(y = 1) of n rows of d. */
    pal_status (*predict)(double *p, const void *model, const double *x, size_t n, size_t d, pal_arena *scratch,
                          pal_error *err);

    void (*free)(void *model); /* accepts NULL */
} pal_learner;

/* A score of probabilities: AUC, LogLoss … The metrics live elsewhere, so they come in as functions. */
typedef struct pal_score {
    const char *name;
    pal_status (*of)(double *out, const double *p, const double *y, const double *weight, size_t n, pal_error *err);
} pal_score;

/*
 * A fold for every row: the rows of each class are shuffled and dealt out in turn, the negatives going on where the
 * positives ended. So folds differ by at most one row, and by at most one positive.
 *
 *   fold    out  n        in [0, folds)
 *   y       in   n        0 or 1
 *   scratch tmp           4 n bytes, rewound
 *
 * A function of (y, folds, key) alone.
 *   PAL_ERR_CONFIG  folds is below 2
 *   PAL_ERR_DATA    a class has fewer rows than there are folds: the text says which
 *   PAL_ERR_SHAPE   n does not fit 32 bits
 *   PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_stratified_folds(uint32_t *fold, const double *y, size_t n, size_t folds, pal_key key,
                                             pal_arena *scratch, pal_error *err);

typedef struct pal_cv_result {
    double mean, sd; /* over the folds whose score is not NaN; sd with n - 1 below, NaN when there are fewer than 2 */
    size_t n;        /* such folds                                                                                  */
} pal_cv_result;

/*
 * Fit on all folds but one, predict that one, score it; for each fold.
 *
 *   result      out  n_scores
 *   fold_score  out  n_scores x folds, row-major; NULL if not wanted
 *   p           out  n: each row's probability by the model that had not seen it; NULL if not wanted
 *   config      in   handed to the learner
 *   scratch     tmp  8 n (d + 6) bytes and what the learner takes; rewound
 *
 * Fold f's learner draws from pal_key_named(key, "fold f"). Errors of pal_stratified_folds, and those of the learner
 * and the scores with "fold f: " put before the text.
 * Oracles: tests/models/test_cross_validation.c.
 */
PAL_MUST_USE pal_status pal_cross_validate(pal_cv_result *result, double *fold_score, double *p,
                                           const pal_learner *learner, const void *config, const pal_samples *samples,
                                           const pal_score *scores, size_t n_scores, size_t folds, pal_key key,
                                           pal_arena *scratch, pal_error *err);

#endif

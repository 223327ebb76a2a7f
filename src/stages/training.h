/* Every model fit of a stage, on record: rows of training.csv, and what a fit leaves behind for the figures. */
#ifndef PAL_STAGES_TRAINING_H
#define PAL_STAGES_TRAINING_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAL_TRAINING_POINTS 21 /* of a ROC curve: false positive rates 0, 5 %, ... 100 %           */
#define PAL_TRAINING_BINS 10   /* of a reliability table: predictions of 0 ... 10 %, ... 90 ... 100 % */
#define PAL_TRAINING_P 65536   /* predictions are summed in whole steps of 1 / 65536               */

/* What a taste's model is learned by. */
typedef enum pal_taste_learner {
    PAL_TASTE_LOGISTIC, /* logistic regression */
    PAL_TASTE_BOOSTED,  /* boosted trees       */
    PAL_TASTE_NEURAL    /* a small network     */
} pal_taste_learner;

/* What a cross-validation predicted of the rows it had held out. */
typedef struct pal_training_quality {
    float tpr[PAL_TRAINING_POINTS];        /* true positive rate at each false positive rate             */
    uint64_t n[PAL_TRAINING_BINS];         /* predictions in the bin, whatever the weight of their rows  */
    uint64_t positives[PAL_TRAINING_BINS]; /* of them liked                                              */
    uint64_t sum_p[PAL_TRAINING_BINS];     /* of the predictions, in steps of 1 / PAL_TRAINING_P         */
} pal_training_quality;

/* What a kept model rests on: the model itself is distilled and dropped after the fit. One block of memory. */
typedef struct pal_training_shape {
    size_t d, n_curve;
    float *share;         /* d: of the gain (trees), |coefficient| x sd (a line) or mean |slope| x sd (a network) of
                             the feature; sum 1, or all 0                                                     */
    float *splits;        /* d: shares of the number of splits; NULL: no trees                                */
    float *train, *valid; /* n_curve: LogLoss after each tree or epoch, past the kept ones too; NaN: not measured */
} pal_training_shape;

typedef struct pal_training_row {
    uint32_t round, user;   /* user UINT32_MAX: a model for everyone               */
    uint8_t taste;          /* PAL_NO_TASTE: a model over all tastes                */
    const char *model;      /* static: "logistic", "boosted", "neural" …                      */
    uint32_t samples, positives, folds;
    uint32_t iterations;    /* of the kept model; else the mean over the folds; 0: no fold was fitted */
    double auc, auc_sd, logloss, logloss_sd; /* over folds; NaN when undefined      */
    bool kept;              /* did it replace the model before it?                  */
    const char *why;        /* static, a few words: "better", "one class", …        */

    /* For the figures; all zero where a stage does not say. */
    bool passed_is_no;             /* songs looked at and neither liked nor disliked are samples as well          */
    double no_weight;              /* mean weight of the samples that were not liked; a liked one weighs 1        */
    bool stands;                   /* kept, and not replaced since                                               */
    uint32_t people, items, held_out;    /* models for everyone: rows, columns, and likes kept out of the fit     */
    uint8_t type;                        /* of them: content type, PAL_NO_TASTE: all                             */
    double precision;                    /* of them: share of liked ones among the 10 best, held-out likes only   */
    double seconds;                      /* the fit took; for timing.csv, never for results                       */
    double auc_ceiling, logloss_ceiling; /* put in by whoever knows the truth, beside `quality`; NaN: unknown     */
    pal_training_quality *quality; /* of the newest fit of a taste: the log drops that of the one before; or NULL */
    pal_training_shape *shape;     /* of a kept model; or NULL                                                   */
} pal_training_row;

/* Rows in the order they were added: people in user order within a round. */
typedef struct pal_training_log {
    size_t n, capacity;
    pal_training_row *row;
} pal_training_log;

/* Takes row->quality and row->shape; on error they stay the caller's. */
PAL_MUST_USE pal_status pal_training_log_add(pal_training_log *log, const pal_training_row *row, pal_error *err);
void pal_training_log_clear(pal_training_log *log);

/* d features and a curve of n_curve trees (trees: with room for splits); all 0. Caller frees with pal_free. */
PAL_MUST_USE pal_status pal_training_shape_new(pal_training_shape **out, size_t d, size_t n_curve, bool trees,
                                               pal_error *err);
/* What hangs on a row that no log took. */
void pal_training_row_clear(pal_training_row *row);

#endif

/* Every model fit of a stage, on record: rows of training.csv. */
#ifndef PAL_STAGES_TRAINING_H
#define PAL_STAGES_TRAINING_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pal_training_row {
    uint32_t round, user;   /* user UINT32_MAX: a model for everyone               */
    uint8_t taste;          /* PAL_NO_TASTE: a model over all tastes                */
    const char *model;      /* static: "logistic", "boosted" …                      */
    uint32_t samples, positives, folds, iterations;
    double auc, auc_sd, logloss, logloss_sd; /* over folds; NaN when undefined      */
    bool kept;              /* did it replace the model before it?                  */
    const char *why;        /* static, a few words: "better", "one class", …        */
} pal_training_row;

/* Rows in the order they were added: people in user order within a round. */
typedef struct pal_training_log {
    size_t n, capacity;
    pal_training_row *row;
} pal_training_log;

PAL_MUST_USE pal_status pal_training_log_add(pal_training_log *log, const pal_training_row *row, pal_error *err);
void pal_training_log_clear(pal_training_log *log);

#endif

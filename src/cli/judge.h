/* How good are predicted probabilities: AUC, LogLoss and calibration of a set of rows, and their line of a table. */
#ifndef PAL_CLI_JUDGE_H
#define PAL_CLI_JUDGE_H

#include "core/error.h"
#include "models/cross_validation.h"

#include <stddef.h>

typedef struct pal_judgement {
    const char *set;          /* "train", "cv", "test": for the reader               */
    size_t rows, positives;
    size_t folds;             /* cv: of these means; else 0                          */
    double auc, auc_sd;       /* NaN when a class is missing; sd over folds          */
    double log_loss, loss_sd; /* nats, means over rows                               */
    double ece;               /* 15 bins of equal mass; over all rows, also with cv  */
} pal_judgement;

/* Judge p of n rows with labels y (0 or 1); folds 0. Errors of pal_auc and pal_ece. */
PAL_MUST_USE pal_status pal_judge(pal_judgement *out, const char *set, const double *p, const double *y, size_t n,
                                  pal_error *err);

/* AUC and LogLoss for pal_cross_validate, in this order. */
#define PAL_JUDGE_SCORES 2
extern const pal_score pal_judge_scores[PAL_JUDGE_SCORES];

/* The table: its head, and a line each; or a JSON line with the command's and the model's name. */
void pal_judge_print_head(void);
PAL_MUST_USE pal_status pal_judge_print(const pal_judgement *j, const char *command, const char *model, bool json,
                                        pal_error *err);

#endif

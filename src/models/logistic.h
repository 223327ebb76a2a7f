/* Weighted logistic regression with an L2 penalty, dense features, by Newton's method. */
#ifndef PAL_MODELS_LOGISTIC_H
#define PAL_MODELS_LOGISTIC_H

#include "core/arena.h"
#include "core/error.h"
#include "core/param.h"

#include <stddef.h>

typedef enum pal_logistic_penalty {
    PAL_L2_TOTAL, /* l2 / 2 |w|^2 beside the SUM of the losses: scikit-learn's, l2 = 1 / C */
    PAL_L2_MEAN   /* l2 / 2 |w|^2 beside their weighted MEAN: per unit of weight           */
} pal_logistic_penalty;

typedef struct pal_logistic_config {
    double l2;                    /* penalty on w, the intercept is free; >= 0                            */
    pal_logistic_penalty penalty; /* what l2 is measured against                                          */
    bool standardise;             /* penalise w per standard deviation of its column, not per unit        */
    bool balanced;                /* scale the weights so that both classes weigh the same, sum unchanged */
    bool warm_start;              /* start from the w and b that come in                                  */
    double tol;                   /* stop when the largest |gradient| entry is at or below it; > 0        */
    int max_iter;                 /* passes over the rows allowed; > 0                                    */
} pal_logistic_config;

/* What the fit did; for logs. */
typedef struct pal_logistic_report {
    int passes;      /* passes over the rows: one a Newton step, and one at the start                       */
    int shortened;   /* of those, steps that went too far and were taken again, shorter                     */
    double gradient; /* largest |entry| of the gradient at the last pass; one more step leads to the answer */
} pal_logistic_report;

/* l2 1 (total), tol 1e-8, 100 passes: scikit-learn's LogisticRegression(), but converged. */
pal_logistic_config pal_logistic_defaults(void);

/* l2, penalty, standardise, balanced, tol, max_iter; and the config they make (warm_start false). */
extern const pal_param pal_logistic_params[];
pal_logistic_config pal_logistic_config_from(const pal_values *values);

/*
 * Fit P(y = 1 | x) = 1 / (1 + exp(-(b + w.x))): the minimum of
 *
 *     sum_i weight_i log(1 + exp(-s_i (b + w.x_i))) + l2 / 2 |w|^2,   s_i = 2 y_i - 1    (PAL_L2_TOTAL)
 *
 *   w       out  d        coefficients, log-odds per unit of x; in as well with warm_start
 *   b       out  1        intercept, log-odds; in as well with warm_start
 *   report  out           NULL if not wanted
 *   x       in   n x d    row-major, a row a sample, finite
 *   y       in   n        0 or 1
 *   weight  in   n        finite and >= 0, or NULL for all 1; a row of weight 0 plays no part
 *   config  in            NULL for the defaults
 *   scratch tmp           rewound before return; about 8 n (d + 4) bytes, no malloc once it has grown
 *
 * The gradient that tol bounds is that of the objective over the total weight, with columns moved and scaled to mean 0
 * and variance 1: the same fit whatever the units of the columns. One more Newton step is taken from there. A column
 * with one value (or a spread below 1e-300) gets w = 0. A warm start that leads nowhere (not finite, or scores beyond
 * 100) is replaced by the cold one; both end at the same minimum.
 *
 * Exact grade: same bytes with any compiler and processor. On error w and b are left as they were, except
 * PAL_ERR_CONVERGE, where they hold the last step. Rows and columns are named counting from 0.
 *   PAL_ERR_SHAPE     n or d is 0, or their product does not fit
 *   PAL_ERR_CONFIG    a config value is out of its range
 *   PAL_ERR_DATA      one class only (of weight > 0); a value that is not finite, a y that is not 0 or 1, a weight
 *                     below 0; with l2 = 0 also: columns that depend on each other, or classes that can be told apart
 *                     without error, where no finite w is the minimum
 *   PAL_ERR_CONVERGE  max_iter reached
 *   PAL_ERR_MEMORY    out of memory
 *
 * Source: Hastie, Tibshirani, Friedman, Elements of Statistical Learning, 2nd ed., 4.4.1. Ours adds weights, the
 * penalty, and the rule for short steps: a full step is kept when it cannot have overshot or when no score moved by more than
 * 1.5, and else is cut to log(1 + M) / M with M the largest move, which always descends (Bach, Self-concordant analysis
 * for logistic regression, EJS 4, 2010, lemma 1). No loss is ever evaluated. Oracles: tests/models/test_logistic.c.
 */
PAL_MUST_USE pal_status pal_logistic_fit(double *w, double *b, pal_logistic_report *report, const double *x,
                                         const double *y, const double *weight, size_t n, size_t d,
                                         const pal_logistic_config *config, pal_arena *scratch, pal_error *err);

/* p[i] = 1 / (1 + exp(-(b + w.x_i))) for n rows of d; terms added in the order of the columns. */
void pal_logistic_predict(double *p, const double *x, size_t n, size_t d, const double *w, double b);

#endif

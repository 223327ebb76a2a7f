/* The rows of a logistic fit, laid out for vectors: standardised, by column inside blocks; and one pass over them. */
#ifndef PAL_MODELS_LOGISTIC_ROWS_H
#define PAL_MODELS_LOGISTIC_ROWS_H

#include "core/arena.h"
#include "core/error.h"

#include <stddef.h>

#define PAL_LOGISTIC_BLOCK 256 /* rows: ten columns and the work of a block fit the first-level cache */
#define PAL_LOGISTIC_LANES 8

/* All arrays live on the arena given to pal_logistic_rows_make. Rows of weight 0 are left out; then the last row is
 * repeated with weight 0 up to a multiple of the lanes. */
typedef struct pal_logistic_rows {
    size_t n, n_padded, m; /* rows; columns m = d + 1: column 0 is 1 everywhere, the intercept      */
    double *x;             /* block after block, in a block column after column                     */
    double *sign;          /* n_padded: 2 y - 1                                                     */
    double *weight;        /* n_padded                                                              */
    double *score;         /* n_padded: u.x of the last pass; 0 before the first                    */
    double *mean, *spread; /* m: what a column was moved and divided by; spread 0: one value        */
    double total;          /* sum of the weights                                                    */
    double positives;      /* of that, of the rows with y = 1                                       */
} pal_logistic_rows;

/*
 * Check and lay out n rows of d features (shapes and meaning as pal_logistic_fit). Means and spreads are weighted;
 * balanced scales the weights of each class to half of the total.
 *   PAL_ERR_DATA    as pal_logistic_fit
 *   PAL_ERR_MEMORY  out of memory
 */
PAL_MUST_USE pal_status pal_logistic_rows_make(pal_logistic_rows *rows, const double *x, const double *y,
                                               const double *weight, size_t n, size_t d, bool balanced,
                                               pal_arena *arena, pal_error *err);

/*
 * Gradient and Hessian of sum_i weight_i log(1 + exp(-sign_i u.x_i)) at u.
 *
 *   g  out m      gradient
 *   h  out m x m  row-major, lower triangle (the upper holds anything); NULL if not wanted: half the time
 *   u  in  m
 *
 * Returns the largest |move| of a score since the last pass. Sums run in fixed lanes and blocks.
 */
double pal_logistic_pass(double *g, double *h, pal_logistic_rows *rows, const double *u);

/* Do the last scores put every row strictly on its own side? */
bool pal_logistic_separated(const pal_logistic_rows *rows);

#endif

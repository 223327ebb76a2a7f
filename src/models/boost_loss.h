/* Log loss of a binary label: its gradients as integers, and its value. For boost_*.c only. */
#ifndef PAL_MODELS_BOOST_LOSS_H
#define PAL_MODELS_BOOST_LOSS_H

#include "models/boost_grow.h"

/*
 * Gradients and hessians of all rows at their scores.
 *   sums     out  n
 *   loss     out  1     mean LogLoss by weight; or NULL
 *   score    in   n     raw
 *   signed_weight  n    weight for the gradient, positive weight included; negative for label 1
 *   weight   in   n     weight for the loss, or NULL for all 1
 */
PAL_MUST_USE pal_status pal_boost_gradients(pal_boost_sum *sums, double *loss, const double *score,
                                            const float *signed_weight, const double *weight, size_t n,
                                            const pal_boost_scale *scale, double *scratch, size_t n_threads,
                                            pal_error *err);
/* Doubles of scratch for n rows: 2 a block. */
size_t pal_boost_gradients_scratch(size_t n);

/* Mean LogLoss by weight (NULL: all 1). */
double pal_boost_log_loss(const double *score, const double *y, const double *weight, size_t n);

#endif

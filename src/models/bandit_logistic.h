/* Bayesian logistic regression as a bandit knows it: a Gaussian around the most likely coefficients, batch after batch. */
#ifndef PAL_MODELS_BANDIT_LOGISTIC_H
#define PAL_MODELS_BANDIT_LOGISTIC_H

#include "core/arena.h"
#include "core/error.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

/*
 * n arms; P(y = 1 | x) = 1 / (1 + exp(-w . x)). Before any reward w ~ N(prior, 1 / l2). Each batch of an arm minimises
 *
 *   (w - m)' P (w - m) / 2 + sum log loss        by Newton's method, a step halved until the sum falls
 *
 * and makes w the new mean m, and the new precision P either the whole Hessian at w (Laplace) or, of the batch's part, its
 * diagonal only, P_i += sum x_i^2 p (1 - p), which is what the source does.
 *
 * Source: Chapelle and Li, NIPS 2011, algorithm 3 (diagonal); MacKay 1992 (Laplace).
 * Oracles: tests/models/test_bandit_logistic.c.
 */
#define PAL_BANDIT_LOGISTIC_STATE(X) /* type, tensor type, field, length an arm */ \
    X(double, PAL_F64, mean, d)                                                    \
    X(double, PAL_F64, precision, packed) /* whole: packed lower triangle; else d */ \
    X(double, PAL_F64, factor, packed)    /* L, L L' = P; diagonal: square roots  */ \
    X(uint32_t, PAL_U32, count, 1)        /* rewards so far                        */

typedef struct pal_bandit_logistic {
    size_t n, d, packed;  /* arms, features, numbers of a precision */
    bool diagonal;
#define X(type, tensor, field, length) type *field;
    PAL_BANDIT_LOGISTIC_STATE(X)
#undef X
} pal_bandit_logistic;

/* Caller owns *out. prior holds d (the same for all arms); n and d at least 1, l2 > 0. */
PAL_MUST_USE pal_status pal_bandit_logistic_new(pal_bandit_logistic **out, size_t n, size_t d, const double *prior,
                                                double l2, bool diagonal, pal_error *err);
void pal_bandit_logistic_free(pal_bandit_logistic *bandit); /* accepts NULL */

/*
 * An arm's batch.
 *   x  in  m x d, finite
 *   y  in  m, 0 or 1
 *   PAL_ERR_CONVERGE  a Hessian is not positive definite: x was not finite. The arm stays what it was.
 */
PAL_MUST_USE pal_status pal_bandit_logistic_learn(pal_bandit_logistic *bandit, size_t arm, const double *x,
                                                  const double *y, size_t m, pal_arena *scratch, pal_error *err);

uint64_t pal_bandit_logistic_digest(const pal_bandit_logistic *bandit);
/* The state under PREFIX/…; and back into a bandit of the same sizes and kind: PAL_ERR_DATA when they differ, or a precision is
 * none. */
PAL_MUST_USE pal_status pal_bandit_logistic_save(const pal_bandit_logistic *bandit, const char *prefix,
                                                 pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_bandit_logistic_restore(pal_bandit_logistic *bandit, const char *prefix,
                                                    const pal_tensors *file, pal_error *err);

#endif

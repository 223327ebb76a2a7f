/* Ridge regression with a part that all arms share and a part of each arm's own: LinUCB's hybrid model. */
#ifndef PAL_MODELS_BANDIT_HYBRID_H
#define PAL_MODELS_BANDIT_HYBRID_H

#include "models/bandit_linear.h"

/*
 * The reward of arm a is beta . z + theta_a . x with noise; all of beta (k) and theta_a (d) have the prior N(0, 1 / l2).
 * With A_a = l2 I + sum x x', B_a = sum x z', b_a = sum y x over the arm's own rewards and the sums over everyone's,
 *
 *   A_0 = l2 I + sum z z' - sum_a B_a' A_a^-1 B_a,    beta = A_0^-1 (sum y z - sum_a B_a' A_a^-1 b_a)
 *   theta_a = A_a^-1 (b_a - B_a beta)
 *   variance of z . beta + x . theta_a = |L_0^-1 (z - B_a' A_a^-1 x)|^2 + |L_a^-1 x|^2
 *
 * which is the joint ridge regression of all coefficients, its shared block solved by a Schur complement. What an arm takes
 * off A_0 is taken off once for all its rewards between two solves; every `refactor` solves these sums are made anew.
 *
 * Source: Li, Chu, Langford, Schapire, WWW 2010, algorithm 2. Oracle: the joint regression,
 * tests/models/test_bandit_hybrid.c.
 */
#define PAL_BANDIT_HYBRID_STATE(X) /* type, tensor type, field, rows, length */                       \
    X(double, PAL_F64, cross, n, d * k)              /* B_a, d x k                              */    \
    X(double, PAL_F64, outer, 1, packed)             /* l2 I + sum z z'                         */    \
    X(double, PAL_F64, target, 1, k)                 /* sum y z                                 */    \
    X(double, PAL_F64, taken, 1, packed)             /* sum_a B_a' A_a^-1 B_a                   */    \
    X(double, PAL_F64, taken_target, 1, k)           /* sum_a B_a' A_a^-1 b_a                   */    \
    X(uint32_t, PAL_U32, solves, 1, 1)

typedef struct pal_bandit_hybrid {
    pal_bandit_linear *own; /* A_a, L_a, b_a; their means are not used */
    size_t k, packed;       /* shared features, k (k + 1) / 2          */
#define X(type, tensor, field, rows, length) type *field;
    PAL_BANDIT_HYBRID_STATE(X)
#undef X
    double *factor;         /* L_0, packed, and beta: caches as of the last solve */
    double *beta;           /* k                                                  */
    uint8_t *touched;       /* n: rewarded since                                  */
    double *full, *half, *side; /* k x k, d x k, d: room to work in              */
} pal_bandit_hybrid;

/* Caller owns *out. n, d, k at least 1, l2 > 0, refactor at least 1. */
PAL_MUST_USE pal_status pal_bandit_hybrid_new(pal_bandit_hybrid **out, size_t n, size_t d, size_t k, double l2,
                                              size_t refactor, pal_error *err);
void pal_bandit_hybrid_free(pal_bandit_hybrid *bandit); /* accepts NULL */

/* An arm earned y at x (d) and z (k). Counts from the next solve on. */
void pal_bandit_hybrid_add(pal_bandit_hybrid *bandit, size_t arm, const double *x, const double *z, double y);
/* Take in all rewards since the last solve. PAL_ERR_CONVERGE when A_0 is not positive definite: rewards were not finite. */
PAL_MUST_USE pal_status pal_bandit_hybrid_solve(pal_bandit_hybrid *bandit, pal_error *err);
/* theta_a under a given beta (the bandit's own, or a draw of it). */
void pal_bandit_hybrid_theta(double *theta, const pal_bandit_hybrid *bandit, size_t arm, const double *beta);

uint64_t pal_bandit_hybrid_digest(const pal_bandit_hybrid *bandit);
/* Between two solves: the state under PREFIX/…; and back into a bandit of the same sizes, else PAL_ERR_DATA. */
PAL_MUST_USE pal_status pal_bandit_hybrid_save(const pal_bandit_hybrid *bandit, const char *prefix, pal_tensors *file,
                                               pal_error *err);
PAL_MUST_USE pal_status pal_bandit_hybrid_restore(pal_bandit_hybrid *bandit, const char *prefix,
                                                  const pal_tensors *file, pal_error *err);

#endif

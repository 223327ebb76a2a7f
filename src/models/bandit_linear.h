/* Ridge regression as a bandit knows it: a Gaussian posterior an arm, taught one reward at a time. */
#ifndef PAL_MODELS_BANDIT_LINEAR_H
#define PAL_MODELS_BANDIT_LINEAR_H

#include "core/arena.h"
#include "core/error.h"
#include "core/rng.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

/*
 * n arms alike, none of which knows of another:
 *
 *   A = l2 I + sum x x',   b = sum y x,   mean = A^-1 b,   covariance = A^-1 (times the variance of the noise)
 *
 * Kept is the Cholesky factor L of A (L L' = A, lower triangles packed as in bandit_packed.h), not A^-1: that one drifts
 * under Sherman-Morrison updates. L takes a rotation a column for each x, and is made anew from A every `refactor` rewards.
 *
 * Source: Li, Chu, Langford, Schapire, WWW 2010 (LinUCB, disjoint); Agrawal and Goyal, ICML 2013 (Thompson).
 * Oracles: tests/models/test_bandit_linear.c.
 */
#define PAL_BANDIT_LINEAR_STATE(X) /* type, tensor type, field, length an arm */ \
    X(double, PAL_F64, precision, packed) /* A                          */       \
    X(double, PAL_F64, factor, packed)    /* L                          */       \
    X(double, PAL_F64, moment, d)         /* b                          */       \
    X(uint32_t, PAL_U32, count, 1)        /* rewards so far             */

typedef struct pal_bandit_linear {
    size_t n, d, packed; /* arms, features, d (d + 1) / 2                          */
    double l2;
    size_t refactor;
#define X(type, tensor, field, length) type *field;
    PAL_BANDIT_LINEAR_STATE(X)
#undef X
    double *mean;        /* n x d: a cache, as of the last pal_bandit_linear_solve */
    double *work;        /* d x d                                                  */
} pal_bandit_linear;

/* Caller owns *out. n and d at least 1, l2 > 0, refactor at least 1. */
PAL_MUST_USE pal_status pal_bandit_linear_new(pal_bandit_linear **out, size_t n, size_t d, double l2, size_t refactor,
                                              pal_error *err);
void pal_bandit_linear_free(pal_bandit_linear *bandit); /* accepts NULL */

/* An arm earned y (finite) at x (d, finite). Its mean stays what it was until it is solved. */
void pal_bandit_linear_add(pal_bandit_linear *bandit, size_t arm, const double *x, double y);
/* mean = A^-1 b of one arm. */
void pal_bandit_linear_solve(pal_bandit_linear *bandit, size_t arm);

/* mean . x, and sqrt(x' A^-1 x): LinUCB's score is the one plus alpha times the other. */
double pal_bandit_linear_mean(const pal_bandit_linear *bandit, size_t arm, const double *x);
PAL_MUST_USE pal_status pal_bandit_linear_width(double *width, const pal_bandit_linear *bandit, size_t arm,
                                                const double *x, pal_arena *scratch, pal_error *err);
/*
 * out = a draw from N(mean, scale^2 A^-1): mean + scale L'^-1 z, the d normals z from *draw on (core/dist.h).
 *   out  out  d
 */
void pal_bandit_linear_sample(double *out, const pal_bandit_linear *bandit, size_t arm, double scale, pal_key key,
                              pal_at at, uint64_t *draw);

uint64_t pal_bandit_linear_digest(const pal_bandit_linear *bandit);
/* The state under PREFIX/precision, …; and back into a bandit of the same n and d: PAL_ERR_DATA when
 * they differ, or the factor is none. */
PAL_MUST_USE pal_status pal_bandit_linear_save(const pal_bandit_linear *bandit, const char *prefix, pal_tensors *file,
                                               pal_error *err);
PAL_MUST_USE pal_status pal_bandit_linear_restore(pal_bandit_linear *bandit, const char *prefix,
                                                  const pal_tensors *file, pal_error *err);

#endif

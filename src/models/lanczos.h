/* The largest eigenvalues of a symmetric operator: thick-restart Lanczos with full reorthogonalisation. Exact grade. */
#ifndef PAL_MODELS_LANCZOS_H
#define PAL_MODELS_LANCZOS_H

#include "core/error.h"
#include "core/rng.h"

#include <stddef.h>

/* A symmetric matrix that is only multiplied with. */
typedef struct pal_operator {
    size_t n;
    size_t rank; /* dimension of the space that `project` leaves; n without it */
    void *ctx;
    /* y = A x. x and y do not overlap. */
    pal_status (*multiply)(double *y, const double *x, void *ctx, pal_error *err);
    /* Take the parts of x out that are of no interest (known eigenvectors); NULL: none. A must keep the rest apart. */
    void (*project)(double *x, void *ctx);
} pal_operator;

typedef struct pal_lanczos_config {
    size_t wanted;    /* eigenvalues, at most the operator's rank                    */
    size_t basis;     /* vectors held before a restart; 0: chosen by wanted and n    */
    size_t max_steps; /* multiplications allowed                                     */
    double tolerance; /* |A v - lambda v| of each, by the size of A about 1; > 0     */
    size_t n_threads;
} pal_lanczos_config;

/*
 * Eigenvalues and eigenvectors at the upper end of the spectrum, multiple ones in full.
 *
 *   value   out  wanted      descending
 *   vector  out  wanted x n  rows of length 1, orthogonal; the largest |entry| is positive
 *   steps   out  1           multiplications that it took; may be NULL
 *
 * A Krylov space holds one direction of each eigenspace only. So once `wanted` pairs have converged they are locked and
 * a new random start looks for eigenvalues above the smallest of them in what is left; each that is found takes its
 * place, until none is.
 *
 * Same bytes for any thread count.
 *   PAL_ERR_CONVERGE  max_steps reached
 *
 * Source: Wu and Simon, SIAM J. Matrix Anal. Appl. 22 (2000), 602-616; reorthogonalisation by Daniel, Gragg, Kaufman,
 * Stewart, Math. Comp. 30 (1976). Oracles: tests/models/test_lanczos.c.
 */
PAL_MUST_USE pal_status pal_lanczos(double *value, double *vector, size_t *steps, const pal_operator *matrix,
                                    const pal_lanczos_config *config, pal_key key, pal_error *err);

#endif

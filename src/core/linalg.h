/* Dense linear algebra behind one door: `portable` (our loops, exact) and `openblas` (fast, same machine). */
#ifndef PAL_CORE_LINALG_H
#define PAL_CORE_LINALG_H

#include "core/error.h"

#include <stddef.h>

typedef enum pal_backend { PAL_PORTABLE, PAL_OPENBLAS } pal_backend;

/* C (m x n) = alpha * op(A) op(B) + beta * C; row-major; op is transpose when the flag is set. With beta = 0, C is
 * not read. Portable: C is scaled first, then c[i][j] takes (alpha a[i][p]) b[p][j] with p ascending; takes 192 KiB of
 * stack. C must not overlap A or B. */
void pal_gemm_f64(pal_backend backend, bool ta, bool tb, size_t m, size_t n, size_t k, double alpha,
                  const double *a, size_t lda, const double *b, size_t ldb, double beta, double *c, size_t ldc);
void pal_gemm_f32(pal_backend backend, bool ta, bool tb, size_t m, size_t n, size_t k, float alpha,
                  const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);

/* Lower Cholesky factor in place of the lower triangle of a (d x d, row-major); the upper part is zeroed.
 * PAL_ERR_CONVERGE when a is not positive definite. Portable, exact. */
PAL_MUST_USE pal_status pal_cholesky(double *a, size_t d, pal_error *err);
/* Solve L L' x = b in place of b. */
void pal_cholesky_solve(const double *l, size_t d, double *b);

/* Eigenvalues (descending) and unit eigenvectors (rows of vectors, d x d; sign: the largest |entry| positive) of a
 * symmetric matrix, by cyclic Jacobi. Portable, exact. a is destroyed. PAL_ERR_CONVERGE after 100 sweeps,
 * PAL_ERR_DATA for an entry that is not finite. */
PAL_MUST_USE pal_status pal_eigen_symmetric(double *values, double *vectors, double *a, size_t d, pal_error *err);

/* What OpenBLAS says of itself ("Haswell"), and force one thread; called once at start. */
const char *pal_blas_core(void);
void pal_blas_single_thread(void);

#endif

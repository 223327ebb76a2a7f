/* Inverse of a symmetric positive definite matrix, blocked, on many threads. */
#ifndef PAL_CORE_SPD_H
#define PAL_CORE_SPD_H

#include "core/error.h"
#include "core/linalg.h"

#include <stddef.h>

/*
 * a = a^-1 in place.
 *
 *   a  in, out  d x d, row-major; only the lower triangle is read, both are written (symmetric to the bit)
 *
 * Blocked Cholesky factor, inverse of the factor, product with its transpose; the products go through pal_gemm_f64.
 * PAL_PORTABLE is exact; PAL_OPENBLAS the same on one machine. Same bytes at any thread count. Besides a it takes about
 * 2 MB per 1000 rows and 128 KiB a thread. On error a is lost.
 *   PAL_ERR_CONVERGE  not positive definite, or an entry is not finite: the text names the rows
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th ed., 4.2. Oracle: LAPACK's dpotrf and dpotri,
 * tests/core/test_spd.c.
 */
PAL_MUST_USE pal_status pal_spd_inverse(double *a, size_t d, pal_backend backend, size_t n_threads, pal_error *err);

#endif

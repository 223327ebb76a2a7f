/* Eigenvalues by LAPACK, for the same-machine grade. The only caller of LAPACK (OpenBLAS brings it along). */
#ifndef PAL_CORE_LAPACK_H
#define PAL_CORE_LAPACK_H

#include "core/error.h"

#include <stddef.h>

/*
 * The `wanted` largest eigenvalues of a symmetric matrix, by dsyevr.
 *
 *   value   out  wanted      descending
 *   vector  out  wanted x n  rows of length 1; signs as they come
 *   a       tmp  n x n       row-major; the lower triangle is read, all is destroyed
 *
 *   PAL_ERR_SHAPE     wanted is 0 or above n, or n above INT_MAX
 *   PAL_ERR_CONVERGE  LAPACK gave up
 */
PAL_MUST_USE pal_status pal_lapack_largest(double *value, double *vector, double *a, size_t n, size_t wanted,
                                           pal_error *err);

#endif

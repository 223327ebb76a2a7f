/* Small dense symmetric eigenproblems in exact grade: Householder to tridiagonal form, then implicit QL. */
#ifndef PAL_MODELS_SPECTRAL_QL_H
#define PAL_MODELS_SPECTRAL_QL_H

#include "core/error.h"

#include <stddef.h>

/*
 * Eigenvalues of a symmetric tridiagonal matrix, by implicit QL with Wilkinson's shift.
 *
 *   d  in/out  n          diagonal; becomes the eigenvalues, in no order
 *   e  tmp     n          e[i] couples i and i + 1; e[n - 1] is not read
 *   z  in/out  n x width  its rows turn with the basis: from the identity, row i becomes the eigenvector of d[i];
 *                         from its last column alone (width 1), the last entry of each. width may be 0
 *
 *   PAL_ERR_CONVERGE  an eigenvalue needs more than 60 passes, or an entry is not finite
 *
 * Source: Bowdler, Martin, Reinsch, Wilkinson, Numer. Math. 11 (1968). Oracles: tests/models/test_spectral_ql.c.
 */
PAL_MUST_USE pal_status pal_ql(double *d, double *e, size_t n, double *z, size_t width, pal_error *err);

/*
 * All eigenvalues (descending) and unit eigenvectors of a symmetric matrix: about 9 n^3 operations, far fewer than
 * pal_eigen_symmetric's Jacobi, which is the oracle.
 *
 *   value   out  n
 *   vector  out  n x n  rows; signs as they come
 *   a       tmp  n x n  row-major, both triangles given
 *   work    tmp  3 n
 */
PAL_MUST_USE pal_status pal_ql_dense(double *value, double *vector, double *a, size_t n, double *work, pal_error *err);

/* Rows of vector (n x width) with their values into descending order of value. */
void pal_ql_sort(double *value, double *vector, size_t n, size_t width);

/* Turn x so that its largest |entry| is positive; ties by the lowest index. */
void pal_fix_sign(double *x, size_t n);

#endif

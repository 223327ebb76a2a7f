/* Nelder and Mead's simplex in the unit cube. */
#ifndef PAL_LAB_FIT_PEOPLE_SIMPLEX_H
#define PAL_LAB_FIT_PEOPLE_SIMPLEX_H

#include "core/error.h"

#include <stddef.h>

#define PAL_SIMPLEX_MOST 16

/* The function's value at a point of the cube; INFINITY is fine. */
typedef pal_status (*pal_simplex_fn)(void *ctx, const double *x, double *value, pal_error *err);

/*
 * Least value of fn over [0, 1]^n, from x with a first simplex of edges `edge`.
 *
 *   x      in, out  n   start, then the best point
 *   value  in, out      fn at x
 *   most   in           evaluations at most
 *
 * Points outside are moved to the border. Ends when the simplex is smaller than `small` in every coordinate or
 * evaluations run out; that is no error. Coefficients of Gao and Han 2012 (Comput. Optim. Appl. 51), which keep the
 * simplex alive in many dimensions. n is 1..PAL_SIMPLEX_MOST. Errors are fn's own.
 */
PAL_MUST_USE pal_status pal_simplex_min(double *x, double *value, size_t n, double edge, double small, size_t most,
                                        pal_simplex_fn fn, void *ctx, pal_error *err);

#endif

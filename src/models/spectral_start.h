/* A first partition straight from eigenvectors: no draws, no iterations. */
#ifndef PAL_MODELS_SPECTRAL_START_H
#define PAL_MODELS_SPECTRAL_START_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Label every row by the direction it leans to: a QR factorisation with pivoting picks k rows that are far apart, the
 * orthogonal matrix nearest to them turns the map so that they lie along its axes, and each row takes the axis of its
 * largest |entry| (ties: the lowest).
 *
 *   label  out  n      0..k-1; some may stay unused
 *   x      in   n x k  rows of k eigenvectors, row-major
 *
 * Source: Damle, Minden, Ying, Information and Inference 8 (2019). Oracle: tests/models/test_spectral.c.
 */
PAL_MUST_USE pal_status pal_spectral_start(uint32_t *label, const double *x, size_t n, size_t k, pal_error *err);

#endif

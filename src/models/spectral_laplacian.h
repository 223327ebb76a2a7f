/* The normalised graph D^-1/2 W D^-1/2 (the Laplacian is I less it) as an operator, and what is known beforehand. */
#ifndef PAL_MODELS_SPECTRAL_LAPLACIAN_H
#define PAL_MODELS_SPECTRAL_LAPLACIAN_H

#include "core/csr.h"
#include "core/error.h"
#include "models/lanczos.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_ISOLATED UINT32_MAX

/*
 * The largest eigenvalue of a connected graph is 1 with the roots of the degrees as its vector; a graph of several
 * components has one such vector for each. They are known without any solver, so they are kept out of it.
 */
typedef struct pal_laplacian {
    const pal_csr *graph; /* borrowed                                                                 */
    double floor;
    size_t n_threads;
    size_t n_active;      /* points with an edge                                                      */
    size_t n_parts;       /* components that hold an edge                                             */
    uint32_t *part;       /* n: its component, the largest first (ties: smallest member), PAL_ISOLATED */
    double *scale;        /* n: degree^-1/2, 0 when isolated                                          */
    double *trivial;      /* n: entry of its component's vector of length 1, 0 when isolated          */
    size_t n_diagonal;
    size_t *diagonal;     /* n_diagonal: cells on the diagonal, which do not count                    */
    double *spread, *sum; /* n, n_parts: work of multiply and project                                 */
} pal_laplacian;

/*
 * Check a graph and prepare it; pal_laplacian_clear in every case.
 *   PAL_ERR_SHAPE  empty or not square
 *   PAL_ERR_DATA   a negative weight, no symmetry, or a floor that is negative or not finite
 */
PAL_MUST_USE pal_status pal_laplacian_init(pal_laplacian *laplacian, const pal_csr *graph, double floor,
                                           size_t n_threads, pal_error *err);
void pal_laplacian_clear(pal_laplacian *laplacian);

/* y = D^-1/2 (W + floor) D^-1/2 x: for pal_operator. Same bytes for any thread count. */
PAL_MUST_USE pal_status pal_laplacian_multiply(double *y, const double *x, void *laplacian, pal_error *err);
/* Take the trivial vectors out of x. */
void pal_laplacian_project(double *x, void *laplacian);
/* Both, on what the trivial vectors leave of the active points. */
pal_operator pal_laplacian_operator(pal_laplacian *laplacian);

/* The matrix of the active points (n_active x n_active, in their order), its trivial vectors moved from eigenvalue 1 to
 * -2, below all others. */
void pal_laplacian_dense(double *out, const pal_laplacian *laplacian);

#endif

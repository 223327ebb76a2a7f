/* Spectral clustering: points or a graph in, a partition out. Deterministic at any thread count. */
#ifndef PAL_MODELS_SPECTRAL_H
#define PAL_MODELS_SPECTRAL_H

#include "core/arena.h"
#include "core/csr.h"
#include "core/error.h"
#include "core/linalg.h"
#include "core/param.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

extern const pal_param pal_spectral_params[]; /* k, max_k, neighbours, solver, restarts, … */

typedef enum pal_spectral_solver {
    PAL_SOLVER_AUTO,   /* dense up to `dense_below` points, else Lanczos */
    PAL_SOLVER_DENSE,  /* LAPACK (same machine) or our QL (portable)     */
    PAL_SOLVER_LANCZOS /* our own restarted Lanczos: exact grade         */
} pal_spectral_solver;

typedef struct pal_spectral_config {
    size_t k;               /* clusters; 0: by the largest eigengap among 2..max_k             */
    size_t max_k;           /* eigenvectors looked at when k is 0                              */
    size_t neighbours;      /* of the nearest-neighbour graph                                  */
    pal_spectral_solver solver;
    size_t dense_below;     /* AUTO: points up to which the dense solver is used               */
    size_t restarts;        /* of k-means; the lowest inertia wins, ties by the lowest restart */
    double tolerance;       /* residual |L v - lambda v| of the eigenvectors                   */
    pal_backend backend;    /* of the dense solver; PAL_PORTABLE: exact grade                  */
    size_t n_threads;
    size_t extra;           /* eigenvalues found beyond the k that was given, to see the gap   */
    size_t max_steps;       /* of Lanczos                                                      */
} pal_spectral_config;

pal_spectral_config pal_spectral_defaults(void);
/* The values of pal_spectral_params; backend and n_threads as in pal_spectral_defaults. */
pal_spectral_config pal_spectral_config_from(const pal_values *values);

/* What was found. The caller owns the arrays (pal_spectral_clear). */
typedef struct pal_spectral_result {
    size_t n, k;            /* points; clusters with at least one member                       */
    uint32_t *label;        /* n: 0..k-1, numbered by smallest member                          */
    size_t n_values;        /* k + extra, or max_k + 1 when k is 0; fewer when fewer points have an edge */
    double *value;          /* n_values: of I - D^-1/2 W D^-1/2, ascending                     */
    double *vector;         /* n x n_values, row-major: coordinates (unnormalised rows) of a map */
    size_t n_components;    /* connected components of the graph, isolated points included     */
    size_t n_isolated;      /* points without an edge: their row of `vector` is 0 and they join the largest cluster */
    double inertia;         /* of the k-means that won                                         */
    size_t steps;           /* of Lanczos; 0 with the dense solver                             */
} pal_spectral_result;
void pal_spectral_clear(pal_spectral_result *result);

/*
 * Partition a weighted undirected graph: normalised Laplacian, its smallest eigenvectors, rows scaled to length 1,
 * k-means++ with restarts.
 *
 *   graph  in  n x n  symmetric, weights >= 0; the diagonal is left out
 *   floor  in  >= 0   added to every pair of different points without being stored (R2 adds 0.01 so that the graph
 *                     is connected); 0 for none
 *
 * k-means starts from the rows that a pivoted QR factorisation picks, and `restarts` times at random. Fewer points than
 * clusters: each point is a cluster of its own. More components than clusters: the largest ones are the clusters, and
 * the other points join the largest cluster, as isolated points do (ties: the lowest label). Sign of a column of
 * `vector`: its largest |entry| is positive. Fewer than k clusters are found when the map has fewer
 * different rows.
 *   PAL_ERR_SHAPE     the graph is empty or not square
 *   PAL_ERR_DATA      a weight is negative, or the graph is not symmetric: the cell is named
 *   PAL_ERR_CONVERGE  the eigensolver did not reach the tolerance
 *
 * Source: Ng, Jordan, Weiss, NIPS 2001; von Luxburg, Stat. Comput. 17 (2007). Oracles: tests/models/test_spectral.c.
 */
PAL_MUST_USE pal_status pal_spectral_graph(pal_spectral_result *result, const pal_csr *graph, double floor,
    const pal_spectral_config *config, pal_key key, pal_error *err);

/* The same on n points of d coordinates (row-major): the graph is that of the `neighbours` nearest points by Euclidean
 * distance (the point itself counts as one, as in scikit-learn), averaged with its transpose. */
PAL_MUST_USE pal_status pal_spectral_points(pal_spectral_result *result, const double *x, size_t n, size_t d,
    const pal_spectral_config *config, pal_key key, pal_error *err);

/* The nearest-neighbour graph alone: symmetric, weights 0.5 or 1. Exact search, ties by lower index. */
PAL_MUST_USE pal_status pal_neighbour_graph(pal_csr **out, const double *x, size_t n, size_t d, size_t neighbours,
                                            size_t n_threads, pal_error *err);

#endif

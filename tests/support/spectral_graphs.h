/* Graphs for tests of spectral clustering, and what their eigenvectors must satisfy. */
#ifndef PAL_TESTS_SPECTRAL_GRAPHS_H
#define PAL_TESTS_SPECTRAL_GRAPHS_H

#include "models/spectral.h"

#define SPECTRAL_MOST 200000

/* The edges collected so far, both directions of each. */
extern pal_csr_cell spectral_cell[SPECTRAL_MOST];
extern size_t spectral_cells;
extern const pal_key spectral_key;
/* Every way to solve: dense and Lanczos in exact grade, LAPACK. */
extern const pal_spectral_solver spectral_solvers[3];
extern const pal_backend spectral_backends[3];

void spectral_no_edges(void);
void spectral_link(size_t a, size_t b, double weight);
/* What was collected, as a graph of n points; the caller frees it. */
pal_csr *spectral_graph_of(size_t n);
/* k blocks of equal size; edges inside with probability p, between with q. Point i is in block i % k. */
pal_csr *spectral_blocks(int seed, size_t n, size_t k, double p, double q);

pal_spectral_config spectral_config_of(size_t k);
/* pal_spectral_graph, which must not fail. */
pal_spectral_result spectral_cluster(const pal_csr *graph, double floor, const pal_spectral_config *config);

/* The largest |L v - lambda v| over all pairs, from the definition, and |v.w - [v = w]| over all pairs of columns. */
double spectral_worst_pair(const pal_csr *g, double floor, const pal_spectral_result *r);

#endif

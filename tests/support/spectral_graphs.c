/* Edges are collected in one array; a graph is made of what is there. */
#include "tests/support/spectral_graphs.h"

#include "tests/support/holds.h"

#include <math.h>
#include <stdlib.h>

pal_csr_cell spectral_cell[SPECTRAL_MOST];
size_t spectral_cells;
const pal_key spectral_key = { 5, 12 };
const pal_spectral_solver spectral_solvers[] = { PAL_SOLVER_DENSE, PAL_SOLVER_LANCZOS, PAL_SOLVER_DENSE };
const pal_backend spectral_backends[] = { PAL_PORTABLE, PAL_PORTABLE, PAL_OPENBLAS };
static pal_error err;

void spectral_no_edges(void)
{
    spectral_cells = 0;
}

void spectral_link(size_t a, size_t b, double weight)
{
    HOLD(spectral_cells + 2 <= SPECTRAL_MOST);
    spectral_cell[spectral_cells++] = (pal_csr_cell){ (uint32_t)a, (uint32_t)b, (float)weight };
    spectral_cell[spectral_cells++] = (pal_csr_cell){ (uint32_t)b, (uint32_t)a, (float)weight };
}

pal_csr *spectral_graph_of(size_t n)
{
    pal_csr *graph = NULL;

    HOLDS(pal_csr_new(&graph, n, n, spectral_cell, spectral_cells, PAL_TWICE_SUM, &err) == PAL_OK, "%s", err.text);
    return graph;
}

pal_csr *spectral_blocks(int seed, size_t n, size_t k, double p, double q)
{
    spectral_no_edges();
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            pal_at at = { i, j, 0 };
            pal_key own = pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST);

            if (pal_u01(own, at, 0) < (i % k == j % k ? p : q)) spectral_link(i, j, 0.5 + pal_u01(own, at, 1));
        }
    }
    return spectral_graph_of(n);
}

pal_spectral_config spectral_config_of(size_t k)
{
    pal_spectral_config config = pal_spectral_defaults();

    config.k = k;
    return config;
}

pal_spectral_result spectral_cluster(const pal_csr *graph, double floor, const pal_spectral_config *config)
{
    pal_spectral_result r;

    HOLDS(pal_spectral_graph(&r, graph, floor, config, spectral_key, &err) == PAL_OK, "%s", err.text);
    return r;
}

double spectral_worst_pair(const pal_csr *g, double floor, const pal_spectral_result *r)
{
    size_t n = r->n, m = r->n_values;
    double *w = calloc(n * n, sizeof *w), *degree = calloc(n, sizeof *degree), worst = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            size_t at = pal_csr_find(g, i, (uint32_t)j);

            w[i * n + j] = i == j ? 0 : floor + (at == SIZE_MAX ? 0 : (double)g->value[at]);
            degree[i] += w[i * n + j];
        }
    }
    for (size_t e = 0; e < m; e++) {
        double off = 0;

        for (size_t i = 0; i < n; i++) {
            double y = (1 - r->value[e]) * r->vector[i * m + e];

            for (size_t j = 0; j < n && degree[i] > 0; j++) {
                if (w[i * n + j] > 0) y -= w[i * n + j] / sqrt(degree[i] * degree[j]) * r->vector[j * m + e];
            }
            off += y * y;
        }
        worst = sqrt(off) > worst ? sqrt(off) : worst;
        for (size_t f = 0; f <= e; f++) {
            double dot = 0;

            for (size_t i = 0; i < n; i++) dot += r->vector[i * m + e] * r->vector[i * m + f];
            worst = fabs(dot - (e == f)) > worst ? fabs(dot - (e == f)) : worst;
        }
    }
    free(w);
    free(degree);
    return worst;
}

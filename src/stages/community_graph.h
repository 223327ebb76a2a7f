/* Songs that stand in lists together, as a graph, and its clusters. */
#ifndef PAL_STAGES_COMMUNITY_GRAPH_H
#define PAL_STAGES_COMMUNITY_GRAPH_H

#include "core/arena.h"
#include "core/csr.h"
#include "core/error.h"
#include "core/rng.h"
#include "models/spectral.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_TOGETHER_FLOOR 0.01 /* R2 adds it to every pair, so that the graph is connected */

/* Lists of rows 0..n_rows-1; no row twice in a list. */
typedef struct pal_lists {
    size_t n, n_rows;
    size_t *begin; /* n + 1, into row */
    uint32_t *row;
} pal_lists;

/* graph[a][b] = lists that hold both a and b, a != b. All of it is taken from the arena. */
PAL_MUST_USE pal_status pal_together(pal_csr *graph, const pal_lists *lists, pal_arena *scratch, pal_error *err);

/*
 * Partition the rows into k clusters by spectral clustering of that graph plus PAL_TOGETHER_FLOOR; with k rows or fewer,
 * each is a cluster of its own. *n_clusters is 0 when the solver did not converge: then nothing is known.
 *
 *   label  out  lists->n_rows: 0..n_clusters-1
 */
PAL_MUST_USE pal_status pal_together_cluster(uint32_t *label, size_t *n_clusters, const pal_lists *lists, size_t k,
    const pal_spectral_config *config, pal_key key, pal_arena *scratch, pal_error *err);

#endif

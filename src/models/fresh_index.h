/* An index kept up with vectors that go on being trained: what moved is put in anew, what is new is
 * added. */
#ifndef PAL_MODELS_FRESH_INDEX_H
#define PAL_MODELS_FRESH_INDEX_H

#include "core/error.h"
#include "core/tensors.h"
#include "models/hnsw.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_fresh_config {
    pal_hnsw_config graph;
    double moved;   /* put a vector in anew when |now - then| > moved |then|; 0: at any change     */
    double rebuild; /* with more than this share of all to put in, build the graph anew; 0..1      */
} pal_fresh_config;

/* Cosine, moved 0.1, rebuild 0.5. */
pal_fresh_config pal_fresh_defaults(void);

/* What an update did. */
typedef struct pal_fresh_report {
    size_t added, moved, stayed; /* vectors                               */
    bool rebuilt;                /* the graph was built anew from all     */
} pal_fresh_report;

/*
 * Rows 0..n-1 of a matrix under a graph (hnsw.h). Rows are never taken out; n may grow. A row of
 * zeros has no direction: with PAL_NEAR_COSINE it is left out until it has one. Neighbours are
 * looked for where vectors stood when they were last put in, and judged by where they stand now:
 * scores are those of the rows last given, to the bit what pal_fresh_score gives, and a vector that
 * moved a little is still found. The graph depends on the sequence of updates only: same bytes at
 * any thread count. Exact grade.
 *
 * Memory: two copies of the rows, and the graph with a third. Recall, and what a round costs:
 * README.md beside this. Oracle: pal_nearest_exact, tests/models/test_fresh_index.c.
 */
typedef struct pal_fresh_index pal_fresh_index;

/* PAL_ERR_SHAPE as pal_hnsw_new, or a share outside its range. */
PAL_MUST_USE pal_status pal_fresh_index_new(pal_fresh_index **out, size_t d,
                                            const pal_fresh_config *config, pal_error *err);
void pal_fresh_index_free(pal_fresh_index *index); /* accepts NULL */

/*
 * The rows as they are now: x is n x d, n not below that of the last update. report may be NULL.
 *   PAL_ERR_DATA   a value is not finite: row and dimension are named, nothing is changed
 *   PAL_ERR_SHAPE  fewer rows than before
 */
PAL_MUST_USE pal_status pal_fresh_index_update(pal_fresh_index *index, pal_fresh_report *report,
                                               const float *x, size_t n, size_t n_threads,
                                               pal_error *err);

size_t pal_fresh_index_rows(const pal_fresh_index *index);
/* Score of a row for a query, as the index judges: pal_nearness of the row as it is now. */
float pal_fresh_score(const pal_fresh_index *index, const float *query, uint32_t row);

/* The k nearest among ef >= k candidates, as pal_nearest_exact gives them: best first, ties by
 * lower row, UINT32_MAX and -inf behind the last. query is n_queries x d. */
PAL_MUST_USE pal_status pal_fresh_index_search(uint32_t *id, float *score,
                                               const pal_fresh_index *index, const float *query,
                                               size_t n_queries, size_t k, size_t ef,
                                               size_t n_threads, pal_error *err);

uint64_t pal_fresh_index_digest(const pal_fresh_index *index);
/* Arrays "PREFIX…": a loaded index goes on as the saved one would have. load is given the same
 * config. */
PAL_MUST_USE pal_status pal_fresh_index_save(const pal_fresh_index *index, pal_tensors *file,
                                             const char *prefix, pal_error *err);
PAL_MUST_USE pal_status pal_fresh_index_load(pal_fresh_index **out, const pal_tensors *file,
                                             const char *prefix, const pal_fresh_config *config,
                                             pal_error *err);

#endif

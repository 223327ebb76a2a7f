/* An approximate index of vectors that stays fresh: hierarchical navigable small worlds, deterministic. */
#ifndef PAL_MODELS_HNSW_H
#define PAL_MODELS_HNSW_H

#include "core/error.h"
#include "core/tensors.h"
#include "models/nearest.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_hnsw_config {
    size_t m;               /* links a node on upper levels, twice that on the lowest; 2..64; 16           */
    size_t ef_construction; /* candidates looked at for a new node; >= m; 200                              */
    pal_nearness nearness;
    uint64_t seed;          /* of the levels: that of an id is a pure function of (seed, id)               */
} pal_hnsw_config;

pal_hnsw_config pal_hnsw_defaults(void);

/*
 * Vectors are known by ids that the caller chooses, best dense from 0: memory is that of the largest id.
 * A batch of new vectors looks for its neighbours in the graph before the batch, and among the batch itself, on many
 * threads at once; links are then made node by node, each by one thread and in order of ids. So the graph depends on
 * the sequence of calls only: same bytes at any thread count. Exact grade.
 *
 * Source: Malkov and Yashunin, IEEE TPAMI 42 (2020), algorithms 1 to 5 with the heuristic of 4; batches and the repair
 * of links after deletion are ours. Oracle: pal_nearest_exact, tests/models/test_hnsw.c.
 */
typedef struct pal_hnsw pal_hnsw;

PAL_MUST_USE pal_status pal_hnsw_new(pal_hnsw **out, size_t d, const pal_hnsw_config *config, pal_error *err);
void pal_hnsw_free(pal_hnsw *index); /* accepts NULL */

/* Add vectors (n x d), or give an id that is there another vector. Searchable at once.
 *   PAL_ERR_DATA  a value that is not finite, or an id twice in one call: named */
PAL_MUST_USE pal_status pal_hnsw_insert(pal_hnsw *index, const uint32_t *id, const float *x, size_t n,
                                        size_t n_threads, pal_error *err);
/* Take ids out; nodes that were linked to them are linked to their neighbours instead. One pass over all links for the
 * whole call. PAL_ERR_DATA for an id that is not there, or twice: nothing is changed. */
PAL_MUST_USE pal_status pal_hnsw_delete(pal_hnsw *index, const uint32_t *id, size_t n, size_t n_threads,
                                        pal_error *err);

size_t pal_hnsw_count(const pal_hnsw *index);
bool pal_hnsw_has(const pal_hnsw *index, uint32_t id);
size_t pal_hnsw_bytes(const pal_hnsw *index); /* memory of vectors and links */

/* The k nearest found by looking at ef >= k candidates; as pal_nearest_exact gives them. */
PAL_MUST_USE pal_status pal_hnsw_search(uint32_t *id, float *score, const pal_hnsw *index, const float *query,
                                        size_t n_queries, size_t k, size_t ef, size_t n_threads, pal_error *err);

uint64_t pal_hnsw_digest(const pal_hnsw *index);
/* Arrays "PREFIXvectors", "PREFIXlevel", "PREFIXlinks" …; a loaded index goes on as the saved one would have. */
PAL_MUST_USE pal_status pal_hnsw_save(const pal_hnsw *index, pal_tensors *file, const char *prefix, pal_error *err);
/* PAL_ERR_DATA names the array that is missing, misshapen, or holds a link to nowhere. */
PAL_MUST_USE pal_status pal_hnsw_load(pal_hnsw **out, const pal_tensors *file, const char *prefix, pal_error *err);

#endif

/* --index: nearest vectors by looking at all of them, or by an index built for the question. */
#ifndef PAL_CLI_INDEX_FROM_H
#define PAL_CLI_INDEX_FROM_H

#include "cli/options.h"
#include "models/nearest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAL_OPTION_INDEX \
    { \
        "index", "HOW", false, \
            "exact: look at every vector (default); hnsw: build an index of them and ask that" \
    }

/* PAL_ERR_USAGE for another word. */
PAL_MUST_USE pal_status pal_index_read(bool *hnsw, const pal_args *args, pal_error *err);

/*
 * The k rows of x (n x d) nearest to row `at` by cosine, itself left out; *found of them, best
 * first. id and score are k. By an index it may miss some (models/fresh_index.h), and building it
 * takes longer than one question is worth: it shows what the index finds. Errors as
 * pal_nearest_exact.
 */
PAL_MUST_USE pal_status pal_index_nearest(uint32_t *id, float *score, size_t *found, const float *x,
                                          size_t n, size_t d, size_t at, size_t k, bool hnsw,
                                          pal_backend backend, size_t n_threads, pal_error *err);

#endif

/* A sparse matrix that many threads write: each fills rows of its own blocks, and the blocks are joined in order. */
#ifndef PAL_MODELS_ROW_BLOCKS_H
#define PAL_MODELS_ROW_BLOCKS_H

#include "core/arena.h"
#include "core/csr.h"
#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_row_blocks pal_row_blocks;

/* Make rows [begin, end) and add each that has cells. scratch is the thread's own and rewound afterwards. */
typedef pal_status (*pal_row_fn)(void *ctx, pal_row_blocks *blocks, size_t begin, size_t end, pal_arena *scratch,
                                 pal_error *err);

/* The cells of a row, columns ascending. Rows of a block come in ascending order, each at most once. */
PAL_MUST_USE pal_status pal_row_blocks_add(pal_row_blocks *blocks, size_t row, const uint32_t *col,
                                           const float *value, size_t n, pal_error *err);

/* A matrix of n_rows x n_cols from fn over blocks of `block` rows. Same bytes at any thread count when fn's rows do not
 * depend on each other. The caller owns *out. Errors are those of fn, the first block's first. */
PAL_MUST_USE pal_status pal_row_blocks_make(pal_csr **out, size_t n_rows, size_t n_cols, size_t block,
                                            size_t n_threads, pal_row_fn fn, void *ctx, pal_error *err);

#endif

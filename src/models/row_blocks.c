/* Blocks of rows that grow by doubling and are joined in block order. */
#include "models/row_blocks.h"

#include "core/mem.h"
#include "core/threads.h"

#include <string.h>

typedef struct row_block {
    uint32_t *col;
    float *value;
    size_t n, capacity;
} row_block;

struct pal_row_blocks {
    size_t n_rows, block;
    size_t *count;   /* n_rows: cells of each row */
    row_block *part; /* of each block             */
    pal_row_fn fn;
    void *ctx;
    pal_arena **scratch; /* of each thread        */
};

static void empty(row_block *part)
{
    pal_free(part->col);
    pal_free(part->value);
    memset(part, 0, sizeof *part);
}

/* Make room for n more cells. The two arrays grow one after the other: capacity is that of both. */
static pal_status grow(row_block *part, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t capacity = 2 * part->capacity > part->n + n ? 2 * part->capacity : part->n + n;
    uint32_t *col;
    float *value;

    if (part->n + n <= part->capacity) return PAL_OK;
    col = pal_resize(part->col, part->n, capacity, sizeof *col);
    if (col != NULL) part->col = col;
    value = pal_resize(part->value, part->n, capacity, sizeof *value);
    if (value != NULL) part->value = value;
    if (col == NULL || value == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu cells of a sparse matrix", capacity);
    }
    part->capacity = capacity;

done:
    return rc;
}

pal_status pal_row_blocks_add(pal_row_blocks *blocks, size_t row, const uint32_t *col, const float *value, size_t n,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    row_block *part = &blocks->part[row / blocks->block];

    PAL_DCHECK(row < blocks->n_rows && blocks->count[row] == 0);
    if (n == 0) return PAL_OK;
    PAL_TRY(grow(part, n, err));
    memcpy(part->col + part->n, col, n * sizeof *col);
    memcpy(part->value + part->n, value, n * sizeof *value);
    part->n += n;
    blocks->count[row] = n;

done:
    return rc;
}

/* The whole matrix; blocks are emptied on the way, so that the peak is one matrix and one block. */
static pal_status join(pal_csr **out, pal_row_blocks *blocks, size_t n_cols, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *matrix = NULL;
    size_t at = 0;

    PAL_NEW(matrix, 1);
    matrix->n_rows = blocks->n_rows;
    matrix->n_cols = n_cols;
    PAL_NEW(matrix->begin, blocks->n_rows + 1);
    for (size_t r = 0; r < blocks->n_rows; r++) matrix->begin[r + 1] = matrix->begin[r] + blocks->count[r];
    matrix->n = matrix->begin[blocks->n_rows];
    PAL_NEW(matrix->col, matrix->n);
    PAL_NEW(matrix->value, matrix->n);
    for (size_t b = 0; b < pal_blocks(blocks->n_rows, blocks->block); b++) {
        row_block *part = &blocks->part[b];

        if (part->n > 0) {
            memcpy(matrix->col + at, part->col, part->n * sizeof *part->col);
            memcpy(matrix->value + at, part->value, part->n * sizeof *part->value);
        }
        at += part->n;
        empty(part);
    }
    *out = matrix;
    matrix = NULL;

done:
    pal_csr_free(matrix);
    return rc;
}

static pal_status make_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_row_blocks *blocks = ctx;
    pal_arena_mark mark = pal_arena_here(blocks->scratch[worker]);
    pal_status rc = blocks->fn(blocks->ctx, blocks, begin, end, blocks->scratch[worker], err);

    (void)block;
    pal_arena_rewind(blocks->scratch[worker], mark);
    return rc;
}

pal_status pal_row_blocks_make(pal_csr **out, size_t n_rows, size_t n_cols, size_t block, size_t n_threads,
                               pal_row_fn fn, void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_row_blocks blocks = { .n_rows = n_rows, .block = block, .fn = fn, .ctx = ctx };

    PAL_ASSERT(block > 0 && n_threads > 0);
    PAL_NEW(blocks.count, n_rows);
    PAL_NEW(blocks.part, pal_blocks(n_rows, block));
    PAL_NEW(blocks.scratch, n_threads);
    for (size_t w = 0; w < n_threads; w++) PAL_TRY(pal_arena_new(&blocks.scratch[w], (size_t)1 << 16, err));
    PAL_TRY(pal_parallel_for(n_rows, block, n_threads, make_block, &blocks, err));
    PAL_TRY(join(out, &blocks, n_cols, err));

done:
    for (size_t b = 0; blocks.part != NULL && b < pal_blocks(n_rows, block); b++) empty(&blocks.part[b]);
    for (size_t w = 0; blocks.scratch != NULL && w < n_threads; w++) pal_arena_free(blocks.scratch[w]);
    pal_free(blocks.count);
    pal_free(blocks.part);
    pal_free(blocks.scratch);
    return rc;
}

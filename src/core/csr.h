/* Sparse matrices by row (CSR): what collaborative models, graphs and interaction logs are made of. */
#ifndef PAL_CORE_CSR_H
#define PAL_CORE_CSR_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* Const once built. Rows ascend, columns ascend inside a row, and no cell stands twice. */
typedef struct pal_csr {
    size_t n_rows, n_cols; /* n_cols <= UINT32_MAX                              */
    size_t n;              /* stored cells                                      */
    size_t *begin;         /* n_rows + 1, into col and value                    */
    uint32_t *col;         /* n                                                 */
    float *value;          /* n, finite; a stored 0 stays                       */
} pal_csr;

typedef struct pal_csr_cell {
    uint32_t row, col;
    float value;
} pal_csr_cell;

/* What becomes of a cell that is given more than once, in the order given. */
typedef enum pal_csr_twice {
    PAL_TWICE_SUM,  /* values are added, in double    */
    PAL_TWICE_LAST, /* the last one wins              */
    PAL_TWICE_MAX   /* the largest wins               */
} pal_csr_twice;

/*
 * A matrix from cells in any order. The caller owns *out.
 *   PAL_ERR_DATA   a row or column outside, or a value that is not finite: the text names the cell's place
 *   PAL_ERR_SHAPE  n_rows or n_cols above UINT32_MAX
 */
PAL_MUST_USE pal_status pal_csr_new(pal_csr **out, size_t n_rows, size_t n_cols, const pal_csr_cell *cell, size_t n,
                                    pal_csr_twice twice, pal_error *err);
/* Columns become rows. The caller owns *out. */
PAL_MUST_USE pal_status pal_csr_transpose(pal_csr **out, const pal_csr *matrix, pal_error *err);
void pal_csr_free(pal_csr *matrix); /* accepts NULL */

/* Cells of a row. */
static inline size_t pal_csr_count(const pal_csr *matrix, size_t row)
{
    return matrix->begin[row + 1] - matrix->begin[row];
}

/* Index of a cell into col and value, or SIZE_MAX when it is not stored. Binary search. */
size_t pal_csr_find(const pal_csr *matrix, size_t row, uint32_t col);

/* Digest of the sizes and every cell. */
uint64_t pal_csr_digest(const pal_csr *matrix);

#endif

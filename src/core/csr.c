/* Sparse matrices by row: built by two stable counting sorts (by column, then by row). */
#include "core/csr.h"

#include "core/hash.h"
#include "core/mem.h"

#include <math.h>

static pal_status new_empty(pal_csr **out, size_t n_rows, size_t n_cols, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *matrix = NULL;

    PAL_NEW(matrix, 1);
    matrix->n_rows = n_rows;
    matrix->n_cols = n_cols;
    matrix->n = n;
    PAL_NEW(matrix->begin, n_rows + 1);
    PAL_NEW(matrix->col, n);
    PAL_NEW(matrix->value, n);
    *out = matrix;
    matrix = NULL;

done:
    pal_csr_free(matrix);
    return rc;
}

static pal_status check_cells(size_t n_rows, size_t n_cols, const pal_csr_cell *cell, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (n_rows > UINT32_MAX || n_cols > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "a matrix of %zu x %zu is too large: at most %u rows and columns", n_rows, n_cols,
                 UINT32_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        if (cell[i].row >= n_rows || cell[i].col >= n_cols) {
            PAL_FAIL(PAL_ERR_DATA, "cell %zu: row %u, column %u outside of %zu x %zu", i, cell[i].row, cell[i].col,
                     n_rows, n_cols);
        }
        if (!isfinite(cell[i].value)) {
            PAL_FAIL(PAL_ERR_DATA, "cell %zu (row %u, column %u): value %g is not finite", i, cell[i].row,
                     cell[i].col, (double)cell[i].value);
        }
    }

done:
    return rc;
}

/* Order of cells by (row, column), equal cells in the order given. */
static pal_status sort_cells(uint32_t *order, const pal_csr_cell *cell, size_t n, size_t n_rows, size_t n_cols,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *start = NULL;
    uint32_t *by_col = NULL;

    PAL_NEW(start, (n_rows > n_cols ? n_rows : n_cols) + 1);
    PAL_NEW(by_col, n);
    for (size_t i = 0; i < n; i++) {
        start[cell[i].col + 1]++;
    }
    for (size_t c = 0; c < n_cols; c++) {
        start[c + 1] += start[c];
    }
    for (size_t i = 0; i < n; i++) {
        by_col[start[cell[i].col]++] = (uint32_t)i;
    }
    for (size_t r = 0; r <= n_rows; r++) {
        start[r] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        start[cell[i].row + 1]++;
    }
    for (size_t r = 0; r < n_rows; r++) {
        start[r + 1] += start[r];
    }
    for (size_t i = 0; i < n; i++) {
        order[start[cell[by_col[i]].row]++] = by_col[i];
    }

done:
    pal_free(by_col);
    pal_free(start);
    return rc;
}

static float merged(const pal_csr_cell *cell, const uint32_t *order, size_t n, pal_csr_twice twice)
{
    double sum = 0.0;
    float best = cell[order[0]].value;

    for (size_t i = 0; i < n; i++) {
        float value = cell[order[i]].value;

        sum += (double)value;
        best = twice == PAL_TWICE_LAST || value > best ? value : best;
    }
    return twice == PAL_TWICE_SUM ? (float)sum : best;
}

pal_status pal_csr_new(pal_csr **out, size_t n_rows, size_t n_cols, const pal_csr_cell *cell, size_t n,
                       pal_csr_twice twice, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *matrix = NULL;
    uint32_t *order = NULL;
    size_t kept = 0, run;

    PAL_TRY(check_cells(n_rows, n_cols, cell, n, err));
    if (n > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "%zu cells are too many: at most %u", n, UINT32_MAX);
    }
    PAL_NEW(order, n);
    PAL_TRY(sort_cells(order, cell, n, n_rows, n_cols, err));
    PAL_TRY(new_empty(&matrix, n_rows, n_cols, n, err));

    for (size_t i = 0; i < n; i += run) {
        const pal_csr_cell *at = &cell[order[i]];

        for (run = 1; i + run < n && cell[order[i + run]].row == at->row && cell[order[i + run]].col == at->col;) {
            run++;
        }
        matrix->col[kept] = at->col;
        matrix->value[kept] = merged(cell, order + i, run, twice);
        matrix->begin[at->row + 1]++;
        kept++;
    }
    for (size_t r = 0; r < n_rows; r++) {
        matrix->begin[r + 1] += matrix->begin[r];
    }
    matrix->n = kept;
    *out = matrix;
    matrix = NULL;

done:
    pal_csr_free(matrix);
    pal_free(order);
    return rc;
}

pal_status pal_csr_transpose(pal_csr **out, const pal_csr *matrix, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *turned = NULL;
    size_t *next = NULL;

    PAL_TRY(new_empty(&turned, matrix->n_cols, matrix->n_rows, matrix->n, err));
    PAL_NEW(next, matrix->n_cols + 1);
    for (size_t i = 0; i < matrix->n; i++) {
        turned->begin[matrix->col[i] + 1]++;
    }
    for (size_t c = 0; c < matrix->n_cols; c++) {
        turned->begin[c + 1] += turned->begin[c];
        next[c] = turned->begin[c];
    }
    for (size_t r = 0; r < matrix->n_rows; r++) {
        for (size_t i = matrix->begin[r]; i < matrix->begin[r + 1]; i++) {
            size_t at = next[matrix->col[i]]++;

            turned->col[at] = (uint32_t)r;
            turned->value[at] = matrix->value[i];
        }
    }
    *out = turned;
    turned = NULL;

done:
    pal_csr_free(turned);
    pal_free(next);
    return rc;
}

void pal_csr_free(pal_csr *matrix)
{
    if (matrix != NULL) {
        pal_free(matrix->begin);
        pal_free(matrix->col);
        pal_free(matrix->value);
        pal_free(matrix);
    }
}

size_t pal_csr_find(const pal_csr *matrix, size_t row, uint32_t col)
{
    size_t low = matrix->begin[row], high = matrix->begin[row + 1];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (matrix->col[middle] < col) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < matrix->begin[row + 1] && matrix->col[low] == col ? low : SIZE_MAX;
}

uint64_t pal_csr_digest(const pal_csr *matrix)
{
    uint64_t digest = pal_hash_mix((uint64_t)matrix->n_rows, (uint64_t)matrix->n_cols);

    for (size_t r = 0; r < matrix->n_rows; r++) {
        digest = pal_hash_mix(digest, (uint64_t)matrix->begin[r + 1]);
    }
    digest = pal_hash_mix(digest, pal_hash(matrix->col, matrix->n * sizeof *matrix->col));
    return pal_hash_mix(digest, pal_hash_floats(matrix->value, matrix->n));
}

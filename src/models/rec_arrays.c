/* Arrays in and out of a model's file. What is read is copied: arrays in the file need not be aligned. */
#include "models/rec_arrays.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 64

/* "name.part" */
static void join(char out[NAME_MAX_BYTES], const char *name, const char *part)
{
    int n = snprintf(out, NAME_MAX_BYTES, "%s.%s", name, part);

    PAL_ASSERT(n > 0 && n < NAME_MAX_BYTES); /* names are our own words */
}

pal_status pal_rec_put_sizes(pal_tensors *file, const char *name, size_t a, size_t b, pal_error *err)
{
    const uint64_t sizes[2] = { (uint64_t)a, (uint64_t)b }, shape = 2;

    return pal_tensors_put(file, name, PAL_U64, 1, &shape, sizes, err);
}

pal_status pal_rec_get_sizes(size_t *a, size_t *b, const pal_tensors *file, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data = NULL;
    uint64_t shape = 0, sizes[2];

    PAL_TRY(pal_tensors_get(&data, &shape, file, name, PAL_U64, 1, err));
    if (shape != 2) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" holds %ju counts, wanted 2", pal_tensors_file(file), name,
                 (uintmax_t)shape);
    }
    memcpy(sizes, data, sizeof sizes);
    for (size_t i = 0; i < 2; i++) {
        if (sizes[i] > UINT32_MAX) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\", entry %zu: %ju is too large, at most %u", pal_tensors_file(file),
                     name, i, (uintmax_t)sizes[i], UINT32_MAX);
        }
    }
    *a = (size_t)sizes[0];
    *b = (size_t)sizes[1];

done:
    return rc;
}

pal_status pal_rec_put_floats(pal_tensors *file, const char *name, const float *x, size_t rows, size_t n_cols,
                              pal_error *err)
{
    const uint64_t shape[2] = { (uint64_t)rows, (uint64_t)n_cols };

    return pal_tensors_put(file, name, PAL_F32, n_cols == 0 ? 1 : 2, shape, x, err);
}

static pal_status check_finite(const float *x, size_t n, const char *path, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\", entry %zu: %g is not finite", path, name, i, (double)x[i]);
        }
    }

done:
    return rc;
}

/* The bytes of a 1-d array of exactly n entries. */
static pal_status take(void *to, const pal_tensors *file, const char *name, pal_dtype type, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data = NULL;
    uint64_t shape = 0;

    PAL_TRY(pal_tensors_get(&data, &shape, file, name, type, 1, err));
    if (shape != (uint64_t)n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" has %ju entries, wanted %zu", pal_tensors_file(file), name,
                 (uintmax_t)shape, n);
    }
    if (n > 0) memcpy(to, data, n * pal_dtype_size(type));

done:
    return rc;
}

pal_status pal_rec_get_floats(float **x, const pal_tensors *file, const char *name, size_t rows, size_t n_cols,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data = NULL;
    uint64_t shape[2] = { 0 };
    float *copy = NULL;
    size_t n = n_cols == 0 ? rows : rows * n_cols;

    if (n_cols == 0) {
        PAL_NEW(copy, n);
        PAL_TRY(take(copy, file, name, PAL_F32, n, err));
    } else {
        PAL_TRY(pal_tensors_get(&data, shape, file, name, PAL_F32, 2, err));
        if (shape[0] != (uint64_t)rows || shape[1] != (uint64_t)n_cols) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" is %ju x %ju, wanted %zu x %zu", pal_tensors_file(file), name,
                     (uintmax_t)shape[0], (uintmax_t)shape[1], rows, n_cols);
        }
        PAL_NEW(copy, n);
        if (n > 0) memcpy(copy, data, n * sizeof *copy);
    }
    PAL_TRY(check_finite(copy, n, pal_tensors_file(file), name, err));
    *x = copy;
    copy = NULL;

done:
    pal_free(copy);
    return rc;
}

/* ---- sparse matrices -------------------------------------------------------------------------------------- */

pal_status pal_rec_put_csr(pal_tensors *file, const char *name, const pal_csr *matrix, pal_error *err)
{
    pal_status rc = PAL_OK;
    char part[NAME_MAX_BYTES];
    uint64_t *begin = NULL, shape;

    PAL_NEW(begin, matrix->n_rows + 1);
    for (size_t r = 0; r <= matrix->n_rows; r++) begin[r] = (uint64_t)matrix->begin[r];
    join(part, name, "begin");
    shape = (uint64_t)matrix->n_rows + 1;
    PAL_TRY(pal_tensors_put(file, part, PAL_U64, 1, &shape, begin, err));
    join(part, name, "col");
    shape = (uint64_t)matrix->n;
    PAL_TRY(pal_tensors_put(file, part, PAL_U32, 1, &shape, matrix->col, err));
    join(part, name, "value");
    PAL_TRY(pal_tensors_put(file, part, PAL_F32, 1, &shape, matrix->value, err));

done:
    pal_free(begin);
    return rc;
}

/* Row starts ascend from 0; *n gets the last one. */
static pal_status read_begin(pal_csr *matrix, const pal_tensors *file, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t *begin = NULL;

    PAL_NEW(begin, matrix->n_rows + 1);
    PAL_TRY(take(begin, file, name, PAL_U64, matrix->n_rows + 1, err));
    for (size_t r = 0; r <= matrix->n_rows; r++) {
        uint64_t least = r == 0 ? 0 : begin[r - 1], most = r == 0 ? 0 : least + (uint64_t)matrix->n_cols;

        if (begin[r] < least || begin[r] > most) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\", entry %zu: %ju, wanted %ju to %ju", pal_tensors_file(file), name,
                     r, (uintmax_t)begin[r], (uintmax_t)least, (uintmax_t)most);
        }
        matrix->begin[r] = (size_t)begin[r];
    }
    matrix->n = matrix->begin[matrix->n_rows];

done:
    pal_free(begin);
    return rc;
}

static pal_status check_columns(const pal_csr *matrix, const pal_tensors *file, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t r = 0; r < matrix->n_rows; r++) {
        for (size_t i = matrix->begin[r]; i < matrix->begin[r + 1]; i++) {
            if (matrix->col[i] >= matrix->n_cols) {
                PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\", entry %zu: column %u outside of %zu", pal_tensors_file(file),
                         name, i, matrix->col[i], matrix->n_cols);
            }
            if (i > matrix->begin[r] && matrix->col[i] <= matrix->col[i - 1]) {
                PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\", entry %zu: column %u behind %u, wanted ascending ones",
                         pal_tensors_file(file), name, i, matrix->col[i], matrix->col[i - 1]);
            }
        }
    }

done:
    return rc;
}

pal_status pal_rec_get_csr(pal_csr **out, const pal_tensors *file, const char *name, size_t n_rows, size_t n_cols,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    char part[NAME_MAX_BYTES];
    pal_csr *matrix = NULL;

    PAL_NEW(matrix, 1);
    matrix->n_rows = n_rows;
    matrix->n_cols = n_cols;
    PAL_NEW(matrix->begin, n_rows + 1);
    join(part, name, "begin");
    PAL_TRY(read_begin(matrix, file, part, err));
    PAL_NEW(matrix->col, matrix->n);
    join(part, name, "col");
    PAL_TRY(take(matrix->col, file, part, PAL_U32, matrix->n, err));
    PAL_TRY(check_columns(matrix, file, part, err));
    PAL_NEW(matrix->value, matrix->n);
    join(part, name, "value");
    PAL_TRY(take(matrix->value, file, part, PAL_F32, matrix->n, err));
    PAL_TRY(check_finite(matrix->value, matrix->n, pal_tensors_file(file), part, err));
    *out = matrix;
    matrix = NULL;

done:
    pal_csr_free(matrix);
    return rc;
}

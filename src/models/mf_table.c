/* Parameter rows: growth with keyed first values, digest, file. */
#include "models/mf_table.h"

#include "core/hash.h"
#include "core/mem.h"

#include <math.h>
#include <string.h>

void pal_mf_fill_sums(float *row, size_t width, size_t parts, float squares)
{
    const pal_mf_table table = { .width = width, .parts = parts };
    size_t n_squares = parts > 1 ? width : 1;

    for (size_t j = width; j < pal_mf_floats(&table); j++) row[j] = j < width + n_squares ? squares : 0;
}

static void fill_row(float *row, const pal_mf_table *table, size_t d, float squares, pal_key key, pal_mf_which which,
                     size_t r)
{
    uint64_t word[4];

    for (size_t j = 0; j < d; j++) {
        if (j % 4 == 0) pal_block(key, (pal_at){ (uint64_t)which, r, 0 }, j / 4, word);
        row[j] = (float)((pal_unit(word[j % 4]) - 0.5) / (double)d);
    }
    if (which == PAL_MF_PEOPLE) row[d] = 1;
    if (which == PAL_MF_ITEMS) row[d + 1] = 1;
    pal_mf_fill_sums(row, table->width, table->parts, squares);
}

pal_status pal_mf_table_grow(pal_mf_table *table, size_t n, size_t d, float squares, pal_key key, pal_mf_which which,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t row = pal_mf_floats(table);
    float *x;

    if (n <= table->n) return PAL_OK;
    x = pal_resize(table->x, table->n * row, n * row, sizeof *x);
    if (n > SIZE_MAX / row || x == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: parameters of %zu rows of %zu floats", n, row);
    }
    table->x = x;
    for (size_t r = table->n; r < n; r++) fill_row(x + r * row, table, d, squares, key, which, r);
    table->n = n;

done:
    return rc;
}

void pal_mf_table_clear(pal_mf_table *table)
{
    pal_free(table->x);
    table->x = NULL;
    table->n = 0;
}

bool pal_mf_table_is_finite(const pal_mf_table *table)
{
    for (size_t i = 0; i < table->n * pal_mf_floats(table); i++) {
        if (!isfinite(table->x[i])) return false;
    }
    return true;
}

uint64_t pal_mf_table_digest(const pal_mf_table *table)
{
    return pal_hash_mix((uint64_t)table->n, pal_hash_floats(table->x, table->n * pal_mf_floats(table)));
}

pal_status pal_mf_table_save(const pal_mf_table *table, pal_tensors *file, const char *name, pal_error *err)
{
    const uint64_t shape[3] = { table->n, table->parts, pal_mf_floats(table) / table->parts };

    return pal_tensors_put(file, name, PAL_F32, 3, shape, table->x, err);
}

pal_status pal_mf_table_load(pal_mf_table *table, const pal_tensors *file, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t shape[3];
    const void *data;
    size_t row = pal_mf_floats(table);

    PAL_TRY(pal_tensors_get(&data, shape, file, name, PAL_F32, 3, err));
    if (shape[1] != table->parts || shape[2] != row / table->parts) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array '%s' is of %llu x %llu x %llu, wanted rows of %zu x %zu",
                 pal_tensors_file(file), name, (unsigned long long)shape[0], (unsigned long long)shape[1],
                 (unsigned long long)shape[2], table->parts, row / table->parts);
    }
    if (shape[0] > 0) {
        PAL_NEW(table->x, (size_t)shape[0] * row);
        memcpy(table->x, data, (size_t)shape[0] * row * sizeof *table->x);
    }
    table->n = (size_t)shape[0];
    if (!pal_mf_table_is_finite(table)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array '%s' holds values that are not finite", pal_tensors_file(file), name);
    }

done:
    return rc;
}

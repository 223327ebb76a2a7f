/* Lists of arrays, put and filled again. */
#include "core/fields.h"

#include "core/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void join(char out[PAL_FIELD_NAME], const char *part, const char *name)
{
    const int n = snprintf(out, PAL_FIELD_NAME, "%s.%s", part, name);

    PAL_ASSERT(n > 0 && n < PAL_FIELD_NAME); /* names are our own words */
}

static pal_status put(pal_tensors *file, const char *part, const char *name, pal_dtype type, size_t n, const void *data,
                      pal_error *err)
{
    const uint64_t shape = n;
    char whole[PAL_FIELD_NAME];

    join(whole, part, name);
    return pal_tensors_put(file, whole, type, 1, &shape, data, err);
}

pal_status pal_fields_save(pal_tensors *file, const char *part, const pal_field *field, size_t n_fields, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n_fields; i++) {
        PAL_TRY(put(file, part, field[i].name, field[i].type, field[i].n, field[i].data, err));
    }

done:
    return rc;
}

pal_status pal_field_find(const void **data, size_t *n, const pal_tensors *file, const char *part, const char *name,
                          pal_dtype type, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t shape = 0;
    char whole[PAL_FIELD_NAME];

    join(whole, part, name);
    PAL_TRY(pal_tensors_get(data, &shape, file, whole, type, 1, err));
    *n = (size_t)shape;

done:
    return rc;
}

/* An array of exactly n values, borrowed. */
static pal_status find_exactly(const void **data, const pal_tensors *file, const char *part, const pal_field *field,
                               size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t found = 0;

    PAL_TRY(pal_field_find(data, &found, file, part, field->name, field->type, err));
    if (found != n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s.%s\" holds %zu values, wanted %zu", pal_tensors_file(file), part,
                 field->name, found, n);
    }

done:
    return rc;
}

pal_status pal_fields_restore(const pal_field *field, size_t n_fields, const pal_tensors *file, const char *part,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;

    for (size_t i = 0; i < n_fields; i++) {
        PAL_TRY(find_exactly(&data, file, part, &field[i], field[i].n, err));
    }
    for (size_t i = 0; i < n_fields; i++) {
        PAL_TRY(find_exactly(&data, file, part, &field[i], field[i].n, err));
        if (field[i].n > 0) {
            memcpy(field[i].data, data, field[i].n * pal_dtype_size(field[i].type));
        }
    }

done:
    return rc;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static size_t row_begin(const pal_rows *rows, size_t r)
{
    return rows->begin != NULL ? rows->begin[r] : r * rows->stride;
}

static size_t used(const pal_rows *rows)
{
    size_t n = 0;

    for (size_t r = 0; r < rows->n_rows; r++) {
        n += rows->n[r];
    }
    return n;
}

pal_status pal_rows_save(pal_tensors *file, const char *part, const pal_field *field, size_t n_fields,
                         const pal_rows *rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = used(rows);
    char *packed = NULL;

    for (size_t i = 0; i < n_fields; i++) {
        const size_t size = pal_dtype_size(field[i].type);
        const char *from = field[i].data;
        size_t at = 0;

        pal_free(packed);
        PAL_NEW(packed, n * size);
        for (size_t r = 0; r < rows->n_rows; r++) {
            if (rows->n[r] > 0) {
                memcpy(packed + at * size, from + row_begin(rows, r) * size, rows->n[r] * size);
            }
            at += rows->n[r];
        }
        PAL_TRY(put(file, part, field[i].name, field[i].type, n, packed, err));
    }

done:
    pal_free(packed);
    return rc;
}

static pal_status check_room(const pal_rows *rows, const pal_tensors *file, const char *part, pal_error *err)
{
    for (size_t r = 0; r < rows->n_rows; r++) {
        const size_t room = rows->begin != NULL ? rows->begin[r + 1] - rows->begin[r] : rows->stride;

        if (rows->n[r] > room) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: row %zu of \"%s\" has %" PRIu32 " places, at most %zu are allowed",
                                 pal_tensors_file(file), r, part, rows->n[r], room);
        }
    }
    return PAL_OK;
}

pal_status pal_rows_restore(const pal_field *field, size_t n_fields, const pal_rows *rows, const pal_tensors *file,
                            const char *part, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = used(rows);
    const void *data;

    PAL_TRY(check_room(rows, file, part, err));
    for (size_t i = 0; i < n_fields; i++) {
        PAL_TRY(find_exactly(&data, file, part, &field[i], n, err));
    }
    for (size_t i = 0; i < n_fields; i++) {
        const size_t size = pal_dtype_size(field[i].type);
        char *to = field[i].data;
        const char *from;

        PAL_TRY(find_exactly(&data, file, part, &field[i], n, err));
        from = data;
        for (size_t r = 0; r < rows->n_rows; r++) {
            if (rows->n[r] > 0) {
                memcpy(to + row_begin(rows, r) * size, from, rows->n[r] * size);
            }
            from += rows->n[r] * size;
        }
    }

done:
    return rc;
}

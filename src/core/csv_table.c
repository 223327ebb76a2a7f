/* A small CSV as a table in memory: all fields in one block, found by row and column. */
#include "core/csv.h"

#include "core/mem.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

struct pal_table {
    char *path;
    size_t n_rows, n_columns;
    char *bytes;    /* names, then the rows; each field ends in a NUL */
    size_t used, capacity;
    size_t *offset; /* (1 + n_rows) x n_columns, row 0 = the names    */
    size_t n_offsets, offset_capacity;
};

static pal_status keep(pal_table *table, const char *text, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (table->capacity - table->used <= n) {
        size_t capacity = 2 * (table->capacity + n + 32);
        char *bytes = pal_resize(table->bytes, table->used, capacity, 1);

        if (bytes == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", table->path);
        }
        table->bytes = bytes;
        table->capacity = capacity;
    }
    if (table->n_offsets == table->offset_capacity) {
        size_t capacity = 2 * table->offset_capacity + 64;
        size_t *offset = pal_resize(table->offset, table->n_offsets, capacity, sizeof *offset);

        if (offset == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", table->path);
        }
        table->offset = offset;
        table->offset_capacity = capacity;
    }
    table->offset[table->n_offsets++] = table->used;
    memcpy(table->bytes + table->used, text, n);
    table->bytes[table->used + n] = '\0';
    table->used += n + 1;

done:
    return rc;
}

static pal_status take_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *table = ctx;

    table->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(names[i], names[j]) == 0) {
                PAL_FAIL(PAL_ERR_DATA, "%s: column \"%s\" stands twice in the header", table->path,
                         names[i]);
            }
        }
        PAL_TRY(keep(table, names[i], strlen(names[i]), err));
    }

done:
    return rc;
}

static pal_status take_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *table = ctx;

    for (size_t i = 0; i < row->n; i++) {
        PAL_TRY(keep(table, row->field[i], row->length[i], err));
    }
    table->n_rows++;

done:
    return rc;
}

pal_status pal_table_load(pal_table **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *table = NULL;

    PAL_NEW(table, 1);
    table->path = pal_strdup(path);
    if (table->path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", path);
    }
    PAL_TRY(pal_csv_read(path, ',', take_header, take_row, table, err));
    *out = table;
    table = NULL;

done:
    pal_table_free(table);
    return rc;
}

void pal_table_free(pal_table *table)
{
    if (table != NULL) {
        pal_free(table->path);
        pal_free(table->bytes);
        pal_free(table->offset);
        pal_free(table);
    }
}

size_t pal_table_rows(const pal_table *table)
{
    return table->n_rows;
}

size_t pal_table_columns(const pal_table *table)
{
    return table->n_columns;
}

const char *pal_table_name(const pal_table *table, size_t column)
{
    PAL_ASSERT(column < table->n_columns);
    return table->bytes + table->offset[column];
}

const char *pal_table_text(const pal_table *table, size_t row, size_t column)
{
    PAL_ASSERT(row < table->n_rows && column < table->n_columns);
    return table->bytes + table->offset[(row + 1) * table->n_columns + column];
}

static bool find(size_t *column, const pal_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (strcmp(pal_table_name(table, i), name) == 0) {
            *column = i;
            return true;
        }
    }
    return false;
}

bool pal_table_has(const pal_table *table, const char *name)
{
    size_t column;

    return find(&column, table, name);
}

pal_status pal_table_find(size_t *column, const pal_table *table, const char *name, pal_error *err)
{
    pal_text names = { 0 };

    if (find(column, table, name)) {
        return PAL_OK;
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        pal_text_add(&names, i == 0 ? "" : ", ");
        pal_text_add(&names, pal_table_name(table, i));
    }
    (void)pal_error_set(err, PAL_ERR_DATA, "%s: has no column \"%s\"; there are: %s", table->path,
                        name, names.bytes == NULL ? "none" : names.bytes);
    pal_text_clear(&names);
    return PAL_ERR_DATA;
}

double pal_table_number(const pal_table *table, size_t row, size_t column, bool *ok)
{
    const char *text = pal_table_text(table, row, column);
    double value = NAN;

    if (text[0] == '\0' || strcmp(text, "nan") == 0 || pal_parse_double(&value, text, strlen(text))) {
        return value;
    }
    if (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0) { /* as pal_format_double writes them */
        return text[0] == '-' ? -INFINITY : INFINITY;
    }
    if (ok != NULL) {
        *ok = false;
    }
    return NAN;
}

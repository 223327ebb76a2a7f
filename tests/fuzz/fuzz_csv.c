/*
 * Fuzz target: any bytes as a CSV file (plain or gzip, as zlib sees fit). Rows must be as wide as the header, fields
 * UTF-8 and ended by a NUL, lines in order; what is refused must be refused with a text.
 */
#include "core/csv.h"

#include "core/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef struct seen {
    size_t columns;
    uint64_t rows, line;
} seen;

static pal_status check_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    seen *s = ctx;

    (void)err;
    PAL_ASSERT(s->columns == 0 && n > 0);
    s->columns = n;
    for (size_t i = 0; i < n; i++) {
        PAL_ASSERT(pal_is_utf8(names[i], strlen(names[i])));
    }
    return PAL_OK;
}

static pal_status check_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    seen *s = ctx;
    double number;

    (void)err;
    PAL_ASSERT(row->n == s->columns && row->number == s->rows + 1 && row->line > s->line);
    for (size_t i = 0; i < row->n; i++) {
        PAL_ASSERT(strlen(row->field[i]) == row->length[i]);
        PAL_ASSERT(pal_is_utf8(row->field[i], row->length[i]));
        if (pal_parse_double(&number, row->field[i], row->length[i])) {
            PAL_ASSERT(number - number == 0.0);
        }
    }
    s->rows++;
    s->line = row->line;
    return PAL_OK;
}

static void check_file(const char *path)
{
    seen s = { 0, 0, 0 };
    pal_table *table = NULL;
    pal_error err = { PAL_OK, "" };
    pal_status rc = pal_csv_read(path, ',', check_header, check_row, &s, &err);

    PAL_ASSERT(rc == PAL_OK || (rc == PAL_ERR_PARSE && err.text[0] != '\0'));
    if (pal_table_load(&table, path, &err) == PAL_OK) {
        PAL_ASSERT(rc == PAL_OK && pal_table_rows(table) == s.rows);
        PAL_ASSERT(pal_table_columns(table) == s.columns);
    }
    pal_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[] = "build/fuzz-csv-XXXXXX";
    int fd;

    (void)mkdir("build", 0777);
    fd = mkstemp(path);
    PAL_ASSERT(fd >= 0);
    PAL_ASSERT(write(fd, data, n) == (ssize_t)n && close(fd) == 0);
    check_file(path);
    unlink(path);
    return 0;
}

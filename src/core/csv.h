/* CSV read row by row (over libcsv, gzip through zlib), and whole small tables by column name. */
#ifndef PAL_CORE_CSV_H
#define PAL_CORE_CSV_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_csv_row {
    const char *const *field; /* NUL-terminated, borrowed for the call          */
    const size_t *length;     /* bytes without the NUL                          */
    size_t n;                 /* fields; always as many as the header has       */
    uint64_t number;          /* 1 = the first row after the header             */
    uint64_t line;            /* line of the file on which the row starts, from 1 */
} pal_csv_row;

typedef pal_status (*pal_csv_header_fn)(void *ctx, const char *const *names, size_t n, pal_error *err);
typedef pal_status (*pal_csv_row_fn)(void *ctx, const pal_csv_row *row, pal_error *err);

/*
 * Read a CSV with one header line, RFC 4180 quoting, strict: a row with another number of fields than the header,
 * an open quote at the end, a NUL byte or bytes that are not UTF-8 are PAL_ERR_PARSE with file and line.
 * A UTF-8 byte order mark is skipped; fields are not trimmed. `.gz` is gunzipped. delimiter: ',' or '\t' or '|' …
 */
PAL_MUST_USE pal_status pal_csv_read(const char *path, char delimiter, pal_csv_header_fn on_header,
                                     pal_csv_row_fn on_row, void *ctx, pal_error *err);

/* A whole table in memory, for result files and small inputs. */
typedef struct pal_table pal_table;
PAL_MUST_USE pal_status pal_table_load(pal_table **out, const char *path, pal_error *err);
void pal_table_free(pal_table *table); /* accepts NULL */
size_t pal_table_rows(const pal_table *table);
size_t pal_table_columns(const pal_table *table);
const char *pal_table_name(const pal_table *table, size_t column);
/* Index of a column, or PAL_ERR_DATA naming file, column and those there are. */
PAL_MUST_USE pal_status pal_table_find(size_t *column, const pal_table *table, const char *name, pal_error *err);
bool pal_table_has(const pal_table *table, const char *name);
const char *pal_table_text(const pal_table *table, size_t row, size_t column);
/* A number, NaN for an empty field. *ok (may be NULL) turns false if the field is neither. */
double pal_table_number(const pal_table *table, size_t row, size_t column, bool *ok);

#endif

/* Inside the data room: a text file in memory, cut into rows and fields where it lies. For files of millions of rows. */
#ifndef PAL_DATA_READ_LINES_H
#define PAL_DATA_READ_LINES_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MOST_FIELDS 512

typedef struct pal_lines { /* start from {0}; pal_lines_clear gives all memory back */
    const char *path;       /* borrowed, for messages                                          */
    char *bytes, *next, *end;
    char separator[3];      /* set by the caller before the first row: "\t", ",", "::" …        */
    bool quotes;            /* RFC 4180: a field may stand in double quotes                    */
    uint64_t row;           /* rows read so far, as pal_lines_next counts them                 */
    uint64_t line;          /* line of the file on which the row starts, from 1                */
    uint64_t next_line;
    size_t n;               /* fields of the row                                               */
    char *field[PAL_MOST_FIELDS]; /* NUL-terminated, valid until the clear (they stay in bytes) */
    size_t length[PAL_MOST_FIELDS];
} pal_lines;

/*
 * Read `path` whole (plain or .gz); a byte order mark is passed over. Old data sets are in ISO-8859-1: with latin1 set,
 * text that is not UTF-8 is taken for it and turned into UTF-8.
 *   PAL_ERR_PARSE  not UTF-8, or a NUL byte: the text names the line
 */
PAL_MUST_USE pal_status pal_lines_open(pal_lines *lines, const char *path, bool latin1, pal_error *err);
void pal_lines_clear(pal_lines *lines); /* accepts an empty one */

/*
 * The next row; false in *found at the end. Empty lines are passed over; CR LF ends a line like LF.
 *   PAL_ERR_PARSE  an open quote, text behind a quote, or more than PAL_MOST_FIELDS fields
 */
PAL_MUST_USE pal_status pal_lines_next(bool *found, pal_lines *lines, pal_error *err);

/* The first line without its end, as it stands, before any row was taken; *n its length. For guessing the layout. */
const char *pal_lines_first(const pal_lines *lines, size_t *n);

#endif

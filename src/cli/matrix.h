/* A numeric CSV as a dense matrix, with or without a label column. */
#ifndef PAL_CLI_MATRIX_H
#define PAL_CLI_MATRIX_H

#include "core/error.h"

#include <stddef.h>

typedef struct pal_matrix {
    size_t n, d;
    double *x;        /* n x d row-major; NaN = missing                    */
    double *y;        /* n, 0 or 1; NULL when no label was asked for       */
    char **name;      /* d, as in the header                               */
    size_t positives; /* rows with label 1                                 */
    size_t missing;   /* entries of x without a value                      */
} pal_matrix;

typedef struct pal_matrix_ask {
    const char *label;         /* column of the label; NULL: none                                            */
    const char *const *drop;   /* columns to leave out (each must be there); n_drop of them                  */
    size_t n_drop;
    const char *const *wanted; /* just these columns, in this order, whatever else is there; or NULL: all    */
    size_t n_wanted;           /* but the label. A name with blanks also answers to '_' in their place       */
} pal_matrix_ask;

/*
 * Read `path` (CSV with a header, plain or .gz). A number, or true and false for 1 and 0; nothing, NA, N/A, NaN or null
 * (in any case) is a missing value. Caller pal_matrix_clears.
 *   PAL_ERR_DATA   a column that is not there (with the nearest), twice there or asked for, or holds text; a label that
 *                  is not 0 or 1, or a feature too; no rows or no columns. The text names file, row (1 = the first after
 *                  the header), line and column
 *   PAL_ERR_PARSE, PAL_ERR_IO  as pal_csv_read
 */
PAL_MUST_USE pal_status pal_matrix_read(pal_matrix *out, const char *path, const pal_matrix_ask *ask, pal_error *err);
void pal_matrix_clear(pal_matrix *matrix); /* accepts an empty one */

#endif

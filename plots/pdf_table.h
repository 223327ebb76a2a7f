/* A table on the pages of a document: columns as wide as their words, too many of them in several parts. */
#ifndef PAL_PLOTS_PDF_TABLE_H
#define PAL_PLOTS_PDF_TABLE_H

#include "plots/pdf_flow.h"

/* Start from {0}; cells are added row by row, the first row being the head if has_head is set. */
typedef struct pal_pdf_table {
    char **markup;             /* n_cells                                    */
    bool *is_number;           /* n_cells: stands at the right               */
    size_t n_cells, capacity;
    size_t n_columns, in_row;  /* of the first row; of the row at hand       */
    bool has_head;
} pal_pdf_table;

void pal_pdf_table_clear(pal_pdf_table *table);
/* Another cell of the row; a row longer than the first one loses what is too much. */
PAL_MUST_USE pal_status pal_pdf_table_cell(pal_pdf_table *table, const char *markup, bool is_number, pal_error *err);
/* The row is whole: missing cells are empty. */
PAL_MUST_USE pal_status pal_pdf_table_row(pal_pdf_table *table, pal_error *err);
/* Set it; the head is told again on every page, and the first column in every part. */
PAL_MUST_USE pal_status pal_pdf_table_set(pal_flow *flow, const pal_pdf_table *table, pal_error *err);

#endif

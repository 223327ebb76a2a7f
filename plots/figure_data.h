/* The numbers of a figure as CSV: a header, then a row for each mark that is drawn. Failures of memory stay in the text. */
#ifndef PAL_PLOTS_FIGURE_DATA_H
#define PAL_PLOTS_FIGURE_DATA_H

#include "core/text.h"
#include "plots/chart_line.h"
#include "plots/run_data.h"

#include <stdbool.h>
#include <stddef.h>

/* Columns of what most figures draw: lines with bands. */
#define PAL_DATA_ROUNDS "panel,arm,round,value,lo,hi"
#define PAL_DATA_POINTS "panel,arm,x,y,lo,hi"

/* A row starts where the one before it was ended; fields are parted by themselves. */
void pal_data_head(pal_text *csv, const char *columns);
void pal_data_text(pal_text *csv, const char *text); /* quoted where it must be; NULL is empty */
void pal_data_number(pal_text *csv, double value);   /* shortest form that reads back the same; empty unless finite */
void pal_data_flag(pal_text *csv, bool value);       /* 1 or 0 */
void pal_data_estimate(pal_text *csv, pal_estimate e); /* three fields: value, lo, hi */
void pal_data_end(pal_text *csv);

/* A whole row of PAL_DATA_POINTS. */
void pal_data_point(pal_text *csv, const char *panel, const char *name, double x, pal_estimate y);
/* Rows of PAL_DATA_POINTS or PAL_DATA_ROUNDS for n lines, named by their labels; y, lo and hi may be NULL. */
void pal_data_lines(pal_text *csv, const char *panel, const pal_line *lines, size_t n);
/* A reliability diagram: mean prediction against mean outcome, then how many predictions stand behind each. */
void pal_data_bins(pal_text *csv, const char *panel, const char *name, const pal_bin *bins, size_t n);

#endif

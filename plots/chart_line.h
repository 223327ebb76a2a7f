/* Lines with interval bands and labels at their ends. */
#ifndef PAL_PLOTS_CHART_LINE_H
#define PAL_PLOTS_CHART_LINE_H

#include "core/error.h"
#include "plots/axis.h"
#include "plots/canvas.h"

#include <stddef.h>

typedef struct pal_line {
    const char *label;       /* written at the line's end; NULL = none        */
    pal_role role;
    pal_dash dash;
    double width;            /* points                                        */
    size_t n;
    const double *x, *y;     /* n each, data units; NaN breaks the line       */
    const double *lo, *hi;   /* n each: the band at 20 % opacity; NULL = none */
} pal_line;

/* Where the lines lie, bands included. */
pal_range pal_lines_range_x(const pal_line *lines, size_t n);
pal_range pal_lines_range_y(const pal_line *lines, size_t n);
/* Room the end labels need to the right of the plot, points. */
double pal_lines_label_width(pal_canvas *canvas, const pal_line *lines, size_t n);

/*
 * Draw n <= PAL_MAX_LABELS lines over the panel: first all bands, then the lines in order. Labels stand to the right
 * of the panel at the last defined values, pushed apart, with a thin leader where one had to move.
 *   PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_chart_lines(pal_canvas *canvas, const pal_panel *panel, const pal_line *lines, size_t n,
                                        pal_error *err);

/* One band between two lines (quantiles); NaN ends a piece. */
PAL_MUST_USE pal_status pal_chart_band(pal_canvas *canvas, const pal_panel *panel, const double *x, const double *lo,
                                       const double *hi, size_t n, pal_role role, double alpha, pal_error *err);

/* A legend in rows no wider than `width`; line = a stroke, else a swatch. Returns the y below it. */
typedef struct pal_legend_key { const char *label; pal_role role; pal_dash dash; bool line; } pal_legend_key;
double pal_legend(pal_canvas *canvas, double x, double y, double width, const pal_legend_key *keys, size_t n);

#endif

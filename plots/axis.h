/* Scales, round ticks, and the frame of a plot. */
#ifndef PAL_PLOTS_AXIS_H
#define PAL_PLOTS_AXIS_H

#include "plots/canvas.h"
#include "plots/number.h"

#include <stddef.h>

#define PAL_MAX_TICKS 24

/* Type sizes of every figure, in points. */
#define PAL_SIZE_TITLE 11.0
#define PAL_SIZE_LABEL 9.0
#define PAL_SIZE_TICK 8.0
#define PAL_SIZE_SMALL 7.0
/* Full page width and the margin on its left and right. */
#define PAL_PAGE_WIDTH 516.0
#define PAL_MARGIN 12.0

typedef struct pal_range { double lo, hi; } pal_range; /* lo > hi: nothing seen yet */

pal_range pal_range_empty(void);
bool pal_range_is_empty(pal_range range);
void pal_range_add(pal_range *range, double value); /* NaN and infinities are passed over */
/* The range plus `share` of its width on both sides; a single value gets a width of its own. */
pal_range pal_range_padded(pal_range range, double share);
/* Cut to [lo, hi]: a share never shows values below 0 or above 1. */
pal_range pal_range_within(pal_range range, double lo, double hi);

typedef struct pal_ticks {
    double at[PAL_MAX_TICKS];
    int n;
    double step;  /* 1, 2 or 5 times a power of ten */
    int decimals; /* enough to tell neighbours apart */
} pal_ticks;

/*
 * Round ticks inside [lo, hi], about `wanted` of them (at most 1.6 * wanted + 1, for steps nearest in ratio).
 * Source: Heckbert, Nice numbers for graph labels, Graphics Gems (1990); ours keeps ticks inside the range.
 */
pal_ticks pal_ticks_make(double lo, double hi, int wanted);
/* The same at whole numbers only (rounds, slots). */
pal_ticks pal_ticks_whole(double lo, double hi, int wanted);

/* The plotting area of a chart and its two linear scales. */
typedef struct pal_panel {
    double x, y, w, h;
    pal_range xs, ys;
} pal_panel;

double pal_panel_x(const pal_panel *panel, double value);
double pal_panel_y(const pal_panel *panel, double value);

pal_font pal_font_title(void);
pal_font pal_font_label(pal_role role, pal_anchor anchor);
pal_font pal_font_tick(pal_anchor anchor);
pal_font pal_font_small(pal_role role, pal_anchor anchor);

/* Title and grey subtitle at the head of a page; returns the y below them. */
double pal_head(pal_canvas *canvas, const char *title, const char *subtitle);
/* Semibold name of a panel above it, and in grey what its y axis measures. */
void pal_panel_name(pal_canvas *canvas, const pal_panel *panel, const char *name, const char *measure);
/* Horizontal grid lines with values on the left. */
void pal_axis_y(pal_canvas *canvas, const pal_panel *panel, const pal_ticks *ticks, pal_number_form unit);
/* The line at the foot with ticks and values; title at its right end below (NULL = none). */
void pal_axis_x(pal_canvas *canvas, const pal_panel *panel, const pal_ticks *ticks, pal_number_form unit,
                const char *title);
/* "no data: reason" in the middle of an empty frame. */
void pal_no_data(pal_canvas *canvas, const pal_panel *panel, const char *reason);

#endif

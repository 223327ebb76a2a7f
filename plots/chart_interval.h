/* Dots with intervals on a horizontal scale, a row each. */
#ifndef PAL_PLOTS_CHART_INTERVAL_H
#define PAL_PLOTS_CHART_INTERVAL_H

#include "plots/axis.h"
#include "plots/canvas.h"
#include "plots/run_data.h"

/* The range of n estimates, intervals included. */
void pal_range_add_estimate(pal_range *range, pal_estimate e);
/* A dot at the value and a line from lo to hi at height y of the panel; nothing when the value is undefined. */
void pal_chart_dot(pal_canvas *canvas, const pal_panel *panel, double y, pal_estimate e, pal_role role,
                   pal_marker marker, bool hollow);
/* Vertical grid lines with values below. */
void pal_axis_x_grid(pal_canvas *canvas, const pal_panel *panel, const pal_ticks *ticks, pal_number_form unit);
/* The line of no difference. */
void pal_zero_line(pal_canvas *canvas, const pal_panel *panel);

#endif

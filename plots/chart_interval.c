/* Dots with intervals on a horizontal scale. */
#include "plots/chart_interval.h"

#include <math.h>

void pal_range_add_estimate(pal_range *range, pal_estimate e)
{
    pal_range_add(range, e.value);
    pal_range_add(range, e.lo);
    pal_range_add(range, e.hi);
}

void pal_chart_dot(pal_canvas *canvas, const pal_panel *panel, double y, pal_estimate e, pal_role role,
                   pal_marker marker, bool hollow)
{
    double x = pal_panel_x(panel, e.value);

    if (!isfinite(e.value)) {
        return;
    }
    if (isfinite(e.lo) && isfinite(e.hi)) {
        pal_canvas_line(canvas, pal_panel_x(panel, e.lo), y, pal_panel_x(panel, e.hi), y,
                        (pal_pen){ role, 1.4, PAL_SOLID, 0 });
    }
    if (hollow) {
        pal_canvas_disc(canvas, x, y, 2.6, PAL_PAPER, 1);
        pal_canvas_circle(canvas, x, y, 2.6, (pal_pen){ role, 1.1, PAL_SOLID, 0 });
    } else {
        pal_canvas_marker(canvas, x, y, 5.6, marker, role, 1);
    }
}

void pal_axis_x_grid(pal_canvas *canvas, const pal_panel *panel, const pal_ticks *ticks, pal_number_form unit)
{
    char text[PAL_SHOWN_MAX];
    double foot = panel->y + panel->h, end = 0;

    for (int i = 0; i < ticks->n; i++) {
        double x = pal_panel_x(panel, ticks->at[i]), w;

        pal_show_unit(text, ticks->at[i], unit, ticks->decimals);
        w = pal_canvas_text_width(canvas, text, pal_font_tick(PAL_LEFT));
        pal_canvas_line(canvas, x, panel->y, x, foot, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
        if (x - w / 2 > end) {
            pal_canvas_text(canvas, x, foot + 10, text, pal_font_tick(PAL_MIDDLE));
            end = x + w / 2 + 4;
        }
    }
}

void pal_zero_line(pal_canvas *canvas, const pal_panel *panel)
{
    double x = pal_panel_x(panel, 0);

    if (panel->xs.lo <= 0 && panel->xs.hi >= 0) {
        pal_canvas_line(canvas, x, panel->y, x, panel->y + panel->h, (pal_pen){ PAL_AXIS, 0.9, PAL_SOLID, 0 });
    }
}

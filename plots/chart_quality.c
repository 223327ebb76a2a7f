/* ROC curves and reliability diagrams. */
#include "plots/chart_quality.h"

#include <math.h>

static void draw_diagonal(pal_canvas *canvas, const pal_panel *panel)
{
    pal_canvas_line(canvas, panel->x, panel->y + panel->h, panel->x + panel->w, panel->y,
                    (pal_pen){ PAL_AXIS, 0.8, PAL_DASHED, 0 });
}

pal_status pal_chart_roc(pal_canvas *canvas, pal_panel *panel, const pal_line *lines, size_t n, const char *no_data,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ticks ticks = pal_ticks_make(0, 1, 5);

    if (n == 0) {
        pal_no_data(canvas, panel, no_data);
        return PAL_OK;
    }
    panel->xs = panel->ys = (pal_range){ 0, 1 };
    pal_axis_y(canvas, panel, &ticks, PAL_UNIT_PLAIN);
    pal_axis_x(canvas, panel, &ticks, PAL_UNIT_PLAIN, "false positive rate");
    draw_diagonal(canvas, panel);
    PAL_TRY(pal_chart_lines(canvas, panel, lines, n, err));

done:
    return rc;
}

/* From zero, as far as there is data, and the same both ways: honesty is the diagonal. */
static void set_scales(pal_panel *panel, const pal_bin *bins, size_t n, bool whole)
{
    panel->xs = pal_range_empty();
    for (size_t b = 0; b < n; b++) {
        pal_range_add(&panel->xs, bins[b].mean_p);
        pal_range_add(&panel->xs, bins[b].mean_y);
        pal_range_add(&panel->xs, bins[b].hi);
    }
    panel->xs = (pal_range){ 0, whole || pal_range_is_empty(panel->xs) ? 1 : fmin(1, panel->xs.hi * 1.08) };
    panel->xs.hi = panel->xs.hi > 0 ? panel->xs.hi : 1;
    panel->ys = panel->xs;
}

void pal_chart_reliability(pal_canvas *canvas, pal_panel *panel, const pal_bin *bins, size_t n, pal_role role,
                           bool whole, const char *no_data)
{
    pal_ticks ticks;
    double most = 0;

    if (n == 0) {
        pal_no_data(canvas, panel, no_data);
        return;
    }
    set_scales(panel, bins, n, whole);
    ticks = pal_ticks_make(0, panel->xs.hi, 5);
    pal_axis_y(canvas, panel, &ticks, PAL_UNIT_PLAIN);
    pal_axis_x(canvas, panel, &ticks, PAL_UNIT_PLAIN, "predicted");
    draw_diagonal(canvas, panel);
    for (size_t b = 0; b < n; b++) {
        most = fmax(most, isfinite(bins[b].n) ? bins[b].n : 0);
    }
    for (size_t b = 0; b < n; b++) {
        const pal_bin *bin = &bins[b];
        double x = pal_panel_x(panel, bin->mean_p), y = pal_panel_y(panel, bin->mean_y);
        double size = most > 0 && bin->n > 0 ? 1.2 + 2.4 * sqrt(bin->n / most) : 1.2;

        if (!isfinite(x) || !isfinite(y)) {
            continue;
        }
        if (isfinite(bin->lo) && isfinite(bin->hi)) {
            pal_canvas_line(canvas, x, pal_panel_y(panel, bin->lo), x, pal_panel_y(panel, bin->hi),
                            (pal_pen){ role, 1.1, PAL_SOLID, 0 });
        }
        pal_canvas_disc(canvas, x, y, size, role, 0.85);
    }
}

/* Histograms and heat maps. */
#include "plots/chart_bar.h"

#include "plots/read.h"

#include <math.h>
#include <stdio.h>

enum { MAX_BARS = 400 };

bool pal_chart_histogram(pal_canvas *canvas, pal_panel *panel, const pal_json *histogram, pal_role role, bool axis)
{
    const pal_json *counts = pal_look_array(histogram, "counts");
    double lo = pal_look_number(histogram, "lo"), hi = pal_look_number(histogram, "hi"), most = 0;
    double rects[MAX_BARS][4];
    size_t n = pal_look_size(counts), drawn = 0;
    double w;

    if (n == 0 || n > MAX_BARS || !(lo < hi)) {
        pal_no_data(canvas, panel, "no histogram");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, pal_look_at(counts, i));
    }
    panel->xs = (pal_range){ lo, hi };
    panel->ys = (pal_range){ 0, most > 0 ? most : 1 };
    if (axis) {
        pal_ticks ticks = pal_ticks_make(panel->ys.lo, panel->ys.hi, 4);

        pal_axis_y(canvas, panel, &ticks, PAL_UNIT_COUNT);
    }
    w = panel->w / (double)n;
    for (size_t i = 0; i < n; i++) {
        double count = pal_look_at(counts, i);
        double top = pal_panel_y(panel, count);

        if (count > 0) {
            rects[drawn][0] = panel->x + w * (double)i + 0.25;
            rects[drawn][1] = top;
            rects[drawn][2] = w - 0.5;
            rects[drawn++][3] = panel->y + panel->h - top;
        }
    }
    pal_canvas_rects(canvas, (const double (*)[4])rects, drawn, role, 0.85);
    return true;
}

void pal_chart_heat(pal_canvas *canvas, double x, double y, double cell, const pal_json *rows,
                    const char *const *names, size_t n)
{
    char text[PAL_SHOWN_MAX];

    for (size_t i = 0; i < n; i++) {
        pal_font font = pal_font_tick(PAL_RIGHT);

        font.role = PAL_INK;
        snprintf(text, sizeof text, "%.40s  %zu", names[i], i + 1);
        for (char *c = text; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        pal_canvas_text(canvas, x - 6, y + cell * ((double)i + 0.5) + 3, text, font);
        snprintf(text, sizeof text, "%zu", i + 1);
        font = pal_font_tick(PAL_MIDDLE);
        pal_canvas_text(canvas, x + cell * ((double)i + 0.5), y - 5, text, font);
        for (size_t j = 0; j < n; j++) {
            double value = pal_look_at(i < pal_look_size(rows) ? pal_json_at(rows, i) : NULL, j);
            pal_font small = pal_font_small(fabs(value) > 0.8 ? PAL_ON_STAGE : PAL_INK, PAL_MIDDLE);

            pal_canvas_rect(canvas, x + cell * (double)j + 0.5, y + cell * (double)i + 0.5, cell - 1, cell - 1,
                            pal_diverging(value), 1);
            pal_canvas_text(canvas, x + cell * ((double)j + 0.5), y + cell * ((double)i + 0.5) + 2.5,
                            pal_show_fixed(text, value, 2), small);
        }
    }
}

/* The taste map of a catalog. */
#include "plots/chart_map.h"

#include "core/mem.h"
#include "plots/read.h"

#include <math.h>
#include <stdio.h>

enum { LEVELS = 6, MAX_NAMES = 64 };

bool pal_map_fit(pal_panel *panel, const pal_json *catalog, double w, double max_height)
{
    const pal_json *map = pal_look_object(catalog, "map");
    double x0 = pal_look_number(map, "x0"), y0 = pal_look_number(map, "y0"), cell = pal_look_number(map, "cell");
    double columns = pal_look_number(map, "columns"), rows = pal_look_number(map, "rows"), scale;

    if (!(cell > 0 && columns > 0 && rows > 0) || !isfinite(x0) || !isfinite(y0)) {
        return false;
    }
    scale = fmin(w / columns, max_height / rows);
    panel->w = columns * scale;
    panel->h = rows * scale;
    panel->xs = (pal_range){ x0, x0 + columns * cell };
    panel->ys = (pal_range){ y0, y0 + rows * cell };
    return true;
}

static double most_items(const pal_json *cells)
{
    double most = 1;

    for (size_t i = 0; i < pal_look_size(cells); i++) {
        double count = pal_look_at(pal_json_at(cells, i), 2);

        most = isfinite(count) ? fmax(most, count) : most;
    }
    return most;
}

/* All cells of one level in one go. */
static size_t cells_of_level(double (*rects)[4], const pal_panel *panel, const pal_json *map, double most, int level)
{
    const pal_json *cells = pal_look_array(map, "cells");
    double x0 = pal_look_number(map, "x0"), y0 = pal_look_number(map, "y0"), cell = pal_look_number(map, "cell");
    size_t n = 0;

    for (size_t i = 0; i < pal_look_size(cells); i++) {
        const pal_json *entry = pal_json_at(cells, i);
        double column = pal_look_at(entry, 0), row = pal_look_at(entry, 1), count = pal_look_at(entry, 2);
        int at = count > 0 ? (int)fmin(LEVELS * log1p(count) / log1p(most), LEVELS - 1) : -1;

        if (at == level && isfinite(column) && isfinite(row)) {
            double left = pal_panel_x(panel, x0 + cell * column), right = pal_panel_x(panel, x0 + cell * (column + 1));
            double top = pal_panel_y(panel, y0 + cell * (row + 1)), foot = pal_panel_y(panel, y0 + cell * row);

            rects[n][0] = left;
            rects[n][1] = top;
            rects[n][2] = right - left;
            rects[n++][3] = foot - top;
        }
    }
    return n;
}

static void draw_axis_names(pal_canvas *canvas, const pal_panel *panel, const pal_json *map)
{
    const pal_json *explained = pal_look_array(map, "explained");
    char share[PAL_SHOWN_MAX], text[120];

    pal_canvas_frame(canvas, panel->x, panel->y, panel->w, panel->h, (pal_pen){ PAL_GRID, 0.7, PAL_SOLID, 0 });
    snprintf(text, sizeof text, "first component, %.20s of the variance \xe2\x86\x92",
             pal_show_percent(share, pal_look_at(explained, 0), 0));
    pal_canvas_text(canvas, panel->x + panel->w, panel->y + panel->h + 12, text, pal_font_tick(PAL_RIGHT));
    snprintf(text, sizeof text, "\xe2\x86\x91 second component, %.20s",
             pal_show_percent(share, pal_look_at(explained, 1), 0));
    pal_canvas_text(canvas, panel->x, panel->y - 5, text, pal_font_tick(PAL_LEFT));
}

pal_status pal_map_draw(pal_canvas *canvas, const pal_panel *panel, const pal_json *catalog, bool coloured,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *map = pal_look_object(catalog, "map");
    const pal_json *cells = pal_look_array(map, "cells");
    double (*rects)[4] = NULL;
    double most = most_items(cells);

    PAL_NEW(rects, pal_look_size(cells) + 1);
    for (int level = 0; level < LEVELS; level++) {
        size_t n = cells_of_level(rects, panel, map, most, level);
        double t = (level + 0.5) / LEVELS;

        pal_canvas_rects(canvas, (const double (*)[4])rects, n, coloured ? pal_sequential(t) : PAL_SUBTLE,
                         coloured ? 1 : 0.03 + 0.25 * t);
    }
    draw_axis_names(canvas, panel, map);

done:
    pal_free(rects);
    return rc;
}

/* Two boxes around centres, half sizes given, keep clear of each other. */
static bool clear_of(double dx, double dy, double half_w, double half_h)
{
    return fabs(dx) >= half_w || fabs(dy) >= half_h;
}

void pal_map_names(pal_canvas *canvas, const pal_panel *panel, const pal_json *catalog, pal_role role,
                   const double (*marks)[2], size_t n_marks)
{
    const pal_json *clusters = pal_look_array(catalog, "clusters");
    double x[MAX_NAMES], y[MAX_NAMES], half[MAX_NAMES];
    size_t n = 0;
    pal_font font = pal_font_small(role, PAL_MIDDLE);

    for (size_t i = 0; i < pal_look_size(clusters) && n < MAX_NAMES; i++) {
        const pal_json *cluster = pal_json_at(clusters, i), *at = pal_look_array(cluster, "map");
        const char *label = pal_look_text(cluster, "label", "");
        double px = pal_panel_x(panel, pal_look_at(at, 0)), py = pal_panel_y(panel, pal_look_at(at, 1));
        static const double shifts[] = { 0, -9, 9, -18, 18, -27, 27 };

        if (!isfinite(px) || !isfinite(py)) {
            continue;
        }
        half[n] = pal_canvas_text_width(canvas, label, font) / 2 + 2;
        x[n] = fmin(fmax(px, panel->x + half[n]), panel->x + panel->w - half[n]);
        for (size_t s = 0; s < sizeof shifts / sizeof shifts[0]; s++) {
            bool ok = py + shifts[s] > panel->y + 9 && py + shifts[s] < panel->y + panel->h - 3;

            y[n] = py + shifts[s];
            for (size_t k = 0; k < n && ok; k++) {
                ok = clear_of(x[n] - x[k], y[n] - y[k], half[n] + half[k], 8.5);
            }
            for (size_t k = 0; k < n_marks && ok; k++) {
                ok = clear_of(x[n] - marks[k][0], y[n] - marks[k][1], half[n] + 7, 11);
            }
            if (ok) {
                pal_canvas_text(canvas, x[n], y[n] + 2.5, label, font);
                n++;
                break;
            }
        }
    }
}

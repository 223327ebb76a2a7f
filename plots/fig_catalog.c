/* Figures of a catalog. */
#include "plots/fig_catalog.h"

#include "plots/axis.h"
#include "plots/catalog_numbers.h"
#include "plots/chart_bar.h"
#include "plots/chart_map.h"
#include "plots/read.h"

#include <math.h>
#include <stdio.h>

enum { A_ROW = 3, CELL_W = 166, CELL_H = 116, TOP = 44, HEAT = 36, MAX_HEAT = PAL_CATALOG_MOST_HEAT, MAX_MAP_HEIGHT = 372 };

static const char *source_line(char out[240], const pal_json *catalog)
{
    char items[PAL_SHOWN_MAX], artists[PAL_SHOWN_MAX];

    snprintf(out, 240, "%.100s \xc2\xb7 %.20s songs by %.20s artists, %.0f genres",
             pal_look_text(catalog, "source", "catalog"), pal_show_count(items, pal_look_number(catalog, "items")),
             pal_show_count(artists, pal_look_number(catalog, "artists")), pal_look_number(catalog, "genres"));
    return out;
}

static double features_height(const pal_json *catalog)
{
    size_t rows = (pal_look_size(pal_look_array(catalog, "features")) + A_ROW - 1) / A_ROW;

    return TOP + CELL_H * (double)(rows == 0 ? 1 : rows) + 4;
}

static void draw_feature(pal_canvas *canvas, const pal_json *feature, double x, double y)
{
    pal_panel panel = { .x = x, .y = y + 28, .w = CELL_W - 26, .h = 52 };
    double median = pal_look_number(feature, "q50");
    const char *unit = pal_look_text(feature, "unit", "");
    char text[160], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    pal_ticks ticks;

    snprintf(text, sizeof text, "%.100s", pal_look_text(feature, "name", "?"));
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    pal_canvas_text(canvas, x, y + 11, text,
                    (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = CELL_W - 18 });
    snprintf(text, sizeof text, "median %.20s%s%.20s \xc2\xb7 sd %.20s",
             pal_show_fixed(a, median, fabs(median) >= 10 ? 0 : 2),
             unit[0] != '\0' ? " " : "", unit,
             pal_show_fixed(b, pal_look_number(feature, "sd"), fabs(median) >= 10 ? 0 : 2));
    pal_canvas_text(canvas, x, y + 22, text, pal_font_tick(PAL_LEFT));
    if (!pal_chart_histogram(canvas, &panel, pal_look_object(feature, "histogram"), PAL_SERIES_0, false)) {
        return;
    }
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 4);
    pal_axis_x(canvas, &panel, &ticks, PAL_UNIT_PLAIN, NULL);
    if (median >= panel.xs.lo && median <= panel.xs.hi) {
        double at = pal_panel_x(&panel, median);

        pal_canvas_line(canvas, at, panel.y - 2, at, panel.y + panel.h,
                        (pal_pen){ PAL_SERIES_0 + 1, 1.2, PAL_SOLID, 0 });
    }
}

static pal_status features_draw(pal_canvas *canvas, const pal_json *catalog, pal_error *err)
{
    const pal_json *features = pal_look_array(catalog, "features");
    char text[240];

    (void)err;
    pal_head(canvas, "What the songs are like", source_line(text, catalog));
    for (size_t i = 0; i < pal_look_size(features); i++) {
        draw_feature(canvas, pal_json_at(features, i), PAL_MARGIN + CELL_W * (double)(i % A_ROW),
                     TOP + CELL_H * (double)(i / A_ROW));
    }
    if (pal_look_size(features) == 0) {
        pal_panel panel = { .x = PAL_MARGIN, .y = TOP, .w = 300, .h = 80 };

        pal_no_data(canvas, &panel, "the catalog has no features");
    }
    return PAL_OK;
}

static double map_height(const pal_json *catalog)
{
    pal_panel panel;

    return pal_map_fit(&panel, catalog, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, MAX_MAP_HEIGHT) ? 54 + panel.h + 22 : 150;
}

static pal_status map_draw(pal_canvas *canvas, const pal_json *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_panel panel = { .x = PAL_MARGIN, .y = 54 };
    char text[240];

    pal_head(canvas, "Genre clusters on the taste map", source_line(text, catalog));
    if (!pal_map_fit(&panel, catalog, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, MAX_MAP_HEIGHT)) {
        panel = (pal_panel){ .x = PAL_MARGIN, .y = 54, .w = 300, .h = 80 };
        pal_no_data(canvas, &panel, "the catalog has no map");
        return PAL_OK;
    }
    PAL_TRY(pal_map_draw(canvas, &panel, catalog, false, err));
    pal_map_names(canvas, &panel, catalog, PAL_INK, NULL, 0);

done:
    return rc;
}

static size_t heat_size(const pal_json *catalog)
{
    size_t n = pal_look_size(pal_look_array(catalog, "features"));

    return n < MAX_HEAT ? n : MAX_HEAT;
}

static double correlation_height(const pal_json *catalog)
{
    return 64 + HEAT * (double)(heat_size(catalog) > 3 ? heat_size(catalog) : 3) + 30;
}

static pal_status correlation_draw(pal_canvas *canvas, const pal_json *catalog, pal_error *err)
{
    const pal_json *features = pal_look_array(catalog, "features"), *share;
    const char *names[MAX_HEAT];
    size_t n = heat_size(catalog);
    char text[240], percent[PAL_SHOWN_MAX];
    double x = PAL_MARGIN + 96;

    (void)err;
    pal_head(canvas, "How the features hang together",
             "correlation over songs \xc2\xb7 right: share of a feature's variance between genres");
    if (n == 0) {
        pal_panel panel = { .x = PAL_MARGIN, .y = 54, .w = 300, .h = 80 };

        pal_no_data(canvas, &panel, "the catalog has no features");
        return PAL_OK;
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = pal_look_text(pal_json_at(features, i), "name", "?");
    }
    pal_chart_heat(canvas, x, 64, HEAT, pal_look_array(catalog, "correlation"), names, n);
    share = pal_look_array(catalog, "genre_share_of_variance");
    for (size_t i = 0; i < n && i < pal_look_size(share); i++) {
        double value = pal_look_at(share, i), left = x + HEAT * (double)n + 10, y = 64 + HEAT * ((double)i + 0.5);

        if (isfinite(value) && value >= 0) {
            pal_canvas_rect(canvas, left, y - 4, 36 * fmin(value, 1), 8, PAL_SERIES_0, 0.85);
        }
        snprintf(text, sizeof text, "%s", pal_show_percent(percent, value, 0));
        pal_canvas_text(canvas, left + 36 * (isfinite(value) ? fmin(fmax(value, 0), 1) : 0) + 3, y + 3, text,
                        pal_font_tick(PAL_LEFT));
    }
    return PAL_OK;
}

static double popularity_height(const pal_json *catalog)
{
    (void)catalog;
    return 220;
}

static pal_status popularity_draw(pal_canvas *canvas, const pal_json *catalog, pal_error *err)
{
    static const char *const marks[] = { "50 %", "75 %", "90 %", "95 %", "99 %", "most" };
    const pal_json *popularity = pal_look_object(catalog, "popularity");
    const pal_json *artists = pal_look_object(catalog, "artist_size"), *sizes = pal_look_array(artists, "q");
    pal_panel panel = { .x = PAL_MARGIN + 40, .y = 64, .w = 260, .h = 110 };
    char text[240], number[PAL_SHOWN_MAX];
    pal_ticks ticks;

    (void)err;
    pal_head(canvas, "How popularity and artists spread", source_line(text, catalog));
    snprintf(text, sizeof text, "songs by popularity, %.20s have none",
             pal_show_percent(number, pal_look_number(popularity, "zero_share"), 0));
    pal_panel_name(canvas, &panel, "Popularity", text);
    if (pal_chart_histogram(canvas, &panel, pal_look_object(popularity, "histogram"), PAL_SERIES_0, true)) {
        ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 5);
        pal_axis_x(canvas, &panel, &ticks, PAL_UNIT_PLAIN, "popularity");
    }
    snprintf(text, sizeof text, "songs an artist has \xc2\xb7 Gini %.20s",
             pal_show_fixed(number, pal_look_number(artists, "gini"), 2));
    panel.x = 346;
    pal_panel_name(canvas, &panel, "Artists", NULL);
    pal_canvas_text(canvas, panel.x, panel.y + 6, text, pal_font_tick(PAL_LEFT));
    for (size_t i = 0; i < 6 && i < pal_look_size(sizes); i++) {
        pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);

        pal_canvas_text(canvas, panel.x, panel.y + 24 + 14 * (double)i, marks[i], pal_font_label(PAL_SUBTLE, PAL_LEFT));
        pal_canvas_text(canvas, panel.x + 90, panel.y + 24 + 14 * (double)i,
                        pal_show_count(number, pal_look_at(sizes, i)), font);
    }
    return PAL_OK;
}

static const pal_catalog_figure figures[] = {
    { "catalog-features", "Features of the catalog", features_height, features_draw, pal_catalog_features_numbers },
    { "catalog-map", "Genre clusters on the taste map", map_height, map_draw, pal_catalog_map_numbers },
    { "catalog-correlation", "Correlation of the features", correlation_height, correlation_draw, pal_catalog_correlation_numbers },
    { "catalog-popularity", "Popularity and artists", popularity_height, popularity_draw, pal_catalog_popularity_numbers },
};

const pal_catalog_figure *pal_catalog_figure_at(size_t i)
{
    return i < sizeof figures / sizeof figures[0] ? &figures[i] : NULL;
}

/* A bar a person from 0 to the cosine, with the shared songs and genres beside it. */
#include "plots/fig_match.h"

#include "plots/axis.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/svg_pack.h"

#include <stdio.h>

enum { ROW = 18, TOP = 62, FOOT = 14, NAME_W = 70, BAR_X = 90, BAR_W = 150, VALUE_X = 246, SHARED_X = 318,
       GENRE_X = 330 };

static void draw_row(pal_canvas *canvas, const pal_match_row *row, double least, double y)
{
    char value[PAL_SHOWN_MAX], shared[32];
    pal_font name = pal_font_label(PAL_INK, PAL_LEFT), tick = pal_font_tick(PAL_LEFT), right = pal_font_tick(PAL_RIGHT);
    double zero = BAR_X + BAR_W * (0 - least) / (1 - least), at = BAR_X + BAR_W * (row->cosine - least) / (1 - least);

    name.max_width = NAME_W;
    pal_canvas_text(canvas, PAL_MARGIN, y + 4, row->person, name);
    pal_canvas_rect(canvas, at < zero ? at : zero, y - 5, at < zero ? zero - at : at - zero, 10, PAL_SERIES_0, 0.85);
    pal_canvas_text(canvas, VALUE_X, y + 3.5, pal_show_signed(value, row->cosine, 2), tick);
    snprintf(shared, sizeof shared, "%zu", row->shared);
    pal_canvas_text(canvas, SHARED_X, y + 3.5, shared, right);
    tick.max_width = PAL_PAGE_WIDTH - PAL_MARGIN - GENRE_X;
    pal_canvas_text(canvas, GENRE_X, y + 3.5, row->genres[0] != '\0' ? row->genres : "–", tick);
}

static void draw_head(pal_canvas *canvas, const char *title)
{
    pal_font tick = pal_font_tick(PAL_LEFT);

    pal_head(canvas, title, "cosine of the vectors of a two-tower model; items both have; genres both like");
    pal_canvas_text(canvas, PAL_MARGIN, TOP - 12, "person", tick);
    pal_canvas_text(canvas, BAR_X, TOP - 12, "cosine", tick);
    pal_canvas_text(canvas, SHARED_X, TOP - 12, "shared", pal_font_tick(PAL_RIGHT));
    pal_canvas_text(canvas, GENRE_X, TOP - 12, "genres", tick);
}

pal_status pal_match_render(pal_text *out, const char *person, const pal_match_row *row, size_t n, pal_format format,
                            pal_theme theme, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_canvas *canvas = NULL;
    pal_text drawn = { 0 };
    double height = TOP + ROW * (double)n + FOOT, least = 0;
    char title[160];

    snprintf(title, sizeof title, "Who is nearest to %.100s?", person);
    for (size_t i = 0; i < n; i++) least = row[i].cosine < least ? row[i].cosine : least;
    PAL_TRY(pal_canvas_new(&canvas, format, theme, PAL_PAGE_WIDTH, height, err));
    draw_head(canvas, title);
    for (size_t i = 0; i < n; i++) draw_row(canvas, &row[i], least, TOP + ROW * (double)i + 4);
    pal_canvas_line(canvas, BAR_X + BAR_W * (0 - least) / (1 - least), TOP - 6,
                    BAR_X + BAR_W * (0 - least) / (1 - least), height - FOOT,
                        (pal_pen){ .role = PAL_AXIS, .width = 0.75 });
    if (format == PAL_FORMAT_SVG) {
        PAL_TRY(pal_canvas_finish(canvas, title, &drawn, err));
        PAL_TRY(pal_svg_pack(out, drawn.bytes, drawn.n, "", title, NULL, err));
    } else {
        PAL_TRY(pal_canvas_finish(canvas, title, out, err));
    }

done:
    pal_canvas_free(canvas);
    pal_text_clear(&drawn);
    return rc;
}

void pal_match_numbers(pal_text *csv, const char *person, const pal_match_row *row, size_t n)
{
    pal_data_head(csv, "person,near,cosine,shared,genres");
    for (size_t i = 0; i < n; i++) {
        pal_data_text(csv, person);
        pal_data_text(csv, row[i].person);
        pal_data_number(csv, row[i].cosine);
        pal_data_number(csv, (double)row[i].shared);
        pal_data_text(csv, row[i].genres);
        pal_data_end(csv);
    }
}

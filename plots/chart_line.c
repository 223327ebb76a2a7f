/* Lines with interval bands and labels at their ends. */
#include "plots/chart_line.h"

#include "core/mem.h"
#include "plots/label.h"

#include <math.h>

#define BAND_ALPHA 0.2
#define LABEL_GAP 10.5   /* between label baselines */
#define LABEL_SHIFT 12.0 /* from the plot's edge to the text */

pal_range pal_lines_range_x(const pal_line *lines, size_t n)
{
    pal_range range = pal_range_empty();

    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < lines[k].n; i++) {
            pal_range_add(&range, lines[k].x[i]);
        }
    }
    return range;
}

pal_range pal_lines_range_y(const pal_line *lines, size_t n)
{
    pal_range range = pal_range_empty();

    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < lines[k].n; i++) {
            pal_range_add(&range, lines[k].y[i]);
            if (lines[k].lo != NULL) {
                pal_range_add(&range, lines[k].lo[i]);
                pal_range_add(&range, lines[k].hi[i]);
            }
        }
    }
    return range;
}

double pal_lines_label_width(pal_canvas *canvas, const pal_line *lines, size_t n)
{
    double widest = 0;

    for (size_t k = 0; k < n; k++) {
        widest = fmax(widest, pal_canvas_text_width(canvas, lines[k].label, pal_font_label(PAL_INK, PAL_LEFT)));
    }
    return widest == 0 ? 0 : fmin(widest, 120) + LABEL_SHIFT + 4;
}

/* Pixels of one piece of band: up along hi, back along lo. */
static void draw_piece(pal_canvas *canvas, const pal_panel *panel, const double *x, const double *lo, const double *hi,
                       size_t begin, size_t end, double *px, double *py, pal_role role, double alpha)
{
    size_t n = 0;

    for (size_t i = begin; i < end; i++, n++) {
        px[n] = pal_panel_x(panel, x[i]);
        py[n] = pal_panel_y(panel, hi[i]);
    }
    for (size_t i = end; i > begin; i--, n++) {
        px[n] = pal_panel_x(panel, x[i - 1]);
        py[n] = pal_panel_y(panel, lo[i - 1]);
    }
    pal_canvas_polygon(canvas, px, py, n, role, alpha, NULL);
}

pal_status pal_chart_band(pal_canvas *canvas, const pal_panel *panel, const double *x, const double *lo,
                          const double *hi, size_t n, pal_role role, double alpha, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *px = NULL, *py = NULL;

    PAL_NEW(px, 2 * n + 2);
    PAL_NEW(py, 2 * n + 2);
    for (size_t begin = 0; begin < n;) {
        size_t end = begin;

        while (end < n && isfinite(lo[end]) && isfinite(hi[end])) {
            end++;
        }
        if (end > begin + 1) {
            draw_piece(canvas, panel, x, lo, hi, begin, end, px, py, role, alpha);
        }
        begin = end + 1;
    }

done:
    pal_free(px);
    pal_free(py);
    return rc;
}

static pal_status draw_line(pal_canvas *canvas, const pal_panel *panel, const pal_line *line, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *px = NULL, *py = NULL;

    PAL_NEW(px, line->n + 1);
    PAL_NEW(py, line->n + 1);
    for (size_t i = 0; i < line->n; i++) {
        px[i] = pal_panel_x(panel, line->x[i]);
        py[i] = pal_panel_y(panel, line->y[i]);
    }
    pal_canvas_polyline(canvas, px, py, line->n, (pal_pen){ line->role, line->width, line->dash, 0 });

done:
    pal_free(px);
    pal_free(py);
    return rc;
}

/* Index of the last defined value, or n. */
static size_t last_point(const pal_line *line)
{
    for (size_t i = line->n; i > 0; i--) {
        if (isfinite(line->y[i - 1])) {
            return i - 1;
        }
    }
    return line->n;
}

static void draw_labels(pal_canvas *canvas, const pal_panel *panel, const pal_line *lines, size_t n)
{
    double at[PAL_MAX_LABELS], y[PAL_MAX_LABELS];
    double edge = panel->x + panel->w;
    double foot = panel->y + panel->h;

    for (size_t k = 0; k < n; k++) {
        size_t last = last_point(&lines[k]);

        at[k] = lines[k].label == NULL || last == lines[k].n
                    ? NAN : fmin(fmax(pal_panel_y(panel, lines[k].y[last]), panel->y), foot);
        y[k] = at[k];
    }
    pal_labels_spread(y, n, LABEL_GAP, panel->y, foot);
    for (size_t k = 0; k < n; k++) {
        pal_font font = pal_font_label(pal_text_role(lines[k].role), PAL_LEFT);

        if (isnan(at[k])) {
            continue;
        }
        font.max_width = 120;
        pal_canvas_line(canvas, edge + 1, at[k], edge + LABEL_SHIFT - 2, y[k],
                        (pal_pen){ lines[k].role, 0.6, PAL_SOLID, 0.7 });
        pal_canvas_text(canvas, edge + LABEL_SHIFT, y[k] + PAL_SIZE_LABEL * 0.35, lines[k].label, font);
    }
}

pal_status pal_chart_lines(pal_canvas *canvas, const pal_panel *panel, const pal_line *lines, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_ASSERT(n <= PAL_MAX_LABELS);
    pal_canvas_clip(canvas, panel->x, panel->y - 1, panel->w + 1, panel->h + 2);
    for (size_t k = 0; k < n && rc == PAL_OK; k++) {
        if (lines[k].lo != NULL) {
            rc = pal_chart_band(canvas, panel, lines[k].x, lines[k].lo, lines[k].hi, lines[k].n, lines[k].role,
                                BAND_ALPHA, err);
        }
    }
    for (size_t k = 0; k < n && rc == PAL_OK; k++) {
        rc = draw_line(canvas, panel, &lines[k], err);
    }
    pal_canvas_unclip(canvas);
    PAL_TRY(rc);
    draw_labels(canvas, panel, lines, n);

done:
    return rc;
}

double pal_legend(pal_canvas *canvas, double x, double y, double width, const pal_legend_key *keys, size_t n)
{
    double at = x;

    for (size_t k = 0; k < n; k++) {
        double mark = keys[k].line ? 18 : 9;
        double w = mark + 5 + pal_canvas_text_width(canvas, keys[k].label, pal_font_tick(PAL_LEFT));
        pal_font font = pal_font_tick(PAL_LEFT);

        font.role = PAL_INK;
        if (at > x && at + w > x + width) {
            at = x;
            y += 13;
        }
        if (keys[k].line) {
            pal_canvas_line(canvas, at, y - 3, at + mark, y - 3, (pal_pen){ keys[k].role, 1.8, keys[k].dash, 0 });
        } else {
            pal_canvas_rect(canvas, at, y - 7, mark, 8, keys[k].role, 1);
        }
        pal_canvas_text(canvas, at + mark + 4, y, keys[k].label, font);
        at += w + 14;
    }
    return y + 8;
}

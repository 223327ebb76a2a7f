/* Small panels and rows of dots. */
#include "plots/fig_long.h"

#include "plots/chart_interval.h"
#include "plots/figure_data.h"

#include <math.h>

/* Does a series hold anything to draw? */
static bool is_drawn(const double *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isfinite(value[i])) {
            return true;
        }
    }
    return false;
}

size_t pal_long_lines(pal_line *lines, double x[2], double y[2], const pal_rundata *run, const pal_long_panel *p)
{
    size_t order[PAL_MAX_ARMS], n = 0;

    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];
        const pal_series *s = pal_long_series(run, order[k], p->measure);

        if (s->n > 0 && is_drawn(p->diff ? s->diff : s->value, s->n)) {
            lines[n++] = (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash, .width = pal_arm_width(arm),
                                     .n = s->n, .x = s->x, .y = p->diff ? s->diff : s->value,
                                     .lo = p->diff ? s->diff_lo : s->lo, .hi = p->diff ? s->diff_hi : s->hi };
        }
    }
    if (n > 0 && isfinite(p->level)) {
        x[0] = lines[0].x[0];
        x[1] = lines[0].x[lines[0].n - 1];
        y[0] = y[1] = p->level;
        lines[n++] = (pal_line){ .role = PAL_SUBTLE, .dash = PAL_DOTTED, .width = 1.2, .n = 2, .x = x, .y = y };
    }
    if (n > 0 && p->mark != NULL) {
        const pal_series *s = pal_long_series(run, run->baseline, p->mark);

        lines[n++] = (pal_line){ .role = PAL_SUBTLE, .dash = PAL_DOTTED, .width = 1.2, .n = s->n, .x = s->x, .y = s->value };
    }
    return n;
}

void pal_long_name(pal_canvas *canvas, double x, const pal_panel *panel, const char *name, const char *what)
{
    pal_canvas_text(canvas, x, panel->y - 19, name,
                    (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = panel->w });
    pal_canvas_text(canvas, x, panel->y - 8, what, pal_font_tick(PAL_LEFT));
}

pal_status pal_long_draw(pal_canvas *canvas, pal_panel *panel, const pal_rundata *run, const pal_long_panel *p,
                         pal_error *err)
{
    pal_line lines[PAL_MAX_ARMS + 2];
    double x[2], y[2];
    const size_t n = pal_long_lines(lines, x, y, run, p);

    if (pal_is_crowded(run)) {
        pal_hush_lines(lines, n, run);
    }
    for (size_t k = 0; k < n; k++) {
        lines[k].label = NULL; /* the legend names them */
    }
    pal_long_name(canvas, panel->x, panel, p->name, p->what);
    return pal_draw_lines_panel(canvas, panel, lines, n, p->unit, p->is_share, "round", "not measured in this run", err);
}

void pal_long_data_rows(pal_text *csv, const pal_rundata *run, const pal_long_panel *p)
{
    pal_line lines[PAL_MAX_ARMS + 2];
    double x[2], y[2];
    const size_t n = pal_long_lines(lines, x, y, run, p);

    pal_data_lines(csv, p->name, lines, n);
}

void pal_long_dots(pal_canvas *canvas, pal_panel *panel, const pal_rundata *run, pal_long_dot of, size_t n, bool names,
                   double mark)
{
    pal_range range = pal_range_empty();
    pal_ticks ticks;

    panel->h = PAL_LONG_ROW * (double)run->n_arms;
    for (size_t i = 0; i < run->n_arms * n; i++) {
        pal_range_add_estimate(&range, of(run, i / n, i % n));
    }
    if (pal_range_is_empty(range)) {
        pal_no_data(canvas, panel, "not measured in this run");
        return;
    }
    panel->xs = pal_range_padded(range, 0.05);
    panel->xs.lo = panel->xs.lo < 0 && range.lo >= 0 ? 0 : panel->xs.lo;
    ticks = pal_ticks_make(panel->xs.lo, panel->xs.hi, 4);
    pal_axis_x_grid(canvas, panel, &ticks, PAL_UNIT_PLAIN);
    if (panel->xs.lo <= mark && mark <= panel->xs.hi) {
        pal_canvas_line(canvas, pal_panel_x(panel, mark), panel->y, pal_panel_x(panel, mark), panel->y + panel->h,
                        (pal_pen){ PAL_AXIS, 0.9, PAL_SOLID, 0 });
    }
    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_plot_arm *arm = &run->arms[a];
        const double y = panel->y + PAL_LONG_ROW * ((double)a + 0.5), step = n > 1 ? 4.2 : 0;
        pal_font font = pal_font_tick(PAL_RIGHT);

        font.max_width = panel->x - PAL_MARGIN - 8;
        font.role = PAL_INK;
        font.bold = arm->is_focus;
        if (names) {
            pal_canvas_text(canvas, panel->x - 8, y + 3, arm->label, font);
        }
        for (size_t k = n; k-- > 0;) {
            pal_chart_dot(canvas, panel, y + step * ((double)k - (double)(n - 1) / 2), of(run, a, k), arm->role, arm->marker,
                          k > 0);
        }
    }
}

double pal_long_say(pal_canvas *canvas, double y, const char *text)
{
    const double line = 13;

    return y + line * pal_canvas_paragraph(canvas, PAL_MARGIN, y, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, line, 5, text,
                                           pal_font_label(PAL_INK, PAL_LEFT));
}

void pal_long_say_estimate(pal_text *text, pal_estimate e, int decimals, bool is_signed)
{
    char value[PAL_SHOWN_MAX], interval[PAL_SHOWN_MAX];

    pal_text_addf(text, "%s %s", is_signed ? pal_show_signed(value, e.value, decimals) : pal_show_fixed(value, e.value, decimals),
                  pal_show_interval(interval, e.lo, e.hi, decimals));
}

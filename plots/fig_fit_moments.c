/* How far each statistic was from its target, before the fit and after it: a row each, in standard errors. */
#include "plots/chart_interval.h"
#include "plots/figure_data.h"
#include "plots/fit_data.h"
#include "plots/number.h"

#include <math.h>

enum { ROW = 17, TOP = 74, FOOT = 30, LABEL_W = 108, PLOT_X = 128, PLOT_W = 236, REAL_X = 410, BEFORE_X = 458, AFTER_X = 504,
       TICK_ROOM = 24 };

#define ZONE 2 /* standard errors that chance alone often makes */

static bool has(const pal_rundata *run)
{
    return pal_fitted_of(run)->n > 0;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + ROW * (double)pal_fitted_of(run)->n + FOOT;
}

/* Distances reach from parts of a standard error to hundreds: even steps near 0, steps by factors far from it. */
static double place(double off)
{
    return asinh(off);
}

static pal_estimate placed(pal_estimate e)
{
    return (pal_estimate){ place(e.value), place(e.lo), place(e.hi), e.n };
}

static void draw_scale(pal_canvas *canvas, const pal_panel *p)
{
    static const double at[] = { 0, 2, 10, 30, 100, 300, 1000, 10000, 100000 };
    const double foot = p->y + p->h, zone = pal_panel_x(p, place(ZONE)) - pal_panel_x(p, place(-ZONE));
    char text[PAL_SHOWN_MAX];

    pal_canvas_rect(canvas, pal_panel_x(p, place(-ZONE)), p->y, zone, p->h, PAL_CARD, 1);
    for (int side = -1; side <= 1; side += 2) {
        double last = -INFINITY; /* distance from 0 of the last tick, in points */

        for (size_t k = side < 0; k < sizeof at / sizeof *at; k++) {
            const double x = place(side * at[k]), out = fabs(pal_panel_x(p, x) - pal_panel_x(p, 0));

            if (x < p->xs.lo || x > p->xs.hi || out - last < TICK_ROOM) continue;
            last = out;
            pal_canvas_line(canvas, pal_panel_x(p, x), p->y, pal_panel_x(p, x), foot, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
            pal_canvas_text(canvas, pal_panel_x(p, x), foot + 10, pal_show_signed(text, side * at[k], 0), pal_font_tick(PAL_MIDDLE));
        }
    }
    pal_zero_line(canvas, p);
    pal_canvas_text(canvas, p->x + p->w / 2, foot + 21, "standard errors off the target", pal_font_tick(PAL_MIDDLE));
}

static void draw_row(pal_canvas *canvas, const pal_panel *p, const pal_fitted_moment *m, double y)
{
    char text[PAL_SHOWN_MAX];
    pal_font name = pal_font_label(PAL_INK, PAL_LEFT), value = pal_font_tick(PAL_RIGHT);
    const bool met = fabs(m->off_after.value) <= ZONE;

    name.max_width = LABEL_W;
    pal_canvas_text(canvas, PAL_MARGIN, y + 3, m->name, name);
    pal_chart_dot(canvas, p, y - 3, placed(m->off_before), PAL_BASE, PAL_DOT, true);
    pal_chart_dot(canvas, p, y + 3, placed(m->off_after), met ? PAL_GOOD : PAL_SERIES_0, PAL_DOT, false);
    pal_canvas_text(canvas, REAL_X, y + 3, pal_show_fixed(text, m->real.value, 3), value);
    pal_canvas_text(canvas, BEFORE_X, y + 3, pal_show_fixed(text, m->before, 3), value);
    value.role = PAL_INK;
    pal_canvas_text(canvas, AFTER_X, y + 3, pal_show_fixed(text, m->after, 3), value);
}

static pal_range scale_of(const pal_fitted_data *d)
{
    pal_range range = pal_range_empty();

    pal_range_add(&range, place(-2 * ZONE));
    pal_range_add(&range, place(2 * ZONE));
    for (size_t k = 0; k < d->n; k++) {
        pal_range_add_estimate(&range, placed(d->moment[k].off_before));
        pal_range_add_estimate(&range, placed(d->moment[k].off_after));
    }
    return pal_range_padded(range, 0.03);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    static const pal_legend_key keys[] = { { "before the fit", PAL_BASE, PAL_SOLID, false },
                                           { "after it, within two standard errors", PAL_GOOD, PAL_SOLID, false },
                                           { "after it, farther off", PAL_SERIES_0, PAL_SOLID, false } };
    const pal_fitted_data *d = pal_fitted_of(run);
    const pal_font head = pal_font_tick(PAL_RIGHT);
    pal_panel p = { .x = PLOT_X, .y = TOP, .w = PLOT_W, .h = ROW * (double)d->n, .xs = scale_of(d) };
    double y;

    (void)who, (void)err;
    y = pal_head(canvas, "Do fitted people look like real ones?",
                 "simulated statistics against their targets, in worlds the search has not met; 95 % intervals");
    pal_legend(canvas, PAL_MARGIN, y + 9, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, keys, sizeof keys / sizeof *keys);
    pal_canvas_text(canvas, REAL_X, TOP - 6, "target", head);
    pal_canvas_text(canvas, BEFORE_X, TOP - 6, "before", head);
    pal_canvas_text(canvas, AFTER_X, TOP - 6, "after", head);
    draw_scale(canvas, &p);
    for (size_t k = 0; k < d->n; k++) draw_row(canvas, &p, &d->moment[k], TOP + ROW * ((double)k + 0.5));
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_fitted_data *d = pal_fitted_of(run);

    (void)who;
    pal_data_head(csv, "moment,target,lo,hi,before,after,off_before,off_before_lo,off_before_hi,off_after,off_after_lo,off_after_hi");
    for (size_t k = 0; k < d->n; k++) {
        const pal_fitted_moment *m = &d->moment[k];

        pal_data_text(csv, m->name);
        pal_data_estimate(csv, m->real);
        pal_data_number(csv, m->before);
        pal_data_number(csv, m->after);
        pal_data_estimate(csv, m->off_before);
        pal_data_estimate(csv, m->off_after);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_fit_moments = {
    .name = "moments",
    .heading = "Statistics before and after the fit",
    .caption = "Each row is a statistic of the people. Its distance from the target is counted in standard errors of the "
               "difference: those of the target and those of the simulated mean together. Bars reach 1.96 of them to both sides; "
               "in the grey zone, two to both sides, chance alone may be at work. The scale is even near 0 and goes by factors "
               "farther out. A small error makes a long distance: what counts is whether target and simulated value, on the "
               "right, differ by more than matters.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

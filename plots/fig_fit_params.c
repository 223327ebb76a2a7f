/* What the statistics tell of each parameter: its interval within the range it was searched in. */
#include "plots/chart_interval.h"
#include "plots/figure_data.h"
#include "plots/fit_data.h"
#include "plots/number.h"

#include <math.h>

enum { ROW = 17, TOP = 74, FOOT = 12, LABEL_W = 150, PLOT_X = 196, PLOT_W = 176, LO_X = 188, HI_X = 380, VALUE_X = 504 };

#define HALF_WIDTH 1.96

static bool has(const pal_rundata *run)
{
    return pal_fitted_of(run)->n_params > 0;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + ROW * (double)pal_fitted_of(run)->n_params + FOOT;
}

/* Fitted value with its interval, cut at the ends of the range; no interval where the error is not known. */
static pal_estimate within(const pal_fitted_param *p)
{
    return (pal_estimate){ p->value, fmax(p->value - HALF_WIDTH * p->se, p->lo), fmin(p->value + HALF_WIDTH * p->se, p->hi), NAN };
}

static void draw_row(pal_canvas *canvas, const pal_fitted_param *q, double y)
{
    const pal_panel p = { .x = PLOT_X, .y = y, .w = PLOT_W, .h = 0, .xs = { q->lo, q->hi } };
    const pal_estimate start = { q->start, NAN, NAN, NAN };
    pal_estimate e = within(q);
    pal_font name = pal_font_label(PAL_INK, PAL_LEFT), value = pal_font_tick(PAL_RIGHT);
    char text[PAL_SHOWN_MAX];

    if (!isfinite(q->se)) { /* not told at all */
        e.lo = q->lo;
        e.hi = q->hi;
    }
    name.max_width = LABEL_W;
    pal_canvas_text(canvas, PAL_MARGIN, y + 3, q->path, name);
    pal_canvas_text(canvas, LO_X, y + 3, pal_show_fixed(text, q->lo, 2), value);
    pal_canvas_text(canvas, HI_X, y + 3, pal_show_fixed(text, q->hi, 2), pal_font_tick(PAL_LEFT));
    pal_canvas_line(canvas, p.x, y, p.x + p.w, y, (pal_pen){ PAL_GRID, 1, PAL_SOLID, 0 });
    pal_chart_dot(canvas, &p, y, e, q->identified ? PAL_SERIES_0 : PAL_BASE, PAL_DOT, false);
    pal_chart_dot(canvas, &p, y, start, PAL_INK, PAL_DOT, true);
    value.role = PAL_INK;
    pal_canvas_text(canvas, VALUE_X, y + 3, pal_show_fixed(text, q->value, 3), value);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    static const pal_legend_key keys[] = { { "fitted", PAL_SERIES_0, PAL_SOLID, false },
                                           { "fitted, not identified", PAL_BASE, PAL_SOLID, false },
                                           { "before the fit (hollow)", PAL_INK, PAL_SOLID, false } };
    const pal_fitted_data *d = pal_fitted_of(run);
    double y;

    (void)who, (void)err;
    y = pal_head(canvas, "Which parameters do the statistics tell?", "fitted values within the ranges searched; 95 % intervals");
    pal_legend(canvas, PAL_MARGIN, y + 9, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, keys, sizeof keys / sizeof *keys);
    pal_canvas_text(canvas, VALUE_X, TOP - 6, "fitted", pal_font_tick(PAL_RIGHT));
    for (size_t k = 0; k < d->n_params; k++) draw_row(canvas, &d->param[k], TOP + ROW * ((double)k + 0.5));
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_fitted_data *d = pal_fitted_of(run);

    (void)who;
    pal_data_head(csv, "parameter,start,fitted,lo,hi,range_lo,range_hi,identified");
    for (size_t k = 0; k < d->n_params; k++) {
        const pal_fitted_param *p = &d->param[k];
        const pal_estimate e = within(p);

        pal_data_text(csv, p->path);
        pal_data_number(csv, p->start);
        pal_data_estimate(csv, isfinite(p->se) ? e : (pal_estimate){ e.value, NAN, NAN, NAN });
        pal_data_number(csv, p->lo);
        pal_data_number(csv, p->hi);
        pal_data_flag(csv, p->identified);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_fit_params = {
    .name = "parameters",
    .heading = "Parameters",
    .caption = "Each line is the range a parameter was searched in. Where the interval fills much of it, the statistics do not "
               "tell the parameter by itself: others can make up for it, and its fitted value is one of many that do as well.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* A block a target, a row an estimator: where its estimates lie against the truth, and how often its intervals hold it. */
#include "plots/chart_interval.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/ope_data.h"

#include <math.h>
#include <stdio.h>

enum { ROW = 14, BLOCK_HEAD = 22, BLOCK_FOOT = 22, TOP = 62, PLOT_X = 132, PLOT_W = 190, FIRST_X = 420, SECOND_X = 504 };

static const pal_ope_data *data_of(const pal_rundata *run)
{
    return (const pal_ope_data *)(const void *)run;
}

static double height(const pal_rundata *run, size_t who)
{
    const pal_ope_data *d = data_of(run);

    (void)who;
    return TOP + (double)d->n_targets * (BLOCK_HEAD + BLOCK_FOOT + ROW * (double)d->n_estimators) + 4;
}

static pal_role role_of(const pal_ope_data *d, size_t target, size_t e)
{
    switch (pal_ope_verdict_of(d, target, e)) {
    case PAL_OPE_LIES:
        return PAL_BAD;
    case PAL_OPE_BIASED:
    case PAL_OPE_NARROW:
        return PAL_SERIES_0;
    case PAL_OPE_HONEST:
        return PAL_GOOD;
    default:
        return PAL_BASE;
    }
}

/* The mean estimate, and where 95 % of the logs lie if they spread as a normal distribution does. */
static pal_estimate spread_of(const pal_ope_cell *c)
{
    return (pal_estimate){ c->mean, c->mean - 1.96 * c->sd.value, c->mean + 1.96 * c->sd.value, NAN };
}

typedef struct block { /* what the two figures differ in */
    bool coverage;
    double mark;   /* the line that is aimed at */
    pal_range xs;
} block;

static block block_of(const pal_ope_data *d, size_t target, bool coverage)
{
    block b = { .coverage = coverage, .mark = coverage ? d->level : d->truth[target], .xs = pal_range_empty() };

    for (size_t e = 0; e < d->n_estimators; e++) {
        for (size_t z = coverage ? 0 : d->n_sizes - 1; z < d->n_sizes; z++) {
            const pal_ope_cell *c = pal_ope_at(d, z, target, e);

            if (!coverage) {
                pal_range_add_estimate(&b.xs, spread_of(c));
            } else {
                pal_range_add(&b.xs, c->coverage.value);
            }
        }
    }
    pal_range_add(&b.xs, b.mark);
    b.xs = pal_range_padded(b.xs, 0.05);
    if (coverage) b.xs = pal_range_within(b.xs, 0, 1);
    return b;
}

static void draw_numbers(pal_canvas *canvas, const pal_ope_cell *c, const block *b, double y)
{
    char a[PAL_SHOWN_MAX], shown[2 * PAL_SHOWN_MAX], e[PAL_SHOWN_MAX];
    pal_font font = pal_font_tick(PAL_RIGHT);

    font.role = PAL_INK;
    if (b->coverage) {
        pal_canvas_text(canvas, FIRST_X, y, pal_show_percent(a, c->coverage.value, 1), font);
        pal_canvas_text(canvas, SECOND_X, y, pal_show_fixed(a, c->width, 4), font);
        return;
    }
    snprintf(shown, sizeof shown, "%s \xc2\xb1 %s", pal_show_signed(a, c->bias.value, 4),
             pal_show_fixed(e, (c->bias.hi - c->bias.lo) / 2, 4));
    pal_canvas_text(canvas, FIRST_X, y, shown, font);
    pal_canvas_text(canvas, SECOND_X, y, pal_show_fixed(a, c->sd.value, 4), font);
}

static void draw_row(pal_canvas *canvas, const pal_panel *panel, const pal_ope_data *d, size_t target, size_t e, const block *b,
                     double y)
{
    const pal_ope_cell *last = pal_ope_at(d, d->n_sizes - 1, target, e), *first = pal_ope_at(d, 0, target, e);
    const pal_role role = role_of(d, target, e);
    pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);

    font.max_width = PLOT_X - PAL_MARGIN - 8;
    pal_canvas_text(canvas, PLOT_X - 8, y + 3, d->estimator[e], font);
    if (!b->coverage) {
        pal_chart_dot(canvas, panel, y, spread_of(last), role, PAL_DOT, false);
    } else {
        pal_estimate whole = last->coverage, small = { first->coverage.value, NAN, NAN, NAN };

        whole.lo = fmax(whole.lo, panel->xs.lo);
        whole.hi = fmin(whole.hi, panel->xs.hi);
        if (d->n_sizes > 1) pal_chart_dot(canvas, panel, y, small, PAL_BASE, PAL_DOT, true);
        pal_chart_dot(canvas, panel, y, whole, role, PAL_DOT, false);
    }
    draw_numbers(canvas, last, b, y + 3);
}

static double draw_block(pal_canvas *canvas, const pal_ope_data *d, size_t target, bool coverage, double y)
{
    const block b = block_of(d, target, coverage);
    pal_panel panel = { .x = PLOT_X, .y = y + BLOCK_HEAD, .w = PLOT_W, .h = ROW * (double)d->n_estimators, .xs = b.xs };
    pal_ticks ticks = pal_ticks_make(b.xs.lo, b.xs.hi, 4);
    pal_font note = pal_font_tick(PAL_LEFT);
    char text[2 * PAL_SHOWN_MAX + 40], a[PAL_SHOWN_MAX], c[PAL_SHOWN_MAX];
    double x, w;

    pal_axis_x_grid(canvas, &panel, &ticks, coverage ? PAL_UNIT_PERCENT : PAL_UNIT_PLAIN);
    x = pal_panel_x(&panel, b.mark);
    pal_canvas_line(canvas, x, panel.y, x, panel.y + panel.h, (pal_pen){ PAL_INK, 1, PAL_SOLID, 0 });
    w = pal_canvas_text(canvas, PAL_MARGIN, y + 14, d->target[target],
                        (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = 240 });
    snprintf(text, sizeof text, "truth %s; effective sample %s", pal_show_fixed(a, d->truth[target], 4),
             pal_show_count(c, floor(d->ess[(d->n_sizes - 1) * d->n_targets + target] + 0.5)));
    note.max_width = PAL_PAGE_WIDTH - 2 * PAL_MARGIN - w - 6;
    pal_canvas_text(canvas, PAL_MARGIN + w + 6, y + 14, text, note);
    for (size_t e = 0; e < d->n_estimators; e++) draw_row(canvas, &panel, d, target, e, &b, panel.y + ROW * ((double)e + 0.5));
    return panel.y + panel.h + BLOCK_FOOT;
}

#define COLOURS "; green: no fault seen, blue: one, orange: two"

static void draw_figure(pal_canvas *canvas, const pal_ope_data *d, bool coverage)
{
    pal_font grey = pal_font_tick(PAL_RIGHT);
    char subtitle[240], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], n[PAL_SHOWN_MAX];
    double y = TOP;

    pal_show_count(n, d->size[d->n_sizes - 1]);
    if (coverage) {
        snprintf(subtitle, sizeof subtitle, "%s intervals, %s logs of %s decisions%s" COLOURS, pal_show_percent(a, d->level, 0),
                 pal_show_count(b, d->logs), n, d->n_sizes > 1 ? "; hollow: the smallest logs" : "");
    } else {
        snprintf(subtitle, sizeof subtitle, "dot: mean of %s logs of %s decisions; line: where 95 %% of them lie" COLOURS,
                 pal_show_count(a, d->logs), n);
    }
    pal_head(canvas, coverage ? "How often do the intervals hold the truth?" : "Which estimators hit the truth?", subtitle);
    pal_canvas_text(canvas, FIRST_X, 52, coverage ? "held" : "bias \xc2\xb1 95 %", grey);
    pal_canvas_text(canvas, SECOND_X, 52, coverage ? "mean width" : "sd over logs", grey);
    for (size_t t = 0; t < d->n_targets; t++) y = draw_block(canvas, d, t, coverage, y);
}

static pal_status draw_bias(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who, (void)err;
    draw_figure(canvas, data_of(run), false);
    return PAL_OK;
}

static pal_status draw_coverage(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who, (void)err;
    draw_figure(canvas, data_of(run), true);
    return PAL_OK;
}

static pal_status bias_data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_ope_data *d = data_of(run);

    (void)who;
    pal_data_head(csv, "target,estimator,truth,mean,lo,hi,bias,bias_lo,bias_hi,sd");
    for (size_t i = 0; i < d->n_targets * d->n_estimators; i++) {
        const size_t t = i / d->n_estimators, e = i % d->n_estimators;
        const pal_ope_cell *c = pal_ope_at(d, d->n_sizes - 1, t, e);

        pal_data_text(csv, d->target[t]);
        pal_data_text(csv, d->estimator[e]);
        pal_data_number(csv, d->truth[t]);
        pal_data_estimate(csv, spread_of(c));
        pal_data_estimate(csv, c->bias);
        pal_data_number(csv, c->sd.value);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

static pal_status coverage_data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_ope_data *d = data_of(run);

    (void)who;
    pal_data_head(csv, "target,estimator,size,held,lo,hi,width");
    for (size_t i = 0; i < d->n_targets * d->n_estimators * d->n_sizes; i++) {
        const size_t z = i % d->n_sizes, e = i / d->n_sizes % d->n_estimators, t = i / d->n_sizes / d->n_estimators;
        const pal_ope_cell *c = pal_ope_at(d, z, t, e);

        if (z > 0 && z + 1 < d->n_sizes) continue;
        pal_data_text(csv, d->target[t]);
        pal_data_text(csv, d->estimator[e]);
        pal_data_number(csv, d->size[z]);
        pal_data_estimate(csv, c->coverage);
        pal_data_number(csv, c->width);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_ope_bias = {
    .name = "ope-bias",
    .heading = "Estimates against the truth",
    .caption = "Green: no fault is seen (four Monte-Carlo errors). Blue: one fault, a bias or intervals that hold the truth less "
               "often than they promise. Orange: both.",
    .height = height,
    .draw = draw_bias,
    .data = bias_data,
};

const pal_figure pal_fig_ope_coverage = {
    .name = "ope-coverage",
    .heading = "Coverage of the intervals",
    .caption = "The upright line is what the intervals promise. Bars are Monte-Carlo intervals of the share itself. Intervals fall "
               "short where an estimator is biased, and in small logs where a few large weights carry the estimate.",
    .height = height,
    .draw = draw_coverage,
    .data = coverage_data,
};

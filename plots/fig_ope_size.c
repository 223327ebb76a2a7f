/* Error against log size, both on log scales: a panel a target, a line an estimator, and the slope of an unbiased one. */
#include "plots/chart_interval.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/ope_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANEL_H = 150, ROW_H = 206, LEFT = 38, TOP = 50, MOST_COLUMNS = 2, MOST_PANELS = 8, MOST_LINES = 16, MOST_SIZES = 24,
       LEGEND_ROW = 13 };

static const pal_ope_data *data_of(const pal_rundata *run)
{
    return (const pal_ope_data *)(const void *)run;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* By the length of the names: the height must be known before there is a canvas to measure on. */
static double legend_height(const pal_ope_data *d)
{
    double rows = 1, x = 110; /* the slope's own entry */

    for (size_t e = 0; e < least(d->n_estimators, MOST_LINES); e++) {
        const double w = 32 + 5.5 * (double)strlen(d->estimator[e]);

        rows += x + w > PAL_PAGE_WIDTH - 2 * PAL_MARGIN ? 1 : 0;
        x = x + w > PAL_PAGE_WIDTH - 2 * PAL_MARGIN ? w : x + w;
    }
    return LEGEND_ROW * rows;
}

static double height(const pal_rundata *run, size_t who)
{
    const pal_ope_data *d = data_of(run);
    size_t panels = least(d->n_targets, MOST_PANELS), columns = least(panels, MOST_COLUMNS);

    (void)who;
    return TOP + legend_height(d) + ROW_H * (double)((panels + columns - 1) / columns) + 8;
}

static bool has(const pal_rundata *run)
{
    return data_of(run)->n_sizes > 1;
}

static pal_role role_of(size_t e)
{
    return (pal_role)(PAL_SERIES_0 + (int)(e % 8));
}

static pal_dash dash_of(size_t e)
{
    return e < 8 ? PAL_SOLID : PAL_DASHED;
}

/* Logarithms of the errors of one estimator; NaN where there are none. */
static size_t take_line(double *x, double *y, double *lo, double *hi, const pal_ope_data *d, size_t target, size_t e)
{
    size_t n = least(d->n_sizes, MOST_SIZES);

    for (size_t z = 0; z < n; z++) {
        const pal_estimate r = pal_ope_at(d, z, target, e)->rmse;

        x[z] = log10(d->size[z]);
        y[z] = r.value > 0 ? log10(r.value) : NAN;
        lo[z] = r.lo > 0 ? log10(r.lo) : y[z];
        hi[z] = r.hi > 0 ? log10(r.hi) : y[z];
    }
    return n;
}

static pal_range range_of(const pal_ope_data *d)
{
    pal_range range = pal_range_empty();

    for (size_t t = 0; t < least(d->n_targets, MOST_PANELS); t++) {
        for (size_t e = 0; e < least(d->n_estimators, MOST_LINES); e++) {
            double x[MOST_SIZES], y[MOST_SIZES], lo[MOST_SIZES], hi[MOST_SIZES];
            size_t n = take_line(x, y, lo, hi, d, t, e);

            for (size_t z = 0; z < n; z++) pal_range_add(&range, y[z]);
        }
    }
    return range;
}

/* Values of 1, 2 and 5 times powers of ten on the left; the sizes below. */
static void draw_axes(pal_canvas *canvas, const pal_panel *panel, const pal_ope_data *d)
{
    static const double lead[] = { 1, 2, 5 };
    pal_font right = pal_font_tick(PAL_RIGHT), middle = pal_font_tick(PAL_MIDDLE);
    double end = -INFINITY, foot = panel->y + panel->h;
    char text[PAL_SHOWN_MAX];

    for (int power = (int)floor(panel->ys.lo) - 1; power <= (int)ceil(panel->ys.hi); power++) {
        for (size_t k = 0; k < 3; k++) {
            const double at = log10(lead[k]) + power, y = pal_panel_y(panel, at);

            if (at < panel->ys.lo || at > panel->ys.hi) continue;
            pal_canvas_line(canvas, panel->x, y, panel->x + panel->w, y, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
            if (k > 0 && panel->ys.hi - panel->ys.lo > 2) continue;
            pal_canvas_text(canvas, panel->x - 4, y + 3, pal_show_fixed(text, lead[k] * pow(10, power), power < 0 ? -power : 0), right);
        }
    }
    pal_canvas_line(canvas, panel->x, foot, panel->x + panel->w, foot, (pal_pen){ PAL_AXIS, 0.8, PAL_SOLID, 0 });
    for (size_t z = 0; z < d->n_sizes; z++) {
        const double x = pal_panel_x(panel, log10(d->size[z])), w = pal_canvas_text_width(canvas, pal_show_count(text, d->size[z]), middle);

        if (x - w / 2 <= end) continue;
        pal_canvas_text(canvas, x, foot + 11, text, middle);
        end = x + w / 2 + 4;
    }
}

/* What halves with four times the decisions, through the least error of the smallest logs. */
static void draw_guide(pal_canvas *canvas, const pal_panel *panel, const pal_ope_data *d, size_t target)
{
    double best = INFINITY, x[2] = { log10(d->size[0]), log10(d->size[d->n_sizes - 1]) }, y[2];

    for (size_t e = 0; e < d->n_estimators; e++) {
        const double r = pal_ope_at(d, 0, target, e)->rmse.value;

        if (r > 0 && r < best) best = r;
    }
    if (!isfinite(best)) return;
    y[0] = log10(best);
    y[1] = y[0] - (x[1] - x[0]) / 2;
    pal_canvas_clip(canvas, panel->x, panel->y, panel->w, panel->h);
    pal_canvas_line(canvas, pal_panel_x(panel, x[0]), pal_panel_y(panel, y[0]), pal_panel_x(panel, x[1]), pal_panel_y(panel, y[1]),
                    (pal_pen){ PAL_SUBTLE, 1, PAL_DOTTED, 0 });
    pal_canvas_unclip(canvas);
}

static pal_status draw_panel(pal_canvas *canvas, pal_panel *panel, const pal_ope_data *d, size_t target, pal_error *err)
{
    pal_status rc = PAL_OK;
    char note[64], a[PAL_SHOWN_MAX];

    snprintf(note, sizeof note, "truth %s", pal_show_fixed(a, d->truth[target], 4));
    pal_panel_name(canvas, panel, d->target[target], note);
    panel->xs = (pal_range){ log10(d->size[0]), log10(d->size[d->n_sizes - 1]) };
    panel->xs = pal_range_padded(panel->xs, 0.04);
    panel->ys = range_of(d);
    if (pal_range_is_empty(panel->ys)) {
        pal_no_data(canvas, panel, "no estimator is defined");
        goto done;
    }
    panel->ys = pal_range_padded(panel->ys, 0.06);
    draw_axes(canvas, panel, d);
    draw_guide(canvas, panel, d, target);
    for (size_t e = 0; e < least(d->n_estimators, MOST_LINES); e++) {
        double x[MOST_SIZES], y[MOST_SIZES], lo[MOST_SIZES], hi[MOST_SIZES];
        size_t n = take_line(x, y, lo, hi, d, target, e);
        pal_line line = { .role = role_of(e), .dash = dash_of(e), .width = 1.4, .n = n, .x = x, .y = y };

        PAL_TRY(pal_chart_lines(canvas, panel, &line, 1, err));
    }
done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_data *d = data_of(run);
    size_t panels = least(d->n_targets, MOST_PANELS), columns = least(panels, MOST_COLUMNS), n = 0;
    double wide = (PAL_PAGE_WIDTH - 2 * PAL_MARGIN) / (double)columns, y = TOP + legend_height(d);
    pal_legend_key key[MOST_LINES + 1];
    char subtitle[160], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    (void)who;
    snprintf(subtitle, sizeof subtitle, "root mean squared error over %s logs, by decisions in a log \xc2\xb7 logged by %.40s%s%s",
             pal_show_count(a, d->logs), d->logging, isfinite(d->logging_value) ? ", worth " : "",
             isfinite(d->logging_value) ? pal_show_fixed(b, d->logging_value, 4) : "");
    pal_head(canvas, "How fast do the estimators come to the truth?", subtitle);
    for (; n < least(d->n_estimators, MOST_LINES); n++) {
        key[n] = (pal_legend_key){ d->estimator[n], role_of(n), dash_of(n), true };
    }
    key[n++] = (pal_legend_key){ "slope of 1 / \xe2\x88\x9an", PAL_SUBTLE, PAL_DOTTED, true };
    pal_legend(canvas, PAL_MARGIN, TOP, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, key, n);
    for (size_t t = 0; t < panels; t++) {
        pal_panel panel = { .x = PAL_MARGIN + LEFT + wide * (double)(t % columns), .y = y + 22 + ROW_H * (double)(t / columns),
                            .w = wide - LEFT - 10, .h = PANEL_H };

        PAL_TRY(draw_panel(canvas, &panel, d, t, err));
    }
done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_ope_data *d = data_of(run);

    (void)who;
    pal_data_head(csv, "target,estimator,size,rmse,lo,hi");
    for (size_t i = 0; i < least(d->n_targets, MOST_PANELS) * least(d->n_estimators, MOST_LINES); i++) {
        size_t t = i / least(d->n_estimators, MOST_LINES), e = i % least(d->n_estimators, MOST_LINES);

        for (size_t z = 0; z < d->n_sizes; z++) {
            if (!(pal_ope_at(d, z, t, e)->rmse.value > 0)) continue;
            pal_data_text(csv, d->target[t]);
            pal_data_text(csv, d->estimator[e]);
            pal_data_number(csv, d->size[z]);
            pal_data_estimate(csv, pal_ope_at(d, z, t, e)->rmse);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_ope_size = {
    .name = "ope-size",
    .heading = "Error against log size",
    .caption = "Both scales are logarithmic. An unbiased estimator runs along the dotted line: four times the decisions halve its "
               "error. One that flattens has reached its bias, and more data will not help it.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Estimates of an effect around its truth: a block a metric, a row a method and kind of feedback. */
#include "plots/chart_interval.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/trial_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW = 14, BLOCK_HEAD = 22, BLOCK_FOOT = 22, TOP = 88, PLOT_X = 142, PLOT_W = 190, BIAS_X = 436, COVER_X = 504,
       MOST_METRICS = 3, MOST_KINDS = 3 };

static size_t metrics_of(const pal_trial_data *d)
{
    return d->n_metrics < MOST_METRICS ? d->n_metrics : MOST_METRICS;
}

/* Interleaving measures another thing: it has no place on this scale. */
static bool is_shown(const pal_trial_method_data *m, size_t metric)
{
    return m->metric == metric && strcmp(m->method, "interleaved") != 0 && strcmp(m->method, "paired") != 0 && isfinite(m->mean);
}

static size_t rows_of(const pal_trial_data *d, size_t metric)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_methods; i++) n += is_shown(&d->method[i], metric);
    return n;
}

static double height(const pal_rundata *run, size_t who)
{
    const pal_trial_data *d = pal_trial_of(run);
    double y = TOP;

    (void)who;
    for (size_t m = 0; m < metrics_of(d); m++) y += BLOCK_HEAD + BLOCK_FOOT + ROW * (double)rows_of(d, m);
    return y + 4;
}

static bool has(const pal_rundata *run)
{
    return rows_of(pal_trial_of(run), 0) > 0;
}

static void draw_truth(pal_canvas *canvas, const pal_panel *panel, pal_estimate truth)
{
    double x = pal_panel_x(panel, truth.value), lo = pal_panel_x(panel, truth.lo), hi = pal_panel_x(panel, truth.hi);

    if (isfinite(lo) && isfinite(hi)) pal_canvas_rect(canvas, lo, panel->y, hi - lo, panel->h, PAL_TOP, 0.14);
    if (isfinite(x)) pal_canvas_line(canvas, x, panel->y, x, panel->y + panel->h, (pal_pen){ PAL_TOP, 1.2, PAL_DASHED, 0 });
}

static void draw_row(pal_canvas *canvas, const pal_panel *panel, const pal_trial_method_data *m, double y)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], text[2 * PAL_SHOWN_MAX];
    pal_font label = pal_font_label(PAL_INK, PAL_RIGHT), number = pal_font_tick(PAL_RIGHT);

    label.max_width = PLOT_X - PAL_MARGIN - 8;
    number.role = PAL_INK;
    pal_canvas_text(canvas, PLOT_X - 8, y + 3, m->label, label);
    pal_chart_dot(canvas, panel, y, m->spread, pal_trial_role(m->feedback), pal_trial_marker(m->feedback), false);
    snprintf(text, sizeof text, "%s \xc2\xb1 %s", pal_show_signed(a, m->bias, 3), pal_show_fixed(b, m->bias_se, 3));
    pal_canvas_text(canvas, BIAS_X, y + 3, text, number);
    pal_canvas_text(canvas, COVER_X, y + 3, pal_show_percent(a, m->coverage.value, 0), number);
}

static double draw_block(pal_canvas *canvas, const pal_trial_data *d, size_t metric, double y)
{
    const pal_trial_metric_data *what = &d->metric[metric];
    pal_panel panel = { .x = PLOT_X, .y = y + BLOCK_HEAD, .w = PLOT_W, .h = ROW * (double)rows_of(d, metric),
                        .xs = pal_range_empty() };
    pal_ticks ticks;
    pal_font grey = pal_font_tick(PAL_LEFT);
    double w, row = panel.y + ROW * 0.5;

    for (size_t i = 0; i < d->n_methods; i++) {
        if (is_shown(&d->method[i], metric)) pal_range_add_estimate(&panel.xs, d->method[i].spread);
    }
    pal_range_add_estimate(&panel.xs, what->truth);
    panel.xs = pal_range_padded(panel.xs, 0.05);
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 4);
    pal_axis_x_grid(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    pal_zero_line(canvas, &panel);
    draw_truth(canvas, &panel, what->truth);
    w = pal_canvas_text(canvas, PAL_MARGIN, y + 13, what->name,
                        (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
    grey.max_width = PAL_PAGE_WIDTH - 2 * PAL_MARGIN - w - 8;
    pal_canvas_text(canvas, PAL_MARGIN + w + 6, y + 13, what->meaning, grey);
    for (size_t i = 0; i < d->n_methods; i++) {
        if (!is_shown(&d->method[i], metric)) continue;
        draw_row(canvas, &panel, &d->method[i], row);
        row += ROW;
    }
    return panel.y + panel.h + BLOCK_FOOT;
}

static void draw_legend(pal_canvas *canvas, const pal_trial_data *d, double y)
{
    pal_legend_key key[MOST_KINDS + 1] = { { "truth", PAL_TOP, PAL_DASHED, true } };
    size_t n = 1;

    for (size_t i = 0; i < d->n_methods; i++) {
        const char *label;
        bool known = false;

        if (!is_shown(&d->method[i], 0)) continue;
        label = pal_trial_feedback_label(d->method[i].feedback);
        for (size_t k = 1; k < n; k++) known = known || strcmp(key[k].label, label) == 0;
        if (known || n == MOST_KINDS + 1) continue;
        key[n++] = (pal_legend_key){ label, pal_trial_role(d->method[i].feedback), PAL_SOLID, false };
    }
    pal_legend(canvas, PAL_MARGIN, y, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, key, n);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_trial_data *d = pal_trial_of(run);
    char subtitle[200], a[PAL_SHOWN_MAX];
    pal_font grey = pal_font_tick(PAL_RIGHT);
    double y = TOP;

    (void)who, (void)err;
    snprintf(subtitle, sizeof subtitle, "%.30s minus %.30s \xc2\xb7 bars: the middle %s of the estimates \xc2\xb7 truth with "
                                        "its interval over people", d->treatment, d->control, pal_show_percent(a, d->level, 0));
    pal_head(canvas, "How far from the truth does each kind of test come?", subtitle);
    draw_legend(canvas, d, 50);
    pal_canvas_text(canvas, BIAS_X, TOP, "bias \xc2\xb1 its error", grey);
    pal_canvas_text(canvas, COVER_X, TOP, "intervals hold it", grey);
    for (size_t m = 0; m < metrics_of(d); m++) y = draw_block(canvas, d, m, y);
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_trial_data *d = pal_trial_of(run);

    (void)who;
    pal_data_head(csv, "metric,method,feedback,mean,lo,hi,truth,bias,bias_se,coverage");
    for (size_t i = 0; i < d->n_methods; i++) {
        const pal_trial_method_data *m = &d->method[i];

        if (m->metric >= MOST_METRICS || !is_shown(m, m->metric)) continue;
        pal_data_text(csv, d->metric[m->metric].name);
        pal_data_text(csv, m->method);
        pal_data_text(csv, m->feedback);
        pal_data_estimate(csv, m->spread);
        pal_data_number(csv, d->metric[m->metric].truth.value);
        pal_data_number(csv, m->bias);
        pal_data_number(csv, m->bias_se);
        pal_data_number(csv, m->coverage.value);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_trial_methods = {
    .name = "methods",
    .heading = "Estimates around the truth",
    .caption = "A mark is the mean of a method\xe2\x80\x99s estimates over allocations, its bar holds the middle of them. The "
               "dashed line is what launching to everybody does to these people. A mark beside the line is bias: what the test "
               "changes by being a test.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

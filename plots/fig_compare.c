/* Forest plot over runs: a block a metric, a row a pair of arms, with interval, effect size and corrected p. */
#include "plots/chart_interval.h"
#include "plots/compare_data.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW = 14, BLOCK_HEAD = 20, BLOCK_FOOT = 22, TOP = 62, PLOT_X = 186, PLOT_W = 128, EFFECT_X = 456, P_X = 504 };

static const pal_compare_data *data_of(const pal_rundata *run)
{
    return (const pal_compare_data *)(const void *)run;
}

static size_t rows_of(const pal_compare_data *d, const char *metric)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) n += strcmp(d->line[i].metric, metric) == 0 && isfinite(d->line[i].diff.value);
    return n;
}

static double height(const pal_rundata *run, size_t who)
{
    const pal_compare_data *d = data_of(run);
    double y = TOP;

    (void)who;
    for (size_t m = 0; m < pal_json_size(d->metrics); m++) {
        size_t n = rows_of(d, pal_look_text(pal_json_at(d->metrics, m), "name", ""));

        y += n == 0 ? 0 : BLOCK_HEAD + BLOCK_FOOT + ROW * (double)n;
    }
    return y == TOP ? TOP + 80 : y + 4;
}

/* Three decimals of a share; fewer of counts, whose interval would not fit. */
static int decimals_of(const pal_compare_line *l)
{
    double most = fmax(fabs(l->diff.value), fmax(fabs(l->diff.lo), fabs(l->diff.hi)));

    return most < 10 ? 3 : most < 1000 ? 1 : 0;
}

static void draw_numbers(pal_canvas *canvas, const pal_compare_line *l, double y)
{
    int decimals = decimals_of(l);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], text[2 * PAL_SHOWN_MAX];
    pal_font font = pal_font_tick(PAL_LEFT);

    font.role = PAL_INK;
    snprintf(text, sizeof text, "%s %s", pal_show_signed(a, l->diff.value, decimals),
             pal_show_interval(b, l->diff.lo, l->diff.hi, decimals));
    font.max_width = EFFECT_X - 30 - (PLOT_X + PLOT_W + 8);
    pal_canvas_text(canvas, PLOT_X + PLOT_W + 8, y, text, font);
    font.anchor = PAL_RIGHT;
    pal_canvas_text(canvas, EFFECT_X, y, pal_show_signed(a, l->cohen.value, 2), font);
    pal_canvas_text(canvas, P_X - 4, y, pal_show_p(a, l->p), font);
    font.anchor = PAL_LEFT;
    pal_canvas_text(canvas, P_X - 2, y, l->significant ? "*" : "", font);
}

static void draw_row(pal_canvas *canvas, const pal_panel *panel, const pal_compare_line *l, double better, double y)
{
    pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);

    font.max_width = PLOT_X - PAL_MARGIN - 8;
    pal_canvas_text(canvas, PLOT_X - 8, y + 3, l->arm, font);
    pal_chart_dot(canvas, panel, y, l->diff, pal_compare_verdict(l, better), PAL_DOT, !l->significant);
    draw_numbers(canvas, l, y + 3);
}

static double draw_block(pal_canvas *canvas, const pal_compare_data *d, const pal_json *metric, double y)
{
    const char *name = pal_look_text(metric, "name", "");
    double better = pal_look_number(metric, "better"), w;
    size_t n = rows_of(d, name), k = 0;
    pal_panel panel = { .x = PLOT_X, .y = y + BLOCK_HEAD, .w = PLOT_W, .h = ROW * (double)n, .xs = { 0, 0 } };
    pal_font note = pal_font_tick(PAL_LEFT);
    pal_ticks ticks;

    if (n == 0) {
        return y;
    }
    for (size_t i = 0; i < d->n; i++) {
        if (strcmp(d->line[i].metric, name) == 0) pal_range_add_estimate(&panel.xs, d->line[i].diff);
    }
    panel.xs = pal_range_padded(panel.xs, 0.05);
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 3);
    pal_axis_x_grid(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    pal_zero_line(canvas, &panel);
    w = pal_canvas_text(canvas, PAL_MARGIN, y + 13, name, (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
    note.max_width = PAL_PAGE_WIDTH - 2 * PAL_MARGIN - w - 6;
    pal_canvas_text(canvas, PAL_MARGIN + w + 6, y + 13, pal_look_text(metric, "meaning", ""), note);
    for (size_t i = 0; i < d->n; i++) {
        if (strcmp(d->line[i].metric, name) != 0 || !isfinite(d->line[i].diff.value)) continue;
        draw_row(canvas, &panel, &d->line[i], better, panel.y + ROW * ((double)k++ + 0.5));
    }
    return panel.y + panel.h + BLOCK_FOOT;
}

/* The one arm that all are set against, or NULL. */
static const char *only_reference(const pal_compare_data *d)
{
    for (size_t i = 1; i < d->n; i++) {
        if (strcmp(d->line[i].against, d->line[0].against) != 0) return NULL;
    }
    return d->n > 0 ? d->line[0].against : NULL;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_compare_data *d = data_of(run);
    const char *reference = only_reference(d);
    char subtitle[200], a[PAL_SHOWN_MAX];
    pal_font grey = pal_font_tick(PAL_LEFT);
    double y = TOP;

    (void)who;
    (void)err;
    snprintf(subtitle, sizeof subtitle, "%s%.60s \xc2\xb7 %s intervals over people",
             reference != NULL ? "zero line: " : "each against ", reference != NULL ? reference : "its namesake in the first run", pal_show_percent(a, d->level, 0));
    pal_head(canvas, "How much do the arms differ?", subtitle);
    pal_canvas_text(canvas, PLOT_X + PLOT_W + 8, 50, "difference [interval]", grey);
    grey.anchor = PAL_RIGHT;
    pal_canvas_text(canvas, EFFECT_X, 50, "effect", grey);
    snprintf(subtitle, sizeof subtitle, "p (%.5s)", strcmp(d->correction, "holm") == 0 ? "Holm" : "BH");
    pal_canvas_text(canvas, P_X - 4, 50, subtitle, grey);
    for (size_t m = 0; m < pal_json_size(d->metrics); m++) y = draw_block(canvas, d, pal_json_at(d->metrics, m), y);
    if (y == TOP) {
        pal_panel panel = { .x = PAL_MARGIN, .y = TOP, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 60 };

        pal_no_data(canvas, &panel, "no difference is defined");
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_compare_data *d = data_of(run);

    (void)who;
    pal_data_head(csv, "metric,arm,against,difference,lo,hi,effect,p,significant");
    for (size_t i = 0; i < d->n; i++) {
        const pal_compare_line *l = &d->line[i];

        if (!isfinite(l->diff.value)) continue;
        pal_data_text(csv, l->metric);
        pal_data_text(csv, l->arm);
        pal_data_text(csv, l->against);
        pal_data_estimate(csv, l->diff);
        pal_data_number(csv, l->cohen.value);
        pal_data_number(csv, l->p);
        pal_data_flag(csv, l->significant);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_comparisons = {
    .name = "comparisons",
    .heading = "Differences between arms",
    .caption = "A full dot with a star is significant after correction for all rows: green is better, orange is worse. A "
               "hollow grey dot cannot be told from noise. Effect is Cohen's d: the mean difference in units of its spread "
               "over people.",
    .height = height,
    .draw = draw,
    .data = data,
};

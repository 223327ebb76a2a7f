/* All models in the main metrics: a row a model, a panel a metric, two panels side by side. */
#include "plots/chart_interval.h"
#include "plots/eval_read.h"
#include "plots/fig_common.h"
#include "plots/fig_forest.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW = 14, TOP = 44, HEAD = 20, FOOT = 26, NAMES_W = 116, GAP = 22, NUMBER_W = 32, MOST = 4, ACROSS = 2 };

/* In the order of interest behind the main metric; the first MOST that were measured are drawn. */
static const char *const families[] = { "ndcg", "recall", "auc", "coverage", "precision", "map", "hit_rate" };

typedef struct columns { char name[MOST][PAL_EVAL_NAME]; size_t n; } columns;

static void offer(columns *c, const pal_rundata *run, const char *name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->name[i], name) == 0) {
            return;
        }
    }
    if (c->n < MOST && pal_eval_measured(run, name)) {
        snprintf(c->name[c->n++], PAL_EVAL_NAME, "%.40s", name);
    }
}

static columns choose(const pal_rundata *run)
{
    columns c = { .n = 0 };
    char name[PAL_EVAL_NAME];

    offer(&c, run, run->eval->main);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        offer(&c, run, strcmp(families[i], "auc") == 0 ? "auc" : pal_eval_metric(name, run, families[i]));
    }
    return c;
}

static size_t bands(const columns *c)
{
    return (c->n + ACROSS - 1) / ACROSS;
}

/* Two panels and what belongs to them: heading, rows, axis. */
static double band_height(const pal_rundata *run)
{
    return HEAD + ROW * (double)run->n_arms + FOOT;
}

static double height(const pal_rundata *run, size_t who)
{
    columns c = choose(run);

    (void)who;
    return TOP + band_height(run) * (double)bands(&c);
}

static void draw_names(pal_canvas *canvas, const pal_rundata *run, const size_t *order, double top)
{
    for (size_t r = 0; r < run->n_arms; r++) {
        const pal_plot_arm *arm = &run->arms[order[r]];
        pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);
        double y = top + ROW * (double)r;

        if (r % 2 == 0) {
            pal_canvas_rect(canvas, PAL_MARGIN, y, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, ROW, PAL_CARD, 0.6);
        }
        font.max_width = NAMES_W;
        font.bold = arm->is_focus;
        pal_canvas_text(canvas, PAL_MARGIN + NAMES_W, y + ROW / 2.0 + 3, arm->label, font);
    }
}

static void draw_panel(pal_canvas *canvas, const pal_rundata *run, const char *metric, const size_t *order, double x,
                       double top, double width)
{
    pal_panel panel = { .x = x, .y = top, .w = width - NUMBER_W, .h = ROW * (double)run->n_arms,
                        .xs = pal_range_empty() };
    pal_font name = { .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = width };
    pal_ticks ticks;

    for (size_t a = 0; a < run->n_arms; a++) {
        pal_range_add_estimate(&panel.xs, pal_arm_metric(&run->arms[a], metric));
    }
    panel.xs = pal_range_padded(panel.xs, 0.05);
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 4);
    pal_canvas_text(canvas, x, top - 6, pal_rundata_metric_label(run, metric), name);
    pal_axis_x_grid(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    for (size_t r = 0; r < run->n_arms; r++) {
        const pal_plot_arm *arm = &run->arms[order[r]];
        pal_estimate e = pal_arm_metric(arm, metric);
        const pal_plot_comparison *c = pal_arm_comparison(arm, metric);
        bool noise = !arm->is_baseline && c != NULL && !c->significant && isfinite(c->p_adjusted);
        double y = top + ROW * ((double)r + 0.5);
        pal_font number = pal_font_tick(PAL_RIGHT);
        char text[PAL_SHOWN_MAX];

        pal_chart_dot(canvas, &panel, y, e, arm->role, PAL_DOT, noise);
        number.role = PAL_INK;
        number.bold = arm->is_focus;
        pal_canvas_text(canvas, x + width, y + 3, pal_show_fixed(text, e.value, 3), number);
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    columns c = choose(run);
    size_t order[PAL_MAX_ARMS];
    char subtitle[PAL_SUBTITLE_MAX], what[120];
    double left = PAL_MARGIN + NAMES_W + 10, width = (PAL_PAGE_WIDTH - PAL_MARGIN - left - GAP) / ACROSS;

    (void)who;
    (void)err;
    snprintf(what, sizeof what, "sorted by %.40s", pal_rundata_metric_label(run, run->eval->main));
    pal_head(canvas, "How well every model ranks", pal_fig_subtitle(subtitle, run, what));
    pal_arms_by_metric(run, run->eval->main, order);
    for (size_t b = 0; b < bands(&c); b++) {
        double top = TOP + HEAD + band_height(run) * (double)b;

        draw_names(canvas, run, order, top);
        for (size_t i = 0; i < ACROSS && ACROSS * b + i < c.n; i++) {
            draw_panel(canvas, run, c.name[ACROSS * b + i], order, left + (width + GAP) * (double)i, top, width);
        }
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    columns c = choose(run);
    size_t order[PAL_MAX_ARMS];

    (void)who;
    pal_arms_by_metric(run, run->eval->main, order);
    pal_data_head(csv, "metric,model,value,lo,hi,significant");
    for (size_t i = 0; i < c.n * run->n_arms; i++) {
        const char *metric = c.name[i / run->n_arms];
        const pal_plot_arm *arm = &run->arms[order[i % run->n_arms]];
        const pal_plot_comparison *against = pal_arm_comparison(arm, metric);

        pal_data_text(csv, metric);
        pal_data_text(csv, arm->label);
        pal_data_estimate(csv, pal_arm_metric(arm, metric));
        pal_data_flag(csv, against != NULL && against->significant);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_eval_scores = {
    .name = "scores",
    .heading = "All models",
    .caption = "Each dot is a mean over people and its line the interval. Grey is the baseline; a hollow dot cannot be "
               "told from it after correction for all comparisons made. Intervals of two models may overlap although "
               "their paired difference is clear: the next figure has that.",
    .height = height,
    .draw = draw,
    .data = data,
};

/* ---- paired differences ---- */

/* The main metric first, then the others that are tested. */
static columns forest_columns(const pal_rundata *run)
{
    static const char *const tested[] = { "ndcg", "recall", "precision" };
    columns c = { .n = 0 };
    char name[PAL_EVAL_NAME];

    offer(&c, run, run->eval->main);
    for (size_t i = 0; i < sizeof tested / sizeof tested[0]; i++) {
        offer(&c, run, pal_eval_metric(name, run, tested[i]));
    }
    offer(&c, run, "auc");
    return c;
}

static double forest_height(const pal_rundata *run, size_t who)
{
    columns c = forest_columns(run);
    const char *names[MOST] = { c.name[0], c.name[1], c.name[2], c.name[3] };

    (void)who;
    return pal_forest_height(run, names, c.n);
}

static pal_status draw_forest(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    columns c = forest_columns(run);
    const char *names[MOST] = { c.name[0], c.name[1], c.name[2], c.name[3] };

    (void)who;
    (void)err;
    pal_forest_draw(canvas, run, "How much each model differs from the baseline", names, c.n);
    return PAL_OK;
}

static bool has_others(const pal_rundata *run)
{
    return run->n_arms > 1;
}

static pal_status forest_data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    columns c = forest_columns(run);
    const char *names[MOST] = { c.name[0], c.name[1], c.name[2], c.name[3] };

    (void)who;
    pal_forest_data(csv, run, names, c.n);
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_eval_forest = {
    .name = "differences",
    .heading = "Differences to the baseline",
    .caption = "Every model against the baseline on the same people. A full dot with a star is significant after "
               "correction for all comparisons made: green is better, orange is worse. A hollow grey dot cannot be "
               "told from noise. Effect is the mean difference in units of its spread over people.",
    .has = has_others,
    .height = forest_height,
    .draw = draw_forest,
    .data = forest_data,
};

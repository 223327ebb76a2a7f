/* Forest plot: paired differences to the baseline, with interval, effect size and corrected p. */
#include "plots/fig_forest.h"

#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW = 14, BLOCK_HEAD = 20, BLOCK_FOOT = 20, TOP = 62, PLOT_X = 116, PLOT_W = 172, EFFECT_X = 440, P_X = 498 };

/* One for each thing a reader decides by; the full list is in the report's table. */
static const char *const metrics[] = { "like_rate", "ctr", "auc", "logloss", "taste_coverage", "regret", "diversity" };
enum { N_METRICS = sizeof metrics / sizeof metrics[0] };

static int better_of(const pal_rundata *run, const char *metric)
{
    const pal_definition *definition = pal_rundata_definition(run, metric);

    return definition == NULL || definition->better == 0 ? 1 : definition->better;
}

/* Arms compared in a metric, the best first (ties in the file's order). */
static size_t compared(const pal_rundata *run, const char *metric, size_t *order)
{
    int better = better_of(run, metric);
    size_t n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_plot_comparison *c = pal_arm_comparison(&run->arms[a], metric);
        size_t at = n;

        if (c == NULL || !isfinite(c->diff.value)) {
            continue;
        }
        for (; at > 0; at--) {
            if (pal_arm_comparison(&run->arms[order[at - 1]], metric)->diff.value * better >= c->diff.value * better) {
                break;
            }
            order[at] = order[at - 1];
        }
        order[at] = a;
        n++;
    }
    return n;
}

double pal_forest_height(const pal_rundata *run, const char *const *names, size_t n_names)
{
    size_t order[PAL_MAX_ARMS];
    double y = TOP;

    for (size_t m = 0; m < n_names; m++) {
        size_t n = compared(run, names[m], order);

        y += n == 0 ? 0 : BLOCK_HEAD + BLOCK_FOOT + ROW * (double)n;
    }
    return y == TOP ? TOP + 80 : y + 4;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return pal_forest_height(run, metrics, N_METRICS);
}

/* A good difference and a bad one look different only when significant: noise is grey. */
static pal_role verdict(const pal_plot_comparison *c, int better)
{
    double toward = c->diff.value * better;

    if (!c->significant || toward == 0) {
        return PAL_SUBTLE;
    }
    return toward > 0 ? PAL_GOOD : PAL_BAD;
}

static void draw_numbers(pal_canvas *canvas, const pal_plot_comparison *c, double y)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    char text[2 * PAL_SHOWN_MAX];
    pal_font font = pal_font_tick(PAL_LEFT);

    font.role = PAL_INK;
    snprintf(text, sizeof text, "%s %s", pal_show_signed(a, c->diff.value, 3),
             pal_show_interval(b, c->diff.lo, c->diff.hi, 3));
    pal_canvas_text(canvas, PLOT_X + PLOT_W + 10, y, text, font);
    font.anchor = PAL_RIGHT;
    pal_canvas_text(canvas, EFFECT_X, y, pal_show_signed(a, c->effect, 2), font);
    pal_canvas_text(canvas, P_X, y, pal_show_p(a, c->p_adjusted), font);
    font.anchor = PAL_LEFT;
    pal_canvas_text(canvas, P_X + 2, y, c->significant ? "*" : "", font);
}

static double draw_block(pal_canvas *canvas, const pal_rundata *run, const char *metric, double y)
{
    size_t order[PAL_MAX_ARMS], n = compared(run, metric, order);
    const pal_definition *definition = pal_rundata_definition(run, metric);
    pal_panel panel = { .x = PLOT_X, .y = y + BLOCK_HEAD, .w = PLOT_W, .h = ROW * (double)n, .xs = { 0, 0 } };
    int better = definition == NULL ? 1 : definition->better;
    pal_ticks ticks;
    double w;

    if (n == 0) {
        return y;
    }
    for (size_t k = 0; k < n; k++) {
        pal_range_add_estimate(&panel.xs, pal_arm_comparison(&run->arms[order[k]], metric)->diff);
    }
    panel.xs = pal_range_padded(panel.xs, 0.05);
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 4);
    pal_axis_x_grid(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    pal_zero_line(canvas, &panel);
    w = pal_canvas_text(canvas, PAL_MARGIN, y + 13, pal_rundata_metric_label(run, metric),
                        (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
    pal_canvas_text(canvas, PAL_MARGIN + w + 6, y + 13,
                    better > 0 ? "higher is better" : better < 0 ? "lower is better" : "", pal_font_tick(PAL_LEFT));
    for (size_t k = 0; k < n; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];
        const pal_plot_comparison *c = pal_arm_comparison(arm, metric);
        double row = panel.y + ROW * ((double)k + 0.5);
        pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);

        font.max_width = PLOT_X - PAL_MARGIN - 8;
        font.bold = arm->is_focus;
        pal_canvas_text(canvas, PLOT_X - 8, row + 3, arm->label, font);
        pal_chart_dot(canvas, &panel, row, c->diff, verdict(c, better), PAL_DOT, !c->significant);
        draw_numbers(canvas, c, row + 3);
    }
    return panel.y + panel.h + BLOCK_FOOT;
}

void pal_forest_draw(pal_canvas *canvas, const pal_rundata *run, const char *title, const char *const *names,
                     size_t n_names)
{
    char subtitle[PAL_SUBTITLE_MAX], what[120];
    pal_font grey = pal_font_tick(PAL_LEFT);
    double y = TOP, begin = TOP;

    snprintf(what, sizeof what, "paired with %.40s, the zero line", run->arms[run->baseline].label);
    pal_head(canvas, title, pal_fig_subtitle(subtitle, run, what));
    pal_canvas_text(canvas, PLOT_X + PLOT_W + 10, 50, "difference [interval]", grey);
    grey.anchor = PAL_RIGHT;
    pal_canvas_text(canvas, EFFECT_X, 50, "effect", grey);
    snprintf(what, sizeof what, "p (%.16s)", run->correction);
    pal_canvas_text(canvas, P_X, 50, what, grey);
    for (size_t m = 0; m < n_names; m++) {
        y = draw_block(canvas, run, names[m], y);
    }
    if (y == begin) {
        pal_panel panel = { .x = PAL_MARGIN, .y = TOP, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 60 };

        pal_no_data(canvas, &panel, "nothing was compared with the baseline");
    }
}

void pal_forest_data(pal_text *csv, const pal_rundata *run, const char *const *names, size_t n_names)
{
    size_t order[PAL_MAX_ARMS];

    pal_data_head(csv, "metric,arm,difference,lo,hi,effect,p_adjusted,significant");
    for (size_t m = 0; m < n_names; m++) {
        size_t n = compared(run, names[m], order);

        for (size_t k = 0; k < n; k++) {
            const pal_plot_comparison *c = pal_arm_comparison(&run->arms[order[k]], names[m]);

            pal_data_text(csv, names[m]);
            pal_data_text(csv, run->arms[order[k]].label);
            pal_data_estimate(csv, c->diff);
            pal_data_number(csv, c->effect);
            pal_data_number(csv, c->p_adjusted);
            pal_data_flag(csv, c->significant);
            pal_data_end(csv);
        }
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    (void)err;
    pal_forest_draw(canvas, run, "How much each arm differs from the baseline", metrics, N_METRICS);
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    pal_forest_data(csv, run, metrics, N_METRICS);
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_forest = {
    .name = "forest",
    .heading = "Differences to the baseline",
    .caption = "Every arm against the baseline on the same people. A full dot with a star is significant after "
               "correction for all comparisons made: green is better, orange is worse. A hollow grey dot cannot be "
               "told from noise. Effect is the mean difference in units of its spread over people.",
    .height = height,
    .draw = draw,
    .data = data,
};

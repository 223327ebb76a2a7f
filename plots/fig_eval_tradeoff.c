/* What accuracy costs: the main metric against how much of the catalog is used, and against how well known it is. */
#include "plots/chart_interval.h"
#include "plots/eval_read.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>

enum { PANEL_H = 190, LEFT = 34, GAP = 34, KEY_W = 140, DISC = 5, KEY_ROW = 13 };

static double height(const pal_rundata *run, size_t who)
{
    double keys = KEY_ROW * (double)run->n_arms + 20;

    (void)who;
    return 70 + (keys > PANEL_H ? keys : PANEL_H) + 34;
}

static bool has(const pal_rundata *run)
{
    char name[PAL_EVAL_NAME];

    return run->n_arms > 1 && pal_eval_measured(run, pal_eval_metric(name, run, "coverage"));
}

/* A model that is clearly worse than the baseline would only squeeze the others together. */
static bool is_shown(const pal_rundata *run, size_t arm)
{
    const pal_plot_comparison *c = pal_arm_comparison(&run->arms[arm], run->eval->main);

    return c == NULL || !c->significant || c->diff.value > 0;
}

/* Is there another model that is at least as good both ways, and better in one? */
static bool is_beaten(const pal_rundata *run, const char *x, const char *y, size_t mine)
{
    double mx = pal_arm_metric(&run->arms[mine], x).value, my = pal_arm_metric(&run->arms[mine], y).value;

    for (size_t a = 0; a < run->n_arms; a++) {
        double ax = pal_arm_metric(&run->arms[a], x).value, ay = pal_arm_metric(&run->arms[a], y).value;

        if (is_shown(run, a) && ax >= mx && ay >= my && (ax > mx || ay > my)) {
            return true;
        }
    }
    return !(isfinite(mx) && isfinite(my));
}

/* The models that nobody beats both ways, joined from left to right. */
static void draw_frontier(pal_canvas *canvas, const pal_rundata *run, const pal_panel *panel, const char *x, const char *y)
{
    size_t best[PAL_MAX_ARMS], n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        double value = pal_arm_metric(&run->arms[a], x).value;
        size_t at;

        if (!is_shown(run, a) || is_beaten(run, x, y, a)) {
            continue;
        }
        for (at = n++; at > 0 && pal_arm_metric(&run->arms[best[at - 1]], x).value > value; at--) {
            best[at] = best[at - 1];
        }
        best[at] = a;
    }
    for (size_t i = 1; i < n; i++) {
        const pal_plot_arm *from = &run->arms[best[i - 1]], *to = &run->arms[best[i]];

        pal_canvas_line(canvas, pal_panel_x(panel, pal_arm_metric(from, x).value),
                        pal_panel_y(panel, pal_arm_metric(from, y).value), pal_panel_x(panel, pal_arm_metric(to, x).value),
                        pal_panel_y(panel, pal_arm_metric(to, y).value), (pal_pen){ PAL_AXIS, 0.9, PAL_DASHED, 0 });
    }
}

static void draw_point(pal_canvas *canvas, const pal_panel *panel, const pal_plot_arm *arm, pal_estimate x, pal_estimate y,
                       size_t number)
{
    double at_x = pal_panel_x(panel, x.value), at_y = pal_panel_y(panel, y.value);
    char text[24];
    pal_font font = pal_font_small(PAL_ON_STAGE, PAL_MIDDLE);

    if (!isfinite(at_x) || !isfinite(at_y)) {
        return;
    }
    if (isfinite(x.lo) && isfinite(x.hi)) {
        pal_canvas_line(canvas, pal_panel_x(panel, x.lo), at_y, pal_panel_x(panel, x.hi), at_y,
                        (pal_pen){ arm->role, 0.9, PAL_SOLID, 0.7 });
    }
    if (isfinite(y.lo) && isfinite(y.hi)) {
        pal_canvas_line(canvas, at_x, pal_panel_y(panel, y.lo), at_x, pal_panel_y(panel, y.hi),
                        (pal_pen){ arm->role, 0.9, PAL_SOLID, 0.7 });
    }
    snprintf(text, sizeof text, "%zu", number);
    pal_canvas_disc(canvas, at_x, at_y, DISC + 0.8, PAL_PAPER, 1);
    pal_canvas_disc(canvas, at_x, at_y, DISC, pal_text_role(arm->role), 1);
    font.bold = true;
    pal_canvas_text(canvas, at_x, at_y + 2.5, text, font);
}

static void draw_panel(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, const char *x_family, const char *y,
                       const size_t *order, bool frontier)
{
    char x[PAL_EVAL_NAME];
    pal_ticks across, up;

    pal_eval_metric(x, run, x_family);
    panel->xs = panel->ys = pal_range_empty();
    for (size_t a = 0; a < run->n_arms; a++) {
        if (is_shown(run, a)) {
            pal_range_add_estimate(&panel->xs, pal_arm_metric(&run->arms[a], x));
            pal_range_add_estimate(&panel->ys, pal_arm_metric(&run->arms[a], y));
        }
    }
    if (pal_range_is_empty(panel->xs) || pal_range_is_empty(panel->ys)) {
        pal_no_data(canvas, panel, "not measured");
        return;
    }
    panel->xs = pal_range_padded(panel->xs, 0.08);
    panel->ys = pal_range_padded(panel->ys, 0.08);
    across = pal_ticks_make(panel->xs.lo, panel->xs.hi, 4);
    up = pal_ticks_make(panel->ys.lo, panel->ys.hi, 5);
    pal_axis_y(canvas, panel, &up, PAL_UNIT_PLAIN);
    pal_axis_x(canvas, panel, &across, PAL_UNIT_PLAIN, pal_rundata_metric_label(run, x));
    if (frontier) {
        draw_frontier(canvas, run, panel, x, y);
    }
    for (size_t r = run->n_arms; r > 0; r--) { /* the best on top */
        const pal_plot_arm *arm = &run->arms[order[r - 1]];

        if (is_shown(run, order[r - 1])) {
            draw_point(canvas, panel, arm, pal_arm_metric(arm, x), pal_arm_metric(arm, y), r);
        }
    }
}

static void draw_key(pal_canvas *canvas, const pal_rundata *run, const size_t *order, double x, double y)
{
    bool hidden = false;

    for (size_t r = 0; r < run->n_arms; r++) {
        const pal_plot_arm *arm = &run->arms[order[r]];
        pal_font number = pal_font_small(PAL_ON_STAGE, PAL_MIDDLE), name = pal_font_label(PAL_INK, PAL_LEFT);
        char text[24];

        snprintf(text, sizeof text, "%zu", r + 1);
        number.bold = true;
        name.max_width = KEY_W - 20;
        name.bold = arm->is_focus;
        pal_canvas_disc(canvas, x + DISC, y + KEY_ROW * (double)r, DISC - 0.5, pal_text_role(arm->role), 1);
        pal_canvas_text(canvas, x + DISC, y + KEY_ROW * (double)r + 2.5, text, number);
        pal_canvas_text(canvas, x + 2 * DISC + 6, y + KEY_ROW * (double)r + 3, arm->label, name);
        if (!is_shown(run, order[r])) {
            pal_canvas_line(canvas, x - 1, y + KEY_ROW * (double)r, x + 2 * DISC + 1, y + KEY_ROW * (double)r,
                            (pal_pen){ PAL_PAPER, 2, PAL_SOLID, 0 });
            hidden = true;
        }
    }
    if (hidden) {
        pal_canvas_paragraph(canvas, x, y + KEY_ROW * (double)run->n_arms + 8, KEY_W - 4, 10, 3,
                             "struck out: clearly worse than the baseline, off the scales", pal_font_tick(PAL_LEFT));
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    size_t order[PAL_MAX_ARMS];
    char subtitle[PAL_SUBTITLE_MAX], what[120];
    double width = (PAL_PAGE_WIDTH - 2 * PAL_MARGIN - LEFT - GAP - KEY_W - 14) / 2, y;
    pal_panel panel;

    (void)who;
    (void)err;
    snprintf(what, sizeof what, "upwards: %.40s", pal_rundata_metric_label(run, run->eval->main));
    y = pal_head(canvas, "What does accuracy cost?", pal_fig_subtitle(subtitle, run, what));
    pal_arms_by_metric(run, run->eval->main, order);
    panel = (pal_panel){ .x = PAL_MARGIN + LEFT, .y = y + 26, .w = width, .h = PANEL_H };
    pal_panel_name(canvas, &panel, "Use of the catalog", "");
    draw_panel(canvas, run, &panel, "coverage", run->eval->main, order, true);
    panel = (pal_panel){ .x = PAL_MARGIN + LEFT + width + GAP + 12, .y = y + 26, .w = width, .h = PANEL_H };
    pal_panel_name(canvas, &panel, "Surprise", "");
    draw_panel(canvas, run, &panel, "novelty", run->eval->main, order, false);
    draw_key(canvas, run, order, PAL_PAGE_WIDTH - PAL_MARGIN - KEY_W + 4, y + 32);
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    size_t order[PAL_MAX_ARMS];
    char name[PAL_EVAL_NAME];

    (void)who;
    pal_arms_by_metric(run, run->eval->main, order);
    pal_data_head(csv, "rank,model,accuracy,lo,hi,coverage,coverage_lo,coverage_hi,novelty,novelty_lo,novelty_hi,shown");
    for (size_t r = 0; r < run->n_arms; r++) {
        const pal_plot_arm *arm = &run->arms[order[r]];

        pal_data_number(csv, (double)(r + 1));
        pal_data_text(csv, arm->label);
        pal_data_estimate(csv, pal_arm_metric(arm, run->eval->main));
        pal_data_estimate(csv, pal_arm_metric(arm, pal_eval_metric(name, run, "coverage")));
        pal_data_estimate(csv, pal_arm_metric(arm, pal_eval_metric(name, run, "novelty")));
        pal_data_flag(csv, is_shown(run, order[r]));
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_eval_tradeoff = {
    .name = "tradeoff",
    .heading = "Accuracy against variety",
    .caption = "Numbers rank the models by accuracy. Left: further right, more of the catalog is recommended to somebody; "
               "the dashed line joins the models that none beats in both. Right: further right, the items recommended "
               "are less known. Crosses are intervals.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Balance: likes earned against tastes served, a point an arm. */
#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/label.h"

#include <math.h>

enum { HEIGHT = 280 };

static double height(const pal_rundata *run, size_t who)
{
    (void)run;
    (void)who;
    return HEIGHT;
}

static bool is_placed(pal_estimate x, pal_estimate y)
{
    return isfinite(x.value) && isfinite(y.value);
}

static void draw_arm(pal_canvas *canvas, const pal_panel *panel, const pal_plot_arm *arm, double label_y)
{
    pal_estimate x = pal_arm_metric(arm, "taste_coverage"), y = pal_arm_metric(arm, "like_rate");
    double px = pal_panel_x(panel, x.value), py = pal_panel_y(panel, y.value), edge = panel->x + panel->w;
    pal_pen pen = { arm->role, 1.1, PAL_SOLID, 0 };
    pal_font font = pal_font_label(pal_text_role(arm->role), PAL_LEFT);

    if (isfinite(x.lo) && isfinite(x.hi)) {
        pal_canvas_line(canvas, pal_panel_x(panel, x.lo), py, pal_panel_x(panel, x.hi), py, pen);
    }
    if (isfinite(y.lo) && isfinite(y.hi)) {
        pal_canvas_line(canvas, px, pal_panel_y(panel, y.lo), px, pal_panel_y(panel, y.hi), pen);
    }
    pal_canvas_line(canvas, px + 6, py, edge + 2, label_y, (pal_pen){ arm->role, 0.5, PAL_DOTTED, 0.8 });
    pal_canvas_marker(canvas, px, py, arm->is_focus ? 9 : 7, arm->marker, arm->role, 1);
    font.bold = arm->is_focus;
    font.max_width = 104;
    pal_canvas_text(canvas, edge + 6, label_y + 3, arm->label, font);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    char subtitle[PAL_SUBTITLE_MAX];
    pal_panel panel = { .x = PAL_MARGIN + 34, .y = 64, .w = 348, .h = 172 };
    double label_y[PAL_MAX_ARMS];
    pal_ticks ticks;

    (void)who;
    (void)err;
    pal_head(canvas, "Likes earned against tastes served", pal_fig_subtitle(subtitle, run, "whole run"));
    pal_panel_name(canvas, &panel, "Like rate", "likes per impression");
    panel.xs = panel.ys = pal_range_empty();
    for (size_t a = 0; a < run->n_arms; a++) {
        pal_estimate x = pal_arm_metric(&run->arms[a], "taste_coverage");
        pal_estimate y = pal_arm_metric(&run->arms[a], "like_rate");

        if (is_placed(x, y)) {
            pal_range_add_estimate(&panel.xs, x);
            pal_range_add_estimate(&panel.ys, y);
        }
    }
    if (pal_range_is_empty(panel.xs)) {
        pal_no_data(canvas, &panel, "no arm has both a like rate and a taste coverage");
        return PAL_OK;
    }
    panel.xs = pal_range_within(pal_range_padded(panel.xs, 0.08), 0, 1);
    panel.ys = pal_range_within(pal_range_padded(panel.ys, 0.08), 0, 1);
    ticks = pal_ticks_make(panel.ys.lo, panel.ys.hi, 5);
    pal_axis_y(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 6);
    pal_axis_x(canvas, &panel, &ticks, PAL_UNIT_PERCENT, "share of people's tastes served");
    for (size_t a = 0; a < run->n_arms; a++) {
        pal_estimate x = pal_arm_metric(&run->arms[a], "taste_coverage");
        pal_estimate y = pal_arm_metric(&run->arms[a], "like_rate");

        label_y[a] = is_placed(x, y) ? pal_panel_y(&panel, y.value) : NAN;
    }
    pal_labels_spread(label_y, run->n_arms, 11, panel.y, panel.y + panel.h);
    for (size_t a = 0; a < run->n_arms; a++) {
        if (!isnan(label_y[a])) {
            draw_arm(canvas, &panel, &run->arms[a], label_y[a]);
        }
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    pal_data_head(csv, "arm,taste_coverage,coverage_lo,coverage_hi,like_rate,lo,hi");
    for (size_t a = 0; a < run->n_arms; a++) {
        pal_data_text(csv, run->arms[a].label);
        pal_data_estimate(csv, pal_arm_metric(&run->arms[a], "taste_coverage"));
        pal_data_estimate(csv, pal_arm_metric(&run->arms[a], "like_rate"));
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_balance = {
    .name = "balance",
    .heading = "Likes against tastes served",
    .caption = "Up is more likes, right is more of each person's tastes. An arm to the upper right of another beats it "
               "in both; an arm that is only higher earns its likes from fewer tastes.",
    .height = height,
    .draw = draw,
    .data = data,
};

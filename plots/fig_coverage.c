/* Taste coverage: how many of a person's tastes have been served at least once, and which starve. */
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/report_words.h"

#include <math.h>
#include <stdio.h>

enum { HEIGHT = 420, LEGEND_Y = 36 };

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return HEIGHT + (pal_is_crowded(run) ? pal_arm_legend_height(run) : 0);
}

static size_t coverage_lines(pal_line *lines, const pal_rundata *run, bool starved)
{
    size_t order[PAL_MAX_ARMS], n = 0;

    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];
        const pal_coverage *c = &arm->coverage;

        if (c->n > 0) {
            lines[n++] = (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash,
                                     .width = pal_arm_width(arm), .n = c->n, .x = c->round,
                                     .y = starved ? c->starved : c->mean };
        }
    }
    return n;
}

/* Axes over 0..1, the focus arm's quantile bands, then every arm's mean. */
static pal_status draw_spread(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, const pal_line *lines,
                              size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_coverage *c = &run->arms[run->focus].coverage;
    pal_role role = run->arms[run->focus].role;
    pal_ticks up = pal_ticks_make(0, 1, 5), across;

    if (n == 0) {
        pal_no_data(canvas, panel, "coverage.csv is empty");
        return PAL_OK;
    }
    panel->xs = pal_lines_range_x(lines, n);
    panel->xs = panel->xs.lo < panel->xs.hi ? panel->xs : pal_range_padded(panel->xs, 0);
    panel->ys = (pal_range){ 0, 1 };
    across = pal_ticks_whole(panel->xs.lo, panel->xs.hi, 8);
    pal_axis_y(canvas, panel, &up, PAL_UNIT_PERCENT);
    pal_axis_x(canvas, panel, &across, PAL_UNIT_COUNT, NULL);
    PAL_TRY(pal_chart_band(canvas, panel, c->round, c->q05, c->q95, c->n, role, 0.12, err));
    PAL_TRY(pal_chart_band(canvas, panel, c->round, c->q25, c->q75, c->n, role, 0.2, err));
    PAL_TRY(pal_chart_lines(canvas, panel, lines, n, err));

done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_line lines[PAL_MAX_ARMS];
    size_t n = coverage_lines(lines, run, false);
    double left = PAL_MARGIN + 34, labels = pal_lines_label_width(canvas, lines, n);
    double width = PAL_PAGE_WIDTH - left - PAL_MARGIN - labels, down = 0;
    pal_panel panel;
    char people[PAL_SHOWN_MAX], text[PAL_SUBTITLE_MAX], measure[80];

    (void)who;
    snprintf(text, sizeof text,
             "lines: mean over %.20s people \xc2\xb7 shades: the middle 50 %% and 90 %% of people in %.60s",
             pal_show_count(people, run->people), run->arms[run->focus].label);
    pal_head(canvas, "How much of each person's taste has been found", text);
    if (pal_is_crowded(run)) {
        down = pal_arm_legend(canvas, run, LEGEND_Y, NULL) - LEGEND_Y;
        width += labels;
        pal_hush_lines(lines, n, run);
    }
    panel = (pal_panel){ .x = left, .w = width, .y = 62 + down, .h = 168 };
    pal_panel_name(canvas, &panel, "Taste coverage",
                   pal_worded(measure, sizeof measure, run, "share of true tastes with a liked song so far"));
    PAL_TRY(draw_spread(canvas, run, &panel, lines, n, err));
    panel = (pal_panel){ .x = left, .w = width, .y = 276 + down, .h = 106 };
    n = coverage_lines(lines, run, true);
    if (pal_is_crowded(run)) {
        pal_hush_lines(lines, n, run);
    }
    pal_panel_name(canvas, &panel, "Starved tastes", "share of tastes of weight 0.1 or more without one");
    PAL_TRY(pal_draw_lines_panel(canvas, &panel, lines, n, PAL_UNIT_PERCENT, true, "round", "coverage.csv is empty",
                                 err));

done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    const pal_coverage *c = &focus->coverage;
    const pal_line middle = { .label = focus->label, .n = c->n, .x = c->round, .lo = c->q25, .hi = c->q75 };
    const pal_line most = { .label = focus->label, .n = c->n, .x = c->round, .lo = c->q05, .hi = c->q95 };
    pal_line lines[PAL_MAX_ARMS];

    (void)who;
    pal_data_head(csv, PAL_DATA_ROUNDS);
    pal_data_lines(csv, "taste coverage", lines, coverage_lines(lines, run, false));
    pal_data_lines(csv, "taste coverage, middle 50 % of people", &middle, 1);
    pal_data_lines(csv, "taste coverage, middle 90 % of people", &most, 1);
    pal_data_lines(csv, "starved tastes", lines, coverage_lines(lines, run, true));
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_coverage = {
    .name = "coverage",
    .heading = "Taste coverage",
    .caption = "A person with four tastes of whom two have met a liked song is covered by half. The wide shade "
               "reaches the people served worst: a mean near 100 % with a shade that hangs down means that some are "
               "left behind. Below: tastes that matter to their owner and were never served well.",
    .height = height,
    .draw = draw,
    .data = data,
};

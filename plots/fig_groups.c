/* Groups: is several tastes in one person what makes the difference? */
#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW = 13, GROUP_HEAD = 18, GROUP_GAP = 6, TOP = 66, LEFT_X = 128, PANEL_W = 170 };

static double height(const pal_rundata *run, size_t who)
{
    double y = TOP + 26;

    (void)who;
    for (size_t g = 0; g < run->n_groups; g++) {
        y += GROUP_HEAD + GROUP_GAP + ROW * (double)run->groups[g].n_arms;
    }
    return run->n_groups == 0 ? TOP + 90 : y;
}

static pal_range range_of(const pal_rundata *run, bool coverage)
{
    pal_range range = pal_range_empty();

    for (size_t g = 0; g < run->n_groups; g++) {
        for (size_t a = 0; a < run->groups[g].n_arms; a++) {
            const pal_group_arm *arm = &run->groups[g].arms[a];

            pal_range_add_estimate(&range, coverage ? arm->coverage : arm->like_rate);
        }
    }
    return pal_range_within(pal_range_padded(range, 0.05), 0, 1);
}

static void draw_rows(pal_canvas *canvas, const pal_rundata *run, const pal_panel *like, const pal_panel *coverage)
{
    double y = TOP;

    for (size_t g = 0; g < run->n_groups; g++) {
        const pal_group *group = &run->groups[g];
        char people[PAL_SHOWN_MAX], text[160];
        double w;

        w = pal_canvas_text(canvas, PAL_MARGIN, y + 12, group->name,
                            (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = 90 });
        snprintf(text, sizeof text, "%.20s people", pal_show_count(people, group->people));
        pal_canvas_text(canvas, PAL_MARGIN + w + 6, y + 12, text, pal_font_tick(PAL_LEFT));
        y += GROUP_HEAD;
        for (size_t a = 0; a < group->n_arms; a++, y += ROW) {
            const pal_group_arm *arm = &group->arms[a];
            size_t index = pal_rundata_arm(run, arm->name);
            pal_role role = index == SIZE_MAX ? PAL_SUBTLE : run->arms[index].role;
            pal_marker marker = index == SIZE_MAX ? PAL_DOT : run->arms[index].marker;
            pal_font font = pal_font_tick(PAL_RIGHT);

            font.max_width = LEFT_X - PAL_MARGIN - 8;
            font.role = PAL_INK;
            font.bold = index == run->focus;
            pal_canvas_text(canvas, LEFT_X - 8, y + ROW * 0.5 + 3,
                            index == SIZE_MAX ? arm->name : run->arms[index].label, font);
            pal_chart_dot(canvas, like, y + ROW * 0.5, arm->like_rate, role, marker, false);
            pal_chart_dot(canvas, coverage, y + ROW * 0.5, arm->coverage, role, marker, false);
        }
        y += GROUP_GAP;
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    char subtitle[PAL_SUBTITLE_MAX];
    pal_panel like = { .x = LEFT_X, .y = TOP, .w = PANEL_W, .h = height(run, 0) - TOP - 26 };
    pal_panel coverage = like;
    pal_ticks ticks;

    (void)who;
    (void)err;
    pal_head(canvas, "Who gains: one taste, alike tastes, contradictory tastes",
             pal_fig_subtitle(subtitle, run, "whole run"));
    if (run->n_groups == 0) {
        like = (pal_panel){ .x = PAL_MARGIN, .y = TOP - 16, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 90 };
        pal_no_data(canvas, &like, "summary.json has no groups of people");
        return PAL_OK;
    }
    like.xs = range_of(run, false);
    coverage.x = LEFT_X + PANEL_W + 28;
    coverage.xs = range_of(run, true);
    pal_canvas_text(canvas, like.x, TOP - 8, "likes per impression", pal_font_tick(PAL_LEFT));
    pal_canvas_text(canvas, coverage.x, TOP - 8, "share of tastes served", pal_font_tick(PAL_LEFT));
    ticks = pal_ticks_make(like.xs.lo, like.xs.hi, 4);
    pal_axis_x_grid(canvas, &like, &ticks, PAL_UNIT_PLAIN);
    ticks = pal_ticks_make(coverage.xs.lo, coverage.xs.hi, 4);
    pal_axis_x_grid(canvas, &coverage, &ticks, PAL_UNIT_PERCENT);
    draw_rows(canvas, run, &like, &coverage);
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    pal_data_head(csv, "group,people,arm,like_rate,lo,hi,taste_coverage,coverage_lo,coverage_hi");
    for (size_t g = 0; g < run->n_groups; g++) {
        const pal_group *group = &run->groups[g];

        for (size_t a = 0; a < group->n_arms; a++) {
            size_t index = pal_rundata_arm(run, group->arms[a].name);

            pal_data_text(csv, group->name);
            pal_data_number(csv, group->people);
            pal_data_text(csv, index == SIZE_MAX ? group->arms[a].name : run->arms[index].label);
            pal_data_estimate(csv, group->arms[a].like_rate);
            pal_data_estimate(csv, group->arms[a].coverage);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_groups = {
    .name = "groups",
    .heading = "One taste, several, contradictory",
    .caption = "People are put into groups by their true tastes. If keeping tastes apart is what helps, an arm that "
               "does so should lead most among people whose tastes contradict each other, and little or not at all "
               "among those with a single taste.",
    .height = height,
    .draw = draw,
    .data = data,
};

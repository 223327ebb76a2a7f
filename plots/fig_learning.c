/* Learning curves: does serving get better as people give feedback, and by how much against the baseline? */
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <stdio.h>

enum { HEIGHT = 520, LEGEND_Y = 36 };

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return HEIGHT + (pal_is_crowded(run) ? pal_arm_legend_height(run) : 0);
}

/* The panel of paired differences: a zero line that is the baseline. */
static pal_status draw_difference(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, const char *metric,
                                  pal_error *err)
{
    pal_status rc = PAL_OK;
    static const double zero[2] = { 0, 0 };
    double ends[2] = { 0, 0 };
    pal_line lines[PAL_MAX_ARMS + 1];
    size_t n = pal_arm_lines(lines + 1, run, metric, PAL_BY_ROUND_DIFF);
    const char *name = pal_is_crowded(run) ? NULL : run->arms[run->baseline].label;
    pal_range across = pal_lines_range_x(lines + 1, n);

    pal_panel_name(canvas, panel, "Difference", "paired, arm minus baseline");
    if (n == 0) {
        pal_no_data(canvas, panel, "no arm was compared with the baseline");
        return PAL_OK;
    }
    if (pal_is_crowded(run)) {
        pal_hush_lines(lines + 1, n, run);
    }
    ends[0] = across.lo;
    ends[1] = across.hi;
    lines[0] = (pal_line){ .label = name, .role = PAL_BASE, .width = 1.4, .n = 2, .x = ends,
                           .y = zero };
    PAL_TRY(pal_draw_lines_panel(canvas, panel, lines, n + 1, PAL_UNIT_PLAIN, false, "round", "", err));

done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    char subtitle[PAL_SUBTITLE_MAX];
    pal_line lines[PAL_MAX_ARMS];
    size_t n = pal_arm_lines(lines, run, "like_rate", PAL_BY_ROUND);
    double left = PAL_MARGIN + 30, labels = pal_lines_label_width(canvas, lines, n);
    double width = PAL_PAGE_WIDTH - left - PAL_MARGIN - labels, down = 0;
    bool crowded = pal_is_crowded(run);
    pal_panel panel;

    (void)who;
    pal_head(canvas, "What people like and click, round by round", pal_fig_subtitle(subtitle, run, ""));
    if (crowded) {
        down = pal_arm_legend(canvas, run, LEGEND_Y, NULL) - LEGEND_Y;
        width += labels;
        pal_hush_lines(lines, n, run);
    }
    panel = (pal_panel){ .x = left, .w = width, .y = 62 + down, .h = 172 };
    pal_panel_name(canvas, &panel, "Like rate", "likes per impression");
    PAL_TRY(pal_draw_lines_panel(canvas, &panel, lines, n, PAL_UNIT_PLAIN, true, NULL,
                                 "rounds.csv has no like_rate", err));
    panel = (pal_panel){ .x = left, .w = width, .y = 278 + down, .h = 70 };
    PAL_TRY(draw_difference(canvas, run, &panel, "like_rate", err));
    panel = (pal_panel){ .x = left, .w = width, .y = 396 + down, .h = 92 };
    n = pal_arm_lines(lines, run, "ctr", PAL_BY_ROUND);
    if (crowded) {
        pal_hush_lines(lines, n, run);
    }
    pal_panel_name(canvas, &panel, "CTR", "clicks per impression");
    PAL_TRY(pal_draw_lines_panel(canvas, &panel, lines, n, PAL_UNIT_PLAIN, true, "round",
                                 "rounds.csv has no ctr", err));

done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_line lines[PAL_MAX_ARMS];

    (void)who;
    pal_data_head(csv, PAL_DATA_ROUNDS);
    pal_data_lines(csv, "like_rate", lines, pal_arm_lines(lines, run, "like_rate", PAL_BY_ROUND));
    pal_data_lines(csv, "like_rate difference", lines, pal_arm_lines(lines, run, "like_rate", PAL_BY_ROUND_DIFF));
    pal_data_lines(csv, "ctr", lines, pal_arm_lines(lines, run, "ctr", PAL_BY_ROUND));
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_learning = {
    .name = "learning",
    .heading = "Learning curves",
    .caption = "Each line is one arm. A line that climbs learns; the dashed line is the oracle, which knows the "
               "truth and bounds what any arm can earn. In the middle panel every arm is compared with the baseline "
               "on the same people in the same round: a band that stays clear of zero is a real difference.",
    .height = height,
    .draw = draw,
    .data = data,
};

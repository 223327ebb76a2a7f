/* Content types: what each arm earns in each, and how far it is from the baseline there. The oracle is left out: its
 * distance would leave no room to tell the others apart. */
#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/run_types.h"

#include <math.h>

enum { ROW = 13, HEAD = 18, GAP = 6, TOP = 66, FOOT = 26, LEFT_X = 150, PANEL_W = 160, SPACE = 28 };

static bool has(const pal_rundata *run)
{
    return run->types != NULL && run->types->n > 0;
}

static size_t count_rows(const pal_rundata *run)
{
    size_t n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        n += !run->arms[a].is_oracle;
    }
    return n;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return has(run) ? TOP + FOOT + (double)run->types->n * (HEAD + GAP + ROW * (double)count_rows(run)) : TOP + 90;
}

static pal_range range_of(const pal_rundata *run, const pal_estimate *e)
{
    pal_range range = pal_range_empty();

    for (size_t i = 0; i < run->types->n * run->n_arms; i++) {
        if (!run->arms[i % run->n_arms].is_oracle) {
            pal_range_add_estimate(&range, e[i]);
        }
    }
    pal_range_add(&range, 0);
    return pal_range_padded(range, 0.05);
}

static void draw_arm(pal_canvas *canvas, const pal_rundata *run, size_t type, size_t a, double y, const pal_panel *like,
                     const pal_panel *diff)
{
    const pal_arm *arm = &run->arms[a];
    const size_t cell = type * run->n_arms + a;
    pal_font font = pal_font_tick(PAL_RIGHT);

    font.max_width = LEFT_X - PAL_MARGIN - 8;
    font.role = PAL_INK;
    font.bold = arm->is_focus;
    pal_canvas_text(canvas, LEFT_X - 8, y + 3, arm->label, font);
    pal_chart_dot(canvas, like, y, run->types->like_rate[cell], arm->role, arm->marker, false);
    pal_chart_dot(canvas, diff, y, run->types->diff[cell], arm->role, arm->marker, false);
}

static void draw_types(pal_canvas *canvas, const pal_rundata *run, const pal_panel *like, const pal_panel *diff)
{
    size_t order[PAL_MAX_ARMS];
    double y = TOP;

    pal_arms_by_metric(run, "like_rate", order);
    for (size_t t = 0; t < run->types->n; t++) {
        pal_canvas_text(canvas, PAL_MARGIN, y + 12, run->types->name[t],
                        (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = 130 });
        y += HEAD;
        for (size_t a = 0; a < run->n_arms; a++) {
            if (!run->arms[order[a]].is_oracle) {
                draw_arm(canvas, run, t, order[a], y + ROW * 0.5, like, diff);
                y += ROW;
            }
        }
        y += GAP;
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    char subtitle[PAL_SUBTITLE_MAX];
    pal_panel like = { .x = LEFT_X, .y = TOP, .w = PANEL_W, .h = height(run, 0) - TOP - FOOT }, diff = like;
    pal_ticks ticks;

    (void)who;
    (void)err;
    pal_head(canvas, "What each arm earns, by content type", pal_fig_subtitle(subtitle, run, "whole run"));
    if (!has(run)) {
        like = (pal_panel){ .x = PAL_MARGIN, .y = TOP - 16, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 90 };
        pal_no_data(canvas, &like, "this run has no types.csv");
        return PAL_OK;
    }
    like.xs = pal_range_within(range_of(run, run->types->like_rate), 0, 1);
    diff.x = LEFT_X + PANEL_W + SPACE;
    diff.xs = range_of(run, run->types->diff);
    pal_canvas_text(canvas, like.x, TOP - 8, "likes per impression", pal_font_tick(PAL_LEFT));
    pal_canvas_text(canvas, diff.x, TOP - 8, "difference to the baseline", pal_font_tick(PAL_LEFT));
    ticks = pal_ticks_make(like.xs.lo, like.xs.hi, 4);
    pal_axis_x_grid(canvas, &like, &ticks, PAL_UNIT_PLAIN);
    ticks = pal_ticks_make(diff.xs.lo, diff.xs.hi, 4);
    pal_axis_x_grid(canvas, &diff, &ticks, PAL_UNIT_PLAIN);
    pal_zero_line(canvas, &diff);
    draw_types(canvas, run, &like, &diff);
    return PAL_OK;
}

const pal_figure pal_fig_domains = {
    .name = "domains",
    .heading = "By content type",
    .caption = "Each request asks for one content type. On the left what people like of it, on the right the same "
               "people's difference to the baseline arm. A model across all types pays where one type tells of another; "
               "where it does not, a model per type stays ahead. The oracle is left out.",
    .has = has,
    .height = height,
    .draw = draw,
};

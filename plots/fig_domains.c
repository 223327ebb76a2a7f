/* Content types: what each arm earns in each, and how far it is from the baseline there; below, models per type against
 * one across all types. The oracle is left out: its distance would leave no room to tell the others apart. */
#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/run_types.h"

#include <math.h>

enum { ROW = 13, HEAD = 18, GAP = 6, TOP = 66, FOOT = 26, LEFT_X = 150, PANEL_W = 160, SPACE = 28 };
enum { TESTS_TOP = 34, LINE = 13, MOST_LINES = 3 }; /* the part below: its heading, the answer in words */

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

/* Where a pair of arms begins and ends in the list of tests. */
static size_t end_of_pair(const pal_types_data *types, size_t first)
{
    size_t end = first + 1;

    while (end < types->n_tests && types->test[end].arm == types->test[first].arm) {
        end++;
    }
    return end;
}

static size_t count_pairs(const pal_types_data *types)
{
    size_t n = 0;

    for (size_t first = 0; first < types->n_tests; first = end_of_pair(types, first)) {
        n++;
    }
    return n;
}

static double height_of_types(const pal_rundata *run)
{
    return TOP + FOOT + (double)run->types->n * (HEAD + GAP + ROW * (double)count_rows(run));
}

static double height_of_tests(const pal_types_data *types)
{
    const double pairs = (double)count_pairs(types);

    return pairs > 0 ? TESTS_TOP + pairs * (HEAD + GAP + MOST_LINES * LINE) + ROW * (double)types->n_tests + FOOT : 0;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return has(run) ? height_of_types(run) + height_of_tests(run->types) : TOP + 90;
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
    const pal_plot_arm *arm = &run->arms[a];
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

/* ---- a model per type against one across all types ---------------------------------------------------------- */

/* "music, movie": the types of a pair whose difference holds and has that sign. */
static size_t list_types(pal_text *text, const pal_types_data *types, size_t first, size_t end, int sign)
{
    size_t n = 0;

    for (size_t i = first; i < end; i++) {
        const pal_types_test *test = &types->test[i];

        if (test->significant && (sign > 0 ? test->diff.value > 0 : test->diff.value < 0)) {
            pal_text_addf(text, "%s%s", n++ > 0 ? ", " : "", types->name[test->type]);
        }
    }
    return n;
}

/* The answer of a pair: where a model per type is ahead, where behind, and by how much at the most. */
static void answer(pal_text *text, const pal_types_data *types, size_t first, size_t end)
{
    pal_text ahead = { 0 }, behind = { 0 };
    const size_t n_ahead = list_types(&ahead, types, first, end, 1), n_behind = list_types(&behind, types, first, end, -1);
    const pal_types_test *widest = &types->test[first];
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], p[PAL_SHOWN_MAX];

    for (size_t i = first; i < end; i++) {
        if (fabs(types->test[i].effect) > fabs(widest->effect)) {
            widest = &types->test[i];
        }
    }
    pal_text_add(text, "A model per type is ");
    if (n_ahead + n_behind == 0) {
        pal_text_add(text, "neither ahead nor behind in any type");
    } else {
        pal_text_addf(text, "%s%s%s%s%s", n_ahead > 0 ? "ahead in " : "", n_ahead > 0 ? ahead.bytes : "",
                      n_ahead > 0 && n_behind > 0 ? " and " : "", n_behind > 0 ? "behind in " : "",
                      n_behind > 0 ? behind.bytes : "");
    }
    pal_text_addf(text, " (permutation test over people, Holm over %zu types). The clearest: %s, %s likes per impression, "
                  "d = %s, %s.", end - first, types->name[widest->type], pal_show_signed(a, widest->diff.value, 4),
                  pal_show_signed(b, widest->effect, 2), pal_show_p(p, widest->p));
    pal_text_clear(&ahead);
    pal_text_clear(&behind);
}

static void draw_pair(pal_canvas *canvas, const pal_rundata *run, size_t first, size_t end, double *y,
                      const pal_panel *diff)
{
    const pal_types_data *types = run->types;
    const pal_plot_arm *arm = &run->arms[types->test[first].arm], *against = &run->arms[types->test[first].against];
    pal_text text = { 0 };
    pal_font font = pal_font_tick(PAL_RIGHT);

    pal_text_addf(&text, "%s less %s", arm->label, against->label);
    pal_canvas_text(canvas, PAL_MARGIN, *y + 12, text.bytes,
                    (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = 400 });
    *y += HEAD;
    font.max_width = LEFT_X - PAL_MARGIN - 8;
    font.role = PAL_INK;
    for (size_t i = first; i < end; i++, *y += ROW) {
        pal_canvas_text(canvas, LEFT_X - 8, *y + ROW * 0.5 + 3, types->name[types->test[i].type], font);
        pal_chart_dot(canvas, diff, *y + ROW * 0.5, types->test[i].diff, arm->role, arm->marker,
                      !types->test[i].significant);
    }
    pal_text_clear(&text);
}

static void draw_tests(pal_canvas *canvas, const pal_rundata *run, double y)
{
    const pal_types_data *types = run->types;
    pal_panel diff = { .x = LEFT_X, .y = y + TESTS_TOP, .w = PAL_PAGE_WIDTH - LEFT_X - PAL_MARGIN };
    pal_range range = pal_range_empty();
    pal_ticks ticks;
    pal_text text = { 0 };

    for (size_t i = 0; i < types->n_tests; i++) {
        pal_range_add_estimate(&range, types->test[i].diff);
    }
    pal_range_add(&range, 0);
    diff.xs = pal_range_padded(range, 0.05);
    diff.h = (double)count_pairs(types) * (HEAD + GAP) + ROW * (double)types->n_tests;
    pal_canvas_text(canvas, PAL_MARGIN, y + TESTS_TOP - 12, "A model per type less one across all types, likes per "
                    "impression; filled: no chance result", pal_font_tick(PAL_LEFT));
    ticks = pal_ticks_make(diff.xs.lo, diff.xs.hi, 6);
    pal_axis_x_grid(canvas, &diff, &ticks, PAL_UNIT_PLAIN);
    pal_zero_line(canvas, &diff);
    y += TESTS_TOP;
    for (size_t first = 0, end; first < types->n_tests; first = end) {
        end = end_of_pair(types, first);
        draw_pair(canvas, run, first, end, &y, &diff);
        y += GAP;
    }
    y += FOOT + 4;
    for (size_t first = 0, end; first < types->n_tests; first = end) {
        int lines;

        end = end_of_pair(types, first);
        text.n = 0;
        pal_text_addf(&text, "%s: ", run->arms[types->test[first].arm].label);
        answer(&text, types, first, end);
        lines = pal_canvas_paragraph(canvas, PAL_MARGIN, y, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, LINE, MOST_LINES, text.bytes,
                                     pal_font_tick(PAL_LEFT));
        y += lines * LINE + 3;
    }
    pal_text_clear(&text);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    char subtitle[PAL_SUBTITLE_MAX];
    pal_panel like = { .x = LEFT_X, .y = TOP, .w = PANEL_W, .h = 0 }, diff;
    pal_ticks ticks;

    (void)who;
    (void)err;
    pal_head(canvas, "What each arm earns, by content type", pal_fig_subtitle(subtitle, run, "whole run"));
    if (!has(run)) {
        like = (pal_panel){ .x = PAL_MARGIN, .y = TOP - 16, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 90 };
        pal_no_data(canvas, &like, "this run has no types.csv");
        return PAL_OK;
    }
    like.h = height_of_types(run) - TOP - FOOT;
    diff = like;
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
    if (run->types->n_tests > 0) {
        draw_tests(canvas, run, height_of_types(run));
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    pal_data_head(csv, "type,arm,like_rate,lo,hi,difference,difference_lo,difference_hi,against,p_adjusted");
    for (size_t i = 0; has(run) && i < run->types->n * run->n_arms; i++) {
        const pal_plot_arm *arm = &run->arms[i % run->n_arms];

        if (!arm->is_oracle) {
            pal_data_text(csv, run->types->name[i / run->n_arms]);
            pal_data_text(csv, arm->label);
            pal_data_estimate(csv, run->types->like_rate[i]);
            pal_data_estimate(csv, run->types->diff[i]);
            pal_data_text(csv, run->arms[run->baseline].label);
            pal_data_number(csv, NAN);
            pal_data_end(csv);
        }
    }
    for (size_t i = 0; has(run) && i < run->types->n_tests; i++) {
        const pal_types_test *test = &run->types->test[i];

        pal_data_text(csv, run->types->name[test->type]);
        pal_data_text(csv, run->arms[test->arm].label);
        pal_data_estimate(csv, run->types->like_rate[test->type * run->n_arms + test->arm]);
        pal_data_estimate(csv, test->diff);
        pal_data_text(csv, run->arms[test->against].label);
        pal_data_number(csv, test->p);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_domains = {
    .name = "domains",
    .heading = "By content type",
    .caption = "Each request asks for one content type. On the left what people like of it, on the right the same "
               "people's difference to the baseline arm. A model across all types pays where one type tells of another; "
               "where it does not, a model per type stays ahead. The oracle is left out. Below, where arms "
               "part in nothing else: the paired difference of a model per type to one across all types, filled where it "
               "holds after Holm's correction over the types.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

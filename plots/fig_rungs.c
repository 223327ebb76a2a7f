/* Which rung wins at which amount of feedback: likes an impression by songs shown before, and the winner in words. */
#include "core/mem.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/report_words.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { MOST_BINS = 40, CHART_H = 150, ROW = 14, LEFT = 34 };

static bool has(const pal_rundata *run)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        if (run->arms[a].n_heard > 0) {
            return true;
        }
    }
    return false;
}

static const pal_heard *heard_at(const pal_plot_arm *arm, double from)
{
    for (size_t b = 0; b < arm->n_heard; b++) {
        if (arm->heard[b].from == from) {
            return &arm->heard[b];
        }
    }
    return NULL;
}

/* Where bins begin, rising, over all arms. */
static size_t find_bins(double *from, const pal_rundata *run)
{
    size_t n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        for (size_t b = 0; b < run->arms[a].n_heard; b++) {
            double x = run->arms[a].heard[b].from;
            size_t at = n;

            while (at > 0 && from[at - 1] > x) {
                at--;
            }
            if (n == MOST_BINS || (at > 0 && from[at - 1] == x)) {
                continue;
            }
            for (size_t i = n; i > at; i--) {
                from[i] = from[i - 1];
            }
            from[at] = x;
            n++;
        }
    }
    return n;
}

/* The best arm that does not know the truth, or SIZE_MAX. */
static size_t winner_at(const pal_rundata *run, double from)
{
    size_t best = SIZE_MAX;

    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_heard *bin = heard_at(&run->arms[a], from);

        if (bin == NULL || run->arms[a].is_oracle || !isfinite(bin->likes.value)) {
            continue;
        }
        if (best == SIZE_MAX || bin->likes.value > heard_at(&run->arms[best], from)->likes.value) {
            best = a;
        }
    }
    return best;
}

static double height(const pal_rundata *run, size_t who)
{
    double from[MOST_BINS];
    size_t n = find_bins(from, run);

    (void)who;
    return n == 0 ? 160 : 38 + pal_arm_legend_height(run) + 12 + CHART_H + 44 + 16 + ROW * (double)n;
}

static const char *show_bin(char out[40], double from, double to)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (isfinite(to)) {
        snprintf(out, 40, "%.12s\xe2\x80\x93%.12s", pal_show_count(a, from), pal_show_count(b, to - 1));
    } else {
        snprintf(out, 40, "%.12s+", pal_show_count(a, from));
    }
    return out;
}

/* The end of a bin, from any arm that has it. */
static double end_of(const pal_rundata *run, double from)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_heard *bin = heard_at(&run->arms[a], from);

        if (bin != NULL) {
            return bin->to;
        }
    }
    return INFINITY;
}

/* Points of one arm: a bin each, NaN where it has none. */
typedef struct points { double x[MOST_BINS], y[MOST_BINS], lo[MOST_BINS], hi[MOST_BINS]; } points;

static void fill_points(points *p, const pal_plot_arm *arm, const double *from, size_t n)
{
    for (size_t b = 0; b < n; b++) {
        const pal_heard *bin = heard_at(arm, from[b]);

        p->x[b] = (double)b + 0.5;
        p->y[b] = bin == NULL ? NAN : bin->likes.value;
        p->lo[b] = bin == NULL ? NAN : bin->likes.lo;
        p->hi[b] = bin == NULL ? NAN : bin->likes.hi;
    }
}

static void draw_bin_names(pal_canvas *canvas, const pal_rundata *run, const pal_panel *panel, const double *from,
                           size_t n)
{
    double foot = panel->y + panel->h, end = 0;
    char title[60];

    pal_canvas_line(canvas, panel->x, foot, panel->x + panel->w, foot, (pal_pen){ PAL_AXIS, 0.7, PAL_SOLID, 0 });
    for (size_t b = 0; b < n; b++) {
        double x = pal_panel_x(panel, (double)b + 0.5), w;
        pal_font font = pal_font_small(PAL_SUBTLE, PAL_MIDDLE);
        char name[40];

        show_bin(name, from[b], end_of(run, from[b]));
        w = pal_canvas_text_width(canvas, name, font);
        pal_canvas_line(canvas, x, foot, x, foot + 3, (pal_pen){ PAL_AXIS, 0.7, PAL_SOLID, 0 });
        if (x - w / 2 > end) {
            pal_canvas_text(canvas, x, foot + 12, name, font);
            end = x + w / 2 + 3;
        }
    }
    pal_canvas_text(canvas, panel->x + panel->w, foot + 24, pal_worded(title, sizeof title, run, "songs shown before"),
                    pal_font_tick(PAL_RIGHT));
}

static pal_status draw_chart(pal_canvas *canvas, const pal_rundata *run, double y, const double *from, size_t n,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    points *p = NULL;
    pal_line lines[PAL_MAX_ARMS];
    size_t order[PAL_MAX_ARMS];
    pal_panel panel = { .x = PAL_MARGIN + LEFT, .y = y, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN - LEFT - 4, .h = CHART_H,
                        .xs = { 0, (double)n } };
    pal_ticks up;

    PAL_NEW(p, run->n_arms);
    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];

        fill_points(&p[k], arm, from, n);
        lines[k] = (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash, .width = pal_arm_width(arm),
                               .n = n, .x = p[k].x, .y = p[k].y, .lo = p[k].lo, .hi = p[k].hi };
    }
    if (pal_is_crowded(run)) {
        pal_hush_lines(lines, run->n_arms, run);
    }
    for (size_t k = 0; k < run->n_arms; k++) {
        lines[k].label = NULL; /* the legend names them: lines end in different bins */
    }
    panel.ys = pal_range_within(pal_range_padded(pal_lines_range_y(lines, run->n_arms), 0.05), 0, 1);
    up = pal_ticks_make(panel.ys.lo, panel.ys.hi, 5);
    pal_axis_y(canvas, &panel, &up, PAL_UNIT_PLAIN);
    draw_bin_names(canvas, run, &panel, from, n);
    PAL_TRY(pal_chart_lines(canvas, &panel, lines, run->n_arms, err));

done:
    pal_free(p);
    return rc;
}

static void cell(pal_canvas *canvas, double x, double y, double w, const char *text, pal_role role)
{
    pal_font font = pal_font_tick(PAL_LEFT);

    font.role = role;
    font.max_width = w - 6;
    pal_canvas_text(canvas, x, y, text, font);
}

/* The winner, and where its lead may be chance also the next one. */
static void say_winner(char *out, size_t room, const pal_rundata *run, size_t arm, const pal_heard *bin)
{
    if (bin->against == SIZE_MAX || !isfinite(bin->ahead.value)) {
        snprintf(out, room, "only %.60s came so far", run->arms[arm].label);
    } else if (bin->ahead.lo > 0) {
        snprintf(out, room, "%.60s", run->arms[arm].label);
    } else {
        snprintf(out, room, "%.60s or %.60s", run->arms[arm].label, run->arms[bin->against].label);
    }
}

/* "0.312 [0.308, 0.316]"; nothing when it is undefined. */
static const char *show_estimate(char out[80], pal_estimate e)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    out[0] = '\0';
    if (isfinite(e.value)) {
        snprintf(out, 80, "%.12s %.30s", pal_show_fixed(a, e.value, 3), pal_show_interval(b, e.lo, e.hi, 3));
    }
    return out;
}

enum { COLUMNS = 5 };
static const double widths[COLUMNS] = { 62, 190, 106, 38, 96 };

static void draw_row(pal_canvas *canvas, const pal_rundata *run, double y, double from)
{
    size_t a = winner_at(run, from);
    const pal_heard *bin = a == SIZE_MAX ? NULL : heard_at(&run->arms[a], from);
    double x = PAL_MARGIN;
    char name[40], winner[160], estimate[80], people[PAL_SHOWN_MAX];

    cell(canvas, x, y, widths[0], show_bin(name, from, end_of(run, from)), PAL_SUBTLE);
    if (bin == NULL) {
        return;
    }
    x += widths[0];
    say_winner(winner, sizeof winner, run, a, bin);
    pal_canvas_disc(canvas, x + 3, y - 2.8, 3, run->arms[a].role, 1);
    cell(canvas, x + 11, y, widths[1] - 11, winner, PAL_INK);
    x += widths[1];
    cell(canvas, x, y, widths[2], show_estimate(estimate, bin->likes), PAL_INK);
    x += widths[2];
    cell(canvas, x, y, widths[3], pal_show_count(people, bin->likes.n), PAL_SUBTLE);
    cell(canvas, x + widths[3], y, widths[4] + 6, show_estimate(estimate, bin->ahead),
         bin->ahead.lo > 0 ? PAL_INK : PAL_SUBTLE);
}

static void draw_table(pal_canvas *canvas, const pal_rundata *run, double y, const double *from, size_t n)
{
    static const char *const names[COLUMNS] = { "songs before", "winner", "likes an impression", "people",
                                                "ahead of the next" };
    double x = PAL_MARGIN;
    char name[60];

    for (int c = 0; c < COLUMNS; x += widths[c], c++) {
        cell(canvas, x, y, widths[c], pal_worded(name, sizeof name, run, names[c]), PAL_SUBTLE);
    }
    pal_canvas_line(canvas, PAL_MARGIN, y + 4, PAL_PAGE_WIDTH - PAL_MARGIN, y + 4,
                    (pal_pen){ PAL_AXIS, 0.6, PAL_SOLID, 0 });
    for (size_t b = 0; b < n; b++) {
        draw_row(canvas, run, y + 16 + ROW * (double)b, from[b]);
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    double from[MOST_BINS], y;
    size_t n = find_bins(from, run);
    pal_panel empty = { .x = PAL_MARGIN, .y = 60, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 80 };
    char subtitle[PAL_SUBTITLE_MAX], what[80];

    (void)who;
    y = pal_head(canvas, "Which arm wins at which amount of feedback",
                 pal_fig_subtitle(subtitle, run, pal_worded(what, sizeof what, run, "likes an impression by songs shown before")));
    if (n == 0) {
        pal_no_data(canvas, &empty, "this run has no feedback.csv");
        return PAL_OK;
    }
    y = pal_arm_legend(canvas, run, y, NULL) + 12;
    PAL_TRY(draw_chart(canvas, run, y, from, n, err));
    draw_table(canvas, run, y + CHART_H + 44, from, n);

done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    size_t order[PAL_MAX_ARMS];

    (void)who;
    pal_rundata_drawing_order(run, order);
    pal_data_head(csv, "arm,shown_from,shown_to,people,like_rate,lo,hi,against,ahead,ahead_lo,ahead_hi");
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];

        for (size_t b = 0; b < arm->n_heard; b++) {
            const pal_heard *bin = &arm->heard[b];

            pal_data_text(csv, arm->label);
            pal_data_number(csv, bin->from);
            pal_data_number(csv, bin->to - 1);
            pal_data_number(csv, bin->likes.n);
            pal_data_estimate(csv, bin->likes);
            pal_data_text(csv, bin->against == SIZE_MAX ? "" : run->arms[bin->against].label);
            pal_data_estimate(csv, bin->ahead);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_rungs = {
    .name = "rungs",
    .heading = "Which rung wins at which amount of feedback",
    .caption = "Likes an impression by the number of songs a person was shown before, so that arms are compared at the "
               "same amount of feedback. The table names the best arm that does not know the truth, and how far it is "
               "ahead of the next best among the same people; two names where that may be chance. Later rows hold only "
               "those who stayed.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

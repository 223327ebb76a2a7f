/* How far each protocol agrees with the truth, and what it costs to believe it. */
#include "plots/audit_data.h"
#include "plots/chart_interval.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"

#include <math.h>
#include <stdio.h>

enum { TOP = 78, FOOT = 30, TAU_W = 150, REGRET_X = PAL_AUDIT_LABELS + TAU_W + 20, REGRET_W = 136, PICK_X = 504 };

static double height(const pal_rundata *run, size_t who)
{
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    double bottom;

    (void)who;
    pal_audit_lines(lines, &bottom, pal_audit_of(run), TOP);
    return bottom + FOOT;
}

static bool has(const pal_rundata *run)
{
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    double bottom;

    return pal_audit_lines(lines, &bottom, pal_audit_of(run), 0) > 0;
}

static void draw_row(pal_canvas *canvas, const pal_panel *tau, const pal_panel *regret, const pal_audit_data *d,
                     const pal_audit_line *line)
{
    const pal_audit_row_data *known = pal_audit_find(d, SIZE_MAX, line->split, line->view, false);
    const pal_audit_row_data *online = pal_audit_find(d, SIZE_MAX, line->split, line->view, true);
    pal_font number = pal_font_tick(PAL_RIGHT);
    char a[PAL_SHOWN_MAX];

    if (known != NULL) pal_chart_dot(canvas, tau, line->y + 2.5, known->tau, PAL_SERIES_0 + 1, PAL_SQUARE, true);
    pal_chart_dot(canvas, tau, line->y - 1.5, online->tau, PAL_SERIES_0, PAL_DOT, false);
    pal_chart_dot(canvas, regret, line->y, online->regret, PAL_SERIES_0, PAL_DOT, false);
    number.role = PAL_INK;
    pal_canvas_text(canvas, PICK_X, line->y + 3, pal_show_percent(a, online->picked.value, 0), number);
}

static void add_ranges(pal_range *tau, pal_range *regret, const pal_audit_data *d, const pal_audit_line *lines, size_t n)
{
    *tau = *regret = pal_range_empty();
    pal_range_add(tau, 0);
    pal_range_add(tau, 1);
    pal_range_add(regret, 0);
    for (size_t i = 0; i < n; i++) {
        const pal_audit_row_data *known = pal_audit_find(d, SIZE_MAX, lines[i].split, lines[i].view, false);
        const pal_audit_row_data *online = pal_audit_find(d, SIZE_MAX, lines[i].split, lines[i].view, true);

        pal_range_add_estimate(tau, online->tau);
        if (known != NULL) pal_range_add_estimate(tau, known->tau);
        pal_range_add_estimate(regret, online->regret);
        pal_range_add(regret, online->spread);
    }
    *tau = pal_range_within(pal_range_padded(*tau, 0.04), -1, 1);
    *regret = pal_range_padded(*regret, 0.04);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_audit_data *d = pal_audit_of(run);
    const pal_legend_key key[] = { { "against what serving earns", PAL_SERIES_0, PAL_SOLID, false },
                                   { "against the known chances (hollow)", PAL_SERIES_0 + 1, PAL_SOLID, false } };
    pal_panel tau = { .x = PAL_AUDIT_LABELS, .y = TOP, .w = TAU_W }, regret = { .x = REGRET_X, .y = TOP, .w = REGRET_W };
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    pal_ticks ticks;
    char subtitle[200], over[PAL_SHOWN_MAX];
    double bottom;
    size_t n;

    (void)who, (void)err;
    n = pal_audit_lines(lines, &bottom, d, TOP);
    tau.h = regret.h = bottom - TOP;
    add_ranges(&tau.xs, &regret.xs, d, lines, n);
    snprintf(subtitle, sizeof subtitle, "by %.20s \xc2\xb7 %.60s \xc2\xb7 logs averaged", d->metrics.name[0],
             pal_audit_over(over, d));
    pal_head(canvas, "Which protocol can be believed, and what does believing it cost?", subtitle);
    pal_legend(canvas, PAL_MARGIN, 48, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, key, 2);
    ticks = pal_ticks_make(tau.xs.lo, tau.xs.hi, 4);
    pal_axis_x_grid(canvas, &tau, &ticks, PAL_UNIT_PLAIN);
    pal_zero_line(canvas, &tau);
    ticks = pal_ticks_make(regret.xs.lo, regret.xs.hi, 4);
    pal_axis_x_grid(canvas, &regret, &ticks, PAL_UNIT_PLAIN);
    pal_canvas_text(canvas, tau.x, TOP - 5, "Kendall\xe2\x80\x99s \xcf\x84 with the truth", pal_font_tick(PAL_LEFT));
    pal_canvas_text(canvas, regret.x, TOP - 5, "likes a round lost", pal_font_tick(PAL_LEFT));
    pal_canvas_text(canvas, PICK_X, TOP - 5, "picks the best", pal_font_tick(PAL_RIGHT));
    pal_audit_label_lines(canvas, d, lines, n);
    for (size_t i = 0; i < n; i++) {
        if (!lines[i].head) draw_row(canvas, &tau, &regret, d, &lines[i]);
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_audit_data *d = pal_audit_of(run);
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    double bottom;
    size_t n = pal_audit_lines(lines, &bottom, d, 0);

    (void)who;
    pal_data_head(csv, "split,view,truth,tau,tau_lo,tau_hi,regret,regret_lo,regret_hi,picked,picked_lo,picked_hi");
    for (size_t i = 0; i < 2 * n; i++) {
        const pal_audit_line *line = &lines[i / 2];
        const pal_audit_row_data *r = pal_audit_find(d, SIZE_MAX, line->split, line->view, i % 2 == 0);

        if (line->head || r == NULL) continue;
        pal_data_text(csv, d->splits.name[line->split]);
        pal_data_text(csv, d->views.name[line->view]);
        pal_data_text(csv, r->online ? "online" : "known");
        pal_data_estimate(csv, r->tau);
        pal_data_estimate(csv, r->regret);
        pal_data_estimate(csv, r->picked);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_audit_agreement = {
    .name = "agreement",
    .heading = "Agreement with the truth",
    .caption = "Left: rank correlation of a protocol\xe2\x80\x99s order with the true one; 1 is the same order, 0 no better than "
               "chance. Middle: likes a person and round that are lost by launching the model it puts first instead of the "
               "best one. Right: how often it puts the best model first.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

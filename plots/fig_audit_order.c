/* The order of the models by every protocol, below the true ones: a bump chart on its side. */
#include "plots/audit_data.h"
#include "plots/chart_interval.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"

#include <math.h>
#include <stdio.h>

enum { LEGEND_Y = 48, TOP = 84, TRUTHS = 34, PLOT_W = 368, FOOT = 30, MOST_LEGEND = 24 };

static double height(const pal_rundata *run, size_t who)
{
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    double bottom;

    (void)who;
    pal_audit_lines(lines, &bottom, pal_audit_of(run), TOP + TRUTHS);
    return bottom + FOOT;
}

static bool has(const pal_rundata *run)
{
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    double bottom;

    return pal_audit_lines(lines, &bottom, pal_audit_of(run), 0) > 0;
}

static void draw_truth(pal_canvas *canvas, const pal_panel *panel, const pal_estimate *rank, size_t n, double y, const char *label)
{
    pal_font font = { .size = PAL_SIZE_TICK, .role = PAL_INK, .anchor = PAL_RIGHT, .bold = true,
                      .max_width = PAL_AUDIT_LABELS - PAL_MARGIN - 6 };

    pal_canvas_text(canvas, PAL_AUDIT_LABELS - 6, y + 3, label, font);
    for (size_t m = 0; m < n; m++) {
        pal_chart_dot(canvas, panel, y, rank[m], pal_audit_role(m), pal_audit_marker(m), false);
    }
}

/* A faint line from a model's place in the row above to that in this one: crossings are changes of order. */
static void join(pal_canvas *canvas, const pal_panel *panel, const pal_estimate *from, double y0, const pal_estimate *to,
                 double y1, size_t n)
{
    for (size_t m = 0; m < n; m++) {
        if (isnan(from[m].value) || isnan(to[m].value)) continue;
        pal_canvas_line(canvas, pal_panel_x(panel, from[m].value), y0, pal_panel_x(panel, to[m].value), y1,
                        (pal_pen){ pal_audit_role(m), 1, PAL_SOLID, 0.35 });
    }
}

static void draw_lines(pal_canvas *canvas, const pal_panel *panel, const pal_audit_data *d, const pal_audit_line *lines, size_t n)
{
    const pal_estimate *from = NULL;
    double y = 0;

    for (size_t i = 0; i < n; i++) {
        const pal_estimate *rank = pal_audit_rank_of(d, lines[i].split, lines[i].view, 0);

        if (lines[i].head) {
            from = NULL;
            continue;
        }
        if (from != NULL) join(canvas, panel, from, y, rank, lines[i].y, d->models.n);
        from = rank;
        y = lines[i].y;
    }
    for (size_t i = 0; i < n; i++) {
        const pal_estimate *rank = pal_audit_rank_of(d, lines[i].split, lines[i].view, 0);

        for (size_t m = 0; m < d->models.n && !lines[i].head; m++) {
            pal_chart_dot(canvas, panel, lines[i].y, rank[m], pal_audit_role(m), pal_audit_marker(m), false);
        }
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_audit_data *d = pal_audit_of(run);
    pal_panel panel = { .x = PAL_AUDIT_LABELS, .y = TOP, .w = PLOT_W, .xs = { 0.6, (double)d->models.n + 0.4 } };
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    pal_legend_key key[MOST_LEGEND];
    pal_ticks ticks = pal_ticks_whole(1, (double)d->models.n, 8);
    char subtitle[200], over[PAL_SHOWN_MAX];
    size_t n, m = 0;
    double bottom;

    (void)who, (void)err;
    n = pal_audit_lines(lines, &bottom, d, TOP + TRUTHS);
    panel.h = bottom - TOP;
    snprintf(subtitle, sizeof subtitle,
             "mean place by %.20s, 1 the best \xc2\xb7 %.60s \xc2\xb7 logs averaged", d->metrics.name[0],
             pal_audit_over(over, d));
    pal_head(canvas, "Would each protocol have put the models in the true order?", subtitle);
    for (; m < d->models.n && m < MOST_LEGEND; m++) {
        key[m] = (pal_legend_key){ d->models.label[m], pal_audit_role(m), PAL_SOLID, false };
    }
    pal_legend(canvas, PAL_MARGIN, LEGEND_Y, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, key, m);
    pal_axis_x_grid(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    draw_truth(canvas, &panel, d->online_rank, d->models.n, TOP + 8, "truth: served");
    draw_truth(canvas, &panel, d->known_rank, d->models.n, TOP + 22, "truth: known");
    join(canvas, &panel, d->online_rank, TOP + 8, d->known_rank, TOP + 22, d->models.n);
    pal_canvas_line(canvas, PAL_MARGIN, TOP + TRUTHS - 3, panel.x + panel.w, TOP + TRUTHS - 3,
                    (pal_pen){ PAL_AXIS, 0.8, PAL_SOLID, 0 });
    pal_audit_label_lines(canvas, d, lines, n);
    draw_lines(canvas, &panel, d, lines, n);
    return PAL_OK;
}

static void data_row(pal_text *csv, const char *split, const char *view, const char *model, pal_estimate e)
{
    pal_data_text(csv, split);
    pal_data_text(csv, view);
    pal_data_text(csv, model);
    pal_data_estimate(csv, e);
    pal_data_end(csv);
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_audit_data *d = pal_audit_of(run);
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    double bottom;
    size_t n = pal_audit_lines(lines, &bottom, d, 0);

    (void)who;
    pal_data_head(csv, "split,view,model,place,lo,hi");
    for (size_t m = 0; m < d->models.n; m++) data_row(csv, "truth", "served", d->models.name[m], d->online_rank[m]);
    for (size_t m = 0; m < d->models.n; m++) data_row(csv, "truth", "known", d->models.name[m], d->known_rank[m]);
    for (size_t i = 0; i < n; i++) {
        for (size_t m = 0; m < d->models.n && !lines[i].head; m++) {
            data_row(csv, d->splits.name[lines[i].split], d->views.name[lines[i].view], d->models.name[m],
                     *pal_audit_rank_of(d, lines[i].split, lines[i].view, m));
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_audit_order = {
    .name = "order",
    .heading = "The order of the models",
    .caption = "Above the line the true order: by the likes that each model earns when it is served, and by the known chances of "
               "everything unseen. Below it the order that each protocol would have reported. A mark far from its place at the "
               "top is a model that the protocol misjudges.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

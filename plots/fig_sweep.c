/* The response surface path by path: each metric against each varied path, a line an arm. */
#include "core/mem.h"
#include "plots/chart_interval.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/sweep_data.h"

#include <math.h>
#include <stdio.h>

enum { PANEL_H = 120, ROW_H = 186, LEFT = 36, TOP = 74, MOST_COLUMNS = 3, MOST_ROWS = 4, MOST_LEVELS = 40 };

static const pal_sweep_data *data_of(const pal_rundata *run)
{
    return (const pal_sweep_data *)(const void *)run;
}

static size_t rows_of(const pal_sweep_data *d)
{
    return d->n_metrics < MOST_ROWS ? d->n_metrics : MOST_ROWS;
}

static size_t columns_of(const pal_sweep_data *d)
{
    return d->n_axes < MOST_COLUMNS ? d->n_axes : MOST_COLUMNS;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + 14 + ROW_H * (double)rows_of(data_of(run));
}

/* Where a value of a path is drawn: on a log scale by its logarithm. */
static double place(const pal_sweep_axis *axis, double at)
{
    return axis->log ? log10(at) : at;
}

/* An arm's means over the points of each level; their interval too, where a level is one point. */
typedef struct means {
    double x[MOST_LEVELS], y[MOST_LEVELS], lo[MOST_LEVELS], hi[MOST_LEVELS];
    size_t n;
    bool alone;
} means;

static void average(means *out, const pal_sweep_data *d, const pal_sweep_axis *axis, size_t arm, size_t metric)
{
    out->n = 0;
    out->alone = true;
    for (size_t k = 0; k < axis->n_levels && k < MOST_LEVELS; k++) {
        double sum = 0, lo = NAN, hi = NAN;
        size_t n = 0;

        for (size_t p = 0; p < d->n_points; p++) {
            const pal_estimate *e = &d->value[pal_sweep_at(d, p, arm, metric)];

            if (axis->at[p] != axis->level[k] || isnan(e->value)) continue;
            sum += e->value;
            lo = e->lo;
            hi = e->hi;
            n++;
        }
        out->alone = out->alone && n <= 1;
        out->x[k] = place(axis, axis->level[k]);
        out->y[k] = n > 0 ? sum / (double)n : NAN;
        out->lo[k] = lo;
        out->hi[k] = hi;
        out->n++;
    }
}

static pal_range range_of(const pal_sweep_data *d, size_t metric)
{
    pal_range range = pal_range_empty();

    for (size_t p = 0; p < d->n_points; p++) {
        for (size_t a = 0; a < d->n_arms; a++) pal_range_add_estimate(&range, d->value[pal_sweep_at(d, p, a, metric)]);
    }
    return range;
}

static void draw_points(pal_canvas *canvas, const pal_panel *panel, const pal_sweep_data *d, const pal_sweep_axis *axis,
                        size_t arm, size_t metric, bool intervals)
{
    pal_role role = pal_sweep_role(d, arm);

    for (size_t p = 0; p < d->n_points; p++) {
        const pal_estimate *e = &d->value[pal_sweep_at(d, p, arm, metric)];
        double x = pal_panel_x(panel, place(axis, axis->at[p]));

        if (isnan(e->value)) continue;
        if (intervals && isfinite(e->lo) && isfinite(e->hi)) {
            pal_canvas_line(canvas, x, pal_panel_y(panel, e->lo), x, pal_panel_y(panel, e->hi),
                            (pal_pen){ role, 0.9, PAL_SOLID, 0.7 });
        }
        pal_canvas_disc(canvas, x, pal_panel_y(panel, e->value), intervals ? 2 : 1.6, role, intervals ? 1 : 0.5);
    }
}

/* Words, or the values of a log scale, written where they stand. */
static void name_levels(pal_canvas *canvas, const pal_panel *panel, const pal_sweep_axis *axis)
{
    size_t step = axis->n_levels / 6 + 1;
    pal_font font = pal_font_tick(PAL_MIDDLE);

    font.max_width = panel->w / (double)(axis->n_levels / step + 1);
    pal_canvas_line(canvas, panel->x, panel->y + panel->h, panel->x + panel->w, panel->y + panel->h,
                    (pal_pen){ PAL_AXIS, 0.8, PAL_SOLID, 0 });
    for (size_t k = 0; k < axis->n_levels; k += step) {
        char text[24], number[PAL_NUMBER_MAX];

        pal_format_double(number, axis->level[k]);
        pal_show_short(text, sizeof text, axis->numeric ? number : axis->name[k], 10);
        pal_canvas_text(canvas, pal_panel_x(panel, place(axis, axis->level[k])), panel->y + panel->h + 11, text, font);
    }
}

static void draw_axes(pal_canvas *canvas, const pal_panel *panel, const pal_sweep_axis *axis)
{
    pal_ticks up = pal_ticks_make(panel->ys.lo, panel->ys.hi, 4), across = pal_ticks_make(panel->xs.lo, panel->xs.hi, 4);
    pal_font title = pal_font_tick(PAL_RIGHT);

    pal_axis_y(canvas, panel, &up, PAL_UNIT_PLAIN);
    if (axis->numeric && !axis->log) {
        pal_axis_x(canvas, panel, &across, PAL_UNIT_PLAIN, NULL);
    } else {
        name_levels(canvas, panel, axis);
    }
    title.max_width = panel->w + LEFT - 4;
    pal_canvas_text(canvas, panel->x + panel->w, panel->y + panel->h + 22, axis->path, title);
}

/* Levels that come again have means; with one path each point is its own. */
static bool is_joined(const pal_sweep_data *d, const pal_sweep_axis *axis)
{
    return axis->n_levels > 1 && axis->n_levels <= MOST_LEVELS && (d->n_axes == 1 || axis->n_levels * 2 <= d->n_points);
}

static bool lines_are_drawn(const pal_sweep_data *d)
{
    for (size_t c = 0; c < columns_of(d); c++) {
        if (is_joined(d, &d->axis[c])) return true;
    }
    return false;
}

static pal_status draw_panel(pal_canvas *canvas, pal_panel *panel, const pal_sweep_data *d, const pal_sweep_axis *axis,
                             size_t metric, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool joined = is_joined(d, axis);
    means *m = NULL;

    panel->xs = pal_range_empty();
    for (size_t p = 0; p < d->n_points; p++) pal_range_add(&panel->xs, place(axis, axis->at[p]));
    panel->xs = pal_range_padded(panel->xs, 0.05);
    panel->ys = range_of(d, metric);
    if (pal_range_is_empty(panel->ys)) {
        pal_no_data(canvas, panel, "not measured");
        goto done;
    }
    panel->ys = pal_range_padded(panel->ys, 0.05);
    draw_axes(canvas, panel, axis);
    PAL_NEW(m, 1);
    for (size_t a = 0; a < d->n_arms; a++) {
        if (joined) {
            pal_line line;

            average(m, d, axis, a, metric);
            line = (pal_line){ .role = pal_sweep_role(d, a), .width = 1.5, .n = m->n, .x = m->x, .y = m->y,
                               .lo = m->alone ? m->lo : NULL, .hi = m->alone ? m->hi : NULL };
            PAL_TRY(pal_chart_lines(canvas, panel, &line, 1, err));
        }
        draw_points(canvas, panel, d, axis, a, metric, !joined);
    }
done:
    pal_free(m);
    return rc;
}

static double draw_legend(pal_canvas *canvas, const pal_sweep_data *d, double y)
{
    pal_legend_key key[PAL_MAX_ARMS];
    size_t n = 0;

    for (; n < d->n_arms && n < PAL_MAX_ARMS; n++) key[n] = (pal_legend_key){ d->arm[n], pal_sweep_role(d, n), PAL_SOLID, true };
    return pal_legend(canvas, PAL_MARGIN, y, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, key, n);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep_data *d = data_of(run);
    size_t columns = columns_of(d);
    double room = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, wide = room / (double)columns;
    char subtitle[160], a[PAL_SHOWN_MAX];

    (void)who;
    snprintf(subtitle, sizeof subtitle, "%zu points (%.10s), %.0f seed%s each \xc2\xb7 %s intervals over people%s", d->n_points,
             d->design, d->n_seeds, d->n_seeds == 1 ? "" : "s", pal_show_percent(a, d->level, 0),
             d->n_axes > 1 && lines_are_drawn(d) ? " \xc2\xb7 lines: means over the other paths" : "");
    pal_head(canvas, "How does the outcome answer to the settings?", subtitle);
    draw_legend(canvas, d, 50);
    for (size_t m = 0; m < rows_of(d); m++) {
        for (size_t c = 0; c < columns; c++) {
            pal_panel panel = { .x = PAL_MARGIN + LEFT + wide * (double)c, .y = TOP + 20 + ROW_H * (double)m,
                                .w = wide - LEFT - 8, .h = PANEL_H };

            if (c == 0) pal_panel_name(canvas, &panel, d->metric[m], columns == 1 ? d->meaning[m] : "");
            PAL_TRY(draw_panel(canvas, &panel, d, &d->axis[c], m, err));
        }
    }
done:
    return rc;
}

static void add_row(pal_text *csv, const pal_sweep_data *d, const char *mark, size_t metric, const pal_sweep_axis *axis,
                    size_t arm, double at, pal_estimate e)
{
    pal_data_text(csv, mark);
    pal_data_text(csv, d->metric[metric]);
    pal_data_text(csv, axis->path);
    if (axis->numeric) {
        pal_data_number(csv, at);
    } else {
        pal_data_text(csv, axis->name[(size_t)at]);
    }
    pal_data_text(csv, d->arm[arm]);
    pal_data_estimate(csv, e);
    pal_data_end(csv);
}

static void add_arm(pal_text *csv, const pal_sweep_data *d, size_t metric, const pal_sweep_axis *axis, size_t arm, means *m)
{
    for (size_t p = 0; p < d->n_points; p++) {
        add_row(csv, d, "point", metric, axis, arm, axis->at[p], d->value[pal_sweep_at(d, p, arm, metric)]);
    }
    if (is_joined(d, axis)) {
        average(m, d, axis, arm, metric);
        for (size_t k = 0; k < m->n; k++) {
            pal_estimate e = { m->y[k], m->alone ? m->lo[k] : NAN, m->alone ? m->hi[k] : NAN, NAN };

            add_row(csv, d, "mean", metric, axis, arm, axis->level[k], e);
        }
    }
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep_data *d = data_of(run);
    means *m = NULL;

    (void)who;
    PAL_NEW(m, 1);
    pal_data_head(csv, "mark,metric,path,setting,arm,value,lo,hi");
    for (size_t i = 0; i < rows_of(d) * columns_of(d) * d->n_arms; i++) {
        size_t panel = i / d->n_arms;

        add_arm(csv, d, panel / columns_of(d), &d->axis[panel % columns_of(d)], i % d->n_arms, m);
    }
    PAL_TRY(pal_text_check(csv, err));
done:
    pal_free(m);
    return rc;
}

const pal_figure pal_fig_sweep = {
    .name = "surface",
    .heading = "Response to each setting",
    .caption = "A dot is one point of the design, a line joins the means of its levels; bands and bars are "
               "intervals over people. "
               "Where several settings were varied at once, dots of one level lie apart by what the others do.",
    .height = height,
    .draw = draw,
    .data = data,
};

/* Recall beside ever more sampled negatives, up to all of them. */
#include "core/mem.h"
#include "plots/audit_data.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"

#include <math.h>
#include <stdio.h>

enum { TOP = 62, PANEL_H = 210, LEFT = 40, RIGHT = 120, FOOT = 40 };

static double height(const pal_rundata *run, size_t who)
{
    (void)run, (void)who;
    return TOP + PANEL_H + FOOT;
}

static bool has(const pal_rundata *run)
{
    return pal_audit_of(run)->n_curve > 1;
}

/* Numbers of negatives on a log scale; all of them stand one step behind, apart. */
static double place(const pal_audit_data *d, size_t c)
{
    double last = 1;

    for (size_t i = 0; i < d->n_curve; i++) {
        if (!isnan(d->curve_at[i])) last = fmax(last, d->curve_at[i]);
    }
    return isnan(d->curve_at[c]) ? log10(last) + 0.5 : log10(d->curve_at[c]);
}

typedef struct curve {
    double x[PAL_AUDIT_MOST_NAMES], y[PAL_AUDIT_MOST_NAMES], lo[PAL_AUDIT_MOST_NAMES], hi[PAL_AUDIT_MOST_NAMES];
} curve;

/* On a log scale nothing may be 0. */
static double scaled(double y)
{
    return y > 0 ? log10(y) : (double)NAN;
}

static pal_line line_of(curve *c, const pal_audit_data *d, size_t model)
{
    for (size_t i = 0; i < d->n_curve; i++) {
        const pal_estimate *e = &d->curve[i * d->models.n + model];

        c->x[i] = place(d, i);
        c->y[i] = scaled(e->value);
        c->lo[i] = scaled(e->lo);
        c->hi[i] = scaled(e->hi);
    }
    return (pal_line){ .label = d->models.label[model], .role = pal_audit_role(model), .dash = (pal_dash)(model % 5), .width = 1.5,
                       .n = d->n_curve, .x = c->x, .y = c->y, .lo = c->lo, .hi = c->hi };
}

/* Bands end with the panel; the log of 0 is below it. */
static void cut(curve *c, const pal_range *ys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(c->hi[i])) continue;
        c->lo[i] = isnan(c->lo[i]) ? ys->lo : fmax(c->lo[i], ys->lo);
        c->hi[i] = fmin(c->hi[i], ys->hi);
    }
}

static void draw_axes(pal_canvas *canvas, const pal_panel *panel, const pal_audit_data *d)
{
    static const double values[] = { 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1 };
    char text[PAL_SHOWN_MAX];

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const double at = log10(values[i]), y = pal_panel_y(panel, at);

        if (at < panel->ys.lo || at > panel->ys.hi) continue;
        pal_canvas_line(canvas, panel->x, y, panel->x + panel->w, y, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
        pal_canvas_text(canvas, panel->x - 5, y + 3, pal_show_fixed(text, values[i], values[i] < 0.01 ? 3 : values[i] < 0.1 ? 2 : 1),
                        pal_font_tick(PAL_RIGHT));
    }
    for (size_t c = 0; c < d->n_curve; c++) {
        const double x = pal_panel_x(panel, place(d, c));

        pal_canvas_line(canvas, x, panel->y, x, panel->y + panel->h, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
        pal_canvas_text(canvas, x, panel->y + panel->h + 12, isnan(d->curve_at[c]) ? "all" : pal_show_count(text, d->curve_at[c]),
                        pal_font_tick(PAL_MIDDLE));
    }
    pal_canvas_text(canvas, panel->x + panel->w, panel->y + panel->h + 26, "sampled negatives, log scale", pal_font_tick(PAL_RIGHT));
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit_data *d = pal_audit_of(run);
    pal_panel panel = { .x = LEFT + PAL_MARGIN, .y = TOP, .w = PAL_PAGE_WIDTH - LEFT - RIGHT - 2 * PAL_MARGIN, .h = PANEL_H };
    pal_line line[PAL_AUDIT_MOST_NAMES];
    curve *curves = NULL;
    char subtitle[200], over[PAL_SHOWN_MAX];

    (void)who;
    PAL_NEW(curves, d->models.n);
    for (size_t m = 0; m < d->models.n; m++) line[m] = line_of(&curves[m], d, m);
    panel.xs = pal_range_padded(pal_lines_range_x(line, d->models.n), 0.03);
    panel.ys = pal_range_empty();
    for (size_t m = 0; m < d->models.n; m++) {
        for (size_t i = 0; i < d->n_curve; i++) pal_range_add(&panel.ys, curves[m].y[i]);
    }
    panel.ys = pal_range_padded(panel.ys, 0.05);
    snprintf(subtitle, sizeof subtitle,
             "recall@%.0f, log scale \xc2\xb7 split %.40s \xc2\xb7 %.60s \xc2\xb7 logs averaged",
             d->k, d->splits.label[0], pal_audit_over(over, d));
    pal_head(canvas, "What does sampling the candidates do to the order of the models?", subtitle);
    if (pal_range_is_empty(panel.ys)) {
        pal_no_data(canvas, &panel, "no like was found");
        goto done;
    }
    draw_axes(canvas, &panel, d);
    for (size_t m = 0; m < d->models.n; m++) cut(&curves[m], &panel.ys, d->n_curve);
    PAL_TRY(pal_chart_lines(canvas, &panel, line, d->models.n < 24 ? d->models.n : 24, err));
done:
    pal_free(curves);
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_audit_data *d = pal_audit_of(run);

    (void)who;
    pal_data_head(csv, "negatives,model,recall,lo,hi");
    for (size_t c = 0; c < d->n_curve; c++) {
        for (size_t m = 0; m < d->models.n; m++) {
            if (isnan(d->curve_at[c])) pal_data_text(csv, "all");
            else pal_data_number(csv, d->curve_at[c]);
            pal_data_text(csv, d->models.name[m]);
            pal_data_estimate(csv, d->curve[c * d->models.n + m]);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_audit_sampled = {
    .name = "sampled",
    .heading = "Sampled candidates",
    .caption = "Expected recall when each held-out like stands beside that many candidates drawn at random, and (right) beside all "
               "of them. Lines that cross are models whose order depends on the size of the sample.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

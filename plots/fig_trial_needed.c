/* People that each method would need, on a logarithmic scale. */
#include "plots/chart_interval.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/trial_data.h"

#include <math.h>
#include <stdio.h>

enum { ROW = 16, TOP = 58, FOOT = 40, PLOT_X = 200, PLOT_W = 200 };

static bool is_shown(const pal_trial_method_data *m)
{
    return m->metric == 0 && m->needed.value > 0;
}

static size_t rows_of(const pal_trial_data *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_methods; i++) n += is_shown(&d->method[i]);
    return n;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + FOOT + ROW * (double)rows_of(pal_trial_of(run));
}

static bool has(const pal_rundata *run)
{
    return rows_of(pal_trial_of(run)) > 0;
}

static pal_estimate logs(pal_estimate e)
{
    return (pal_estimate){ log10(e.value), e.lo > 0 ? log10(e.lo) : (double)NAN, e.hi > 0 ? log10(e.hi) : (double)NAN, e.n };
}

/* Powers of ten; 2 and 5 times them too where there is room. */
static void draw_grid(pal_canvas *canvas, const pal_panel *panel)
{
    static const double steps[] = { 1, 2, 5 };
    bool wide = panel->xs.hi - panel->xs.lo > 3;
    char text[PAL_SHOWN_MAX];

    for (int ten = 0; ten < 16; ten++) {
        for (size_t k = 0; k < (wide ? 1 : 3); k++) {
            double value = steps[k] * pow(10, ten), x = pal_panel_x(panel, log10(value));

            if (log10(value) < panel->xs.lo || log10(value) > panel->xs.hi) continue;
            pal_canvas_line(canvas, x, panel->y, x, panel->y + panel->h, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
            pal_canvas_text(canvas, x, panel->y + panel->h + 11, pal_show_count(text, value), pal_font_tick(PAL_MIDDLE));
        }
    }
}

static void draw_row(pal_canvas *canvas, const pal_panel *panel, const pal_trial_method_data *m, double y)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], c[PAL_SHOWN_MAX], text[160];
    pal_font label = pal_font_label(PAL_INK, PAL_RIGHT), number = pal_font_tick(PAL_LEFT);

    label.max_width = PLOT_X - PAL_MARGIN - 10;
    number.role = PAL_INK;
    snprintf(text, sizeof text, "%.60s (%.20s)", m->label, m->feedback);
    pal_canvas_text(canvas, PLOT_X - 8, y + 3, text, label);
    pal_chart_dot(canvas, panel, y, logs(m->needed), pal_trial_role(m->feedback), pal_trial_marker(m->feedback), false);
    snprintf(text, sizeof text, "%s", pal_show_count(a, m->needed.value));
    if (m->needed.lo > 0 || m->needed.hi > 0) {
        snprintf(text, sizeof text, "%s [%s, %s]", a, pal_show_count(b, m->needed.lo),
                 m->needed.hi > 0 ? pal_show_count(c, m->needed.hi) : "\xe2\x88\x9e");
    }
    pal_canvas_text(canvas, PLOT_X + PLOT_W + 10, y + 3, text, number);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_trial_data *d = pal_trial_of(run);
    pal_panel panel = { .x = PLOT_X, .y = TOP, .w = PLOT_W, .h = ROW * (double)rows_of(d), .xs = pal_range_empty() };
    char subtitle[200], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    double row = TOP + ROW * 0.5;

    (void)who, (void)err;
    for (size_t i = 0; i < d->n_methods; i++) {
        if (is_shown(&d->method[i])) pal_range_add_estimate(&panel.xs, logs(d->method[i].needed));
    }
    panel.xs = pal_range_padded(panel.xs, 0.06);
    snprintf(subtitle, sizeof subtitle, "%s \xc2\xb7 to find what the method sees with power %s at level %s \xc2\xb7 "
                                        "intervals: from the repeats", d->metric[0].name, pal_show_percent(a, d->power, 0), pal_show_percent(b, 1 - d->level, 0));
    pal_head(canvas, "How many people does each method need?", subtitle);
    draw_grid(canvas, &panel);
    for (size_t i = 0; i < d->n_methods; i++) {
        if (!is_shown(&d->method[i])) continue;
        draw_row(canvas, &panel, &d->method[i], row);
        row += ROW;
    }
    pal_canvas_text(canvas, panel.x + panel.w, panel.y + panel.h + 24, "people in the whole test, log scale",
                    pal_font_tick(PAL_RIGHT));
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_trial_data *d = pal_trial_of(run);

    (void)who;
    pal_data_head(csv, "metric,method,feedback,needed,lo,hi");
    for (size_t i = 0; i < d->n_methods; i++) {
        if (!is_shown(&d->method[i])) continue;
        pal_data_text(csv, d->metric[0].name);
        pal_data_text(csv, d->method[i].method);
        pal_data_text(csv, d->method[i].feedback);
        pal_data_estimate(csv, d->method[i].needed);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_trial_needed = {
    .name = "needed",
    .heading = "People needed",
    .caption = "People in the whole test that would find the effect, as large as the method itself sees it. Pairing is for "
               "simulators alone; interleaving finds whose songs please more, not how much a launch would bring.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

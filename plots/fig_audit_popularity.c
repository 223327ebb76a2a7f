/* How far each protocol favours models of popular lists. */
#include "plots/audit_data.h"
#include "plots/chart_interval.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"

#include <math.h>
#include <stdio.h>

enum { TOP = 88, MOST_LEGEND = 9, FOOT = 40, PLOT_W = 240 };

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

static pal_range range_of(const pal_audit_data *d, const pal_audit_line *lines, size_t n)
{
    pal_range range = pal_range_empty();

    pal_range_add(&range, 0);
    for (size_t i = 0; i < n; i++) {
        pal_range_add_estimate(&range, pal_audit_find(d, SIZE_MAX, lines[i].split, lines[i].view, true)->tilt);
        for (size_t l = 0; l < d->logs.n; l++) {
            const pal_audit_row_data *r = pal_audit_find(d, l, lines[i].split, lines[i].view, true);

            if (r != NULL) pal_range_add(&range, r->tilt.value);
        }
    }
    return pal_range_padded(range, 0.05);
}

static pal_role role_of(size_t log)
{
    return (pal_role)(PAL_SERIES_0 + log % 8);
}

static void draw_legend(pal_canvas *canvas, const pal_audit_data *d, double y)
{
    pal_legend_key key[MOST_LEGEND];
    size_t n = 1;

    key[0] = (pal_legend_key){ "mean of the logs, with its interval", PAL_INK, PAL_SOLID, true };
    for (size_t l = 0; l < d->logs.n && n < MOST_LEGEND; l++) {
        key[n++] = (pal_legend_key){ d->logs.label[l], role_of(l), PAL_SOLID, false };
    }
    pal_legend(canvas, PAL_MARGIN, y, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, key, n);
}

static void draw_row(pal_canvas *canvas, const pal_panel *panel, const pal_audit_data *d, const pal_audit_line *line)
{
    const pal_audit_row_data *all = pal_audit_find(d, SIZE_MAX, line->split, line->view, true);
    pal_font number = pal_font_tick(PAL_LEFT);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], text[2 * PAL_SHOWN_MAX + 2];

    for (size_t l = 0; l < d->logs.n; l++) {
        const pal_audit_row_data *r = pal_audit_find(d, l, line->split, line->view, true);

        if (r == NULL || isnan(r->tilt.value)) continue;
        pal_canvas_disc(canvas, pal_panel_x(panel, r->tilt.value), line->y, 1.8, role_of(l), 0.9);
    }
    pal_chart_dot(canvas, panel, line->y, all->tilt, PAL_INK, PAL_DIAMOND, true);
    number.role = PAL_INK;
    snprintf(text, sizeof text, "%s %s", pal_show_signed(a, all->tilt.value, 2),
             pal_show_interval(b, all->tilt.lo, all->tilt.hi, 2));
    pal_canvas_text(canvas, panel->x + panel->w + 8, line->y + 3, text, number);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_audit_data *d = pal_audit_of(run);
    pal_panel panel = { .x = PAL_AUDIT_LABELS, .y = TOP, .w = PLOT_W };
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    pal_ticks ticks;
    char subtitle[200], over[PAL_SHOWN_MAX];
    double bottom;
    size_t n;

    (void)who, (void)err;
    n = pal_audit_lines(lines, &bottom, d, TOP);
    panel.h = bottom - TOP;
    panel.xs = range_of(d, lines, n);
    snprintf(subtitle, sizeof subtitle, "by %.20s \xc2\xb7 %.60s",
             d->metrics.name[0], pal_audit_over(over, d));
    pal_head(canvas, "Does a protocol favour models that recommend what is popular?", subtitle);
    draw_legend(canvas, d, 48);
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 5);
    pal_axis_x_grid(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    pal_zero_line(canvas, &panel);
    pal_canvas_text(canvas, panel.x + panel.w, TOP - 8, "favours the popular \xe2\x86\x92", pal_font_tick(PAL_RIGHT));
    pal_canvas_text(canvas, panel.x, TOP - 8, "\xe2\x86\x90 favours the rare", pal_font_tick(PAL_LEFT));
    pal_audit_label_lines(canvas, d, lines, n);
    for (size_t i = 0; i < n; i++) {
        if (!lines[i].head) draw_row(canvas, &panel, d, &lines[i]);
    }
    pal_canvas_text(canvas, panel.x + panel.w, bottom + 26,
                    "correlation of the estimates with how popular the lists are, minus that of the truth",
                    pal_font_tick(PAL_RIGHT));
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_audit_data *d = pal_audit_of(run);
    pal_audit_line lines[PAL_AUDIT_MOST_LINES];
    double bottom;
    size_t n = pal_audit_lines(lines, &bottom, d, 0);

    (void)who;
    pal_data_head(csv, "logging,split,view,tilt,lo,hi");
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l <= d->logs.n; l++) {
            const pal_audit_row_data *r = pal_audit_find(d, l, lines[i].split, lines[i].view, true);

            if (lines[i].head || r == NULL) continue;
            pal_data_text(csv, l < d->logs.n ? d->logs.name[l] : "all");
            pal_data_text(csv, d->splits.name[lines[i].split]);
            pal_data_text(csv, d->views.name[lines[i].view]);
            pal_data_estimate(csv, r->tilt);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_audit_popularity = {
    .name = "popularity",
    .heading = "Popularity bias",
    .caption = "Models differ in how popular the things are that they recommend. A protocol on the right ranks the popular kind "
               "higher than its true value does, one on the left lower; at zero it favours nobody. Coloured marks are the logs: what "
               "is favoured depends on who chose what was shown.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Simulated against real quantiles, a small panel a distribution, the distance printed. */
#include "plots/realism_data.h"

#include "plots/axis.h"
#include "plots/figure_data.h"
#include "plots/read.h"

#include <math.h>
#include <stdio.h>

enum { COLUMNS = 4, SIDE = 88, COLUMN = 123, ROW = 140, TOP = 66, HEAD = 24, LEFT = 26 };

static const pal_realism_data *data_of(const pal_rundata *run)
{
    return (const pal_realism_data *)run; /* run is its first member */
}

static bool has(const pal_rundata *run)
{
    return data_of(run)->n_qq > 0;
}

static double height(const pal_rundata *run, size_t who)
{
    const size_t rows = (data_of(run)->n_qq + COLUMNS - 1) / COLUMNS;

    (void)who;
    return TOP + ROW * (double)(rows > 0 ? rows : 1);
}

/* On a logarithmic scale values are drawn by their decimal logarithm; 0 has none and stands at the left end. */
static double place(const pal_realism_qq *q, double value)
{
    return !q->log ? value : value > 0 ? log10(value) : NAN;
}

static pal_range range_of(const pal_realism_qq *q)
{
    pal_range range = pal_range_empty();

    for (size_t i = 0; i < q->n; i++) {
        pal_range_add(&range, place(q, q->real[i]));
        pal_range_add(&range, place(q, q->simulated[i]));
    }
    return pal_range_padded(range, 0.04);
}

static void tick(pal_canvas *canvas, const pal_panel *p, double at, const char *text)
{
    const double x = pal_panel_x(p, at), y = pal_panel_y(p, at);
    const pal_pen grid = { .role = PAL_GRID, .width = 0.5 };

    pal_canvas_line(canvas, x, p->y, x, p->y + p->h, grid);
    pal_canvas_line(canvas, p->x, y, p->x + p->w, y, grid);
    pal_canvas_text(canvas, x, p->y + p->h + 9, text, pal_font_small(PAL_SUBTLE, PAL_MIDDLE));
    pal_canvas_text(canvas, p->x - 3, y + 2.5, text, pal_font_small(PAL_SUBTLE, PAL_RIGHT));
}

/* Powers of ten, and 3 between them where there is little more than one of them; of many decades every second or third. */
static void log_ticks(pal_canvas *canvas, const pal_panel *p)
{
    const bool between = p->xs.hi - p->xs.lo < 1.6;
    const int every = (int)ceil((p->xs.hi - p->xs.lo) / 3.2);
    char text[PAL_SHOWN_MAX];

    for (int e = (int)floor(p->xs.lo); e <= (int)ceil(p->xs.hi); e++) {
        if (e % every != 0) continue;
        for (int k = 0; k <= between; k++) {
            const double value = (k == 0 ? 1 : 3) * pow(10, e), at = log10(value);

            if (at < p->xs.lo || at > p->xs.hi) continue;
            tick(canvas, p, at, value >= 1 ? pal_show_count(text, value) : pal_show_fixed(text, value, 1));
        }
    }
}

static void linear_ticks(pal_canvas *canvas, const pal_panel *p)
{
    const pal_ticks t = pal_ticks_make(p->xs.lo, p->xs.hi, 3);
    char text[PAL_SHOWN_MAX];

    for (int i = 0; i < t.n; i++) tick(canvas, p, t.at[i], pal_show_fixed(text, t.at[i], t.decimals));
}

static void draw_panel(pal_canvas *canvas, const pal_realism_qq *q, double x, double y)
{
    pal_panel p = { .x = x + LEFT, .y = y + HEAD, .w = SIDE, .h = SIDE, .xs = range_of(q) };
    pal_font name = pal_font_small(PAL_INK, PAL_LEFT), verdict = pal_font_small(pal_realism_role(q->line), PAL_LEFT);
    char text[160], ks[PAL_SHOWN_MAX], w[PAL_SHOWN_MAX];

    p.ys = p.xs;
    name.bold = true;
    name.max_width = verdict.max_width = COLUMN - 6;
    pal_canvas_text(canvas, x + 2, y + 8, q->line->meaning, name);
    snprintf(text, sizeof text, "KS %s \xc2\xb7 W %s sd \xc2\xb7 %s", pal_show_fixed(ks, q->line->ks, 2),
             pal_show_fixed(w, q->line->wasserstein_sd, 2), q->line->verdict);
    pal_canvas_text(canvas, x + 2, y + 18, text, verdict);
    if (pal_range_is_empty(p.xs)) {
        pal_no_data(canvas, &p, "all are 0");
        return;
    }
    if (q->log) log_ticks(canvas, &p);
    else linear_ticks(canvas, &p);
    pal_canvas_line(canvas, p.x, p.y + p.h, p.x + p.w, p.y, (pal_pen){ .role = PAL_AXIS, .width = 0.8, .dash = PAL_DASHED });
    for (size_t i = 0; i < q->n; i++) {
        const double a = place(q, q->real[i]), b = place(q, q->simulated[i]);

        if (isfinite(a) && isfinite(b)) pal_canvas_disc(canvas, pal_panel_x(&p, a), pal_panel_y(&p, b), 1.3, PAL_SERIES_0, 0.8);
    }
    pal_canvas_frame(canvas, p.x, p.y, p.w, p.h, (pal_pen){ .role = PAL_AXIS, .width = 0.5 });
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_realism_data *d = data_of(run);
    const pal_json *real = pal_look_object(run->manifest, "real"), *simulated = pal_look_object(run->manifest, "simulated");
    char subtitle[240];

    (void)who, (void)err;
    snprintf(subtitle, sizeof subtitle, "quantiles at 1 %% to 99 %% of %.60s (across) and %.60s (up); on the line they are alike",
             real == NULL ? "" : pal_look_text(real, "name", ""), simulated == NULL ? "" : pal_look_text(simulated, "name", ""));
    pal_head(canvas, "Are simulated people like real ones?", subtitle);
    for (size_t k = 0; k < d->n_qq; k++) {
        draw_panel(canvas, &d->qq[k], PAL_MARGIN + COLUMN * (double)(k % COLUMNS), TOP - 14 + ROW * (double)(k / COLUMNS));
    }
    if (d->n_qq == 0) {
        const pal_panel p = { .x = PAL_MARGIN, .y = TOP, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 60 };

        pal_no_data(canvas, &p, "no distribution is told by both sides");
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_realism_data *d = data_of(run);

    (void)who, (void)err;
    pal_data_head(csv, "panel,real,simulated");
    for (size_t k = 0; k < d->n_qq; k++) {
        for (size_t i = 0; i < d->qq[k].n; i++) {
            pal_data_text(csv, d->qq[k].line->name);
            pal_data_number(csv, d->qq[k].real[i]);
            pal_data_number(csv, d->qq[k].simulated[i]);
            pal_data_end(csv);
        }
    }
    return PAL_OK;
}

const pal_figure pal_fig_realism = {
    .name = "realism",
    .heading = "Distributions, real against simulated",
    .caption = "Each dot is a quantile from 1 % to 99 %: its real value across, its simulated value up. Dots on the dashed line mean "
               "that the two agree; below it the simulated value is too small, above it too large. Counts are on logarithmic scales. "
               "KS is the largest gap between the two shares below a value; W is the Wasserstein distance in standard deviations of "
               "the real values.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

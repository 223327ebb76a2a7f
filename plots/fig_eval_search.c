/* What the search for parameters tried: a row a model, a dot a setting. */
#include "plots/chart_interval.h"
#include "plots/eval_read.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>

enum { ROW = 20, TOP = 58, FOOT = 30, NAMES_W = 116, NUMBER_W = 92 };

static bool has(const pal_rundata *run)
{
    return run->eval->n_tries > 0;
}

/* Arms that were searched, in the order of the main metric. */
static size_t searched(const pal_rundata *run, size_t *arms)
{
    size_t order[PAL_MAX_ARMS], n = 0;

    pal_arms_by_metric(run, run->eval->main, order);
    for (size_t r = 0; r < run->n_arms; r++) {
        for (size_t t = 0; t < run->eval->n_tries; t++) {
            if (run->eval->tries[t].arm == order[r]) {
                arms[n++] = order[r];
                break;
            }
        }
    }
    return n;
}

static double height(const pal_rundata *run, size_t who)
{
    size_t arms[PAL_MAX_ARMS];

    (void)who;
    return TOP + ROW * (double)searched(run, arms) + FOOT;
}

static void draw_row(pal_canvas *canvas, const pal_rundata *run, const pal_panel *panel, size_t arm, double y)
{
    const pal_role role = run->arms[arm].role;
    pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);
    double best = NAN, worst = NAN;
    char text[PAL_SUBTITLE_MAX], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    size_t n = 0;

    for (size_t t = 0; t < run->eval->n_tries; t++) {
        const pal_eval_tried *tried = &run->eval->tries[t];

        if (tried->arm != arm || !isfinite(tried->value)) {
            continue;
        }
        pal_canvas_disc(canvas, pal_panel_x(panel, tried->value), y, 2.2, role, 0.45);
        best = n == 0 || tried->value > best ? tried->value : best;
        worst = n == 0 || tried->value < worst ? tried->value : worst;
        n++;
    }
    for (size_t t = 0; t < run->eval->n_tries; t++) {
        if (run->eval->tries[t].arm == arm && run->eval->tries[t].kept && isfinite(run->eval->tries[t].value)) {
            pal_canvas_marker(canvas, pal_panel_x(panel, run->eval->tries[t].value), y, 9, PAL_DIAMOND, role, 1);
        }
    }
    font.max_width = NAMES_W;
    font.bold = run->arms[arm].is_focus;
    pal_canvas_text(canvas, PAL_MARGIN + NAMES_W, y + 3, run->arms[arm].label, font);
    snprintf(text, sizeof text, "%zu tries: %s \xe2\x80\x93 %s", n, pal_show_fixed(a, worst, 3), pal_show_fixed(b, best, 3));
    pal_canvas_text(canvas, PAL_PAGE_WIDTH - PAL_MARGIN, y + 3, text, pal_font_tick(PAL_RIGHT));
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    size_t arms[PAL_MAX_ARMS], n = searched(run, arms);
    double left = PAL_MARGIN + NAMES_W + 10;
    pal_panel panel = { .x = left, .y = TOP, .w = PAL_PAGE_WIDTH - PAL_MARGIN - NUMBER_W - left - 12,
                        .h = ROW * (double)n, .xs = pal_range_empty() };
    pal_ticks ticks;

    (void)who;
    (void)err;
    pal_head(canvas, "How much does tuning matter?",
             "metric of the search on the validation part, mean over people \xc2\xb7 a dot a setting, a diamond what was kept");
    for (size_t t = 0; t < run->eval->n_tries; t++) {
        pal_range_add(&panel.xs, run->eval->tries[t].value);
    }
    if (pal_range_is_empty(panel.xs)) {
        pal_no_data(canvas, &panel, "no try gave a value");
        return PAL_OK;
    }
    panel.xs = pal_range_padded(panel.xs, 0.05);
    ticks = pal_ticks_make(panel.xs.lo, panel.xs.hi, 6);
    pal_axis_x_grid(canvas, &panel, &ticks, PAL_UNIT_PLAIN);
    for (size_t r = 0; r < n; r++) {
        draw_row(canvas, run, &panel, arms[r], TOP + ROW * ((double)r + 0.5));
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    pal_data_head(csv, "model,replicate,value,kept");
    for (size_t t = 0; t < run->eval->n_tries; t++) {
        const pal_eval_tried *tried = &run->eval->tries[t];

        pal_data_text(csv, run->arms[tried->arm].label);
        pal_data_number(csv, tried->replicate);
        pal_data_number(csv, tried->value);
        pal_data_flag(csv, tried->kept);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_eval_search = {
    .name = "search",
    .heading = "The search for parameters",
    .caption = "Every setting that was tried, so that a model that was tuned harder than its rivals can be seen as such. "
               "The test part was not looked at; the setting kept was fitted again to training and validation parts "
               "before the test.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

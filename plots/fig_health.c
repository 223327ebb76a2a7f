/* Catalog health: how the impressions spread over the catalog. */
#include "plots/fig_health.h"

#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>

enum { PANEL_H = 176 };

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return 38 + pal_arm_legend_height(run) + PANEL_H + 96 + 12 * (double)run->n_arms;
}

pal_status pal_health_lorenz(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, const char *x_title,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_line lines[PAL_MAX_ARMS];
    size_t order[PAL_MAX_ARMS], n = 0, longest = 0;
    double *x = NULL;
    pal_ticks ticks = pal_ticks_make(0, 1, 5);

    for (size_t a = 0; a < run->n_arms; a++) {
        longest = run->arms[a].n_lorenz > longest ? run->arms[a].n_lorenz : longest;
    }
    if (longest < 2) {
        pal_no_data(canvas, panel, "summary.json has no Lorenz curves");
        return PAL_OK;
    }
    PAL_NEW(x, longest);
    for (size_t i = 0; i < longest; i++) {
        x[i] = (double)i / (double)(longest - 1);
    }
    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];

        if (arm->n_lorenz == longest) {
            lines[n++] = (pal_line){ .role = arm->role, .dash = arm->dash, .width = pal_arm_width(arm), .n = longest,
                                     .x = x, .y = arm->lorenz };
        }
    }
    panel->xs = panel->ys = (pal_range){ 0, 1 };
    pal_axis_y(canvas, panel, &ticks, PAL_UNIT_PERCENT);
    pal_axis_x(canvas, panel, &ticks, PAL_UNIT_PERCENT, x_title);
    pal_canvas_line(canvas, panel->x, panel->y + panel->h, panel->x + panel->w, panel->y,
                    (pal_pen){ PAL_AXIS, 0.8, PAL_DASHED, 0 });
    PAL_TRY(pal_chart_lines(canvas, panel, lines, n, err));

done:
    pal_free(x);
    return rc;
}

void pal_health_lorenz_data(pal_text *csv, const pal_rundata *run)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_plot_arm *arm = &run->arms[a];

        for (size_t i = 0; arm->n_lorenz > 1 && i < arm->n_lorenz; i++) {
            pal_data_point(csv, "lorenz", arm->label, (double)i / (double)(arm->n_lorenz - 1),
                           (pal_estimate){ arm->lorenz[i], NAN, NAN, NAN });
        }
    }
}

static pal_status draw_exposure(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_line lines[PAL_MAX_ARMS + 1];
    size_t order[PAL_MAX_ARMS], n = 0, rows = 0;
    double *x = NULL, *y = NULL;

    for (size_t a = 0; a < run->n_arms; a++) {
        rows += run->arms[a].n_exposure;
    }
    if (rows == 0) {
        pal_no_data(canvas, panel, "summary.json has no exposure by popularity");
        return PAL_OK;
    }
    PAL_NEW(x, rows);
    PAL_NEW(y, rows);
    rows = 0;
    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];

        if (arm->n_exposure == 0) {
            continue;
        }
        lines[n++] = (pal_line){ .role = arm->role, .dash = arm->dash, .width = pal_arm_width(arm),
                                 .n = arm->n_exposure, .x = x + rows, .y = y + rows };
        for (size_t i = 0; i < arm->n_exposure; i++, rows++) {
            x[rows] = arm->exposure[i].decile;
            y[rows] = arm->exposure[i].impressions;
        }
    }
    PAL_TRY(pal_draw_lines_panel(canvas, panel, lines, n, PAL_UNIT_PERCENT, true,
                                 "tenths of the catalog by popularity, least first", "", err));

done:
    pal_free(x);
    pal_free(y);
    return rc;
}

static const char *const names[] = { "gini", "coverage", "mean_popularity", "novelty" };

/* Gini and coverage in numbers, arms from the most even to the least. */
static void draw_numbers(pal_canvas *canvas, const pal_rundata *run, double y)
{
    size_t order[PAL_MAX_ARMS];
    pal_font bold = { .size = PAL_SIZE_TICK, .role = PAL_INK, .bold = true };

    pal_arms_by_metric(run, "gini", order);
    for (int c = 0; c < 4; c++) {
        if (pal_rundata_definition(run, names[c]) != NULL) {
            pal_canvas_text(canvas, 206 + 96 * c, y, pal_rundata_metric_label(run, names[c]), pal_font_tick(PAL_RIGHT));
        }
    }
    for (size_t k = run->n_arms; k > 0; k--) {
        const pal_plot_arm *arm = &run->arms[order[k - 1]];

        y += 12;
        bold.max_width = 120;
        bold.bold = arm->is_focus;
        pal_canvas_text(canvas, PAL_MARGIN, y, arm->label, bold);
        for (int c = 0; c < 4; c++) {
            char text[PAL_SHOWN_MAX];
            pal_font font = pal_font_tick(PAL_RIGHT);

            font.role = PAL_INK;
            if (pal_rundata_definition(run, names[c]) == NULL) {
                continue;
            }
            pal_canvas_text(canvas, 206 + 96 * c, y,
                            pal_show_fixed(text, pal_arm_metric(arm, names[c]).value, c < 2 ? 3 : 2), font);
        }
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    char items[PAL_SHOWN_MAX], text[PAL_SUBTITLE_MAX];
    pal_panel panel;
    double y;

    (void)who;
    snprintf(text, sizeof text, "share of all impressions \xc2\xb7 %.20s items \xc2\xb7 whole run",
             pal_show_count(items, run->items));
    y = pal_head(canvas, "How the catalog is used", text);
    y = pal_arm_legend(canvas, run, y, NULL);
    panel = (pal_panel){ .x = PAL_MARGIN + 34, .y = y + 22, .w = 190, .h = PANEL_H };
    pal_panel_name(canvas, &panel, "Lorenz curve", "share of impressions");
    PAL_TRY(pal_health_lorenz(canvas, run, &panel, "items, least shown first", err));
    panel = (pal_panel){ .x = PAL_MARGIN + 34 + 258, .y = y + 22, .w = 196, .h = PANEL_H };
    pal_panel_name(canvas, &panel, "Popularity", "share of impressions");
    PAL_TRY(draw_exposure(canvas, run, &panel, err));
    draw_numbers(canvas, run, y + PANEL_H + 66);

done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    pal_data_head(csv, PAL_DATA_POINTS);
    pal_health_lorenz_data(csv, run);
    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_plot_arm *arm = &run->arms[a];

        for (size_t i = 0; i < arm->n_exposure; i++) {
            pal_data_point(csv, "share of impressions by popularity", arm->label, arm->exposure[i].decile,
                           (pal_estimate){ arm->exposure[i].impressions, NAN, NAN, NAN });
        }
        for (int c = 0; c < 4; c++) {
            if (pal_rundata_definition(run, names[c]) != NULL) {
                pal_data_point(csv, names[c], arm->label, NAN,
                               (pal_estimate){ pal_arm_metric(arm, names[c]).value, NAN, NAN, NAN });
            }
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_health = {
    .name = "health",
    .heading = "Catalog health",
    .caption = "On the diagonal every item is shown equally often; the deeper a curve hangs, the fewer items take the "
               "room (Gini 0 is even, 1 is one item only). On the right: whether an arm lives off what is popular "
               "anyway. A flat line would give each tenth of the catalog its tenth of the room.",
    .height = height,
    .draw = draw,
    .data = data,
};

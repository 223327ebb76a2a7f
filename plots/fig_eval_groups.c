/* Who is served well: the main metric by how much a person has; and how recommendations spread over the catalog. */
#include "plots/chart_interval.h"
#include "plots/eval_read.h"
#include "plots/fig_common.h"
#include "plots/fig_health.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>

enum { ROW = 14, TOP = 76, FOOT = 28, NAMES_W = 116, GAP = 12, LORENZ_H = 170 };

/* ---- by activity ---- */

static bool has_activity(const pal_rundata *run)
{
    return run->eval->n_activity > 1;
}

static double activity_height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + ROW * (double)run->n_arms + FOOT;
}

static const char *group_name(char out[2 * PAL_SHOWN_MAX], const pal_eval_activity *group)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (group->least == group->most) {
        snprintf(out, 2 * PAL_SHOWN_MAX, "%s items", pal_show_count(a, group->least));
    } else {
        snprintf(out, 2 * PAL_SHOWN_MAX, "%s\xe2\x80\x93%s items", pal_show_count(a, group->least),
                 pal_show_count(b, group->most));
    }
    return out;
}

static void draw_group(pal_canvas *canvas, const pal_rundata *run, const pal_eval_activity *group, pal_panel *panel,
                       const size_t *order)
{
    char text[2 * PAL_SHOWN_MAX], count[PAL_SHOWN_MAX];
    pal_ticks ticks = pal_ticks_make(panel->xs.lo, panel->xs.hi, 3);

    pal_canvas_text(canvas, panel->x, TOP - 20, group_name(text, group),
                    (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
    snprintf(text, sizeof text, "%s people", pal_show_count(count, group->people));
    pal_canvas_text(canvas, panel->x, TOP - 9, text, pal_font_tick(PAL_LEFT));
    pal_axis_x_grid(canvas, panel, &ticks, PAL_UNIT_PLAIN);
    for (size_t r = 0; r < run->n_arms; r++) {
        const pal_plot_arm *arm = &run->arms[order[r]];

        pal_chart_dot(canvas, panel, TOP + ROW * ((double)r + 0.5), group->value[order[r]], arm->role, PAL_DOT, false);
    }
}

static pal_status draw_activity(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    size_t order[PAL_MAX_ARMS], n = run->eval->n_activity;
    char subtitle[PAL_SUBTITLE_MAX], what[120];
    double left = PAL_MARGIN + NAMES_W + 10, width = (PAL_PAGE_WIDTH - PAL_MARGIN - left) / (double)n - GAP;
    pal_range all = pal_range_empty();

    (void)who;
    (void)err;
    snprintf(what, sizeof what, "%.40s by what a person has in training", pal_rundata_metric_label(run, run->eval->main));
    pal_head(canvas, "Who is served well?", pal_fig_subtitle(subtitle, run, what));
    pal_arms_by_metric(run, run->eval->main, order);
    for (size_t g = 0; g < n; g++) {
        for (size_t a = 0; a < run->n_arms; a++) {
            pal_range_add_estimate(&all, run->eval->activity[g].value[a]);
        }
    }
    for (size_t r = 0; r < run->n_arms; r++) {
        pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);

        if (r % 2 == 0) {
            pal_canvas_rect(canvas, PAL_MARGIN, TOP + ROW * (double)r, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, ROW, PAL_CARD, 0.6);
        }
        font.max_width = NAMES_W;
        font.bold = run->arms[order[r]].is_focus;
        pal_canvas_text(canvas, PAL_MARGIN + NAMES_W, TOP + ROW * ((double)r + 0.5) + 3, run->arms[order[r]].label, font);
    }
    for (size_t g = 0; g < n; g++) {
        pal_panel panel = { .x = left + (width + GAP) * (double)g, .y = TOP, .w = width, .h = ROW * (double)run->n_arms,
                            .xs = pal_range_padded(all, 0.05) };

        draw_group(canvas, run, &run->eval->activity[g], &panel, order);
    }
    return PAL_OK;
}

static pal_status activity_data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    size_t order[PAL_MAX_ARMS];

    (void)who;
    pal_arms_by_metric(run, run->eval->main, order);
    pal_data_head(csv, "items_from,items_to,people,model,value,lo,hi");
    for (size_t i = 0; i < run->eval->n_activity * run->n_arms; i++) {
        const pal_eval_activity *group = &run->eval->activity[i / run->n_arms];
        size_t arm = order[i % run->n_arms];

        pal_data_number(csv, group->least);
        pal_data_number(csv, group->most);
        pal_data_number(csv, group->people);
        pal_data_text(csv, run->arms[arm].label);
        pal_data_estimate(csv, group->value[arm]);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_eval_activity = {
    .name = "activity",
    .heading = "Little known and well known people",
    .caption = "The same scale in every panel; people are parted into quarters by how many items the models know of "
               "them. People with more training items usually have more test items too, so compare models inside a "
               "panel rather than panels with each other.",
    .has = has_activity,
    .height = activity_height,
    .draw = draw_activity,
    .data = activity_data,
};

/* ---- over the catalog ---- */

static bool has_lorenz(const pal_rundata *run)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        if (run->arms[a].n_lorenz > 1) {
            return true;
        }
    }
    return false;
}

static double spread_height(const pal_rundata *run, size_t who)
{
    double rows = 30 + 12 * (double)run->n_arms;

    (void)who;
    return 44 + pal_arm_legend_height(run) + (rows > LORENZ_H ? rows : LORENZ_H) + 50;
}

static const char *const families[] = { "gini", "coverage", "diversity", "popularity_kl" };

/* Coverage, Gini and the like in numbers, from the most even model to the least. */
static void draw_numbers(pal_canvas *canvas, const pal_rundata *run, double x, double y)
{
    static const char *const heads[] = { "Gini", "coverage", "diversity", "popularity" };
    size_t order[PAL_MAX_ARMS];
    char metric[PAL_EVAL_NAME], text[PAL_SHOWN_MAX];

    pal_arms_by_metric(run, pal_eval_metric(metric, run, "gini"), order);
    for (size_t c = 0; c < 4; c++) {
        pal_canvas_text(canvas, x + 134 + 46 * (double)c, y, heads[c], pal_font_tick(PAL_RIGHT));
    }
    for (size_t r = run->n_arms; r > 0; r--) {
        const pal_plot_arm *arm = &run->arms[order[r - 1]];
        pal_font name = pal_font_label(PAL_INK, PAL_LEFT), number = pal_font_tick(PAL_RIGHT);

        y += 12;
        name.max_width = 106;
        name.bold = arm->is_focus;
        number.role = PAL_INK;
        pal_canvas_text(canvas, x, y, arm->label, name);
        for (size_t c = 0; c < 4; c++) {
            double value = pal_arm_metric(arm, pal_eval_metric(metric, run, families[c])).value;

            pal_canvas_text(canvas, x + 134 + 46 * (double)c, y, pal_show_fixed(text, value, 3), number);
        }
    }
}

static pal_status draw_spread(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    char items[PAL_SHOWN_MAX], text[PAL_SUBTITLE_MAX];
    pal_panel panel;
    double y;

    (void)who;
    snprintf(text, sizeof text, "first %.0f of everybody \xc2\xb7 %.20s items", run->eval->main_k,
             pal_show_count(items, run->items));
    y = pal_head(canvas, "How the catalog is used", text);
    y = pal_arm_legend(canvas, run, y, NULL);
    panel = (pal_panel){ .x = PAL_MARGIN + 34, .y = y + 22, .w = 160, .h = LORENZ_H };
    pal_panel_name(canvas, &panel, "Lorenz curve", "share of recommendations");
    PAL_TRY(pal_health_lorenz(canvas, run, &panel, "items, least recommended first", err));
    draw_numbers(canvas, run, PAL_MARGIN + 216, y + 20);

done:
    return rc;
}

static pal_status spread_data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    char metric[PAL_EVAL_NAME];

    (void)who;
    pal_data_head(csv, "panel,model,x,y,lo,hi");
    pal_health_lorenz_data(csv, run);
    for (size_t i = 0; i < 4 * run->n_arms; i++) {
        const pal_plot_arm *arm = &run->arms[i / 4];
        double value = pal_arm_metric(arm, pal_eval_metric(metric, run, families[i % 4])).value;

        pal_data_point(csv, metric, arm->label, NAN, (pal_estimate){ value, NAN, NAN, NAN });
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_eval_spread = {
    .name = "spread",
    .heading = "Use of the catalog",
    .caption = "On the diagonal every item is recommended equally often; the deeper a curve hangs, the fewer items take "
               "the room (Gini 0 is even, 1 is one item only). Diversity is the distance between the items of a list; "
               "popularity says how far the lists' mix of well and little known items is from people's own (0: the same).",
    .has = has_lorenz,
    .height = spread_height,
    .draw = draw_spread,
    .data = spread_data,
};

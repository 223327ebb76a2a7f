/* The main metrics by the length of the list. */
#include "plots/eval_read.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include "core/mem.h"

enum { PANEL_H = 150, LEFT = 32, GAP = 44, PANELS = 3 };

static const char *const families[PANELS] = { "ndcg", "recall", "precision" };

static bool has(const pal_rundata *run)
{
    return run->eval->n_k > 1;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return 44 + pal_arm_legend_height(run) + PANEL_H + 46;
}

/* A line an arm, its values in `room` (3 n_k doubles an arm). */
static size_t lines_of(pal_line *lines, double *room, const pal_rundata *run, const char *family)
{
    size_t order[PAL_MAX_ARMS], n_k = run->eval->n_k;
    char name[PAL_EVAL_NAME];

    pal_rundata_drawing_order(run, order);
    for (size_t r = 0; r < run->n_arms; r++) {
        const pal_plot_arm *arm = &run->arms[order[r]];
        double *y = room + r * 3 * n_k, *lo = y + n_k, *hi = lo + n_k;

        for (size_t i = 0; i < n_k; i++) {
            pal_estimate e = pal_arm_metric(arm, pal_eval_metric_at(name, family, run->eval->k[i]));

            y[i] = e.value;
            lo[i] = e.lo;
            hi[i] = e.hi;
        }
        lines[r] = (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash, .width = pal_arm_width(arm),
                               .n = n_k, .x = run->eval->k, .y = y, .lo = lo, .hi = hi };
    }
    return run->n_arms;
}

/* Ticks at the lengths that were measured. */
static pal_ticks ticks_of(const pal_rundata *run)
{
    pal_ticks ticks = { .n = (int)(run->eval->n_k < PAL_MAX_TICKS ? run->eval->n_k : PAL_MAX_TICKS), .step = 1 };

    for (int i = 0; i < ticks.n; i++) {
        ticks.at[i] = run->eval->k[i];
    }
    return ticks;
}

static pal_status draw_panel(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, const pal_line *lines, size_t n,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ticks across = ticks_of(run), up;

    panel->xs = pal_lines_range_x(lines, n);
    panel->ys = pal_lines_range_y(lines, n);
    if (pal_range_is_empty(panel->ys)) {
        pal_no_data(canvas, panel, "not measured");
        return PAL_OK;
    }
    panel->ys = pal_range_within(pal_range_padded(panel->ys, 0.05), 0, 1);
    up = pal_ticks_make(panel->ys.lo, panel->ys.hi, 5);
    pal_axis_y(canvas, panel, &up, PAL_UNIT_PLAIN);
    pal_axis_x(canvas, panel, &across, PAL_UNIT_COUNT, "items in the list");
    PAL_TRY(pal_chart_lines(canvas, panel, lines, n, err));

done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    static const char *const names[PANELS] = { "NDCG", "Recall", "Precision" };
    pal_status rc = PAL_OK;
    pal_line lines[PAL_MAX_ARMS];
    char subtitle[PAL_SUBTITLE_MAX];
    double width = (PAL_PAGE_WIDTH - 2 * PAL_MARGIN - LEFT - (PANELS - 1) * GAP) / PANELS, y;
    double *room = NULL;

    (void)who;
    PAL_NEW(room, 3 * run->eval->n_k * run->n_arms);
    y = pal_head(canvas, "Does the order of models hold at other list lengths?",
                 pal_fig_subtitle(subtitle, run, "mean over people"));
    y = pal_arm_legend(canvas, run, y, NULL);
    for (size_t p = 0; p < PANELS; p++) {
        pal_panel panel = { .x = PAL_MARGIN + LEFT + (width + GAP) * (double)p, .y = y + 20, .w = width, .h = PANEL_H };
        size_t n = lines_of(lines, room, run, families[p]);

        pal_hush_lines(lines, n, run);
        pal_panel_name(canvas, &panel, names[p], "");
        PAL_TRY(draw_panel(canvas, run, &panel, lines, n, err));
    }

done:
    pal_free(room);
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_line lines[PAL_MAX_ARMS];
    double *room = NULL;

    (void)who;
    PAL_NEW(room, 3 * run->eval->n_k * run->n_arms);
    pal_data_head(csv, "metric,model,k,value,lo,hi");
    for (size_t p = 0; p < PANELS; p++) {
        pal_data_lines(csv, families[p], lines, lines_of(lines, room, run, families[p]));
    }
    PAL_TRY(pal_text_check(csv, err));

done:
    pal_free(room);
    return rc;
}

const pal_figure pal_fig_eval_lengths = {
    .name = "lengths",
    .heading = "List length",
    .caption = "The longer the list, the more of what a person wants is in it (recall) and the thinner it lies "
               "(precision). Lines that cross mean that the best model depends on how many items are shown. Bands: "
               "baseline and best model.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

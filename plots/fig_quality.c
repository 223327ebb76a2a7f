/* Model quality: does the recommender know what people will like, and are its probabilities honest? */
#include "plots/chart_quality.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/report_words.h"

#include <math.h>
#include <stdio.h>

enum { PANEL_W = 186, PANEL_H = 128, STEP_X = 252, STEP_Y = 184 };

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return 36 + pal_arm_legend_height(run) + 2 * STEP_Y;
}

static void set_panel(pal_canvas *canvas, pal_panel *panel, double y, int column, int row, const char *name,
                      const char *measure)
{
    *panel = (pal_panel){ .x = PAL_MARGIN + 30 + STEP_X * column, .y = y + 26 + STEP_Y * row, .w = PANEL_W,
                          .h = PANEL_H };
    pal_panel_name(canvas, panel, name, measure);
}

/* A probe metric by round, the focus arm's ceiling dotted above (or below) it. */
static pal_status draw_probe(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, const char *metric,
                             const char *ceiling, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_line lines[PAL_MAX_ARMS + 1];
    size_t n = pal_arm_lines(lines, run, metric, PAL_BY_ROUND);
    const pal_series *top = pal_rundata_rounds(run, run->focus, ceiling);

    for (size_t k = 0; k < n; k++) {
        lines[k].label = NULL;
    }
    if (n > 0 && top->n > 0) {
        lines[n++] = (pal_line){ .role = PAL_SUBTLE, .dash = PAL_DOTTED, .width = 1.2, .n = top->n,
                                 .x = top->x, .y = top->value };
    }
    PAL_TRY(pal_draw_lines_panel(canvas, panel, lines, n, PAL_UNIT_PLAIN, false, "round",
                                 "no probe was taken in this run", err));

done:
    return rc;
}

static size_t roc_lines(pal_line *lines, const pal_rundata *run)
{
    size_t order[PAL_MAX_ARMS], n = 0;

    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];

        if (arm->roc.n > 0) {
            lines[n++] = (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash,
                                     .width = pal_arm_width(arm), .n = arm->roc.n,
                                     .x = arm->roc.fpr, .y = arm->roc.tpr, .lo = arm->roc.lo,
                                     .hi = arm->roc.hi };
        }
    }
    return n;
}

static pal_status draw_roc(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, pal_error *err)
{
    pal_line lines[PAL_MAX_ARMS];
    size_t n = roc_lines(lines, run);

    for (size_t k = 0; k < n; k++) {
        lines[k].label = NULL; /* the legend names them */
    }
    return pal_chart_roc(canvas, panel, lines, n, "no probe was taken in this run", err);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_plot_arm *focus = &run->arms[run->focus];
    char subtitle[PAL_SUBTITLE_MAX], measure[120], what[80];
    pal_legend_key ceiling = { "Ceiling", PAL_SUBTLE, PAL_DOTTED, true };
    pal_panel panel;
    double y;

    (void)who;
    y = pal_head(canvas, "How well each arm knows what people will like",
                 pal_fig_subtitle(subtitle, run, pal_worded(what, sizeof what, run,
                                                    "on songs never shown, true answers known")));
    y = pal_arm_legend(canvas, run, y, &ceiling);
    set_panel(canvas, &panel, y, 0, 0, "AUC", "higher is better");
    PAL_TRY(draw_probe(canvas, run, &panel, "auc", "auc_ceiling", err));
    set_panel(canvas, &panel, y, 1, 0, "LogLoss", "nat, lower is better");
    PAL_TRY(draw_probe(canvas, run, &panel, "logloss", "logloss_ceiling", err));
    snprintf(measure, sizeof measure, "%.30s, liked share", focus->label);
    set_panel(canvas, &panel, y, 0, 1, "Reliability", measure);
    pal_chart_reliability(canvas, &panel, focus->bins, focus->n_bins, focus->role, false,
                          "the focus arm gave no probabilities");
    set_panel(canvas, &panel, y, 1, 1, "ROC", "true positive rate");
    PAL_TRY(draw_roc(canvas, run, &panel, err));

done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    static const char *const metrics[] = { "auc", "logloss" }, *const ceilings[] = { "auc_ceiling", "logloss_ceiling" };
    const pal_plot_arm *focus = &run->arms[run->focus];
    pal_line lines[PAL_MAX_ARMS];

    (void)who;
    pal_data_head(csv, PAL_DATA_POINTS);
    for (size_t m = 0; m < 2; m++) {
        const pal_series *top = pal_rundata_rounds(run, run->focus, ceilings[m]);
        const pal_line ceiling = { .label = "ceiling", .n = top->n, .x = top->x, .y = top->value };

        pal_data_lines(csv, metrics[m], lines, pal_arm_lines(lines, run, metrics[m], PAL_BY_ROUND));
        pal_data_lines(csv, metrics[m], &ceiling, 1);
    }
    pal_data_bins(csv, "reliability", focus->label, focus->bins, focus->n_bins);
    pal_data_lines(csv, "roc", lines, roc_lines(lines, run));
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_quality = {
    .name = "quality",
    .heading = "Model quality",
    .caption = "Above: how well each arm ranks and predicts songs a person never saw. Nobody passes the dotted "
               "ceiling, since people are partly chance. Below left: when the arm says 0.3, do three in ten like it? "
               "Dots on the diagonal are honest, larger dots stand for more predictions. Below right: the ROC curve, "
               "the diagonal is guessing.",
    .height = height,
    .draw = draw,
    .data = data,
};

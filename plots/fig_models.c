/* Models of single tastes: can they tell what a person will like from what they will not, and are they honest? */
#include "plots/chart_quality.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { PANEL_W = 186, PANEL_H = 128, STEP_X = 252, STEP_Y = 184, STRIP = 24, STRIP_Y = 172 };

static bool has(const pal_rundata *run)
{
    const char *model[PAL_MAX_KINDS];

    return pal_rundata_kinds(model, run) > 0;
}

/* Kinds side by side; a third one would find no room. */
static size_t find_kinds(const char *model[PAL_MAX_KINDS], const pal_rundata *run)
{
    size_t n = pal_rundata_kinds(model, run);

    return n < 2 ? n : 2;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return has(run) ? 40 + pal_arm_legend_height(run) + 2 * STEP_Y + STRIP : 160;
}

static void set_panel(pal_panel *panel, double y, size_t column, int row)
{
    *panel = (pal_panel){ .x = PAL_MARGIN + 30 + STEP_X * (double)column, .y = y + 26 + STEP_Y * row, .w = PANEL_W,
                          .h = PANEL_H };
}

/* Only arms with models. */
static double draw_legend(pal_canvas *canvas, const pal_rundata *run, double y)
{
    pal_legend_key keys[PAL_MAX_ARMS];
    size_t n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        if (run->arms[a].n_kinds > 0) {
            keys[n++] = (pal_legend_key){ run->arms[a].label, run->arms[a].role, run->arms[a].dash, true };
        }
    }
    return pal_legend(canvas, PAL_MARGIN, y + 6, pal_canvas_width(canvas) - 2 * PAL_MARGIN, keys, n);
}

/* All arms' curves, the leading one's with its band. */
static pal_status draw_roc(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel, const char *model,
                           size_t lead, pal_error *err)
{
    pal_line lines[PAL_MAX_ARMS];
    size_t order[PAL_MAX_ARMS], n = 0;

    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];
        const pal_kind *kind = pal_arm_kind(arm, model);
        bool leads = order[k] == lead;

        if (kind != NULL && kind->roc.n > 0) {
            lines[n++] = (pal_line){ .role = arm->role, .dash = arm->dash, .width = leads ? 2.2 : 1.2,
                                     .n = kind->roc.n, .x = kind->roc.fpr, .y = kind->roc.tpr,
                                     .lo = leads ? kind->roc.lo : NULL, .hi = leads ? kind->roc.hi : NULL };
        }
    }
    return pal_chart_roc(canvas, panel, lines, n, "no model was judged", err);
}

/* Bars of how many predictions fell where, under the diagram and on its scale. */
static void draw_counts(pal_canvas *canvas, const pal_panel *above, const pal_kind *kind, pal_role role)
{
    double most = 0, foot = above->y + STRIP_Y + STRIP, all = 0;
    char shown[PAL_SHOWN_MAX], text[120];

    for (size_t b = 0; b < kind->n_bins; b++) {
        most = fmax(most, kind->bins[b].n);
        all += kind->bins[b].n;
    }
    snprintf(text, sizeof text, "%.30s predictions", pal_show_count(shown, all));
    pal_canvas_text(canvas, above->x, above->y + STRIP_Y - 4, text, pal_font_small(PAL_SUBTLE, PAL_LEFT));
    pal_canvas_line(canvas, above->x, foot, above->x + above->w, foot, (pal_pen){ PAL_AXIS, 0.7, PAL_SOLID, 0 });
    for (size_t b = 0; b < kind->n_bins && most > 0; b++) {
        double h = (STRIP - 4) * kind->bins[b].n / most;
        double bin = floor(fmin(kind->bins[b].mean_p, 0.9999) * 10) / 10;
        double x = pal_panel_x(above, bin), w = pal_panel_x(above, bin + 0.1) - x;

        pal_canvas_rect(canvas, x + 0.5, foot - h, w - 1, h, role, 0.6);
    }
}

static void name_roc(pal_canvas *canvas, const pal_panel *panel, const char *model, const pal_kind *kind)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], c[PAL_SHOWN_MAX], best[30] = "", measure[120];

    if (isfinite(kind->auc_ceiling)) {
        snprintf(best, sizeof best, " of %.10s", pal_show_fixed(c, kind->auc_ceiling, 2));
    }
    snprintf(measure, sizeof measure, "AUC %.10s %.20s%s", pal_show_fixed(a, kind->auc.value, 2),
             pal_show_interval(b, kind->auc.lo, kind->auc.hi, 2), best);
    pal_panel_name(canvas, panel, pal_kind_label(model), measure);
}

static pal_status draw_kind(pal_canvas *canvas, const pal_rundata *run, const char *model, double y, size_t column,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t lead = pal_rundata_lead(run, model);
    const pal_plot_arm *arm = lead == SIZE_MAX ? NULL : &run->arms[lead];
    const pal_kind *kind = arm == NULL ? NULL : pal_arm_kind(arm, model);
    char measure[120], models[PAL_SHOWN_MAX];
    pal_panel panel;

    set_panel(&panel, y, column, 0);
    if (kind == NULL) {
        pal_panel_name(canvas, &panel, pal_kind_label(model), "ROC");
        pal_no_data(canvas, &panel, "no model was judged");
        return PAL_OK;
    }
    name_roc(canvas, &panel, model, kind);
    PAL_TRY(draw_roc(canvas, run, &panel, model, lead, err));
    set_panel(&panel, y, column, 1);
    snprintf(measure, sizeof measure, "%.18s, %.10s models", arm->label, pal_show_count(models, kind->models));
    pal_panel_name(canvas, &panel, "Reliability", measure);
    pal_chart_reliability(canvas, &panel, kind->bins, kind->n_bins, arm->role, true, "no model was judged");
    if (kind->n_bins > 0) {
        draw_counts(canvas, &panel, kind, arm->role);
    }

done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *model[PAL_MAX_KINDS];
    char subtitle[PAL_SUBTITLE_MAX];
    size_t n = find_kinds(model, run);
    pal_panel panel = { .x = PAL_MARGIN, .y = 50, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 100 };
    double y;

    (void)who;
    y = pal_head(canvas, "How well the models of single tastes predict",
                 pal_fig_subtitle(subtitle, run, "answers held out in cross-validation, newest fit of each taste"));
    if (n == 0) {
        pal_no_data(canvas, &panel, "no arm fitted models of single tastes");
        return PAL_OK;
    }
    y = draw_legend(canvas, run, y);
    for (size_t k = 0; k < n; k++) {
        PAL_TRY(draw_kind(canvas, run, model[k], y, k, err));
    }

done:
    return rc;
}

static void add_kind(pal_text *csv, const pal_rundata *run, const char *model)
{
    size_t lead = pal_rundata_lead(run, model);
    char panel[64];

    snprintf(panel, sizeof panel, "roc, %.40s", model);
    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_kind *kind = pal_arm_kind(&run->arms[a], model);

        if (kind != NULL && kind->roc.n > 0) {
            const pal_line line = { .label = run->arms[a].label, .n = kind->roc.n, .x = kind->roc.fpr,
                                    .y = kind->roc.tpr, .lo = a == lead ? kind->roc.lo : NULL,
                                    .hi = a == lead ? kind->roc.hi : NULL };

            pal_data_lines(csv, panel, &line, 1);
        }
    }
    if (lead != SIZE_MAX) {
        const pal_kind *kind = pal_arm_kind(&run->arms[lead], model);

        snprintf(panel, sizeof panel, "reliability, %.40s", model);
        pal_data_bins(csv, panel, run->arms[lead].label, kind->bins, kind->n_bins);
    }
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const char *model[PAL_MAX_KINDS];
    size_t n = find_kinds(model, run);

    (void)who;
    pal_data_head(csv, PAL_DATA_POINTS);
    for (size_t k = 0; k < n; k++) {
        add_kind(csv, run, model[k]);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_models = {
    .name = "models",
    .heading = "Models of single tastes",
    .caption = "Above: ROC curves, each the mean over people's tastes of the curve inside a taste; the dashed diagonal "
               "is guessing, AUC 0.5. The number is that of the arm with the thick line and the band, \"of\" what the true "
               "probabilities allow. Below: predicted against "
               "observed likes, with the number of predictions underneath. Models that weigh likes more than the rest "
               "promise too much and lie below the diagonal; their order of songs is not touched by that.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

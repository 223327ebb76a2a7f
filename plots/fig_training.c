/* Training curves: how the trees of one taste grew, and where growing stopped. */
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/report_words.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 6, A_ROW = 3, PANEL_W = 126, PANEL_H = 84, STEP_X = 168, STEP_Y = 140, LEFT = 30, HEAD = 58 };

/* The arm whose curves are drawn: the focus if it has any, else the one with most, the first of equals. */
static size_t find_arm(const pal_rundata *run)
{
    size_t count[PAL_MAX_ARMS] = { 0 }, best = SIZE_MAX;

    for (size_t i = 0; i < run->n_curves; i++) {
        count[run->curves[i].arm]++;
    }
    if (run->n_curves > 0 && count[run->focus] > 0) {
        return run->focus;
    }
    for (size_t a = 0; a < run->n_arms; a++) {
        if (count[a] > 0 && (best == SIZE_MAX || count[a] > count[best])) {
            best = a;
        }
    }
    return best;
}

static bool is_same_taste(const pal_curve *a, const pal_curve *b)
{
    return a->arm == b->arm && a->user == b->user && a->replicate == b->replicate && strcmp(a->taste, b->taste) == 0 &&
           strcmp(a->model, b->model) == 0;
}

/* The newest curve of each taste, in the file's order. */
static size_t find_curves(const pal_curve *out[MOST], size_t *left_out, const pal_rundata *run)
{
    size_t arm = find_arm(run), n = 0;

    *left_out = 0;
    for (size_t i = 0; i < run->n_curves; i++) {
        bool newest = run->curves[i].arm == arm;

        for (size_t j = i + 1; j < run->n_curves && newest; j++) {
            newest = !is_same_taste(&run->curves[i], &run->curves[j]);
        }
        if (newest && n < MOST) {
            out[n++] = &run->curves[i];
        } else {
            *left_out += newest;
        }
    }
    return n;
}

static bool has(const pal_rundata *run)
{
    return run->n_curves > 0;
}

static double height(const pal_rundata *run, size_t who)
{
    const pal_curve *curves[MOST];
    size_t left_out, n = find_curves(curves, &left_out, run);

    (void)who;
    return n == 0 ? 160 : HEAD + STEP_Y * (double)((n + A_ROW - 1) / A_ROW) + 4;
}

/* Where the model was cut: a line, a dot on the curve that decided, and the number of trees. */
static void draw_kept(pal_canvas *canvas, const pal_panel *panel, const pal_curve *curve, pal_role role)
{
    double x = pal_panel_x(panel, curve->kept), y = NAN, w;
    char count[PAL_SHOWN_MAX], text[80];
    pal_font font = pal_font_small(PAL_INK, PAL_LEFT);

    if (!isfinite(x)) {
        return;
    }
    for (size_t i = 0; i < curve->n; i++) {
        if (curve->iteration[i] == curve->kept) {
            y = pal_panel_y(panel, isfinite(curve->valid[i]) ? curve->valid[i] : curve->train[i]);
        }
    }
    pal_canvas_line(canvas, x, panel->y, x, panel->y + panel->h, (pal_pen){ PAL_INK, 0.7, PAL_DOTTED, 0 });
    if (isfinite(y)) {
        pal_canvas_disc(canvas, x, y, 2.8, role, 1);
    }
    snprintf(text, sizeof text, "%.20s %s kept", pal_show_count(count, curve->kept), curve->kept == 1 ? "tree" : "trees");
    w = pal_canvas_text_width(canvas, text, font);
    /* Low on the left there are no curves: they fall, or rise, to the right. */
    font.anchor = x - 4 - w > panel->x ? PAL_RIGHT : PAL_LEFT;
    pal_canvas_text(canvas, font.anchor == PAL_RIGHT ? x - 4 : x + 4, panel->y + panel->h - 4, text, font);
}

static pal_status draw_curve(pal_canvas *canvas, const pal_curve *curve, double x, double y, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_role role = pal_stage_role(curve->model);
    const pal_line lines[] = {
        { .role = PAL_SUBTLE, .dash = PAL_DASHED, .width = 1.2, .n = curve->n, .x = curve->iteration, .y = curve->train },
        { .role = role, .width = 1.6, .n = curve->n, .x = curve->iteration, .y = curve->valid },
    };
    pal_panel panel = { .x = x + LEFT, .y = y + 24, .w = PANEL_W, .h = PANEL_H };
    char name[80];
    pal_font font = { .size = PAL_SIZE_TICK, .role = PAL_INK, .bold = true, .max_width = PANEL_W };

    snprintf(name, sizeof name, "%.0f: %.60s", curve->user, curve->taste);
    pal_canvas_text(canvas, panel.x, panel.y - 6, name, font);
    PAL_TRY(pal_draw_lines_panel(canvas, &panel, lines, 2, PAL_UNIT_PLAIN, false, "trees", "no curve was kept", err));
    draw_kept(canvas, &panel, curve, role);

done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_curve *curves[MOST];
    size_t left_out, n = find_curves(curves, &left_out, run);
    pal_panel empty = { .x = PAL_MARGIN, .y = 50, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 100 };
    char subtitle[PAL_SUBTITLE_MAX], more[60] = "", held[40], from[40];

    (void)who;
    if (left_out > 0) {
        snprintf(more, sizeof more, " \xc2\xb7 %zu more in training_curves.csv", left_out);
    }
    snprintf(subtitle, sizeof subtitle, "person and taste, newest model%.40s%.60s%.60s", n > 0 ? " of " : "",
             n > 0 ? run->arms[curves[0]->arm].label : "", more);
    pal_head(canvas, "LogLoss while trees were added", subtitle);
    if (n == 0) {
        pal_no_data(canvas, &empty, "no boosted model of a person drawn whole was kept");
        return PAL_OK;
    }
    pal_legend(canvas, PAL_MARGIN, 46, PAL_PAGE_WIDTH - 2 * PAL_MARGIN,
               (const pal_legend_key[]){ { pal_worded(held, sizeof held, run, "songs held out"), pal_stage_role(curves[0]->model), PAL_SOLID, true },
                                         { pal_worded(from, sizeof from, run, "songs learned from"), PAL_SUBTLE, PAL_DASHED, true } }, 2);
    for (size_t i = 0; i < n; i++) {
        PAL_TRY(draw_curve(canvas, curves[i], PAL_MARGIN - 4 + STEP_X * (double)(i % A_ROW),
                           HEAD - 6 + STEP_Y * (double)(i / A_ROW), err));
    }

done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_curve *curves[MOST];
    size_t left_out, n = find_curves(curves, &left_out, run);

    (void)who;
    pal_data_head(csv, "person,taste,model,trees,logloss_learned_from,logloss_held_out,kept");
    for (size_t c = 0; c < n; c++) {
        for (size_t i = 0; i < curves[c]->n; i++) {
            pal_data_number(csv, curves[c]->user);
            pal_data_text(csv, curves[c]->taste);
            pal_data_text(csv, curves[c]->model);
            pal_data_number(csv, curves[c]->iteration[i]);
            pal_data_number(csv, curves[c]->train[i]);
            pal_data_number(csv, curves[c]->valid[i]);
            pal_data_flag(csv, curves[c]->iteration[i] == curves[c]->kept);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_training = {
    .name = "training",
    .heading = "Training curves",
    .caption = "One model each, by number of trees. What it learned from is predicted ever better; what was held out is "
               "not, and the model is cut where that was best (dot). Where the dot stands at the very left there was "
               "nothing that another song confirmed.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Stage shares: who served when; and stage credit: what each stage earned. */
#include "core/mem.h"
#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AREA_HEIGHT = 120, AREA_STEP = 178, ROW = 16, HEAD = 60 };

/* Arms that mix stages, the focus first; the focus alone when no arm does. */
static size_t mixed_arms(const pal_rundata *run, size_t *arms)
{
    size_t n = 0;

    arms[n++] = run->focus;
    for (size_t a = 0; a < run->n_arms; a++) {
        if (a != run->focus && run->arms[a].n_stage_kinds > 1) {
            arms[n++] = a;
        }
    }
    return n;
}

static double height(const pal_rundata *run, size_t who)
{
    size_t arms[PAL_MAX_ARMS], rows = run->arms[run->focus].n_stages;

    (void)who;
    return HEAD + AREA_STEP * (double)mixed_arms(run, arms) + 52 + ROW * (double)(rows < 3 ? 3 : rows);
}

static const char *stage_label(const pal_rundata *run, const char *stage)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        for (size_t s = 0; s < run->arms[a].n_stages; s++) {
            if (strcmp(run->arms[a].stages[s].stage, stage) == 0) {
                return run->arms[a].stages[s].label;
            }
        }
    }
    return stage;
}

/* The layers from the bottom up: each is the band between two running sums. */
static pal_status draw_layers(pal_canvas *canvas, const pal_panel *panel, const pal_plot_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = arm->n_stage_rounds;
    double *lo = NULL, *hi = NULL;

    PAL_NEW(lo, n + 1);
    PAL_NEW(hi, n + 1);
    for (size_t s = 0; s < arm->n_stage_kinds; s++) {
        for (size_t t = 0; t < n; t++) {
            lo[t] = hi[t];
            hi[t] = lo[t] + arm->stage_rounds[s].share[t];
        }
        PAL_TRY(pal_chart_band(canvas, panel, arm->stage_round, lo, hi, n,
                               pal_stage_role(arm->stage_rounds[s].stage), 1, err));
        /* A hairline keeps layers apart in a grey print. */
        pal_line edge = { .role = PAL_PAPER, .width = 0.6, .n = n, .x = arm->stage_round, .y = hi };
        PAL_TRY(pal_chart_lines(canvas, panel, &edge, 1, err));
    }

done:
    pal_free(lo);
    pal_free(hi);
    return rc;
}

static pal_status draw_shares(pal_canvas *canvas, const pal_rundata *run, const pal_plot_arm *arm, double y, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_legend_key keys[PAL_MAX_ARM_STAGES];
    double left = PAL_MARGIN + 34;
    pal_panel panel = { .x = left, .y = y + 22, .w = PAL_PAGE_WIDTH - left - PAL_MARGIN, .h = AREA_HEIGHT,
                        .ys = { 0, 1 } };
    pal_ticks across, up = pal_ticks_make(0, 1, 4);
    pal_font name = { .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true, .max_width = 130 };
    size_t n = arm->n_stage_rounds;
    double used;

    if (n < 2) {
        pal_panel_name(canvas, &panel, arm->label, "share of impressions by stage");
        pal_no_data(canvas, &panel, "fewer than two rounds in stages.csv");
        return PAL_OK;
    }
    panel.xs = (pal_range){ arm->stage_round[0], arm->stage_round[n - 1] };
    across = pal_ticks_whole(panel.xs.lo, panel.xs.hi, 8);
    pal_axis_y(canvas, &panel, &up, PAL_UNIT_PERCENT);
    PAL_TRY(draw_layers(canvas, &panel, arm, err));
    pal_axis_x(canvas, &panel, &across, PAL_UNIT_COUNT, "round");
    used = pal_canvas_text(canvas, left, panel.y - 8, arm->label, name) + 18;
    for (size_t s = 0; s < arm->n_stage_kinds; s++) {
        const char *stage = arm->stage_rounds[s].stage;

        keys[s] = (pal_legend_key){ stage_label(run, stage), pal_stage_role(stage), PAL_SOLID, false };
    }
    pal_legend(canvas, left + used, y + 14, PAL_PAGE_WIDTH - left - used - PAL_MARGIN, keys, arm->n_stage_kinds);

done:
    return rc;
}

/* One measure by stage, a row each, rows in stack order; names only on the left panel. */
static void draw_credit(pal_canvas *canvas, const pal_plot_arm *arm, pal_panel *panel, const size_t *order, bool names,
                        bool regret)
{
    pal_ticks ticks;

    panel->xs = pal_range_empty();
    for (size_t s = 0; s < arm->n_stages; s++) {
        pal_range_add_estimate(&panel->xs, regret ? arm->stages[s].regret : arm->stages[s].like_rate);
    }
    if (pal_range_is_empty(panel->xs)) {
        pal_no_data(canvas, panel, regret ? "no regret by stage" : "no like rate by stage");
        return;
    }
    panel->xs = pal_range_within(pal_range_padded(panel->xs, 0.08), 0, 1);
    ticks = pal_ticks_make(panel->xs.lo, panel->xs.hi, 4);
    pal_axis_x_grid(canvas, panel, &ticks, PAL_UNIT_PLAIN);
    for (size_t k = 0; k < arm->n_stages; k++) {
        const pal_plot_stage *stage = &arm->stages[order[k]];
        double y = panel->y + ROW * ((double)k + 0.5);
        char share[PAL_SHOWN_MAX], text[120];
        pal_font font = pal_font_label(PAL_INK, PAL_RIGHT);

        pal_chart_dot(canvas, panel, y, regret ? stage->regret : stage->like_rate, pal_stage_role(stage->stage),
                      PAL_DOT, false);
        if (names) {
            snprintf(text, sizeof text, "%.40s  %.12s", stage->label, pal_show_percent(share, stage->share, 0));
            font.max_width = panel->x - PAL_MARGIN - 6;
            pal_canvas_text(canvas, panel->x - 8, y + 3, text, font);
        }
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_plot_arm *focus = &run->arms[run->focus];
    size_t arms[PAL_MAX_ARMS], order[PAL_MAX_ARM_STAGES], n = mixed_arms(run, arms);
    char subtitle[PAL_SUBTITLE_MAX], name[160];
    size_t rows = focus->n_stages < PAL_MAX_ARM_STAGES ? focus->n_stages : PAL_MAX_ARM_STAGES;
    double y = 40;
    pal_panel panel;

    (void)who;
    pal_head(canvas, "Which stage serves when, and what it earns",
             pal_fig_subtitle(subtitle, run, "colours run from cold (blue) to boosted (vermilion)"));
    for (size_t k = 0; k < n; k++, y += AREA_STEP) {
        PAL_TRY(draw_shares(canvas, run, &run->arms[arms[k]], y, err));
    }
    for (size_t k = 0; k < rows; k++) {
        size_t at = k;

        for (; at > 0 && pal_stage_order(focus->stages[order[at - 1]].stage) > pal_stage_order(focus->stages[k].stage);
             at--) {
            order[at] = order[at - 1];
        }
        order[at] = k;
    }
    panel = (pal_panel){ .x = 142, .y = y + 36, .w = 168, .h = ROW * (double)(rows < 3 ? 3 : rows) };
    snprintf(name, sizeof name, "Credit within %.60s", focus->label);
    pal_canvas_text(canvas, PAL_MARGIN, y + 12, name,
                    (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
    pal_canvas_text(canvas, panel.x, y + 28, "likes per impression", pal_font_tick(PAL_LEFT));
    pal_canvas_text(canvas, panel.x - 8, y + 28, "stage, share of all impressions", pal_font_tick(PAL_RIGHT));
    draw_credit(canvas, focus, &panel, order, true, false);
    panel.x = 336;
    panel.w = PAL_PAGE_WIDTH - PAL_MARGIN - panel.x;
    pal_canvas_text(canvas, panel.x, y + 28, "regret to the best slate (lower is better)",
                    pal_font_tick(PAL_LEFT));
    draw_credit(canvas, focus, &panel, order, false, true);

done:
    return rc;
}

static void add_share(pal_text *csv, const pal_rundata *run, const pal_plot_arm *arm)
{
    for (size_t s = 0; s < arm->n_stage_kinds; s++) {
        for (size_t t = 0; t < arm->n_stage_rounds; t++) {
            pal_data_text(csv, "share of impressions");
            pal_data_text(csv, arm->label);
            pal_data_text(csv, stage_label(run, arm->stage_rounds[s].stage));
            pal_data_number(csv, arm->stage_round[t]);
            pal_data_estimate(csv, (pal_estimate){ arm->stage_rounds[s].share[t], NAN, NAN, NAN });
            pal_data_end(csv);
        }
    }
}

static void add_credit(pal_text *csv, const pal_plot_arm *arm, const char *panel, bool regret)
{
    for (size_t s = 0; s < arm->n_stages; s++) {
        pal_data_text(csv, panel);
        pal_data_text(csv, arm->label);
        pal_data_text(csv, arm->stages[s].label);
        pal_data_number(csv, NAN); /* of all rounds */
        pal_data_estimate(csv, regret ? arm->stages[s].regret : arm->stages[s].like_rate);
        pal_data_end(csv);
    }
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    size_t arms[PAL_MAX_ARMS], n = mixed_arms(run, arms);

    (void)who;
    pal_data_head(csv, "panel,arm,stage,round,value,lo,hi");
    for (size_t k = 0; k < n; k++) {
        add_share(csv, run, &run->arms[arms[k]]);
    }
    add_credit(csv, &run->arms[run->focus], "like_rate", false);
    add_credit(csv, &run->arms[run->focus], "regret", true);
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_stages = {
    .name = "stages",
    .heading = "Stage shares and stage credit",
    .caption = "The area shows which stage chose what people saw. New people are served by the cold stages at the "
               "bottom; as confidence grows the warmer ones take over. Below: likes earned per impression by each "
               "stage, and what it left on the table. Stages meet people at different times of their life, so the "
               "credit describes, it does not prove that one stage beats another.",
    .height = height,
    .draw = draw,
    .data = data,
};

/* Feature importance: what the models of single tastes look at. */
#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ROW = 14, TOP = 62, FOOT = 34, NAMES = 96, GAP = 26, MOST_COLUMNS = 2 };

typedef struct column { const char *model; const pal_plot_arm *arm; const pal_kind *kind; } column;

static size_t find_columns(column *out, const pal_rundata *run)
{
    const char *model[PAL_MAX_KINDS];
    size_t n = pal_rundata_kinds(model, run), found = 0;

    for (size_t k = 0; k < n && found < MOST_COLUMNS; k++) {
        size_t lead = pal_rundata_lead(run, model[k]);
        const pal_plot_arm *arm = lead == SIZE_MAX ? NULL : &run->arms[lead];

        if (arm != NULL && pal_arm_kind(arm, model[k])->n_shares > 0) {
            out[found++] = (column){ model[k], arm, pal_arm_kind(arm, model[k]) };
        }
    }
    return found;
}

static bool has(const pal_rundata *run)
{
    column columns[MOST_COLUMNS];

    return find_columns(columns, run) > 0;
}

static const pal_share *share_of(const pal_kind *kind, const char *feature)
{
    for (size_t f = 0; f < kind->n_shares; f++) {
        if (strcmp(kind->shares[f].feature, feature) == 0) {
            return &kind->shares[f];
        }
    }
    return NULL;
}

/* A feature's mean share over the columns that know it. */
static double mean_share(const column *columns, size_t n, const char *feature)
{
    double sum = 0, known = 0;

    for (size_t k = 0; k < n; k++) {
        const pal_share *share = share_of(columns[k].kind, feature);

        if (share != NULL && isfinite(share->at.value)) {
            sum += share->at.value;
            known++;
        }
    }
    return known > 0 ? sum / known : 0;
}

/* Features of all columns, the most important first, ties in the file's order. */
static size_t find_features(const char **out, const column *columns, size_t n)
{
    size_t found = 0;

    for (size_t k = 0; k < n; k++) {
        for (size_t f = 0; f < columns[k].kind->n_shares; f++) {
            const char *feature = columns[k].kind->shares[f].feature;
            double mean = mean_share(columns, n, feature);
            size_t i = 0, at = found;

            while (i < found && strcmp(out[i], feature) != 0) {
                i++;
            }
            if (i < found || found == PAL_MAX_SHARES) {
                continue;
            }
            for (; at > 0 && mean_share(columns, n, out[at - 1]) < mean; at--) {
                out[at] = out[at - 1];
            }
            out[at] = feature;
            found++;
        }
    }
    return found;
}

static double height(const pal_rundata *run, size_t who)
{
    column columns[MOST_COLUMNS];
    const char *feature[PAL_MAX_SHARES];
    size_t n = find_columns(columns, run);

    (void)who;
    return n == 0 ? 160 : TOP + ROW * (double)find_features(feature, columns, n) + FOOT;
}

static double largest(const column *columns, size_t n)
{
    double most = 0;

    for (size_t k = 0; k < n; k++) {
        for (size_t f = 0; f < columns[k].kind->n_shares; f++) {
            const pal_share *s = &columns[k].kind->shares[f];

            most = fmax(most, isfinite(s->at.hi) ? s->at.hi : isfinite(s->at.value) ? s->at.value : 0);
            most = fmax(most, isfinite(s->splits) ? s->splits : 0);
        }
    }
    return most > 0 ? most : 1;
}

static void draw_bar(pal_canvas *canvas, const pal_panel *panel, double y, const pal_share *share, pal_role role)
{
    double x = pal_panel_x(panel, share->at.value);

    if (!isfinite(x)) {
        return;
    }
    pal_canvas_rect(canvas, panel->x, y - 4, x - panel->x, 8, role, 0.75);
    if (isfinite(share->at.lo) && isfinite(share->at.hi)) {
        pal_canvas_line(canvas, pal_panel_x(panel, share->at.lo), y, pal_panel_x(panel, share->at.hi), y,
                        (pal_pen){ PAL_INK, 1, PAL_SOLID, 0 });
    }
    if (isfinite(share->splits)) {
        pal_canvas_disc(canvas, pal_panel_x(panel, share->splits), y, 2.6, PAL_PAPER, 1);
        pal_canvas_circle(canvas, pal_panel_x(panel, share->splits), y, 2.6, (pal_pen){ PAL_INK, 1, PAL_SOLID, 0 });
    }
}

static void draw_column(pal_canvas *canvas, const pal_panel *panel, const column *c, const char *const *feature,
                        size_t n)
{
    pal_ticks ticks = pal_ticks_make(0, panel->xs.hi, 4);
    char text[160], models[PAL_SHOWN_MAX], people[PAL_SHOWN_MAX], arm[80];

    pal_panel_name(canvas, panel, pal_kind_label(c->model), pal_show_short(arm, sizeof arm, c->arm->label, 18));
    snprintf(text, sizeof text, "%.12s models of %.12s people", pal_show_count(models, c->kind->standing),
             pal_show_count(people, c->kind->people));
    pal_canvas_text(canvas, panel->x, panel->y + panel->h + 23, text, pal_font_small(PAL_SUBTLE, PAL_LEFT));
    pal_axis_x_grid(canvas, panel, &ticks, PAL_UNIT_PERCENT);
    for (size_t f = 0; f < n; f++) {
        const pal_share *share = share_of(c->kind, feature[f]);
        double y = panel->y + ROW * ((double)f + 0.5);

        if (share != NULL) {
            draw_bar(canvas, panel, y, share, pal_stage_role(c->model));
        } else {
            pal_canvas_text(canvas, panel->x + 3, y + 2.5, "not given to it", pal_font_small(PAL_SUBTLE, PAL_LEFT));
        }
    }
}

static void draw_names(pal_canvas *canvas, const char *const *feature, size_t n)
{
    for (size_t f = 0; f < n; f++) {
        pal_font font = pal_font_tick(PAL_RIGHT);
        char name[64];

        snprintf(name, sizeof name, "%.60s", feature[f]);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        font.role = PAL_INK;
        font.max_width = NAMES - 8;
        pal_canvas_text(canvas, PAL_MARGIN + NAMES - 6, TOP + ROW * ((double)f + 0.5) + 2.9, name, font);
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    column columns[MOST_COLUMNS];
    const char *feature[PAL_MAX_SHARES];
    size_t n = find_columns(columns, run), n_features = find_features(feature, columns, n);
    double room = PAL_PAGE_WIDTH - 2 * PAL_MARGIN - NAMES, w = n < 2 ? room : (room - GAP) / 2;
    pal_panel panel = { .x = PAL_MARGIN, .y = 50, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 100 };
    char subtitle[PAL_SUBTITLE_MAX];

    (void)who;
    (void)err;
    pal_head(canvas, "What the models of single tastes look at",
             pal_fig_subtitle(subtitle, run, "mean share over the models in use at the end"));
    if (n == 0) {
        pal_no_data(canvas, &panel, "no arm kept a model of a single taste");
        return PAL_OK;
    }
    draw_names(canvas, feature, n_features);
    for (size_t k = 0; k < n; k++) {
        panel = (pal_panel){ .x = PAL_MARGIN + NAMES + (w + GAP) * (double)k, .y = TOP, .w = w,
                             .h = ROW * (double)n_features, .xs = { 0, largest(columns, n) * 1.05 } };
        draw_column(canvas, &panel, &columns[k], feature, n_features);
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    column columns[MOST_COLUMNS];
    const char *feature[PAL_MAX_SHARES];
    size_t n = find_columns(columns, run), n_features = find_features(feature, columns, n);

    (void)who;
    pal_data_head(csv, "model,arm,feature,share,lo,hi,splits");
    for (size_t i = 0; i < n * n_features; i++) {
        const column *c = &columns[i / n_features];
        const pal_share *share = share_of(c->kind, feature[i % n_features]);

        if (share != NULL) {
            pal_data_text(csv, c->model);
            pal_data_text(csv, c->arm->label);
            pal_data_text(csv, share->feature);
            pal_data_estimate(csv, share->at);
            pal_data_number(csv, share->splits);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_importance = {
    .name = "importance",
    .heading = "What the models look at",
    .caption = "How much of a model rests on each feature of a song. Logistic: coefficient times spread of the feature; "
               "boosted trees: gain of the splits on it, the ring their number. Bars of equal length mean that "
               "people's tastes differ in different features, or that there was nothing to find.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* The lower half of a person sheet. */
#include "plots/fig_person_parts.h"

#include "core/mem.h"
#include "plots/axis.h"
#include "plots/chart_line.h"
#include "plots/chart_radar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GENRE_X = 108, GENRE_R = 52, STRIP_X = 246, STRIP_H = 14, ROW = 13 };
enum { MAX_GENRES = 12, MAX_STAGES = 16, COLUMNS = 5 };

static void draw_genres(pal_canvas *canvas, const pal_person_arm *arm, double y)
{
    const char *name[MAX_GENRES];
    double value[MAX_GENRES], most = 0;
    size_t n = arm == NULL ? 0 : arm->n_genres < MAX_GENRES ? arm->n_genres : MAX_GENRES;
    pal_panel empty = { .x = PAL_MARGIN, .y = y + 20, .w = 190, .h = 120 };
    pal_radar radar = { .x = GENRE_X, .y = y + 90, .radius = GENRE_R, .half_width = GENRE_X - PAL_MARGIN, .n = n,
                        .name = name };

    pal_canvas_text(canvas, PAL_MARGIN, y + 12, "Genres that won them",
                    (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
    if (n < 3) {
        pal_no_data(canvas, &empty, n == 0 ? "no genre was liked" : "fewer than three genres were liked");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        name[i] = arm->genres[i].genre;
        value[i] = isfinite(arm->genres[i].strength) ? fmax(arm->genres[i].strength, 0) : 0;
        most = fmax(most, value[i]);
    }
    for (size_t i = 0; i < n; i++) {
        value[i] = most > 0 ? value[i] / most : 0;
    }
    pal_radar_frame(canvas, &radar);
    pal_radar_shape(canvas, &radar, value, PAL_SERIES_0, 0.2, 1.2);
}

/* Coloured cells by round; a gap where the person was away, a tick where a model was trained. */
static void draw_strip(pal_canvas *canvas, const pal_panel *panel, const pal_person_arm *arm)
{
    double cell = panel->w / (panel->xs.hi - panel->xs.lo);
    double top = panel->y + panel->h + 6;

    pal_canvas_rect(canvas, panel->x, top, panel->w, STRIP_H, PAL_CARD, 1);
    for (size_t i = 0; i < arm->n_rounds;) {
        const pal_person_round *r = &arm->rounds[i];
        size_t end = i + 1;

        /* Neighbours of one colour are one rectangle. */
        while (end < arm->n_rounds && arm->rounds[end].present == r->present &&
               strcmp(arm->rounds[end].stage, r->stage) == 0 &&
               arm->rounds[end].round == r->round + (double)(end - i)) {
            end++;
        }
        if (r->present && r->stage[0] != '\0') {
            pal_canvas_rect(canvas, pal_panel_x(panel, r->round - 0.5), top, cell * (double)(end - i), STRIP_H,
                            pal_stage_role(r->stage), 1);
        }
        i = end;
    }
    for (size_t i = 0; i < arm->n_rounds; i++) {
        double x = pal_panel_x(panel, arm->rounds[i].round);

        if (arm->rounds[i].trained) {
            pal_canvas_line(canvas, x, top + STRIP_H + 1, x, top + STRIP_H + 5, (pal_pen){ PAL_INK, 1, PAL_SOLID, 0 });
        }
    }
}

/* The colours of fits whose stage never served. */
static size_t add_models(pal_legend_key *keys, char label[][40], size_t n, const pal_person_arm *arm)
{
    for (size_t i = 0; i < arm->n_learned; i++) {
        for (size_t f = 0; f < arm->learned[i].n_fits; f++) {
            pal_role role = pal_stage_role(arm->learned[i].fits[f].model);
            size_t k = 0;

            while (k < n && keys[k].role != role) {
                k++;
            }
            if (k == n && n < MAX_STAGES) {
                snprintf(label[n], 40, "%.28s (fitted)", arm->learned[i].fits[f].model);
                keys[n] = (pal_legend_key){ label[n], role, PAL_SOLID, false };
                n++;
            }
        }
    }
    return n;
}

static void draw_strip_legend(pal_canvas *canvas, const pal_panel *panel, const pal_person_arm *arm, double y)
{
    pal_legend_key keys[MAX_STAGES];
    char label[MAX_STAGES][40];
    size_t n = 0;

    for (size_t i = 0; i < arm->n_rounds; i++) {
        pal_role role = pal_stage_role(arm->rounds[i].stage);
        size_t k = 0;

        while (k < n && (keys[k].role != role || strncmp(label[k], arm->rounds[i].stage, 39) != 0)) {
            k++;
        }
        if (k == n && n < MAX_STAGES && arm->rounds[i].stage[0] != '\0') {
            snprintf(label[n], sizeof label[n], "%.39s", arm->rounds[i].stage);
            keys[n] = (pal_legend_key){ label[n], role, PAL_SOLID, false };
            n++;
        }
    }
    for (size_t k = 0; k < n; k++) {
        for (char *c = label[k]; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
    }
    n = add_models(keys, label, n, arm);
    pal_legend(canvas, panel->x, y, panel->w, keys, n);
}

static pal_status draw_rounds(pal_canvas *canvas, const pal_person_arm *arm, double y, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_panel panel = { .x = STRIP_X + 22, .y = y + 24, .w = PAL_PAGE_WIDTH - PAL_MARGIN - STRIP_X - 22, .h = 70 };
    pal_panel strip;
    double *x = NULL, *value = NULL;
    pal_line line = { .role = PAL_INK, .width = 1.5 };
    size_t n = arm == NULL ? 0 : arm->n_rounds;
    pal_ticks across, up;

    pal_panel_name(canvas, &panel, "Confidence", "and the stage that served");
    if (n < 2) {
        pal_no_data(canvas, &panel, "fewer than two rounds were recorded");
        return PAL_OK;
    }
    PAL_NEW(x, n);
    PAL_NEW(value, n);
    for (size_t i = 0; i < n; i++) {
        x[i] = arm->rounds[i].round;
        value[i] = arm->rounds[i].confidence;
    }
    line = (pal_line){ .role = PAL_INK, .width = 1.5, .n = n, .x = x, .y = value };
    panel.xs = (pal_range){ x[0] - 0.5, x[n - 1] + 0.5 };
    panel.ys = pal_lines_range_y(&line, 1);
    pal_range_add(&panel.ys, 0);
    panel.ys = pal_range_padded(panel.ys, 0);
    up = pal_ticks_make(panel.ys.lo, panel.ys.hi, 3);
    across = pal_ticks_whole(panel.xs.lo, panel.xs.hi, 6);
    pal_axis_y(canvas, &panel, &up, PAL_UNIT_PLAIN);
    PAL_TRY(pal_chart_lines(canvas, &panel, &line, 1, err));
    draw_strip(canvas, &panel, arm);
    strip = panel;
    strip.h += 6 + STRIP_H + 6;
    pal_axis_x(canvas, &strip, &across, PAL_UNIT_COUNT, "round");
    draw_strip_legend(canvas, &panel, arm, strip.y + strip.h + 37);

done:
    pal_free(x);
    pal_free(value);
    return rc;
}

pal_status pal_draw_life(pal_canvas *canvas, const pal_person_arm *arm, double y, pal_error *err)
{
    draw_genres(canvas, arm, y);
    return draw_rounds(canvas, arm, y, err);
}

bool pal_has_lessons(const pal_person_arm *arm)
{
    for (size_t i = 0; arm != NULL && i < arm->n_learned; i++) {
        if (arm->learned[i].n_fits > 0) {
            return true;
        }
    }
    return false;
}

/* Dotted through fits of one kind of model: another kind weighs samples otherwise and has another ceiling. */
static void draw_ceilings(pal_canvas *canvas, const pal_panel *panel, const pal_taste *learned, bool auc)
{
    for (size_t i = 0; i < learned->n_fits; i++) {
        const pal_taste_fit *fit = &learned->fits[i], *before = i > 0 ? fit - 1 : NULL;
        double x = pal_panel_x(panel, fit->round), y = pal_panel_y(panel, auc ? fit->auc_ceiling : fit->logloss_ceiling);
        double from_x = x - 4, from_y = y;

        if (before != NULL && strcmp(before->model, fit->model) == 0) {
            from_x = pal_panel_x(panel, before->round);
            from_y = pal_panel_y(panel, auc ? before->auc_ceiling : before->logloss_ceiling);
        }
        if (isfinite(y) && isfinite(from_y)) {
            pal_canvas_line(canvas, from_x, from_y, x, y, (pal_pen){ PAL_TOP, 1, PAL_DOTTED, 0 });
        }
    }
}

/* One small chart: points, their ceilings, the value of guessing as a thin line (NaN: none). */
static void draw_lessons_of(pal_canvas *canvas, pal_panel *panel, const pal_taste *learned, const char *name, bool auc,
                            double guessing)
{
    char text[PAL_SHOWN_MAX];
    pal_ticks up;

    panel->ys = pal_range_empty();
    pal_range_add(&panel->ys, guessing);
    for (size_t i = 0; i < learned->n_fits; i++) {
        const pal_taste_fit *fit = &learned->fits[i];

        pal_range_add(&panel->ys, auc ? fit->auc : fit->logloss);
        pal_range_add(&panel->ys, auc ? fit->auc_ceiling : fit->logloss_ceiling);
    }
    if (pal_range_is_empty(panel->ys)) {
        return;
    }
    panel->ys = pal_range_padded(panel->ys, 0.12);
    up = pal_ticks_make(panel->ys.lo, panel->ys.hi, 2);
    pal_canvas_text(canvas, panel->x, panel->y - 4, name, pal_font_small(PAL_SUBTLE, PAL_LEFT));
    for (int i = 0; i < up.n; i++) {
        double y = pal_panel_y(panel, up.at[i]);
        pal_font font = pal_font_small(PAL_SUBTLE, PAL_RIGHT);

        font.size = 6;
        pal_canvas_line(canvas, panel->x, y, panel->x + panel->w, y, (pal_pen){ PAL_GRID, 0.5, PAL_SOLID, 0 });
        pal_canvas_text(canvas, panel->x - 3, y + 2.2, pal_show_fixed(text, up.at[i], up.decimals), font);
    }
    if (isfinite(guessing)) {
        double y = pal_panel_y(panel, guessing);

        pal_canvas_line(canvas, panel->x, y, panel->x + panel->w, y, (pal_pen){ PAL_AXIS, 0.6, PAL_DASHED, 0 });
    }
    draw_ceilings(canvas, panel, learned, auc);
    for (size_t i = 0; i < learned->n_fits; i++) {
        const pal_taste_fit *fit = &learned->fits[i];
        double x = pal_panel_x(panel, fit->round), y = pal_panel_y(panel, auc ? fit->auc : fit->logloss);
        pal_role role = pal_stage_role(fit->model);

        if (!isfinite(y)) {
            continue;
        }
        pal_canvas_disc(canvas, x, y, 2, fit->kept ? role : PAL_PAPER, 1);
        pal_canvas_circle(canvas, x, y, 2, (pal_pen){ role, 1, PAL_SOLID, 0 });
    }
}

void pal_draw_lessons(pal_canvas *canvas, const pal_taste *learned, double rounds, double x, double y, double w)
{
    enum { VALUES = 16, GAP = 8, TOP = 12, HEIGHT = 32 };
    double half = (w - GAP) / 2;
    pal_panel panel = { .x = x + VALUES, .y = y + TOP, .w = half - VALUES, .h = HEIGHT, .xs = { -1, rounds } };

    if (learned->n_fits == 0) {
        return;
    }
    draw_lessons_of(canvas, &panel, learned, "AUC by round", true, 0.5);
    panel.x += half + GAP;
    draw_lessons_of(canvas, &panel, learned, "LogLoss", false, NAN);
}

double pal_last_slate_height(const pal_person_arm *arm)
{
    return 46 + ROW * (double)(arm == NULL || arm->n_last == 0 ? 1 : arm->n_last);
}

static pal_role outcome_role(const char *outcome)
{
    return strncmp(outcome, "liked", 5) == 0 ? PAL_GOOD : strncmp(outcome, "disliked", 8) == 0 ? PAL_BAD : PAL_SUBTLE;
}

static void cell(pal_canvas *canvas, double x, double y, double w, const char *text, pal_role role, double size)
{
    pal_font font = pal_font_tick(PAL_LEFT);

    font.role = role;
    font.size = size;
    font.max_width = w - 6;
    pal_canvas_text(canvas, x, y, text, font);
}

void pal_draw_last_slate(pal_canvas *canvas, const pal_person_arm *arm, double y)
{
    static const char *const names[] = { "", "title and artist", "cluster", "why it was chosen", "outcome" };
    static const double widths[] = { 32, 146, 78, 180, 56 };
    double x = PAL_MARGIN;

    pal_canvas_text(canvas, PAL_MARGIN, y + 12, "The last slate",
                    (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
    if (arm == NULL || arm->n_last == 0) {
        pal_canvas_text(canvas, PAL_MARGIN, y + 28, "no data: no slate was recorded", pal_font_tick(PAL_LEFT));
        return;
    }
    for (int c = 0; c < COLUMNS; x += widths[c], c++) {
        cell(canvas, x, y + 26, widths[c], names[c], PAL_SUBTLE, PAL_SIZE_TICK);
    }
    pal_canvas_line(canvas, PAL_MARGIN, y + 30, PAL_PAGE_WIDTH - PAL_MARGIN, y + 30,
                    (pal_pen){ PAL_AXIS, 0.6, PAL_SOLID, 0 });
    for (size_t i = 0; i < arm->n_last; i++) {
        const pal_last_slot *slot = &arm->last[i];
        double base = y + 40 + ROW * (double)i;
        char song[600], title[300], artist[260], number[PAL_SHOWN_MAX];
        const char *const texts[] = { pal_show_fixed(number, slot->slot + 1, 0), song, slot->cluster, slot->why,
                                      slot->outcome };
        const pal_role roles[] = { PAL_SUBTLE, PAL_INK, PAL_SUBTLE, PAL_SUBTLE, outcome_role(slot->outcome) };

        snprintf(song, sizeof song, "%s%s%s", pal_show_short(title, sizeof title, slot->title, 60),
                 slot->artist[0] != '\0' ? " \xe2\x80\x93 " : "",
                 pal_show_short(artist, sizeof artist, slot->artist, 50));
        x = PAL_MARGIN;
        for (int c = 0; c < COLUMNS; x += widths[c], c++) {
            cell(canvas, x, base, c == 0 ? 20 : widths[c], texts[c], roles[c], c == 3 ? PAL_SIZE_SMALL : PAL_SIZE_TICK);
        }
        pal_canvas_rect(canvas, PAL_MARGIN + 18, base - 6.5, 7, 7, pal_stage_role(slot->stage), 1);
    }
}

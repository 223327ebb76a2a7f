/* Person sheet: one person whole, what they truly like beside what was learned, and how they were served. */
#include "plots/chart_radar.h"
#include "plots/fig_common.h"
#include "plots/fig_person_parts.h"
#include "plots/figure_data.h"
#include "plots/run_people.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { CHIPS_Y = 44, CHIP_H = 16, CHIP_STEP = 20, CELL_W = 164, CELL_H = 148, A_ROW = 3, RADIUS = 38 };

/* A radar: a true taste, what was learned of it, or both. */
typedef struct cell { size_t truth, learned; } cell;
enum { MAX_CELLS = 12 };

static size_t find_learned(const pal_person_arm *arm, size_t truth)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; arm != NULL && i < arm->n_learned; i++) {
        if (arm->learned[i].twin == truth &&
            (best == SIZE_MAX || arm->learned[i].confidence > arm->learned[best].confidence)) {
            best = i;
        }
    }
    return best;
}

/* Learned tastes that pair with no true one, or with one that another fits better. */
static bool is_extra(const pal_person_arm *arm, size_t i)
{
    return arm->learned[i].twin == SIZE_MAX || find_learned(arm, arm->learned[i].twin) != i;
}

/* True tastes first; then the surest of the other learned ones, to the end of a row. */
static size_t find_cells(cell *cells, const pal_person *person, const pal_person_arm *arm)
{
    size_t n = 0, extra, room;

    for (size_t i = 0; i < person->n_true && n < MAX_CELLS; i++) {
        cells[n++] = (cell){ i, find_learned(arm, i) };
    }
    extra = n;
    room = n + A_ROW - n % A_ROW;
    room = room < MAX_CELLS ? room : MAX_CELLS;
    for (size_t i = 0; arm != NULL && i < arm->n_learned; i++) {
        size_t at;

        if (!is_extra(arm, i)) {
            continue;
        }
        for (at = n; at > extra; at--) {
            if (!(arm->learned[i].confidence > arm->learned[cells[at - 1].learned].confidence)) {
                break;
            }
            if (at < room) {
                cells[at] = cells[at - 1];
            }
        }
        if (at < room) {
            cells[at] = (cell){ SIZE_MAX, i };
            n += n < room;
        }
    }
    return n;
}

static size_t letters(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return n;
}

/* A guess, as the page's height is needed before there is a canvas to measure on; the text is held to it. */
static double chip_width(const pal_taste *taste)
{
    return fmin(170, 54 + 4.4 * (double)letters(taste->label));
}

static double chips_bottom(const pal_person *person)
{
    double x = PAL_MARGIN, y = CHIPS_Y;

    for (size_t i = 0; i < person->n_true; i++) {
        double w = chip_width(&person->tastes[i]);

        if (x > PAL_MARGIN && x + w > PAL_PAGE_WIDTH - PAL_MARGIN) {
            x = PAL_MARGIN;
            y += CHIP_STEP;
        }
        x += w + 6;
    }
    return y + CHIP_STEP + 4;
}

/* Cells are higher where models were fitted. */
static double cell_height(const pal_person_arm *arm)
{
    return CELL_H + (pal_has_lessons(arm) ? PAL_LESSONS_HEIGHT : 0);
}

static double height(const pal_rundata *run, size_t who)
{
    const pal_person *person = &run->profiles->people[who];
    const pal_person_arm *arm = pal_person_focus(run, person);
    cell cells[MAX_CELLS];
    size_t rows = (find_cells(cells, person, arm) + A_ROW - 1) / A_ROW;

    return chips_bottom(person) + cell_height(arm) * (double)rows + PAL_LIFE_HEIGHT + pal_last_slate_height(arm);
}

static pal_role taste_role(size_t truth)
{
    return truth == SIZE_MAX ? PAL_SUBTLE : (pal_role)(PAL_SERIES_0 + (int)(truth % 8));
}

static void draw_chips(pal_canvas *canvas, const pal_person *person)
{
    double x = PAL_MARGIN, y = CHIPS_Y;

    for (size_t i = 0; i < person->n_true; i++) {
        const pal_taste *taste = &person->tastes[i];
        double w = chip_width(taste), used;
        char share[PAL_SHOWN_MAX];
        pal_font font = pal_font_tick(PAL_LEFT);

        if (x > PAL_MARGIN && x + w > PAL_PAGE_WIDTH - PAL_MARGIN) {
            x = PAL_MARGIN;
            y += CHIP_STEP;
        }
        pal_canvas_round_rect(canvas, x, y, w, CHIP_H, CHIP_H / 2.0, PAL_CARD, 1);
        pal_canvas_disc(canvas, x + 9, y + CHIP_H / 2.0, 3.5, taste_role(i), 1);
        font.anchor = PAL_RIGHT;
        used = pal_canvas_text(canvas, x + w - 8, y + 11.2, pal_show_percent(share, taste->weight, 0), font);
        font = pal_font_tick(PAL_LEFT);
        font.role = PAL_INK;
        font.max_width = w - 16 - used - 14;
        pal_canvas_text(canvas, x + 16, y + 11.2, taste->label, font);
        x += w + 6;
    }
}

/* "AUC 0.66 of 0.76": what was reached, and the most that could be; without a ceiling the value alone. */
static void add_score(char *text, size_t room, const char *name, double value, double ceiling)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    size_t n = strlen(text);

    if (!isfinite(value)) {
        return;
    }
    snprintf(text + n, room - n, "%s%s %.10s", n > 0 ? " \xc2\xb7 " : "", name, pal_show_fixed(a, value, 2));
    n = strlen(text);
    if (isfinite(ceiling)) {
        snprintf(text + n, room - n, " of %.10s", pal_show_fixed(b, ceiling, 2));
    }
}

/* Two lines under a radar: what is known of the taste, and how well it predicts. */
static void draw_facts(pal_canvas *canvas, double x, double y, const pal_taste *learned)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], c[PAL_SHOWN_MAX], text[200];
    pal_font font = pal_font_small(PAL_SUBTLE, PAL_MIDDLE);

    font.max_width = CELL_W - 6;
    if (learned == NULL) {
        pal_canvas_text(canvas, x, y, "not learned yet", font);
        return;
    }
    snprintf(text, sizeof text, "confidence %.12s \xc2\xb7 liked %.12s, disliked %.12s",
             pal_show_fixed(a, learned->confidence, 2), pal_show_count(b, learned->liked),
             pal_show_count(c, learned->disliked));
    font.role = PAL_INK;
    pal_canvas_text(canvas, x, y, text, font);
    if (isfinite(learned->auc) || isfinite(learned->logloss)) {
        text[0] = '\0';
        add_score(text, sizeof text, "AUC", learned->auc, learned->auc_ceiling);
        add_score(text, sizeof text, "LogLoss", learned->logloss, learned->logloss_ceiling);
        font.role = PAL_SUBTLE;
        pal_canvas_text(canvas, x, y + 9.5, text, font);
    }
}

static void draw_cell(pal_canvas *canvas, const pal_rundata *run, const pal_person *person, const pal_person_arm *arm,
                      cell at, double x, double y)
{
    const pal_taste *truth = at.truth == SIZE_MAX ? NULL : &person->tastes[at.truth];
    const pal_taste *learned = at.learned == SIZE_MAX ? NULL : &arm->learned[at.learned];
    pal_radar radar = { .x = x + CELL_W / 2.0, .y = y + 26 + RADIUS, .radius = RADIUS,
                        .half_width = CELL_W / 2.0 - 1, .n = run->profiles->n_features,
                        .name = run->profiles->feature };
    pal_role role = taste_role(at.truth);
    pal_font font = { .size = PAL_SIZE_TICK, .role = PAL_INK, .anchor = PAL_MIDDLE, .bold = true,
                      .max_width = CELL_W - 8 };
    char text[160];

    if (truth == NULL) {
        snprintf(text, sizeof text, "%.80s (no true taste)", learned->label);
        font.bold = false;
        pal_canvas_text(canvas, radar.x, y + 9, learned->twin == SIZE_MAX ? text : learned->label, font);
    } else {
        pal_canvas_text(canvas, radar.x, y + 9, truth->label, font);
    }
    pal_radar_frame(canvas, &radar);
    if (truth != NULL) {
        pal_radar_shape(canvas, &radar, truth->ring, role, 0.25, 0);
    }
    if (learned != NULL) {
        pal_radar_shape(canvas, &radar, learned->ring, pal_text_role(role), 0, 1.4);
    }
    draw_facts(canvas, radar.x, y + 2 * RADIUS + 45, learned);
    if (learned != NULL) {
        pal_draw_lessons(canvas, learned, run->rounds, x + 8, y + 2 * RADIUS + 64, CELL_W - 16);
    }
}

static void head(pal_canvas *canvas, const pal_rundata *run, const pal_person *person, size_t left_out)
{
    size_t n;
    char title[200], facts[240], age[PAL_SHOWN_MAX], contradiction[PAL_SHOWN_MAX];
    const char *const parts[] = { person->gender, person->occupation, person->country };

    snprintf(title, sizeof title, "Person %.0f: %.150s", person->user, person->why);
    snprintf(facts, sizeof facts, "%.10s years", pal_show_fixed(age, person->age_years, 0));
    for (int i = 0; i < 3; i++) {
        n = strlen(facts);
        if (parts[i][0] != '\0') {
            snprintf(facts + n, sizeof facts - n, ", %.40s", parts[i]);
        }
    }
    n = strlen(facts);
    snprintf(facts + n, sizeof facts - n,
             " \xc2\xb7 contradiction %.10s \xc2\xb7 shape: true taste, line: learned by %.40s",
             pal_show_fixed(contradiction, person->contradiction, 2), run->arms[run->focus].label);
    if (left_out > 0) {
        n = strlen(facts);
        snprintf(facts + n, sizeof facts - n, left_out == 1 ? " (%zu weaker one left out)" : " (%zu weaker ones left out)",
                 left_out);
    }
    pal_head(canvas, title, facts);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_person *person = &run->profiles->people[who];
    const pal_person_arm *arm = pal_person_focus(run, person);
    cell cells[MAX_CELLS];
    size_t n = find_cells(cells, person, arm), extras = 0;
    double y = chips_bottom(person);

    for (size_t i = 0; arm != NULL && i < arm->n_learned; i++) {
        extras += is_extra(arm, i);
    }
    for (size_t i = 0; i < n; i++) {
        extras -= cells[i].truth == SIZE_MAX;
    }
    head(canvas, run, person, extras);
    draw_chips(canvas, person);
    for (size_t i = 0; i < n; i++) {
        draw_cell(canvas, run, person, arm, cells[i], PAL_MARGIN + CELL_W * (double)(i % A_ROW),
                  y + cell_height(arm) * (double)(i / A_ROW));
    }
    y += cell_height(arm) * (double)((n + A_ROW - 1) / A_ROW);
    PAL_TRY(pal_draw_life(canvas, arm, y, err));
    pal_draw_last_slate(canvas, arm, y + PAL_LIFE_HEIGHT);

done:
    return rc;
}

static void add_row(pal_text *csv, const char *panel, const char *name, double at, const char *what, double value)
{
    pal_data_text(csv, panel);
    pal_data_text(csv, name);
    pal_data_number(csv, at);
    pal_data_text(csv, what);
    pal_data_number(csv, value);
    pal_data_end(csv);
}

static void add_ring(pal_text *csv, const pal_rundata *run, const char *panel, const pal_taste *taste)
{
    for (size_t f = 0; taste != NULL && f < run->profiles->n_features; f++) {
        add_row(csv, panel, taste->label, NAN, run->profiles->feature[f], taste->ring[f]);
    }
}

static void add_fits(pal_text *csv, const pal_taste *learned)
{
    for (size_t i = 0; i < learned->n_fits; i++) {
        add_row(csv, "fit: AUC", learned->label, learned->fits[i].round, learned->fits[i].model, learned->fits[i].auc);
        add_row(csv, "fit: LogLoss", learned->label, learned->fits[i].round, learned->fits[i].model,
                learned->fits[i].logloss);
    }
}

/* How the person was served, and the last slate. */
static void add_life(pal_text *csv, const pal_person_arm *arm)
{
    for (size_t i = 0; i < arm->n_genres; i++) {
        add_row(csv, "genre", arm->genres[i].genre, NAN, "strength", arm->genres[i].strength);
    }
    for (size_t i = 0; i < arm->n_rounds; i++) {
        add_row(csv, "confidence", "", arm->rounds[i].round, arm->rounds[i].stage, arm->rounds[i].confidence);
    }
    for (size_t i = 0; i < arm->n_last; i++) {
        add_row(csv, "last slate", arm->last[i].title, arm->last[i].slot, arm->last[i].outcome, arm->last[i].score);
    }
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_person *person = &run->profiles->people[who];
    const pal_person_arm *arm = pal_person_focus(run, person);
    cell cells[MAX_CELLS];
    size_t n = find_cells(cells, person, arm);

    pal_data_head(csv, "panel,name,at,what,value");
    for (size_t i = 0; i < person->n_true; i++) {
        add_row(csv, "true taste", person->tastes[i].label, NAN, "weight", person->tastes[i].weight);
    }
    for (size_t i = 0; i < n; i++) {
        const pal_taste *learned = cells[i].learned == SIZE_MAX ? NULL : &arm->learned[cells[i].learned];

        add_ring(csv, run, "true taste", cells[i].truth == SIZE_MAX ? NULL : &person->tastes[cells[i].truth]);
        add_ring(csv, run, "learned taste", learned);
        if (learned != NULL) {
            add_row(csv, "learned taste", learned->label, NAN, "confidence", learned->confidence);
            add_fits(csv, learned);
        }
    }
    if (arm != NULL) {
        add_life(csv, arm);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_person = {
    .name = "person",
    .heading = "Person sheet",
    .caption = "Filled shape: what the person truly likes. Line: what was learned. The closer the line follows the "
               "shape, the better the taste is known. Where models were fitted, each fit is a point at its round: filled "
               "when it was kept, hollow when it was not better than the one before; dotted is the best that the true "
               "probabilities allow. Cross-validation judges by few songs, so points scatter, also beyond the ceiling.",
    .per_person = true,
    .height = height,
    .draw = draw,
    .data = data,
};

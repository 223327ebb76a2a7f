/* Taste map: one person's tastes, true and learned, upon the map of the catalog. */
#include "core/mem.h"
#include "plots/chart_map.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"
#include "plots/report_words.h"
#include "plots/run_people.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { TOP = 82, MAX_MAP_HEIGHT = 372, FOOT = 22 };

static double height(const pal_rundata *run, size_t who)
{
    pal_panel panel;

    (void)who;
    if (!pal_map_fit(&panel, run->catalog, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, MAX_MAP_HEIGHT)) {
        return 160;
    }
    return TOP + panel.h + FOOT;
}

static pal_role taste_role(size_t truth)
{
    return truth == SIZE_MAX ? PAL_SUBTLE : (pal_role)(PAL_SERIES_0 + (int)(truth % 8));
}

static bool on_map(const pal_panel *panel, double x, double y)
{
    return x >= panel->xs.lo && x <= panel->xs.hi && y >= panel->ys.lo && y <= panel->ys.hi;
}

static void draw_points(pal_canvas *canvas, const pal_panel *panel, const pal_person_arm *arm)
{
    for (size_t i = 0; i < arm->n_points; i++) {
        const pal_point *p = &arm->points[i];

        if (on_map(panel, p->x, p->y)) {
            pal_canvas_marker(canvas, pal_panel_x(panel, p->x), pal_panel_y(panel, p->y), p->liked ? 3.2 : 4,
                              p->liked ? PAL_DOT : PAL_CROSS, p->liked ? PAL_GOOD : PAL_BAD, p->liked ? 0.75 : 0.6);
        }
    }
}

static void draw_tastes(pal_canvas *canvas, const pal_panel *panel, const pal_person *person,
                        const pal_person_arm *arm)
{
    for (size_t i = 0; arm != NULL && i < arm->n_learned; i++) {
        const pal_taste *learned = &arm->learned[i];
        double x = pal_panel_x(panel, learned->map_x), y = pal_panel_y(panel, learned->map_y);
        pal_role role = taste_role(learned->twin);

        if (!on_map(panel, learned->map_x, learned->map_y)) {
            continue;
        }
        if (learned->twin != SIZE_MAX) {
            const pal_taste *truth = &person->tastes[learned->twin];

            pal_canvas_line(canvas, x, y, pal_panel_x(panel, truth->map_x), pal_panel_y(panel, truth->map_y),
                            (pal_pen){ role, 1.1, PAL_SOLID, 0 });
        }
        pal_canvas_disc(canvas, x, y, 5, PAL_PAPER, 0.9);
        pal_canvas_circle(canvas, x, y, 5, (pal_pen){ role, 1.8, PAL_SOLID, 0 });
    }
    for (size_t i = 0; i < person->n_true; i++) {
        const pal_taste *truth = &person->tastes[i];

        if (on_map(panel, truth->map_x, truth->map_y)) {
            double x = pal_panel_x(panel, truth->map_x), y = pal_panel_y(panel, truth->map_y);

            pal_canvas_marker(canvas, x, y, 14, PAL_STAR, PAL_PAPER, 1);
            pal_canvas_marker(canvas, x, y, 11, PAL_STAR, taste_role(i), 1);
        }
    }
}

/* A colour a taste, and the four kinds of marks. */
static void draw_legend(pal_canvas *canvas, const pal_person *person)
{
    static const struct { const char *text; pal_marker marker; pal_role role; } marks[] = {
        { "true taste", PAL_STAR, PAL_INK }, { "learned", PAL_RING, PAL_INK }, { "liked", PAL_DOT, PAL_GOOD },
        { "disliked", PAL_CROSS, PAL_BAD },
    };
    double x = PAL_MARGIN;
    pal_font font = pal_font_tick(PAL_LEFT);

    font.role = PAL_INK;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        pal_canvas_marker(canvas, x + 4, 44, 7, marks[i].marker, marks[i].role, 1);
        x += 11 + pal_canvas_text(canvas, x + 11, 47, marks[i].text, font) + 12;
    }
    x = PAL_MARGIN;
    for (size_t i = 0; i < person->n_true; i++) {
        double w = pal_canvas_text_width(canvas, person->tastes[i].label, font);

        if (x + 11 + w > PAL_PAGE_WIDTH - PAL_MARGIN) {
            pal_canvas_text(canvas, x, 61, "\xe2\x80\xa6", font);
            break;
        }
        pal_canvas_marker(canvas, x + 4, 58, 9, PAL_STAR, taste_role(i), 1);
        x += 11 + pal_canvas_text(canvas, x + 11, 61, person->tastes[i].label, font) + 10;
    }
}

/* Cluster names where no star or circle stands. */
static pal_status draw_names(pal_canvas *canvas, const pal_panel *panel, const pal_rundata *run,
                             const pal_person *person, const pal_person_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    double (*marks)[2] = NULL;
    size_t n = 0, learned = arm == NULL ? 0 : arm->n_learned;

    PAL_NEW(marks, person->n_true + learned + 1);
    for (size_t i = 0; i < person->n_true; i++, n++) {
        marks[n][0] = pal_panel_x(panel, person->tastes[i].map_x);
        marks[n][1] = pal_panel_y(panel, person->tastes[i].map_y);
    }
    for (size_t i = 0; i < learned; i++, n++) {
        marks[n][0] = pal_panel_x(panel, arm->learned[i].map_x);
        marks[n][1] = pal_panel_y(panel, arm->learned[i].map_y);
    }
    pal_map_names(canvas, panel, run->catalog, PAL_SUBTLE, (const double (*)[2])marks, n);

done:
    pal_free(marks);
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_person *person = &run->profiles->people[who];
    const pal_person_arm *arm = pal_person_focus(run, person);
    pal_panel panel = { .x = PAL_MARGIN, .y = TOP };
    char title[200], subtitle[120];

    snprintf(title, sizeof title, "Where person %.0f's tastes lie, and what was learned", person->user);
    pal_head(canvas, title, pal_worded(subtitle, sizeof subtitle, run,
                                       "two main directions of the catalog's features; grey: where the songs are"));
    if (!pal_map_fit(&panel, run->catalog, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, MAX_MAP_HEIGHT)) {
        panel = (pal_panel){ .x = PAL_MARGIN, .y = 44, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 100 };
        pal_no_data(canvas, &panel, "catalog.json has no map");
        return PAL_OK;
    }
    draw_legend(canvas, person);
    PAL_TRY(pal_map_draw(canvas, &panel, run->catalog, false, err));
    PAL_TRY(draw_names(canvas, &panel, run, person, arm, err));
    if (arm != NULL) {
        draw_points(canvas, &panel, arm);
    }
    draw_tastes(canvas, &panel, person, arm);

done:
    return rc;
}

static void add_mark(pal_text *csv, const char *mark, const char *name, double x, double y)
{
    pal_data_text(csv, mark);
    pal_data_text(csv, name);
    pal_data_number(csv, x);
    pal_data_number(csv, y);
    pal_data_end(csv);
}

/* The marks; where the catalog's songs are stands in catalog.json. */
static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_person *person = &run->profiles->people[who];
    const pal_person_arm *arm = pal_person_focus(run, person);

    pal_data_head(csv, "mark,cluster,x,y");
    for (size_t i = 0; i < person->n_true; i++) {
        add_mark(csv, "true taste", person->tastes[i].label, person->tastes[i].map_x, person->tastes[i].map_y);
    }
    for (size_t i = 0; arm != NULL && i < arm->n_learned; i++) {
        add_mark(csv, "learned taste", arm->learned[i].label, arm->learned[i].map_x, arm->learned[i].map_y);
    }
    for (size_t i = 0; arm != NULL && i < arm->n_points; i++) {
        add_mark(csv, arm->points[i].liked ? "liked" : "disliked", arm->points[i].cluster, arm->points[i].x,
                 arm->points[i].y);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_taste_map = {
    .name = "taste-map",
    .heading = "Taste map",
    .caption = "Stars are the tastes the person has, circles what was learned of them; a short line between the two "
               "is a taste well found. Green dots were liked, orange crosses disliked.",
    .per_person = true,
    .height = height,
    .draw = draw,
    .data = data,
};

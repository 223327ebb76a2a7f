/* Who is like a person, and why: their community over the rounds, and the nearest people with what they share. */
#include "plots/fig_common.h"
#include "plots/fig_communities.h"
#include "plots/figure.h"
#include "plots/figure_data.h"
#include "plots/report_words.h"
#include "plots/run_people.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAP_Y = 42, MAP_W = 170, MAP_H = 150, SIDE_X = 200, LIST_Y = 220, ROW = 25, MOST_ROUNDS = 8 };
enum { BAR_X = 96, BAR_W = 54, WHY_X = 186 };

static const pal_neighbourhood *of(const pal_rundata *run, size_t who)
{
    return run->communities == NULL || run->communities->people == NULL ? NULL : &run->communities->people[who];
}

static bool has(const pal_rundata *run)
{
    return run->profiles->n_people > 0 && of(run, 0) != NULL;
}

static double height(const pal_rundata *run, size_t who)
{
    const pal_neighbourhood *p = of(run, who);
    size_t rows = p == NULL || p->n_near == 0 ? 1 : p->n_near;

    return LIST_Y + 12 + ROW * (double)rows;
}

/* Names are those of the first replicate. */
static const char *name_in(const pal_rundata *run, const pal_person *person, size_t community, char room[40])
{
    if (person->replicate == 0 || community == PAL_NOWHERE) {
        return pal_community_name(run->communities, community);
    }
    snprintf(room, 40, "community %zu", community);
    return room;
}

static void draw_place(pal_canvas *canvas, const pal_rundata *run, const pal_person *person, const pal_neighbourhood *p)
{
    const pal_people_time *time = pal_communities_end(run->communities, person->replicate);
    pal_panel panel = { .x = PAL_MARGIN, .y = MAP_Y, .w = MAP_W, .h = MAP_H };
    const size_t own = (size_t)person->user;

    if (time == NULL || own >= time->n) {
        pal_no_data(canvas, &panel, "no map");
        return;
    }
    if (!pal_community_map(canvas, &panel, time, p->community)) {
        return;
    }
    for (size_t i = 0; i < p->n_near; i++) {
        const size_t at = (size_t)p->near[i].user;

        if (at < time->n && isfinite(time->x[at])) {
            pal_canvas_circle(canvas, pal_panel_x(&panel, time->x[at]), pal_panel_y(&panel, time->y[at]), 3.6,
                              (pal_pen){ PAL_INK, 0.9, PAL_SOLID, 0 });
        }
    }
    if (isfinite(time->x[own])) {
        const double x = pal_panel_x(&panel, time->x[own]), y = pal_panel_y(&panel, time->y[own]);

        pal_canvas_marker(canvas, x, y, 15, PAL_STAR, PAL_PAPER, 1);
        pal_canvas_marker(canvas, x, y, 12, PAL_STAR, PAL_INK, 1);
    }
}

/* A line a clustering: the community, and how many were in it. */
static void draw_rounds(pal_canvas *canvas, const pal_rundata *run, const pal_person *person, const pal_neighbourhood *p)
{
    pal_font font = pal_font_label(PAL_INK, PAL_LEFT);
    double y = MAP_Y + 9;

    font.bold = true;
    pal_canvas_text(canvas, SIDE_X, y, "Community over the rounds", font);
    for (size_t t = p->n_rounds > MOST_ROUNDS ? p->n_rounds - MOST_ROUNDS : 0; t < p->n_rounds; t++) {
        char round[PAL_SHOWN_MAX], size[PAL_SHOWN_MAX], text[160], room[40];

        y += 15;
        font = pal_font_tick(PAL_LEFT);
        snprintf(text, sizeof text, "after round %.12s", pal_show_count(round, p->round[t]));
        pal_canvas_text(canvas, SIDE_X, y, text, font);
        pal_canvas_marker(canvas, SIDE_X + 78, y - 2.8, 7, pal_community_marker(p->at[t]), pal_community_role(p->at[t]), 1);
        font.role = PAL_INK;
        font.max_width = 216;
        if (p->at[t] == PAL_NOWHERE) {
            snprintf(text, sizeof text, "none: nothing liked yet");
        } else {
            snprintf(text, sizeof text, "%.60s, %.12s people", name_in(run, person, p->at[t], room),
                     pal_show_count(size, p->size[t]));
        }
        pal_canvas_text(canvas, SIDE_X + 87, y, text, font);
    }
    y = MAP_Y + MAP_H - 16;
    pal_canvas_marker(canvas, SIDE_X + 4, y - 2.8, 10, PAL_STAR, PAL_INK, 1);
    pal_canvas_text(canvas, SIDE_X + 13, y, "this person; in colour: the same community", pal_font_tick(PAL_LEFT));
    pal_canvas_circle(canvas, SIDE_X + 4, y + 10.2, 3.6, (pal_pen){ PAL_INK, 0.9, PAL_SOLID, 0 });
    pal_canvas_text(canvas, SIDE_X + 13, y + 13, "the people named below", pal_font_tick(PAL_LEFT));
}

static void join(char *out, size_t room, const char *const *part, size_t n)
{
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(out);

        snprintf(out + at, room - at, "%s%.80s", i > 0 ? ", " : "", part[i]);
    }
}

/* "24 songs: Yesterday of Gold, Moon and Dreams, …". */
static void draw_why(pal_canvas *canvas, double y, double shared, const char *one, const char *many,
                     const char *const *part, size_t n, pal_role role)
{
    char list[320], text[400], count[PAL_SHOWN_MAX];
    pal_font font = pal_font_tick(PAL_LEFT);

    join(list, sizeof list, part, n);
    font.role = role;
    font.max_width = PAL_PAGE_WIDTH - PAL_MARGIN - WHY_X;
    if (!(shared > 0)) {
        snprintf(text, sizeof text, "no %s in common", many);
    } else {
        snprintf(text, sizeof text, "%.12s %s%s%.320s%s", pal_show_count(count, shared), shared > 1 ? many : one,
                 n > 0 ? ": " : "", list, n > 0 && shared > (double)n ? ", \xe2\x80\xa6" : "");
    }
    pal_canvas_text(canvas, WHY_X, y, text, font);
}

static void draw_near(pal_canvas *canvas, const pal_rundata *run, double y, const pal_near *near)
{
    char text[80], number[PAL_SHOWN_MAX];
    pal_font font = pal_font_tick(PAL_LEFT);

    pal_canvas_marker(canvas, PAL_MARGIN + 4, y - 2.8, 7, pal_community_marker(near->community),
                      pal_community_role(near->community), 1);
    snprintf(text, sizeof text, "person %.12s", pal_show_count(number, near->user));
    font.role = PAL_INK;
    pal_canvas_text(canvas, PAL_MARGIN + 13, y, text, font);
    pal_canvas_round_rect(canvas, BAR_X, y - 6.5, BAR_W, 7, 2, PAL_CARD, 1);
    if (near->similarity > 0) {
        pal_canvas_round_rect(canvas, BAR_X, y - 6.5, BAR_W * fmin(near->similarity, 1), 7, 2,
                              pal_community_role(near->community), 0.8);
    }
    pal_canvas_text(canvas, BAR_X + BAR_W + 5, y, pal_show_fixed(number, near->similarity, 2), pal_font_tick(PAL_LEFT));
    draw_why(canvas, y, near->shared_genres, "genre", "genres", near->genre, near->n_genres, PAL_INK);
    draw_why(canvas, y + 10.5, near->shared_songs, pal_item_word(run, false), pal_item_word(run, true),
             near->song, near->n_songs, PAL_SUBTLE);
}

static void draw_list(pal_canvas *canvas, const pal_rundata *run, const pal_neighbourhood *p)
{
    static const struct { double x; const char *text; } heads[] = {
        { PAL_MARGIN, "nearest people" }, { BAR_X, "similarity" }, { WHY_X, "what both like; the most telling first" },
    };

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        pal_canvas_text(canvas, heads[i].x, LIST_Y - 8, heads[i].text, pal_font_tick(PAL_LEFT));
    }
    pal_canvas_line(canvas, PAL_MARGIN, LIST_Y - 4, PAL_PAGE_WIDTH - PAL_MARGIN, LIST_Y - 4,
                    (pal_pen){ PAL_AXIS, 0.6, PAL_SOLID, 0 });
    if (p->n_near == 0) {
        pal_canvas_text(canvas, PAL_MARGIN, LIST_Y + 12, "nobody: this person is in no community",
                        pal_font_tick(PAL_LEFT));
    }
    for (size_t i = 0; i < p->n_near; i++) {
        draw_near(canvas, run, LIST_Y + 10 + ROW * (double)i, &p->near[i]);
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_person *person = &run->profiles->people[who];
    const pal_neighbourhood *p = of(run, who);
    pal_panel empty = { .x = PAL_MARGIN, .y = MAP_Y, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 80 };
    char title[120], subtitle[200], people[PAL_SHOWN_MAX];

    (void)err;
    snprintf(title, sizeof title, "Who is like person %.0f, and why", person->user);
    if (p == NULL) {
        pal_head(canvas, title, "");
        pal_no_data(canvas, &empty, "no people were mapped in this run");
        return PAL_OK;
    }
    snprintf(subtitle, sizeof subtitle, p->served ? "%.60s serves them from %.12s people: the nearest of these"
                                                  : "%.60s: the nearest of %.12s other people in their community",
             run->arms[run->communities->arm].label, pal_show_count(people, p->people));
    pal_head(canvas, title, subtitle);
    draw_place(canvas, run, person, p);
    draw_rounds(canvas, run, person, p);
    draw_list(canvas, run, p);
    return PAL_OK;
}

static void add_names(pal_text *csv, const char *const *part, size_t n)
{
    char list[400];

    join(list, sizeof list, part, n);
    pal_data_text(csv, list);
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_neighbourhood *p = of(run, who);

    pal_data_head(csv, "panel,round,community,people,neighbour,similarity,shared_genres,genres,shared_items,items");
    for (size_t t = 0; p != NULL && t < p->n_rounds; t++) {
        pal_data_text(csv, "community");
        pal_data_number(csv, p->round[t]);
        pal_data_text(csv, pal_community_name(run->communities, p->at[t]));
        pal_data_number(csv, p->size[t]);
        pal_text_add(csv, ",,,,,,");
        pal_data_end(csv);
    }
    for (size_t i = 0; p != NULL && i < p->n_near; i++) {
        pal_text_add(csv, "nearest,");
        pal_data_text(csv, pal_community_name(run->communities, p->near[i].community));
        pal_text_add(csv, ",");
        pal_data_number(csv, p->near[i].user);
        pal_data_number(csv, p->near[i].similarity);
        pal_data_number(csv, p->near[i].shared_genres);
        add_names(csv, p->near[i].genre, p->near[i].n_genres);
        pal_data_number(csv, p->near[i].shared_songs);
        add_names(csv, p->near[i].song, p->near[i].n_songs);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_company = {
    .name = "company",
    .heading = "Company",
    .caption = "Whom the recommender takes for this person's kind, from likes and playlists alone. Similarity is the mean "
               "of the cosines of liked songs and of liked genres, both weighed so that what few people like says more.",
    .per_person = true,
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

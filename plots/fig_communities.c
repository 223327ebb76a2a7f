/* Communities: everyone on the map of who likes what others like, and how far that agrees with what people truly like. */
#include "plots/fig_communities.h"

#include "plots/fig_common.h"
#include "plots/figure.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAP_Y = 42, MAP_W = 334, MAP_H = 334, SIDE_X = 366, SIDE_W = 138, MOST_NAMES = 64, NAME_ROOM = 90 };
enum { MOST_MARKS = 1500, MOST_PALE = 300 }; /* more make a heavy page, and no other picture: then every second person is
                                                drawn, or every third … */

pal_role pal_community_role(size_t community)
{
    return community == PAL_NOWHERE ? PAL_SUBTLE : (pal_role)(PAL_SERIES_0 + (int)(community % 8));
}

pal_marker pal_community_marker(size_t community)
{
    static const pal_marker markers[] = { PAL_DOT, PAL_SQUARE, PAL_TRIANGLE, PAL_DIAMOND };

    return community == PAL_NOWHERE ? PAL_RING : markers[community / 8 % 4];
}

const char *pal_community_name(const pal_communities_data *data, size_t community)
{
    return community < data->n_labels ? data->community[community].name : "no community";
}

/* Is this person drawn: do they stand on the map, and are they one of those who stand for all? */
static bool is_marked(const pal_people_time *time, size_t i, bool pale)
{
    return isfinite(time->x[i]) && isfinite(time->y[i]) && i % ((time->n - 1) / (pale ? MOST_PALE : MOST_MARKS) + 1) == 0;
}

bool pal_community_map(pal_canvas *canvas, pal_panel *panel, const pal_people_time *time, size_t only)
{
    pal_range x = pal_range_empty(), y = pal_range_empty();
    double unit;

    for (size_t i = 0; i < time->n; i++) {
        pal_range_add(&x, time->x[i]);
        pal_range_add(&y, time->y[i]);
    }
    if (pal_range_is_empty(x) || pal_range_is_empty(y)) {
        pal_no_data(canvas, panel, "nobody has liked anything yet");
        return false;
    }
    x = pal_range_padded(x, 0.06);
    y = pal_range_padded(y, 0.06);
    unit = fmax((x.hi - x.lo) / panel->w, (y.hi - y.lo) / panel->h);
    panel->xs = (pal_range){ (x.lo + x.hi - unit * panel->w) / 2, (x.lo + x.hi + unit * panel->w) / 2 };
    panel->ys = (pal_range){ (y.lo + y.hi - unit * panel->h) / 2, (y.lo + y.hi + unit * panel->h) / 2 };
    pal_canvas_frame(canvas, panel->x, panel->y, panel->w, panel->h, (pal_pen){ PAL_GRID, 0.7, PAL_SOLID, 0 });
    for (size_t i = 0; i < time->n; i++) {
        const bool pale = only != PAL_NOWHERE && time->community[i] != only;

        if (is_marked(time, i, pale)) {
            pal_canvas_marker(canvas, pal_panel_x(panel, time->x[i]), pal_panel_y(panel, time->y[i]), 4,
                              pal_community_marker(time->community[i]),
                              pale ? PAL_SUBTLE : pal_community_role(time->community[i]), pale ? 0.25 : 0.75);
        }
    }
    return true;
}

/* ---- names and true centres ---- */

typedef struct centre { double x, y, n; } centre;

static void add_to(centre *c, double x, double y)
{
    c->x += x;
    c->y += y;
    c->n += 1;
}

/* Where the people of each true community stand on average. */
static void draw_true_centres(pal_canvas *canvas, const pal_panel *panel, const pal_people_time *time)
{
    const char *name[MOST_NAMES];
    centre at[MOST_NAMES] = { { 0 } };
    size_t n = 0;

    for (size_t i = 0; i < time->n; i++) {
        size_t t = 0;

        while (t < n && strcmp(name[t], time->truth[i]) != 0) {
            t++;
        }
        if (!isfinite(time->x[i]) || t == MOST_NAMES) {
            continue;
        }
        name[t] = time->truth[i];
        n += t == n;
        add_to(&at[t], pal_panel_x(panel, time->x[i]), pal_panel_y(panel, time->y[i]));
    }
    for (size_t t = 0; t < n; t++) {
        pal_canvas_marker(canvas, at[t].x / at[t].n, at[t].y / at[t].n, 8, PAL_PLUS, PAL_INK, 0.45);
    }
}

typedef struct box { double x0, y0, x1, y1; } box;

static bool touches(const box *a, const box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

/* Near the middle of its people where no other name stands; a name that finds no place is left out. */
static void draw_name(pal_canvas *canvas, const pal_panel *panel, const pal_communities_data *data, size_t community,
                      centre at, box *taken, size_t *n_taken)
{
    static const double shifts[] = { -11, 14, -20, 23, 0, -29, 32, -38, 41 };
    pal_font font = { .size = PAL_SIZE_SMALL, .role = pal_text_role(pal_community_role(community)), .bold = true,
                      .anchor = PAL_MIDDLE, .max_width = NAME_ROOM };
    const char *name = pal_community_name(data, community);
    double half = fmin(pal_canvas_text_width(canvas, name, font), NAME_ROOM) / 2 + 2;
    double x = fmin(fmax(at.x / at.n, panel->x + half), panel->x + panel->w - half);

    for (size_t s = 0; s < sizeof shifts / sizeof shifts[0]; s++) {
        double y = at.y / at.n + shifts[s];
        box here = { x - half, y - 6, x + half, y + 3 };
        bool free = y > panel->y + 8 && y < panel->y + panel->h - 3;

        for (size_t k = 0; k < *n_taken; k++) {
            free = free && !touches(&here, &taken[k]);
        }
        if (free) {
            pal_canvas_round_rect(canvas, here.x0, here.y0 - 0.5, here.x1 - here.x0, here.y1 - here.y0, 3, PAL_PAPER, 0.6);
            pal_canvas_text(canvas, x, y, name, font);
            taken[(*n_taken)++] = here;
            return;
        }
    }
}

/* The largest first: they get the best places. */
static void draw_names(pal_canvas *canvas, const pal_panel *panel, const pal_communities_data *data,
                       const pal_people_time *time)
{
    box taken[MOST_NAMES];
    size_t n_taken = 0;
    bool done[MOST_NAMES] = { false };

    for (size_t k = 0; k < data->n_order && n_taken < MOST_NAMES; k++) {
        size_t best = SIZE_MAX;
        centre at = { 0 };

        for (size_t i = 0; i < data->n_order && i < MOST_NAMES; i++) {
            if (!done[i] && (best == SIZE_MAX ||
                             data->community[data->order[i]].size > data->community[data->order[best]].size)) {
                best = i;
            }
        }
        if (best == SIZE_MAX) {
            return;
        }
        done[best] = true;
        for (size_t i = 0; i < time->n; i++) {
            if (time->community[i] == data->order[best] && isfinite(time->x[i])) {
                add_to(&at, pal_panel_x(panel, time->x[i]), pal_panel_y(panel, time->y[i]));
            }
        }
        if (at.n > 0) {
            draw_name(canvas, panel, data, data->order[best], at, taken, &n_taken);
        }
    }
}

/* ---- agreement ---- */

static void draw_measure(pal_canvas *canvas, double y, const char *name, double found, double chance, double best)
{
    const pal_panel track = { .x = SIDE_X, .y = y + 6, .w = SIDE_W, .h = 6, .xs = { 0, 1 } };
    char a[PAL_SHOWN_MAX];
    pal_font font = pal_font_tick(PAL_LEFT);

    font.role = PAL_INK;
    pal_canvas_text(canvas, SIDE_X, y, name, font);
    font.anchor = PAL_RIGHT;
    font.bold = true;
    pal_canvas_text(canvas, SIDE_X + SIDE_W, y, pal_show_fixed(a, found, 2), font);
    pal_canvas_round_rect(canvas, track.x, track.y, track.w, track.h, 3, PAL_CARD, 1);
    if (isfinite(chance)) {
        double x = pal_panel_x(&track, fmin(fmax(chance, 0), 1));

        pal_canvas_line(canvas, x, track.y - 2, x, track.y + track.h + 2, (pal_pen){ PAL_SUBTLE, 1.4, PAL_SOLID, 0 });
    }
    if (isfinite(best)) {
        pal_canvas_marker(canvas, pal_panel_x(&track, fmin(fmax(best, 0), 1)), track.y + 3, 8, PAL_STAR, PAL_TOP, 1);
    }
    if (isfinite(found)) {
        pal_canvas_disc(canvas, pal_panel_x(&track, fmin(fmax(found, 0), 1)), track.y + 3, 3.4, PAL_SERIES_0, 1);
    }
}

static void draw_key(pal_canvas *canvas, double y)
{
    pal_font font = pal_font_small(PAL_SUBTLE, PAL_LEFT);
    double x = SIDE_X + 4;

    pal_canvas_disc(canvas, x, y - 2.5, 3.4, PAL_SERIES_0, 1);
    x += 7 + pal_canvas_text(canvas, x + 7, y, "found", font) + 8;
    pal_canvas_line(canvas, x, y - 6.5, x, y + 1.5, (pal_pen){ PAL_SUBTLE, 1.4, PAL_SOLID, 0 });
    x += 4 + pal_canvas_text(canvas, x + 4, y, "chance", font) + 9;
    pal_canvas_marker(canvas, x, y - 2.5, 8, PAL_STAR, PAL_TOP, 1);
    pal_canvas_text(canvas, x + 7, y, "truth", font);
    pal_canvas_marker(canvas, SIDE_X + 4, y + 9.5, 8, PAL_PLUS, PAL_INK, 0.45);
    pal_canvas_text(canvas, SIDE_X + 11, y + 12, "middle of a true community", font);
}

static void draw_rounds(pal_canvas *canvas, const pal_communities_data *data, double y)
{
    static const char *const heads[] = { "after round", "groups", "gap", "ARI" };
    static const double ends[] = { 50, 84, 112, SIDE_W };
    pal_font font = pal_font_small(PAL_SUBTLE, PAL_RIGHT);

    for (int c = 0; c < 4; c++) {
        pal_canvas_text(canvas, SIDE_X + ends[c], y, heads[c], font);
    }
    pal_canvas_line(canvas, SIDE_X, y + 4, SIDE_X + SIDE_W, y + 4, (pal_pen){ PAL_AXIS, 0.6, PAL_SOLID, 0 });
    font.role = PAL_INK;
    for (size_t t = 0; t < data->n_times && t < 12; t++) {
        const pal_people_time *time = &data->times[t];
        char text[4][PAL_SHOWN_MAX];

        if (time->replicate != 0) {
            continue;
        }
        y += 12;
        pal_show_count(text[0], time->round);
        pal_show_count(text[1], time->k);
        pal_show_fixed(text[2], time->eigengap, 2);
        pal_show_fixed(text[3], time->found.ari, 2);
        for (int c = 0; c < 4; c++) {
            pal_canvas_text(canvas, SIDE_X + ends[c], y + 3, text[c], font);
        }
    }
}

static const char *const measures[] = { "ARI, strongest taste", "NMI, strongest taste", "NMI, set of tastes",
                                        "tastes shared by two" };
enum { N_MEASURES = sizeof measures / sizeof measures[0] };

static double measure_of(const pal_accord *accord, int m)
{
    return m == 0 ? accord->ari : m == 1 ? accord->nmi : m == 2 ? accord->nmi_sets : accord->overlap;
}

static void draw_side(pal_canvas *canvas, const pal_communities_data *data, const pal_people_time *time)
{
    pal_font font = pal_font_label(PAL_INK, PAL_LEFT);
    double y = MAP_Y + 10;

    font.bold = true;
    pal_canvas_text(canvas, SIDE_X, y, "Against true tastes", font);
    draw_key(canvas, y + 16);
    y += 50;
    for (int m = 0; m < N_MEASURES; m++) {
        draw_measure(canvas, y + 34 * m, measures[m], measure_of(&time->found, m), measure_of(&time->chance, m),
                     measure_of(&time->best, m));
    }
    draw_rounds(canvas, data, y + 146);
}

static bool has(const pal_rundata *run)
{
    return run->communities != NULL && pal_communities_end(run->communities, 0) != NULL;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)run;
    (void)who;
    return MAP_Y + MAP_H + 14;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_communities_data *data = run->communities;
    const pal_people_time *time = data == NULL ? NULL : pal_communities_end(data, 0);
    pal_panel panel = { .x = PAL_MARGIN, .y = MAP_Y, .w = MAP_W, .h = MAP_H };
    char subtitle[PAL_SUBTITLE_MAX], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], c[PAL_SHOWN_MAX];

    (void)who;
    (void)err;
    if (time == NULL) {
        pal_head(canvas, "Who is like whom", "");
        pal_no_data(canvas, &panel, "no people were mapped in this run");
        return PAL_OK;
    }
    snprintf(subtitle, sizeof subtitle, "%.60s, after round %.12s \xc2\xb7 %.12s people, %.12s communities by likes and playlists",
             run->arms[data->arm].label, pal_show_count(a, time->round), pal_show_count(b, time->placed),
             pal_show_count(c, time->k));
    pal_head(canvas, "Who is like whom", subtitle);
    if (pal_community_map(canvas, &panel, time, PAL_NOWHERE)) {
        draw_true_centres(canvas, &panel, time);
        draw_names(canvas, &panel, data, time);
    }
    draw_side(canvas, data, time);
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_people_time *time = has(run) ? pal_communities_end(run->communities, 0) : NULL;

    (void)who;
    pal_data_head(csv, "panel,person,community,x,y,found,chance,truth");
    for (size_t i = 0; time != NULL && i < time->n; i++) {
        if (is_marked(time, i, false)) {
            pal_data_text(csv, "map");
            pal_data_number(csv, (double)i);
            pal_data_text(csv, pal_community_name(run->communities, time->community[i]));
            pal_data_number(csv, time->x[i]);
            pal_data_number(csv, time->y[i]);
            pal_text_add(csv, ",,,");
            pal_data_end(csv);
        }
    }
    for (int m = 0; time != NULL && m < N_MEASURES; m++) {
        pal_data_text(csv, measures[m]);
        pal_text_add(csv, ",,,,");
        pal_data_estimate(csv, (pal_estimate){ measure_of(&time->found, m), measure_of(&time->chance, m),
                                               measure_of(&time->best, m), NAN });
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_communities = {
    .name = "communities",
    .heading = "Communities of people",
    .caption = "Each mark is a person, near others who like the same songs and genres; colour and mark tell the "
               "communities that spectral clustering finds in what the recommender knows. Names are genres that a community "
               "likes more than others do. Beside it, how far they agree with the tastes people truly have: chance is the same "
               "communities dealt out at random, the star clusters the true tastes in the same way. People with several "
               "tastes belong to several communities at once, so nothing reaches 1.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

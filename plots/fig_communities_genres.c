/* What communities like: genres against communities, more or less of their likes than of everybody's. */
#include "plots/fig_communities.h"

#include "core/mem.h"
#include "plots/fig_common.h"
#include "plots/figure.h"
#include "plots/figure_data.h"

#include <stdint.h>
#include <stdio.h>

enum { TOP = 88, LEFT = 104, CELL_H = 12, MOST_ROWS = 44, MOST_COLUMNS = 26, A_COMMUNITY = 2, FOOT = 34 };
#define FULL 0.15 /* difference of shares at which the colour is full */

/* Rows and columns of the map. */
typedef struct grid { size_t n_rows, n_columns, row[MOST_ROWS], column[MOST_COLUMNS]; } grid;

static bool holds(const size_t *list, size_t n, size_t what)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == what) {
            return true;
        }
    }
    return false;
}

/* Communities in their order, and for each the genres that mark it most, so that the marks lie along the diagonal. */
static grid choose(const pal_communities_data *data)
{
    grid g = { 0 };

    for (size_t i = 0; i < data->n_order && i < MOST_COLUMNS; i++) {
        const pal_community *c = &data->community[data->order[i]];

        g.column[g.n_columns++] = data->order[i];
        for (size_t k = 0; k < A_COMMUNITY && g.n_rows < MOST_ROWS; k++) {
            size_t best = SIZE_MAX;

            for (size_t genre = 0; genre < data->n_genres; genre++) {
                if (pal_community_mark(c, genre) > 0 && !holds(g.row, g.n_rows, genre) &&
                    (best == SIZE_MAX || pal_community_mark(c, genre) > pal_community_mark(c, best))) {
                    best = genre;
                }
            }
            if (best != SIZE_MAX) {
                g.row[g.n_rows++] = best;
            }
        }
    }
    return g;
}

/* A genre's share of everybody's likes: some community likes it, or it would not be here. */
static double share_of_all(const pal_communities_data *data, size_t genre)
{
    for (size_t c = 0; c < data->n_labels; c++) {
        if (data->community[c].size > 0 && data->community[c].lift[genre] > 0) {
            return data->community[c].share[genre] / data->community[c].lift[genre];
        }
    }
    return 0;
}

static bool has(const pal_rundata *run)
{
    return run->communities != NULL && run->communities->n_order > 1 && run->communities->n_genres > 0;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return has(run) ? TOP + CELL_H * (double)choose(run->communities).n_rows + FOOT : 160;
}

/* Hair lines under the cells, so that an empty row leads the eye too. */
static void draw_grid(pal_canvas *canvas, const pal_panel *panel, const grid *g)
{
    const pal_pen pen = { PAL_GRID, 0.5, PAL_SOLID, 0.8 };

    for (size_t r = 0; r <= g->n_rows; r++) {
        const double y = panel->y + CELL_H * (double)r;

        pal_canvas_line(canvas, panel->x, y, panel->x + panel->w, y, pen);
    }
    for (size_t c = 0; c <= g->n_columns; c++) {
        const double x = panel->x + panel->w * (double)c / (double)g->n_columns;

        pal_canvas_line(canvas, x, panel->y, x, panel->y + panel->h, pen);
    }
}

/* All cells of one step of the scale in one go. */
static pal_status draw_cells(pal_canvas *canvas, const pal_panel *panel, const pal_communities_data *data, const grid *g,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    const double w = panel->w / (double)g->n_columns;
    double (*rects)[4] = NULL;

    PAL_NEW(rects, g->n_rows * g->n_columns);
    for (int step = PAL_DIV_0; step <= PAL_DIV_10; step++) {
        size_t n = 0;

        for (size_t i = 0; i < g->n_rows * g->n_columns; i++) {
            const pal_community *c = &data->community[g->column[i % g->n_columns]];
            const size_t genre = g->row[i / g->n_columns];

            if (step != PAL_DIV_0 + 5 && pal_diverging((c->share[genre] - share_of_all(data, genre)) / FULL) == (pal_role)step) {
                rects[n][0] = panel->x + w * (double)(i % g->n_columns) + 0.5;
                rects[n][1] = panel->y + CELL_H * (double)(i / g->n_columns) + 0.5;
                rects[n][2] = w - 1;
                rects[n++][3] = CELL_H - 1;
            }
        }
        pal_canvas_rects(canvas, (const double (*)[4])rects, n, (pal_role)step, 1);
    }

done:
    pal_free(rects);
    return rc;
}

static void draw_names(pal_canvas *canvas, const pal_panel *panel, const pal_communities_data *data, const grid *g)
{
    const double w = panel->w / (double)g->n_columns;
    pal_font font = pal_font_small(PAL_INK, PAL_RIGHT);
    char text[PAL_SHOWN_MAX];

    font.max_width = LEFT - 10;
    for (size_t r = 0; r < g->n_rows; r++) {
        pal_canvas_text(canvas, panel->x - 6, panel->y + CELL_H * (double)r + 8.6, data->genre[g->row[r]], font);
    }
    pal_canvas_text(canvas, panel->x - 6, panel->y - 20, "community", pal_font_small(PAL_SUBTLE, PAL_RIGHT));
    pal_canvas_text(canvas, panel->x - 6, panel->y - 7, "people", pal_font_small(PAL_SUBTLE, PAL_RIGHT));
    for (size_t c = 0; c < g->n_columns; c++) {
        const double x = panel->x + w * ((double)c + 0.5);
        pal_font own = pal_font_small(pal_text_role(pal_community_role(g->column[c])), PAL_MIDDLE);

        pal_canvas_marker(canvas, x, panel->y - 33, 7, pal_community_marker(g->column[c]),
                          pal_community_role(g->column[c]), 1);
        own.bold = true;
        pal_canvas_text(canvas, x, panel->y - 20, pal_show_count(text, (double)g->column[c]), own);
        pal_canvas_text(canvas, x, panel->y - 7, pal_show_count(text, data->community[g->column[c]].size),
                        pal_font_small(PAL_SUBTLE, PAL_MIDDLE));
    }
}

static void draw_scale(pal_canvas *canvas, double y)
{
    static const char *const words[] = { "15 points less", "as everybody", "15 points more" };
    const double w = 20, x = PAL_MARGIN + LEFT;

    for (int s = 0; s <= PAL_DIV_10 - PAL_DIV_0; s++) {
        pal_canvas_rect(canvas, x + w * s, y, w, 7, (pal_role)(PAL_DIV_0 + s), 1);
    }
    pal_canvas_frame(canvas, x, y, w * 11, 7, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
    for (int i = 0; i < 3; i++) {
        pal_canvas_text(canvas, x + w * 11 * i / 2.0, y + 16, words[i],
                        pal_font_small(PAL_SUBTLE, i == 0 ? PAL_LEFT : i == 2 ? PAL_RIGHT : PAL_MIDDLE));
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_panel panel = { .x = PAL_MARGIN + LEFT, .y = TOP, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN - LEFT, .h = 60 };
    char subtitle[PAL_SUBTITLE_MAX];
    grid g;

    (void)who;
    if (!has(run)) {
        pal_head(canvas, "What communities like", "");
        pal_no_data(canvas, &panel, "fewer than two communities at the end");
        return PAL_OK;
    }
    g = choose(run->communities);
    panel.h = CELL_H * (double)g.n_rows;
    snprintf(subtitle, sizeof subtitle, "share of a community's likes, against everybody's \xc2\xb7 %.60s, at the end%s",
             run->arms[run->communities->arm].label,
             run->communities->n_order > MOST_COLUMNS ? " \xc2\xb7 some are left out" : "");
    pal_head(canvas, "What communities like", subtitle);
    draw_grid(canvas, &panel, &g);
    PAL_TRY(draw_cells(canvas, &panel, run->communities, &g, err));
    draw_names(canvas, &panel, run->communities, &g);
    draw_scale(canvas, panel.y + panel.h + 8);

done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_communities_data *all = run->communities;
    grid g = { 0 };

    (void)who;
    if (has(run)) {
        g = choose(all);
    }
    pal_data_head(csv, "genre,community,people,share,share_of_everybody");
    for (size_t i = 0; i < g.n_rows * g.n_columns; i++) {
        const size_t genre = g.row[i / g.n_columns], c = g.column[i % g.n_columns];

        pal_data_text(csv, all->genre[genre]);
        pal_data_number(csv, (double)c);
        pal_data_number(csv, all->community[c].size);
        pal_data_number(csv, all->community[c].share[genre]);
        pal_data_number(csv, share_of_all(all, genre));
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_communities_genres = {
    .name = "communities-genres",
    .heading = "What communities like",
    .caption = "Orange: the genre has a larger share of the community's likes than of everybody's, blue: a smaller one. Alike communities stand side by "
               "side, each brings its two most telling genres. Orange away from the diagonal is a taste that communities "
               "share. Numbers are those of community_make_up.csv.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Membership flow: who stays together from one clustering to the next. */
#include "plots/fig_communities.h"

#include "core/mem.h"
#include "plots/fig_common.h"
#include "plots/figure.h"
#include "plots/figure_data.h"
#include "plots/label.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TOP = 66, CHART_H = 330, RIGHT = 118, NODE_W = 9, MOST_TIMES = 20, BENDS = 14, FOOT = 14 };
#define GAP 3.0        /* points between communities */
#define PALE 0.38      /* opacity of a stream        */

/* A column of the figure: communities of a moment as stacked bars. The last place is for people in none. */
typedef struct column {
    const pal_people_time *time;
    double x, *count, *y; /* n_labels + 1 */
} column;

typedef struct flow {
    const pal_communities_data *data;
    size_t n_columns, n_places, *order; /* n_places = n_labels + 1; order: place by place downwards */
    column column[MOST_TIMES];
    double unit; /* points a person */
} flow;

static size_t place_of(const flow *f, size_t community)
{
    return community == PAL_NOWHERE ? f->n_places - 1 : community;
}

static void flow_clear(flow *f)
{
    pal_free(f->order);
    for (size_t t = 0; t < f->n_columns; t++) {
        pal_free(f->column[t].count);
        pal_free(f->column[t].y);
    }
}

/* Communities that last in their order, then those that ended, then nobody's. */
static pal_status set_order(flow *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = f->data->n_order;

    PAL_NEW(f->order, f->n_places);
    memcpy(f->order, f->data->order, n * sizeof *f->order);
    for (size_t c = 0; c < f->data->n_labels; c++) {
        bool lasts = false;

        for (size_t i = 0; i < f->data->n_order; i++) {
            lasts = lasts || f->data->order[i] == c;
        }
        if (!lasts) {
            f->order[n++] = c;
        }
    }
    f->order[n] = f->n_places - 1;

done:
    return rc;
}

static size_t count_bars(const flow *f, const column *c)
{
    size_t n = 0;

    for (size_t p = 0; p < f->n_places; p++) {
        n += c->count[p] > 0;
    }
    return n;
}

static pal_status set_columns(flow *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t most = 1;

    for (size_t t = 0; t < f->data->n_times && f->n_columns < MOST_TIMES; t++) {
        column *c = &f->column[f->n_columns];

        if (f->data->times[t].replicate != 0) {
            continue;
        }
        f->n_columns++;
        c->time = &f->data->times[t];
        PAL_NEW(c->count, f->n_places);
        PAL_NEW(c->y, f->n_places);
        for (size_t i = 0; i < c->time->n; i++) {
            c->count[place_of(f, c->time->community[i])] += 1;
        }
        most = count_bars(f, c) > most ? count_bars(f, c) : most;
    }
    if (f->n_columns == 0 || f->column[0].time->n == 0) {
        return PAL_OK;
    }
    f->unit = (CHART_H - GAP * (double)(most - 1)) / (double)f->column[0].time->n;
    for (size_t t = 0; t < f->n_columns; t++) {
        column *c = &f->column[t];
        double y = TOP;

        c->x = PAL_MARGIN + (PAL_PAGE_WIDTH - 2 * PAL_MARGIN - RIGHT - NODE_W) *
               (f->n_columns > 1 ? (double)t / (double)(f->n_columns - 1) : 0);
        for (size_t k = 0; k < f->n_places; k++) {
            c->y[f->order[k]] = y;
            y += c->count[f->order[k]] > 0 ? f->unit * c->count[f->order[k]] + GAP : 0;
        }
    }

done:
    return rc;
}

static pal_role role_at(const flow *f, size_t place)
{
    return pal_community_role(place + 1 == f->n_places ? PAL_NOWHERE : place);
}

/* A stream as high as the people in it, bent so that it leaves and comes in level. */
static void draw_stream(pal_canvas *canvas, double x0, double y0, double x1, double y1, double h, pal_role role)
{
    double x[2 * (BENDS + 1)], y[2 * (BENDS + 1)];

    for (int i = 0; i <= BENDS; i++) {
        const double t = (double)i / BENDS, at = y0 + (y1 - y0) * t * t * (3 - 2 * t);

        x[i] = x[2 * BENDS + 1 - i] = x0 + (x1 - x0) * t;
        y[i] = at;
        y[2 * BENDS + 1 - i] = at + h;
    }
    pal_canvas_polygon(canvas, x, y, 2 * (BENDS + 1), role, PALE, NULL);
}

/* People by where they come from and where they go: n_places x n_places. */
static void count_shared(double *shared, const flow *f, size_t t)
{
    const column *from = &f->column[t], *to = &f->column[t + 1];

    for (size_t i = 0; i < from->time->n; i++) {
        shared[place_of(f, from->time->community[i]) * f->n_places + place_of(f, to->time->community[i])] += 1;
    }
}

/* Streams between two columns, stacked in the order of the places at both ends. */
static pal_status draw_streams(pal_canvas *canvas, const flow *f, size_t t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const column *from = &f->column[t], *to = &f->column[t + 1];
    const size_t n = f->n_places;
    double *shared = NULL, *left = NULL, *right = NULL;

    PAL_NEW(shared, n * n);
    PAL_NEW(left, n);
    PAL_NEW(right, n);
    count_shared(shared, f, t);
    for (size_t i = 0; i < n * n; i++) {
        const size_t a = f->order[i / n], b = f->order[i % n];
        const double h = f->unit * shared[a * n + b];

        if (h > 0) {
            draw_stream(canvas, from->x + NODE_W, from->y[a] + left[a], to->x, to->y[b] + right[b], h, role_at(f, a));
            left[a] += h;
            right[b] += h;
        }
    }

done:
    pal_free(shared);
    pal_free(left);
    pal_free(right);
    return rc;
}

static void draw_nodes(pal_canvas *canvas, const flow *f, const column *c)
{
    char round[PAL_SHOWN_MAX], text[80];
    pal_anchor anchor = c == f->column ? PAL_LEFT : PAL_MIDDLE;

    snprintf(text, sizeof text, "after round %.12s", pal_show_count(round, c->time->round));
    pal_canvas_text(canvas, anchor == PAL_LEFT ? c->x : c->x + NODE_W / 2.0, TOP - 8, text, pal_font_tick(anchor));
    for (size_t p = 0; p < f->n_places; p++) {
        if (c->count[p] > 0) {
            pal_canvas_rect(canvas, c->x, c->y[p], NODE_W, f->unit * c->count[p], role_at(f, p), 1);
        }
    }
}

/* Names beside the last column, pushed apart where bars are thin. */
static void draw_names(pal_canvas *canvas, const flow *f)
{
    const column *c = &f->column[f->n_columns - 1];
    double y[PAL_MAX_LABELS];
    size_t place[PAL_MAX_LABELS], n = 0;

    for (size_t k = 0; k < f->n_places && n < PAL_MAX_LABELS; k++) {
        if (c->count[f->order[k]] > 0) {
            place[n] = f->order[k];
            y[n++] = c->y[f->order[k]] + f->unit * c->count[f->order[k]] / 2;
        }
    }
    pal_labels_spread(y, n, 9.5, TOP, TOP + CHART_H + FOOT - 6);
    for (size_t i = 0; i < n; i++) {
        pal_font font = pal_font_small(pal_text_role(role_at(f, place[i])), PAL_LEFT);
        const double x = c->x + NODE_W, mid = c->y[place[i]] + f->unit * c->count[place[i]] / 2;
        char text[120], people[PAL_SHOWN_MAX];

        pal_canvas_line(canvas, x + 1, mid, x + 9, y[i], (pal_pen){ role_at(f, place[i]), 0.5, PAL_SOLID, 0.8 });
        snprintf(text, sizeof text, "%.80s: %.12s",
                 place[i] + 1 == f->n_places ? "in no community" : pal_community_name(f->data, place[i]),
                 pal_show_count(people, c->count[place[i]]));
        font.max_width = RIGHT - 14;
        pal_canvas_text(canvas, x + 12, y[i] + 2.6, text, font);
    }
}

static bool has(const pal_rundata *run)
{
    size_t n = 0;

    for (size_t t = 0; run->communities != NULL && t < run->communities->n_times; t++) {
        n += run->communities->times[t].replicate == 0;
    }
    return n > 1;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)run;
    (void)who;
    return TOP + CHART_H + FOOT;
}

/* Share of people who keep their community from one moment to the next, over all steps. */
static double share_kept(const flow *f)
{
    double kept = 0, all = 0;

    for (size_t t = 0; t + 1 < f->n_columns; t++) {
        for (size_t i = 0; i < f->column[t].time->n; i++) {
            if (f->column[t].time->community[i] != PAL_NOWHERE) {
                all += 1;
                kept += f->column[t].time->community[i] == f->column[t + 1].time->community[i];
            }
        }
    }
    return all > 0 ? kept / all : NAN;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    flow f = { .data = run->communities };
    pal_panel empty = { .x = PAL_MARGIN, .y = TOP, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN, .h = 80 };
    char subtitle[PAL_SUBTITLE_MAX], share[PAL_SHOWN_MAX];

    (void)who;
    if (!has(run)) {
        pal_head(canvas, "Who stays together", "");
        pal_no_data(canvas, &empty, "people were mapped fewer than twice");
        return PAL_OK;
    }
    f.n_places = f.data->n_labels + 1;
    PAL_TRY(set_order(&f, err));
    PAL_TRY(set_columns(&f, err));
    snprintf(subtitle, sizeof subtitle, "%.60s \xc2\xb7 %.12s of people keep their community from one time to the next",
             run->arms[f.data->arm].label, pal_show_percent(share, share_kept(&f), 0));
    pal_head(canvas, "Who stays together", subtitle);
    for (size_t t = 0; t + 1 < f.n_columns; t++) {
        PAL_TRY(draw_streams(canvas, &f, t, err));
    }
    for (size_t t = 0; t < f.n_columns; t++) {
        draw_nodes(canvas, &f, &f.column[t]);
    }
    draw_names(canvas, &f);

done:
    flow_clear(&f);
    return rc;
}

/* A row a stream between two moments. */
static pal_status add_streams(pal_text *csv, const flow *f, size_t t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = f->n_places;
    double *shared = NULL;

    PAL_NEW(shared, n * n);
    count_shared(shared, f, t);
    for (size_t i = 0; i < n * n; i++) {
        if (shared[i] > 0) {
            const size_t ends[2] = { i / n, i % n };

            for (int e = 0; e < 2; e++) {
                pal_data_number(csv, f->column[t + (size_t)e].time->round);
                pal_data_text(csv, ends[e] + 1 == n ? "in no community" : pal_community_name(f->data, ends[e]));
            }
            pal_data_number(csv, shared[i]);
            pal_data_end(csv);
        }
    }

done:
    pal_free(shared);
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    flow f = { .data = run->communities };

    (void)who;
    pal_data_head(csv, "round,community,next_round,next_community,people");
    if (has(run)) {
        f.n_places = f.data->n_labels + 1;
        PAL_TRY(set_order(&f, err));
        PAL_TRY(set_columns(&f, err));
        for (size_t t = 0; t + 1 < f.n_columns; t++) {
            PAL_TRY(add_streams(csv, &f, t, err));
        }
    }
    PAL_TRY(pal_text_check(csv, err));

done:
    flow_clear(&f);
    return rc;
}

const pal_figure pal_fig_communities_flow = {
    .name = "communities-flow",
    .heading = "Who stays together",
    .caption = "Each bar is a community, as high as it has people (at the right: how many); streams are people on their way from one clustering "
               "to the next. A community keeps the colour and the number of the earlier one that it shares most people with.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* What variety costs: likes against the variety of slates and the tastes they reach, for arms that are re-ranked. */
#include "plots/chart_interval.h"
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANEL_H = 200, LEFT = 34, GAP = 40, KEY_W = 104, KEY_ROW = 14, MOST_SERIES = 8 };

#define LIKES "expected_like"
#define SMALLEST 1.8 /* radius of a dot at lambda 0, points; it grows by GROWTH up to lambda 1 */
#define GROWTH 3.2

/* An arm of the figure. Arms with the same method around the same stage are one series, joined in order of lambda. */
typedef struct point {
    size_t arm, series; /* series SIZE_MAX: an arm that is not re-ranked */
    double lambda;
} point;

typedef struct series {
    const char *method, *stage;
    pal_role role;
} series;

typedef struct pareto {
    const pal_rundata *run;
    size_t n_points, n_series;
    point points[PAL_MAX_ARMS];  /* by series, then lambda */
    series series[PAL_MAX_ARMS];
} pareto;

/* A member of an object of this kind, or NULL: the manifest may be of another hand. */
static const pal_json *member_of(const pal_json *object, const char *key, pal_json_kind kind)
{
    const pal_json *value = object == NULL || pal_json_kind_of(object) != PAL_JSON_OBJECT ? NULL : pal_json_get(object, key);

    return value != NULL && pal_json_kind_of(value) == kind ? value : NULL;
}

/* The parameters of an arm in the manifest, or NULL. */
static const pal_json *params_of(const pal_rundata *run, const char *name)
{
    const pal_json *arms = member_of(member_of(run->manifest, "config", PAL_JSON_OBJECT), "arms", PAL_JSON_ARRAY);

    for (size_t a = 0; arms != NULL && a < pal_json_size(arms); a++) {
        const pal_json *found = member_of(pal_json_at(arms, a), "name", PAL_JSON_STRING);

        if (found != NULL && strcmp(pal_json_string(found), name) == 0) {
            return member_of(pal_json_at(arms, a), "params", PAL_JSON_OBJECT);
        }
    }
    return NULL;
}

/* The series of this method and stage, made when it is new. */
static size_t find_series(pareto *p, const char *method, const char *stage)
{
    size_t s = 0;

    while (s < p->n_series && (strcmp(p->series[s].method, method) != 0 || strcmp(p->series[s].stage, stage) != 0)) {
        s++;
    }
    if (s == p->n_series) {
        p->series[p->n_series++] = (series){ method, stage, (pal_role)(PAL_SERIES_0 + s % MOST_SERIES) };
    }
    return s;
}

static bool is_reranked(const pal_plot_arm *arm)
{
    return strcmp(arm->stage, "rerank") == 0;
}

static void add_point(pareto *p, size_t arm)
{
    const pal_json *params = params_of(p->run, p->run->arms[arm].name);
    const pal_json *method = member_of(params, "method", PAL_JSON_STRING);
    const pal_json *stage = member_of(params, "stage", PAL_JSON_STRING);
    const pal_json *lambda = member_of(params, "lambda", PAL_JSON_NUMBER);
    point new = { .arm = arm, .series = SIZE_MAX };
    size_t at = p->n_points++;

    if (is_reranked(&p->run->arms[arm]) && method != NULL && stage != NULL) {
        new.series = find_series(p, pal_json_string(method), pal_json_string(stage));
        new.lambda = lambda != NULL ? pal_json_number(lambda) : 0;
    }
    for (; at > 0 && (p->points[at - 1].series > new.series
                      || (p->points[at - 1].series == new.series && p->points[at - 1].lambda > new.lambda)); at--) {
        p->points[at] = p->points[at - 1];
    }
    p->points[at] = new;
}

/* The re-ranked arms and the baseline; others would only squeeze them together. */
static pareto pareto_of(const pal_rundata *run)
{
    pareto p = { .run = run };

    for (size_t a = 0; a < run->n_arms; a++) {
        if (is_reranked(&run->arms[a]) || a == run->baseline) {
            add_point(&p, a);
        }
    }
    return p;
}

static bool has(const pal_rundata *run)
{
    size_t n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        n += is_reranked(&run->arms[a]);
    }
    return n > 0;
}

static size_t key_rows(const pareto *p)
{
    size_t n = p->n_series;

    for (size_t i = 0; i < p->n_points; i++) {
        n += p->points[i].series == SIZE_MAX;
    }
    return n;
}

static double height(const pal_rundata *run, size_t who)
{
    const pareto p = pareto_of(run);
    const double keys = KEY_ROW * (double)key_rows(&p) + 60;

    (void)who;
    return 70 + (keys > PANEL_H ? keys : PANEL_H) + 34;
}

static pal_estimate value_of(const pareto *p, size_t i, const char *metric)
{
    return pal_arm_metric(&p->run->arms[p->points[i].arm], metric);
}

static pal_role role_of(const pareto *p, size_t i)
{
    const size_t s = p->points[i].series;

    return s == SIZE_MAX ? p->run->arms[p->points[i].arm].role : p->series[s].role;
}

/* Is another arm at least as good both ways, and better in one? */
static bool is_beaten(const pareto *p, const char *x, const char *y, size_t mine)
{
    const double mx = value_of(p, mine, x).value, my = value_of(p, mine, y).value;

    for (size_t i = 0; i < p->n_points; i++) {
        const double ox = value_of(p, i, x).value, oy = value_of(p, i, y).value;

        if (ox >= mx && oy >= my && (ox > mx || oy > my)) {
            return true;
        }
    }
    return !(isfinite(mx) && isfinite(my));
}

/* The arms that none beats both ways, joined from left to right. */
static void draw_frontier(pal_canvas *canvas, const pareto *p, const pal_panel *panel, const char *x, const char *y)
{
    double at_x[PAL_MAX_ARMS], at_y[PAL_MAX_ARMS];
    size_t n = 0;

    for (size_t i = 0; i < p->n_points; i++) {
        const double px = pal_panel_x(panel, value_of(p, i, x).value), py = pal_panel_y(panel, value_of(p, i, y).value);
        size_t at;

        if (is_beaten(p, x, y, i)) {
            continue;
        }
        for (at = n++; at > 0 && at_x[at - 1] > px; at--) {
            at_x[at] = at_x[at - 1];
            at_y[at] = at_y[at - 1];
        }
        at_x[at] = px;
        at_y[at] = py;
    }
    pal_canvas_polyline(canvas, at_x, at_y, n, (pal_pen){ PAL_AXIS, 3.4, PAL_SOLID, 0.35 });
}

static void draw_series(pal_canvas *canvas, const pareto *p, const pal_panel *panel, const char *x, const char *y)
{
    for (size_t i = 1; i < p->n_points; i++) {
        if (p->points[i].series != SIZE_MAX && p->points[i].series == p->points[i - 1].series) {
            const pal_estimate ax = value_of(p, i - 1, x), ay = value_of(p, i - 1, y);
            const pal_estimate bx = value_of(p, i, x), by = value_of(p, i, y);

            pal_canvas_line(canvas, pal_panel_x(panel, ax.value), pal_panel_y(panel, ay.value),
                            pal_panel_x(panel, bx.value), pal_panel_y(panel, by.value),
                            (pal_pen){ role_of(p, i), 0.9, PAL_SOLID, 0 });
        }
    }
}

static void draw_point(pal_canvas *canvas, const pareto *p, const pal_panel *panel, size_t i, pal_estimate x,
                       pal_estimate y)
{
    const double at_x = pal_panel_x(panel, x.value), at_y = pal_panel_y(panel, y.value);
    const pal_role role = role_of(p, i);

    if (!isfinite(at_x) || !isfinite(at_y)) {
        return;
    }
    if (isfinite(x.lo) && isfinite(x.hi)) {
        pal_canvas_line(canvas, pal_panel_x(panel, x.lo), at_y, pal_panel_x(panel, x.hi), at_y,
                        (pal_pen){ role, 0.6, PAL_SOLID, 0.35 });
    }
    if (isfinite(y.lo) && isfinite(y.hi)) {
        pal_canvas_line(canvas, at_x, pal_panel_y(panel, y.lo), at_x, pal_panel_y(panel, y.hi),
                        (pal_pen){ role, 0.6, PAL_SOLID, 0.35 });
    }
    if (p->points[i].series == SIZE_MAX) {
        pal_canvas_marker(canvas, at_x, at_y, 8, PAL_DIAMOND, role, 1);
    } else {
        const double radius = SMALLEST + GROWTH * p->points[i].lambda;

        pal_canvas_disc(canvas, at_x, at_y, radius + 0.7, PAL_PAPER, 1);
        pal_canvas_disc(canvas, at_x, at_y, radius, role, 1);
    }
}

static void draw_panel(pal_canvas *canvas, const pareto *p, pal_panel *panel, const char *x, const char *y)
{
    pal_ticks across, up;

    panel->xs = panel->ys = pal_range_empty();
    for (size_t i = 0; i < p->n_points; i++) {
        pal_range_add_estimate(&panel->xs, value_of(p, i, x));
        pal_range_add_estimate(&panel->ys, value_of(p, i, y));
    }
    if (pal_range_is_empty(panel->xs) || pal_range_is_empty(panel->ys)) {
        pal_no_data(canvas, panel, "not measured");
        return;
    }
    panel->xs = pal_range_padded(panel->xs, 0.06);
    panel->ys = pal_range_padded(panel->ys, 0.06);
    across = pal_ticks_make(panel->xs.lo, panel->xs.hi, 4);
    up = pal_ticks_make(panel->ys.lo, panel->ys.hi, 5);
    pal_axis_y(canvas, panel, &up, PAL_UNIT_PLAIN);
    pal_axis_x(canvas, panel, &across, PAL_UNIT_PLAIN, pal_rundata_metric_label(p->run, x));
    draw_frontier(canvas, p, panel, x, y);
    draw_series(canvas, p, panel, x, y);
    for (size_t i = 0; i < p->n_points; i++) {
        draw_point(canvas, p, panel, i, value_of(p, i, x), value_of(p, i, y));
    }
}

/* Is there one inner stage for all? Then its name is told once, below. */
static bool is_one_stage(const pareto *p)
{
    for (size_t s = 1; s < p->n_series; s++) {
        if (strcmp(p->series[s].stage, p->series[0].stage) != 0) {
            return false;
        }
    }
    return true;
}

static void draw_key(pal_canvas *canvas, const pareto *p, double x, double y)
{
    pal_font font = pal_font_label(PAL_INK, PAL_LEFT);
    char text[96];

    font.max_width = KEY_W - 16;
    for (size_t s = 0; s < p->n_series; s++, y += KEY_ROW) {
        snprintf(text, sizeof text, is_one_stage(p) ? "%.40s" : "%.40s, %.40s", p->series[s].method,
                 p->series[s].stage);
        pal_canvas_disc(canvas, x + 4, y - 3, 3.6, p->series[s].role, 1);
        pal_canvas_text(canvas, x + 14, y, text, font);
    }
    for (size_t i = 0; i < p->n_points; i++) {
        if (p->points[i].series == SIZE_MAX) {
            pal_canvas_marker(canvas, x + 4, y - 3, 8, PAL_DIAMOND, role_of(p, i), 1);
            pal_canvas_text(canvas, x + 14, y, p->run->arms[p->points[i].arm].label, font);
            y += KEY_ROW;
        }
    }
    pal_canvas_paragraph(canvas, x, y + 6, KEY_W - 4, 10, 4, "larger dots: more weight on variety (lambda)",
                         pal_font_tick(PAL_LEFT));
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pareto p = pareto_of(run);
    const double width = (PAL_PAGE_WIDTH - 2 * PAL_MARGIN - LEFT - GAP - KEY_W - 10) / 2;
    char subtitle[PAL_SUBTITLE_MAX], what[120];
    pal_panel panel;
    double y;

    (void)who;
    (void)err;
    snprintf(what, sizeof what, "upwards: %.60s", pal_rundata_metric_label(run, LIKES));
    y = pal_head(canvas, "What does variety cost?", pal_fig_subtitle(subtitle, run, what));
    panel = (pal_panel){ .x = PAL_MARGIN + LEFT, .y = y + 26, .w = width, .h = PANEL_H };
    pal_panel_name(canvas, &panel, "Variety of a slate", "");
    draw_panel(canvas, &p, &panel, "diversity", LIKES);
    panel = (pal_panel){ .x = PAL_MARGIN + LEFT + width + GAP, .y = y + 26, .w = width, .h = PANEL_H };
    pal_panel_name(canvas, &panel, "Tastes reached", "");
    draw_panel(canvas, &p, &panel, "taste_coverage", LIKES);
    draw_key(canvas, &p, PAL_PAGE_WIDTH - PAL_MARGIN - KEY_W + 4, y + 34);
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    static const char *const metrics[] = { LIKES, "diversity", "taste_coverage" };
    const pareto p = pareto_of(run);

    (void)who;
    pal_data_head(csv, "metric,arm,method,stage,lambda,value,lo,hi");
    for (size_t i = 0; i < 3 * p.n_points; i++) {
        const point *at = &p.points[i % p.n_points];
        const bool joined = at->series != SIZE_MAX;

        pal_data_text(csv, metrics[i / p.n_points]);
        pal_data_text(csv, run->arms[at->arm].label);
        pal_data_text(csv, joined ? p.series[at->series].method : "");
        pal_data_text(csv, joined ? p.series[at->series].stage : run->arms[at->arm].stage);
        pal_data_number(csv, joined ? at->lambda : NAN);
        pal_data_estimate(csv, value_of(&p, i % p.n_points, metrics[i / p.n_points]));
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_pareto = {
    .name = "pareto",
    .heading = "What variety costs",
    .caption = "A dot an arm: upwards more is liked; to the right the songs of a slate differ more (left panel), or more of a "
               "person's tastes have met a liked song (right panel). The wide grey line joins the arms that none beats in "
               "both. Crosses are intervals of each arm alone; the arms met the same people, so differences are surer than "
               "crosses that overlap make them look.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Retention: who is still here, for how long, and whether starving drives people away. */
#include "plots/chart_interval.h"
#include "plots/fig_long.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TOP = 34, LEFT_X = 46, CURVE_H = 170, GAP = 66, DOTS_X = 92, DOTS_W = 120, LIFE_SPACE = 34 };

static bool has(const pal_rundata *run)
{
    return pal_long_has_leavers(run);
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + pal_arm_legend_height(run) + 24 + CURVE_H + GAP + PAL_LONG_ROW * (double)run->n_arms + 30 + PAL_LONG_WORDS;
}

static pal_estimate life_of(const pal_rundata *run, size_t arm, const char *measure, const char *starved)
{
    const pal_life *life = pal_long_life(run, arm, measure, starved);

    return life != NULL ? life->value : (pal_estimate){ NAN, NAN, NAN, NAN };
}

static pal_estimate lifetime(const pal_rundata *run, size_t arm, size_t k)
{
    (void)k;
    return life_of(run, arm, "lifetime", "");
}

static pal_estimate sessions(const pal_rundata *run, size_t arm, size_t k)
{
    (void)k;
    return life_of(run, arm, "sessions", "");
}

/* Times as likely to leave as those whose tastes were all fed, all else equal; filled: most starved, hollow: some. */
static pal_estimate ratio(const pal_rundata *run, size_t arm, size_t k)
{
    return life_of(run, arm, "hazard_ratio", k == 0 ? "most" : "some");
}

static size_t make_lines(pal_line *lines, const pal_rundata *run)
{
    size_t order[PAL_MAX_ARMS], n = 0;

    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; run->long_run != NULL && k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];
        const pal_series *s = &run->long_run->here[order[k]];

        if (s->n > 0) {
            lines[n++] = (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash, .width = pal_arm_width(arm),
                                     .n = s->n, .x = s->x, .y = s->value, .lo = s->lo, .hi = s->hi };
        }
    }
    return n;
}

static void say(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    const pal_series *here = &run->long_run->here[run->focus];
    const pal_life *life = pal_long_life(run, run->focus, "lifetime", "");
    const pal_life *most = pal_long_life(run, run->focus, "hazard_ratio", "most");
    char percent[PAL_SHOWN_MAX];

    if (here->n > 0) {
        pal_text_addf(text, "After the last round %s of the people were still with %s. ",
                      pal_show_percent(percent, here->value[here->n - 1], 0), focus->label);
    }
    if (life != NULL && isfinite(life->value.value)) {
        pal_text_add(text, "They were here for ");
        pal_long_say_estimate(text, life->value, 1, false);
        pal_text_add(text, " rounds on average");
        if (isfinite(life->diff.value)) {
            pal_text_add(text, ", ");
            pal_long_say_estimate(text, life->diff, 1, true);
            pal_text_addf(text, " against the same people with %s", run->arms[run->baseline].label);
        }
        pal_text_add(text, ". ");
    }
    if (most != NULL && isfinite(most->value.value)) {
        pal_text_add(text, "With most of their tastes starved, people were ");
        pal_long_say_estimate(text, most->value, 2, false);
        pal_text_add(text, " times as likely to leave in a session as others who came as often and have as many tastes");
        pal_text_add(text, most->value.lo <= 1 && most->value.hi >= 1 ? ": no difference beyond chance." : ".");
    }
}

typedef struct dots { const char *name, *what; pal_long_dot of; size_t n; double mark; } dots;
static const dots columns[] = {
    { "Lifetime", "rounds until leaving", lifetime, 1, 0 },
    { "Sessions", "rounds turned up in", sessions, 1, 0 },
    { "Starved, and gone?", "times as likely to leave", ratio, 2, 1 },
};

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    char subtitle[PAL_SUBTITLE_MAX];
    pal_text text = { 0 };
    pal_line lines[PAL_MAX_ARMS];
    const size_t n = make_lines(lines, run);
    pal_panel panel;
    double y;

    (void)who;
    y = pal_head(canvas, "Who is still here", pal_fig_subtitle(subtitle, run, "people leave for good after bad sessions"));
    y = pal_arm_legend(canvas, run, y, NULL) + 24;
    panel = (pal_panel){ .x = LEFT_X, .y = y, .w = PAL_PAGE_WIDTH - LEFT_X - PAL_MARGIN, .h = CURVE_H };
    pal_panel_name(canvas, &panel, "Retention", "share of people still here after each round");
    if (pal_is_crowded(run)) {
        pal_hush_lines(lines, n, run);
    }
    for (size_t k = 0; k < n; k++) {
        lines[k].label = NULL; /* the legend names them */
    }
    PAL_TRY(pal_draw_lines_panel(canvas, &panel, lines, n, PAL_UNIT_PERCENT, true, "round", "retention.csv is empty", err));
    y += CURVE_H + GAP;
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        panel = (pal_panel){ .x = DOTS_X + (double)k * (DOTS_W + LIFE_SPACE - 12), .y = y, .w = DOTS_W - 12 };
        panel.w += k == 2 ? PAL_PAGE_WIDTH - PAL_MARGIN - panel.x - panel.w : 0;
        pal_long_name(canvas, panel.x, &panel, columns[k].name, columns[k].what);
        pal_long_dots(canvas, &panel, run, columns[k].of, columns[k].n, k == 0, columns[k].mark);
    }
    if (run->long_run != NULL) {
        say(&text, run);
        PAL_TRY(pal_text_check(&text, err));
        pal_long_say(canvas, y + PAL_LONG_ROW * (double)run->n_arms + 34, text.bytes);
    }

done:
    pal_text_clear(&text);
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_line lines[PAL_MAX_ARMS];

    (void)who;
    pal_data_head(csv, PAL_DATA_ROUNDS);
    pal_data_lines(csv, "Retention", lines, make_lines(lines, run));
    for (size_t a = 0; a < run->n_arms; a++) {
        pal_data_point(csv, "Lifetime", run->arms[a].label, run->rounds - 1, lifetime(run, a, 0));
        pal_data_point(csv, "Sessions", run->arms[a].label, run->rounds - 1, sessions(run, a, 0));
        pal_data_point(csv, "Hazard ratio: most tastes starved", run->arms[a].label, run->rounds - 1, ratio(run, a, 0));
        pal_data_point(csv, "Hazard ratio: some tastes starved", run->arms[a].label, run->rounds - 1, ratio(run, a, 1));
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_retention = {
    .name = "retention",
    .heading = "Retention",
    .caption = "Everybody is watched from the first round to the last, so the share still here is the survival curve itself, and "
               "the area under it is the mean lifetime. All arms meet the same people with the same luck: a person who leaves "
               "one and stays with another was driven by what was shown. Right: how much likelier people leave in a session "
               "when half of their tastes or more (filled), or fewer (hollow), met nothing in the window before, beside people "
               "who came as often and have as many tastes: an association, not a proof of cause; 1 is none.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

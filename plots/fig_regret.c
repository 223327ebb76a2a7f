/* Cumulative regret: what learning has cost so far. Does it stop growing? */
#include "plots/fig_common.h"
#include "plots/figure_data.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANEL_H = 230 };

/* Stages whose purpose is to explore. */
static bool has(const pal_rundata *run)
{
    static const char *const explorers[] = { "linucb", "thompson", "epsilon_greedy" };
    bool any = false;

    for (size_t a = 0; a < run->n_arms; a++) {
        for (size_t e = 0; e < sizeof explorers / sizeof *explorers; e++) {
            any = any || strcmp(run->arms[a].stage, explorers[e]) == 0;
        }
    }
    return any;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return PANEL_H + 98 + pal_arm_legend_height(run);
}

/*
 * y = likes lost up to and with round x, by one person who is there in every round: the regret of a slot times the slots,
 * summed over rounds; between two probes regret is taken to change evenly, before the first it is that of the first.
 * v is the regret of a slot, or an end of its interval, at the points of s. Returns how many points.
 */
static size_t accumulate(double *x, double *y, const pal_series *s, const double *v, double slots)
{
    double sum = 0, last = 0;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (isfinite(s->value[i])) {
            const double rounds = n == 0 ? s->x[i] + 1 : s->x[i] - x[n - 1];

            sum += slots * rounds * (n == 0 ? v[i] : (last + v[i]) / 2);
            last = v[i];
            x[n] = s->x[i];
            y[n++] = sum;
        }
    }
    return n;
}

/*
 * The line of an arm and its band; room is four times the points. rounds.csv does not tell how one person's rounds hang
 * together, so the band adds up the intervals of the rounds. That would be the sum's own if whoever loses much in one round did
 * so in all; the standard deviation of a sum is never above the sum of those of its parts, so the band errs on the wide side.
 */
static pal_line arm_line(double *room, size_t points, const pal_rundata *run, size_t a)
{
    const pal_plot_arm *arm = &run->arms[a];
    const pal_series *s = pal_rundata_rounds(run, a, "regret");
    double *x = room, *y = x + points, *lo = y + points, *hi = lo + points;
    const size_t n = accumulate(x, y, s, s->value, run->slots);

    accumulate(x, lo, s, s->lo, run->slots);
    accumulate(x, hi, s, s->hi, run->slots);
    return (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash, .width = pal_arm_width(arm), .n = n,
                       .x = x, .y = y, .lo = lo, .hi = hi };
}

/* c sqrt(t), t = rounds so far, through the line's point at a quarter of its way. */
static void guide(double *y, const pal_line *line)
{
    const size_t at = line->n / 4;
    const double c = line->y[at] / sqrt(line->x[at] + 1);

    for (size_t i = 0; i < line->n; i++) {
        y[i] = c * sqrt(line->x[i] + 1);
    }
}

/* Points of all lines, the guide's last. */
static pal_status make_lines(pal_line *lines, size_t *n, double **room, const pal_rundata *run, pal_error *err)
{
    size_t order[PAL_MAX_ARMS], longest = 0, focus = SIZE_MAX;
    pal_status rc = PAL_OK;

    *n = 0;
    pal_rundata_drawing_order(run, order);
    for (size_t a = 0; a < run->n_arms; a++) {
        const size_t points = pal_rundata_rounds(run, a, "regret")->n;

        longest = points > longest ? points : longest;
    }
    PAL_NEW(*room, (4 * run->n_arms + 1) * longest);
    for (size_t k = 0; k < run->n_arms; k++) {
        lines[*n] = arm_line(*room + 4 * *n * longest, longest, run, order[k]);
        if (lines[*n].n > 0) {
            focus = run->arms[order[k]].is_focus ? *n : focus;
            (*n)++;
        }
    }
    if (focus != SIZE_MAX) {
        double *y = *room + 4 * run->n_arms * longest;

        guide(y, &lines[focus]);
        lines[*n] = (pal_line){ .label = "square root of rounds", .role = PAL_SUBTLE, .dash = PAL_DOTTED, .width = 1.2, .n = lines[focus].n,
                                .x = lines[focus].x, .y = y };
        (*n)++;
    }

done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    static const pal_legend_key key = { "~ \xe2\x88\x9at", PAL_SUBTLE, PAL_DOTTED, true };
    pal_status rc = PAL_OK;
    char subtitle[PAL_SUBTITLE_MAX];
    pal_line lines[PAL_MAX_ARMS + 1];
    double *room = NULL, y;
    size_t n;
    pal_panel panel;

    (void)who;
    y = pal_head(canvas, "What it cost to learn",
                 pal_fig_subtitle(subtitle, run, "one person, every round; bands at their widest"));
    y = pal_arm_legend(canvas, run, y, &key);
    panel = (pal_panel){ .x = PAL_MARGIN + 34, .w = PAL_PAGE_WIDTH - 2 * PAL_MARGIN - 40, .y = y + 26, .h = PANEL_H };
    pal_panel_name(canvas, &panel, "Cumulative regret", "likes lost so far, were every slot looked at");
    PAL_TRY(make_lines(lines, &n, &room, run, err));
    if (pal_is_crowded(run)) {
        pal_hush_lines(lines, n, run);
    }
    for (size_t k = 0; k < n; k++) {
        lines[k].label = NULL; /* the legend names them */
    }
    PAL_TRY(pal_draw_lines_panel(canvas, &panel, lines, n, PAL_UNIT_PLAIN, false, "round", "rounds.csv has no regret",
                                 err));

done:
    pal_free(room);
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_line lines[PAL_MAX_ARMS + 1];
    double *room = NULL;
    size_t n;

    (void)who;
    PAL_TRY(make_lines(lines, &n, &room, run, err));
    pal_data_head(csv, PAL_DATA_ROUNDS);
    pal_data_lines(csv, "cumulative regret", lines, n);
    PAL_TRY(pal_text_check(csv, err));

done:
    pal_free(room);
    return rc;
}

const pal_figure pal_fig_regret = {
    .name = "regret",
    .heading = "Cumulative regret",
    .caption = "How many likes each arm has lost so far to the best slate of the same moment, which knows the truth. A "
               "straight line goes on losing the same in every round; one that bends has learned. The dotted guide grows as "
               "the square root of the rounds, the rate that theory promises a linear bandit, and meets the focus arm at a "
               "quarter of its way. Regret is measured on probe rounds and taken to change evenly between them. Bands add up the "
               "intervals of the rounds, as if those who lose much in one round did so in all: the interval of the sum itself "
               "is narrower. With many arms only the focus, the baseline and the oracle have one.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Filter bubble: what people meet against what they like, how alike they are made, and whose tastes were moved. */
#include "plots/fig_long.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { TOP = 34, LEFT_X = 44, PANEL_W = 204, SPACE = 50, PANEL_H = 104, ROW_H = 170, DOTS_X = 92 };

static const pal_long_panel panels[] = {
    { "shown_clusters", "Breadth", "clusters shown, effective (dotted: true tastes)", PAL_UNIT_PLAIN, false, false,
      "true_clusters", NAN },
    { "taste_tv", "Off the mark", "distance of what is shown from the true mix", PAL_UNIT_PLAIN, true, false, NULL, NAN },
    { "starved_now", "Starving now", "share of tastes that matter with nothing shown", PAL_UNIT_PERCENT, true, false,
      NULL, NAN },
    { "shown_jaccard", "Alike in what they meet", "mean Jaccard of what two people were shown", PAL_UNIT_PLAIN, true, false,
      NULL, NAN },
    { "weight_drift", "Tastes moved", NULL, PAL_UNIT_PLAIN, false, true, NULL, 0 },
};
enum { PANELS = sizeof panels / sizeof *panels };

static bool has(const pal_rundata *run)
{
    return run->long_run != NULL;
}

static double dots_height(const pal_rundata *run)
{
    const double h = PAL_LONG_ROW * (double)run->n_arms + 58;

    return h > ROW_H ? h : ROW_H;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + pal_arm_legend_height(run) + 2 * ROW_H + dots_height(run) + PAL_LONG_WORDS + 26;
}

/* Pairs alike in true tastes, and unlike ones, at the last window. */
static pal_estimate pairs_of(const pal_rundata *run, size_t arm, size_t k)
{
    return pal_long_last(run, arm, k == 0 ? "liked_jaccard_alike" : "liked_jaccard_unlike");
}

/* Drift that the arm adds to what the reference does. */
static const char *drift_words(char out[120], const pal_rundata *run)
{
    const char *against = run->long_run != NULL ? run->long_run->drift_against : NULL;
    const size_t arm = against != NULL ? pal_rundata_arm(run, against) : SIZE_MAX;

    snprintf(out, 120, "way of the taste weights beyond %.60s", arm != SIZE_MAX ? run->arms[arm].label : "the baseline");
    return out;
}

static void say(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    const pal_estimate drift = pal_long_last_diff(run, run->focus, "weight_drift");

    pal_text_addf(text, "In the last window %s showed a person ", focus->label);
    pal_long_say_estimate(text, pal_long_last(run, run->focus, "shown_clusters"), 1, false);
    pal_text_add(text, " effective clusters, where their tastes make ");
    pal_long_say_estimate(text, pal_long_last(run, run->focus, "true_clusters"), 1, false);
    pal_text_addf(text, "; of their tastes that matter a share of ");
    pal_long_say_estimate(text, pal_long_last(run, run->focus, "starved_now"), 3, false);
    pal_text_add(text, " met nothing. Two people shared ");
    pal_long_say_estimate(text, pal_long_last(run, run->focus, "shown_jaccard"), 3, false);
    pal_text_add(text, " of what they were shown");
    if (run->focus != run->baseline) {
        pal_text_addf(text, " (%s: ", run->arms[run->baseline].label);
        pal_long_say_estimate(text, pal_long_last(run, run->baseline, "shown_jaccard"), 3, false);
        pal_text_add(text, ")");
    }
    pal_text_add(text, ".");
    if (isfinite(drift.value)) {
        const bool none = drift.lo <= 0 && drift.hi >= 0;

        const size_t other = run->long_run->drift_against != NULL ? pal_rundata_arm(run, run->long_run->drift_against) : SIZE_MAX;

        pal_text_addf(text, " Beyond %s it moved taste weights by ", run->arms[other != SIZE_MAX ? other : run->baseline].label);
        pal_long_say_estimate(text, drift, 3, true);
        pal_text_add(text, none ? ": not to be told from nothing." : ".");
    }
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    char subtitle[PAL_SUBTITLE_MAX], drift[120], pairs[PAL_SHOWN_MAX], what[120];
    pal_text text = { 0 };
    pal_panel panel;
    double y;

    (void)who;
    pal_show_count(pairs, has(run) ? run->long_run->pairs : NAN);
    snprintf(what, sizeof what, "by window of rounds; likeness over %s pairs", pairs);
    y = pal_head(canvas, "Filter bubbles, likeness and drift", pal_fig_subtitle(subtitle, run, what));
    y = pal_arm_legend(canvas, run, y, NULL) + 32;
    for (size_t k = 0; k < PANELS; k++) {
        pal_long_panel p = panels[k];

        panel = (pal_panel){ .x = LEFT_X + (double)(k % 2) * (PANEL_W + SPACE), .y = y + (double)(k / 2) * ROW_H,
                             .w = PANEL_W, .h = PANEL_H };
        p.what = p.what != NULL ? p.what : drift_words(drift, run);
        PAL_TRY(pal_long_draw(canvas, &panel, run, &p, err));
    }
    panel = (pal_panel){ .x = LEFT_X + PANEL_W + DOTS_X, .y = y + 2 * ROW_H, .w = PANEL_W + SPACE - DOTS_X };
    pal_long_name(canvas, LEFT_X + PANEL_W + SPACE, &panel, "Alike in what they like",
                  "last window: pairs alike (filled), unlike (hollow)");
    pal_long_dots(canvas, &panel, run, pairs_of, 2, true, 0);
    if (has(run)) {
        say(&text, run);
        PAL_TRY(pal_text_check(&text, err));
        pal_long_say(canvas, y + 2 * ROW_H + dots_height(run) - 6, text.bytes);
    }

done:
    pal_text_clear(&text);
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    (void)who;
    pal_data_head(csv, PAL_DATA_ROUNDS);
    for (size_t k = 0; k < PANELS; k++) {
        pal_long_data_rows(csv, run, &panels[k]);
    }
    for (size_t a = 0; a < run->n_arms; a++) {
        pal_data_point(csv, "Alike in what they like: pairs alike", run->arms[a].label, run->rounds - 1, pairs_of(run, a, 0));
        pal_data_point(csv, "Alike in what they like: pairs unlike", run->arms[a].label, run->rounds - 1, pairs_of(run, a, 1));
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_bubble = {
    .name = "bubble",
    .heading = "Filter bubbles",
    .caption = "What people meet, window by window. A bubble shows where breadth falls below the person's own, or where "
               "tastes that matter meet nothing while others are served; being far off the mark with great breadth is "
               "scatter, not a bubble. Likeness is the share of items that two people have in common: it rises where all are "
               "shown the same. Arms that know people part the pairs that are alike from those that are not. Drift is the "
               "same person's in this arm less in the one that shows items at random: what the recommender did.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

/* Concentration: does exposure gather on few items, and does it follow the exposure before? */
#include "plots/fig_long.h"
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>

enum { TOP = 34, LEFT_X = 44, PANEL_W = 204, SPACE = 50, PANEL_H = 124, ROW_H = 190 };

static const pal_long_panel panels[] = {
    { "gini", "Concentration", "Gini of exposures in the window, all items", PAL_UNIT_PLAIN, true, false, NULL, NAN },
    { "top_share", "The top 1 %", "share of exposures on the items shown most", PAL_UNIT_PERCENT, true, false, NULL, NAN },
    { "feedback", "Exposure breeds exposure", "slope on the window before, at equal true appeal", PAL_UNIT_PLAIN, false, false,
      NULL, 0 },
    { "popular_half", "Known names", "share of the more popular half, equally good", PAL_UNIT_PERCENT, true, false, NULL,
      0.5 },
};
enum { PANELS = sizeof panels / sizeof *panels };

static bool has(const pal_rundata *run)
{
    return run->long_run != NULL;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + pal_arm_legend_height(run) + 30 + 2 * ROW_H + PAL_LONG_WORDS;
}

static void say(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    const pal_estimate slope = pal_long_last(run, run->focus, "feedback");
    char percent[PAL_SHOWN_MAX], more[PAL_SHOWN_MAX];

    pal_text_addf(text, "In the last window %s spent %s of its exposures on 1 %% of the items (Gini ", focus->label,
                  pal_show_percent(percent, pal_long_last(run, run->focus, "top_share").value, 0));
    pal_long_say_estimate(text, pal_long_last(run, run->focus, "gini"), 3, false);
    pal_text_add(text, ").");
    if (isfinite(slope.value)) {
        pal_text_addf(text, " Among items of equal true appeal, one shown twice as often in the window before was shown %s %% %s "
                      "often (slope ", pal_show_fixed(more, fabs(pow(2, slope.value) - 1) * 100, 0),
                      slope.value < 0 ? "less" : "more");
        pal_long_say_estimate(text, slope, 2, false);
        if (run->oracle != SIZE_MAX && run->oracle != run->focus) {
            pal_text_add(text, "; the oracle, which learns nothing from exposure, ");
            pal_long_say_estimate(text, pal_long_last(run, run->oracle, "feedback"), 2, false);
        }
        pal_text_add(text, slope.lo <= 0 && slope.hi >= 0 ? "): not to be told from none." : ").");
    }
    pal_text_add(text, " The more popular half of equally good items got ");
    pal_text_addf(text, "%s of exposures.", pal_show_percent(percent, pal_long_last(run, run->focus, "popular_half").value, 0));
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    char subtitle[PAL_SUBTITLE_MAX];
    pal_text text = { 0 };
    double y;

    (void)who;
    y = pal_head(canvas, "Does exposure gather, and breed itself?", pal_fig_subtitle(subtitle, run, "by window of rounds"));
    y = pal_arm_legend(canvas, run, y, NULL) + 32;
    for (size_t k = 0; k < PANELS; k++) {
        pal_panel panel = { .x = LEFT_X + (double)(k % 2) * (PANEL_W + SPACE), .y = y + (double)(k / 2) * ROW_H,
                            .w = PANEL_W, .h = PANEL_H };

        PAL_TRY(pal_long_draw(canvas, &panel, run, &panels[k], err));
    }
    if (has(run)) {
        say(&text, run);
        PAL_TRY(pal_text_check(&text, err));
        pal_long_say(canvas, y + 2 * ROW_H - 6, text.bytes);
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
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_concentration = {
    .name = "concentration",
    .heading = "Concentration and popularity feedback",
    .caption = "Above: how unevenly a window's exposures lie on the catalog. Below, left: inside deciles of true appeal, how "
               "the rate at which an item is shown to those who could still be shown it follows its rate in the window "
               "before; 0 is no feedback. Steady demand makes a slope too, so the oracle, who never learns from exposure, is "
               "the mark to hold others against. Right: of equally good items the half that was more popular at the start; "
               "one half of the exposures would be its fair share.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};

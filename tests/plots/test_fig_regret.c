/* Cumulative regret: which runs have it, and how high its lines end. */
#include "core/text.h"
#include "plots/axis.h"
#include "plots/figure.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_plots_fig_regret(void);

enum { LAST = 5 }; /* round */

/* The small run, in whose rounds every arm loses `lost` a slot, from half as much to twice as much, ten slots a slate; `gap`:
 * round 1 was not probed. */
static pal_rundata *load(double lost, bool gap)
{
    const char *dir = plots_copy_run("regret");
    pal_rundata *run = NULL;
    pal_error err = { 0 };
    pal_text rows = { 0 };

    ck_assert_int_eq(pal_rundata_load(&run, dir, NULL), PAL_OK);
    pal_text_add(&rows, "diff_hi\n");
    for (size_t a = 0; a < run->n_arms; a++) {
        for (int round = 0; round <= LAST; round++) {
            if (round != 1 || !gap) {
                pal_text_addf(&rows, "%s,%d,regret,%g,%g,%g,10,,,\n", run->arms[a].name, round, lost, lost / 2, 2 * lost);
            }
        }
    }
    ck_assert_int_eq(pal_text_check(&rows, NULL), PAL_OK);
    plots_replace(dir, "rounds.csv", "diff_hi\n", rows.bytes);
    pal_text_clear(&rows);
    pal_rundata_free(run);
    ck_assert_msg(pal_rundata_load(&run, dir, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_eq(pal_rundata_rounds(run, 0, "regret")->n, gap ? LAST : LAST + 1);
    run->slots = 10;
    return run;
}

/* The greatest number written left of the plot: the highest tick. */
static double highest_tick(const pal_rundata *run)
{
    pal_canvas *canvas = NULL;
    const pal_text_box *box;
    double most = -1;
    size_t n;

    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH,
                                    pal_fig_regret.height(run, 0), NULL), PAL_OK);
    ck_assert_int_eq(pal_fig_regret.draw(canvas, run, 0, NULL), PAL_OK);
    box = pal_canvas_texts(canvas, &n);
    for (size_t i = 0; i < n; i++) {
        char *end;
        const double value = strtod(box[i].text, &end);

        if (*end == '\0' && end != box[i].text && box[i].x1 < PAL_MARGIN + 34) {
            most = value > most ? value : most;
        }
    }
    pal_canvas_free(canvas);
    return most;
}

START_TEST(only_runs_with_explorers_have_it)
{
    static const char *const explorers[] = { "linucb", "thompson", "epsilon_greedy" };
    pal_rundata *run = load(0.5, false);

    ck_assert(!pal_figure_has_data(&pal_fig_regret, run));
    run->arms[1].stage = explorers[_i];
    ck_assert(pal_figure_has_data(&pal_fig_regret, run));
    pal_rundata_free(run);
}
END_TEST

/* Rows "cumulative regret,ARM,ROUND,VALUE,LO,HI" of the figure's numbers that belong to an arm. */
static size_t read_rows(double row[][4], size_t most, const pal_text *csv, const char *arm)
{
    char begin[80];
    size_t n = 0;

    snprintf(begin, sizeof begin, "\ncumulative regret,%s,", arm);
    for (char *at = strstr(csv->bytes, begin); at != NULL && n < most; at = strstr(at + 1, begin)) {
        char *end = at + strlen(begin);

        for (size_t k = 0; k < 4; k++) {
            row[n][k] = strtod(end, &end);
            end++;
        }
        n++;
    }
    return n;
}

/* A person who loses v in each slot has lost slots * v * rounds; so have those at the ends of the interval. */
START_TEST(a_band_holds_the_ends_of_each_rounds_interval_summed)
{
    pal_rundata *run = load(0.37, _i == 1);
    pal_text csv = { 0 };
    double row[LAST + 2][4];
    size_t n;

    ck_assert_int_eq(pal_fig_regret.data(&csv, run, 0, NULL), PAL_OK);
    n = read_rows(row, LAST + 2, &csv, run->arms[0].label);
    ck_assert_uint_eq(n, _i == 1 ? LAST : LAST + 1);
    for (size_t i = 0; i < n; i++) {
        const double lost = 10 * 0.37 * (row[i][0] + 1);

        ck_assert_double_eq_tol(row[i][1], lost, 1e-9);
        ck_assert_double_eq_tol(row[i][2], lost / 2, 1e-9);
        ck_assert_double_eq_tol(row[i][3], 2 * lost, 1e-9);
    }
    pal_text_clear(&csv);
    pal_rundata_free(run);
}
END_TEST

/* Bands end at twice regret * slots * rounds, and the highest tick stands not far below; probed or not, a round counts. */
START_TEST(bands_end_at_regret_times_slots_times_rounds)
{
    static const double lost[] = { 0.5, 0.05, 0.37 };

    for (size_t i = 0; i < 3; i++) {
        for (int gap = 0; gap < 2; gap++) {
            pal_rundata *run = load(lost[i], gap == 1);
            const double end = 20 * lost[i] * (LAST + 1), tick = highest_tick(run); /* of the band */

            ck_assert_msg(tick <= 1.06 * end && tick >= end / 2, "tick %g, the bands end at %g", tick, end);
            pal_rundata_free(run);
            scratch_end();
            scratch_begin();
        }
    }
}
END_TEST

Suite *suite_plots_fig_regret(void)
{
    Suite *suite = suite_create("plots/fig_regret");
    TCase *tc = tcase_create("fig_regret");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, only_runs_with_explorers_have_it, 0, 3);
    tcase_add_loop_test(tc, a_band_holds_the_ends_of_each_rounds_interval_summed, 0, 2);
    tcase_add_test(tc, bands_end_at_regret_times_slots_times_rounds);
    suite_add_tcase(suite, tc);
    return suite;
}

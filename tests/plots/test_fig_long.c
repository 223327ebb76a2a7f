/* Files of long-run effects as they are read, and the three figures drawn from them. */
#include "plots/axis.h"
#include "plots/figure.h"
#include "plots/run_long.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_plots_fig_long(void);

static const char *const arms[] = { "popularity", "progressive", "oracle" };
static const char *const measures[] = { "shown_jaccard", "liked_jaccard_alike", "liked_jaccard_unlike", "shown_clusters",
                                        "true_clusters", "taste_tv", "starved_now", "weight_drift", "gini", "top_share",
                                        "feedback", "popular_half" };
enum { ARMS = 3, MEASURES = sizeof measures / sizeof *measures, WINDOWS = 3 };

/* A number of its own for each arm, measure and window. */
static double made_up(size_t a, size_t m, size_t w)
{
    return 0.0101 + 0.1173 * (double)a + 0.0239 * (double)m + 0.0041 * (double)w;
}

static FILE *open_in(const char *dir, const char *name)
{
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    return file;
}

static void write_windows(const char *dir)
{
    FILE *f = open_in(dir, "long_run.csv");

    fputs("arm,measure,window,from_round,to_round,unit,n,value,lo,hi,against,diff,diff_lo,diff_hi\n", f);
    for (size_t i = 0; i < ARMS * MEASURES * WINDOWS; i++) {
        const size_t a = i / (MEASURES * WINDOWS), m = i / WINDOWS % MEASURES, w = i % WINDOWS;
        const double v = made_up(a, m, w);

        fprintf(f, "%s,%s,%zu,%zu,%zu,people,%zu,", arms[a], measures[m], w, 2 * w, 2 * w + 1, (size_t)4321);
        if (m == 10 && w == 0) {
            fputs(",,,,,,\n", f); /* no feedback in the first window */
        } else if (a == 0) {
            fprintf(f, "%.4f,%.4f,%.4f,,,,\n", v, v - 0.01, v + 0.01);
        } else {
            fprintf(f, "%.4f,%.4f,%.4f,popularity,%.4f,%.4f,%.4f\n", v, v - 0.01, v + 0.01, v / 2, v / 2 - 0.01, v / 2 + 0.01);
        }
    }
    ck_assert_int_eq(fclose(f), 0);
}

static void write_stays(const char *dir, bool leaving)
{
    FILE *f = open_in(dir, "retention.csv");

    fputs("arm,round,n,here,lo,hi,diff,diff_lo,diff_hi\n", f);
    for (size_t i = 0; i < ARMS * 6; i++) {
        const double here = leaving ? 1 - 0.0317 * (double)(i % 6) / (double)(1 + i / 6) : 1;

        fprintf(f, "%s,%zu,2000,%.4f,%.4f,%.4f,,,\n", arms[i / 6], i % 6, here, here - 0.004, here < 0.996 ? here + 0.004 : 1);
    }
    ck_assert_int_eq(fclose(f), 0);
    f = open_in(dir, "lifetime.csv");
    fputs("arm,measure,starved,n,value,lo,hi,against,diff,diff_lo,diff_hi\n", f);
    for (size_t a = 0; a < ARMS; a++) {
        const double v = (double)a;

        fprintf(f, "%s,lifetime,,2000,%.3f,4.1,4.9,%s\n", arms[a], 4.385 + v / 10, a == 0 ? ",,," : "popularity,0.21,0.11,0.31");
        fprintf(f, "%s,sessions,,2000,%.3f,2.1,2.9,,,,\n", arms[a], 2.385 + v / 10);
        fprintf(f, "%s,hazard_ratio,some,700,%.3f,0.91,1.5,,,,\n", arms[a], 1.117 + v / 10);
        fprintf(f, "%s,hazard_ratio,most,300,%.3f,1.01,1.9,,,,\n", arms[a], 1.311 + v / 10);
    }
    ck_assert_int_eq(fclose(f), 0);
}

static pal_rundata *load(const char *name, bool leaving)
{
    const char *dir = plots_copy_run(name);
    pal_rundata *run = NULL;
    pal_error err = { PAL_OK, "" };

    write_windows(dir);
    write_stays(dir, leaving);
    ck_assert_msg(pal_rundata_load(&run, dir, &err) == PAL_OK, "%s", err.text);
    return run;
}

START_TEST(a_run_that_did_not_look_has_neither_data_nor_figures)
{
    pal_rundata *run = NULL;

    ck_assert_int_eq(pal_rundata_load(&run, PLOTS_RUN, NULL), PAL_OK);
    ck_assert_ptr_null(run->long_run);
    ck_assert(!pal_figure_has_data(&pal_fig_bubble, run));
    ck_assert(!pal_figure_has_data(&pal_fig_concentration, run));
    ck_assert(!pal_figure_has_data(&pal_fig_retention, run));
    ck_assert_uint_eq(pal_long_series(run, 0, "gini")->n, 0);
    ck_assert(isnan(pal_long_last(run, 0, "gini").value));
    ck_assert_ptr_null(pal_long_life(run, 0, "lifetime", ""));
    pal_rundata_free(run);
}
END_TEST

START_TEST(windows_rounds_and_lifetimes_read_as_they_were_written)
{
    pal_rundata *run = load("read", true);

    for (size_t i = 0; i < ARMS * MEASURES * WINDOWS; i++) {
        const size_t a = i / (MEASURES * WINDOWS), m = i / WINDOWS % MEASURES, w = i % WINDOWS;
        const pal_series *s = pal_long_series(run, pal_rundata_arm(run, arms[a]), measures[m]);

        ck_assert_uint_eq(s->n, WINDOWS);
        ck_assert_double_eq(s->x[w], (double)(2 * w + 1));
        if (m == 10 && w == 0) {
            ck_assert(isnan(s->value[w]));
        } else {
            ck_assert_double_eq_tol(s->value[w], made_up(a, m, w), 5e-5);
            ck_assert_double_eq_tol(s->hi[w], made_up(a, m, w) + 0.01, 1e-4);
            ck_assert(a == 0 ? isnan(s->diff[w]) : fabs(s->diff[w] - made_up(a, m, w) / 2) < 1e-4);
        }
    }
    ck_assert_double_eq_tol(pal_long_last(run, 1, "gini").value, made_up(1, 8, 2), 5e-5);
    ck_assert_double_eq_tol(pal_long_last_diff(run, 1, "gini").value, made_up(1, 8, 2) / 2, 1e-4);
    ck_assert_str_eq(run->long_run->drift_against, "popularity");
    ck_assert_double_eq(run->long_run->pairs, 4321);
    ck_assert_uint_eq(run->long_run->here[2].n, 6);
    ck_assert_double_eq(run->long_run->here[0].value[5], 0.8415);
    ck_assert_double_eq(pal_long_life(run, 1, "lifetime", "")->diff.hi, 0.31);
    ck_assert_double_eq(pal_long_life(run, 2, "hazard_ratio", "most")->value.value, 1.511);
    pal_rundata_free(run);
}
END_TEST

static const pal_figure *const figures[] = { &pal_fig_bubble, &pal_fig_concentration, &pal_fig_retention };
static const char *const names[][3] = { { "Breadth", "Starving now", "Tastes moved" },
                                        { "The top 1 %", "Exposure breeds exposure", "Known names" },
                                        { "Retention", "Lifetime", "Starved, and gone?" } };

START_TEST(figures_stay_on_their_page_and_name_their_panels)
{
    const pal_figure *figure = figures[_i];
    pal_rundata *run = load("drawn", true);
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 };
    const double height = figure->height(run, 0);
    const pal_text_box *box;
    size_t n, found[3] = { 0 };

    ck_assert(pal_figure_has_data(figure, run));
    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH, height, NULL), PAL_OK);
    ck_assert_int_eq(figure->draw(canvas, run, 0, NULL), PAL_OK);
    box = pal_canvas_texts(canvas, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 3; k++) {
            found[k] += strcmp(box[i].text, names[_i][k]) == 0;
        }
        ck_assert_msg(box[i].x0 >= 0 && box[i].x1 <= PAL_PAGE_WIDTH && box[i].y0 >= 0 && box[i].y1 <= height, "%s", box[i].text);
        for (size_t j = 0; j < i; j++) { /* nothing stands on anything else */
            const bool apart = box[i].x1 <= box[j].x0 + 0.5 || box[j].x1 <= box[i].x0 + 0.5 || box[i].y1 <= box[j].y0 + 1.5 ||
                               box[j].y1 <= box[i].y0 + 1.5;

            ck_assert_msg(apart, "\"%s\" and \"%s\" overlap", box[i].text, box[j].text);
        }
    }
    for (size_t k = 0; k < 3; k++) {
        ck_assert_msg(found[k] == 1, "%s", names[_i][k]);
    }
    ck_assert_int_eq(pal_canvas_finish(canvas, "t", &bytes, NULL), PAL_OK);
    pal_text_clear(&bytes);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(their_numbers_are_those_of_the_files)
{
    static const char *const rows[][2] = {
        { "Breadth,Progressive,5,0.2073,0.1973,0.2173", "Tastes moved,Oracle,1,0.206" },
        { "Concentration,Popularity,3,0.2054,0.1954,0.2154", "Known names,Progressive,5,0.3985" },
        { "Retention,Popularity,5,0.8415,0.8375,0.8455", "Hazard ratio: most tastes starved,Oracle,5,1.511,1.01,1.9" },
    };
    pal_rundata *run = load("numbers", true);
    pal_text csv = { 0 };

    ck_assert_int_eq(figures[_i]->data(&csv, run, 0, NULL), PAL_OK);
    for (size_t k = 0; k < 2; k++) {
        ck_assert_has(csv.bytes, rows[_i][k]);
    }
    pal_text_clear(&csv);
    pal_rundata_free(run);
}
END_TEST

START_TEST(where_nobody_leaves_there_is_no_figure_of_leaving)
{
    pal_rundata *run = load("stay", false);

    ck_assert(pal_figure_has_data(&pal_fig_bubble, run));
    ck_assert(!pal_figure_has_data(&pal_fig_retention, run));
    pal_rundata_free(run);
}
END_TEST

START_TEST(what_is_damaged_is_named)
{
    static const char *const bad[][4] = { { "long_run.csv", "0.0101", "x.0101", "long_run.csv" },
                                          { "long_run.csv", "popularity,shown", "nobody,shown", "nobody" },
                                          { "retention.csv", "here", "gone", "here" },
                                          { "lifetime.csv", "4.385", "four", "lifetime.csv" } };
    const char *dir = plots_copy_run("bad");
    pal_rundata *run = NULL;
    pal_error err = { PAL_OK, "" };

    write_windows(dir);
    write_stays(dir, true);
    plots_replace(dir, bad[_i][0], bad[_i][1], bad[_i][2]);
    ck_assert_int_eq(pal_rundata_load(&run, dir, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, bad[_i][3]);
}
END_TEST

Suite *suite_plots_fig_long(void)
{
    Suite *suite = suite_create("plots/fig_long");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_run_that_did_not_look_has_neither_data_nor_figures);
    tcase_add_test(tc, windows_rounds_and_lifetimes_read_as_they_were_written);
    tcase_add_loop_test(tc, figures_stay_on_their_page_and_name_their_panels, 0, 3);
    tcase_add_loop_test(tc, their_numbers_are_those_of_the_files, 0, 3);
    tcase_add_test(tc, where_nobody_leaves_there_is_no_figure_of_leaving);
    tcase_add_loop_test(tc, what_is_damaged_is_named, 0, 4);
    suite_add_tcase(suite, tc);
    return suite;
}

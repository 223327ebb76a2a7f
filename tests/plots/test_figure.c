/* Every figure: nothing leaves the page, nothing overlaps, every series is named, and empty data is said to be so. */
#include "plots/figure.h"

#include "plots/axis.h"
#include "plots/fig_catalog.h"
#include "plots/run_people.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_plots_figure(void);

enum { N_FIGURES = 25 };

static pal_rundata *load(const char *dir)
{
    pal_rundata *run = NULL;
    pal_error err = { 0 };

    ck_assert_msg(pal_rundata_load(&run, dir, &err) == PAL_OK, "%s", err.text);
    return run;
}

static pal_canvas *drawn(const pal_figure *figure, const pal_rundata *run, size_t who)
{
    pal_canvas *canvas = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH,
                                    figure->height(run, who), &err), PAL_OK);
    ck_assert_msg(figure->draw(canvas, run, who, &err) == PAL_OK, "%s: %s", figure->name, err.text);
    return canvas;
}

/* Ring values stand inside a radar on purpose, among its lines. */
static bool is_ring_value(const pal_text_box *box)
{
    return box->y1 - box->y0 < 0.72 * 6 && (strcmp(box->text, "1") == 0 || strcmp(box->text, "0.5") == 0);
}

static void check_page(const char *name, const pal_canvas *canvas)
{
    size_t n;
    const pal_text_box *box = pal_canvas_texts(canvas, &n);

    ck_assert_uint_gt(n, 0);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(box[i].x0 >= 0 && box[i].x1 <= pal_canvas_width(canvas) + 0.01 && box[i].y0 >= 0 &&
                      box[i].y1 <= pal_canvas_height(canvas), "%s: '%s' leaves the page: %g..%g, %g..%g of %g", name,
                      box[i].text, box[i].x0, box[i].x1, box[i].y0, box[i].y1, pal_canvas_height(canvas));
        for (size_t j = 0; j < i; j++) {
            double across = fmin(box[i].x1, box[j].x1) - fmax(box[i].x0, box[j].x0);
            double down = fmin(box[i].y1, box[j].y1) - fmax(box[i].y0, box[j].y0);

            ck_assert_msg(across <= 0.3 || down <= 0.3 || is_ring_value(&box[i]) || is_ring_value(&box[j]),
                          "%s: '%s' lies upon '%s'", name, box[i].text, box[j].text);
        }
    }
}

static bool says(const pal_canvas *canvas, const char *part)
{
    size_t n;
    const pal_text_box *box = pal_canvas_texts(canvas, &n);

    for (size_t i = 0; i < n; i++) {
        if (strstr(box[i].text, part) != NULL) {
            return true;
        }
    }
    return false;
}

START_TEST(no_text_leaves_the_page_or_lies_upon_another)
{
    pal_rundata *run = load(PLOTS_RUN);
    const pal_figure *figure = pal_figure_at((size_t)_i);
    size_t n = figure->per_person ? run->profiles->n_people : 1;

    for (size_t who = 0; who < n; who++) {
        pal_canvas *canvas = drawn(figure, run, who);

        check_page(figure->name, canvas);
        pal_canvas_free(canvas);
    }
    pal_rundata_free(run);
}
END_TEST

/* Figures of one arm, or of those that fit models. */
static bool is_partial(const pal_figure *figure)
{
    return strcmp(figure->name, "stages") == 0 || figure == &pal_fig_models || figure == &pal_fig_importance ||
           figure == &pal_fig_training || figure == &pal_fig_domains || figure == &pal_fig_pareto ||
           strncmp(figure->name, "communities", 11) == 0;
}

START_TEST(every_arm_is_named_in_every_figure_of_arms)
{
    pal_rundata *run = load(PLOTS_RUN);
    const pal_figure *figure = pal_figure_at((size_t)_i);

    if (!figure->per_person && !is_partial(figure)) {
        pal_canvas *canvas = drawn(figure, run, 0);

        for (size_t a = 0; a < run->n_arms; a++) {
            ck_assert_msg(says(canvas, run->arms[a].label), "%s does not name %s", figure->name, run->arms[a].label);
        }
        pal_canvas_free(canvas);
    }
    pal_rundata_free(run);
}
END_TEST

START_TEST(the_table_has_every_figure_once)
{
    for (size_t i = 0; i < N_FIGURES; i++) {
        ck_assert_ptr_nonnull(pal_figure_at(i));
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(pal_figure_at(i)->name, pal_figure_at(j)->name);
        }
    }
    ck_assert_ptr_null(pal_figure_at(N_FIGURES));
}
END_TEST

START_TEST(files_of_people_carry_replicate_and_user)
{
    pal_rundata *run = load(PLOTS_RUN);
    char name[96];

    pal_figure_file_name(name, &pal_fig_person, run, 1);
    ck_assert_str_eq(name, "person-0-20");
    pal_figure_file_name(name, &pal_fig_learning, run, 0);
    ck_assert_str_eq(name, "learning");
    pal_rundata_free(run);
}
END_TEST

/* All that may be empty is empty: tables without rows, no curves, no groups, nobody learned a thing. */
static pal_rundata *load_empty(void)
{
    const char *dir = plots_copy_run("empty");
    pal_rundata *run;

    plots_keep_header(dir, "rounds.csv");
    plots_keep_header(dir, "slots.csv");
    plots_keep_header(dir, "stages.csv");
    plots_keep_header(dir, "coverage.csv");
    plots_keep_header(dir, "training_curves.csv");
    plots_keep_header(dir, "importance.csv");
    plots_keep_header(dir, "model_quality.csv");
    plots_keep_header(dir, "feedback.csv");
    plots_replace(dir, "summary.json", "\"groups\":[", "\"old_groups\":[");
    plots_replace(dir, "catalog.json", "\"map\":{", "\"old_map\":{");
    run = load(dir);
    for (size_t a = 0; a < run->n_arms; a++) {
        run->arms[a].n_metrics = run->arms[a].n_comparisons = run->arms[a].n_stages = run->arms[a].n_bins = 0;
        run->arms[a].n_lorenz = run->arms[a].n_exposure = run->arms[a].roc.n = 0;
    }
    for (size_t p = 0; p < run->profiles->n_people; p++) {
        pal_person_arm *arm = &run->profiles->people[p].arms[0];

        arm->n_learned = arm->n_genres = arm->n_rounds = arm->n_points = arm->n_last = 0;
    }
    return run;
}

START_TEST(empty_data_is_said_to_be_so)
{
    pal_rundata *run = load_empty();
    const pal_figure *figure = pal_figure_at((size_t)_i);
    pal_canvas *canvas = drawn(figure, run, 0);

    check_page(figure->name, canvas);
    ck_assert_msg(says(canvas, "no data"), "%s", figure->name);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(what_a_run_did_not_do_is_left_out_and_not_shown_as_broken)
{
    static const pal_figure *const figures[] = { &pal_fig_models, &pal_fig_importance, &pal_fig_training,
                                                 &pal_fig_rungs };
    pal_rundata *full = load(PLOTS_RUN), *empty = load_empty();

    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        ck_assert_msg(pal_figure_has_data(figures[i], full), "%s", figures[i]->name);
        ck_assert_msg(!pal_figure_has_data(figures[i], empty), "%s", figures[i]->name);
    }
    ck_assert(pal_figure_has_data(&pal_fig_quality, empty)); /* a gap that a reader looks for is named */
    pal_rundata_free(full);
    pal_rundata_free(empty);
}
END_TEST

START_TEST(the_winner_of_each_bin_is_named_and_a_tie_is_called_one)
{
    pal_rundata *run = load(PLOTS_RUN);
    pal_canvas *canvas = drawn(&pal_fig_rungs, run, 0);

    ck_assert(says(canvas, "Popularity or Progressive"));   /* 0.21 and 0.20: the interval of the lead covers 0 */
    ck_assert(says(canvas, "0.170 [0.158, 0.182]"));        /* 0.34 before 0.17 */
    ck_assert(says(canvas, "only Progressive came so far"));
    ck_assert(says(canvas, "10,000+"));
    ck_assert(!says(canvas, "Oracle or"));
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_sheet_draws_a_chart_of_lessons_where_there_were_some)
{
    pal_rundata *run = load(PLOTS_RUN);
    double with = pal_fig_person.height(run, 0);
    pal_canvas *canvas = drawn(&pal_fig_person, run, 0);

    ck_assert(says(canvas, "AUC by round") && says(canvas, "boosted (fitted)"));
    pal_canvas_free(canvas);
    for (size_t i = 0; i < run->profiles->people[0].arms[0].n_learned; i++) {
        run->profiles->people[0].arms[0].learned[i].n_fits = 0;
    }
    ck_assert_double_lt(pal_fig_person.height(run, 0), with);
    canvas = drawn(&pal_fig_person, run, 0);
    ck_assert(!says(canvas, "AUC by round"));
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_training_curve_says_how_many_trees_were_kept)
{
    pal_rundata *run = load(PLOTS_RUN);
    pal_canvas *canvas = drawn(&pal_fig_training, run, 0);

    ck_assert(says(canvas, "18 trees kept")); /* the newest model of the taste ... */
    ck_assert(!says(canvas, "4 trees kept")); /* ... not the one before            */
    ck_assert(says(canvas, "1 tree kept"));
    ck_assert(says(canvas, "20: Hip hop"));
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_person_without_the_focus_arm_is_still_drawn)
{
    pal_rundata *run = load(PLOTS_RUN);
    pal_canvas *canvas;

    run->profiles->people[0].n_arms = 0;
    canvas = drawn(&pal_fig_person, run, 0);
    check_page("person", canvas);
    ck_assert(says(canvas, "not learned yet"));
    pal_canvas_free(canvas);
    canvas = drawn(&pal_fig_taste_map, run, 0);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

/* Rows of one arm become twelve arms with long names: legends wrap, labels are pushed, nothing collides. */
START_TEST(many_arms_with_long_names_still_fit)
{
    pal_rundata *run = load(PLOTS_RUN);
    const pal_figure *figure = pal_figure_at((size_t)_i);
    pal_plot_arm arms[12];
    pal_plot_arm *before = run->arms;

    for (int a = 0; a < 12; a++) {
        arms[a] = before[a % 3];
        arms[a].is_focus = a == 1;
        arms[a].label = a % 2 == 0 ? "progressive with a long name" : "ranking 0.2385";
    }
    run->arms = arms;
    run->n_arms = 12;
    if (!figure->per_person) {
        pal_canvas *canvas = drawn(figure, run, 0);

        check_page(figure->name, canvas);
        pal_canvas_free(canvas);
    }
    run->arms = before;
    run->n_arms = 3;
    pal_rundata_free(run);
}
END_TEST

START_TEST(catalog_figures_fit_their_pages_with_and_without_data)
{
    static const char empty[] = "{}";
    pal_json_doc *docs[2] = { NULL, NULL };

    ck_assert_int_eq(pal_json_load(&docs[0], PLOTS_RUN "/catalog.json", NULL), PAL_OK);
    ck_assert_int_eq(pal_json_parse(&docs[1], empty, sizeof empty - 1, "empty", NULL), PAL_OK);
    for (size_t i = 0; pal_catalog_figure_at(i) != NULL; i++) {
        for (int d = 0; d < 2; d++) {
            const pal_catalog_figure *figure = pal_catalog_figure_at(i);
            const pal_json *catalog = pal_json_root(docs[d]);
            pal_canvas *canvas = NULL;

            ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH,
                                            figure->height(catalog), NULL), PAL_OK);
            ck_assert_int_eq(figure->draw(canvas, catalog, NULL), PAL_OK);
            check_page(figure->name, canvas);
            ck_assert_int_eq(says(canvas, "no data"), d == 1);
            pal_canvas_free(canvas);
        }
    }
    pal_json_free(docs[0]);
    pal_json_free(docs[1]);
}
END_TEST

START_TEST(every_format_is_rendered)
{
    static const struct { pal_format format; const char *begin; } cases[] = {
        { PAL_FORMAT_SVG, "<svg xmlns" }, { PAL_FORMAT_PNG, "\x89PNG" }, { PAL_FORMAT_PDF, "%PDF" },
    };
    pal_rundata *run = load(PLOTS_RUN);

    for (int i = 0; i < 3; i++) {
        pal_text bytes = { 0 };
        pal_error err = { 0 };

        ck_assert_msg(pal_figure_render(&bytes, &pal_fig_slots, run, 0, cases[i].format, PAL_THEME_DARK, &err) == PAL_OK,
                      "%s", err.text);
        ck_assert_mem_eq(bytes.bytes, cases[i].begin, strlen(cases[i].begin));
        ck_assert(i != 0 || plots_is_balanced(bytes.bytes));
        pal_text_clear(&bytes);
    }
    pal_rundata_free(run);
}
END_TEST

Suite *suite_plots_figure(void)
{
    Suite *suite = suite_create("plots/figure");
    TCase *tc = tcase_create("figure");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, no_text_leaves_the_page_or_lies_upon_another, 0, N_FIGURES);
    tcase_add_loop_test(tc, every_arm_is_named_in_every_figure_of_arms, 0, N_FIGURES);
    tcase_add_test(tc, the_table_has_every_figure_once);
    tcase_add_test(tc, files_of_people_carry_replicate_and_user);
    tcase_add_loop_test(tc, empty_data_is_said_to_be_so, 0, N_FIGURES);
    tcase_add_test(tc, what_a_run_did_not_do_is_left_out_and_not_shown_as_broken);
    tcase_add_test(tc, the_winner_of_each_bin_is_named_and_a_tie_is_called_one);
    tcase_add_test(tc, a_sheet_draws_a_chart_of_lessons_where_there_were_some);
    tcase_add_test(tc, a_training_curve_says_how_many_trees_were_kept);
    tcase_add_test(tc, a_person_without_the_focus_arm_is_still_drawn);
    tcase_add_loop_test(tc, many_arms_with_long_names_still_fit, 0, N_FIGURES);
    tcase_add_test(tc, catalog_figures_fit_their_pages_with_and_without_data);
    tcase_add_test(tc, every_format_is_rendered);
    suite_add_tcase(suite, tc);
    return suite;
}

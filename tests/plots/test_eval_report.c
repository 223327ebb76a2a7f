/* The report of an evaluation: read, drawn, said; and what a broken directory leads to. */
#include "plots/eval_report.h"

#include "core/mem.h"
#include "plots/canvas.h"
#include "plots/eval_read.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Suite *suite_plots_eval_report(void);

#define SMALL "tests/fixtures/eval_small"

static const char *copy_small(const char *name)
{
    static const char *const files[] = { "manifest.json", "summary.json", "search.csv", "recommendations.csv" };
    const char *dir = scratch_path(name);

    ck_assert_int_eq(mkdir(dir, 0777), 0);
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        char from[200], to[100];
        size_t n;
        char *bytes;

        snprintf(from, sizeof from, SMALL "/%s", files[f]);
        snprintf(to, sizeof to, "%.60s/%s", name, files[f]);
        bytes = plots_read(from, &n);
        scratch_write(to, bytes, n);
        free(bytes);
    }
    return dir;
}

static pal_rundata *load_small(void)
{
    pal_rundata *run = NULL;
    pal_error err = { 0 };

    ck_assert_msg(pal_eval_rundata_load(&run, SMALL, &err) == PAL_OK, "%s", err.text);
    return run;
}

static char *report_of(const char *dir, size_t *n)
{
    pal_report_options options = pal_report_defaults();
    pal_error err = { 0 };
    char path[600];

    options.formats = 0;
    ck_assert_msg(pal_eval_report_draw(dir, &options, &err) == PAL_OK, "%s", err.text);
    snprintf(path, sizeof path, "%s/report.html", dir);
    return plots_read(path, n);
}

START_TEST(the_files_are_read_as_they_stand)
{
    pal_rundata *run = load_small();
    char name[PAL_EVAL_NAME];
    size_t kept = 0;

    ck_assert_uint_eq(run->n_arms, 4);
    ck_assert_str_eq(run->eval->main, "ndcg@10");
    ck_assert_double_eq(run->eval->main_k, 10);
    ck_assert_uint_eq(run->eval->n_k, 2);
    ck_assert_str_eq(pal_eval_metric(name, run, "recall"), "recall@10");
    ck_assert(pal_eval_measured(run, name));
    ck_assert(!pal_eval_measured(run, "recall@4"));
    ck_assert_uint_eq(run->eval->n_tries, 6); /* three settings in two replicates */
    for (size_t t = 0; t < 6; t++) kept += run->eval->tries[t].kept;
    ck_assert_uint_eq(kept, 2);
    ck_assert_uint_eq(run->eval->n_activity, 4);
    ck_assert(run->arms[0].is_baseline);
    pal_eval_rundata_free(run);
}
END_TEST

START_TEST(the_page_fetches_nothing_and_is_balanced)
{
    static const char *const parts[] = { "<h1>", "class=\"answer\"", "id=\"run\"", "id=\"table\"", "id=\"figures\"",
                                         "id=\"scores\"", "id=\"differences\"", "id=\"lengths\"", "id=\"tradeoff\"",
                                         "id=\"spread\"", "id=\"activity\"", "id=\"search\"", "id=\"lists\"",
                                         "id=\"method\"", "id=\"again\"" };
    size_t n;
    char *html = report_of(copy_small("page"), &n), *at = html;

    ck_assert_ptr_null(strstr(html, "http://"));
    ck_assert_ptr_null(strstr(html, "https://"));
    ck_assert_ptr_null(strstr(html, " src="));
    ck_assert(plots_is_balanced(html));
    ck_assert_uint_lt(n, 700 * 1000);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at = strstr(at, parts[i]);
        ck_assert_msg(at != NULL, "no %s behind the part before it", parts[i]);
    }
    free(html);
}
END_TEST

START_TEST(every_metric_is_defined_once)
{
    size_t n;
    char *html = report_of(copy_small("method"), &n), *method = strstr(html, "id=\"method\"");

    ck_assert_ptr_nonnull(method);
    ck_assert_has(method, "<td>NDCG</td>");
    ck_assert_has(method, "<td>AUC, ties lost</td>");
    ck_assert_has(method, "<td>Catalog coverage</td>");
    ck_assert_ptr_null(strstr(strstr(method, "<td>NDCG</td>") + 1, "<td>NDCG</td>"));
    free(html);
}
END_TEST

START_TEST(the_same_files_give_the_same_page)
{
    size_t n[2];
    char *a = report_of(copy_small("one"), &n[0]), *b = report_of(copy_small("two"), &n[1]);

    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(a, b, n[0]);
    free(a);
    free(b);
}
END_TEST

START_TEST(names_from_files_cannot_become_markup)
{
    const char *dir = copy_small("markup");
    size_t n;
    char *html;

    plots_replace(dir, "summary.json", "\"purpose\": \"", "\"purpose\": \"<script>1</script>");
    plots_replace(dir, "summary.json", "\"label\": \"Popularity\"", "\"label\": \"<b>&\\\"x\\\"\"");
    plots_replace(dir, "recommendations.csv", ",,", ",<i>&,");
    html = report_of(dir, &n);
    ck_assert_ptr_null(strstr(html, "<script>1"));
    ck_assert_ptr_null(strstr(html, "&\"x\""));
    ck_assert_has(html, "&lt;b&gt;&amp;&quot;x&quot;");
    ck_assert_has(html, "&lt;i&gt;&amp;");
    ck_assert(plots_is_balanced(html));
    free(html);
}
END_TEST

/* ---- the answer ---- */

static void answer_has(const pal_rundata *run, const char *wanted, const char *unwanted)
{
    pal_text text = { 0 };

    pal_eval_report_answer(&text, run);
    ck_assert_has(text.bytes, wanted);
    ck_assert_msg(unwanted == NULL || strstr(text.bytes, unwanted) == NULL, "'%s' holds '%s'", text.bytes, unwanted);
    pal_text_clear(&text);
}

static pal_plot_comparison *main_of(pal_rundata *run)
{
    return (pal_plot_comparison *)pal_arm_comparison(&run->arms[run->focus], run->eval->main);
}

START_TEST(the_answer_names_the_best_its_margin_and_the_next)
{
    pal_rundata *run = load_small();
    pal_plot_comparison *c = main_of(run);

    ck_assert_ptr_nonnull(c);
    c->diff = (pal_estimate){ 0.155, 0.136, 0.174, 80 };
    c->p_adjusted = 0.002;
    c->significant = true;
    answer_has(run, "Over the full ranking of 60 items for each of 80 people", "chance");
    answer_has(run, "has the highest NDCG@10", NULL);
    answer_has(run, "That is 0.155 [0.136, 0.174] more than Popularity on the same people (p = 0.002, Holm correction)", NULL);
    answer_has(run, "Next comes ", NULL);
    answer_has(run, "of the catalog (Popularity: ", NULL);
    pal_eval_rundata_free(run);
}
END_TEST

START_TEST(noise_is_called_noise)
{
    pal_rundata *run = load_small();
    pal_plot_comparison *c = main_of(run);

    c->diff = (pal_estimate){ 0.155, 0.136, 0.174, 80 };
    c->significant = false;
    answer_has(run, "too small to be told from chance", "more than Popularity");
    c->significant = true;
    c->diff.lo = -0.01;
    answer_has(run, "too small to be told from chance", "more than Popularity");
    pal_eval_rundata_free(run);
}
END_TEST

START_TEST(a_baseline_that_wins_and_what_was_not_measured_are_said)
{
    pal_rundata *run = load_small();

    run->focus = run->baseline;
    answer_has(run, "It is the baseline: no other model does better", "more than");
    run->arms[run->focus].n_metrics = 0;
    answer_has(run, "could not be measured", "nan");
    pal_eval_rundata_free(run);
}
END_TEST

/* ---- figures ---- */

START_TEST(all_figures_are_written_in_the_formats_asked_for)
{
    const char *dir = copy_small("files");
    pal_file_list files = { 0 };
    pal_report_options options = pal_report_defaults();
    pal_error err = { 0 };
    char path[600];

    options.themes = PAL_THEMES_BOTH;
    options.formats = PAL_FORMAT_SVG | PAL_FORMAT_PNG;
    options.written = &files;
    ck_assert_msg(pal_eval_report_draw(dir, &options, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_eq(files.n, 7 * 5 + 2);
    snprintf(path, sizeof path, "%s/figures", dir);
    ck_assert_uint_eq(scratch_count(path), 7 * 5); /* their numbers too */
    pal_file_list_clear(&files);
}
END_TEST

/* Nothing overlaps and nothing leaves the page, in any figure. */
START_TEST(texts_stay_on_the_page_and_apart)
{
    const pal_figure *figure = pal_eval_figure_at((size_t)_i);
    pal_rundata *run = load_small();
    pal_canvas *canvas = NULL;
    const pal_text_box *box;
    pal_text bytes = { 0 };
    size_t n;
    double height = figure->height(run, 0);

    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, 516, height, NULL), PAL_OK);
    ck_assert_int_eq(figure->draw(canvas, run, 0, NULL), PAL_OK);
    box = pal_canvas_texts(canvas, &n);
    ck_assert_uint_gt(n, 8);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(box[i].x0 >= -0.5 && box[i].x1 <= 516.5 && box[i].y0 >= -0.5 && box[i].y1 <= height + 0.5,
                      "%s: '%s' leaves the page", figure->name, box[i].text);
        for (size_t j = 0; j < i; j++) {
            bool apart = box[i].x0 >= box[j].x1 - 1 || box[j].x0 >= box[i].x1 - 1 || box[i].y0 >= box[j].y1 - 2.5 ||
                         box[j].y0 >= box[i].y1 - 2.5;
            bool digits = strlen(box[i].text) <= 2 && strlen(box[j].text) <= 2; /* marks of the trade-off may meet */

            ck_assert_msg(apart || digits, "%s: '%s' and '%s' overlap", figure->name, box[i].text, box[j].text);
        }
    }
    ck_assert_int_eq(pal_canvas_finish(canvas, "x", &bytes, NULL), PAL_OK);
    pal_text_clear(&bytes);
    pal_canvas_free(canvas);
    pal_eval_rundata_free(run);
}
END_TEST

START_TEST(a_run_without_search_or_with_one_length_leaves_those_figures_out)
{
    const char *dir = copy_small("bare");
    pal_rundata *run = NULL;

    plots_keep_header(dir, "search.csv");
    ck_assert_int_eq(pal_eval_rundata_load(&run, dir, NULL), PAL_OK);
    ck_assert(!pal_figure_has_data(&pal_fig_eval_search, run));
    ck_assert(pal_figure_has_data(&pal_fig_eval_lengths, run));
    ((pal_evaldata *)run->eval)->n_k = 1;
    ck_assert(!pal_figure_has_data(&pal_fig_eval_lengths, run));
    pal_eval_rundata_free(run);
}
END_TEST

/* ---- what is broken ---- */

static const struct {
    const char *file, *from, *to;
    const char *has;
} broken[] = {
    { "manifest.json", "palate-eval/1", "palate-run/1", "palate-eval/1" },
    { "summary.json", "\"main\"", "\"mein\"", "main" },
    { "summary.json", "\"activity\"", "\"activitee\"", "activity" },
    { "summary.json", "\"k\": [", "\"j\": [", "'k'" },
    { "search.csv", "item_knn,0,0", "iten_knn,0,0", "iten_knn" },
    { "search.csv", "item_knn,0,0,ndcg@10,", "item_knn,0,0,ndcg@10,x", "search.csv" },
    { "search.csv", "kept", "keep", "kept" },
    { "recommendations.csv", "place", "plaze", "place" },
};

START_TEST(a_broken_directory_is_named_and_keeps_its_old_report)
{
    const char *dir = copy_small("broken");
    pal_report_options options = pal_report_defaults();
    pal_error err = { 0 };
    char path[600];

    scratch_text("broken/report.html", "old");
    plots_replace(dir, broken[_i].file, broken[_i].from, broken[_i].to);
    options.formats = 0;
    ck_assert_int_eq(pal_eval_report_draw(dir, &options, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, broken[_i].has);
    snprintf(path, sizeof path, "%s/report.html", dir);
    ck_assert(scratch_holds(path, "old"));
}
END_TEST

START_TEST(directories_are_told_apart)
{
    ck_assert(pal_is_evaluation(SMALL));
    ck_assert(!pal_is_evaluation(PLOTS_RUN));
    ck_assert(!pal_is_evaluation("nowhere"));
}
END_TEST

START_TEST(memory_that_runs_out_is_an_error_and_no_crash)
{
    pal_rundata *run = load_small();
    pal_text page = { 0 };
    size_t total;

    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_eval_report_page(&page, run, NULL), PAL_OK);
    total = pal_mem_count();
    pal_text_clear(&page);
    for (size_t n = 1; n <= total; n += 1 + total / 40) {
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_eval_report_page(&page, run, NULL);
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu of %zu: %s", n, total, pal_status_name(rc));
        pal_text_clear(&page);
    }
    pal_eval_rundata_free(run);
    run = NULL;
    for (size_t n = 1; n < 200; n += 3) {
        pal_mem_fail_at(n);
        (void)!pal_eval_rundata_load(&run, SMALL, NULL);
        pal_mem_fail_at(0);
        pal_eval_rundata_free(run);
        run = NULL;
    }
}
END_TEST

Suite *suite_plots_eval_report(void)
{
    Suite *suite = suite_create("plots/eval_report");
    TCase *tc = tcase_create("eval_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_files_are_read_as_they_stand);
    tcase_add_test(tc, the_page_fetches_nothing_and_is_balanced);
    tcase_add_test(tc, every_metric_is_defined_once);
    tcase_add_test(tc, the_same_files_give_the_same_page);
    tcase_add_test(tc, names_from_files_cannot_become_markup);
    tcase_add_test(tc, the_answer_names_the_best_its_margin_and_the_next);
    tcase_add_test(tc, noise_is_called_noise);
    tcase_add_test(tc, a_baseline_that_wins_and_what_was_not_measured_are_said);
    tcase_add_test(tc, all_figures_are_written_in_the_formats_asked_for);
    tcase_add_loop_test(tc, texts_stay_on_the_page_and_apart, 0, 7);
    tcase_add_test(tc, a_run_without_search_or_with_one_length_leaves_those_figures_out);
    tcase_add_loop_test(tc, a_broken_directory_is_named_and_keeps_its_old_report, 0, (int)(sizeof broken / sizeof *broken));
    tcase_add_test(tc, directories_are_told_apart);
    tcase_add_test(tc, memory_that_runs_out_is_an_error_and_no_crash);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The report: one page that needs nothing else, says what the numbers say, and calls noise noise. */
#include "plots/report.h"

#include "core/mem.h"
#include "core/stop.h"
#include "plots/canvas.h"
#include "plots/report_page.h"
#include "plots/run_data.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *suite_plots_report(void);

static char *report_of(const char *dir, size_t *n)
{
    pal_report_options options = pal_report_defaults();
    pal_error err = { 0 };
    char path[600];

    options.formats = 0;
    ck_assert_msg(pal_report_draw(dir, &options, &err) == PAL_OK, "%s", err.text);
    snprintf(path, sizeof path, "%s/report.html", dir);
    return plots_read(path, n);
}

START_TEST(the_page_fetches_nothing_and_is_balanced)
{
    size_t n;
    char *html = report_of(plots_copy_run("page"), &n);

    ck_assert_ptr_null(strstr(html, "http://"));
    ck_assert_ptr_null(strstr(html, "https://"));
    ck_assert_ptr_null(strstr(html, "@import"));
    ck_assert_ptr_null(strstr(html, " src="));
    ck_assert(plots_is_balanced(html));
    ck_assert_uint_lt(n, 700 * 1000); /* two people, three arms */
    free(html);
}
END_TEST

typedef struct name { const char *at; size_t n; } name;

/* Names behind `mark` up to `stop`. */
static size_t collect(name *names, size_t most, const char *text, const char *mark, char stop)
{
    size_t n = 0;

    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at, mark)) {
        at += strlen(mark);
        ck_assert_uint_lt(n, most);
        names[n++] = (name){ at, (size_t)(strchr(at, stop) - at) };
    }
    return n;
}

static int by_text(const void *a, const void *b)
{
    const name *x = a, *y = b;
    int order = strncmp(x->at, y->at, x->n < y->n ? x->n : y->n);

    return order != 0 ? order : x->n < y->n ? -1 : x->n > y->n;
}

START_TEST(ids_are_unique_and_every_reference_has_its_target)
{
    enum { MOST = 20000 };
    static name ids[MOST], uses[MOST];
    size_t n, n_ids, n_uses;
    char *html = report_of(plots_copy_run("ids"), &n);

    n_ids = collect(ids, MOST, html, " id=\"", '"');
    n_uses = collect(uses, MOST, html, "href=\"#", '"');
    n_uses += collect(uses + n_uses, MOST - n_uses, html, "url(#", ')');
    ck_assert_uint_gt(n_ids, 50);
    ck_assert_uint_gt(n_uses, 500);
    qsort(ids, n_ids, sizeof *ids, by_text);
    for (size_t i = 1; i < n_ids; i++) {
        ck_assert_msg(by_text(&ids[i - 1], &ids[i]) != 0, "id %.*s stands twice", (int)ids[i].n, ids[i].at);
    }
    for (size_t i = 0; i < n_uses; i++) {
        ck_assert_msg(bsearch(&uses[i], ids, n_ids, sizeof *ids, by_text) != NULL, "nothing has the id %.*s",
                      (int)uses[i].n, uses[i].at);
    }
    free(html);
}
END_TEST

START_TEST(the_parts_stand_in_their_order)
{
    static const char *const parts[] = { "<h1>", "class=\"answer\"", "id=\"run\"", "id=\"table\"", "id=\"learning\"",
                                         "id=\"stages\"", "id=\"forest\"", "id=\"rungs\"", "id=\"slots\"",
                                         "id=\"quality\"", "id=\"models\"", "id=\"importance\"", "id=\"training\"",
                                         "id=\"coverage\"", "id=\"groups\"", "id=\"health\"", "id=\"people\"",
                                         "id=\"method\"", "id=\"again\"" };
    size_t n;
    char *html = report_of(plots_copy_run("parts"), &n), *at = html;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *next = strstr(at, parts[i]);

        ck_assert_msg(next != NULL, "no %s behind the part before it", parts[i]);
        at = next;
    }
    ck_assert_has(html, "5d41402abc4b2a76b9719d911017c592");
    ck_assert_has(html, "typical: median like rate");
    free(html);
}
END_TEST

START_TEST(the_same_run_gives_the_same_page)
{
    size_t n[2];
    char *a = report_of(plots_copy_run("one"), &n[0]), *b = report_of(plots_copy_run("two"), &n[1]);

    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(a, b, n[0]);
    free(a);
    free(b);
}
END_TEST

START_TEST(names_from_files_cannot_become_markup)
{
    const char *dir = plots_copy_run("markup");
    size_t n;
    char *html;

    plots_replace(dir, "summary.json", "\"label\":\"Progressive\"", "\"label\":\"<b>&\\\"x\\\"\"");
    plots_replace(dir, "summary.json", "\"purpose\":\"", "\"purpose\":\"<script>1</script>");
    html = report_of(dir, &n);
    ck_assert_ptr_null(strstr(html, "<script>1"));
    ck_assert_ptr_null(strstr(html, "<b>"));
    ck_assert_has(html, "&lt;b&gt;&amp;&quot;x&quot;");
    ck_assert(plots_is_balanced(html));
    free(html);
}
END_TEST

static pal_rundata *load_small(void)
{
    pal_rundata *run = NULL;

    ck_assert_int_eq(pal_rundata_load(&run, PLOTS_RUN, NULL), PAL_OK);
    return run;
}

static void answer_has(const pal_rundata *run, const char *wanted, const char *unwanted)
{
    pal_text text = { 0 };

    pal_report_answer(&text, run);
    ck_assert_has(text.bytes, wanted);
    ck_assert_msg(unwanted == NULL || strstr(text.bytes, unwanted) == NULL, "'%s' holds '%s'", text.bytes, unwanted);
    pal_text_clear(&text);
}

START_TEST(the_answer_names_winner_margin_coverage_oracle_and_ceiling)
{
    pal_rundata *run = load_small();

    answer_has(run, "Over 6 rounds with 2,000 people, Progressive earned 0.335 [0.331, 0.339] likes per impression",
               "chance");
    answer_has(run, "That is 0.155 [0.136, 0.174] more than Popularity on the same people (p = 0.002, Holm correction)",
               NULL);
    answer_has(run, "served 94\xc2\xa0% of people's tastes", NULL);
    answer_has(run, "The oracle, which knows everyone's tastes, earned 0.420: Progressive reached 80\xc2\xa0% of that",
               NULL);
    answer_has(run, "its AUC is 0.676", NULL);
    answer_has(run, "where 0.862 is the most", NULL);
    pal_rundata_free(run);
}
END_TEST

static pal_plot_comparison *likes_of(pal_rundata *run)
{
    return (pal_plot_comparison *)pal_arm_comparison(&run->arms[run->focus], "like_rate");
}

START_TEST(an_interval_over_zero_is_called_chance)
{
    pal_rundata *run = load_small();

    likes_of(run)->diff.lo = -0.01;
    answer_has(run, "too small to be told from chance", "more than Popularity");
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_difference_that_fails_the_corrected_test_is_called_chance)
{
    pal_rundata *run = load_small();

    likes_of(run)->significant = false;
    answer_has(run, "too small to be told from chance", "more than Popularity");
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_loss_is_told_as_a_loss)
{
    pal_rundata *run = load_small();

    likes_of(run)->diff = (pal_estimate){ -0.155, -0.174, -0.135, 2000 };
    answer_has(run, "That is 0.155 [0.135, 0.174] less than Popularity", "more than Popularity");
    pal_rundata_free(run);
}
END_TEST

START_TEST(coins_by_cluster_are_told_to_leave_nothing_to_learn)
{
    pal_rundata *run = load_small();
    pal_kind *kinds = run->arms[run->focus].kinds;

    answer_has(run, "Progressive", "models of single tastes"); /* another response model: nothing is said */
    run->response_model = "cluster-bernoulli";
    kinds[1].auc_ceiling = 0.5;
    kinds[0].auc = (pal_estimate){ 0.4917, 0.4731, 0.5128, 1170 };
    kinds[1].auc = (pal_estimate){ 0.5083, 0.4885, 0.5347, 1170 };
    answer_has(run, "an AUC of 0.492 [0.473, 0.513] (logistic, 4,321 models of Progressive) and "
                    "0.508 [0.488, 0.535] (boosted trees, 4,321 models of Progressive): 0.5, which is guessing, lies "
                    "within each interval. Nothing better is possible here", "not lie");
    kinds[1].auc_ceiling = 0.5312;
    answer_has(run, "up to an AUC of 0.531, is which of its songs belong to another cluster", "nothing to learn");
    kinds[1].auc_ceiling = 0.5;
    answer_has(run, "inside a taste there is nothing to learn", "another cluster");
    kinds[1].auc.lo = 0.5012;
    answer_has(run, "does not lie within every interval", "lies within each");
    run->arms[run->focus].n_kinds = 1;
    answer_has(run, "lies within that interval", "each interval");
    run->arms[run->focus].n_kinds = 0;
    answer_has(run, "Progressive", "single tastes");
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_run_without_models_leaves_their_chapters_out)
{
    static const char *const files[] = { "training_curves.csv", "importance.csv", "model_quality.csv", "feedback.csv" };
    const char *dir = plots_copy_run("none");
    char path[600], *html;
    size_t n;

    for (size_t i = 0; i < 4; i++) { /* as a run of an older version */
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        ck_assert_int_eq(remove(path), 0);
    }
    html = report_of(dir, &n);
    ck_assert_ptr_nonnull(strstr(html, "id=\"quality\""));
    ck_assert_ptr_null(strstr(html, "id=\"models\""));
    ck_assert_ptr_null(strstr(html, "id=\"importance\""));
    ck_assert_ptr_null(strstr(html, "id=\"training\""));
    ck_assert_ptr_null(strstr(html, "id=\"rungs\""));
    free(html);
}
END_TEST

START_TEST(what_was_not_measured_is_not_claimed)
{
    pal_rundata *run = load_small();

    run->arms[run->focus].n_metrics = 0;
    run->arms[run->focus].n_comparisons = 0;
    answer_has(run, "No like rate was measured", "nan");
    answer_has(run, "was not compared", "AUC");
    run->oracle = SIZE_MAX;
    answer_has(run, "this run gives no answer", "oracle");
    run->baseline = run->focus;
    answer_has(run, "nothing to compare", NULL);
    pal_rundata_free(run);
}
END_TEST

START_TEST(all_figures_are_written_in_all_formats_and_themes)
{
    const char *dir = plots_copy_run("files");
    pal_file_list files = { 0 };
    pal_report_options options = pal_report_defaults();
    pal_error err = { 0 };
    char path[600];

    options.themes = PAL_THEMES_BOTH;
    options.written = &files;
    ck_assert_msg(pal_report_draw(dir, &options, &err) == PAL_OK, "%s", err.text);
    /* 13 figures and 2 for each of 2 people, 3 formats, 2 themes, and their numbers; and the report, twice. */
    ck_assert_uint_eq(files.n, 17 * 7 + 2);
    snprintf(path, sizeof path, "%s/figures", dir);
    ck_assert_uint_eq(scratch_count(path), 17 * 7);
    for (size_t i = 0; i < files.n; i++) {
        struct stat at;

        ck_assert_int_eq(stat(files.path[i], &at), 0);
        ck_assert_int_gt(at.st_size, strstr(files.path[i], ".csv") != NULL ? 50 : 1000);
    }
    pal_file_list_clear(&files);
}
END_TEST

START_TEST(drawing_can_be_interrupted)
{
    const char *dir = plots_copy_run("interrupted");
    pal_report_options options = pal_report_defaults();
    pal_error err = { 0 };
    pal_status rc;

    pal_stop_request();
    rc = pal_report_draw(dir, &options, &err);
    pal_stop_reset();
    ck_assert_int_eq(rc, PAL_ERR_STOPPED);
    ck_assert_has(err.text, "interrupted while drawing");
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_named)
{
    const char *dir = plots_copy_run("blocked");
    pal_report_options options = pal_report_defaults();
    pal_error err = { 0 };
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/figures", dir);
    file = fopen(path, "wb"); /* a file stands where the folder should */
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(pal_report_draw(dir, &options, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "figures");
}
END_TEST

START_TEST(a_failed_report_leaves_the_old_one)
{
    const char *dir = plots_copy_run("old");
    pal_report_options options = pal_report_defaults();
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/report.html", dir);
    file = fopen(path, "wb");
    fputs("old", file);
    fclose(file);
    plots_replace(dir, "rounds.csv", "popularity,0,auc,0.55", "popularity,0,auc,high");
    ck_assert_int_eq(pal_report_draw(dir, &options, NULL), PAL_ERR_DATA);
    ck_assert(scratch_holds(path, "old"));
}
END_TEST

START_TEST(memory_that_runs_out_while_drawing_is_an_error_and_no_crash)
{
    pal_rundata *run = load_small();
    size_t total, failed = 0;
    pal_text page = { 0 };

    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_report_page(&page, run, NULL), PAL_OK);
    total = pal_mem_count();
    pal_text_clear(&page);
    for (size_t n = 1; n <= total; n += total / 60) {
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_report_page(&page, run, NULL);
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu of %zu: %s", n, total, pal_status_name(rc));
        failed++;
        pal_text_clear(&page);
    }
    ck_assert_uint_gt(failed, 5);
    pal_rundata_free(run);
}
END_TEST

START_TEST(catalog_figures_are_written_where_asked)
{
    const char *dir = scratch_path("catalog/figures");
    pal_error err = { 0 };

    ck_assert_msg(pal_figure_catalog(PLOTS_RUN "/catalog.json", dir, PAL_FORMAT_SVG | PAL_FORMAT_PDF, &err) == PAL_OK,
                  "%s", err.text);
    ck_assert_uint_eq(scratch_count(dir), 12); /* four figures in two formats, and their numbers */
    ck_assert_int_eq(pal_figure_catalog(PLOTS_RUN "/nothing.json", dir, PAL_FORMAT_SVG, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "nothing.json");
}
END_TEST

START_TEST(drawing_goes_on_after_a_shutdown)
{
    size_t n;
    char *html;

    pal_canvas_shutdown();
    html = report_of(plots_copy_run("again"), &n);
    ck_assert_uint_gt(n, 100000);
    free(html);
    pal_canvas_shutdown();
}
END_TEST

Suite *suite_plots_report(void)
{
    Suite *suite = suite_create("plots/report");
    TCase *tc = tcase_create("report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_page_fetches_nothing_and_is_balanced);
    tcase_add_test(tc, ids_are_unique_and_every_reference_has_its_target);
    tcase_add_test(tc, the_parts_stand_in_their_order);
    tcase_add_test(tc, the_same_run_gives_the_same_page);
    tcase_add_test(tc, names_from_files_cannot_become_markup);
    tcase_add_test(tc, the_answer_names_winner_margin_coverage_oracle_and_ceiling);
    tcase_add_test(tc, an_interval_over_zero_is_called_chance);
    tcase_add_test(tc, a_difference_that_fails_the_corrected_test_is_called_chance);
    tcase_add_test(tc, a_loss_is_told_as_a_loss);
    tcase_add_test(tc, coins_by_cluster_are_told_to_leave_nothing_to_learn);
    tcase_add_test(tc, a_run_without_models_leaves_their_chapters_out);
    tcase_add_test(tc, what_was_not_measured_is_not_claimed);
    tcase_add_test(tc, all_figures_are_written_in_all_formats_and_themes);
    tcase_add_test(tc, drawing_can_be_interrupted);
    tcase_add_test(tc, a_folder_that_cannot_be_made_is_named);
    tcase_add_test(tc, a_failed_report_leaves_the_old_one);
    tcase_add_test(tc, memory_that_runs_out_while_drawing_is_an_error_and_no_crash);
    tcase_add_test(tc, catalog_figures_are_written_where_asked);
    tcase_add_test(tc, drawing_goes_on_after_a_shutdown);
    suite_add_tcase(suite, tc);
    return suite;
}

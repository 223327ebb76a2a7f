/* The numbers of figures as CSV: well formed, there wherever something is drawn, and those of the result files. */
#include "plots/figure_data.h"

#include "core/csv.h"
#include "core/file.h"
#include "plots/eval_read.h"
#include "plots/fig_catalog.h"
#include "plots/figure.h"
#include "plots/report.h"
#include "plots/run_people.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_plots_figure_data(void);

#define EVAL "tests/fixtures/eval_small"

START_TEST(fields_are_parted_and_quoted)
{
    pal_text csv = { 0 };

    pal_data_head(&csv, "a,b,c,d");
    pal_data_text(&csv, "");
    pal_data_text(&csv, "x, \"y\"\nz");
    pal_data_number(&csv, NAN);
    pal_data_number(&csv, 0.1173);
    pal_data_end(&csv);
    pal_data_number(&csv, -2.385);
    pal_data_text(&csv, "");
    pal_data_text(&csv, "plain words");
    pal_data_flag(&csv, true);
    pal_data_end(&csv);
    ck_assert_str_eq(csv.bytes, "a,b,c,d\n\"\",\"x, \"\"y\"\"\nz\",,0.1173\n-2.385,,plain words,1\n");
    pal_text_clear(&csv);
}
END_TEST

START_TEST(lines_without_bands_leave_them_empty)
{
    const double x[] = { 1, 2 }, y[] = { 0.5, NAN }, lo[] = { 0.4, NAN };
    const pal_line lines[] = { { .label = "one", .n = 2, .x = x, .y = y, .lo = lo }, { .label = NULL, .n = 1, .x = x } };
    pal_text csv = { 0 };

    pal_data_lines(&csv, "p", lines, 2);
    ck_assert_str_eq(csv.bytes, "p,one,1,0.5,0.4,\np,one,2,,,\np,,1,,,\n");
    pal_text_clear(&csv);
}
END_TEST

/* A CSV kept as a table; every row as long as the head, or the reader says so. */
static pal_table *table_of(const pal_text *csv)
{
    pal_table *table = NULL;
    pal_error err = { 0 };

    ck_assert_msg(pal_table_load(&table, scratch_write("numbers.csv", csv->bytes, csv->n), &err) == PAL_OK, "%s", err.text);
    return table;
}

/* All numbers of result files, sorted. */
typedef struct numbers { double *at; size_t n; } numbers;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static numbers numbers_of(const char *text)
{
    numbers all = { calloc(strlen(text) + 1, sizeof(double)), 0 };

    ck_assert_ptr_nonnull(all.at);
    while (*text != '\0') {
        char *end = NULL;

        all.at[all.n] = isdigit((unsigned char)*text) || *text == '-' ? strtod(text, &end) : 0;
        all.n += end != NULL && end > text;
        text = end != NULL && end > text ? end : text + 1;
    }
    qsort(all.at, all.n, sizeof *all.at, by_value);
    return all;
}

static const char *const columns_read[] = { "value", "lo", "hi", "difference", "like_rate", "share", "y", "items" };

/* Share of the numbers in columns of measures that stand in a result file. */
static double share_found(const pal_table *table, const numbers *results)
{
    double found = 0, all = 0;

    for (size_t c = 0; c < sizeof columns_read / sizeof columns_read[0]; c++) {
        size_t column;

        if (!pal_table_has(table, columns_read[c])) {
            continue;
        }
        ck_assert_int_eq(pal_table_find(&column, table, columns_read[c], NULL), PAL_OK);
        for (size_t row = 0; row < pal_table_rows(table); row++) {
            const double number = pal_table_number(table, row, column, NULL);

            if (isfinite(number)) {
                all++;
                found += bsearch(&number, results->at, results->n, sizeof number, by_value) != NULL;
            }
        }
    }
    return all > 0 ? found / all : 1;
}

static numbers read_results(const char *dir, const char *const *files, size_t n)
{
    pal_text all = { 0 };
    numbers found;

    for (size_t i = 0; i < n; i++) {
        char path[200], *bytes;
        size_t length;

        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        bytes = plots_read(path, &length);
        pal_text_add_bytes(&all, bytes, length);
        free(bytes);
    }
    found = numbers_of(all.bytes);
    pal_text_clear(&all);
    return found;
}

/* Figures that draw what they work out: running sums, shares of counts. */
static bool is_worked_out(const char *name)
{
    return strcmp(name, "regret") == 0 || strcmp(name, "stages") == 0;
}

static void check_figure(const pal_figure *figure, const pal_rundata *run, size_t who, const numbers *results)
{
    pal_text csv = { 0 };
    pal_table *table;
    double share;

    ck_assert_int_eq(figure->data(&csv, run, who, NULL), PAL_OK);
    table = table_of(&csv);
    ck_assert_msg(pal_table_rows(table) > 0, "%s has no numbers", figure->name);
    share = share_found(table, results);
    ck_assert_msg(is_worked_out(figure->name) || share > 0.999, "%s: only %g of its numbers stand in the results",
                  figure->name, share);
    pal_table_free(table);
    pal_text_clear(&csv);
}

START_TEST(a_runs_figures_give_the_numbers_of_its_files)
{
    static const char *const files[] = { "summary.json", "profiles.json", "rounds.csv", "slots.csv", "stages.csv",
                                         "coverage.csv", "training_curves.csv", "importance.csv", "model_quality.csv",
                                         "feedback.csv", "catalog.json" };
    const pal_figure *figure = pal_figure_at((size_t)_i);
    pal_rundata *run = NULL;
    numbers results;

    if (figure == NULL) {
        return;
    }
    ck_assert_int_eq(pal_rundata_load(&run, PLOTS_RUN, NULL), PAL_OK);
    results = read_results(PLOTS_RUN, files, sizeof files / sizeof files[0]);
    if (figure->data != NULL && pal_figure_has_data(figure, run)) {
        for (size_t who = 0; who < (figure->per_person ? run->profiles->n_people : 1); who++) {
            check_figure(figure, run, who, &results);
        }
    }
    free(results.at);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_catalogs_figures_give_the_numbers_of_its_file)
{
    static const char *const files[] = { "catalog.json" };
    const pal_catalog_figure *figure = pal_catalog_figure_at((size_t)_i);
    const numbers results = read_results(PLOTS_RUN, files, 1);
    pal_json_doc *doc = NULL;
    pal_table *table;
    pal_text csv = { 0 };

    ck_assert_int_eq(pal_json_load(&doc, PLOTS_RUN "/catalog.json", NULL), PAL_OK);
    figure->data(&csv, pal_json_root(doc));
    table = table_of(&csv);
    ck_assert_uint_gt(pal_table_rows(table), 20);
    ck_assert_double_eq(share_found(table, &results), 1);
    pal_table_free(table);
    pal_text_clear(&csv);
    pal_json_free(doc);
    ck_assert_int_eq(pal_json_parse(&doc, "{}", 2, "empty", NULL), PAL_OK);
    figure->data(&csv, pal_json_root(doc));
    ck_assert_uint_eq(pal_table_rows(table = table_of(&csv)), 0);
    pal_table_free(table);
    pal_text_clear(&csv);
    pal_json_free(doc);
    free(results.at);
}
END_TEST

START_TEST(an_evaluations_figures_give_the_numbers_of_its_files)
{
    static const char *const files[] = { "summary.json", "search.csv" };
    const pal_figure *figure = pal_eval_figure_at((size_t)_i);
    pal_rundata *run = NULL;
    numbers results;

    ck_assert_int_eq(pal_eval_rundata_load(&run, EVAL, NULL), PAL_OK);
    results = read_results(EVAL, files, 2);
    ck_assert(figure->data != NULL);
    ck_assert(pal_figure_has_data(figure, run));
    check_figure(figure, run, 0, &results);
    free(results.at);
    pal_eval_rundata_free(run);
}
END_TEST

START_TEST(the_page_holds_the_numbers_of_its_files_folder)
{
    const char *dir = plots_copy_run("both");
    pal_report_options how = pal_report_defaults();
    char path[600], *html, *csv;
    size_t n, m;

    how.formats = PAL_FORMAT_SVG;
    ck_assert_int_eq(pal_report_draw(dir, &how, NULL), PAL_OK);
    snprintf(path, sizeof path, "%s/report.html", dir);
    html = plots_read(path, &n);
    snprintf(path, sizeof path, "%s/figures/slots.csv", dir);
    csv = plots_read(path, &m);
    ck_assert_has(html, csv); /* no character of it is special in HTML */
    ck_assert_has(csv, "panel,arm,slot,value,lo,hi\n");
    free(html);
    free(csv);
}
END_TEST

Suite *suite_plots_figure_data(void)
{
    Suite *suite = suite_create("plots/figure_data");
    TCase *tc = tcase_create("figure_data");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, fields_are_parted_and_quoted);
    tcase_add_test(tc, lines_without_bands_leave_them_empty);
    tcase_add_loop_test(tc, a_runs_figures_give_the_numbers_of_its_files, 0, 40);
    tcase_add_loop_test(tc, an_evaluations_figures_give_the_numbers_of_its_files, 0, 7);
    tcase_add_loop_test(tc, a_catalogs_figures_give_the_numbers_of_its_file, 0, 4);
    tcase_add_test(tc, the_page_holds_the_numbers_of_its_files_folder);
    suite_add_tcase(suite, tc);
    return suite;
}

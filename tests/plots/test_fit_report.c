/* Figures and page of fitted people, from files written by hand. */
#include "plots/fit_data.h"
#include "plots/fit_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/plots_page.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_plots_fit_report(void);

static const char manifest[] =
    "{\"format\": \"palate-fit-people/1\", \"data\": \"films & <co>\", \"source\": \"\", \"base\": \"built in\", \"stage\": \"popularity\",\n"
    " \"misfit_before\": 12.5, \"misfit_after\": 3.25, \"as\": \"clicked\", \"rounds\": 60, \"people\": 150,\n"
    " \"flat_directions\": [{\"se\": 0.4, \"people.a\": 0.8, \"response.b\": -0.6, \"response.c\": 0.05}],\n"
    " \"base_experiment\": {\"name\": \"x\"}, \"files\": [{\"name\": \"moments.csv\", \"digest\": \"00\"}]}";

#define HEAD "moment,real,se,lo,hi,before,before_world_sd,before_distance,after,after_world_sd,after_distance"
static const char moments[] = HEAD ",meaning\n"
    "like_mean,0.578,0.0056,0.568,0.589,0.4,0.0055,-2850.4,0.57,0.011,-1.0656,mean share of <likes>\n"
    "item_gini,0.629,0.0059,0.616,0.638,0.44,0.006,-28.17,0.5,0.0153,-7.5,Gini index\n"
    "drift,0.07,0.01,,,0.08,0.01,1,0.06,0.01,-1.9,drift\n"
    "repeat_gap,3,0,,,,,,,,,median\n";
static const char params[] = "path,start,value,se,lo,hi,identified,at_edge\n"
    "people.a,0.6,0.2227,0.0279,0.01,1,1,0\nresponse.b,1.9,7.9,1.19,-2,8,0,1\nresponse.c,0.5,0.7,,0,3,0,0\n";

static const char *directory(const char *head, const char *table, const char *parameters)
{
    ck_assert_int_eq(pal_dir_make(scratch_path("fit"), NULL), PAL_OK);
    scratch_text("fit/manifest.json", head);
    scratch_text("fit/moments.csv", table);
    scratch_text("fit/parameters.csv", parameters);
    return scratch_path("fit");
}

static const pal_figure *const figures[] = { &pal_fig_fit_moments, &pal_fig_fit_params };

START_TEST(nothing_leaves_the_page_or_lies_upon_another)
{
    pal_fitted_data *d = NULL;

    ck_assert_int_eq(pal_fitted_data_load(&d, directory(manifest, moments, params), NULL), PAL_OK);
    plots_check_figure(figures[_i], &d->run, 16);
    pal_fitted_data_free(d);
}
END_TEST

START_TEST(intervals_reach_a_normal_quantile_of_the_standard_error_to_both_sides)
{
    pal_fitted_data *d = NULL;

    ck_assert_int_eq(pal_fitted_data_load(&d, directory(manifest, moments, params), NULL), PAL_OK);
    ck_assert_uint_eq(d->n, 4);
    ck_assert_double_eq_tol(d->moment[1].off_after.lo, -7.5 - 1.96, 1e-12);
    ck_assert_double_eq_tol(d->moment[1].off_after.hi, -7.5 + 1.96, 1e-12);
    ck_assert(isnan(d->moment[3].off_after.value) && isnan(d->moment[3].off_after.lo));
    ck_assert_uint_eq(pal_fitted_met(d, false), 1); /* drift */
    ck_assert_uint_eq(pal_fitted_met(d, true), 2);  /* like_mean, drift */
    pal_fitted_data_free(d);
}
END_TEST

/* An interval never leaves the range that was searched; where the error is not known there is none. */
START_TEST(numbers_of_the_figures_are_what_is_drawn)
{
    pal_fitted_data *d = NULL;
    pal_text csv = { 0 };

    ck_assert_int_eq(pal_fitted_data_load(&d, directory(manifest, moments, params), NULL), PAL_OK);
    ck_assert_int_eq(pal_fig_fit_params.data(&csv, &d->run, 0, NULL), PAL_OK);
    ck_assert_has(csv.bytes, "response.b,1.9,7.9,5.5676000000000005,8,-2,8,0\n"); /* 7.9 - 1.96 * 1.19 */
    ck_assert_has(csv.bytes, "response.c,0.5,0.7,,,0,3,0\n");
    pal_text_clear(&csv);
    ck_assert_int_eq(pal_fig_fit_moments.data(&csv, &d->run, 0, NULL), PAL_OK);
    ck_assert_has(csv.bytes, "\ndrift,0.07,,,0.08,0.06,1,-0.96,2.96,-1.9,");
    ck_assert_has(csv.bytes, "\nrepeat_gap,3,,,,,,,,,,\n");
    pal_text_clear(&csv);
    pal_fitted_data_free(d);
}
END_TEST

START_TEST(the_page_tells_all_and_escapes_names)
{
    pal_report_options how = pal_report_defaults();
    char *html = NULL, path[512];
    size_t n;

    how.formats = 0;
    snprintf(path, sizeof path, "%s/report.html", directory(manifest, moments, params));
    ck_assert_int_eq(pal_fit_report_draw(scratch_path("fit"), &how, NULL), PAL_OK);
    ck_assert_int_eq(pal_file_read(&html, &n, path, NULL), PAL_OK);
    ck_assert_has(html, "Of 4 statistics, 2 lie within two standard errors of their targets");
    ck_assert_has(html, "before the fit 1 did. Farthest off, as a share of the target: item_gini, 0.500 instead of 0.629.");
    ck_assert_has(html, "The statistics tell 1 of 3 parameters.");
    ck_assert_has(html, "mean share of &lt;likes&gt;");
    ck_assert_has(html, "films &amp; &lt;co&gt;");
    ck_assert_ptr_null(strstr(html, "<co>"));
    ck_assert_has(html, "<li>+0.80 people.a \xe2\x88\x92" "0.60 response.b </li>");
    ck_assert_has(html, "no; at an end of its range");
    ck_assert(pal_is_fit(scratch_path("fit")));
    pal_free(html);
}
END_TEST

START_TEST(bad_files_are_named)
{
    pal_fitted_data *d = NULL;
    pal_error err;

    ck_assert_int_eq(pal_fitted_data_load(&d, directory("{\"format\": \"palate-run/1\"}", moments, params), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "holds no report of fitted people");
    ck_assert(!pal_is_fit(scratch_path("fit")));
    ck_assert_int_eq(pal_fitted_data_load(&d, directory(manifest, "moment,real\na,1\n", params), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "lo");
    ck_assert_int_eq(pal_fitted_data_load(&d, directory(manifest, moments, "path,start,value,se,lo,hi,identified,at_edge\np,0,0,0,2,1,1,0\n"),
                                          &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "parameters.csv: row 1: lo must be below hi, found 2 and 1");
    ck_assert_int_eq(pal_fitted_data_load(&d, directory(manifest, HEAD "\na,x,,,,,,,,,\n", params), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "moments.csv");
}
END_TEST

/* Reports of versions before `meaning` was a column are drawn with the names alone. */
START_TEST(a_report_without_meanings_is_drawn)
{
    pal_fitted_data *d = NULL;

    ck_assert_int_eq(pal_fitted_data_load(&d, directory(manifest, HEAD "\na,1,1,,,1,0,0,1,0,0\n", params), NULL), PAL_OK);
    ck_assert_str_eq(d->moment[0].meaning, "a");
    pal_fitted_data_free(d);
}
END_TEST

Suite *suite_plots_fit_report(void)
{
    Suite *suite = suite_create("plots/fit_report");
    TCase *tc = tcase_create("fit_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, nothing_leaves_the_page_or_lies_upon_another, 0, 2);
    tcase_add_test(tc, intervals_reach_a_normal_quantile_of_the_standard_error_to_both_sides);
    tcase_add_test(tc, numbers_of_the_figures_are_what_is_drawn);
    tcase_add_test(tc, the_page_tells_all_and_escapes_names);
    tcase_add_test(tc, bad_files_are_named);
    tcase_add_test(tc, a_report_without_meanings_is_drawn);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The forest plot over runs and its page, from files written by hand. */
#include "plots/compare_data.h"
#include "plots/compare_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/plots_page.h"
#include "tests/support/scratch.h"

#include <stdio.h>

Suite *suite_plots_compare_report(void);

#define HEAD "metric,arm,against,pairing,significant,value_a,value_b,diff,lo,hi,p,p_adjusted,cohen,cohen_lo,cohen_hi,cliff," \
             "cliff_lo,cliff_hi,needed,detectable,variance_paired,variance_unpaired,variance_reduction,reduction_lo,"        \
             "reduction_hi,worlds,worlds_diff,worlds_lo,worlds_hi,p_worlds,n_a,n_b\n"
#define LINE(metric, arm, significant, diff, lo, hi)                                                       \
    metric "," arm ",\"first, run / <base>\",same people," significant ",0.3,0.2," diff "," lo "," hi      \
    ",0.001,0.004,0.6117,0.5,0.7,0.3,0.2,0.4,24,0.01,0.002,0.004,0.5,0.4,0.6,1,0.1,,,,1000,1000\n"

static const char manifest[] =
    "{\"format\": \"palate-compare/1\", \"palate\": \"x\", \"level\": 0.95, \"power\": 0.8, \"correction\": \"holm\",\n"
    " \"metrics\": [{\"name\": \"like_rate\", \"meaning\": \"likes per impression\", \"better\": 1},\n"
    "   {\"name\": \"likes\", \"meaning\": \"likes a person\", \"better\": 1},\n"
    "   {\"name\": \"logloss\", \"meaning\": \"lower\", \"better\": -1}, {\"name\": \"absent\", \"meaning\": \"\", \"better\": 0}],\n"
    " \"settings\": [{\"label\": \"a & b\", \"runs\": [{\"dir\": \"results/a\", \"seed\": \"7\", \"people\": 1000, \"digest\": \"00\"}]}],\n"
    " \"notes\": \"some <note>\"}";

static const char rows[] = HEAD LINE("like_rate", "a setting with a rather long name / progressive", "1", "0.1173", "0.1", "0.14")
    LINE("likes", "b", "1", "2385.5", "-2211.25", "2501.5") LINE("logloss", "b", "0", "-0.01", "-0.03", "0.01")
    LINE("logloss", "undefined", "0", "", "", "");

static const char *directory(const char *head, const char *table)
{
    ck_assert_int_eq(pal_dir_make(scratch_path("cmp"), NULL), PAL_OK);
    scratch_text("cmp/manifest.json", head);
    scratch_text("cmp/comparisons.csv", table);
    return scratch_path("cmp");
}

START_TEST(nothing_leaves_the_page_or_lies_upon_another)
{
    pal_compare_data *d = NULL;

    ck_assert_int_eq(pal_compare_data_load(&d, directory(manifest, rows), NULL), PAL_OK);
    plots_check_figure(&pal_fig_comparisons, &d->run, 11);
    pal_compare_data_free(d);
}
END_TEST

START_TEST(colours_follow_what_is_better)
{
    const pal_compare_line up = { .significant = true, .diff = { 1, 0, 0, 0 } }, down = { .significant = true, .diff = { -1, 0, 0, 0 } };
    const pal_compare_line noise = { .significant = false, .diff = { 1, 0, 0, 0 } };

    ck_assert_int_eq(pal_compare_verdict(&up, 1), PAL_GOOD);
    ck_assert_int_eq(pal_compare_verdict(&down, 1), PAL_BAD);
    ck_assert_int_eq(pal_compare_verdict(&down, -1), PAL_GOOD);
    ck_assert_int_eq(pal_compare_verdict(&up, 0), PAL_SUBTLE);
    ck_assert_int_eq(pal_compare_verdict(&noise, 1), PAL_SUBTLE);
}
END_TEST

START_TEST(the_page_tells_all_and_escapes_names)
{
    pal_report_options how = pal_report_defaults();
    char *html = NULL, path[512];
    size_t n;

    how.formats = 0;
    snprintf(path, sizeof path, "%s/report.html", directory(manifest, rows));
    ck_assert_int_eq(pal_compare_report_draw(scratch_path("cmp"), &how, NULL), PAL_OK);
    ck_assert_int_eq(pal_file_read(&html, &n, path, NULL), PAL_OK);
    ck_assert_has(html, "2 of 4 differences can be told from noise");
    ck_assert_has(html, "first, run / &lt;base&gt;");
    ck_assert_has(html, "a &amp; b");
    ck_assert_has(html, "some &lt;note&gt;");
    ck_assert_has(html, "0.117");
    ck_assert_ptr_null(strstr(html, "<base>"));
    pal_free(html);
}
END_TEST

START_TEST(bad_files_are_named)
{
    pal_compare_data *d = NULL;
    pal_error err;

    ck_assert_int_eq(pal_compare_data_load(&d, directory("{\"format\": \"palate-run/1\"}", rows), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "holds no comparisons");
    ck_assert_int_eq(pal_compare_data_load(&d, directory(manifest, "metric,arm\nctr,a\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "comparisons.csv");
    ck_assert_int_eq(pal_compare_data_load(&d, directory(manifest, HEAD LINE("ctr", "a", "1", "much", "0", "1")), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "diff");
    ck_assert_int_eq(pal_compare_data_load(&d, scratch_path("nowhere"), &err), PAL_ERR_IO);
    ck_assert(!pal_is_comparison(scratch_path("nowhere")));
    ck_assert(pal_is_comparison(directory(manifest, rows)));
}
END_TEST

Suite *suite_plots_compare_report(void)
{
    Suite *s = suite_create("plots/compare_report");
    TCase *tc = tcase_create("compare_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, nothing_leaves_the_page_or_lies_upon_another);
    tcase_add_test(tc, colours_follow_what_is_better);
    tcase_add_test(tc, the_page_tells_all_and_escapes_names);
    tcase_add_test(tc, bad_files_are_named);
    suite_add_tcase(s, tc);
    return s;
}

/* types.csv as it is read, and the figure drawn from it. */
#include "plots/axis.h"
#include "plots/figure.h"
#include "plots/run_types.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

#define HEADER "arm,type,metric,value,lo,hi,n,diff,diff_lo,diff_hi\n"
#define ROWS                                                                 \
    "popularity,movie,ctr,0.2,0.1,0.3,40,,,\n"                               \
    "popularity,movie,like_rate,0.0611,0.05,0.07,40,,,\n"                    \
    "popularity,manga,like_rate,0.0385,0.03,0.05,38,,,\n"                    \
    "progressive,movie,like_rate,0.1173,0.1,0.13,40,0.0562,0.04,0.07\n"      \
    "progressive,manga,like_rate,0.0911,0.08,0.1,38,0.0526,0.04,0.06\n"

static const char *run_with(const char *name, const char *types)
{
    const char *dir = plots_copy_run(name);
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/types.csv", dir);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(types, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    return dir;
}

START_TEST(a_run_of_one_type_has_neither_data_nor_figure)
{
    pal_rundata *run = NULL;

    ck_assert_int_eq(pal_rundata_load(&run, PLOTS_RUN, NULL), PAL_OK);
    ck_assert_ptr_null(run->types);
    ck_assert(!pal_figure_has_data(&pal_fig_domains, run));
    pal_rundata_free(run);
}
END_TEST

START_TEST(types_read_as_they_were_written)
{
    pal_rundata *run = NULL;
    size_t base, lead;

    ck_assert_int_eq(pal_rundata_load(&run, run_with("types", HEADER ROWS), NULL), PAL_OK);
    base = pal_rundata_arm(run, "popularity");
    lead = pal_rundata_arm(run, "progressive");
    ck_assert_ptr_nonnull(run->types);
    ck_assert_uint_eq(run->types->n, 2);
    ck_assert_str_eq(run->types->name[0], "movie");
    ck_assert_str_eq(run->types->name[1], "manga");
    ck_assert_double_eq(run->types->like_rate[base].value, 0.0611);
    ck_assert_double_eq(run->types->like_rate[run->n_arms + lead].hi, 0.1);
    ck_assert_double_eq(run->types->like_rate[run->n_arms + lead].n, 38);
    ck_assert_double_eq(run->types->diff[lead].lo, 0.04);
    ck_assert(isnan(run->types->diff[base].value));
    ck_assert(pal_figure_has_data(&pal_fig_domains, run));
    pal_rundata_free(run);
}
END_TEST

START_TEST(the_figure_stays_on_its_page_and_names_types_and_arms)
{
    pal_rundata *run = NULL;
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 };
    const pal_text_box *box;
    size_t n, movie = 0, above = 0;
    double height;

    ck_assert_int_eq(pal_rundata_load(&run, run_with("drawn", HEADER ROWS), NULL), PAL_OK);
    height = pal_fig_domains.height(run, 0);
    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH, height, NULL), PAL_OK);
    ck_assert_int_eq(pal_fig_domains.draw(canvas, run, 0, NULL), PAL_OK);
    box = pal_canvas_texts(canvas, &n);
    for (size_t i = 0; i < n; i++) {
        movie += strcmp(box[i].text, "movie") == 0;
        above += strcmp(box[i].text, run->arms[run->focus].label) == 0;
        ck_assert_msg(box[i].x0 >= 0 && box[i].x1 <= PAL_PAGE_WIDTH && box[i].y0 >= 0 && box[i].y1 <= height, "%s",
                      box[i].text);
    }
    ck_assert_uint_eq(movie, 1);
    ck_assert_uint_eq(above, 2); /* once a type */
    ck_assert_int_eq(pal_canvas_finish(canvas, "t", &bytes, NULL), PAL_OK);
    pal_text_clear(&bytes);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

#define TESTS                                                                                                        \
    "arm,against,type,metric,n,value,value_against,diff,lo,hi,effect,p,p_adjusted,significant\n"                     \
    "progressive,popularity,movie,ctr,40,0.3,0.2,0.1,0,0.2,0.5,0.01,0.02,1\n"                                        \
    "progressive,popularity,movie,like_rate,40,0.1173,0.0611,0.0562,0.04,0.07,0.61,0.001,0.002,1\n"                  \
    "progressive,popularity,manga,like_rate,38,0.0911,0.0985,-0.0074,-0.02,0.01,-0.11,0.4,0.4,0\n"

/* A run with both files. */
static const char *run_with_tests(const char *name, const char *tests)
{
    const char *dir = run_with(name, HEADER ROWS);
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/types_tests.csv", dir);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(tests, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    return dir;
}

START_TEST(tests_of_pairs_are_read_and_told_in_words)
{
    pal_rundata *run = NULL;
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 };
    const pal_text_box *box;
    size_t n, answers = 0;
    double height;

    ck_assert_int_eq(pal_rundata_load(&run, run_with_tests("pairs", TESTS), NULL), PAL_OK);
    ck_assert_uint_eq(run->types->n_tests, 2); /* likes alone */
    ck_assert_uint_eq(run->types->test[0].arm, pal_rundata_arm(run, "progressive"));
    ck_assert_uint_eq(run->types->test[0].against, pal_rundata_arm(run, "popularity"));
    ck_assert(run->types->test[0].significant && !run->types->test[1].significant);
    ck_assert_double_eq(run->types->test[1].diff.lo, -0.02);
    ck_assert_double_eq(run->types->test[1].p, 0.4);
    height = pal_fig_domains.height(run, 0);
    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH, height, NULL), PAL_OK);
    ck_assert_int_eq(pal_fig_domains.draw(canvas, run, 0, NULL), PAL_OK);
    box = pal_canvas_texts(canvas, &n);
    for (size_t i = 0; i < n; i++) {
        answers += strstr(box[i].text, "A model per type is ahead in movie") != NULL;
        ck_assert_msg(box[i].x0 >= 0 && box[i].x1 <= PAL_PAGE_WIDTH && box[i].y0 >= 0 && box[i].y1 <= height, "%s",
                      box[i].text);
    }
    ck_assert_uint_ge(answers, 1); /* a box a line */
    ck_assert_int_eq(pal_canvas_finish(canvas, "t", &bytes, NULL), PAL_OK);
    ck_assert_int_eq(pal_fig_domains.data(&bytes, run, 0, NULL), PAL_OK);
    ck_assert_has(bytes.bytes, "-0.0074,-0.02,0.01,");
    pal_text_clear(&bytes);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_test_of_an_unknown_type_is_named)
{
    pal_rundata *run = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_rundata_load(&run, run_with_tests("odd", "arm,against,type,metric,n,value,value_against,diff,lo,"
        "hi,effect,p,p_adjusted,significant\nprogressive,popularity,book,like_rate,4,1,1,0,0,0,0,1,1,0\n"), &err),
                     PAL_ERR_DATA);
    ck_assert_has(err.text, "types_tests.csv: row 1, column 'type': 'book' does not stand in types.csv");
}
END_TEST

START_TEST(faults_are_named_with_file_and_row)
{
    static const char *const cases[][2] = {
        { "arm,type,metric,value,lo,hi,n,diff,diff_lo\n", "diff_hi" },
        { HEADER "stranger,movie,like_rate,0.1,0,1,4,,,\n", "'stranger'" },
        { HEADER "popularity,movie,like_rate,half,0,1,4,,,\n", "row 1, column 'value': 'half'" },
    };
    pal_rundata *run = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_rundata_load(&run, run_with("fault", cases[_i][0]), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "types.csv");
    ck_assert_has(err.text, cases[_i][1]);
    ck_assert_ptr_null(run);
}
END_TEST

Suite *suite_plots_run_types(void);
Suite *suite_plots_run_types(void)
{
    Suite *suite = suite_create("plots/run_types");
    TCase *tc = tcase_create("run_types");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_run_of_one_type_has_neither_data_nor_figure);
    tcase_add_test(tc, types_read_as_they_were_written);
    tcase_add_test(tc, the_figure_stays_on_its_page_and_names_types_and_arms);
    tcase_add_test(tc, tests_of_pairs_are_read_and_told_in_words);
    tcase_add_test(tc, a_test_of_an_unknown_type_is_named);
    tcase_add_loop_test(tc, faults_are_named_with_file_and_row, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}

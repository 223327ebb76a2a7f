/* palate bench models: a line a learner, with or without peers, and a Python that has none of them. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <string.h>

Suite *suite_cli_bench_models(void);

START_TEST(alone_it_prints_a_line_a_learner)
{
    const cli_result *r = cli_run("$P bench models --rows 60 --alone --json");

    ck_assert_int_eq(r->code, 0);
    ck_assert_uint_eq(cli_lines(r->out), 2);
    ck_assert_ptr_nonnull(strstr(r->out, "\"model\": \"boosted\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"model\": \"logistic\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"one_row_us\": "));
    ck_assert_ptr_null(strstr(r->out, "ratio"));
}
END_TEST

/* Pythons whose own library is not where they look cannot even start. */
START_TEST(without_peers_it_says_so_and_goes_on)
{
    const cli_result *r = cli_run("PYTHONPATH=$S PYTHONHOME=$S $P bench models --rows 60");

    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "palate"));
    ck_assert_ptr_nonnull(strstr(r->out, "xgboost: not installed"));
    ck_assert_ptr_nonnull(strstr(r->out, "scikit-learn: not installed"));
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_named)
{
    const cli_result *r = cli_run("TMPDIR=$S/nowhere $P bench models --rows 60");

    ck_assert_int_ne(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->err, "nowhere"));
}
END_TEST

START_TEST(few_rows_are_refused)
{
    const cli_result *r = cli_run("$P bench models --rows 3");

    ck_assert_int_eq(r->code, 2);
    ck_assert_ptr_nonnull(strstr(r->err, "rows"));
}
END_TEST

Suite *suite_cli_bench_models(void)
{
    Suite *s = suite_create("cli/bench_models");
    TCase *tc = tcase_create("bench models");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, cli_setup, cli_teardown);
    tcase_add_test(tc, alone_it_prints_a_line_a_learner);
    tcase_add_test(tc, without_peers_it_says_so_and_goes_on);
    tcase_add_test(tc, a_folder_that_cannot_be_made_is_named);
    tcase_add_test(tc, few_rows_are_refused);
    suite_add_tcase(s, tc);
    return s;
}

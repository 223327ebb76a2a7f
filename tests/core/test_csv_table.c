/* Whole tables by column name. */
#include "core/csv.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>

Suite *suite_core_csv_table(void);

static pal_table *load(const char *text)
{
    pal_table *table = NULL;
    pal_error err;

    if (pal_table_load(&table, scratch_text("a.csv", text), &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    return table;
}

START_TEST(cells_are_found_by_row_and_column)
{
    pal_table *t = load("name,x,y\nfirst,2.385,\n\"sec,ond\",-1e3,7\n,,\n");
    size_t column = 99;

    ck_assert_uint_eq(pal_table_rows(t), 3);
    ck_assert_uint_eq(pal_table_columns(t), 3);
    ck_assert_str_eq(pal_table_name(t, 2), "y");
    ck_assert_int_eq(pal_table_find(&column, t, "x", NULL), PAL_OK);
    ck_assert_uint_eq(column, 1);
    ck_assert(pal_table_has(t, "name"));
    ck_assert(!pal_table_has(t, "Name"));
    ck_assert_str_eq(pal_table_text(t, 0, 0), "first");
    ck_assert_str_eq(pal_table_text(t, 1, 0), "sec,ond");
    ck_assert_str_eq(pal_table_text(t, 2, 2), "");
    pal_table_free(t);
    pal_table_free(NULL);
}
END_TEST

START_TEST(numbers_empties_and_the_rest_are_told_apart)
{
    pal_table *t = load("x\n2.385\n-1e3\n inf\ninf\n-inf\nnan\nabc\n1.5x\n\"\"\n");
    static const double wanted[] = { 2.385, -1000, NAN, INFINITY, -INFINITY, NAN, NAN, NAN, NAN };
    static const bool fine[] = { true, true, false, true, true, true, false, false, true };

    ck_assert_uint_eq(pal_table_rows(t), 9);
    for (size_t i = 0; i < 9; i++) {
        bool ok = true;
        double x = pal_table_number(t, i, 0, &ok);

        ck_assert(isnan(wanted[i]) ? isnan(x) : x == wanted[i]);
        ck_assert_msg(ok == fine[i], "row %zu", i);
        (void)pal_table_number(t, i, 0, NULL);
    }
    pal_table_free(t);
}
END_TEST

START_TEST(ok_stays_false_once_it_is)
{
    pal_table *t = load("x\nabc\n1\n");
    bool ok = true;

    (void)pal_table_number(t, 0, 0, &ok);
    ck_assert_double_eq(pal_table_number(t, 1, 0, &ok), 1.0);
    ck_assert(!ok);
    pal_table_free(t);
}
END_TEST

START_TEST(a_missing_column_is_named_with_those_there_are)
{
    pal_table *t = load("arm,round,auc\n");
    pal_error err;
    size_t column = 99;

    ck_assert_uint_eq(pal_table_rows(t), 0);
    ck_assert_int_eq(pal_table_find(&column, t, "logloss", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "a.csv: has no column \"logloss\"; there are: arm, round, auc");
    ck_assert_uint_eq(column, 99);
    pal_table_free(t);
}
END_TEST

START_TEST(tables_that_cannot_be_used_are_refused)
{
    pal_table *t = NULL;
    pal_error err;

    ck_assert_int_eq(pal_table_load(&t, scratch_text("a.csv", "x,y,x\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "a.csv: column \"x\" stands twice");
    ck_assert_int_eq(pal_table_load(&t, scratch_text("a.csv", "x,y\n1\n"), &err), PAL_ERR_PARSE);
    ck_assert_has(err.text, "line 2");
    ck_assert_int_eq(pal_table_load(&t, scratch_path("none"), &err), PAL_ERR_IO);
    ck_assert_ptr_null(t);
}
END_TEST

START_TEST(many_rows_are_kept)
{
    static char text[400000];
    size_t n = (size_t)snprintf(text, sizeof text, "i,sq\n");
    pal_table *t;

    for (int i = 0; i < 20000; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%d,%d\n", i, i * i);
    }
    t = load(text);
    ck_assert_uint_eq(pal_table_rows(t), 20000);
    for (int i = 0; i < 20000; i++) {
        ck_assert_double_eq(pal_table_number(t, (size_t)i, 1, NULL), (double)i * i);
    }
    pal_table_free(t);
}
END_TEST

START_TEST(loading_survives_the_failure_of_any_allocation)
{
    const char *path = scratch_text("a.csv", "a,b\n1,2\n3,4\n");
    pal_table *t = NULL;
    pal_error err;
    size_t n = 1;

    for (;; n++) {
        pal_mem_fail_at(n);
        if (pal_table_load(&t, path, &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        ck_assert_ptr_null(t);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_gt(n, 8);
    pal_table_free(t);
}
END_TEST

START_TEST(a_cell_outside_aborts)
{
    pal_table *t = load("a\n1\n");

    fclose(stderr);
    (void)pal_table_text(t, 1, 0);
}
END_TEST

Suite *suite_core_csv_table(void)
{
    Suite *suite = suite_create("core/csv_table");
    TCase *tc = tcase_create("csv_table");
    TCase *crash = tcase_create("crash");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, cells_are_found_by_row_and_column);
    tcase_add_test(tc, numbers_empties_and_the_rest_are_told_apart);
    tcase_add_test(tc, ok_stays_false_once_it_is);
    tcase_add_test(tc, a_missing_column_is_named_with_those_there_are);
    tcase_add_test(tc, tables_that_cannot_be_used_are_refused);
    tcase_add_test(tc, many_rows_are_kept);
    tcase_add_test(tc, loading_survives_the_failure_of_any_allocation);
    suite_add_tcase(suite, tc);
    tcase_add_unchecked_fixture(crash, scratch_begin, scratch_end); /* the test dies before its own teardown */
    tcase_set_tags(crash, "fork");
    tcase_add_test_raise_signal(crash, a_cell_outside_aborts, SIGABRT);
    suite_add_tcase(suite, crash);
    return suite;
}

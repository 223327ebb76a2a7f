/* Errors: what they carry, what they cost. */
#include "core/error.h"

#include "tests/support/scratch.h"

#include <signal.h>
#include <stdio.h>

Suite *suite_core_error(void);

START_TEST(set_returns_the_status_and_records_it)
{
    pal_error err;

    ck_assert_int_eq(pal_error_set(&err, PAL_ERR_DATA, "row %d: %s", 7, "no genre"), PAL_ERR_DATA);
    ck_assert_int_eq(err.status, PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "row 7: no genre");
}
END_TEST

START_TEST(a_null_error_is_fine)
{
    ck_assert_int_eq(pal_error_set(NULL, PAL_ERR_IO, "%s", "x"), PAL_ERR_IO);
}
END_TEST

START_TEST(control_bytes_become_spaces)
{
    pal_error err;

    (void)pal_error_set(&err, PAL_ERR_PARSE, "%s", "a\nb\rc\td\033[31me\x7f" "f\xc3\xa9");
    ck_assert_str_eq(err.text, "a b c d [31me f\xc3\xa9");
}
END_TEST

START_TEST(a_text_may_quote_the_error_it_replaces)
{
    pal_error err;

    (void)pal_error_set(&err, PAL_ERR_IO, "disk full");
    (void)pal_error_set(&err, PAL_ERR_DATA, "a.csv: %s, after 3 rows", err.text);
    ck_assert_str_eq(err.text, "a.csv: disk full, after 3 rows");
}
END_TEST

START_TEST(a_text_cut_at_the_end_keeps_whole_characters)
{
    char longer[2048];
    pal_error err;

    for (int shift = 0; shift < 4; shift++) {
        memset(longer, 'x', (size_t)shift);
        for (size_t i = (size_t)shift; i + 4 < sizeof longer; i += 3) {
            memcpy(longer + i, "\xe2\x82\xac", 4); /* U+20AC with its NUL */
        }
        (void)pal_error_set(&err, PAL_ERR_DATA, "%s", longer);
        ck_assert_uint_ge(strlen(err.text), sizeof err.text - 4);
        ck_assert_uint_lt(strlen(err.text), sizeof err.text);
        ck_assert_uint_eq((strlen(err.text) - (size_t)shift) % 3, 0);
    }
}
END_TEST

START_TEST(exit_codes_tell_input_from_failure)
{
    ck_assert_int_eq(pal_status_exit_code(PAL_OK), 0);
    for (int s = PAL_ERR_USAGE; s <= PAL_ERR_IO; s++) {
        ck_assert_int_eq(pal_status_exit_code((pal_status)s), 2);
    }
    for (int s = PAL_ERR_SHAPE; s <= PAL_ERR_STOPPED; s++) {
        ck_assert_int_eq(pal_status_exit_code((pal_status)s), 1);
    }
}
END_TEST

START_TEST(every_status_has_a_name_of_its_own)
{
    for (int s = PAL_OK; s <= PAL_ERR_STOPPED; s++) {
        for (int other = PAL_OK; other < s; other++) {
            ck_assert_str_ne(pal_status_name((pal_status)s), pal_status_name((pal_status)other));
        }
    }
    ck_assert_str_eq(pal_status_name(PAL_ERR_CONFIG), "PAL_ERR_CONFIG");
    ck_assert_str_eq(pal_status_name((pal_status)99), "PAL_ERR_UNKNOWN");
}
END_TEST

static pal_status inner(int fail, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (fail) {
        PAL_FAIL(PAL_ERR_SHAPE, "3 by %d", 4);
    }

done:
    return rc;
}

static pal_status outer(int fail, int *after, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(inner(fail, err));
    *after = 1;

done:
    return rc;
}

START_TEST(try_passes_on_what_fail_set)
{
    pal_error err;
    int after = 0;

    ck_assert_int_eq(outer(1, &after, &err), PAL_ERR_SHAPE);
    ck_assert_int_eq(after, 0);
    ck_assert_str_eq(err.text, "3 by 4");
    ck_assert_int_eq(outer(0, &after, &err), PAL_OK);
    ck_assert_int_eq(after, 1);
}
END_TEST

START_TEST(a_broken_promise_aborts)
{
    PAL_ASSERT(1 + 1 == 2);
    fclose(stderr); /* the message is meant, and would only alarm the reader of a test log */
    PAL_ASSERT(1 + 1 == 3);
}
END_TEST

Suite *suite_core_error(void)
{
    Suite *suite = suite_create("core/error");
    TCase *tc = tcase_create("error");
    TCase *crash = tcase_create("crash");

    tcase_add_test(tc, set_returns_the_status_and_records_it);
    tcase_add_test(tc, a_null_error_is_fine);
    tcase_add_test(tc, control_bytes_become_spaces);
    tcase_add_test(tc, a_text_may_quote_the_error_it_replaces);
    tcase_add_test(tc, a_text_cut_at_the_end_keeps_whole_characters);
    tcase_add_test(tc, exit_codes_tell_input_from_failure);
    tcase_add_test(tc, every_status_has_a_name_of_its_own);
    tcase_add_test(tc, try_passes_on_what_fail_set);
    suite_add_tcase(suite, tc);
    tcase_set_tags(crash, "fork");
    tcase_add_test_raise_signal(crash, a_broken_promise_aborts, SIGABRT);
    suite_add_tcase(suite, crash);
    return suite;
}

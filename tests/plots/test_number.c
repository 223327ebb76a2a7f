/* Numbers as people read them. */
#include "plots/number.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_plots_number(void);

START_TEST(fixed_uses_a_true_minus_and_no_sign_for_zero)
{
    char out[PAL_SHOWN_MAX];

    ck_assert_str_eq(pal_show_fixed(out, 0.11732, 3), "0.117");
    ck_assert_str_eq(pal_show_fixed(out, -2.385, 2), "\xe2\x88\x92" "2.38");
    ck_assert_str_eq(pal_show_fixed(out, -0.0004, 3), "0.000");
    ck_assert_str_eq(pal_show_fixed(out, NAN, 3), "\xe2\x80\x93");
}
END_TEST

START_TEST(signed_names_the_direction)
{
    char out[PAL_SHOWN_MAX];

    ck_assert_str_eq(pal_show_signed(out, 0.047, 3), "+0.047");
    ck_assert_str_eq(pal_show_signed(out, -0.047, 3), "\xe2\x88\x92" "0.047");
    ck_assert_str_eq(pal_show_signed(out, 0.0001, 3), "0.000");
}
END_TEST

START_TEST(counts_are_grouped_by_thousands)
{
    char out[PAL_SHOWN_MAX];

    ck_assert_str_eq(pal_show_count(out, 0), "0");
    ck_assert_str_eq(pal_show_count(out, 999), "999");
    ck_assert_str_eq(pal_show_count(out, 114000), "114,000");
    ck_assert_str_eq(pal_show_count(out, 5000000), "5,000,000");
    ck_assert_str_eq(pal_show_count(out, -1234), "\xe2\x88\x92" "1,234");
    ck_assert_uint_lt(strlen(pal_show_count(out, 1e300)), PAL_SHOWN_MAX);
}
END_TEST

START_TEST(percent_interval_and_p_read_as_in_a_paper)
{
    char out[PAL_SHOWN_MAX];

    ck_assert_str_eq(pal_show_percent(out, 0.917, 0), "92\xc2\xa0%");
    ck_assert_str_eq(pal_show_interval(out, 0.0412, 0.0528, 3), "[0.041, 0.053]");
    ck_assert_str_eq(pal_show_interval(out, NAN, 0.05, 3), "\xe2\x80\x93");
    ck_assert_str_eq(pal_show_p(out, 0.0002), "p < 0.001");
    ck_assert_str_eq(pal_show_p(out, 0.0312), "p = 0.031");
    ck_assert_str_eq(pal_show_p(out, 0.43), "p = 0.43");
}
END_TEST

START_TEST(short_text_is_cut_between_characters)
{
    char out[64];

    ck_assert_str_eq(pal_show_short(out, sizeof out, "夜に駆ける", 3), "夜に\xe2\x80\xa6");
    ck_assert_str_eq(pal_show_short(out, sizeof out, "夜に駆ける", 5), "夜に駆ける");
    ck_assert_str_eq(pal_show_short(out, sizeof out, "", 5), "");
}
END_TEST

Suite *suite_plots_number(void)
{
    Suite *suite = suite_create("plots/number");
    TCase *tc = tcase_create("number");

    tcase_add_test(tc, fixed_uses_a_true_minus_and_no_sign_for_zero);
    tcase_add_test(tc, signed_names_the_direction);
    tcase_add_test(tc, counts_are_grouped_by_thousands);
    tcase_add_test(tc, percent_interval_and_p_read_as_in_a_paper);
    tcase_add_test(tc, short_text_is_cut_between_characters);
    suite_add_tcase(suite, tc);
    return suite;
}

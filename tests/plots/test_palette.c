/* Colours: readable, different, and read back from their codes. */
#include "plots/palette.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_plots_palette(void);

START_TEST(contrast_of_black_on_white_is_21)
{
    ck_assert_double_eq_tol(pal_rgb_contrast((pal_rgb){ 0, 0, 0 }, (pal_rgb){ 255, 255, 255 }), 21, 1e-9);
    /* WCAG's own borderline grey: #767676 on white is 4.54. */
    ck_assert_double_eq_tol(pal_rgb_contrast((pal_rgb){ 0x76, 0x76, 0x76 }, (pal_rgb){ 255, 255, 255 }), 4.54, 0.005);
}
END_TEST

START_TEST(text_can_be_read_in_both_themes)
{
    static const pal_role texts[] = { PAL_INK, PAL_SUBTLE, PAL_BASE_TEXT, PAL_TOP_TEXT, PAL_GOOD, PAL_BAD };

    for (int theme = PAL_THEME_LIGHT; theme <= PAL_THEME_DARK; theme++) {
        pal_rgb paper = pal_role_rgb((pal_theme)theme, PAL_PAPER), card = pal_role_rgb((pal_theme)theme, PAL_CARD);

        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            ck_assert_double_ge(pal_rgb_contrast(pal_role_rgb((pal_theme)theme, texts[i]), paper), 4.5);
        }
        for (int s = PAL_SERIES_TEXT_0; s <= PAL_SERIES_TEXT_7; s++) {
            ck_assert_msg(pal_rgb_contrast(pal_role_rgb((pal_theme)theme, (pal_role)s), paper) >= 4.5,
                          "series text %d of theme %d", s - PAL_SERIES_TEXT_0, theme);
        }
        ck_assert_double_ge(pal_rgb_contrast(pal_role_rgb((pal_theme)theme, PAL_INK), card), 4.5);
        ck_assert_double_ge(pal_rgb_contrast(pal_role_rgb((pal_theme)theme, PAL_SUBTLE), card), 4.5);
    }
}
END_TEST

START_TEST(a_code_gives_its_role_back_and_no_colour_is_a_code)
{
    for (int role = 0; role < PAL_ROLES; role++) {
        ck_assert_int_eq(pal_role_of_code(pal_role_rgb(PAL_THEME_CODED, (pal_role)role)), role);
        ck_assert_int_eq(pal_role_of_code(pal_role_rgb(PAL_THEME_LIGHT, (pal_role)role)), PAL_ROLES);
        ck_assert_int_eq(pal_role_of_code(pal_role_rgb(PAL_THEME_DARK, (pal_role)role)), PAL_ROLES);
    }
    ck_assert_int_lt(PAL_ROLES, 255);
}
END_TEST

START_TEST(series_colours_are_all_different)
{
    for (int a = PAL_BASE; a <= PAL_SERIES_7; a++) {
        for (int b = PAL_BASE; b < a; b++) {
            for (int theme = 0; theme < 2; theme++) {
                pal_rgb x = pal_role_rgb((pal_theme)theme, (pal_role)a), y = pal_role_rgb((pal_theme)theme, (pal_role)b);

                ck_assert_int_gt(abs(x.r - y.r) + abs(x.g - y.g) + abs(x.b - y.b), 40);
            }
        }
    }
}
END_TEST

START_TEST(stages_run_from_cold_to_boosted_with_a_colour_each)
{
    static const char *const names[] = { "random", "popularity", "cold_start", "fallback", "ranking", "logistic",
                                         "boosted", "oracle" };
    enum { N = sizeof names / sizeof names[0] };

    for (int i = 1; i < N; i++) {
        ck_assert_int_lt(pal_stage_order(names[i - 1]), pal_stage_order(names[i]));
        for (int j = 0; j < i; j++) {
            ck_assert_int_ne(pal_stage_role(names[i]), pal_stage_role(names[j]));
        }
    }
    ck_assert_int_gt(pal_stage_order("my own"), pal_stage_order("oracle"));
    ck_assert_int_eq(pal_stage_role("my own"), PAL_STAGE_0 + 9);
}
END_TEST

START_TEST(scales_take_ends_middle_and_nonsense)
{
    ck_assert_int_eq(pal_sequential(0), PAL_SEQ_0);
    ck_assert_int_eq(pal_sequential(1), PAL_SEQ_8);
    ck_assert_int_eq(pal_sequential(7), PAL_SEQ_8);
    ck_assert_int_eq(pal_diverging(-1), PAL_DIV_0);
    ck_assert_int_eq(pal_diverging(0), PAL_DIV_0 + 5);
    ck_assert_int_eq(pal_diverging(1), PAL_DIV_10);
    ck_assert_int_eq(pal_diverging(NAN), PAL_DIV_0 + 5);
}
END_TEST

START_TEST(css_names_every_role)
{
    pal_text css = { 0 };
    char last[16];

    pal_palette_css(&css, PAL_THEME_DARK);
    snprintf(last, sizeof last, "--p%d:#", PAL_ROLES - 1);
    ck_assert_ptr_nonnull(strstr(css.bytes, "--p0:#15181c;"));
    ck_assert_ptr_nonnull(strstr(css.bytes, last));
    pal_text_clear(&css);
}
END_TEST

Suite *suite_plots_palette(void)
{
    Suite *suite = suite_create("plots/palette");
    TCase *tc = tcase_create("palette");

    tcase_add_test(tc, contrast_of_black_on_white_is_21);
    tcase_add_test(tc, text_can_be_read_in_both_themes);
    tcase_add_test(tc, a_code_gives_its_role_back_and_no_colour_is_a_code);
    tcase_add_test(tc, series_colours_are_all_different);
    tcase_add_test(tc, stages_run_from_cold_to_boosted_with_a_colour_each);
    tcase_add_test(tc, scales_take_ends_middle_and_nonsense);
    tcase_add_test(tc, css_names_every_role);
    suite_add_tcase(suite, tc);
    return suite;
}

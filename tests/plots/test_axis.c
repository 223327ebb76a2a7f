/* Round ticks and ranges. */
#include "plots/axis.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>

Suite *suite_plots_axis(void);

static void check_ticks(double lo, double hi, int wanted)
{
    pal_ticks t = pal_ticks_make(lo, hi, wanted);
    double lead = t.step / pow(10, floor(log10(t.step) + 1e-9));

    ck_assert_int_ge(t.n, 1);
    ck_assert_int_le(t.n, (int)(1.6 * wanted) + 2);
    ck_assert_msg(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6, "step %g", t.step);
    for (int i = 0; i < t.n; i++) {
        double multiple = t.at[i] / t.step;

        ck_assert_double_ge(t.at[i], lo - t.step * 1e-6);
        ck_assert_double_le(t.at[i], hi + t.step * 1e-6);
        ck_assert_double_eq_tol(multiple, round(multiple), 1e-6);
        if (i > 0) {
            ck_assert_double_eq_tol(t.at[i] - t.at[i - 1], t.step, t.step * 1e-6);
        }
    }
}

START_TEST(ticks_are_multiples_of_1_2_5_inside_the_range)
{
    const pal_at at = { (uint64_t)_i, 0, 0 };
    const pal_key key = pal_key_for(1, 0, PAL_FOR_TEST);
    double scale = pow(10, -6 + 12 * pal_u01(key, at, 0));
    double lo = scale * (pal_u01(key, at, 1) * 20 - 10), width = scale * (0.01 + pal_u01(key, at, 2));

    for (int wanted = 2; wanted <= 8; wanted++) {
        check_ticks(lo, lo + width, wanted);
    }
}
END_TEST

START_TEST(ticks_of_zero_to_one_are_fifths)
{
    static const double expected[] = { 0, 0.2, 0.4, 0.6, 0.8, 1.0 };
    pal_ticks t = pal_ticks_make(0, 1, 5);

    ck_assert_int_eq(t.n, 6);
    ck_assert_int_eq(t.decimals, 1);
    for (int i = 0; i < 6; i++) {
        ck_assert_double_eq_tol(t.at[i], expected[i], 1e-12);
    }
}
END_TEST

START_TEST(decimals_tell_neighbouring_ticks_apart)
{
    for (int e = -8; e <= 5; e++) {
        pal_ticks t = pal_ticks_make(2.385 * pow(10, e), 7.117 * pow(10, e), 5);
        char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

        for (int i = 1; i < t.n; i++) {
            ck_assert_str_ne(pal_show_fixed(a, t.at[i - 1], t.decimals), pal_show_fixed(b, t.at[i], t.decimals));
        }
    }
}
END_TEST

START_TEST(whole_ticks_never_split_a_round)
{
    for (int hi = 1; hi < 300; hi++) {
        pal_ticks t = pal_ticks_whole(0, hi, 8);

        for (int i = 0; i < t.n; i++) {
            ck_assert_double_eq(t.at[i], floor(t.at[i]));
        }
    }
}
END_TEST

START_TEST(a_range_skips_what_is_undefined)
{
    pal_range r = pal_range_empty();

    ck_assert(pal_range_is_empty(r));
    pal_range_add(&r, NAN);
    pal_range_add(&r, INFINITY);
    ck_assert(pal_range_is_empty(r));
    pal_range_add(&r, 0.1173);
    pal_range_add(&r, 2.385);
    ck_assert_double_eq(r.lo, 0.1173);
    ck_assert_double_eq(r.hi, 2.385);
}
END_TEST

START_TEST(padding_gives_one_value_a_width)
{
    pal_range r = pal_range_padded((pal_range){ 0.25, 0.25 }, 0.05);

    ck_assert_double_lt(r.lo, 0.25);
    ck_assert_double_gt(r.hi, 0.25);
    r = pal_range_padded(pal_range_empty(), 0.05);
    ck_assert_double_lt(r.lo, r.hi);
    r = pal_range_padded((pal_range){ 1, 3 }, 0.05);
    ck_assert_double_eq_tol(r.lo, 0.9, 1e-12);
    ck_assert_double_eq_tol(r.hi, 3.1, 1e-12);
}
END_TEST

START_TEST(a_share_is_kept_between_0_and_1)
{
    pal_range r = pal_range_within((pal_range){ -0.05, 0.6 }, 0, 1);

    ck_assert_double_eq(r.lo, 0);
    ck_assert_double_eq(r.hi, 0.6);
}
END_TEST

START_TEST(a_panel_maps_its_corners_to_its_corners)
{
    const pal_panel p = { .x = 10, .y = 20, .w = 100, .h = 50, .xs = { 2, 4 }, .ys = { -1, 1 } };

    ck_assert_double_eq(pal_panel_x(&p, 2), 10);
    ck_assert_double_eq(pal_panel_x(&p, 4), 110);
    ck_assert_double_eq(pal_panel_y(&p, 1), 20);
    ck_assert_double_eq(pal_panel_y(&p, -1), 70);
}
END_TEST

Suite *suite_plots_axis(void)
{
    Suite *suite = suite_create("plots/axis");
    TCase *tc = tcase_create("axis");

    tcase_add_loop_test(tc, ticks_are_multiples_of_1_2_5_inside_the_range, 0, 60);
    tcase_add_test(tc, ticks_of_zero_to_one_are_fifths);
    tcase_add_test(tc, decimals_tell_neighbouring_ticks_apart);
    tcase_add_test(tc, whole_ticks_never_split_a_round);
    tcase_add_test(tc, a_range_skips_what_is_undefined);
    tcase_add_test(tc, padding_gives_one_value_a_width);
    tcase_add_test(tc, a_share_is_kept_between_0_and_1);
    tcase_add_test(tc, a_panel_maps_its_corners_to_its_corners);
    suite_add_tcase(suite, tc);
    return suite;
}

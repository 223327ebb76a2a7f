/* Taste coverage and balance: against scipy and closed forms. */
#include "metrics/taste.h"

#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_taste(void);

START_TEST(coverage_counts_tastes_with_a_like)
{
    const uint32_t liked[4] = { 3, 0, 1, 0 };
    const double weight[4] = { 2, 1, 0.5, 0.5 };

    ck_assert_double_eq(pal_taste_coverage(liked, 4), 0.5);
    ck_assert_double_eq(pal_taste_coverage_weighted(liked, weight, 4), 0.625);
    ck_assert(isnan(pal_taste_coverage(liked, 0)));
    ck_assert(isnan(pal_taste_coverage_weighted(liked, weight, 0)));
}
END_TEST

START_TEST(balance_is_that_of_scipy)
{
    const double p[4] = { 0.5, 0.3, 0.2, 0 }, q[4] = { 0.1, 0.6, 0.1, 0.2 };

    /* scipy 1.10.1: entropy(p, 0.99*q + 0.01*p); jensenshannon(p, q, base=2)**2 */
    ck_assert_double_eq_tol(pal_taste_balance(p, q, 4, PAL_TASTE_SMOOTHING), 0.71530757796084465, 1e-14);
    ck_assert_double_eq_tol(pal_taste_js(p, q, 4), 0.2540157730728001, 1e-14);
}
END_TEST

START_TEST(perfect_balance_is_zero_and_a_starved_person_costs_most)
{
    const double p[3] = { 2, 1, 1 }, q[3] = { 30, 15, 15 }, none[3] = { 0 };
    const double left[2] = { 1, 0 }, right[2] = { 0, 1 };

    ck_assert_double_eq_tol(pal_taste_balance(p, q, 3, 0.01), 0, 1e-15);
    ck_assert_double_eq_tol(pal_taste_js(p, q, 3), 0, 1e-15);
    ck_assert_double_eq_tol(pal_taste_balance(left, right, 2, 0.01), log(100), 1e-13);
    ck_assert_double_eq(pal_taste_js(left, right, 2), 1);
    ck_assert(isnan(pal_taste_balance(p, none, 3, 0.01)));
    ck_assert(isnan(pal_taste_balance(none, q, 3, 0.01)));
    ck_assert(isnan(pal_taste_js(p, none, 3)));
}
END_TEST

START_TEST(balance_minds_neither_scale_nor_order_and_stays_in_its_range)
{
    double p[5], q[5], other_p[5], other_q[5], balance, js;

    for (size_t s = 0; s < 5; s++) {
        p[s] = metrics_u01((uint64_t)_i, s, 0);
        q[s] = s == 2 ? 0 : metrics_u01((uint64_t)_i, s, 1);
        other_p[(s + 2) % 5] = 3 * p[s];
        other_q[(s + 2) % 5] = 0.2 * q[s];
    }
    balance = pal_taste_balance(p, q, 5, 0.01);
    js = pal_taste_js(p, q, 5);
    ck_assert_double_eq_tol(pal_taste_balance(other_p, other_q, 5, 0.01), balance, 1e-13);
    ck_assert_double_eq_tol(pal_taste_js(other_p, other_q, 5), js, 1e-13);
    ck_assert_double_eq_tol(pal_taste_js(q, p, 5), js, 1e-13);
    ck_assert(balance > 0 && balance <= log(100));
    ck_assert(js > 0 && js < 1);
}
END_TEST

Suite *suite_metrics_taste(void)
{
    Suite *s = suite_create("metrics/taste");
    TCase *t = tcase_create("taste");

    tcase_add_test(t, coverage_counts_tastes_with_a_like);
    tcase_add_test(t, balance_is_that_of_scipy);
    tcase_add_test(t, perfect_balance_is_zero_and_a_starved_person_costs_most);
    tcase_add_loop_test(t, balance_minds_neither_scale_nor_order_and_stays_in_its_range, 0, 30);
    suite_add_tcase(s, t);
    return s;
}

/* Orders against orders: hand-made cases and SciPy. */
#include "lab/audit_judge.h"
#include "tests/support/scratch.h"

#include <math.h>

Suite *suite_lab_audit_judge(void);

/* scipy.stats.kendalltau(a, b).statistic, SciPy 1.10 */
START_TEST(tau_b_is_that_of_scipy)
{
    const double a[] = { 1, 2, 3, 4, 5, 6 }, b[] = { 3, 1, 2, 6, 4, 5 }, c[] = { 1, 2, 2, 3, 4, 4 },
                 d[] = { 0.1, 0.3, 0.2, 0.2, 0.9, 0.5 }, e[] = { 2, 2, 2, 2, 2, 2 }, f[] = { 1, 2, NAN, 4, 5, 6 };

    ck_assert_double_eq_tol(pal_audit_tau(a, b, 6), 0.4666666666666666, 1e-15);
    ck_assert_double_eq_tol(pal_audit_tau(c, d, 6), 0.7412493166611013, 1e-15);
    ck_assert(isnan(pal_audit_tau(a, e, 6)) && isnan(pal_audit_tau(a, f, 6)));
}
END_TEST

START_TEST(a_protocol_is_judged_by_what_believing_it_costs)
{
    const double truth[] = { 0.9, 0.5, 0.2 }, popularity[] = { 1, 2, 3 };
    const double right[] = { 7, 6, 5 }, wrong[] = { 1, 2, 3 }, tied[] = { 4, 4, 0 };
    pal_audit_order o = pal_audit_compare(right, truth, popularity, 3);

    ck_assert(o.tau == 1 && o.reversed == 0 && o.picked == 1 && o.regret == 0);
    o = pal_audit_compare(wrong, truth, popularity, 3);
    ck_assert(o.tau == -1 && o.reversed == 1 && o.picked == 0);
    ck_assert_double_eq_tol(o.regret, 0.7, 1e-15);
    ck_assert_double_gt(o.tilt, 1.9); /* it ranks by popularity, the truth against it */
    o = pal_audit_compare(tied, truth, popularity, 3);
    ck_assert_double_eq_tol(o.picked, 0.5, 1e-15);
    ck_assert_double_eq_tol(o.regret, 0.2, 1e-15);
    ck_assert_double_eq_tol(o.reversed, 0.5 / 3, 1e-15);
    ck_assert_double_eq_tol(pal_audit_compare(truth, truth, popularity, 3).tilt, 0, 1e-15);
}
END_TEST

START_TEST(an_estimate_that_is_missing_judges_nothing)
{
    const double truth[] = { 0.9, 0.5 }, popularity[] = { 1, 2 }, some[] = { 1, NAN };
    pal_audit_order o = pal_audit_compare(some, truth, popularity, 2);

    ck_assert(isnan(o.tau) && isnan(o.reversed) && isnan(o.picked) && isnan(o.regret) && isnan(o.tilt));
}
END_TEST

START_TEST(worlds_are_averaged_with_their_intervals)
{
    const double x[] = { 1, 2, NAN, 3, 4 }, all[] = { 1, 1, 1, 1, 1, 1 }, none[] = { NAN };
    pal_interval e = pal_audit_mean(x, 5, 0.95, -10, 10);

    ck_assert(e.n == 4 && e.value == 2.5);
    ck_assert_double_eq_tol(e.hi - e.value, 3.182446305284263 * sqrt(5.0 / 3 / 4), 1e-9); /* scipy.stats.t.ppf(.975, 3) */
    e = pal_audit_mean(x, 5, 0.95, 1, 3);
    ck_assert(e.lo == 1 && e.hi == 3);
    e = pal_audit_share(all, 6, 0.95);
    ck_assert(e.value == 1 && e.hi == 1);
    ck_assert_double_eq_tol(e.lo, 0.6096657120978346, 1e-9); /* 1 / (1 + z^2 / 6) */
    ck_assert(isnan(pal_audit_mean(none, 1, 0.95, 0, 1).value) && pal_audit_share(none, 1, 0.95).n == 0);
    ck_assert(isnan(pal_audit_mean(x, 1, 0.95, 0, 9).lo));
}
END_TEST

Suite *suite_lab_audit_judge(void)
{
    Suite *s = suite_create("lab/audit_judge");
    TCase *tc = tcase_create("audit_judge");

    tcase_add_test(tc, tau_b_is_that_of_scipy);
    tcase_add_test(tc, a_protocol_is_judged_by_what_believing_it_costs);
    tcase_add_test(tc, an_estimate_that_is_missing_judges_nothing);
    tcase_add_test(tc, worlds_are_averaged_with_their_intervals);
    suite_add_tcase(s, tc);
    return s;
}

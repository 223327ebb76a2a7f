/* Power and sample sizes: scipy's noncentral t, Cohen's tables, and tests that were really run. */
#include "metrics/power.h"

#include "metrics/compare.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_power(void);

/* scipy.stats.nct.cdf(t, df, delta) */
START_TEST(noncentral_t_is_that_of_scipy)
{
    static const double known[][4] = {
        { 1.3, 5, 0.7, 0.6901767330598012 },   { -0.4, 12, 1.1, 0.06851484933152008 },
        { 2.1, 99, 2.385, 0.3869951340315055 }, { 40, 30, 37.5, 0.65377330320379 },
        { 3, 8, -1.2, 0.9996713055266342 },    { 0, 7, 0.5, 0.3085375387259869 },
        { 2.0, 2000, 60.0, 0 },                { 95, 500, 90, 0.941924707983875 },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        ck_assert_double_eq_tol(pal_noncentral_t_cdf(known[i][0], known[i][1], known[i][2]), known[i][3], 1e-10);
    }
    ck_assert(isnan(pal_noncentral_t_cdf(NAN, 3, 0)) && isnan(pal_noncentral_t_cdf(1, 0, 0)));
}
END_TEST

START_TEST(approximation_joins_where_it_takes_over)
{
    for (double t = -3; t <= 8; t += 1.1) {
        ck_assert_double_eq_tol(pal_noncentral_t_cdf(t, 99999, 2.5), pal_noncentral_t_cdf(t, 100001, 2.5), 1e-6);
    }
    ck_assert_double_eq_tol(pal_noncentral_t_cdf(101, 5000, 99.9999), pal_noncentral_t_cdf(101, 5000, 100.0001), 1e-3);
}
END_TEST

/* 1 - nct.cdf(t.ppf(1 - a / 2, df), df, delta) + nct.cdf(-t.ppf(...), df, delta); scipy 1.10's t.ppf is off by 4e-9 at
 * df 62, where beta_inc of ours is 0.99 to the last digit. */
START_TEST(power_is_that_of_scipy)
{
    ck_assert_double_eq_tol(pal_power_paired(0.5, 34, 0.05), 0.8077775012792737, 1e-8);
    ck_assert_double_eq_tol(pal_power_paired(0.2, 199, 0.05), 0.8016910240377381, 1e-8);
    ck_assert_double_eq_tol(pal_power_unpaired(0.5, 64, 64, 0.05), 0.8014595579287103, 1e-8);
    ck_assert_double_eq_tol(pal_power_unpaired(-0.37, 23, 41, 0.01), 0.11642659881513523, 1e-8);
    ck_assert_double_eq_tol(pal_power_paired(0, 20, 0.05), 0.05, 1e-10);
    ck_assert(pal_power_paired(1, 1, 0.05) == 0 && pal_power_unpaired(1, 1, 50, 0.05) == 0);
}
END_TEST

/* Cohen 1988, table 2.4.1: two-sided 5 %, power 0.80: d 0.2, 0.5, 0.8 want 393, 64, 26 a sample (his 393 is rounded from
 * 393.4; G*Power 3 says 394). Pairs by G*Power 3: 199, 34, 15. Power 0.90 (two samples): 527 rounded up, 86, 34. */
START_TEST(sample_sizes_are_those_of_cohens_tables)
{
    ck_assert(pal_needed_each(0.2, 0.05, 0.8) == 394);
    ck_assert(pal_needed_each(0.5, 0.05, 0.8) == 64);
    ck_assert(pal_needed_each(0.8, 0.05, 0.8) == 26);
    ck_assert(pal_needed_each(0.5, 0.05, 0.9) == 86);
    ck_assert(pal_needed_each(0.2, 0.05, 0.9) == 527);
    ck_assert(pal_needed_pairs(0.2, 0.05, 0.8) == 199);
    ck_assert(pal_needed_pairs(0.5, 0.05, 0.8) == 34);
    ck_assert(pal_needed_pairs(-0.8, 0.05, 0.8) == 15);
    ck_assert(isinf(pal_needed_pairs(0, 0.05, 0.8)) && isnan(pal_needed_pairs(NAN, 0.05, 0.8)));
    ck_assert(pal_needed_pairs(50, 0.05, 0.8) == 2);
}
END_TEST

START_TEST(tiny_effects_meet_the_normal_formula)
{
    double exact = pal_needed_pairs(0.003, 0.05, 0.8), normal = pal_sample_size(0.003, 1, 0.05, 0.8);

    ck_assert_double_eq_tol(exact / normal, 1, 1e-4);
    ck_assert(isinf(pal_needed_pairs(1e-9, 0.05, 0.8)));
}
END_TEST

START_TEST(detectable_effect_is_the_inverse_of_power)
{
    for (size_t n = 3; n < 4000; n = n * 3 + 1) {
        ck_assert_double_eq_tol(pal_power_paired(pal_detectable_paired(n, 0.05, 0.8), n, 0.05), 0.8, 1e-8);
        ck_assert_double_eq_tol(pal_power_unpaired(pal_detectable_unpaired(n, 2 * n, 0.01, 0.9), n, 2 * n, 0.01), 0.9, 1e-8);
    }
    ck_assert(isinf(pal_detectable_paired(1, 0.05, 0.8)));
}
END_TEST

/* Fleiss, Levin, Paik 2003, table A.4 at the same error rates without correction: 0.6 against 0.7 wants 356 each. */
START_TEST(shares_need_what_the_formula_says)
{
    ck_assert(pal_needed_each_share(0.6, 0.7, 0.05, 0.8) == 356);
    /* 16 p (1 - p) / delta^2: a click rate of 5 % and a lift of 5 % */
    ck_assert_double_eq_tol(pal_needed_each_share(0.05, 0.0525, 0.05, 0.8), 121600, 1500);
    ck_assert(isinf(pal_needed_each_share(0.3, 0.3, 0.05, 0.8)) && isnan(pal_needed_each_share(-0.1, 0.3, 0.05, 0.8)));
}
END_TEST

START_TEST(promised_power_is_kept_by_real_tests)
{
    enum { N = 34, SEEDS = 1500 };
    double d[N];
    int found = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (size_t i = 0; i < N; i++) d[i] = 0.5 + metrics_normal(seed, i, 0);
        found += pal_paired_t_p(d, N) <= 0.05;
    }
    ck_assert_double_eq_tol((double)found / SEEDS, pal_power_paired(0.5, N, 0.05), 0.04);
}
END_TEST

Suite *suite_metrics_power(void)
{
    Suite *s = suite_create("metrics/power");
    TCase *tc = tcase_create("power");

    tcase_add_test(tc, noncentral_t_is_that_of_scipy);
    tcase_add_test(tc, approximation_joins_where_it_takes_over);
    tcase_add_test(tc, power_is_that_of_scipy);
    tcase_add_test(tc, sample_sizes_are_those_of_cohens_tables);
    tcase_add_test(tc, tiny_effects_meet_the_normal_formula);
    tcase_add_test(tc, detectable_effect_is_the_inverse_of_power);
    tcase_add_test(tc, shares_need_what_the_formula_says);
    tcase_add_test(tc, promised_power_is_kept_by_real_tests);
    suite_add_tcase(s, tc);
    return s;
}

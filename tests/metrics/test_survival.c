/* Retention: known hazards give known lifetimes, and the share still here is Kaplan and Meier's. */
#include "metrics/survival.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *suite_metrics_survival(void);

START_TEST(a_hazard_of_one_half_gives_the_lifetime_of_its_geometric_law)
{
    enum { N = 1024, T = 7 };
    uint32_t left[N];
    double lived = 0, lost = 0, risk = 0;
    size_t p = 0;

    for (uint32_t t = 0; t < 10; t++) { /* 512 leave in round 0, 256 in round 1 … */
        for (size_t k = 0; k < (size_t)N >> (t + 1); k++) left[p++] = t;
    }
    while (p < N) left[p++] = PAL_STILL_HERE;
    for (p = 0; p < N; p++) {
        lived += pal_rounds_lived(left[p], T) / N;
        pal_hazard_add(&lost, &risk, left[p], NULL, 0, T);
    }
    ck_assert_double_eq(lost / risk, 0.5);
    ck_assert_double_eq_tol(lived, (1 - pow(0.5, T)) / 0.5, 1e-12); /* sum of (1 - h)^t, t < T */
}
END_TEST

START_TEST(nobody_leaves_and_everybody_lives_to_the_end)
{
    const uint32_t left[3] = { PAL_STILL_HERE, PAL_STILL_HERE, 12 };
    double here[3 * 5], lost = 0, risk = 0;

    pal_survival_table(here, left, 3, 5);
    for (size_t i = 0; i < 15; i++) ck_assert_double_eq(here[i], 1);
    ck_assert_double_eq(pal_rounds_lived(left[0], 5), 5);
    ck_assert_double_eq(pal_rounds_lived(left[2], 5), 5); /* after the end */
    pal_hazard_add(&lost, &risk, left[0], NULL, 0, 5);
    ck_assert(lost <= 0 && risk >= 5 && risk <= 5);
}
END_TEST

START_TEST(the_share_still_here_is_the_product_of_those_who_stay_round_by_round)
{
    enum { N = 57, T = 12 };
    uint32_t left[N];
    double here[N * T], product = 1, area = 1, lived = 0;

    for (size_t p = 0; p < N; p++) {
        const double x = pal_u01(pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST), (pal_at){ p, 0, 0 }, 0);

        left[p] = x < 0.3 ? PAL_STILL_HERE : (uint32_t)(x * 20);
        lived += pal_rounds_lived(left[p], T) / N;
    }
    pal_survival_table(here, left, N, T);
    for (uint32_t t = 0; t < T; t++) {
        double at_risk = 0, gone = 0, share = 0;

        for (size_t p = 0; p < N; p++) {
            at_risk += left[p] >= t;
            gone += left[p] == t;
            share += here[p * T + t] / N;
        }
        product *= 1 - gone / at_risk;
        ck_assert_double_eq_tol(share, product, 1e-12);
        if (t + 1 < T) area += product;
    }
    ck_assert_double_eq_tol(lived, area, 1e-12);
}
END_TEST

START_TEST(windows_of_a_hazard_add_up_to_the_whole)
{
    enum { T = 20 };

    for (uint32_t left = 0; left < 25; left++) {
        double whole[2] = { 0 }, parts[2] = { 0 };

        pal_hazard_add(&whole[0], &whole[1], left, NULL, 0, T);
        for (size_t from = 0; from < T; from += 7) {
            pal_hazard_add(&parts[0], &parts[1], left, NULL, from, from + 7 < T ? from + 7 : T);
        }
        ck_assert_double_eq(whole[0], parts[0]);
        ck_assert_double_eq(whole[1], parts[1]);
        ck_assert_double_eq(whole[1], left < T ? left + 1.0 : T);
        ck_assert_double_eq(whole[0], left < T ? 1.0 : 0.0);
    }
}
END_TEST

START_TEST(the_rate_ratio_is_that_of_one_stratum_and_not_fooled_by_a_second)
{
    /* exposed lose twice as many in either stratum; pooled they would seem to lose fewer: 22 of 1,010 against 101 of 1,100 */
    const double lost_1[2] = { 2, 20 }, risk_1[2] = { 10, 1000 }, lost_0[2] = { 100, 1 }, risk_0[2] = { 1000, 100 };
    const double none[2] = { 0 };

    ck_assert_double_eq_tol(pal_rate_ratio(lost_1, risk_1, lost_0, risk_0, 1), 2, 1e-12);
    ck_assert_double_eq_tol(pal_rate_ratio(lost_1, risk_1, lost_0, risk_0, 2), 2, 1e-12);
    ck_assert_double_lt((2.0 + 20) / 1010, (100.0 + 1) / 1100);
    ck_assert(isnan(pal_rate_ratio(lost_1, risk_1, none, risk_0, 2)));
    ck_assert(isnan(pal_rate_ratio(none, none, lost_0, risk_0, 2)));
    ck_assert(isnan(pal_rate_ratio(lost_1, risk_1, lost_0, risk_0, 0)));
}
END_TEST

Suite *suite_metrics_survival(void)
{
    Suite *suite = suite_create("metrics/survival");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, a_hazard_of_one_half_gives_the_lifetime_of_its_geometric_law);
    tcase_add_test(tc, nobody_leaves_and_everybody_lives_to_the_end);
    tcase_add_loop_test(tc, the_share_still_here_is_the_product_of_those_who_stay_round_by_round, 0, 5);
    tcase_add_test(tc, windows_of_a_hazard_add_up_to_the_whole);
    tcase_add_test(tc, the_rate_ratio_is_that_of_one_stratum_and_not_fooled_by_a_second);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Effective numbers, mixes, top shares and the slope inside strata: closed forms and least squares written out. */
#include "metrics/concentration.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *suite_metrics_concentration(void);

static double u01(uint64_t who, uint64_t what)
{
    return pal_u01(pal_key_for(1173, 0, PAL_FOR_TEST), (pal_at){ who, 0, what }, 0);
}

START_TEST(equal_counts_have_as_many_effective_kinds_as_there_are)
{
    const double flat[7] = { 2.385, 2.385, 2.385, 2.385, 2.385, 2.385, 2.385 }, one[7] = { 0, 0, 4, 0, 0, 0, 0 }, none[7] = { 0 };
    const double half[4] = { 2, 1, 1, 0 };

    ck_assert_double_eq_tol(pal_effective_number(flat, 7), 7, 1e-13);
    ck_assert_double_eq_tol(pal_effective_number(one, 7), 1, 1e-15);
    ck_assert_double_eq_tol(pal_effective_number(half, 4), pow(2, 1.5), 1e-13); /* entropy 1.5 bits */
    ck_assert(isnan(pal_effective_number(none, 7)));
}
END_TEST

START_TEST(mixes_are_as_far_apart_as_the_share_that_must_move)
{
    const double p[3] = { 5, 3, 2 }, q[3] = { 0.1, 0.1, 0.8 }, none[3] = { 0 }, left[2] = { 9, 0 }, right[2] = { 0, 0.1 };

    ck_assert_double_eq_tol(pal_mix_distance(p, q, 3), 0.6, 1e-15);
    ck_assert_double_eq_tol(pal_mix_distance(q, p, 3), 0.6, 1e-15);
    ck_assert_double_eq(pal_mix_distance(p, p, 3), 0);
    ck_assert_double_eq(pal_mix_distance(left, right, 2), 1);
    ck_assert(isnan(pal_mix_distance(p, none, 3)));
    ck_assert(isnan(pal_mix_distance(none, p, 3)));
}
END_TEST

START_TEST(the_top_holds_its_share)
{
    const uint32_t count[6] = { 0, 0, 1, 2, 7, 10 }, none[2] = { 0 };

    ck_assert_double_eq(pal_top_share(count, 6, 1), 0.5);
    ck_assert_double_eq(pal_top_share(count, 6, 2), 0.85);
    ck_assert_double_eq(pal_top_share(count, 6, 9), 1);
    ck_assert_double_eq(pal_top_share(count, 6, 0), 0);
    ck_assert(isnan(pal_top_share(none, 2, 1)));
}
END_TEST

START_TEST(a_line_in_every_stratum_is_found_whatever_their_levels)
{
    double x[60], y[60];
    uint8_t stratum[60];

    for (size_t i = 0; i < 60; i++) {
        stratum[i] = (uint8_t)(i % 5);
        x[i] = u01((uint64_t)_i, i) + 3 * stratum[i];
        y[i] = 0.385 * x[i] - 11.0 * stratum[i]; /* levels fall where the slope rises */
        if (i % 7 == 0) stratum[i] = UINT8_MAX, y[i] = 1e6; /* does not count */
    }
    ck_assert_double_eq_tol(pal_slope_within(x, y, stratum, 60, 5), 0.385, 1e-12);
}
END_TEST

/* Normal equations with a column of ones for every stratum, solved by elimination. */
START_TEST(the_slope_is_that_of_least_squares_with_a_level_for_each_stratum)
{
    enum { N = 40, S = 3, K = S + 1 };
    double x[N], y[N], a[K][K + 1] = { { 0 } };
    uint8_t stratum[N];

    for (size_t i = 0; i < N; i++) {
        double row[K + 1] = { 0 };

        stratum[i] = (uint8_t)(u01((uint64_t)_i, 300 + i) * S);
        x[i] = u01((uint64_t)_i, i) + stratum[i];
        y[i] = 0.7 * x[i] + u01((uint64_t)_i, 100 + i) - stratum[i];
        row[0] = x[i];
        row[1 + stratum[i]] = 1;
        row[K] = y[i];
        for (size_t r = 0; r < K; r++) {
            for (size_t c = 0; c <= K; c++) a[r][c] += row[r] * row[c];
        }
    }
    for (size_t p = K; p-- > 0;) { /* from the last: the first unknown stands alone in the end */
        for (size_t r = 0; r < K; r++) {
            const double f = a[r][p] / a[p][p];

            for (size_t c = 0; c <= K && r != p; c++) a[r][c] -= f * a[p][c];
        }
    }
    ck_assert_double_eq_tol(pal_slope_within(x, y, stratum, N, S), a[0][K] / a[0][0], 1e-10);
}
END_TEST

START_TEST(no_slope_without_anything_that_varies)
{
    const double x[4] = { 1, 1, 2, 2 }, y[4] = { 1, 2, 3, 4 };
    const uint8_t stratum[4] = { 0, 0, 1, 1 }, none[4] = { 9, 9, 9, 9 };

    ck_assert(isnan(pal_slope_within(x, y, stratum, 4, 2)));
    ck_assert(isnan(pal_slope_within(x, y, none, 4, 2)));
    ck_assert(isnan(pal_slope_within(x, y, none, 0, 2)));
}
END_TEST

START_TEST(shares_of_members_pass_over_who_is_neither)
{
    const uint32_t count[5] = { 4, 6, 100, 0, 10 };
    const uint8_t in[5] = { 1, 0, 2, 1, 0 }, nobody[5] = { 2, 2, 2, 2, 2 };

    ck_assert_double_eq(pal_count_share(count, in, 5), 0.2);
    ck_assert(isnan(pal_count_share(count, nobody, 5)));
}
END_TEST

Suite *suite_metrics_concentration(void)
{
    Suite *suite = suite_create("metrics/concentration");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, equal_counts_have_as_many_effective_kinds_as_there_are);
    tcase_add_test(tc, mixes_are_as_far_apart_as_the_share_that_must_move);
    tcase_add_test(tc, the_top_holds_its_share);
    tcase_add_loop_test(tc, a_line_in_every_stratum_is_found_whatever_their_levels, 0, 5);
    tcase_add_loop_test(tc, the_slope_is_that_of_least_squares_with_a_level_for_each_stratum, 0, 5);
    tcase_add_test(tc, no_slope_without_anything_that_varies);
    tcase_add_test(tc, shares_of_members_pass_over_who_is_neither);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Effect sizes: closed forms, brute force over all pairs, coverage over seeds. */
#include "metrics/effect.h"

#include "core/pmath.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_effect(void);

START_TEST(cohen_is_mean_over_standard_deviation)
{
    const double d[5] = { 1, 2, 3, 4, 5.5 }, a[3] = { 1, 2, 4 }, b[4] = { 0, 3, 1, 1 };
    pal_effect e = pal_cohen_paired(d, 5, 0.95), u = pal_cohen_unpaired(a, 3, b, 4, 0.95);

    ck_assert_double_eq_tol(e.value, 3.1 / sqrt((2.1 * 2.1 + 1.1 * 1.1 + 0.01 + 0.81 + 2.4 * 2.4) / 4), 1e-14);
    /* sums of squares 14/3 and 4.75, five degrees of freedom */
    ck_assert_double_eq_tol(u.value, (7.0 / 3 - 1.25) / sqrt((14.0 / 3 + 4.75) / 5), 1e-14);
    ck_assert(e.lo < e.value && e.value < e.hi && u.lo < u.value && u.value < u.hi);
}
END_TEST

/* Normal differences have var d = (1 + d^2 / 2) / n. */
START_TEST(error_of_normal_differences_is_that_of_the_textbook)
{
    enum { N = 20000 };
    static double d[N], b[N];
    double t;

    for (size_t i = 0; i < N; i++) {
        d[i] = 0.8 + metrics_normal(11, i, 0);
        b[i] = metrics_normal(11, i, 1);
    }
    t = pal_cohen_paired(d, N, 0.95).value;
    ck_assert_double_eq_tol(pal_cohen_paired(d, N, 0.95).se * sqrt(N), sqrt(1 + t * t / 2), 0.02);
    t = pal_cohen_unpaired(d, N, b, N / 2, 0.95).value;
    ck_assert_double_eq_tol(pal_cohen_unpaired(d, N, b, N / 2, 0.95).se * sqrt(N), sqrt(3 + t * t / 3), 0.03);
}
END_TEST

/* Exponential differences: mean 1, standard deviation 1. Plain normal theory would miss their skewness. */
START_TEST(cohens_intervals_cover_for_skewed_differences)
{
    enum { N = 120, SEEDS = 500 };
    double d[N];
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_effect e;

        for (size_t i = 0; i < N; i++) d[i] = -pal_log(1 - metrics_u01(seed, i, 0));
        e = pal_cohen_paired(d, N, 0.95);
        covered += e.lo <= 1 && 1 <= e.hi;
    }
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.94, 0.04);
}
END_TEST

START_TEST(cohens_intervals_cover_for_two_samples)
{
    enum { N_A = 40, N_B = 70, SEEDS = 500 };
    double a[N_A], b[N_B];
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_effect e;

        for (size_t i = 0; i < N_A; i++) a[i] = 0.5 + metrics_normal(seed, i, 1);
        for (size_t i = 0; i < N_B; i++) b[i] = metrics_normal(seed, i, 2);
        e = pal_cohen_unpaired(a, N_A, b, N_B, 0.95);
        covered += e.lo <= 0.5 && 0.5 <= e.hi;
    }
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.95, 0.035);
}
END_TEST

/* math.exp(lgamma(df/2) - lgamma((df-1)/2)) / sqrt(df/2) */
START_TEST(hedges_factor_is_that_of_the_gamma_function)
{
    ck_assert_double_eq_tol(pal_hedges(5), 0.8407486824596897, 1e-12);
    ck_assert_double_eq_tol(pal_hedges(10), 0.9227456080530858, 1e-12);
    ck_assert_double_eq_tol(pal_hedges(23), 0.9669721211497667, 1e-12);
    ck_assert(isnan(pal_hedges(1)));
}
END_TEST

START_TEST(cliff_is_the_count_over_all_pairs)
{
    enum { N_A = 17, N_B = 23 };
    double a[N_A], b[N_B], row[N_A] = { 0 }, column[N_B] = { 0 }, delta = 0, all = 0, rows = 0, columns = 0;
    pal_effect e;

    for (size_t i = 0; i < N_A; i++) a[i] = floor(3 * metrics_normal((uint64_t)_i, i, 1)) + 1;
    for (size_t i = 0; i < N_B; i++) b[i] = floor(3 * metrics_normal((uint64_t)_i, i, 2));
    for (size_t i = 0; i < N_A; i++) {
        for (size_t j = 0; j < N_B; j++) {
            double dij = (a[i] > b[j]) - (a[i] < b[j]);

            delta += dij / (N_A * N_B);
            row[i] += dij / N_B;
            column[j] += dij / N_A;
        }
    }
    for (size_t i = 0; i < N_A; i++) {
        rows += (row[i] - delta) * (row[i] - delta);
        for (size_t j = 0; j < N_B; j++) {
            double dij = (a[i] > b[j]) - (a[i] < b[j]);

            all += (dij - delta) * (dij - delta);
        }
    }
    for (size_t j = 0; j < N_B; j++) columns += (column[j] - delta) * (column[j] - delta);
    ck_assert_int_eq(pal_cliff(&e, a, N_A, b, N_B, 0.95, NULL), PAL_OK);
    ck_assert_double_eq_tol(e.value, delta, 1e-12);
    ck_assert_double_eq_tol(e.se * e.se, (N_B * N_B * rows + N_A * N_A * columns - all) / (N_A * N_B * (N_A - 1) * (N_B - 1.0)),
                            1e-12);
    ck_assert(e.lo < e.value && e.value < e.hi && e.lo >= -1 && e.hi <= 1);
}
END_TEST

/* Normals one half apart: P(a > b) = Phi(0.5 / sqrt 2), so delta = 2 Phi - 1. */
START_TEST(cliffs_intervals_cover_at_their_level)
{
    enum { N_A = 30, N_B = 40, SEEDS = 500 };
    double a[N_A], b[N_B], truth = 2 * pal_normal_cdf(0.5 / sqrt(2)) - 1, paired_truth = 2 * pal_normal_cdf(0.5) - 1;
    int covered = 0, paired = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_effect e;

        for (size_t i = 0; i < N_A; i++) a[i] = 0.5 + metrics_normal(seed, i, 1);
        for (size_t i = 0; i < N_B; i++) b[i] = metrics_normal(seed, i, 2);
        ck_assert_int_eq(pal_cliff(&e, a, N_A, b, N_B, 0.95, NULL), PAL_OK);
        covered += e.lo <= truth && truth <= e.hi;
        e = pal_cliff_paired(a, N_A, 0.95);
        paired += e.lo <= paired_truth && paired_truth <= e.hi;
    }
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.95, 0.035);
    ck_assert_double_eq_tol((double)paired / SEEDS, 0.95, 0.035);
}
END_TEST

START_TEST(samples_that_do_not_overlap_are_one_apart)
{
    const double a[3] = { 5, 6, 7 }, b[2] = { 1, 2 };
    pal_effect e;

    ck_assert_int_eq(pal_cliff(&e, a, 3, b, 2, 0.95, NULL), PAL_OK);
    ck_assert(e.value == 1);
    ck_assert_int_eq(pal_cliff(&e, b, 2, a, 3, 0.95, NULL), PAL_OK);
    ck_assert(e.value == -1);
    ck_assert(pal_cliff_paired(a, 3, 0.95).value == 1);
}
END_TEST

START_TEST(what_is_undefined_is_nan)
{
    const double zero[3] = { 0 }, same[3] = { 2, 2, 2 }, hole[2] = { 1, NAN };
    pal_effect e;
    pal_error err;

    ck_assert(pal_cohen_paired(zero, 3, 0.95).value == 0);
    ck_assert(isnan(pal_cohen_paired(same, 3, 0.95).value));
    ck_assert(isnan(pal_cohen_paired(same, 1, 0.95).value));
    ck_assert(pal_cohen_unpaired(same, 3, same, 3, 0.95).value == 0);
    ck_assert(isnan(pal_cohen_unpaired(same, 3, zero, 3, 0.95).value));
    ck_assert(isnan(pal_cohen_unpaired(same, 1, zero, 3, 0.95).value));
    ck_assert(isnan(pal_cliff_paired(zero, 0, 0.95).value));
    ck_assert_int_eq(pal_cliff(&e, zero, 0, same, 3, 0.95, NULL), PAL_OK);
    ck_assert(isnan(e.value));
    ck_assert_int_eq(pal_cliff(&e, zero, 3, hole, 2, 0.95, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "Cliff's delta: value 1 is not a number");
}
END_TEST

Suite *suite_metrics_effect(void)
{
    Suite *s = suite_create("metrics/effect");
    TCase *tc = tcase_create("effect");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, cohen_is_mean_over_standard_deviation);
    tcase_add_test(tc, error_of_normal_differences_is_that_of_the_textbook);
    tcase_add_test(tc, cohens_intervals_cover_for_skewed_differences);
    tcase_add_test(tc, cohens_intervals_cover_for_two_samples);
    tcase_add_test(tc, hedges_factor_is_that_of_the_gamma_function);
    tcase_add_loop_test(tc, cliff_is_the_count_over_all_pairs, 0, 10);
    tcase_add_test(tc, cliffs_intervals_cover_at_their_level);
    tcase_add_test(tc, samples_that_do_not_overlap_are_one_apart);
    tcase_add_test(tc, what_is_undefined_is_nan);
    suite_add_tcase(s, tc);
    return s;
}

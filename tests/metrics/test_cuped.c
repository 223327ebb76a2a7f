/* CUPED and the gain of pairing: known correlations, coverage, no bias. */
#include "metrics/cuped.h"

#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_cuped(void);

enum { N = 60, SEEDS = 500 };

/* y = 0.7 + 1.5 x + e, var x 1, var e 1: rho^2 = 2.25 / 3.25 */
START_TEST(paired_intervals_cover_and_are_narrower)
{
    double x[N], y[N], reduction = 0, plain_width = 0, width = 0, mean = 0;
    int covered = 0, plain = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_cuped c;

        for (size_t i = 0; i < N; i++) {
            x[i] = 3 + metrics_normal(seed, i, 1);
            y[i] = 0.7 + 1.5 * (x[i] - 3) + metrics_normal(seed, i, 2);
        }
        pal_cuped_paired(&c, y, x, N, 3, 0.95);
        covered += c.adjusted.lo <= 0.7 && 0.7 <= c.adjusted.hi;
        plain += c.plain.lo <= 0.7 && 0.7 <= c.plain.hi;
        reduction += c.variance_reduction / SEEDS;
        plain_width += c.plain.hi - c.plain.lo;
        width += c.adjusted.hi - c.adjusted.lo;
        mean += c.adjusted.value / SEEDS;
    }
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.95, 0.035);
    ck_assert_double_eq_tol((double)plain / SEEDS, 0.95, 0.035);
    ck_assert_double_eq_tol(reduction, 2.25 / 3.25, 0.02);
    ck_assert_double_eq_tol(width / plain_width, sqrt(1 / 3.25), 0.02);
    ck_assert_double_eq_tol(mean, 0.7, 0.025);
}
END_TEST

START_TEST(unpaired_intervals_cover_and_are_narrower)
{
    double x_a[N], y_a[N], x_b[2 * N], y_b[2 * N], reduction = 0;
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_cuped c;

        for (size_t i = 0; i < N; i++) {
            x_a[i] = metrics_normal(seed, i, 1);
            y_a[i] = 0.4 + 2 * x_a[i] + metrics_normal(seed, i, 2);
        }
        for (size_t i = 0; i < 2 * N; i++) {
            x_b[i] = metrics_normal(seed, i, 3);
            y_b[i] = 2 * x_b[i] + metrics_normal(seed, i, 4);
        }
        pal_cuped_unpaired(&c, y_a, x_a, N, y_b, x_b, 2 * N, 0.95);
        covered += c.adjusted.lo <= 0.4 && 0.4 <= c.adjusted.hi;
        reduction += c.variance_reduction / SEEDS;
        ck_assert_double_eq_tol(c.theta, 2, 0.5);
    }
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.95, 0.035);
    ck_assert_double_eq_tol(reduction, 0.8, 0.02);
}
END_TEST

START_TEST(a_useless_covariate_costs_next_to_nothing)
{
    double x[N], y[N];
    pal_cuped c;

    for (size_t i = 0; i < N; i++) {
        x[i] = metrics_normal((uint64_t)_i, i, 1);
        y[i] = metrics_normal((uint64_t)_i, i, 2);
    }
    pal_cuped_paired(&c, y, x, N, 0, 0.95);
    ck_assert_double_ge(c.variance_reduction, -1.0 / (N - 2) - 1e-12);
    pal_cuped_paired(&c, y, x, N, NAN, 0.95); /* its mean is not known: it cannot help */
    ck_assert(c.adjusted.value == c.plain.value && c.adjusted.se == c.plain.se);
    for (size_t i = 0; i < N; i++) x[i] = 4.5;
    pal_cuped_paired(&c, y, x, N, 4.5, 0.95);
    ck_assert(c.theta == 0 && c.adjusted.value == c.plain.value);
    pal_cuped_paired(&c, y, x, 2, 4.5, 0.95);
    ck_assert(isnan(c.plain.value));
    pal_cuped_unpaired(&c, y, x, 2, y, x, N, 0.95);
    ck_assert(isnan(c.plain.value));
}
END_TEST

/* a = s + e_a, b = s + e_b with var s 2, var e 1: paired 2, unpaired 6, reduction 2/3. */
START_TEST(gain_of_pairing_is_found_and_covered)
{
    double a[N], b[N], mean = 0;
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_pairing g;

        for (size_t i = 0; i < N; i++) {
            double s = sqrt(2) * metrics_normal(seed, i, 1);

            a[i] = s + metrics_normal(seed, i, 2);
            b[i] = s + metrics_normal(seed, i, 3) + 7;
        }
        g = pal_pairing_gain(a, b, N, 0.95);
        covered += g.lo <= 2.0 / 3 && 2.0 / 3 <= g.hi;
        mean += g.reduction / SEEDS;
        ck_assert_double_eq_tol(g.saved, g.unpaired / g.paired, 1e-12);
        ck_assert_double_eq_tol(g.reduction, 1 - g.paired / g.unpaired, 1e-12);
    }
    ck_assert_double_eq_tol(mean, 2.0 / 3, 0.02);
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.95, 0.035);
}
END_TEST

/* The unpaired variance is the mean over all pairings of strangers, measured. */
START_TEST(strangers_vary_as_the_formula_says)
{
    enum { M = 12 };
    double a[M], b[M], mean_a = 0, mean_b = 0, all = 0;

    for (size_t i = 0; i < M; i++) {
        a[i] = metrics_normal(3, i, 1);
        b[i] = a[i] * 0.8 + metrics_normal(3, i, 2);
        mean_a += a[i] / M;
        mean_b += b[i] / M;
    }
    for (size_t i = 0; i < M; i++) {
        for (size_t j = 0; j < M; j++) {
            double d = a[i] - b[j] - (mean_a - mean_b);

            all += d * d / (M * (M - 1.0));
        }
    }
    ck_assert_double_eq_tol(pal_pairing_gain(a, b, M, 0.95).unpaired, all, 1e-12);
}
END_TEST

START_TEST(pairing_that_hurts_or_is_perfect_is_told)
{
    const double a[4] = { 1, 2, 3, 5 }, minus[4] = { -1, -2, -3, -5 }, same[4] = { 2, 2, 2, 2 };

    ck_assert_double_eq_tol(pal_pairing_gain(a, minus, 4, 0.95).reduction, -1, 1e-12);
    ck_assert_double_eq_tol(pal_pairing_gain(a, a, 4, 0.95).reduction, 1, 1e-12);
    ck_assert(isnan(pal_pairing_gain(same, same, 4, 0.95).reduction));
    ck_assert(isnan(pal_pairing_gain(a, a, 2, 0.95).paired));
}
END_TEST

Suite *suite_metrics_cuped(void)
{
    Suite *s = suite_create("metrics/cuped");
    TCase *tc = tcase_create("cuped");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, paired_intervals_cover_and_are_narrower);
    tcase_add_test(tc, unpaired_intervals_cover_and_are_narrower);
    tcase_add_loop_test(tc, a_useless_covariate_costs_next_to_nothing, 0, 5);
    tcase_add_test(tc, gain_of_pairing_is_found_and_covered);
    tcase_add_test(tc, strangers_vary_as_the_formula_says);
    tcase_add_test(tc, pairing_that_hurts_or_is_perfect_is_told);
    suite_add_tcase(s, tc);
    return s;
}

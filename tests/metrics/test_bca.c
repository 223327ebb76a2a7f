/* BCa: scipy's interval, coverage over seeds, and differences with and without pairs. */
#include "metrics/bca.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_bca(void);

static pal_boot *boot_of(size_t n, size_t resamples, uint64_t seed, const char *name)
{
    pal_boot *boot = NULL;

    ck_assert_int_eq(pal_boot_new(&boot, n, NULL, resamples, 0.95,
                                  pal_key_named(pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP), name), 1, NULL), PAL_OK);
    return boot;
}

/* scipy.stats.bootstrap((x,), np.mean, n_resamples=200000, method='BCa'), three seeds: 0.4054 to 0.4079, 1.8758 to 1.8863 */
START_TEST(difference_from_nothing_has_the_interval_of_scipy)
{
    const double x[12] = { 0.1173, -0.5, 2.385, 0.77, -0.03, 0.61, 1.2, 4.1, 0.9, 1.7, -0.2, 0.33 };
    const double one[12] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, zero[12] = { 0 };
    pal_boot *boot = boot_of(12, 60000, 5, "x");
    pal_interval v;

    ck_assert_int_eq(pal_bca_difference(&v, boot, x, one, zero, one, NULL), PAL_OK);
    ck_assert_double_eq_tol(v.value, 0.948525, 1e-12);
    ck_assert_double_eq_tol(v.lo, 0.4065, 0.015);
    ck_assert_double_eq_tol(v.hi, 1.881, 0.03);
    ck_assert_uint_eq(v.n, 12);
    pal_boot_free(boot);
}
END_TEST

START_TEST(difference_from_nothing_is_the_interval_of_the_ratio)
{
    enum { N = 60 };
    double num[N], den[N], zero[N] = { 0 };
    pal_boot *boot = boot_of(N, 500, (uint64_t)_i, "x");
    pal_interval difference, ratio;

    metrics_people_ratio(num, den, N, (uint64_t)_i, 0);
    ck_assert_int_eq(pal_bca_difference(&difference, boot, num, den, zero, den, NULL), PAL_OK);
    ck_assert_int_eq(pal_boot_bca_ratio(&ratio, boot, num, den, NULL), PAL_OK);
    ck_assert_double_eq_tol(difference.value, ratio.value, 1e-12);
    ck_assert_double_eq_tol(difference.lo, ratio.lo, 1e-9);
    ck_assert_double_eq_tol(difference.hi, ratio.hi, 1e-9);
    pal_boot_free(boot);
}
END_TEST

/* Arms of the same people with the same rate, luck apart: the true difference is 0. */
START_TEST(paired_intervals_cover_at_their_level)
{
    enum { N = 50, SEEDS = 400 };
    double num_a[N], den_a[N], num_b[N], den_b[N];
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_boot *boot = boot_of(N, 400, seed, "x");
        pal_interval v;

        metrics_people_ratio(num_a, den_a, N, seed, 1);
        metrics_people_ratio(num_b, den_b, N, seed, 2);
        ck_assert_int_eq(pal_bca_difference(&v, boot, num_a, den_a, num_b, den_b, NULL), PAL_OK);
        covered += v.lo <= 0 && 0 <= v.hi;
        pal_boot_free(boot);
    }
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.94, 0.04);
}
END_TEST

START_TEST(unpaired_intervals_cover_at_their_level)
{
    enum { N_A = 45, N_B = 80, SEEDS = 400 };
    double num_a[N_A], den_a[N_A], num_b[N_B], den_b[N_B];
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_boot *boot_a = boot_of(N_A, 400, seed, "a"), *boot_b = boot_of(N_B, 400, seed, "b");
        pal_interval v;

        metrics_people_ratio(num_a, den_a, N_A, 2 * seed, 1);
        metrics_people_ratio(num_b, den_b, N_B, 2 * seed + 1, 1);
        ck_assert_int_eq(pal_bca_unpaired(&v, boot_a, num_a, den_a, boot_b, num_b, den_b, NULL), PAL_OK);
        covered += v.lo <= 0 && 0 <= v.hi;
        ck_assert_uint_eq(v.n, N_A + N_B);
        pal_boot_free(boot_a);
        pal_boot_free(boot_b);
    }
    ck_assert_double_eq_tol((double)covered / SEEDS, 0.94, 0.04);
}
END_TEST

START_TEST(equal_arms_differ_by_exactly_nothing)
{
    enum { N = 30 };
    double num[N], den[N];
    pal_boot *boot = boot_of(N, 100, (uint64_t)_i, "x");
    pal_interval v;

    metrics_people_ratio(num, den, N, (uint64_t)_i, 0);
    ck_assert_int_eq(pal_bca_difference(&v, boot, num, den, num, den, NULL), PAL_OK);
    ck_assert(v.value == 0 && v.lo == 0 && v.hi == 0);
    pal_boot_free(boot);
}
END_TEST

START_TEST(an_arm_without_impressions_has_no_difference)
{
    const double num[3] = { 1, 2, 0 }, den[3] = { 3, 4, 5 }, zero[3] = { 0 };
    pal_boot *boot = boot_of(3, 50, 1, "x");
    pal_interval v;

    ck_assert_int_eq(pal_bca_difference(&v, boot, num, den, zero, zero, NULL), PAL_OK);
    ck_assert(isnan(v.value) && isnan(v.lo) && isnan(v.hi));
    pal_boot_free(boot);
}
END_TEST

START_TEST(bad_values_are_named)
{
    const double good[3] = { 1, 2, 3 }, hole[3] = { 1, NAN, 3 }, minus[3] = { 1, 2, -0.5 };
    pal_boot *boot = boot_of(3, 50, 1, "x");
    pal_error err;
    pal_interval v;

    ck_assert_int_eq(pal_bca_difference(&v, boot, hole, good, good, good, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "bootstrap: unit 1: the numerator is not finite");
    ck_assert_int_eq(pal_bca_unpaired(&v, boot, good, good, boot, good, minus, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "bootstrap: unit 2: the denominator is -0.5, wanted 0 or more");
    pal_boot_free(boot);
}
END_TEST

/* scipy.stats.t.interval(0.9, 3, loc=d.mean(), scale=scipy.stats.sem(d)) with d = [0.2, -0.1, 0.7, 0.4]: se 0.16832508 */
START_TEST(t_interval_over_seeds_is_that_of_the_textbook)
{
    const double d[4] = { 0.2, -0.1, 0.7, 0.4 };
    pal_interval v = pal_paired_t(d, 4, 0.9);

    ck_assert_double_eq_tol(v.value, 0.3, 1e-15);
    ck_assert_double_eq_tol(v.se, 0.1683250823060346, 1e-12);
    ck_assert_double_eq_tol(v.hi - v.value, 2.3533634348018264 * 0.1683250823060346, 1e-10);
    ck_assert_double_eq_tol(v.value - v.lo, v.hi - v.value, 1e-15);
    ck_assert(isnan(pal_paired_t(d, 1, 0.9).lo));
    ck_assert(isnan(pal_paired_t(d, 0, 0.9).value));
}
END_TEST

Suite *suite_metrics_bca(void)
{
    Suite *s = suite_create("metrics/bca");
    TCase *tc = tcase_create("bca");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, difference_from_nothing_has_the_interval_of_scipy);
    tcase_add_loop_test(tc, difference_from_nothing_is_the_interval_of_the_ratio, 0, 8);
    tcase_add_test(tc, paired_intervals_cover_at_their_level);
    tcase_add_test(tc, unpaired_intervals_cover_at_their_level);
    tcase_add_loop_test(tc, equal_arms_differ_by_exactly_nothing, 0, 3);
    tcase_add_test(tc, an_arm_without_impressions_has_no_difference);
    tcase_add_test(tc, bad_values_are_named);
    tcase_add_test(tc, t_interval_over_seeds_is_that_of_the_textbook);
    suite_add_tcase(s, tc);
    return s;
}

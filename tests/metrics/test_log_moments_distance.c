/* Distances between samples, against the slow way and SciPy. */
#include "metrics/log_moments_distance.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_log_moments_distance(void);

static const double a[] = { -1.5, 0.1173, 0.4, 2.385, 2.385, 7 }, b[] = { 0.1173, 0.1173, 1, 9.25 };

/* python3 -c "import scipy.stats as s; a=[-1.5,.1173,.4,2.385,2.385,7]; b=[.1173,.1173,1,9.25];
 *   print(s.ks_2samp(a,b).statistic, s.wasserstein_distance(a,b))" */
START_TEST(both_are_those_of_scipy)
{
    ck_assert_double_eq_tol(pal_ks_distance(a, 6, b, 4), 0.25, 1e-12);
    ck_assert_double_eq_tol(pal_wasserstein(a, 6, b, 4), 1.61, 1e-12);
}
END_TEST

START_TEST(equal_samples_are_no_distance_apart)
{
    ck_assert_double_eq(pal_ks_distance(a, 6, a, 6), 0);
    ck_assert_double_eq(pal_wasserstein(a, 6, a, 6), 0);
}
END_TEST

static size_t draw(double *x, uint64_t who)
{
    const pal_key key = pal_key_for((uint64_t)who, 0, PAL_FOR_TEST);
    const size_t n = 1 + (size_t)(pal_u01(key, (pal_at){ 0, 0, 0 }, 0) * 40);

    for (size_t i = 0; i < n; i++) x[i] = floor(20 * pal_u01(key, (pal_at){ 1, i, 0 }, 0)) * 0.25; /* ties abound */
    pal_sort_doubles(x, n);
    return n;
}

static double share_up_to(const double *x, size_t n, double value)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) k += x[i] <= value;
    return (double)k / (double)n;
}

START_TEST(ties_are_taken_together)
{
    double x[64], y[64], most = 0, area = 0;
    const size_t n = draw(x, 2 * (uint64_t)_i), m = draw(y, 2 * (uint64_t)_i + 1);

    for (double v = -1; v < 6; v += 0.25) {
        const double apart = fabs(share_up_to(x, n, v) - share_up_to(y, m, v));

        most = fmax(most, apart);
        area += 0.25 * apart;
    }
    ck_assert_double_eq_tol(pal_ks_distance(x, n, y, m), most, 1e-12);
    ck_assert_double_eq_tol(pal_wasserstein(x, n, y, m), area, 1e-12);
}
END_TEST

START_TEST(a_shift_is_a_wasserstein_distance_of_its_length)
{
    double x[64], y[64];
    const size_t n = draw(x, (uint64_t)_i);

    for (size_t i = 0; i < n; i++) y[i] = x[i] + 2.385;
    ck_assert_double_eq_tol(pal_wasserstein(x, n, y, n), 2.385, 1e-12);
}
END_TEST

/* numpy.quantile([-1.5, .1173, .4, 2.385, 2.385, 7], [0, .1, .5, .93, 1]) */
START_TEST(quantiles_are_those_of_numpy)
{
    const double p[] = { 0, 0.1, 0.5, 0.93, 1 }, want[] = { -1.5, -0.69135, 1.3925, 5.38475, 7 };

    for (size_t i = 0; i < 5; i++) ck_assert_double_eq_tol(pal_quantile_of(a, 6, p[i]), want[i], 1e-12);
}
END_TEST

START_TEST(nothing_is_no_distance_from_anything)
{
    ck_assert_double_nan(pal_ks_distance(a, 0, b, 4));
    ck_assert_double_nan(pal_wasserstein(a, 6, b, 0));
    ck_assert_double_nan(pal_quantile_of(a, 0, 0.5));
}
END_TEST

Suite *suite_metrics_log_moments_distance(void)
{
    Suite *s = suite_create("metrics/log_moments_distance");
    TCase *tc = tcase_create("log_moments_distance");

    tcase_add_test(tc, both_are_those_of_scipy);
    tcase_add_test(tc, equal_samples_are_no_distance_apart);
    tcase_add_loop_test(tc, ties_are_taken_together, 0, 40);
    tcase_add_loop_test(tc, a_shift_is_a_wasserstein_distance_of_its_length, 0, 10);
    tcase_add_test(tc, quantiles_are_those_of_numpy);
    tcase_add_test(tc, nothing_is_no_distance_from_anything);
    suite_add_tcase(s, tc);
    return s;
}

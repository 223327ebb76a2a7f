/* Power laws of counts: Hurwitz's zeta against GSL, exponents against a grid and against what was drawn. */
#include "metrics/log_moments_tail.h"

#include "core/rng.h"

#include <check.h>
#include <gsl/gsl_sf_zeta.h>
#include <math.h>

Suite *suite_metrics_log_moments_tail(void);

START_TEST(zeta_has_its_published_values)
{
    ck_assert_double_eq_tol(pal_hurwitz_zeta(2, 1), 1.6449340668482264, 1e-14);
    ck_assert_double_eq_tol(pal_hurwitz_zeta(4, 1), 1.0823232337111382, 1e-14);
    ck_assert_double_eq_tol(pal_hurwitz_zeta(1.5, 1), 2.6123753486854883, 1e-13);
    ck_assert_double_eq_tol(pal_hurwitz_zeta(3, 2), 0.2020569031595943, 1e-14);
}
END_TEST

START_TEST(zeta_is_that_of_gsl_over_a_grid)
{
    for (double s = 1.01; s < 20; s *= 1.137) {
        for (double q = 1; q < 3000; q *= 2.385) {
            const double want = gsl_sf_hzeta(s, q);

            ck_assert_msg(fabs(pal_hurwitz_zeta(s, q) - want) <= 3e-13 * want, "zeta(%g, %g): %.17g, GSL %.17g", s, q,
                          pal_hurwitz_zeta(s, q), want);
        }
    }
}
END_TEST

/* Counts drawn from k^-a, k >= xmin, by inversion of the distribution function. */
static void draw_counts(uint32_t *histogram, size_t n_bins, double a, size_t xmin, size_t n, uint64_t seed)
{
    const double all = pal_hurwitz_zeta(a, (double)xmin);

    for (size_t i = 0; i < n; i++) {
        const double u = pal_u01(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0) * all;
        double sum = 0;
        size_t k = xmin;

        for (; k + 1 < n_bins; k++) {
            sum += pow((double)k, -a);
            if (sum >= u) break;
        }
        histogram[k]++;
    }
}

static double likelihood(const uint32_t *histogram, size_t n_bins, size_t xmin, double a)
{
    const double log_all = log(gsl_sf_hzeta(a, (double)xmin));
    double sum = 0;

    for (size_t k = xmin; k < n_bins; k++) sum -= histogram[k] * (a * log((double)k) + log_all);
    return sum;
}

START_TEST(the_exponent_is_the_most_likely_of_a_grid)
{
    uint32_t histogram[4000] = { 0 };
    double a, best = 0, most = -INFINITY;

    draw_counts(histogram, 4000, 2.385, 3, 2000, 7);
    a = pal_tail_exponent(histogram, 4000, 3);
    for (double x = 1.5; x < 3.2; x += 0.001) {
        const double l = likelihood(histogram, 4000, 3, x);

        if (l > most) {
            most = l;
            best = x;
        }
    }
    ck_assert_double_eq_tol(a, best, 0.001);
}
END_TEST

/* Clauset, Shalizi and Newman 2009, eq. 3.6: the standard error is about (a - 1) / sqrt(n) = 0.0195. */
START_TEST(the_exponent_that_was_drawn_comes_back)
{
    static uint32_t histogram[20000];

    for (size_t k = 0; k < 20000; k++) histogram[k] = 0;
    draw_counts(histogram, 20000, 1.87, 2, 2000, (uint64_t)_i);
    ck_assert_double_eq_tol(pal_tail_exponent(histogram, 20000, 2), 1.87, 4 * 0.0195);
}
END_TEST

START_TEST(the_distance_is_that_of_the_slow_way)
{
    uint32_t histogram[500] = { 0 };
    const double a = 2.2;
    double most = 0, below = 0, n = 0, model = 0;

    draw_counts(histogram, 500, a, 2, 300, 3);
    for (size_t k = 2; k < 500; k++) n += histogram[k];
    for (size_t k = 2; k < 500; k++) { /* both functions stand still between whole numbers */
        below += histogram[k];
        model += pow((double)k, -a) / gsl_sf_hzeta(a, 2);
        most = fmax(most, fabs(below / n - model));
    }
    ck_assert_double_eq_tol(pal_tail_distance(histogram, 500, 2, a), most, 1e-12);
}
END_TEST

/* Below 10 every count is as frequent as any other: no power law begins there. */
START_TEST(the_tail_begins_where_the_law_does)
{
    static uint32_t histogram[20000];
    size_t xmin;

    for (size_t k = 0; k < 20000; k++) histogram[k] = 0;
    draw_counts(histogram, 20000, 2.5, 10, 3000, 11);
    for (size_t k = 1; k < 10; k++) histogram[k] = 200;
    xmin = pal_tail_xmin(histogram, 20000, 300);
    ck_assert_uint_ge(xmin, 9);
    ck_assert_uint_le(xmin, 20);
}
END_TEST

START_TEST(without_a_tail_there_is_no_exponent)
{
    uint32_t histogram[5] = { 0, 3, 0, 0, 0 };

    ck_assert_double_nan(pal_tail_exponent(histogram, 5, 1));
    ck_assert_double_nan(pal_tail_exponent(histogram, 5, 2));
    ck_assert_double_nan(pal_tail_exponent(histogram, 5, 0));
    ck_assert_double_nan(pal_tail_distance(histogram, 5, 2, 2));
    ck_assert_uint_eq(pal_tail_xmin(histogram, 5, 2), 0);
}
END_TEST

Suite *suite_metrics_log_moments_tail(void)
{
    Suite *s = suite_create("metrics/log_moments_tail");
    TCase *tc = tcase_create("log_moments_tail");

    tcase_add_test(tc, zeta_has_its_published_values);
    tcase_add_test(tc, zeta_is_that_of_gsl_over_a_grid);
    tcase_add_test(tc, the_exponent_is_the_most_likely_of_a_grid);
    tcase_add_loop_test(tc, the_exponent_that_was_drawn_comes_back, 0, 8);
    tcase_add_test(tc, the_distance_is_that_of_the_slow_way);
    tcase_add_test(tc, the_tail_begins_where_the_law_does);
    tcase_add_test(tc, without_a_tail_there_is_no_exponent);
    suite_add_tcase(s, tc);
    return s;
}

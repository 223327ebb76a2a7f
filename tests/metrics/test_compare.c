/* Paired comparisons: against all sign patterns, scipy, GSL, and their error rates when nothing differs. */
#include "metrics/compare.h"

#include "core/mem.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_metrics_compare(void);

static pal_compare_config config_of(size_t n, uint64_t seed)
{
    return (pal_compare_config){ n, pal_key_for(seed, 0, PAL_FOR_PERMUTE) };
}

static pal_boot *boot_of(size_t n, uint64_t seed)
{
    pal_boot *boot = NULL;

    ck_assert_int_eq(pal_boot_new(&boot, n, NULL, 400, 0.95, pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP), 1, NULL),
                     PAL_OK);
    return boot;
}

/* Share of all 2^n sign patterns at least as far out. */
static double exhaustive_p(const double *d, size_t n)
{
    double observed = 0;
    size_t extreme = 0;

    for (size_t i = 0; i < n; i++) {
        observed += d[i];
    }
    for (unsigned pattern = 0; pattern < 1u << n; pattern++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++) {
            sum += (pattern >> i & 1) != 0 ? -d[i] : d[i];
        }
        extreme += fabs(sum) >= fabs(observed) - 1e-9;
    }
    return (double)extreme / (double)(1u << n);
}

START_TEST(flips_come_near_the_share_of_all_patterns)
{
    double d[13], p, exact;
    pal_compare_config config = config_of(40000, (uint64_t)_i);

    for (size_t i = 0; i < 13; i++) { /* 8 + 5: a group that is not full; coarse, so that sums tie */
        d[i] = floor(4 * metrics_normal((uint64_t)_i, i, 0)) / 4 + 0.25;
    }
    exact = exhaustive_p(d, 13);
    ck_assert_int_eq(pal_sign_flip_p(&p, d, 13, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(p, exact, 5 * sqrt(0.25 / 40000));
}
END_TEST

/* Every flip written out: person u's sign in flip f is bit u % 8 of byte f % 8 of draw f / 8 at (u / 8, 0, 0). */
START_TEST(flips_are_those_of_the_key_person_by_person)
{
    enum { N = 21, FLIPS = 77 };
    double d[N], p, observed = 0;
    pal_compare_config config = config_of(FLIPS, (uint64_t)_i);
    size_t extreme = 0;

    for (size_t u = 0; u < N; u++) {
        d[u] = metrics_normal((uint64_t)_i, u, 0);
        observed += d[u];
    }
    for (size_t f = 0; f < FLIPS; f++) {
        double sum = 0;

        for (size_t u = 0; u < N; u++) {
            uint64_t word = pal_u64(config.key, (pal_at){ u / 8, 0, 0 }, f / 8);

            sum += (word >> (8 * (f % 8) + u % 8) & 1) != 0 ? -d[u] : d[u];
        }
        extreme += fabs(sum) >= fabs(observed);
    }
    ck_assert_int_eq(pal_sign_flip_p(&p, d, N, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(p, (1.0 + (double)extreme) / (1 + FLIPS), 1e-15);
}
END_TEST

/* Tenths: sums that are equal in tenths differ in the last bit as doubles, and must count as equal. */
START_TEST(equal_sums_count_as_equal_whatever_their_rounding)
{
    enum { N = 12 };
    double d[N], p;
    int tenths[N], observed = 0, sum;
    size_t extreme = 0;
    pal_compare_config config = config_of(40000, 3);

    for (int i = 0; i < N; i++) {
        tenths[i] = i % 4 == 3 ? -1 - i % 5 : 1 + i % 4;
        d[i] = 0.1 * tenths[i];
        observed += tenths[i];
    }
    for (unsigned pattern = 0; pattern < 1u << N; pattern++) {
        sum = 0;
        for (int i = 0; i < N; i++) {
            sum += (pattern >> i & 1) != 0 ? -tenths[i] : tenths[i];
        }
        extreme += abs(sum) >= abs(observed);
    }
    ck_assert_int_eq(pal_sign_flip_p(&p, d, N, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(p, (double)extreme / (1u << N), 5 * sqrt(0.25 / 40000));
}
END_TEST

START_TEST(t_test_is_that_of_scipy)
{
    const double d[7] = { 0.1173, -0.5, 2.385, 0.77, -0.03, 0.61, 1.2 }, same[3] = { 0.5, 0.5, 0.5 };
    const double zero[3] = { 0, 0, 0 };

    /* scipy 1.10.1: ttest_1samp(d, 0).pvalue */
    ck_assert_double_eq_tol(pal_paired_t_p(d, 7), 0.119590925300222, 1e-11);
    ck_assert_double_eq(pal_paired_t_p(same, 3), 0);
    ck_assert_double_eq(pal_paired_t_p(zero, 3), 1);
    ck_assert(isnan(pal_paired_t_p(d, 1)));
}
END_TEST

/* Means: den 1, so that all is the textbook paired test. */
START_TEST(means_are_compared_as_scipy_does)
{
    const double a[6] = { 0.2, 0.5, 0.1, 0.9, 0.4, 0.7 }, b[6] = { 0.1, 0.45, 0.2, 0.6, 0.35, 0.3 };
    const double one[6] = { 1, 1, 1, 1, 1, 1 };
    pal_boot *boot = boot_of(6, 1);
    pal_compare_config config = config_of(0, 1);
    pal_comparison out;

    ck_assert_int_eq(pal_compare(&out, boot, a, one, b, one, &config, NULL), PAL_OK);
    /* scipy 1.10.1, numpy 1.24: ttest_rel(a, b); corrcoef(a, b)[0, 1]; 1 - var(a - b) / (var(a) + var(b)) */
    ck_assert_double_eq_tol(out.p_t, 0.13519898951756373, 1e-11);
    ck_assert_double_eq_tol(out.correlation, 0.8273807004815932, 1e-13);
    ck_assert_double_eq_tol(out.variance_reduction, 0.7247956403269755, 1e-13);
    ck_assert_double_eq_tol(out.effect * sqrt(6), 1.779976637959939, 1e-13); /* the t statistic */
    ck_assert_double_eq_tol(out.value_a, 2.8 / 6, 1e-15);
    ck_assert_double_eq_tol(out.difference.value, 0.8 / 6, 1e-15);
    ck_assert_uint_eq(out.difference.n, 6);
    pal_boot_free(boot);
}
END_TEST

START_TEST(ratios_are_compared_by_linearised_differences)
{
    enum { N = 40 };
    double num_a[N], den_a[N], num_b[N], den_b[N], d[N], r_a, r_b, sum[4] = { 0 }, mean = 0, square = 0, p;
    pal_boot *boot = boot_of(N, 2);
    pal_compare_config config = config_of(999, 2);
    pal_comparison out;

    metrics_people_ratio(num_a, den_a, N, 2, 0);
    metrics_people_ratio(num_b, den_b, N, 2, 1);
    for (size_t u = 0; u < N; u++) {
        den_b[u] += (double)(u % 3);
        sum[0] += num_a[u];
        sum[1] += den_a[u];
        sum[2] += num_b[u];
        sum[3] += den_b[u];
    }
    r_a = sum[0] / sum[1];
    r_b = sum[2] / sum[3];
    for (size_t u = 0; u < N; u++) {
        d[u] = r_a - r_b + (num_a[u] - r_a * den_a[u]) * N / sum[1] - (num_b[u] - r_b * den_b[u]) * N / sum[3];
        mean += d[u] / N;
    }
    for (size_t u = 0; u < N; u++) {
        square += (d[u] - mean) * (d[u] - mean) / (N - 1);
    }
    ck_assert_double_eq_tol(mean, r_a - r_b, 1e-15);
    ck_assert_int_eq(pal_compare(&out, boot, num_a, den_a, num_b, den_b, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(out.sd, sqrt(square), 1e-13);
    ck_assert_double_eq_tol(out.effect, mean / sqrt(square), 1e-12);
    ck_assert_double_eq_tol(out.p_t, 2 * gsl_cdf_tdist_P(-fabs(mean) / sqrt(square / N), N - 1), 1e-11);
    ck_assert_int_eq(pal_sign_flip_p(&p, d, N, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(out.p_permutation, p, 1e-15);
    /* The bootstrap and the delta method agree on the spread. */
    ck_assert_double_eq_tol(out.difference.se, sqrt(square / N), 0.15 * sqrt(square / N));
    pal_boot_free(boot);
}
END_TEST

/*
 * A/A: two answers of the same people. Over 600 worlds 5 % of the p-values should be below 0.05: 16 to 46 is
 * within 2.7 standard deviations. The interval leaves 0 out about as often.
 */
START_TEST(an_arm_compared_with_its_like_is_called_different_in_five_per_cent)
{
    enum { N = 60, WORLDS = 600 };
    double num_a[N], den_a[N], num_b[N], den_b[N];
    int permutation = 0, t = 0, interval = 0;

    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        pal_boot *boot = boot_of(N, seed);
        pal_compare_config config = config_of(999, seed);
        pal_comparison out;

        metrics_people_ratio(num_a, den_a, N, seed, 0);
        metrics_people_ratio(num_b, den_b, N, seed, 1);
        ck_assert_int_eq(pal_compare(&out, boot, num_a, den_a, num_b, den_b, &config, NULL), PAL_OK);
        permutation += out.p_permutation <= 0.05;
        t += out.p_t <= 0.05;
        interval += out.difference.lo > 0 || out.difference.hi < 0;
        pal_boot_free(boot);
    }
    ck_assert_int_ge(permutation, 16);
    ck_assert_int_le(permutation, 46);
    ck_assert_int_ge(t, 16);
    ck_assert_int_le(t, 46);
    ck_assert_int_ge(interval, 14);
    ck_assert_int_le(interval, 54);
}
END_TEST

START_TEST(a_planned_sample_finds_its_difference_with_the_planned_power)
{
    enum { MOST = 200, WORLDS = 400 };
    double d[MOST];
    size_t n = (size_t)pal_sample_size(0.4, 1, 0.05, 0.8);
    int found = 0;

    ck_assert_uint_eq(n, 50); /* (1.95996 + 0.84162)^2 / 0.16 = 49.06 */
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        for (size_t i = 0; i < n; i++) {
            d[i] = 0.4 + metrics_normal(seed, i, 4);
        }
        found += pal_paired_t_p(d, n) <= 0.05;
    }
    ck_assert_int_ge(found, 295); /* 80 % of 400 is 320, standard deviation 8; t needs a little more than normal */
    ck_assert_int_le(found, 345);
}
END_TEST

START_TEST(sample_size_is_the_textbook_one)
{
    double v = 0.05 * 0.95, n = pal_sample_size(0.0025, sqrt(2 * v), 0.05, 0.8);

    /* scipy 1.10.1: z = norm.ppf(.975) + norm.ppf(.8); z*z*2*.05*.95/.0025**2 = 119302.97: a click-through rate of 5 %
     * and a lift of a twentieth, unpaired; the rule of thumb 16 p (1 - p) / diff^2 says 121600 */
    ck_assert_double_eq(n, 119303);
    ck_assert_double_eq_tol(pal_detectable_difference(119303, sqrt(2 * v), 0.05, 0.8), 0.0025, 1e-8);
    ck_assert(isinf(pal_sample_size(0, 1, 0.05, 0.8)));
    ck_assert_double_eq(pal_sample_size(100, 1, 0.05, 0.8), 2);
    ck_assert(isnan(pal_detectable_difference(0, 1, 0.05, 0.8)));
}
END_TEST

START_TEST(identical_arms_have_p_one_and_no_effect)
{
    double num[9], den[9];
    pal_boot *boot = boot_of(9, 3);
    pal_compare_config config = config_of(99, 3);
    pal_comparison out;

    metrics_people_ratio(num, den, 9, 3, 0);
    ck_assert_int_eq(pal_compare(&out, boot, num, den, num, den, &config, NULL), PAL_OK);
    ck_assert_double_eq(out.p_permutation, 1);
    ck_assert_double_eq(out.p_t, 1);
    ck_assert_double_eq(out.effect, 0);
    ck_assert_double_eq_tol(out.correlation, 1, 1e-14);
    ck_assert_double_eq(out.variance_reduction, 1);
    pal_boot_free(boot);
}
END_TEST

START_TEST(swapping_the_arms_turns_the_sign_only)
{
    enum { N = 30 };
    double num_a[N], den_a[N], num_b[N], den_b[N];
    pal_boot *boot = boot_of(N, 3);
    pal_compare_config config = config_of(500, 3);
    pal_comparison ab, ba;

    metrics_people_ratio(num_a, den_a, N, (uint64_t)_i, 0);
    metrics_people_ratio(num_b, den_b, N, (uint64_t)_i, 1);
    ck_assert_int_eq(pal_compare(&ab, boot, num_a, den_a, num_b, den_b, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_compare(&ba, boot, num_b, den_b, num_a, den_a, &config, NULL), PAL_OK);
    ck_assert_double_eq(ab.difference.value, -ba.difference.value);
    ck_assert_double_eq_tol(ab.effect, -ba.effect, 1e-14);
    ck_assert_double_eq(ab.p_permutation, ba.p_permutation);
    ck_assert_double_eq_tol(ab.p_t, ba.p_t, 1e-14);
    pal_boot_free(boot);
}
END_TEST

START_TEST(too_few_people_are_not_compared)
{
    const double num[4] = { 0, 3, 0, 0 }, den[4] = { 0, 4, 0, 0 }, none[4] = { 0 };
    pal_boot *boot = boot_of(4, 3);
    pal_compare_config config = config_of(99, 3);
    pal_comparison out;

    ck_assert_int_eq(pal_compare(&out, boot, num, den, num, den, &config, NULL), PAL_OK);
    ck_assert(isnan(out.p_permutation) && isnan(out.p_t) && isnan(out.effect) && isnan(out.correlation));
    ck_assert_double_eq(out.value_a, 0.75);
    ck_assert_int_eq(pal_compare(&out, boot, num, den, none, none, &config, NULL), PAL_OK);
    ck_assert(isnan(out.value_b) && isnan(out.difference.value) && isnan(out.p_permutation));
    pal_boot_free(boot);
}
END_TEST

START_TEST(flips_are_a_function_of_the_key)
{
    double d[20], p, again, other;
    pal_compare_config config = config_of(20000, 5), another = config_of(20000, 6);

    for (size_t i = 0; i < 20; i++) {
        d[i] = metrics_normal(5, i, 0);
    }
    ck_assert_int_eq(pal_sign_flip_p(&p, d, 20, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_sign_flip_p(&again, d, 20, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_sign_flip_p(&other, d, 20, &another, NULL), PAL_OK);
    ck_assert_double_eq(p, again);
    ck_assert_double_ne(p, other);
    ck_assert_double_eq_tol(floor(p * 20001 + 0.5), p * 20001, 1e-9); /* a share of P + 1 */
}
END_TEST

START_TEST(errors_name_the_place)
{
    double num[3] = { 0, 1, 2 }, den[3] = { 1, 1, 1 }, bad[3] = { 1, INFINITY, 1 }, p;
    pal_boot *boot = boot_of(3, 3);
    pal_compare_config config = config_of(99, 3);
    pal_comparison out;
    pal_error err;

    ck_assert_int_eq(pal_compare(&out, boot, num, den, bad, den, &config, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "person 1"));
    ck_assert_int_eq(pal_sign_flip_p(&p, bad, 3, &config, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "difference 1"));
    ck_assert_int_eq(pal_sign_flip_p(&p, bad, 0, &config, &err), PAL_OK);
    ck_assert(isnan(p));
    pal_boot_free(boot);
}
END_TEST

START_TEST(running_out_of_memory_is_an_error_wherever_it_happens)
{
    double num[9], den[9];
    pal_boot *boot = boot_of(9, 3);
    pal_compare_config config = config_of(99, 3);
    pal_comparison out;
    pal_status rc = PAL_ERR_MEMORY;
    size_t at;

    metrics_people_ratio(num, den, 9, 3, 0);
    for (at = 1; rc != PAL_OK && at < 50; at++) {
        pal_mem_fail_at(at);
        rc = pal_compare(&out, boot, num, den, num, den, &config, NULL);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_OK);
    ck_assert_uint_gt(at, 6);
    pal_boot_free(boot);
}
END_TEST

Suite *suite_metrics_compare(void)
{
    Suite *s = suite_create("metrics/compare");
    TCase *t = tcase_create("compare");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, flips_come_near_the_share_of_all_patterns, 0, 12);
    tcase_add_loop_test(t, flips_are_those_of_the_key_person_by_person, 0, 5);
    tcase_add_test(t, equal_sums_count_as_equal_whatever_their_rounding);
    tcase_add_test(t, t_test_is_that_of_scipy);
    tcase_add_test(t, means_are_compared_as_scipy_does);
    tcase_add_test(t, ratios_are_compared_by_linearised_differences);
    tcase_add_test(t, an_arm_compared_with_its_like_is_called_different_in_five_per_cent);
    tcase_add_test(t, a_planned_sample_finds_its_difference_with_the_planned_power);
    tcase_add_test(t, sample_size_is_the_textbook_one);
    tcase_add_test(t, identical_arms_have_p_one_and_no_effect);
    tcase_add_loop_test(t, swapping_the_arms_turns_the_sign_only, 0, 10);
    tcase_add_test(t, too_few_people_are_not_compared);
    tcase_add_test(t, flips_are_a_function_of_the_key);
    tcase_add_test(t, errors_name_the_place);
    tcase_add_test(t, running_out_of_memory_is_an_error_wherever_it_happens);
    suite_add_tcase(s, t);
    return s;
}

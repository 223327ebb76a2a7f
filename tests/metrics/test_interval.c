/* Resamples, ratio intervals, differences, BCa: against brute force, and their coverage over many seeds. */
#include "metrics/interval.h"

#include "core/mem.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_metrics_interval(void);

#define N 150
#define B 400

static pal_boot *boot_of(size_t n, size_t resamples, uint64_t seed, size_t threads)
{
    pal_boot *boot = NULL;
    pal_error err;

    ck_assert_int_eq(pal_boot_new(&boot, n, NULL, resamples, 0.95, pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP), threads,
                                  &err), PAL_OK);
    return boot;
}

static int ascending(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

/* Order statistic (n + 1) p of a sorted array, straight from the definition. */
static double sorted_quantile(const double *x, size_t n, double p)
{
    double place = ((double)n + 1) * p;
    size_t k = (size_t)floor(place);

    if (place <= 1) {
        return x[0];
    }
    if (place >= (double)n) {
        return x[n - 1];
    }
    return x[k - 1] + (place - (double)k) * (x[k] - x[k - 1]);
}

/* Ratio of resample b, from its multiplicities. */
static double slow_draw(const pal_boot *boot, size_t b, const double *num, const double *den, size_t stride)
{
    const uint8_t *times = pal_boot_row(boot, b);
    double sum_num = 0, sum_den = 0;

    for (size_t u = 0; u < pal_boot_people(boot); u++) {
        sum_num += times[u] * num[u * stride];
        sum_den += times[u] * den[u * stride];
    }
    return sum_num / sum_den;
}

START_TEST(each_resample_holds_as_many_people_as_there_are)
{
    pal_boot *boot = boot_of(137, 50, (uint64_t)_i, 1);

    for (size_t b = 0; b < 50; b++) {
        size_t sum = 0;

        for (size_t u = 0; u < 137; u++) {
            sum += pal_boot_row(boot, b)[u];
        }
        ck_assert_uint_eq(sum, 137);
    }
    pal_boot_free(boot);
}
END_TEST

START_TEST(each_stratum_keeps_its_size)
{
    uint32_t stratum[60];
    pal_boot *boot = NULL;

    for (size_t u = 0; u < 60; u++) {
        stratum[u] = u % 3 == 0 ? 7 : u % 3 == 1 ? 4000000000u : 0;
    }
    stratum[1] = 99; /* alone: always there exactly once */
    ck_assert_int_eq(pal_boot_new(&boot, 60, stratum, 40, 0.9, pal_key_for(3, 0, PAL_FOR_BOOTSTRAP), 2, NULL), PAL_OK);
    for (size_t b = 0; b < 40; b++) {
        const uint8_t *times = pal_boot_row(boot, b);
        size_t sum[3] = { 0 };

        for (size_t u = 0; u < 60; u++) {
            sum[u % 3] += times[u];
        }
        ck_assert_uint_eq(times[1], 1);
        ck_assert_uint_eq(sum[0], 20);
        ck_assert_uint_eq(sum[1], 20);
        ck_assert_uint_eq(sum[2], 20);
    }
    pal_boot_free(boot);
}
END_TEST

/* Multiplicities are binomial (n, 1 / n): mean 1, variance 1 - 1 / n; and P(0) = (1 - 1/n)^n. */
START_TEST(multiplicities_are_binomial)
{
    pal_boot *boot = boot_of(100, 2000, 5, 1);
    double square = 0, none = 0, total = 2000.0 * 100;

    for (size_t b = 0; b < 2000; b++) {
        for (size_t u = 0; u < 100; u++) {
            double w = pal_boot_row(boot, b)[u];

            square += (w - 1) * (w - 1);
            none += w == 0;
        }
    }
    ck_assert_double_eq_tol(square / total, 0.99, 0.015);
    ck_assert_double_eq_tol(none / total, 0.366032, 0.004);
    pal_boot_free(boot);
}
END_TEST

START_TEST(more_resamples_leave_the_first_ones_as_they_are)
{
    pal_boot *few = boot_of(33, 20, 9, 1), *many = boot_of(33, 70, 9, 2);

    for (size_t b = 0; b < 20; b++) {
        ck_assert_mem_eq(pal_boot_row(few, b), pal_boot_row(many, b), 33);
    }
    pal_boot_free(few);
    pal_boot_free(many);
}
END_TEST

START_TEST(ratio_is_that_of_brute_force)
{
    double num[N], den[N], draws[B], mean = 0, square = 0;
    pal_boot *boot = boot_of(N, B, (uint64_t)_i, 1);
    pal_interval out;

    metrics_people_ratio(num, den, N, (uint64_t)_i, 0);
    num[3] = den[3] = 0; /* does not count */
    ck_assert_int_eq(pal_boot_ratio(&out, boot, num, den, NULL), PAL_OK);
    for (size_t b = 0; b < B; b++) {
        draws[b] = slow_draw(boot, b, num, den, 1);
        mean += draws[b] / B;
    }
    for (size_t b = 0; b < B; b++) {
        square += (draws[b] - mean) * (draws[b] - mean) / (B - 1);
    }
    qsort(draws, B, sizeof *draws, ascending);
    ck_assert_double_eq(out.lo, sorted_quantile(draws, B, (1 - 0.95) / 2));
    ck_assert_double_eq(out.hi, sorted_quantile(draws, B, 1 - (1 - 0.95) / 2));
    ck_assert_double_eq_tol(out.se, sqrt(square), 1e-14);
    ck_assert_uint_eq(out.n, N - 1);
    pal_boot_free(boot);
}
END_TEST

/* 37 columns: not a multiple of the tile. Every column as if it were alone. */
START_TEST(a_column_gives_the_same_bytes_alone_and_among_many_at_any_thread_count)
{
    enum { C = 37, P = 45 };
    static double num[P * C], den[P * C], num_b[P * C], den_b[P * C];
    static const size_t threads[3] = { 1, 2, 7 };
    pal_interval out[C], first[C], alone;
    double one_num[P], one_den[P];

    for (size_t i = 0; i < P * C; i++) {
        den[i] = floor(4 * metrics_u01(1, i, 0));
        num[i] = den[i] * metrics_normal(1, i, 1);
        den_b[i] = 1;
        num_b[i] = metrics_normal(1, i, 2);
    }
    for (size_t t = 0; t < 3; t++) {
        pal_boot *boot = boot_of(P, 203, 11, threads[t]);

        ck_assert_int_eq(pal_boot_ratio_many(out, boot, num, den, C, threads[t], NULL), PAL_OK);
        for (size_t c = 0; c < C; c++) {
            for (size_t u = 0; u < P; u++) {
                one_num[u] = num[u * C + c];
                one_den[u] = den[u * C + c];
            }
            ck_assert_int_eq(pal_boot_ratio(&alone, boot, one_num, one_den, NULL), PAL_OK);
            ck_assert_mem_eq(&alone, &out[c], sizeof alone);
        }
        ck_assert_int_eq(pal_boot_ratio_diff_many(out, boot, num, den, num_b, den_b, C, threads[t], NULL), PAL_OK);
        if (t == 0) {
            memcpy(first, out, sizeof out);
        }
        ck_assert_mem_eq(first, out, sizeof out);
        pal_boot_free(boot);
    }
}
END_TEST

START_TEST(a_difference_is_taken_draw_by_draw)
{
    double num_a[N], den_a[N], num_b[N], den_b[N], draws[B];
    pal_boot *boot = boot_of(N, B, 21, 1);
    pal_interval out, a, b;

    metrics_people_ratio(num_a, den_a, N, 5, 0);
    metrics_people_ratio(num_b, den_b, N, 5, 1);
    den_a[0] = num_a[0] = 0; /* counts in b only */
    den_a[1] = num_a[1] = den_b[1] = num_b[1] = 0;
    ck_assert_int_eq(pal_boot_ratio_diff_many(&out, boot, num_a, den_a, num_b, den_b, 1, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_boot_ratio(&a, boot, num_a, den_a, NULL), PAL_OK);
    ck_assert_int_eq(pal_boot_ratio(&b, boot, num_b, den_b, NULL), PAL_OK);
    for (size_t i = 0; i < B; i++) {
        draws[i] = slow_draw(boot, i, num_a, den_a, 1) - slow_draw(boot, i, num_b, den_b, 1);
    }
    qsort(draws, B, sizeof *draws, ascending);
    ck_assert_double_eq(out.value, a.value - b.value);
    ck_assert_double_eq(out.lo, sorted_quantile(draws, B, (1 - 0.95) / 2));
    ck_assert_double_eq(out.hi, sorted_quantile(draws, B, 1 - (1 - 0.95) / 2));
    ck_assert_uint_eq(out.n, N - 1);
    /* The same people: the difference is tighter than two arms that share nothing. */
    ck_assert_double_lt(out.se * out.se, a.se * a.se + b.se * b.se);
    pal_boot_free(boot);
}
END_TEST

START_TEST(an_arm_differs_from_itself_by_nothing)
{
    double num[N], den[N];
    pal_boot *boot = boot_of(N, B, 2, 1);
    pal_interval out;

    metrics_people_ratio(num, den, N, 8, 0);
    ck_assert_int_eq(pal_boot_ratio_diff_many(&out, boot, num, den, num, den, 1, 1, NULL), PAL_OK);
    ck_assert_double_eq(out.value, 0);
    ck_assert_double_eq(out.lo, 0);
    ck_assert_double_eq(out.hi, 0);
    ck_assert_double_eq(out.se, 0);
    pal_boot_free(boot);
}
END_TEST

START_TEST(permuting_people_and_doubling_the_data_leave_the_value)
{
    double num[N], den[N], other_num[N], other_den[N];
    pal_boot *boot = boot_of(N, B, 2, 1);
    pal_interval out, moved, doubled;

    metrics_people_ratio(num, den, N, (uint64_t)_i, 0);
    ck_assert_int_eq(pal_boot_ratio(&out, boot, num, den, NULL), PAL_OK);
    for (size_t u = 0; u < N; u++) {
        other_num[u] = num[u * 77 % N];
        other_den[u] = den[u * 77 % N];
    }
    ck_assert_int_eq(pal_boot_ratio(&moved, boot, other_num, other_den, NULL), PAL_OK);
    ck_assert_double_eq(moved.value, out.value);
    ck_assert_uint_eq(moved.n, out.n);
    for (size_t u = 0; u < N; u++) {
        other_num[u] = 2 * num[u];
        other_den[u] = 2 * den[u];
    }
    ck_assert_int_eq(pal_boot_ratio(&doubled, boot, other_num, other_den, NULL), PAL_OK);
    ck_assert_mem_eq(&doubled, &out, sizeof out);
    pal_boot_free(boot);
}
END_TEST

/* Over 300 worlds the 95 % interval must hold the truth in 92 to 98 %: ratio, BCa ratio and a difference. */
START_TEST(intervals_cover_the_truth)
{
    double num[N], den[N], num_b[N], den_b[N];
    int ratio = 0, bca = 0, difference = 0;

    for (uint64_t seed = 0; seed < 300; seed++) {
        pal_boot *boot = boot_of(N, B, seed, 1);
        pal_interval out;

        metrics_people_ratio(num, den, N, seed + 1000, 0);
        metrics_people_ratio(num_b, den_b, N, seed + 1000, 1);
        for (size_t u = 0; u < N; u++) {
            num_b[u] += 0.05 * den_b[u]; /* true difference -0.05 */
        }
        ck_assert_int_eq(pal_boot_ratio(&out, boot, num, den, NULL), PAL_OK);
        ratio += out.lo <= METRICS_TRUE_RATIO && METRICS_TRUE_RATIO <= out.hi;
        ck_assert_int_eq(pal_boot_bca_ratio(&out, boot, num, den, NULL), PAL_OK);
        bca += out.lo <= METRICS_TRUE_RATIO && METRICS_TRUE_RATIO <= out.hi;
        ck_assert_int_eq(pal_boot_ratio_diff_many(&out, boot, num, den, num_b, den_b, 1, 1, NULL), PAL_OK);
        difference += out.lo <= -0.05 && -0.05 <= out.hi;
        pal_boot_free(boot);
    }
    ck_assert_int_ge(ratio, 276);
    ck_assert_int_le(ratio, 294);
    ck_assert_int_ge(bca, 276);
    ck_assert_int_le(bca, 294);
    ck_assert_int_ge(difference, 276);
    ck_assert_int_le(difference, 294);
}
END_TEST

/* Efron 1987, written down anew with GSL's normal distribution. */
START_TEST(bca_ends_follow_the_formula)
{
    enum { M = 40, R = 2000 };
    double num[M], den[M], draws[R], jack[M], mean = 0, cube = 0, square = 0, below = 0, z0, a, at[2];
    pal_boot *boot = boot_of(M, R, (uint64_t)_i, 1);
    pal_interval out, percentile;

    for (size_t u = 0; u < M; u++) {
        den[u] = 1;
        num[u] = -log(1 - metrics_u01((uint64_t)_i, u, 3)); /* skewed: exponential */
    }
    ck_assert_int_eq(pal_boot_bca_ratio(&out, boot, num, den, NULL), PAL_OK);
    ck_assert_int_eq(pal_boot_ratio(&percentile, boot, num, den, NULL), PAL_OK);
    for (size_t b = 0; b < R; b++) {
        draws[b] = slow_draw(boot, b, num, den, 1);
        below += draws[b] < out.value;
    }
    for (size_t u = 0; u < M; u++) {
        jack[u] = (out.value * M - num[u]) / (M - 1);
        mean += jack[u] / M;
    }
    for (size_t u = 0; u < M; u++) {
        cube += pow(mean - jack[u], 3);
        square += pow(mean - jack[u], 2);
    }
    z0 = gsl_cdf_ugaussian_Pinv(below / R);
    a = cube / (6 * pow(square, 1.5));
    for (int side = 0; side < 2; side++) {
        double z = z0 + gsl_cdf_ugaussian_Pinv(side == 0 ? 0.025 : 0.975);

        at[side] = gsl_cdf_ugaussian_P(z0 + z / (1 - a * z));
    }
    qsort(draws, R, sizeof *draws, ascending);
    ck_assert_double_eq_tol(out.lo, sorted_quantile(draws, R, at[0]), 1e-9);
    ck_assert_double_eq_tol(out.hi, sorted_quantile(draws, R, at[1]), 1e-9);
    ck_assert_double_eq(out.value, percentile.value);
    ck_assert_double_gt(out.hi, percentile.hi); /* skewed to the right: the upper end moves out */
    pal_boot_free(boot);
}
END_TEST

START_TEST(one_person_or_none_has_no_interval)
{
    double num[4] = { 0, 0, 0.7, 0 }, den[4] = { 0, 0, 2, 0 };
    pal_boot *boot = boot_of(4, 50, 1, 1);
    pal_interval out;

    ck_assert_int_eq(pal_boot_ratio(&out, boot, num, den, NULL), PAL_OK);
    ck_assert_double_eq(out.value, 0.35);
    ck_assert_uint_eq(out.n, 1);
    ck_assert(isnan(out.lo) && isnan(out.hi) && isnan(out.se));
    den[2] = num[2] = 0;
    ck_assert_int_eq(pal_boot_bca_ratio(&out, boot, num, den, NULL), PAL_OK);
    ck_assert(isnan(out.value) && isnan(out.lo));
    ck_assert_uint_eq(out.n, 0);
    pal_boot_free(boot);
}
END_TEST

START_TEST(a_constant_metric_has_an_interval_of_one_point)
{
    double num[20], den[20];
    pal_boot *boot = boot_of(20, 60, 1, 1);
    pal_interval out;

    for (size_t u = 0; u < 20; u++) {
        den[u] = (double)(u + 1);
        num[u] = den[u] / 4;
    }
    ck_assert_int_eq(pal_boot_bca_ratio(&out, boot, num, den, NULL), PAL_OK);
    ck_assert_double_eq(out.value, 0.25);
    ck_assert_double_eq(out.lo, 0.25);
    ck_assert_double_eq(out.hi, 0.25);
    ck_assert_double_eq(out.se, 0);
    pal_boot_free(boot);
}
END_TEST

START_TEST(quantile_is_that_of_the_sorted_values)
{
    enum { M = 101 };
    double x[M], sorted[M];

    for (size_t i = 0; i < M; i++) { /* many ties */
        sorted[i] = floor(metrics_u01((uint64_t)_i, i, 0) * (_i % 2 == 0 ? 8 : 1e6));
    }
    memcpy(x, sorted, sizeof x);
    qsort(sorted, M, sizeof *sorted, ascending);
    for (int p = 0; p <= 20; p++) {
        ck_assert_double_eq(pal_boot_quantile(x, M, p / 20.0), sorted_quantile(sorted, M, p / 20.0));
    }
}
END_TEST

START_TEST(draws_without_a_value_are_left_out)
{
    double few[6] = { 3, NAN, 1, 2, NAN, 4 }, none[6] = { NAN, 1, NAN, NAN, 2, NAN };
    pal_interval out = pal_boot_interval(few, 6, 0.5, 2.5, 9);

    ck_assert_double_eq(out.lo, 1.25); /* 5 * 0.25 */
    ck_assert_double_eq(out.hi, 3.75);
    ck_assert_double_eq_tol(out.se, sqrt(5.0 / 3), 1e-15);
    ck_assert_uint_eq(out.n, 9);
    ck_assert(isnan(pal_boot_interval(none, 6, 0.5, 1.5, 9).lo)); /* two of six are too few */
}
END_TEST

START_TEST(people_sums_pass_over_undefined_rows)
{
    const uint32_t person[5] = { 2, 0, 2, 1, 2 };
    const double value[5] = { 0.5, 1.25, NAN, NAN, 2 };
    double num[3], den[3];

    pal_people_sums(num, den, 3, person, value, 5);
    ck_assert_double_eq(num[0], 1.25);
    ck_assert_double_eq(num[1], 0);
    ck_assert_double_eq(num[2], 2.5);
    ck_assert_double_eq(den[0], 1);
    ck_assert_double_eq(den[1], 0);
    ck_assert_double_eq(den[2], 2);
}
END_TEST

START_TEST(errors_name_the_place)
{
    pal_key key = pal_key_for(1, 0, PAL_FOR_BOOTSTRAP);
    double num[6] = { 0, 1, 2, 3, 4, 5 }, den[6] = { 1, 1, 1, 1, 1, 1 };
    pal_boot *boot = NULL;
    pal_interval out[2];
    pal_error err;

    ck_assert_int_eq(pal_boot_new(&boot, 0, NULL, 10, 0.95, key, 1, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "0 people"));
    ck_assert_int_eq(pal_boot_new(&boot, 3, NULL, 1, 0.95, key, 1, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "1 resamples"));
    ck_assert_int_eq(pal_boot_new(&boot, 3, NULL, 10, 1, key, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "level"));
    ck_assert_int_eq(pal_boot_new(&boot, 3, NULL, 10, NAN, key, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_null(boot);

    boot = boot_of(3, 10, 1, 1);
    num[5] = NAN;
    ck_assert_int_eq(pal_boot_ratio_many(out, boot, num, den, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "person 2, column 1"));
    num[5] = 0;
    den[2] = -0.5;
    ck_assert_int_eq(pal_boot_ratio_many(out, boot, num, den, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "person 1, column 0"));
    pal_boot_free(boot);
    pal_boot_free(NULL);
}
END_TEST

START_TEST(running_out_of_memory_is_an_error_wherever_it_happens)
{
    double num[12], den[12];
    pal_interval out;
    pal_status rc = PAL_ERR_MEMORY;
    size_t at;

    metrics_people_ratio(num, den, 12, 1, 0);
    for (at = 1; rc != PAL_OK && at < 100; at++) {
        pal_boot *boot = NULL;

        pal_mem_fail_at(at);
        rc = pal_boot_new(&boot, 12, NULL, 8, 0.9, pal_key_for(1, 0, PAL_FOR_BOOTSTRAP), 1, NULL);
        if (rc == PAL_OK) {
            rc = pal_boot_bca_ratio(&out, boot, num, den, NULL);
        }
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        pal_boot_free(boot);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_OK);
    ck_assert_uint_gt(at, 5); /* it did fail on the way */
}
END_TEST

Suite *suite_metrics_interval(void)
{
    Suite *s = suite_create("metrics/interval");
    TCase *t = tcase_create("interval");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, each_resample_holds_as_many_people_as_there_are, 0, 5);
    tcase_add_test(t, each_stratum_keeps_its_size);
    tcase_add_test(t, multiplicities_are_binomial);
    tcase_add_test(t, more_resamples_leave_the_first_ones_as_they_are);
    tcase_add_loop_test(t, ratio_is_that_of_brute_force, 0, 10);
    tcase_add_test(t, a_column_gives_the_same_bytes_alone_and_among_many_at_any_thread_count);
    tcase_add_test(t, a_difference_is_taken_draw_by_draw);
    tcase_add_test(t, an_arm_differs_from_itself_by_nothing);
    tcase_add_loop_test(t, permuting_people_and_doubling_the_data_leave_the_value, 0, 20);
    tcase_add_test(t, intervals_cover_the_truth);
    tcase_add_loop_test(t, bca_ends_follow_the_formula, 0, 5);
    tcase_add_test(t, one_person_or_none_has_no_interval);
    tcase_add_test(t, a_constant_metric_has_an_interval_of_one_point);
    tcase_add_loop_test(t, quantile_is_that_of_the_sorted_values, 0, 20);
    tcase_add_test(t, draws_without_a_value_are_left_out);
    tcase_add_test(t, people_sums_pass_over_undefined_rows);
    tcase_add_test(t, errors_name_the_place);
    tcase_add_test(t, running_out_of_memory_is_an_error_wherever_it_happens);
    suite_add_tcase(s, t);
    return s;
}

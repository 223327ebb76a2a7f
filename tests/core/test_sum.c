/* Sums against exact integer arithmetic, long doubles and cases that defeat plain summation. */
#include "core/sum.h"

#include "core/rng.h"

#include "tests/support/holds.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { N = 10007 };
static double x[N], y[N];
static float fx[N], fy[N];

static double draw(int seed, uint64_t i, uint64_t d)
{
    return pal_u01(pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, d);
}

/* Values of both signs over 40 binary orders of magnitude, multiples of 2^-60: their exact sum fits 128 bits. */
__extension__ typedef __int128 i128;

static i128 fill_exact(int seed, size_t n)
{
    i128 total = 0;

    for (size_t i = 0; i < n; i++) {
        int e = (int)(draw(seed, i, 0) * 40);

        x[i] = ldexp(floor((draw(seed, i, 1) - 0.5) * 0x1p50), e - 60);
        total += (i128)ldexp(x[i], 60);
    }
    return total;
}

/* |got - exact| in units of the last place of exact. */
static double ulps_off(double got, i128 exact60)
{
    long double wanted = (long double)exact60 * 0x1p-60L;
    double nearest = (double)wanted, ulp = nextafter(fabs(nearest), HUGE_VAL) - fabs(nearest);

    return (double)(fabsl((long double)got - wanted) / (long double)ulp);
}

START_TEST(sum_is_the_exact_sum_rounded)
{
    static const size_t sizes[] = { 0, 1, 2, 7, 8, 9, 15, 16, 17, 100, 1001, N };

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        i128 exact = fill_exact(_i, sizes[s]);
        double got = pal_sum(x, sizes[s]);

        HOLDS(ulps_off(got, exact) <= 0.51, "n %zu: off by %g ulp", sizes[s], ulps_off(got, exact));
    }
}
END_TEST

START_TEST(running_sum_is_the_exact_sum_rounded)
{
    i128 exact = fill_exact(_i, N);
    pal_acc acc = { 0 };

    for (size_t i = 0; i < N; i++) pal_acc_add(&acc, x[i]);
    HOLD(ulps_off(pal_acc_value(&acc), exact) <= 0.51);
}
END_TEST

/* Large terms that cancel: the plain sum keeps no correct figure. */
START_TEST(sum_survives_cancellation)
{
    double plain = 0;
    pal_acc acc = { 0 };

    for (size_t i = 0; i < 4000; i += 4) {
        x[i] = 1e16 * (double)(i + 1);
        x[i + 1] = 0.1173;
        x[i + 2] = -1e16 * (double)(i + 1);
        x[i + 3] = 1e-7;
    }
    for (size_t i = 0; i < 4000; i++) {
        plain += x[i];
        pal_acc_add(&acc, x[i]);
    }
    ck_assert_double_eq_tol(pal_sum(x, 4000), 117.3001, 1e-12);
    ck_assert_double_eq_tol(pal_acc_value(&acc), 117.3001, 1e-10); /* a thousand roundings of the carry */
    HOLD(fabs(plain - 117.3001) > 1);
}
END_TEST

START_TEST(order_does_not_matter_within_rounding)
{
    i128 exact = fill_exact(_i + 100, N);
    double forward = pal_sum(x, N);

    for (size_t i = 0; i < N / 2; i++) {
        double kept = x[i];

        x[i] = x[N - 1 - i];
        x[N - 1 - i] = kept;
    }
    HOLD(ulps_off(forward, exact) <= 0.51);
    HOLD(ulps_off(pal_sum(x, N), exact) <= 0.51);
}
END_TEST

START_TEST(infinite_sums_are_infinite)
{
    for (size_t i = 0; i < 20; i++) x[i] = 2.385;
    x[11] = HUGE_VAL;
    HOLD(pal_sum(x, 20) == HUGE_VAL);
    x[3] = -HUGE_VAL;
    ck_assert_double_nan(pal_sum(x, 20));
    x[3] = x[11] = DBL_MAX;
    HOLD(pal_sum(x, 20) == HUGE_VAL);
    x[3] = (double)NAN;
    ck_assert_double_nan(pal_sum(x, 20));
}
END_TEST

/* Floats are exact as doubles and 10007 of them with exponents within 8 binary places add exactly. */
START_TEST(float_sum_is_exact_for_floats_of_like_size)
{
    for (size_t n = 0; n < 300; n += 7) {
        double plain = 0;

        for (size_t i = 0; i < n; i++) {
            fx[i] = (float)(draw(_i, i, 0) - 0.5);
            plain += (double)fx[i];
        }
        HOLD(pal_sum_f32(fx, n) == plain);
    }
}
END_TEST

START_TEST(mean_and_variance_match_long_double)
{
    size_t n = 2 + (size_t)_i * 37;
    long double mean = 0, square = 0;

    /* a large common part: the one-pass formula would lose every figure */
    for (size_t i = 0; i < n; i++) {
        x[i] = 1e9 + draw(_i, i, 0);
        mean += (long double)x[i];
    }
    mean /= (long double)n;
    for (size_t i = 0; i < n; i++) square += ((long double)x[i] - mean) * ((long double)x[i] - mean);
    square /= (long double)(n - 1);
    ck_assert_double_eq_tol(pal_mean(x, n), (double)mean, 2e-7);
    ck_assert_double_eq_tol(pal_variance(x, n) / (double)square, 1, 1e-12);
}
END_TEST

START_TEST(too_few_values_have_no_mean_or_variance)
{
    x[0] = 2.385;
    HOLD(pal_sum(x, 0) == 0);
    HOLD(pal_sum_f32(fx, 0) == 0);
    ck_assert_double_nan(pal_mean(x, 0));
    HOLD(pal_mean(x, 1) == 2.385);
    ck_assert_double_nan(pal_variance(x, 0));
    ck_assert_double_nan(pal_variance(x, 1));
    x[1] = 2.385;
    HOLD(pal_variance(x, 2) == 0);
    HOLD(pal_dot(x, y, 0) == 0);
    HOLD(pal_dot_f32(fx, fy, 0) == 0);
}
END_TEST

START_TEST(dots_match_long_double)
{
    for (size_t n = 1; n < 400; n += 1 + n / 9) {
        long double wide = 0, wide_f = 0, size = 0, size_f = 0;

        for (size_t i = 0; i < n; i++) {
            x[i] = draw(_i, i, 0) - 0.5;
            y[i] = draw(_i, i, 1) - 0.5;
            fx[i] = (float)x[i];
            fy[i] = (float)y[i];
            wide += (long double)x[i] * (long double)y[i];
            size += fabsl((long double)x[i] * (long double)y[i]);
            wide_f += (long double)fx[i] * (long double)fy[i];
            size_f += fabsl((long double)fx[i] * (long double)fy[i]);
        }
        /* the bound of a sum of n/8 + 3 terms a lane */
        HOLD(fabsl((long double)pal_dot(x, y, n) - wide) <= size * (long double)(n / 8 + 5) * 0x1p-53L);
        HOLD(fabsl((long double)pal_dot_f32(fx, fy, n) - wide_f) <= size_f * (long double)(n / 8 + 5) * 0x1p-53L);
    }
}
END_TEST

/* The stated order: lane i mod 8 in ascending order, then neighbours, pairs, halves. */
START_TEST(dot_adds_in_the_stated_order)
{
    for (size_t n = 0; n < 100; n++) {
        double s[8] = { 0 }, wanted;

        for (size_t i = 0; i < n; i++) {
            x[i] = draw(3, i, 0) - 0.5;
            y[i] = draw(3, i, 1) * 1e3;
            s[i % 8] += x[i] * y[i];
        }
        wanted = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
        HOLD(pal_dot(x, y, n) == wanted);
    }
}
END_TEST

Suite *suite_core_sum(void);

Suite *suite_core_sum(void)
{
    Suite *suite = suite_create("core/sum");
    TCase *tests = tcase_create("sums");

    tcase_add_loop_test(tests, sum_is_the_exact_sum_rounded, 0, 20);
    tcase_add_loop_test(tests, running_sum_is_the_exact_sum_rounded, 0, 20);
    tcase_add_test(tests, sum_survives_cancellation);
    tcase_add_loop_test(tests, order_does_not_matter_within_rounding, 0, 10);
    tcase_add_test(tests, infinite_sums_are_infinite);
    tcase_add_loop_test(tests, float_sum_is_exact_for_floats_of_like_size, 0, 5);
    tcase_add_loop_test(tests, mean_and_variance_match_long_double, 0, 30);
    tcase_add_test(tests, too_few_values_have_no_mean_or_variance);
    tcase_add_loop_test(tests, dots_match_long_double, 0, 5);
    tcase_add_test(tests, dot_adds_in_the_stated_order);
    suite_add_tcase(suite, tests);
    return suite;
}

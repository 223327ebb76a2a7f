/* Sequential tests: their level under constant looking, coverage of the whole sequence, power, closed forms. */
#include "metrics/sequential.h"

#include "core/pmath.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_sequential(void);

static pal_sequential begin(double alpha, double sd, double expected)
{
    const pal_sequential_config config = { .alpha = alpha, .sd = sd, .expected = expected };
    pal_sequential test;

    ck_assert_int_eq(pal_sequential_init(&test, &config, NULL), PAL_OK);
    return test;
}

/* Looked at after every difference, a plain test at 5 % would claim something in half of these runs. */
START_TEST(level_holds_whenever_one_looks)
{
    enum { SEEDS = 600, N = 500 };
    int known = 0, estimated = 0, naive = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_sequential a = begin(0.05, 1, 100), b = begin(0.05, 0, 300);
        bool claimed = false;

        for (size_t i = 0; i < N; i++) {
            double d = metrics_normal(seed, i, 0);

            pal_sequential_add(&a, d);
            pal_sequential_add(&b, d);
            claimed = claimed || (i >= 10 && fabs(a.mean) * sqrt((double)(i + 1)) > 1.959963984540054);
        }
        known += a.stopped > 0;
        estimated += b.stopped > 0;
        naive += claimed;
    }
    ck_assert_double_le((double)known / SEEDS, 0.05 + 0.018);
    ck_assert_double_le((double)estimated / SEEDS, 0.05 + 0.018);
    ck_assert_double_ge((double)naive / SEEDS, 0.25);
}
END_TEST

START_TEST(the_whole_sequence_covers_the_mean)
{
    enum { SEEDS = 500, N = 400 };
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_sequential t = begin(0.1, 2, 100);

        for (size_t i = 0; i < N; i++) pal_sequential_add(&t, 0.37 + 2 * metrics_normal(seed, i, 0));
        covered += t.best_lo <= 0.37 && 0.37 <= t.best_hi;
    }
    ck_assert_double_ge((double)covered / SEEDS, 0.9 - 0.04);
}
END_TEST

START_TEST(a_difference_is_found_in_the_end)
{
    pal_sequential t = begin(0.05, 0, 400);

    for (size_t i = 0; i < 3000 && t.stopped == 0; i++) pal_sequential_add(&t, 0.3 + metrics_normal((uint64_t)_i, i, 0));
    ck_assert_uint_gt(t.stopped, 0);
    ck_assert_double_le(t.p, 0.05);
    ck_assert(t.lo > 0 || t.hi < 0); /* the interval leaves 0 out when the test claims a difference */
}
END_TEST

/* V = 1, alpha 0.05, expected 50, mean 0.4 after 20: x solves x - ln(1 + x) = 5.9914645, ratio = x 20 / 50. */
START_TEST(values_are_those_of_the_formula)
{
    pal_sequential t = begin(0.05, 1, 50);
    double x = 8.2, ratio, log_ratio;

    for (int i = 0; i < 200; i++) x = -2 * pal_log(0.05) + pal_log1p(x);
    ratio = x * 20 / 50;
    for (size_t i = 0; i < 20; i++) pal_sequential_add(&t, 0.4);
    log_ratio = 20 * 20 * (ratio / 20) * 0.16 / (2 * (1 + ratio)) - pal_log(1 + ratio) / 2;
    ck_assert_double_eq_tol(t.p, pal_exp(-log_ratio) < 1 ? pal_exp(-log_ratio) : 1, 1e-12);
    ck_assert_double_eq_tol(t.hi - t.mean, sqrt((1 + ratio) / (20 * ratio) * (pal_log(1 + ratio) - 2 * pal_log(0.05))), 1e-12);
    /* the ends are the means that the ratio would just reject */
    log_ratio = 20 * (t.hi - t.mean) * (t.hi - t.mean) / 2 * ratio / (1 + ratio) - pal_log(1 + ratio) / 2;
    ck_assert_double_eq_tol(log_ratio, -pal_log(0.05), 1e-10);
}
END_TEST

START_TEST(sharpest_where_it_was_asked_to_be)
{
    double width[5];
    const double expected[5] = { 50, 150, 200, 260, 900 };

    for (size_t k = 0; k < 5; k++) {
        pal_sequential t = begin(0.05, 1, expected[k]);

        for (size_t i = 0; i < 200; i++) pal_sequential_add(&t, metrics_normal(1, i, 0));
        width[k] = t.hi - t.lo;
    }
    for (size_t k = 0; k < 5; k++) ck_assert_double_ge(width[k], width[2]);
}
END_TEST

START_TEST(nothing_is_said_before_the_first_look)
{
    const pal_sequential_config config = { .start = 5 };
    pal_sequential t;

    ck_assert_int_eq(pal_sequential_init(&t, &config, NULL), PAL_OK);
    for (size_t i = 0; i < 4; i++) pal_sequential_add(&t, 10 + (double)i);
    ck_assert(t.p == 1 && isinf(t.lo) && isinf(t.hi));
    pal_sequential_add(&t, 9.5);
    ck_assert(t.p < 1 && isfinite(t.lo));
    ck_assert_int_eq(pal_sequential_init(&t, &config, NULL), PAL_OK);
    for (size_t i = 0; i < 50; i++) pal_sequential_add(&t, 0);
    ck_assert(t.p == 1 && isinf(t.hi)); /* no spread seen: no variance to go by */
}
END_TEST

START_TEST(bad_settings_are_named)
{
    const pal_sequential_config config[3] = { { .alpha = 1.5 }, { .sd = -1 }, { .expected = NAN } };
    static const char *const said[3] = { "sequential test: alpha is 1.5, wanted inside (0, 1)",
                                         "sequential test: sd is -1, wanted 0 or more",
                                         "sequential test: expected is nan, wanted above 0" };
    pal_sequential t;
    pal_error err;

    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(pal_sequential_init(&t, &config[i], &err), PAL_ERR_CONFIG);
        ck_assert_str_eq(err.text, said[i]);
    }
}
END_TEST

Suite *suite_metrics_sequential(void)
{
    Suite *s = suite_create("metrics/sequential");
    TCase *tc = tcase_create("sequential");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, level_holds_whenever_one_looks);
    tcase_add_test(tc, the_whole_sequence_covers_the_mean);
    tcase_add_loop_test(tc, a_difference_is_found_in_the_end, 0, 5);
    tcase_add_test(tc, values_are_those_of_the_formula);
    tcase_add_test(tc, sharpest_where_it_was_asked_to_be);
    tcase_add_test(tc, nothing_is_said_before_the_first_look);
    tcase_add_test(tc, bad_settings_are_named);
    suite_add_tcase(s, tc);
    return s;
}

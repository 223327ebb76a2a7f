/* Adjusted p-values: against their definitions by exhaustion, and the error rates they promise. */
#include "metrics/compare.h"

#include "core/mem.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_family(void);

#define M 9

/* 1 + how many of the family are smaller (ties by place). */
static size_t rank_of(const double *p, size_t i)
{
    size_t rank = 1;

    for (size_t j = 0; j < M; j++) {
        rank += p[j] < p[i] || (p[j] == p[i] && j < i);
    }
    return rank;
}

/* Holm: the largest of (m - rank + 1) p over all that rank no higher. */
static double slow_holm(const double *p, size_t i)
{
    double most = 0;

    for (size_t j = 0; j < M; j++) {
        if (rank_of(p, j) <= rank_of(p, i)) {
            most = fmax(most, (double)(M - rank_of(p, j) + 1) * p[j]);
        }
    }
    return fmin(1, most);
}

/* Benjamini-Hochberg: the smallest of m p / rank over all that rank no lower. */
static double slow_bh(const double *p, size_t i)
{
    double least = 1;

    for (size_t j = 0; j < M; j++) {
        if (rank_of(p, j) >= rank_of(p, i)) {
            least = fmin(least, M * p[j] / (double)rank_of(p, j));
        }
    }
    return least;
}

START_TEST(adjusted_values_are_those_of_the_definitions)
{
    double p[M], holm[M], bh[M];

    for (size_t i = 0; i < M; i++) {
        double u = metrics_u01((uint64_t)_i, i, 0);

        p[i] = floor(u * u * u * 50) / 50; /* ties, and zeros */
    }
    ck_assert_int_eq(pal_p_holm(holm, p, M, NULL), PAL_OK);
    ck_assert_int_eq(pal_p_benjamini_hochberg(bh, p, M, NULL), PAL_OK);
    for (size_t i = 0; i < M; i++) {
        ck_assert_double_eq_tol(holm[i], slow_holm(p, i), 1e-15);
        ck_assert_double_eq_tol(bh[i], slow_bh(p, i), 1e-15);
        ck_assert(bh[i] >= p[i] && holm[i] >= bh[i]);
    }
}
END_TEST

START_TEST(a_worked_family_is_adjusted_by_hand)
{
    const double p[5] = { 0.01, 0.04, 0.03, 0.005, 0.2 };
    /* sorted .005 .01 .03 .04 .2: times 5 4 3 2 1, never falling */
    const double holm[5] = { 0.04, 0.09, 0.09, 0.025, 0.2 };
    /* times 5/1 5/2 5/3 5/4 5/5: .025 .025 .05 .05 .2 */
    const double bh[5] = { 0.025, 0.05, 0.05, 0.025, 0.2 };
    double out[5];

    ck_assert_int_eq(pal_p_holm(out, p, 5, NULL), PAL_OK);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_double_eq_tol(out[i], holm[i], 1e-15);
    }
    ck_assert_int_eq(pal_p_benjamini_hochberg(out, p, 5, NULL), PAL_OK);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_double_eq_tol(out[i], bh[i], 1e-15);
    }
}
END_TEST

START_TEST(undefined_values_stay_out_of_the_family)
{
    double p[4] = { 0.02, NAN, 0.5, NAN }, out[4];

    ck_assert_int_eq(pal_p_holm(out, p, 4, NULL), PAL_OK);
    ck_assert_double_eq(out[0], 0.04);
    ck_assert(isnan(out[1]) && isnan(out[3]));
    ck_assert_double_eq(out[2], 0.5);
    ck_assert_int_eq(pal_p_benjamini_hochberg(p, p, 4, NULL), PAL_OK); /* in place */
    ck_assert_double_eq(p[0], 0.04);
    ck_assert(isnan(p[1]));
    ck_assert_int_eq(pal_p_holm(out, p, 0, NULL), PAL_OK);
}
END_TEST

/* 2000 families of 9 true null hypotheses: Holm claims anything in at most 5 %; unadjusted p-values in 37 %. */
START_TEST(holm_keeps_the_chance_of_any_false_claim)
{
    double p[M], holm[M];
    int claims = 0, raw = 0;

    for (uint64_t seed = 0; seed < 2000; seed++) {
        bool any = false, any_raw = false;

        for (size_t i = 0; i < M; i++) {
            p[i] = metrics_u01(seed, i, 1);
        }
        ck_assert_int_eq(pal_p_holm(holm, p, M, NULL), PAL_OK);
        for (size_t i = 0; i < M; i++) {
            any = any || holm[i] <= 0.05;
            any_raw = any_raw || p[i] <= 0.05;
        }
        claims += any;
        raw += any_raw;
    }
    ck_assert_int_ge(claims, 70);
    ck_assert_int_le(claims, 130);
    ck_assert_int_ge(raw, 650);
}
END_TEST

START_TEST(a_value_that_is_no_probability_is_refused)
{
    double p[3] = { 0.1, 0.2, 1.5 }, out[3];
    pal_error err;

    ck_assert_int_eq(pal_p_holm(out, p, 3, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "p-value 2 is 1.5"));
    p[2] = -0.1;
    ck_assert_int_eq(pal_p_benjamini_hochberg(out, p, 3, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "p-value 2"));
    p[2] = 1;
    pal_mem_fail_at(1);
    ck_assert_int_eq(pal_p_holm(out, p, 3, &err), PAL_ERR_MEMORY);
    pal_mem_fail_at(0);
}
END_TEST

Suite *suite_metrics_family(void)
{
    Suite *s = suite_create("metrics/family");
    TCase *t = tcase_create("family");

    tcase_add_loop_test(t, adjusted_values_are_those_of_the_definitions, 0, 50);
    tcase_add_test(t, a_worked_family_is_adjusted_by_hand);
    tcase_add_test(t, undefined_values_stay_out_of_the_family);
    tcase_add_test(t, holm_keeps_the_chance_of_any_false_claim);
    tcase_add_test(t, a_value_that_is_no_probability_is_refused);
    suite_add_tcase(s, t);
    return s;
}

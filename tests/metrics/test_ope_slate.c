/* Slate estimators: all slates of small problems enumerated. */
#include "metrics/ope_slate.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_ope_slate(void);

/* Two slots, three items; slots filled independently. */
enum { K = 2, N = 3 };
static const double logger[K][N] = { { 0.2, 0.5, 0.3 }, { 0.6, 0.1173, 0.2827 } };
static const double judged[K][N] = { { 0.7, 0.1, 0.2 }, { 0.05, 0.35, 0.6 } };

typedef double reward_fn(const uint32_t slate[K], size_t slot);

static double own_item(const uint32_t slate[K], size_t slot) /* a slot's item alone counts */
{
    static const double r[K][N] = { { 0.9, 0.2385, 0.4 }, { 0.3, 0.8, 0.1 } };

    return r[slot][slate[slot]];
}

static double items_above(const uint32_t slate[K], size_t slot) /* the item above spoils or helps */
{
    return own_item(slate, slot) * (slot == 1 ? 0.3 + 0.35 * slate[0] : 1);
}

static double items_below(const uint32_t slate[K], size_t slot)
{
    return own_item(slate, slot) * (slot == 0 ? 0.3 + 0.35 * slate[1] : 1);
}

/* Expected estimate over all logged slates, and the target's true value. */
static double expected(pal_ope_slate_kind kind, reward_fn *reward, double *truth)
{
    double sum = 0;

    *truth = 0;
    for (uint32_t s = 0; s < N * N; s++) {
        uint32_t slate[K] = { s % N, s / N };
        double p = 1, t = 1, logged[K], target[K], r[K];
        pal_ope_slates one = { .reward = r, .logged = logged, .target = target, .logged_slot = logged,
                               .target_slot = target, .n = 1, .k = K, .n_people = 1 };
        pal_ope_estimate e;

        for (size_t l = 0; l < K; l++) {
            logged[l] = logger[l][slate[l]];
            target[l] = judged[l][slate[l]];
            r[l] = reward(slate, l);
            p *= logged[l];
            t *= target[l];
        }
        ck_assert_int_eq(pal_ope_slate_estimate(&e, kind, &one, 0.95, NULL, NULL), PAL_OK);
        sum += p * e.normal.value;
        *truth += t * (r[0] + r[1]);
    }
    return sum;
}

START_TEST(each_estimator_is_unbiased_under_its_own_assumption)
{
    double truth;

    for (int kind = 0; kind < PAL_OPE_SLATE_KINDS; kind++) {
        double got = expected((pal_ope_slate_kind)kind, own_item, &truth);

        ck_assert_double_eq_tol(got, truth, 1e-14);
    }
    ck_assert_double_eq_tol(expected(PAL_OPE_WHOLE, items_below, &truth), truth, 1e-14);
    ck_assert_double_eq_tol(expected(PAL_OPE_CASCADE, items_above, &truth), truth, 1e-14);
}
END_TEST

START_TEST(and_biased_where_the_assumption_is_broken)
{
    double truth;

    ck_assert(fabs(expected(PAL_OPE_INDEPENDENT, items_above, &truth) - truth) > 0.01);
    ck_assert(fabs(expected(PAL_OPE_CASCADE, items_below, &truth) - truth) > 0.01);
    ck_assert(fabs(expected(PAL_OPE_PSEUDO, items_above, &truth) - truth) > 0.01);
}
END_TEST

START_TEST(pseudo_weights_of_an_independent_logger_are_the_closed_form)
{
    uint32_t slate[N * N][K];
    double logged[N * N], target[N * N], weight[N * N];

    for (uint32_t s = 0; s < N * N; s++) {
        slate[s][0] = s % N;
        slate[s][1] = s / N;
        logged[s] = logger[0][s % N] * logger[1][s / N];
        target[s] = judged[0][s % N] * judged[1][s / N];
    }
    ck_assert_int_eq(pal_ope_pseudo_weights(weight, slate[0], logged, target, N * N, K, N, NULL), PAL_OK);
    for (uint32_t s = 0; s < N * N; s++) {
        double closed = judged[0][s % N] / logger[0][s % N] + judged[1][s / N] / logger[1][s / N] - 1;

        ck_assert_double_eq_tol(weight[s], closed, 1e-10);
    }
}
END_TEST

/* Permutations of four items in three slots, drawn evenly: G is singular, each slot holding one item always. */
START_TEST(pseudo_weights_of_even_permutations_are_unbiased)
{
    enum { SLOTS = 3, ITEMS = 4, M = 24 };
    uint32_t slate[M][SLOTS];
    double logged[M], target[M] = { 0 }, weight[M], mean = 0, value = 0, truth = 0;
    size_t m = 0;

    for (uint32_t a = 0; a < ITEMS; a++) {
        for (uint32_t b = 0; b < ITEMS; b++) {
            for (uint32_t c = 0; c < ITEMS; c++) {
                if (a != b && a != c && b != c) memcpy(slate[m++], (uint32_t[]){ a, b, c }, sizeof slate[0]);
            }
        }
    }
    ck_assert_uint_eq(m, M);
    target[5] = 1; /* a fixed slate */
    for (size_t s = 0; s < M; s++) logged[s] = 1.0 / M;
    ck_assert_int_eq(pal_ope_pseudo_weights(weight, slate[0], logged, target, M, SLOTS, ITEMS, NULL), PAL_OK);
    for (size_t s = 0; s < M; s++) {
        double r = 0;

        for (size_t l = 0; l < SLOTS; l++) r += 0.1173 * (double)(l + 1) + 0.2 * (double)(slate[s][l] * slate[s][l] % (l + 2));
        mean += weight[s] / M;
        value += weight[s] * r / M;
        truth += target[s] * r;
    }
    ck_assert_double_eq_tol(mean, 1, 1e-10);
    ck_assert_double_eq_tol(value, truth, 1e-10);
}
END_TEST

START_TEST(a_target_outside_the_log_is_refused)
{
    static const uint32_t slate[2][1] = { { 0 }, { 1 } };
    static const double all[2] = { 1, 0 }, other[2] = { 0.5, 0.5 }, short_of_one[2] = { 0.5, 0.4 }, above[2] = { 1.5, -0.5 };
    double weight[2];
    pal_error err;

    ck_assert_int_eq(pal_ope_pseudo_weights(weight, slate[0], all, other, 2, 1, 2, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot speak for"));
    ck_assert_int_eq(pal_ope_pseudo_weights(weight, slate[0], other, short_of_one, 2, 1, 2, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "0.9 (target)"));
    ck_assert_int_eq(pal_ope_pseudo_weights(weight, slate[0], other, above, 2, 1, 2, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "slate 0: chances"));
    ck_assert_int_eq(pal_ope_pseudo_weights(weight, slate[0], other, other, 2, 1, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "slate 1, slot 0: item 1 of 1"));
    ck_assert_int_eq(pal_ope_pseudo_weights(weight, slate[0], other, other, 0, 1, 1, &err), PAL_ERR_SHAPE);
}
END_TEST

START_TEST(bad_slates_are_named)
{
    double reward[4] = { 0, 1, 0, 1 }, logged[4] = { 0.5, 0.5, 0.5, 0.5 }, target[4] = { 0.1, 0.2, 0.3, 0.4 };
    uint32_t person[2] = { 0, 7 };
    pal_ope_slates s = { .reward = reward, .logged = logged, .target = target, .n = 2, .k = 2, .n_people = 2 };
    pal_ope_estimate e;
    pal_error err;

    ck_assert_int_eq(pal_ope_slate_estimate(&e, PAL_OPE_INDEPENDENT, &s, 0.95, NULL, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "independent_ips needs the chances of each slot"));
    ck_assert_int_eq(pal_ope_slate_estimate(&e, PAL_OPE_WHOLE, &s, 1, NULL, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "level 1"));
    s.person = person;
    ck_assert_int_eq(pal_ope_slate_estimate(&e, PAL_OPE_WHOLE, &s, 0.9, NULL, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "slate 1: person 7 of 2"));
    logged[3] = 0;
    ck_assert_int_eq(pal_ope_slate_estimate(&e, PAL_OPE_CASCADE, &s, 0.9, NULL, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "slate 1, slot 1:"));
}
END_TEST

Suite *suite_metrics_ope_slate(void)
{
    Suite *s = suite_create("metrics/ope_slate");
    TCase *t = tcase_create("ope_slate");

    tcase_add_test(t, each_estimator_is_unbiased_under_its_own_assumption);
    tcase_add_test(t, and_biased_where_the_assumption_is_broken);
    tcase_add_test(t, pseudo_weights_of_an_independent_logger_are_the_closed_form);
    tcase_add_test(t, pseudo_weights_of_even_permutations_are_unbiased);
    tcase_add_test(t, a_target_outside_the_log_is_refused);
    tcase_add_test(t, bad_slates_are_named);
    suite_add_tcase(s, t);
    return s;
}

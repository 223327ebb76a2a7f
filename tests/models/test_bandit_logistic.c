/* Laplace posteriors: scikit-learn, the gradient at the mode, and the two kinds of memory. */
#include "models/bandit_logistic.h"

#include "core/mem.h"
#include "models/bandit_packed.h"
#include "tests/support/bandit_rig.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_models_bandit_logistic(void);

enum { D = 3, M = 8 };

static const double zero[D] = { 0 };
static const double x[M][D] = { { 1, 0.5, -1 }, { 1, -0.3, 2 }, { 1, 1.2, 0.4 }, { 1, -0.8, -0.6 },
                                { 1, 0.1, 0.9 }, { 1, 2, -0.2 }, { 1, -1.5, 0.3 }, { 1, 0.7, 0.7 } };
static const double y[M] = { 1, 0, 1, 0, 0, 1, 0, 1 };

static pal_bandit_logistic *bandit_of(const double *prior, double l2, bool diagonal)
{
    pal_bandit_logistic *bandit = NULL;

    ck_assert_int_eq(pal_bandit_logistic_new(&bandit, 2, D, prior, l2, diagonal, NULL), PAL_OK);
    return bandit;
}

static void learn(pal_bandit_logistic *bandit, size_t arm, const double *rows, const double *answers, size_t m)
{
    pal_arena *scratch = NULL;

    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 12, NULL), PAL_OK);
    ck_assert_int_eq(pal_bandit_logistic_learn(bandit, arm, rows, answers, m, scratch, NULL), PAL_OK);
    pal_arena_free(scratch);
}

/* scikit-learn 1.2.1: w = LogisticRegression(C=1/2, fit_intercept=False, tol=1e-14, solver='newton-cg').fit(x, y).coef_[0]
 * p = 1 / (1 + exp(-x @ w)); H = 2 * eye(3) + x.T @ (x * (p * (1 - p))[:, None]) */
static const double sk_mean[D] = { -0.0394653933084, 0.864531154982, -0.35015890412 };
static const double sk_hessian[D * (D + 1) / 2] = { 3.62726297947, 0.327712831831, 3.49414861621,
                                                    0.5312607358,  0.00711359961678, 3.46006318493 };

START_TEST(a_first_batch_is_scikit_learns)
{
    pal_bandit_logistic *whole = bandit_of(zero, 2, false), *diagonal = bandit_of(zero, 2, true);

    learn(whole, 1, x[0], y, M);
    learn(diagonal, 1, x[0], y, M);
    for (size_t i = 0; i < D; i++) {
        ck_assert_double_eq_tol(whole->mean[D + i], sk_mean[i], 2e-8);
        ck_assert_double_eq_tol(diagonal->mean[D + i], sk_mean[i], 2e-8);
        ck_assert_double_eq_tol(diagonal->precision[D + i], sk_hessian[pal_packed_size(i) + i], 2e-8);
        ck_assert_double_eq(whole->mean[i], 0);
        ck_assert_double_eq_tol(diagonal->factor[D + i] * diagonal->factor[D + i], diagonal->precision[D + i], 1e-14);
    }
    for (size_t i = 0; i < D * (D + 1) / 2; i++) {
        ck_assert_double_eq_tol(whole->precision[whole->packed + i], sk_hessian[i], 2e-8);
    }
    ck_assert_uint_eq(whole->count[1], M);
    pal_bandit_logistic_free(whole);
    pal_bandit_logistic_free(diagonal);
}
END_TEST

/* At the mode of a second batch the prior's pull, P (w - m), and the data's cancel. */
START_TEST(a_later_batch_starts_from_what_was_learned)
{
    const bool diagonal = _i % 2 == 1;
    const double prior[D] = { -2, 0.5, 0 };
    pal_bandit_logistic *bandit = bandit_of(prior, 0.3, diagonal);
    double before[D], precision[D * (D + 1) / 2], step[D], pull[D];

    learn(bandit, 0, x[0], y, 3);
    memcpy(before, bandit->mean, sizeof before);
    memcpy(precision, bandit->precision, bandit->packed * sizeof *precision);
    learn(bandit, 0, x[3], y + 3, M - 3);
    for (size_t i = 0; i < D; i++) {
        step[i] = bandit->mean[i] - before[i];
        pull[i] = precision[i] * step[i];
    }
    if (!diagonal) {
        pal_packed_times(pull, precision, step, D);
    }
    for (size_t s = 3; s < M; s++) {
        double odds = 0;

        for (size_t i = 0; i < D; i++) {
            odds += bandit->mean[i] * x[s][i];
        }
        for (size_t i = 0; i < D; i++) {
            pull[i] += (1 / (1 + exp(-odds)) - y[s]) * x[s][i];
        }
    }
    for (size_t i = 0; i < D; i++) {
        ck_assert_double_eq_tol(pull[i], 0, 1e-9);
        ck_assert_double_gt(fabs(step[i]), 1e-5);
    }
    pal_bandit_logistic_free(bandit);
}
END_TEST

/* Nothing but likes: the prior keeps the coefficients finite, and every batch narrows them. */
START_TEST(one_class_alone_is_no_trouble)
{
    const double likes[M] = { 1, 1, 1, 1, 1, 1, 1, 1 };
    pal_bandit_logistic *bandit = bandit_of(zero, 1e-3, _i % 2 == 1);
    double last = bandit->precision[0];

    for (int batch = 0; batch < 20; batch++) {
        learn(bandit, 0, x[0], likes, M);
        ck_assert_double_ge(bandit->precision[0], last);
        ck_assert(fabs(bandit->mean[0]) < 100);
        last = bandit->precision[0];
    }
    ck_assert_double_gt(bandit->mean[0], 3);
    pal_bandit_logistic_free(bandit);
}
END_TEST

START_TEST(what_is_not_finite_is_told_and_changes_nothing)
{
    const double bad[D] = { 1, INFINITY, 0 };
    pal_bandit_logistic *bandit = bandit_of(zero, 1, false);
    const uint64_t before = pal_bandit_logistic_digest(bandit);
    pal_arena *scratch = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 12, NULL), PAL_OK);
    ck_assert_int_eq(pal_bandit_logistic_learn(bandit, 0, bad, y, 1, scratch, &err), PAL_ERR_CONVERGE);
    ck_assert_uint_eq(pal_bandit_logistic_digest(bandit), before);
    pal_arena_free(scratch);
    pal_bandit_logistic_free(bandit);
}
END_TEST

START_TEST(no_allocation_may_fail_unnoticed)
{
    size_t n = 0;
    pal_status rc = PAL_ERR_MEMORY;

    while (rc != PAL_OK) {
        pal_bandit_logistic *bandit = NULL;

        pal_mem_fail_at(++n);
        rc = pal_bandit_logistic_new(&bandit, 3, D, zero, 1, false, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        ck_assert((rc == PAL_OK) == (bandit != NULL));
        pal_bandit_logistic_free(bandit);
    }
    ck_assert_uint_eq(n, 6); /* five blocks */
    pal_bandit_logistic_free(NULL);
}
END_TEST

Suite *suite_models_bandit_logistic(void)
{
    Suite *suite = suite_create("models/bandit_logistic");
    TCase *tc = tcase_create("bandit_logistic");

    tcase_add_test(tc, a_first_batch_is_scikit_learns);
    tcase_add_loop_test(tc, a_later_batch_starts_from_what_was_learned, 0, 2);
    tcase_add_loop_test(tc, one_class_alone_is_no_trouble, 0, 2);
    tcase_add_test(tc, what_is_not_finite_is_told_and_changes_nothing);
    tcase_add_test(tc, no_allocation_may_fail_unnoticed);
    suite_add_tcase(suite, tc);
    return suite;
}

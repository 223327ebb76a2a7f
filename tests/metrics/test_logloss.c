/* Losses: against scikit-learn, closed forms and each other. */
#include "metrics/logloss.h"

#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_logloss(void);

#define N 60

/* As in test_auc.c, and q = numpy.float32(((i*11)%29+0.5)/29.0).astype(float). */
static void fixture(float p[N], float q[N], uint8_t y[N], double w[N])
{
    for (size_t i = 0; i < N; i++) {
        p[i] = (float)(((double)(i * 37 % 23) + 0.5) / 23);
        q[i] = (float)(((double)(i * 11 % 29) + 0.5) / 29);
        y[i] = (i * i * 5 + 3 * i) % 11 < 4;
        w[i] = 1 + (double)(i % 3) * 0.5;
    }
}

START_TEST(losses_are_those_of_scikit_learn_and_scipy)
{
    float p[N], q[N];
    uint8_t y[N];
    double w[N];

    fixture(p, q, y, w);
    /* scikit-learn 1.2.1: log_loss(y, p, eps=1e-15), with sample_weight=w; brier_score_loss the same */
    ck_assert_double_eq_tol(pal_log_loss(p, y, NULL, N), 0.94771645145274319, 1e-14);
    ck_assert_double_eq_tol(pal_log_loss(p, y, w, N), 0.90739129588834888, 1e-14);
    ck_assert_double_eq_tol(pal_brier(p, y, NULL, N), 0.3256143691294629, 1e-14);
    ck_assert_double_eq_tol(pal_brier(p, y, w, N), 0.31441924169675672, 1e-14);
    /* log_loss(y, p) / scipy.stats.entropy([y.mean(), 1 - y.mean()]) */
    ck_assert_double_eq_tol(pal_normalised_entropy(p, y, N), 1.3683627668576042, 1e-14);
    /* scipy 1.10.1: numpy.mean(scipy.stats.entropy([p, 1 - p], [q, 1 - q])) */
    ck_assert_double_eq_tol(pal_excess_kl(p, q, N), 0.43167777396235718, 1e-14);
}
END_TEST

START_TEST(certain_and_wrong_costs_the_clipped_logarithm)
{
    ck_assert_double_eq_tol(pal_log_loss_row(0, 1), -log(1e-15), 1e-12);
    /* 1 - 1e-15 is not a double: the nearest is 1 - 9.99e-16 */
    ck_assert_double_eq_tol(pal_log_loss_row(1, 0), -log(1e-15), 1e-3);
    ck_assert_double_eq_tol(pal_log_loss_row(1, 1), 0, 2e-15);
    ck_assert_double_eq_tol(pal_log_loss_row(0.1173, 0), -log1p(-0.1173), 1e-15);
    ck_assert(isfinite(pal_bernoulli_kl(1, 0)) && isfinite(pal_bernoulli_kl(0, 1)));
}
END_TEST

/* E_y[loss(q)] - E_y[loss(p)] under y ~ p is KL(p || q): what the excess divergence is for. */
START_TEST(divergence_is_the_expected_excess_of_log_loss)
{
    double p = metrics_u01((uint64_t)_i, 0, 0), q = metrics_u01((uint64_t)_i, 1, 0);
    double excess = p * (pal_log_loss_row(q, 1) - pal_log_loss_row(p, 1)) +
                    (1 - p) * (pal_log_loss_row(q, 0) - pal_log_loss_row(p, 0));

    ck_assert_double_eq_tol(pal_bernoulli_kl(p, q), excess, 1e-13);
    ck_assert_double_eq(pal_bernoulli_kl(p, p), 0);
    ck_assert_double_ge(pal_bernoulli_kl(p, q), 0);
}
END_TEST

START_TEST(the_base_rate_has_normalised_entropy_one)
{
    float p[8];
    const uint8_t y[8] = { 1, 0, 0, 0, 1, 0, 0, 0 };

    for (size_t i = 0; i < 8; i++) {
        p[i] = 0.25F;
    }
    ck_assert_double_eq_tol(pal_normalised_entropy(p, y, 8), 1, 1e-15);
}
END_TEST

START_TEST(doubling_the_weights_changes_nothing)
{
    float p[N], q[N];
    uint8_t y[N];
    double w[N], doubled[N];

    fixture(p, q, y, w);
    for (size_t i = 0; i < N; i++) {
        doubled[i] = 2 * w[i];
    }
    ck_assert_double_eq(pal_log_loss(p, y, w, N), pal_log_loss(p, y, doubled, N));
    ck_assert_double_eq(pal_brier(p, y, w, N), pal_brier(p, y, doubled, N));
}
END_TEST

START_TEST(nothing_and_one_class_are_undefined)
{
    const float p[2] = { 0.3F, 0.4F };
    const uint8_t ones[2] = { 1, 1 }, zeros[2] = { 0, 0 };

    ck_assert(isnan(pal_log_loss(p, ones, NULL, 0)));
    ck_assert(isnan(pal_brier(p, ones, NULL, 0)));
    ck_assert(isnan(pal_excess_kl(p, p, 0)));
    ck_assert(isnan(pal_normalised_entropy(p, ones, 2)));
    ck_assert(isnan(pal_normalised_entropy(p, zeros, 2)));
    ck_assert(isnan(pal_normalised_entropy(p, zeros, 0)));
}
END_TEST

START_TEST(sums_by_person_give_the_mean_back)
{
    float p[N], q[N];
    uint8_t y[N];
    double w[N], num[7], den[7], sum[3] = { 0 }, rows = 0;
    uint32_t person[N];

    fixture(p, q, y, w);
    for (size_t i = 0; i < N; i++) {
        person[i] = (uint32_t)(i * i % 7); /* some have no rows */
    }
    pal_log_loss_people(num, den, 7, person, p, y, N);
    for (size_t u = 0; u < 7; u++) {
        sum[0] += num[u];
        rows += den[u];
    }
    pal_brier_people(num, den, 7, person, p, y, N);
    for (size_t u = 0; u < 7; u++) {
        sum[1] += num[u];
    }
    pal_excess_kl_people(num, den, 7, person, p, q, N);
    for (size_t u = 0; u < 7; u++) {
        sum[2] += num[u];
    }
    ck_assert_double_eq(rows, N);
    ck_assert_double_eq(den[3], 0); /* no square is 3 modulo 7 */
    ck_assert_double_eq_tol(sum[0] / N, 0.94771645145274319, 1e-14);
    ck_assert_double_eq_tol(sum[1] / N, 0.3256143691294629, 1e-14);
    ck_assert_double_eq_tol(sum[2] / N, 0.43167777396235718, 1e-14);
}
END_TEST

Suite *suite_metrics_logloss(void)
{
    Suite *s = suite_create("metrics/logloss");
    TCase *t = tcase_create("logloss");

    tcase_add_test(t, losses_are_those_of_scikit_learn_and_scipy);
    tcase_add_test(t, certain_and_wrong_costs_the_clipped_logarithm);
    tcase_add_loop_test(t, divergence_is_the_expected_excess_of_log_loss, 0, 100);
    tcase_add_test(t, the_base_rate_has_normalised_entropy_one);
    tcase_add_test(t, doubling_the_weights_changes_nothing);
    tcase_add_test(t, nothing_and_one_class_are_undefined);
    tcase_add_test(t, sums_by_person_give_the_mean_back);
    suite_add_tcase(s, t);
    return s;
}

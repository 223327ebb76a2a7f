/* Ceilings: against every labelling, against a simulation, and against what a model could not beat. */
#include "lab/ceiling.h"

#include "core/rng.h"
#include "stages/taste_models.h"

#include <check.h>
#include <math.h>
#include <string.h>

/* Expectation over all 2^n labellings of the pairs in the right order, over that of all pairs; and of the loss of q. */
static void by_labellings(double *auc, double *loss, const double *p, size_t n, double w)
{
    double right = 0, pairs = 0, sum = 0, weight = 0;

    for (unsigned labels = 0; labels < 1u << n; labels++) {
        double chance = 1;

        for (size_t i = 0; i < n; i++) chance *= (labels >> i & 1) != 0 ? p[i] : 1 - p[i];
        for (size_t i = 0; i < n; i++) {
            const double q = p[i] / (p[i] + (1 - p[i]) * w);
            const bool liked = (labels >> i & 1) != 0;

            sum -= chance * (liked ? log(q) : w * log(1 - q));
            weight += chance * (liked ? 1 : w);
            for (size_t j = 0; j < n; j++) {
                if (!liked || (labels >> j & 1) != 0) continue;
                right += chance * (p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0);
                pairs += chance;
            }
        }
    }
    *auc = right / pairs;
    *loss = sum / weight;
}

START_TEST(expectations_over_all_labellings_are_met)
{
    static const double cases[][6] = {
        { 0.1173, 0.3, 0.3, 0.62, 0.62, 0.9 }, { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 }, { 0.01, 0.02, 0.03, 0.97, 0.98, 0.99 },
        { 0.9, 0.1, 0.5, 0.2385, 0.7, 0.1 },
    };
    static const double weights[] = { 1, 0.35, 2.385 };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double p[6], auc, loss;
        pal_ceiling ceiling;

        memcpy(p, cases[c], sizeof p);
        by_labellings(&auc, &loss, p, 6, weights[_i]);
        ceiling = pal_ceiling_of(p, 6, weights[_i]);
        ck_assert_double_eq_tol(ceiling.auc, auc, 1e-12);
        ck_assert_double_eq_tol(ceiling.logloss, loss, 1e-12);
        for (size_t i = 1; i < 6; i++) ck_assert_double_le(p[i - 1], p[i]);
    }
}
END_TEST

START_TEST(one_probability_for_all_leaves_one_half_and_its_entropy)
{
    double p[40];
    pal_ceiling ceiling;

    for (size_t i = 0; i < 40; i++) p[i] = 0.7625;
    ceiling = pal_ceiling_of(p, 40, 1);
    ck_assert_double_eq_tol(ceiling.auc, 0.5, 1e-12);
    ck_assert_double_eq_tol(ceiling.logloss, -0.7625 * log(0.7625) - 0.2375 * log(0.2375), 1e-12);
}
END_TEST

START_TEST(certain_answers_can_be_known_and_no_rows_cannot)
{
    double p[] = { 1, 0, 0, 1 }, one = 0.3;
    pal_ceiling ceiling = pal_ceiling_of(p, 4, 0.35);

    ck_assert_double_eq(ceiling.auc, 1);
    ck_assert_double_eq(ceiling.logloss, 0);
    ck_assert(isnan(pal_ceiling_of(NULL, 0, 1).auc) && isnan(pal_ceiling_of(NULL, 0, 1).logloss));
    ck_assert(isnan(pal_ceiling_of(&one, 1, 1).auc)); /* no pair */
}
END_TEST

/* What cross-validation would find of the truth itself, over many draws of the labels. */
START_TEST(a_model_that_knows_the_truth_comes_out_at_the_ceiling)
{
    enum { N = 120, DRAWS = 400 };
    double p[N], q[N], y[N], weight[N], sorted[N], auc = 0, loss = 0;
    const pal_key key = { 7, (uint64_t)_i };
    const double w = 0.35;
    pal_ceiling ceiling;

    for (size_t i = 0; i < N; i++) {
        p[i] = 0.05 + 0.6 * pal_u01(key, (pal_at){ i, 0, 0 }, 0);
        q[i] = p[i] / (p[i] + (1 - p[i]) * w);
        sorted[i] = p[i];
    }
    ceiling = pal_ceiling_of(sorted, N, w);
    for (uint64_t k = 1; k <= DRAWS; k++) {
        double one;

        for (size_t i = 0; i < N; i++) {
            y[i] = pal_u01(key, (pal_at){ i, k, 0 }, 0) < p[i] ? 1 : 0;
            weight[i] = y[i] > 0 ? 1 : w;
        }
        ck_assert_int_eq(pal_taste_auc(&one, p, y, weight, N, NULL), PAL_OK);
        auc += one / DRAWS;
        ck_assert_int_eq(pal_taste_logloss(&one, q, y, weight, N, NULL), PAL_OK);
        loss += one / DRAWS;
    }
    ck_assert_double_eq_tol(auc, ceiling.auc, 0.01);      /* standard error 0.0024 */
    ck_assert_double_eq_tol(loss, ceiling.logloss, 0.01); /* standard error 0.0020 */
}
END_TEST

Suite *suite_lab_ceiling(void);
Suite *suite_lab_ceiling(void)
{
    Suite *s = suite_create("lab/ceiling");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, expectations_over_all_labellings_are_met, 0, 3);
    tcase_add_test(tc, one_probability_for_all_leaves_one_half_and_its_entropy);
    tcase_add_test(tc, certain_answers_can_be_known_and_no_rows_cannot);
    tcase_add_loop_test(tc, a_model_that_knows_the_truth_comes_out_at_the_ceiling, 0, 3);
    suite_add_tcase(s, tc);
    return s;
}

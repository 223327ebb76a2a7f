/* AUC, group AUC and their sorting: against all pairs and scikit-learn. */
#include "metrics/auc.h"

#include "core/mem.h"
#include "metrics/rank_order.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_auc(void);

#define N 60

/*
 * The numbers below are those of scikit-learn 1.2.1 on
 *   i = numpy.arange(60); p = numpy.float32(((i*37)%23+0.5)/23.0).astype(float)
 *   y = ((i*i*5+3*i)%11<4).astype(int); w = 1+(i%3)*0.5; g = i%5
 */
static void fixture(float p[N], uint8_t y[N], double w[N], uint32_t g[N])
{
    for (size_t i = 0; i < N; i++) {
        p[i] = (float)(((double)(i * 37 % 23) + 0.5) / 23);
        y[i] = (i * i * 5 + 3 * i) % 11 < 4;
        w[i] = 1 + (double)(i % 3) * 0.5;
        g[i] = (uint32_t)(i % 5);
    }
}

/* Coarse scores, so that ties are common. */
static void random_rows(float *score, uint8_t *label, double *weight, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        score[i] = (float)(floor(metrics_normal(seed, i, 0) * 3) / 3);
        label[i] = metrics_u01(seed, i, 1) < 0.3;
        weight[i] = floor(metrics_u01(seed, i, 2) * 40) / 7;
    }
}

START_TEST(auc_is_that_of_scikit_learn)
{
    float p[N];
    uint8_t y[N];
    double w[N], auc;
    uint32_t g[N];

    fixture(p, y, w, g);
    ck_assert_int_eq(pal_auc(&auc, p, y, NULL, N, NULL), PAL_OK);
    ck_assert_double_eq_tol(auc, 0.51946607341490547, 1e-15); /* roc_auc_score(y, p) */
    ck_assert_int_eq(pal_auc(&auc, p, y, w, N, NULL), PAL_OK);
    ck_assert_double_eq_tol(auc, 0.54249011857707519, 1e-15); /* roc_auc_score(y, p, sample_weight=w) */
}
END_TEST

START_TEST(auc_is_that_of_all_pairs)
{
    float score[120];
    uint8_t label[120];
    double weight[120], auc;

    random_rows(score, label, weight, 120, (uint64_t)_i);
    ck_assert_int_eq(pal_auc(&auc, score, label, NULL, 120, NULL), PAL_OK);
    ck_assert_double_eq_tol(auc, metrics_slow_auc(score, label, NULL, 120), 1e-15);
    ck_assert_int_eq(pal_auc(&auc, score, label, weight, 120, NULL), PAL_OK);
    ck_assert_double_eq_tol(auc, metrics_slow_auc(score, label, weight, 120), 1e-13);
}
END_TEST

START_TEST(turning_the_scores_turns_the_auc)
{
    float score[90], turned[90];
    uint8_t label[90];
    double weight[90], doubled[90], auc, other;

    random_rows(score, label, weight, 90, (uint64_t)_i + 50);
    for (size_t i = 0; i < 90; i++) {
        turned[i] = -score[i];
        doubled[i] = 2 * weight[i];
    }
    ck_assert_int_eq(pal_auc(&auc, score, label, NULL, 90, NULL), PAL_OK);
    ck_assert_int_eq(pal_auc(&other, turned, label, NULL, 90, NULL), PAL_OK);
    ck_assert_double_eq_tol(auc + other, 1, 1e-15);
    ck_assert_int_eq(pal_auc(&auc, score, label, weight, 90, NULL), PAL_OK);
    ck_assert_int_eq(pal_auc(&other, score, label, doubled, 90, NULL), PAL_OK);
    ck_assert_double_eq(auc, other);
}
END_TEST

START_TEST(auc_is_half_when_scores_are_constant)
{
    const float score[5] = { 0.0F, -0.0F, 0.0F, -0.0F, 0.0F };
    const uint8_t label[5] = { 1, 0, 0, 1, 0 };
    double auc;

    ck_assert_int_eq(pal_auc(&auc, score, label, NULL, 5, NULL), PAL_OK);
    ck_assert_double_eq(auc, 0.5);
}
END_TEST

START_TEST(auc_of_one_class_is_undefined_not_half)
{
    const float score[3] = { 1, 2, 3 };
    const uint8_t all[3] = { 1, 1, 1 }, none[3] = { 0 }, mixed[3] = { 1, 0, 0 };
    const double only_positive[3] = { 2, 0, 0 };
    double auc = 0;

    ck_assert_int_eq(pal_auc(&auc, score, all, NULL, 3, NULL), PAL_OK);
    ck_assert(isnan(auc));
    auc = 0;
    ck_assert_int_eq(pal_auc(&auc, score, none, NULL, 3, NULL), PAL_OK);
    ck_assert(isnan(auc));
    auc = 0;
    ck_assert_int_eq(pal_auc(&auc, score, none, NULL, 0, NULL), PAL_OK);
    ck_assert(isnan(auc));
    auc = 0;
    ck_assert_int_eq(pal_auc(&auc, score, mixed, only_positive, 3, NULL), PAL_OK);
    ck_assert(isnan(auc));
}
END_TEST

START_TEST(group_auc_is_that_of_each_group_alone)
{
    float p[N], sub[N];
    uint8_t y[N], sub_y[N];
    double w[N], auc[6], alone;
    uint32_t g[N];
    size_t rows[6];
    /* [roc_auc_score(y[g==k], p[g==k]) for k in range(5)] */
    static const double expected[5] = { 0.5714285714285714, 0.61111111111111116, 0.47222222222222221, 0.5,
                                        0.52777777777777779 };

    fixture(p, y, w, g);
    ck_assert_int_eq(pal_auc_groups(auc, rows, p, y, g, N, 6, NULL), PAL_OK);
    for (uint32_t k = 0; k < 5; k++) {
        size_t n = 0;

        for (size_t i = 0; i < N; i++) {
            if (g[i] == k) {
                sub[n] = p[i];
                sub_y[n++] = y[i];
            }
        }
        ck_assert_int_eq(pal_auc(&alone, sub, sub_y, NULL, n, NULL), PAL_OK);
        ck_assert_double_eq(auc[k], alone);
        ck_assert_double_eq_tol(auc[k], expected[k], 1e-15);
        ck_assert_uint_eq(rows[k], n);
    }
    ck_assert(isnan(auc[5])); /* nobody there */
    ck_assert_uint_eq(rows[5], 0);
}
END_TEST

START_TEST(gauc_weighs_people_by_their_impressions_and_says_whom_it_drops)
{
    /* person 0: AUC 1 on 2 rows; 1: AUC 0.25 on 4 rows; 2: one class, 3 rows; 3: no rows */
    const float score[9] = { 0.1F, 0.9F, 0.5F, 0.5F, 0.2F, 0.8F, 0.3F, 0.3F, 0.4F };
    const uint8_t label[9] = { 0, 1, 1, 0, 1, 0, 1, 1, 1 };
    const uint32_t person[9] = { 0, 0, 1, 1, 1, 1, 2, 2, 2 };
    pal_gauc_result out;
    double num[4], den[4];

    /* person 1: pairs (0.5, 0.5) 1/2, (0.5, 0.8) 0, (0.2, 0.5) 0, (0.2, 0.8) 0: 0.125 */
    ck_assert_int_eq(pal_gauc(&out, score, label, person, 9, 4, NULL), PAL_OK);
    ck_assert_double_eq_tol(out.value, (2 * 1 + 4 * 0.125) / 6, 1e-15);
    ck_assert_double_eq_tol(out.dropped_share, 1.0 / 3, 1e-15);
    ck_assert_double_eq_tol(out.dropped_rows, 3.0 / 9, 1e-15);
    ck_assert_uint_eq(out.n_groups, 2);
    ck_assert_uint_eq(out.n_dropped, 1);
    ck_assert_int_eq(pal_gauc_terms(num, den, score, label, person, 9, 4, NULL), PAL_OK);
    ck_assert_double_eq(num[0], 2);
    ck_assert_double_eq(num[1], 0.5);
    ck_assert_double_eq(num[2], 0);
    ck_assert_double_eq(den[1], 4);
    ck_assert_double_eq(den[2], 0);
    ck_assert_double_eq(den[3], 0);
    ck_assert_int_eq(pal_gauc(&out, score, label, person, 0, 4, NULL), PAL_OK);
    ck_assert(isnan(out.value) && isnan(out.dropped_share));
}
END_TEST

START_TEST(pooled_auc_may_fall_while_every_person_is_ranked_right)
{
    const float score[4] = { 0.1F, 0.2F, 0.8F, 0.9F };
    const uint8_t label[4] = { 0, 1, 0, 1 };
    const uint32_t person[4] = { 0, 0, 1, 1 };
    pal_gauc_result out;
    double auc;

    ck_assert_int_eq(pal_auc(&auc, score, label, NULL, 4, NULL), PAL_OK);
    ck_assert_int_eq(pal_gauc(&out, score, label, person, 4, 2, NULL), PAL_OK);
    ck_assert_double_eq(out.value, 1);
    ck_assert_double_eq(auc, 0.75);
}
END_TEST

START_TEST(scores_are_ordered_with_ties_by_row)
{
    enum { M = 3000 };
    static float score[M];
    static uint32_t order[M];
    static uint8_t seen[M];

    for (size_t i = 0; i < M; i++) {
        score[i] = (float)(floor(metrics_normal((uint64_t)_i, i, 0) * 200) * (i % 3 == 0 ? 1e-30 : 1e25));
    }
    score[7] = INFINITY;
    score[8] = -INFINITY;
    score[9] = 0.0F;
    score[10] = -0.0F;
    memset(seen, 0, sizeof seen);
    ck_assert_int_eq(pal_order_scores(order, score, M, NULL), PAL_OK);
    ck_assert_uint_eq(order[0], 8);
    ck_assert_uint_eq(order[M - 1], 7);
    for (size_t i = 0; i < M; i++) {
        ck_assert_uint_eq(seen[order[i]]++, 0);
        if (i > 0) {
            float a = score[order[i - 1]], b = score[order[i]];

            ck_assert(a < b || (a == b && order[i - 1] < order[i]));
        }
    }
}
END_TEST

START_TEST(counts_are_sorted)
{
    static const uint32_t scale[3] = { 50, 100000, UINT32_MAX };
    uint32_t count[500], scratch[500], sum = 0, after = 0;

    for (size_t i = 0; i < 500; i++) {
        count[i] = (uint32_t)(metrics_u01((uint64_t)_i, i, 0) * (double)scale[_i]);
        sum += count[i] * 2654435761u;
    }
    pal_sort_counts(count, scratch, 500);
    for (size_t i = 0; i < 500; i++) {
        ck_assert(i == 0 || count[i - 1] <= count[i]);
        after += count[i] * 2654435761u;
    }
    ck_assert_uint_eq(sum, after);
}
END_TEST

START_TEST(errors_name_the_row)
{
    float score[4] = { 1, 2, 3, 4 };
    uint8_t label[4] = { 0, 1, 0, 1 };
    double weight[4] = { 1, 1, 1, 1 }, auc;
    uint32_t group[4] = { 0, 1, 0, 2 };
    pal_gauc_result out;
    pal_error err;

    weight[2] = -1;
    ck_assert_int_eq(pal_auc(&auc, score, label, weight, 4, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "weight of row 2"));
    ck_assert_int_eq(pal_gauc(&out, score, label, group, 4, 2, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "group of row 3 is 2"));
    label[1] = 2;
    ck_assert_int_eq(pal_auc(&auc, score, label, NULL, 4, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "label of row 1 is 2"));
    label[1] = 1;
    score[3] = NAN;
    ck_assert_int_eq(pal_auc(&auc, score, label, NULL, 4, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "score of row 3"));
}
END_TEST

START_TEST(running_out_of_memory_is_an_error_wherever_it_happens)
{
    float p[N];
    uint8_t y[N];
    double w[N], num[5], den[5], auc;
    uint32_t g[N];
    pal_gauc_result out;
    pal_status rc = PAL_ERR_MEMORY;
    size_t at;

    fixture(p, y, w, g);
    for (at = 1; rc != PAL_OK && at < 100; at++) {
        pal_mem_fail_at(at);
        rc = pal_auc(&auc, p, y, w, N, NULL);
        if (rc == PAL_OK) {
            rc = pal_gauc(&out, p, y, g, N, 5, NULL);
        }
        if (rc == PAL_OK) {
            rc = pal_gauc_terms(num, den, p, y, g, N, 5, NULL);
        }
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_OK);
    ck_assert_uint_gt(at, 12);
}
END_TEST

Suite *suite_metrics_auc(void)
{
    Suite *s = suite_create("metrics/auc");
    TCase *t = tcase_create("auc");

    tcase_add_test(t, auc_is_that_of_scikit_learn);
    tcase_add_loop_test(t, auc_is_that_of_all_pairs, 0, 30);
    tcase_add_loop_test(t, turning_the_scores_turns_the_auc, 0, 30);
    tcase_add_test(t, auc_is_half_when_scores_are_constant);
    tcase_add_test(t, auc_of_one_class_is_undefined_not_half);
    tcase_add_test(t, group_auc_is_that_of_each_group_alone);
    tcase_add_test(t, gauc_weighs_people_by_their_impressions_and_says_whom_it_drops);
    tcase_add_test(t, pooled_auc_may_fall_while_every_person_is_ranked_right);
    tcase_add_loop_test(t, scores_are_ordered_with_ties_by_row, 0, 3);
    tcase_add_loop_test(t, counts_are_sorted, 0, 3);
    tcase_add_test(t, errors_name_the_row);
    tcase_add_test(t, running_out_of_memory_is_an_error_wherever_it_happens);
    suite_add_tcase(s, t);
    return s;
}

/* List metrics: against all orders of a list, scikit-learn and hand counts. */
#include "metrics/ranking.h"

#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_ranking(void);

START_TEST(dcg_and_ndcg_are_those_of_scikit_learn)
{
    const double gain[6] = { 0.3, 1.7, 0, 2.385, 0.1173, 0.9 };
    double ideal[6];

    for (size_t i = 0; i < 6; i++) {
        ideal[i] = gain[i];
    }
    pal_gains_sort(ideal, 6);
    /* scikit-learn 1.2.1: s = [6, 5, 4, 3, 2, 1]; dcg_score([gain], [s], k=k), ndcg_score([gain], [s], k=k) */
    ck_assert_double_eq_tol(pal_dcg(gain, 6, 3), 1.3725805810714777, 1e-14);
    ck_assert_double_eq_tol(pal_dcg(gain, 6, 6), 2.7657084747623513, 1e-14);
    ck_assert_double_eq_tol(pal_dcg(gain, 6, 10), 2.7657084747623513, 1e-14);
    ck_assert_double_eq_tol(pal_ndcg(gain, 6, ideal, 6, 3), 0.35126097916453186, 1e-14);
    ck_assert_double_eq_tol(pal_ndcg(gain, 6, ideal, 6, 10), 0.67751081239160693, 1e-14);
}
END_TEST

/* The best DCG over every ordered choice of k items from the pool, by exhaustion. */
static double best_dcg(const double *pool, size_t n, unsigned used, size_t place, size_t k)
{
    double best = 0;

    if (place == k) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if ((used >> i & 1) == 0) {
            double x = pool[i] / log2((double)place + 2) + best_dcg(pool, n, used | 1u << i, place + 1, k);

            best = x > best || i == 0 ? x : best;
        }
    }
    return best;
}

START_TEST(ideal_is_the_best_of_all_orders)
{
    double pool[6], list[3], ideal[6];

    for (size_t i = 0; i < 6; i++) {
        pool[i] = metrics_u01((uint64_t)_i, i, 0) * 3;
        ideal[i] = pool[i];
    }
    for (size_t i = 0; i < 3; i++) {
        list[i] = pool[5 - i];
    }
    pal_gains_sort(ideal, 6);
    ck_assert_double_eq_tol(pal_ndcg(list, 3, ideal, 6, 3),
                            (list[0] + list[1] / log2(3) + list[2] / 2) / best_dcg(pool, 6, 0, 0, 3), 1e-14);
    ck_assert_double_eq_tol(pal_ndcg(ideal, 3, ideal, 6, 3), 1, 1e-15);
}
END_TEST

START_TEST(a_list_short_of_the_pool_is_not_perfect)
{
    const double list[1] = { 1 }, ideal[3] = { 1, 1, 1 };

    ck_assert_double_eq_tol(pal_ndcg(list, 1, ideal, 3, 3), 1 / (1 + 1 / log2(3) + 0.5), 1e-15);
}
END_TEST

START_TEST(hits_are_counted_by_hand)
{
    const uint8_t hit[8] = { 0, 1, 0, 0, 1, 1, 0, 1 }, none[3] = { 0 };

    ck_assert_double_eq(pal_hit_rate(hit, 8, 1), 0);
    ck_assert_double_eq(pal_hit_rate(hit, 8, 2), 1);
    ck_assert_double_eq(pal_precision(hit, 8, 5), 0.4);
    ck_assert_double_eq(pal_precision(hit, 8, 10), 0.4); /* a short list: k stays */
    ck_assert_double_eq_tol(pal_recall(hit, 8, 5, 9), 2.0 / 9, 1e-16);
    ck_assert_double_eq_tol(pal_truncated_recall(hit, 8, 5, 9), 2.0 / 5, 1e-16);
    ck_assert_double_eq_tol(pal_truncated_recall(hit, 8, 5, 3), 2.0 / 3, 1e-16);
    ck_assert_double_eq(pal_reciprocal_rank(hit, 8, 5), 0.5);
    ck_assert_double_eq(pal_reciprocal_rank(hit, 8, 1), 0);
    ck_assert_double_eq(pal_hit_rate(none, 3, 3), 0);
    ck_assert_double_eq(pal_reciprocal_rank(none, 3, 3), 0);
}
END_TEST

START_TEST(average_precision_is_that_of_scikit_learn_on_the_whole_list)
{
    const uint8_t hit[8] = { 0, 1, 0, 0, 1, 1, 0, 1 }, perfect[2] = { 1, 1 };

    /* scikit-learn 1.2.1: average_precision_score(hit, numpy.arange(8, 0, -1)) */
    ck_assert_double_eq_tol(pal_average_precision(hit, 8, 8, 4), 0.47499999999999998, 1e-15);
    ck_assert_double_eq_tol(pal_average_precision(hit, 8, 5, 4), (0.5 + 0.4) / 4, 1e-15);
    ck_assert_double_eq_tol(pal_average_precision(perfect, 2, 2, 50), 1, 1e-15); /* 1 is reachable */
}
END_TEST

START_TEST(nothing_relevant_is_undefined)
{
    const uint8_t hit[2] = { 0, 0 };
    const double gain[2] = { 0, 0 };

    ck_assert(isnan(pal_recall(hit, 2, 2, 0)));
    ck_assert(isnan(pal_truncated_recall(hit, 2, 2, 0)));
    ck_assert(isnan(pal_average_precision(hit, 2, 2, 0)));
    ck_assert(isnan(pal_ndcg(gain, 2, gain, 2, 2)));
    ck_assert(isnan(pal_ndcg(gain, 2, gain, 0, 2)));
    ck_assert_double_eq(pal_dcg(gain, 0, 5), 0);
}
END_TEST

Suite *suite_metrics_ranking(void)
{
    Suite *s = suite_create("metrics/ranking");
    TCase *t = tcase_create("ranking");

    tcase_add_test(t, dcg_and_ndcg_are_those_of_scikit_learn);
    tcase_add_loop_test(t, ideal_is_the_best_of_all_orders, 0, 20);
    tcase_add_test(t, a_list_short_of_the_pool_is_not_perfect);
    tcase_add_test(t, hits_are_counted_by_hand);
    tcase_add_test(t, average_precision_is_that_of_scikit_learn_on_the_whole_list);
    tcase_add_test(t, nothing_relevant_is_undefined);
    suite_add_tcase(s, t);
    return s;
}

/* The value of a ranking, against every set of labels. */
#include "core/rng.h"
#include "lab/audit_truth.h"
#include "stages/order.h"
#include "tests/support/scratch.h"

#include <math.h>

Suite *suite_lab_audit_truth(void);

enum { N = 7, K = 3 };

/* Chance-weighted sums over all 2^N sets of labels. */
typedef struct sums { double likes, all, hit, mrr, gain, right, pairs; } sums;

static sums brute(const float *score, const uint32_t *order, const float *p)
{
    sums e = { 0 };

    for (unsigned set = 0; set < 1u << N; set++) {
        double chance = 1, first = 0;

        for (size_t i = 0; i < N; i++) chance *= (set >> i & 1) != 0 ? (double)p[i] : 1 - (double)p[i];
        for (size_t r = 0; r < N; r++) {
            const bool liked = (set >> order[r] & 1) != 0;

            if (!liked) continue;
            e.all += chance;
            if (first <= 0) first = 1 / (double)(r + 1);
            if (r < K) e.likes += chance;
            if (r < K) e.gain += chance / log2((double)r + 2);
        }
        e.mrr += chance * first;
        e.hit += first >= 1.0 / K ? chance : 0;
        for (size_t i = 0; i < N; i++) {
            for (size_t j = 0; j < N; j++) {
                if ((set >> i & 1) == 0 || (set >> j & 1) != 0) continue;
                e.pairs += chance;
                e.right += score[i] > score[j] ? chance : score[i] < score[j] ? 0 : chance / 2;
            }
        }
    }
    return e;
}

START_TEST(known_values_are_expectations_over_all_labels)
{
    const pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    float score[N], p[N], best[N];
    uint32_t order[N], work[3 * N];
    double value[PAL_AUDIT_METRICS], most = 0;
    sums e;

    for (uint32_t i = 0; i < N; i++) {
        p[i] = (float)pal_u01(key, (pal_at){ i, 0, 0 }, 0);
        score[i] = (float)(pal_u64(key, (pal_at){ i, 1, 0 }, 0) % 4);
    }
    pal_order_falling(order, p, N, work);
    for (size_t i = 0; i < K; i++) {
        best[i] = p[order[i]];
        most += (double)best[i] / log2((double)i + 2);
    }
    pal_order_falling(order, score, N, work);
    pal_audit_truth_person(value, score, order, p, best, N, K);
    e = brute(score, order, p);
    ck_assert_double_eq_tol(value[PAL_AUDIT_LIKES], e.likes / K, 1e-12);
    ck_assert_double_eq_tol(value[PAL_AUDIT_RECALL], e.likes / e.all, 1e-12);
    ck_assert_double_eq_tol(value[PAL_AUDIT_HIT], e.hit, 1e-12);
    ck_assert_double_eq_tol(value[PAL_AUDIT_MRR], e.mrr, 1e-12);
    ck_assert_double_eq_tol(value[PAL_AUDIT_AUC], e.right / e.pairs, 1e-12);
    ck_assert_double_eq_tol(value[PAL_AUDIT_NDCG], e.gain / most, 1e-12);
}
END_TEST

START_TEST(few_candidates_and_none)
{
    const float score[2] = { 1, 2 }, p[2] = { 0.5f, 0.25f }, best[2] = { 0.5f, 0.25f }, zero[2] = { 0, 0 };
    const uint32_t order[2] = { 1, 0 };
    double value[PAL_AUDIT_METRICS];

    pal_audit_truth_person(value, score, order, p, best, 2, 10);
    ck_assert_double_eq_tol(value[PAL_AUDIT_LIKES], 0.075, 1e-15);
    ck_assert_double_eq_tol(value[PAL_AUDIT_RECALL], 1, 1e-15);
    ck_assert_double_eq_tol(value[PAL_AUDIT_HIT], 1 - 0.5 * 0.75, 1e-15);
    pal_audit_truth_person(value, score, order, zero, zero, 2, 10);
    ck_assert(isnan(value[PAL_AUDIT_RECALL]) && isnan(value[PAL_AUDIT_AUC]) && value[PAL_AUDIT_LIKES] == 0);
    pal_audit_truth_person(value, score, order, p, best, 0, 10);
    ck_assert(isnan(value[PAL_AUDIT_LIKES]) && isnan(value[PAL_AUDIT_HIT]));
}
END_TEST

Suite *suite_lab_audit_truth(void)
{
    Suite *s = suite_create("lab/audit_truth");
    TCase *tc = tcase_create("audit_truth");

    tcase_add_loop_test(tc, known_values_are_expectations_over_all_labels, 0, 50);
    tcase_add_test(tc, few_candidates_and_none);
    suite_add_tcase(s, tc);
    return s;
}

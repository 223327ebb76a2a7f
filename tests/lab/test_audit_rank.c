/* Places, samples, corrections and weights: closed forms, brute force, metrics/topn.h. */
#include "core/arena.h"
#include "core/mem.h"
#include "lab/audit_rank.h"
#include "metrics/topn.h"
#include "tests/support/scratch.h"

#include <math.h>

Suite *suite_lab_audit_rank(void);

static pal_key key_of(uint64_t seed)
{
    return pal_key_for(seed, 0, PAL_FOR_TEST);
}

/* n = 10,000, m = 100: Krichene and Rendle's effect; to all digits from scipy 1.10:
 * scipy.stats.binom.cdf(9, 100, [499/9999, 999/9999, 1999/9999]) */
static const struct { size_t rank; double hit; } worked[] = {
    { 500, 0.972128054561287 }, { 1000, 0.4524776049537014 }, { 2000, 0.0023470499972839346 },
};

START_TEST(a_sampled_hit_is_the_binomial_of_the_rank)
{
    ck_assert_double_eq_tol(pal_audit_sampled_hit((double)(worked[_i].rank - 1) / 9999, 100, 10), worked[_i].hit, 1e-11);
    ck_assert_double_eq(pal_audit_sampled_hit(0, 100, 10), 1);
    ck_assert_double_eq(pal_audit_sampled_hit(1, 100, 10), 0);
    ck_assert_double_eq(pal_audit_sampled_hit(0.9, 9, 10), 1); /* nine others never fill ten places */
}
END_TEST

START_TEST(drawn_samples_hit_as_often_as_the_binomial_says)
{
    enum { N = 10000, M = 100, DRAWS = 4000 };
    uint32_t *others = pal_calloc(N, sizeof *others), sample[M], wanted = (uint32_t)worked[_i].rank - 1;
    float *score = pal_calloc(N, sizeof *score);
    double hits = 0, value[PAL_AUDIT_METRICS], p = worked[_i].hit;
    pal_audit_rank rank;
    size_t n = 0;

    for (uint32_t i = 0; i < N; i++) {
        score[i] = (float)(N - i);
        if (i != wanted) others[n++] = i;
    }
    for (uint64_t d = 0; d < DRAWS; d++) {
        ck_assert_uint_eq(pal_audit_sample(sample, M, others, n, NULL, key_of(3), (pal_at){ d, 0, 0 }), M);
        pal_audit_ranks(&rank, score, &wanted, 1, sample, M);
        pal_audit_measure_ranks(value, &rank, 1, M, 10, false);
        hits += value[PAL_AUDIT_HIT];
    }
    ck_assert_double_eq_tol(hits / DRAWS, p, 4 * sqrt(p * (1 - p) / DRAWS) + 1e-3);
    pal_free(others);
    pal_free(score);
}
END_TEST

/* A has half of its likes at the very top and half far below; B has all of them at place 500. */
START_TEST(sampling_reverses_two_models_and_the_correction_puts_them_right)
{
    enum { N = 10000, M = 100, K = 10 };
    pal_audit_correction c = { 0 };
    double half = 0.5 * pal_audit_sampled_hit(0, M, K) + 0.5 * pal_audit_sampled_hit(4999.0 / 9999, M, K), far = 0, near = 0;

    ck_assert_double_eq_tol(half, 0.5, 1e-9);
    ck_assert_double_gt(pal_audit_sampled_hit(499.0 / 9999, M, K), 0.97); /* B seems far better: in truth it finds nothing */
    ck_assert_int_eq(pal_audit_correction_make(&c, N, M, K, NULL), PAL_OK);
    for (size_t x = 0; x <= M; x++) { /* expected estimates: binomial chances by differences of the closed form */
        double at_500 = pal_audit_sampled_hit(499.0 / 9999, M, x + 1) - (x > 0 ? pal_audit_sampled_hit(499.0 / 9999, M, x) : 0);
        double at_5000 = pal_audit_sampled_hit(4999.0 / 9999, M, x + 1) - (x > 0 ? pal_audit_sampled_hit(4999.0 / 9999, M, x) : 0);

        far += 0.5 * at_5000 * c.recall[x] + (x == 0 ? 0.5 * c.recall[0] : 0);
        near += at_500 * c.recall[x];
    }
    ck_assert_double_gt(far, near);
    ck_assert_double_lt(fabs(near), 0.05);
    pal_audit_correction_clear(&c);
}
END_TEST

/* With a sample as large as the ranks there are, little is left to correct: the penalised least squares is close to f. */
START_TEST(corrected_estimates_are_nearly_unbiased_where_ranks_are_few)
{
    enum { N = 12, M = 60, K = 3 };
    pal_audit_correction c = { 0 };

    ck_assert_int_eq(pal_audit_correction_make(&c, N, M, K, NULL), PAL_OK);
    for (size_t r = 1; r <= N; r++) {
        double q = (double)(r - 1) / (N - 1), recall = 0;

        for (size_t x = 0; x <= M; x++) {
            double upto = x == M ? 1 : pal_audit_sampled_hit(q, M, x + 1), below = x == 0 ? 0 : pal_audit_sampled_hit(q, M, x);

            recall += (upto - below) * c.recall[x];
        }
        ck_assert_double_eq_tol(recall, r <= K, 0.3);
    }
    ck_assert_double_eq_tol(c.mrr[0], 1, 0.1);
    pal_audit_correction_clear(&c);
}
END_TEST

START_TEST(full_rankings_give_the_metrics_of_topn)
{
    enum { N = 60, K = 7 };
    const size_t k = K;
    const pal_topn_context context = { .n_items = N, .n_k = 1, .k = &k };
    uint32_t wanted[N], others[N], list[K];
    float score[N], best[K];
    double value[64], mine[PAL_AUDIT_METRICS];
    pal_topn_person who = { .score = score, .wanted = wanted };
    pal_audit_rank rank[N];
    pal_arena *arena = NULL;
    size_t n = 0, m = 0;

    for (uint32_t i = 0; i < N; i++) { /* a coarse score: many ties */
        score[i] = (float)(pal_u64(key_of((uint64_t)_i), (pal_at){ i, 0, 0 }, 0) % 9);
        if (pal_u01(key_of((uint64_t)_i), (pal_at){ i, 1, 0 }, 0) < 0.15) wanted[n++] = i;
        else others[m++] = i;
    }
    if (n == 0) return;
    who.n_wanted = n;
    ck_assert_int_eq(pal_arena_new(&arena, 1 << 16, NULL), PAL_OK);
    ck_assert_int_eq(pal_topn_measure(value, list, best, &context, &who, NULL, arena, NULL), PAL_OK);
    pal_audit_ranks(rank, score, wanted, n, others, m);
    pal_audit_measure_ranks(mine, rank, n, m, K, false);
    ck_assert_double_eq_tol(mine[PAL_AUDIT_NDCG], value[pal_topn_column_at(0, PAL_TOPN_NDCG)], 1e-12);
    ck_assert_double_eq_tol(mine[PAL_AUDIT_RECALL], value[pal_topn_column_at(0, PAL_TOPN_RECALL)], 1e-12);
    ck_assert_double_eq_tol(mine[PAL_AUDIT_HIT], value[pal_topn_column_at(0, PAL_TOPN_HIT_RATE)], 1e-12);
    ck_assert_double_eq_tol(mine[PAL_AUDIT_LIKES], value[pal_topn_column_at(0, PAL_TOPN_PRECISION)], 1e-12);
    ck_assert_double_eq_tol(mine[PAL_AUDIT_AUC], value[PAL_TOPN_AUC], 1e-12);
    ck_assert_double_eq_tol(mine[PAL_AUDIT_MRR], value[PAL_TOPN_MRR], 1e-12);
    pal_arena_free(arena);
}
END_TEST

START_TEST(weights_weigh)
{
    pal_audit_rank rank[2] = { { .weight = 1, .below = 4, .rank = 1 }, { .weight = 3, .below = 1, .rank = 5, .above = 3 } };
    double value[PAL_AUDIT_METRICS];

    pal_audit_measure_ranks(value, rank, 2, 4, 2, true);
    ck_assert_double_eq_tol(value[PAL_AUDIT_RECALL], 0.25, 1e-15);
    ck_assert_double_eq_tol(value[PAL_AUDIT_NDCG], 1 / (3 + 1 / 1.584962500721156), 1e-12); /* the heavy one belongs in front */
    ck_assert_double_eq_tol(value[PAL_AUDIT_AUC], (4 + 3 * 1) / (4 * 4.0), 1e-15);
    ck_assert(isnan(value[PAL_AUDIT_HIT]) && isnan(value[PAL_AUDIT_MRR]) && isnan(value[PAL_AUDIT_LIKES]));
    pal_audit_measure_ranks(value, rank, 0, 4, 2, false);
    ck_assert(isnan(value[PAL_AUDIT_RECALL]) && isnan(value[PAL_AUDIT_LIKES]));
}
END_TEST

START_TEST(popular_samples_follow_the_counts)
{
    enum { DRAWS = 40000 };
    const double cumulative[] = { 5, 5, 6, 9, 9, 19 }; /* counts 5 0 1 3 0 10 */
    const uint32_t item[] = { 0, 1, 2, 3 }, none[] = { 1, 4 };
    static uint32_t sample[DRAWS];
    double seen[6] = { 0 };

    ck_assert_uint_eq(pal_audit_sample(sample, DRAWS, item, 4, cumulative, key_of(9), (pal_at){ 0, 0, 0 }), DRAWS);
    for (size_t i = 0; i < DRAWS; i++) seen[sample[i]] += 1.0 / DRAWS;
    ck_assert_double_eq_tol(seen[0], 5.0 / 9, 0.012);
    ck_assert_double_eq_tol(seen[2], 1.0 / 9, 0.008);
    ck_assert_double_eq_tol(seen[3], 3.0 / 9, 0.012);
    ck_assert(seen[1] == 0 && seen[4] == 0 && seen[5] == 0);
    pal_audit_sample(sample, 1000, none, 2, cumulative, key_of(9), (pal_at){ 0, 0, 0 }); /* nothing liked: all alike */
    for (size_t i = 0, n = 0; i < 1000; i++) {
        n += sample[i] == 1;
        if (i == 999) ck_assert(n > 400 && n < 600);
    }
    ck_assert_uint_eq(pal_audit_sample(sample, 5, item, 0, NULL, key_of(9), (pal_at){ 0, 0, 0 }), 0);
}
END_TEST

/* A log of 2 rounds x 3 slots that prefers some items, drawn without replacement; looks by slot. */
START_TEST(weighted_impressions_give_the_lists_true_likes)
{
    enum { N = 9, SLOTS = 6, LOGS = 60000 };
    static const double p[N] = { .7, .1, .5, .3, .9, .2, .05, .6, .4 }, liking[N] = { 1, 2, 3, 1, 1, 4, 2, 1, 3 };
    static const double look[3] = { 1, 0.6, 0.3 };
    const uint32_t list[3] = { 0, 5, 7 };
    const double truth = (p[0] + p[5] + p[7]) / 3;
    double sum = 0, square = 0, n = 0;

    for (uint64_t log = 0; log < LOGS; log++) {
        pal_event event[SLOTS];
        bool gone[N] = { false };
        double value;

        for (uint32_t s = 0; s < SLOTS; s++) {
            const pal_at at = { log, s, 0 };
            double total = 0, x;
            uint32_t i = 0;

            for (size_t j = 0; j < N; j++) total += gone[j] ? 0 : liking[j];
            x = pal_u01(key_of(5), at, 0) * total;
            for (i = 0; i < N - 1; i++) {
                if (gone[i]) continue;
                if (x < liking[i]) break;
                x -= liking[i];
            }
            while (gone[i]) i--;
            gone[i] = true;
            event[s] = (pal_event){ .item = i, .round = s / 3, .slot = (uint8_t)(s % 3), .propensity = (float)(liking[i] / total) };
            if (pal_u01(key_of(5), at, 1) < look[s % 3]) event[s].flags = PAL_EXAMINED;
            if (event[s].flags != 0 && pal_u01(key_of(5), at, 2) < p[i]) event[s].flags |= PAL_LIKED;
        }
        value = pal_audit_list_likes(event, SLOTS, list, 3, look);
        if (isnan(value)) continue;
        sum += value;
        square += value * value;
        n += 1;
    }
    ck_assert_double_eq_tol(sum / n, truth, 4 * sqrt((square / n - sum / n * sum / n) / n));
    ck_assert(isnan(pal_audit_list_likes(NULL, 0, list, 3, look)));
}
END_TEST

Suite *suite_lab_audit_rank(void)
{
    Suite *s = suite_create("lab/audit_rank");
    TCase *tc = tcase_create("audit_rank");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_sampled_hit_is_the_binomial_of_the_rank, 0, 3);
    tcase_add_loop_test(tc, drawn_samples_hit_as_often_as_the_binomial_says, 0, 3);
    tcase_add_test(tc, sampling_reverses_two_models_and_the_correction_puts_them_right);
    tcase_add_test(tc, corrected_estimates_are_nearly_unbiased_where_ranks_are_few);
    tcase_add_loop_test(tc, full_rankings_give_the_metrics_of_topn, 0, 40);
    tcase_add_test(tc, weights_weigh);
    tcase_add_test(tc, popular_samples_follow_the_counts);
    tcase_add_test(tc, weighted_impressions_give_the_lists_true_likes);
    suite_add_tcase(s, tc);
    return s;
}

/* Re-ranking by likeness, held against lists that are valued afresh, brute force and closed forms. */
#include "tests/support/rerank_cases.h"

#include <check.h>
#include <math.h>
#include <string.h>

static void mmr(uint32_t *order, size_t k, const rerank_case *c, double lambda)
{
    ck_assert_int_eq(pal_rerank_mmr(order, k, c->relevance, c->similarity, c->n, lambda, c->scratch, NULL), PAL_OK);
}

static void dpp(uint32_t *order, size_t k, const rerank_case *c, double lambda)
{
    ck_assert_int_eq(pal_rerank_dpp(order, k, c->relevance, c->kernel, c->n, lambda, c->scratch, NULL), PAL_OK);
}

static void same(const uint32_t *a, const uint32_t *b, size_t k)
{
    for (size_t s = 0; s < k; s++) {
        ck_assert_uint_eq(a[s], b[s]);
    }
}

START_TEST(scores_are_scaled_to_one_and_nought)
{
    const float score[] = { -2.385f, 0.1173f, 7.615f, -2.385f }, flat[] = { 3.25f, 3.25f };
    double relevance[4];

    pal_rerank_scale(relevance, score, 4);
    ck_assert_double_eq(relevance[0], 0);
    ck_assert_double_eq_tol(relevance[1], 0.25023, 1e-6); /* (0.1173 + 2.385) / 10 */
    ck_assert_double_eq(relevance[2], 1);
    ck_assert_double_eq(relevance[3], 0);
    pal_rerank_scale(relevance, flat, 2);
    ck_assert(relevance[0] == 1 && relevance[1] == 1);
    pal_rerank_scale(relevance, flat, 0);
}
END_TEST

START_TEST(relevance_alone_returns_the_input_order)
{
    rerank_case c = rerank_case_of((uint64_t)_i, 12);
    uint32_t order[RERANK_MOST];

    mmr(order, 12, &c, 0);
    for (uint32_t s = 0; s < 12; s++) ck_assert_uint_eq(order[s], s);
    dpp(order, 12, &c, 0);
    for (uint32_t s = 0; s < 12; s++) ck_assert_uint_eq(order[s], s);
    rerank_case_clear(&c);
}
END_TEST

START_TEST(ties_go_to_the_lower_candidate)
{
    rerank_case c = rerank_case_of(1, 7);
    uint32_t order[RERANK_MOST];

    for (size_t i = 0; i < 7; i++) {
        c.relevance[i] = 0.4;
        for (size_t j = 0; j < 7; j++) c.similarity[i * 7 + j] = c.kernel[i * 7 + j] = i == j;
    }
    for (int step = 0; step <= 4; step++) {
        mmr(order, 7, &c, step / 4.0);
        for (uint32_t s = 0; s < 7; s++) ck_assert_uint_eq(order[s], s);
        dpp(order, 7, &c, step / 4.0);
        for (uint32_t s = 0; s < 7; s++) ck_assert_uint_eq(order[s], s);
    }
    rerank_case_clear(&c);
}
END_TEST

/* The marginal value of the last of the list is MMR's gain. */
static double value_mmr(const rerank_case *c, const uint32_t *list, size_t k, double lambda)
{
    double nearest = -INFINITY;

    for (size_t s = 0; s + 1 < k; s++) {
        nearest = fmax(nearest, c->similarity[list[k - 1] * c->n + list[s]]);
    }
    return (1 - lambda) * c->relevance[list[k - 1]] - (k > 1 ? lambda * nearest : 0);
}

static double value_dpp(const rerank_case *c, const uint32_t *list, size_t k, double lambda)
{
    double sum = 0;

    for (size_t s = 0; s < k; s++) sum += c->relevance[list[s]];
    return (1 - lambda) * sum + lambda * log(rerank_determinant(c->kernel, c->n, list, k));
}

START_TEST(both_agree_with_lists_valued_afresh)
{
    static const double lambdas[] = { 0.0377, 0.31, 0.5, 0.823, 1 };
    rerank_case c = rerank_case_of((uint64_t)_i + 100, 12);
    uint32_t order[RERANK_MOST], slow[RERANK_MOST];

    for (size_t l = 0; l < sizeof lambdas / sizeof *lambdas; l++) {
        mmr(order, 9, &c, lambdas[l]);
        rerank_slow(slow, 9, &c, lambdas[l], value_mmr);
        same(order, slow, 9);
        dpp(order, 9, &c, lambdas[l]);
        ck_assert(rerank_is_order(order, 9, 12));
        /* the kernel holds equal determinants only up to rounding: compare the values of the lists */
        rerank_slow(slow, 9, &c, lambdas[l], value_dpp);
        for (size_t k = 1; k <= 9; k++) {
            ck_assert_double_eq_tol(value_dpp(&c, order, k, lambdas[l]), value_dpp(&c, slow, k, lambdas[l]), 1e-9);
        }
    }
    rerank_case_clear(&c);
}
END_TEST

START_TEST(a_shorter_list_begins_a_longer_one)
{
    rerank_case c = rerank_case_of((uint64_t)_i + 200, 11);
    uint32_t longer[RERANK_MOST], shorter[RERANK_MOST];

    mmr(longer, 11, &c, 0.617);
    mmr(shorter, 4, &c, 0.617);
    same(longer, shorter, 4);
    dpp(longer, 11, &c, 0.617);
    dpp(shorter, 4, &c, 0.617);
    same(longer, shorter, 4);
    rerank_case_clear(&c);
}
END_TEST

START_TEST(orthogonal_candidates_keep_the_order_of_relevance)
{
    rerank_case c = rerank_case_of((uint64_t)_i, 10);
    uint32_t order[RERANK_MOST];

    for (size_t i = 0; i < 10; i++) {
        for (size_t j = 0; j < 10; j++) c.similarity[i * 10 + j] = c.kernel[i * 10 + j] = i == j;
    }
    for (int step = 0; step < 10; step++) {
        dpp(order, 10, &c, step / 10.0);
        for (uint32_t s = 0; s < 10; s++) ck_assert_uint_eq(order[s], s);
        mmr(order, 10, &c, step / 10.0);
        for (uint32_t s = 0; s < 10; s++) ck_assert_uint_eq(order[s], s);
    }
    rerank_case_clear(&c);
}
END_TEST

/* With every determinant at least 1 and growing, (1 - lambda) relevance + lambda log det is monotone and submodular:
 * Nemhauser, Wolsey and Fisher's bound holds for the greedy list. */
START_TEST(greedy_stays_within_the_bound_of_brute_force)
{
    for (size_t n = 2; n <= 8; n++) {
        rerank_case c = rerank_case_of((uint64_t)_i * 10 + n, n);
        uint32_t order[RERANK_MOST];

        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) c.kernel[i * n + j] = 3 * c.kernel[i * n + j] + (i == j ? 1 : 0);
        }
        for (size_t k = 1; k <= 4 && k <= n; k++) {
            for (int step = 1; step <= 4; step++) {
                const double lambda = step / 4.0, best = rerank_best(&c, k, lambda, value_dpp);

                dpp(order, k, &c, lambda);
                ck_assert_double_ge(value_dpp(&c, order, k, lambda), (1 - exp(-1)) * best);
                ck_assert_double_le(value_dpp(&c, order, k, lambda), best + 1e-9);
            }
        }
        rerank_case_clear(&c);
    }
}
END_TEST

START_TEST(copies_come_last_by_relevance)
{
    /* 0, 2 and 4 are one song, 1 and 3 another: after one of each nothing new is left */
    static const uint32_t wanted[] = { 0, 1, 2, 3, 4 };
    const double relevance[] = { 1, 0.3, 0.9, 0.2, 0.1 };
    double similarity[25];
    uint32_t order[5];
    pal_arena *scratch = NULL;

    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) similarity[i * 5 + j] = i % 2 == j % 2 ? 1 : 0.117;
    }
    ck_assert_int_eq(pal_arena_new(&scratch, 256, NULL), PAL_OK);
    ck_assert_int_eq(pal_rerank_dpp(order, 5, relevance, similarity, 5, 0.01, scratch, NULL), PAL_OK);
    same(order, wanted, 5);
    ck_assert_int_eq(pal_rerank_mmr(order, 2, relevance, similarity, 5, 0.9, scratch, NULL), PAL_OK);
    same(order, wanted, 2);
    pal_arena_free(scratch);
}
END_TEST

/* Three songs of 1, 0.95 and 0.6, the second close to the first: 0.05 (1 - l) < 0.7 l from l = 0.3333 on. */
START_TEST(mmr_turns_where_the_algebra_says)
{
    const double relevance[] = { 1, 0.95, 0.6 };
    const double similarity[] = { 1, 0.9, 0.2, 0.9, 1, 0.2, 0.2, 0.2, 1 };
    uint32_t order[3];
    pal_arena *scratch = NULL;

    ck_assert_int_eq(pal_arena_new(&scratch, 256, NULL), PAL_OK);
    ck_assert_int_eq(pal_rerank_mmr(order, 2, relevance, similarity, 3, 0.3332, scratch, NULL), PAL_OK);
    ck_assert_uint_eq(order[1], 1);
    ck_assert_int_eq(pal_rerank_mmr(order, 2, relevance, similarity, 3, 0.3335, scratch, NULL), PAL_OK);
    ck_assert_uint_eq(order[1], 2);
    pal_arena_free(scratch);
}
END_TEST

Suite *suite_models_rerank_similar(void);
Suite *suite_models_rerank_similar(void)
{
    Suite *suite = suite_create("models/rerank_similar");
    TCase *tc = tcase_create("rerank_similar");

    tcase_add_test(tc, scores_are_scaled_to_one_and_nought);
    tcase_add_loop_test(tc, relevance_alone_returns_the_input_order, 0, 20);
    tcase_add_test(tc, ties_go_to_the_lower_candidate);
    tcase_add_loop_test(tc, both_agree_with_lists_valued_afresh, 0, 40);
    tcase_add_loop_test(tc, a_shorter_list_begins_a_longer_one, 0, 20);
    tcase_add_loop_test(tc, orthogonal_candidates_keep_the_order_of_relevance, 0, 10);
    tcase_add_loop_test(tc, greedy_stays_within_the_bound_of_brute_force, 0, 10);
    tcase_add_test(tc, copies_come_last_by_relevance);
    tcase_add_test(tc, mmr_turns_where_the_algebra_says);
    suite_add_tcase(suite, tc);
    return suite;
}

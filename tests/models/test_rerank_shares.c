/* Re-ranking by what a person wants, held against lists that are valued afresh, brute force and closed forms. */
#include "tests/support/rerank_cases.h"

#include <check.h>
#include <math.h>
#include <string.h>

#define ALPHA 0.01

static void xquad(uint32_t *order, size_t k, const rerank_case *c, double lambda)
{
    ck_assert_int_eq(pal_rerank_xquad(order, k, c->relevance, c->member, c->wanted, c->n, c->m, lambda, c->scratch,
                                      NULL), PAL_OK);
}

static void calibrated(uint32_t *order, size_t k, const rerank_case *c, double lambda)
{
    ck_assert_int_eq(pal_rerank_calibrated(order, k, c->relevance, c->member, c->wanted, c->n, c->m, ALPHA, lambda,
                                           c->scratch, NULL), PAL_OK);
}

static void balanced(uint32_t *order, size_t k, const rerank_case *c, double lambda)
{
    ck_assert_int_eq(pal_rerank_balanced(order, k, c->relevance, c->group, c->wanted, c->n, c->m, lambda, c->scratch,
                                         NULL), PAL_OK);
}

static void (*const methods[])(uint32_t *, size_t, const rerank_case *, double) = { xquad, calibrated, balanced };
enum { METHODS = 3 };

START_TEST(relevance_alone_returns_the_input_order)
{
    rerank_case c = rerank_case_of((uint64_t)_i, 12);
    uint32_t order[RERANK_MOST];

    for (size_t way = 0; way < METHODS; way++) {
        methods[way](order, 12, &c, 0);
        for (uint32_t s = 0; s < 12; s++) ck_assert_uint_eq(order[s], s);
    }
    rerank_case_clear(&c);
}
END_TEST

START_TEST(orders_are_orders_and_shorter_ones_begin_longer_ones)
{
    rerank_case c = rerank_case_of((uint64_t)_i + 50, 12);
    uint32_t longer[RERANK_MOST], shorter[RERANK_MOST];

    for (size_t way = 0; way < METHODS; way++) {
        for (int step = 0; step <= 5; step++) {
            methods[way](longer, 12, &c, step / 5.0);
            ck_assert(rerank_is_order(longer, 12, 12));
            methods[way](shorter, 5, &c, step / 5.0);
            for (size_t s = 0; s < 5; s++) ck_assert_uint_eq(longer[s], shorter[s]);
        }
    }
    rerank_case_clear(&c);
}
END_TEST

/* Relevance plus the wanted categories the list covers: xQuAD's gain is its growth. */
static double value_xquad(const rerank_case *c, const uint32_t *list, size_t k, double lambda)
{
    double sum = 0, covered = 0;

    for (size_t s = 0; s < k; s++) sum += c->relevance[list[s]];
    for (size_t g = 0; g < c->m; g++) {
        double open = 1;

        for (size_t s = 0; s < k; s++) open *= 1 - c->member[list[s] * c->m + g];
        covered += c->wanted[g] * (1 - open);
    }
    return (1 - lambda) * sum + lambda * covered;
}

static double slow_divergence(const rerank_case *c, const uint32_t *list, size_t k)
{
    double total = 0;

    for (size_t g = 0; g < c->m; g++) {
        double held = 0;

        for (size_t s = 0; s < k; s++) held += c->member[list[s] * c->m + g] / (double)k;
        total += c->wanted[g] * log(c->wanted[g] / ((1 - ALPHA) * held + ALPHA * c->wanted[g]));
    }
    return total;
}

static double value_calibrated(const rerank_case *c, const uint32_t *list, size_t k, double lambda)
{
    double sum = 0;

    for (size_t s = 0; s < k; s++) sum += c->relevance[list[s]];
    return (1 - lambda) * sum - lambda * slow_divergence(c, list, k);
}

START_TEST(both_agree_with_lists_valued_afresh)
{
    static const rerank_value values[] = { value_xquad, value_calibrated };
    static const double lambdas[] = { 0.083, 0.37, 0.619, 0.94 };
    rerank_case c = rerank_case_of((uint64_t)_i + 100, 12);
    uint32_t order[RERANK_MOST], slow[RERANK_MOST];

    for (size_t way = 0; way < 2; way++) {
        for (size_t l = 0; l < sizeof lambdas / sizeof *lambdas; l++) {
            methods[way](order, 8, &c, lambdas[l]);
            rerank_slow(slow, 8, &c, lambdas[l], values[way]);
            for (size_t k = 1; k <= 8; k++) { /* equal gains may differ by rounding: the lists are worth the same */
                ck_assert_double_eq_tol(values[way](&c, order, k, lambdas[l]), values[way](&c, slow, k, lambdas[l]),
                                        1e-12);
            }
        }
    }
    rerank_case_clear(&c);
}
END_TEST

/* xQuAD's value is monotone and submodular: Nemhauser, Wolsey and Fisher's bound holds. */
START_TEST(xquad_stays_within_the_bound_of_brute_force)
{
    rerank_case c = rerank_case_of((uint64_t)_i + 300, 8);
    uint32_t order[RERANK_MOST];

    for (size_t k = 1; k <= 5; k++) {
        const double best = rerank_best(&c, k, 0.731, value_xquad);

        xquad(order, k, &c, 0.731);
        ck_assert_double_ge(value_xquad(&c, order, k, 0.731), (1 - exp(-1)) * best);
        ck_assert_double_le(value_xquad(&c, order, k, 0.731), best + 1e-12);
    }
    rerank_case_clear(&c);
}
END_TEST

START_TEST(the_divergence_is_that_of_its_formula)
{
    rerank_case c = rerank_case_of((uint64_t)_i, 9);
    const uint32_t list[] = { 3, 0, 8, 5 };

    for (size_t k = 1; k <= 4; k++) {
        ck_assert_double_eq_tol(pal_rerank_divergence(list, k, c.member, c.wanted, c.m, ALPHA),
                                slow_divergence(&c, list, k), 1e-13);
    }
    /* of no list: log(1 / alpha), whatever is wanted */
    ck_assert_double_eq_tol(pal_rerank_divergence(list, 0, c.member, c.wanted, c.m, ALPHA), log(1 / ALPHA), 1e-13);
    rerank_case_clear(&c);
}
END_TEST

/* As many of each pure category as there are slots: variety alone gives the wanted mix where slots allow it. */
START_TEST(a_mix_that_can_be_met_is_met)
{
    rerank_case c = rerank_case_of(7, 12);
    uint32_t order[RERANK_MOST];
    size_t held[2][3] = { { 0 } };

    memset(c.member, 0, sizeof c.member);
    c.m = 3;
    for (size_t i = 0; i < 12; i++) {
        c.group[i] = (uint8_t)(i / 4);
        c.member[i * 3 + i / 4] = 1;
    }
    c.wanted[0] = 0.25, c.wanted[1] = 0.25, c.wanted[2] = 0.5;
    for (size_t way = 1; way < METHODS; way++) {
        methods[way](order, 8, &c, 1);
        for (size_t s = 0; s < 8; s++) held[way - 1][c.group[order[s]]]++;
        ck_assert_uint_eq(held[way - 1][0], 2);
        ck_assert_uint_eq(held[way - 1][1], 2);
        ck_assert_uint_eq(held[way - 1][2], 4);
    }
    ck_assert_double_eq_tol(pal_rerank_divergence(order, 8, c.member, c.wanted, 3, ALPHA), 0, 1e-15);
    rerank_case_clear(&c);
}
END_TEST

START_TEST(no_group_gets_more_than_its_share_rounded_up)
{
    enum { EACH = 20, N = EACH * RERANK_GROUPS };
    rerank_case c = rerank_case_of((uint64_t)_i + 400, 2); /* for its shares */
    double relevance[N], held[RERANK_GROUPS] = { 0 };
    uint8_t group[N];
    uint32_t order[EACH];

    for (size_t i = 0; i < N; i++) {
        group[i] = (uint8_t)(i % RERANK_GROUPS);
        relevance[i] = 1 - (double)i / N;
    }
    ck_assert_int_eq(pal_rerank_balanced(order, EACH, relevance, group, c.wanted, N, RERANK_GROUPS, 1, c.scratch, NULL),
                     PAL_OK);
    for (size_t s = 0; s < EACH; s++) {
        held[group[order[s]]] += 1;
        for (size_t g = 0; g < RERANK_GROUPS; g++) {
            ck_assert_double_le(held[g], ceil(c.wanted[g] * (double)(s + 1)));
        }
    }
    rerank_case_clear(&c);
}
END_TEST

START_TEST(nobody_wanting_anything_leaves_relevance)
{
    rerank_case c = rerank_case_of(11, 9);
    uint32_t order[RERANK_MOST];

    memset(c.wanted, 0, sizeof c.wanted);
    xquad(order, 9, &c, 0.6);
    for (uint32_t s = 0; s < 9; s++) ck_assert_uint_eq(order[s], s);
    calibrated(order, 9, &c, 0.6);
    for (uint32_t s = 0; s < 9; s++) ck_assert_uint_eq(order[s], s);
    rerank_case_clear(&c);
}
END_TEST

Suite *suite_models_rerank_shares(void);
Suite *suite_models_rerank_shares(void)
{
    Suite *suite = suite_create("models/rerank_shares");
    TCase *tc = tcase_create("rerank_shares");

    tcase_add_loop_test(tc, relevance_alone_returns_the_input_order, 0, 20);
    tcase_add_loop_test(tc, orders_are_orders_and_shorter_ones_begin_longer_ones, 0, 20);
    tcase_add_loop_test(tc, both_agree_with_lists_valued_afresh, 0, 40);
    tcase_add_loop_test(tc, xquad_stays_within_the_bound_of_brute_force, 0, 20);
    tcase_add_loop_test(tc, the_divergence_is_that_of_its_formula, 0, 20);
    tcase_add_test(tc, a_mix_that_can_be_met_is_met);
    tcase_add_loop_test(tc, no_group_gets_more_than_its_share_rounded_up, 0, 40);
    tcase_add_test(tc, nobody_wanting_anything_leaves_relevance);
    suite_add_tcase(suite, tc);
    return suite;
}

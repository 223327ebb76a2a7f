/* Policies over candidates: chances by hand, slates in order, Plackett and Luce. */
#include "lab/ope_rule.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_lab_ope_rule(void);

enum { M = 6, K = 3, SLATES = M * (M - 1) * (M - 2) };

/* Standardised scores of a seed. */
static void scores_of(double *z, uint64_t seed)
{
    float score[M];

    for (size_t i = 0; i < M; i++) score[i] = (float)pal_u01(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0);
    pal_ope_standardise(z, score, M);
}

START_TEST(scores_are_standardised_and_equal_ones_stay_equal)
{
    const float score[4] = { 1, 3, 5, 7 }, same[3] = { 2.5f, 2.5f, 2.5f };
    double z[4];

    pal_ope_standardise(z, score, 4);
    ck_assert_double_eq_tol(z[0], -3 / sqrt(5), 1e-15);
    ck_assert_double_eq_tol(z[2], 1 / sqrt(5), 1e-15);
    pal_ope_standardise(z, same, 3);
    ck_assert(z[0] == 0 && z[1] == 0 && z[2] == 0);
}
END_TEST

START_TEST(chances_are_those_by_hand)
{
    const double z[3] = { 0, 1, -1 };
    const uint8_t none[3] = { 0, 0, 0 }, first[3] = { 1, 0, 0 };
    const pal_ope_rule soft = { 0.5, 0.3 }, greedy = { 0, 0.3 };
    const double total = exp(0) + exp(2) + exp(-2);
    double strength[3], chance[3];

    pal_ope_strengths(strength, z, 3, &soft);
    pal_ope_chances(chance, strength, none, 3, &soft);
    ck_assert_double_eq_tol(chance[0], 0.1 + 0.7 * exp(0) / total, 1e-15);
    ck_assert_double_eq_tol(chance[2], 0.1 + 0.7 * exp(-2) / total, 1e-15);
    pal_ope_chances(chance, strength, first, 3, &soft);
    ck_assert(chance[0] == 0);
    ck_assert_double_eq_tol(chance[1], 0.15 + 0.7 * exp(2) / (exp(2) + exp(-2)), 1e-15);
    pal_ope_strengths(strength, z, 3, &greedy);
    pal_ope_chances(chance, strength, none, 3, &greedy);
    ck_assert_double_eq_tol(chance[1], 0.8, 1e-15);
    ck_assert_double_eq_tol(chance[0], 0.1, 1e-15);
}
END_TEST

START_TEST(the_greedy_policy_shares_evenly_among_equal_ones)
{
    const double z[4] = { 0.5, 1.5, 1.5, -3.5 };
    const uint8_t none[4] = { 0 };
    const pal_ope_rule greedy = { 0, 0 };
    double strength[4], chance[4];

    pal_ope_strengths(strength, z, 4, &greedy);
    pal_ope_chances(chance, strength, none, 4, &greedy);
    ck_assert(chance[0] == 0 && chance[1] == 0.5 && chance[2] == 0.5 && chance[3] == 0);
}
END_TEST

START_TEST(slates_are_all_there_in_order)
{
    uint8_t slate[SLATES * K];

    ck_assert_double_eq(pal_ope_count_slates(M, K), SLATES);
    pal_ope_list_slates(slate, M, K);
    for (size_t s = 0; s < SLATES; s++) {
        const uint8_t *one = slate + s * K;

        ck_assert(one[0] != one[1] && one[0] != one[2] && one[1] != one[2] && one[0] < M && one[1] < M && one[2] < M);
        if (s > 0) ck_assert_int_lt(memcmp(one - K, one, K), 0);
    }
}
END_TEST

/* Without an even part the draw is Plackett and Luce's: each slot in proportion to what is left. */
START_TEST(soft_slates_are_plackett_luce)
{
    const pal_ope_rule rule = { 0.8, 0 };
    uint8_t slate[SLATES * K];
    double z[M], strength[M], chance[SLATES], e[M], total = 0;

    scores_of(z, (uint64_t)_i);
    pal_ope_list_slates(slate, M, K);
    pal_ope_strengths(strength, z, M, &rule);
    pal_ope_slate_chances(chance, NULL, slate, SLATES, strength, NULL, M, K, &rule);
    for (size_t i = 0; i < M; i++) total += e[i] = exp(z[i] / 0.8);
    for (size_t s = 0; s < SLATES; s++) {
        const double a = e[slate[s * K]], b = e[slate[s * K + 1]], c = e[slate[s * K + 2]];

        ck_assert_double_eq_tol(chance[s], a / total * b / (total - a) * c / (total - a - b), 1e-14);
    }
}
END_TEST

/* Any rule, with gaps and without: sums, slots, and the steps of every slate. */
START_TEST(slates_slots_and_steps_agree)
{
    static const pal_ope_rule rules[] = { { 1, 0 }, { 0, 0 }, { 0, 0.25 }, { 0.3, 0.5 }, { 0.05, 0 } };
    const pal_ope_rule rule = rules[_i % 5];
    const uint8_t gap[M] = { 0, 1, 0, 0, 1, 0 }, *gaps = _i % 2 == 0 ? gap : NULL;
    uint8_t slate[SLATES * K];
    double z[M], strength[M], chance[SLATES], slot[K * M], step[K], sum = 0, by[K * M] = { 0 };

    scores_of(z, (uint64_t)_i);
    pal_ope_list_slates(slate, M, K);
    pal_ope_strengths(strength, z, M, &rule);
    pal_ope_slate_chances(chance, slot, slate, SLATES, strength, gaps, M, K, &rule);
    for (size_t s = 0; s < SLATES; s++) {
        const uint8_t *one = slate + s * K;

        sum += chance[s];
        for (size_t l = 0; l < K; l++) by[l * M + one[l]] += chance[s];
        if (gaps != NULL && (gap[one[0]] != 0 || gap[one[1]] != 0 || gap[one[2]] != 0)) {
            ck_assert(chance[s] == 0);
        } else if (chance[s] > 0) {
            pal_ope_slate_steps(step, one, strength, gaps, M, K, &rule);
            ck_assert_double_eq_tol(step[0] * step[1] * step[2], chance[s], 1e-15);
        }
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    for (size_t c = 0; c < K * M; c++) ck_assert_double_eq_tol(slot[c], by[c], 1e-12);
}
END_TEST

Suite *suite_lab_ope_rule(void)
{
    Suite *s = suite_create("lab/ope_rule");
    TCase *tc = tcase_create("ope_rule");

    tcase_add_test(tc, scores_are_standardised_and_equal_ones_stay_equal);
    tcase_add_test(tc, chances_are_those_by_hand);
    tcase_add_test(tc, the_greedy_policy_shares_evenly_among_equal_ones);
    tcase_add_test(tc, slates_are_all_there_in_order);
    tcase_add_loop_test(tc, soft_slates_are_plackett_luce, 0, 10);
    tcase_add_loop_test(tc, slates_slots_and_steps_agree, 0, 20);
    suite_add_tcase(s, tc);
    return s;
}

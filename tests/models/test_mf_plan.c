/* Dealing an epoch: nothing lost, no two tasks of a step meet, the same for every caller. */
#include "models/mf_plan.h"

#include "core/mem.h"
#include "tests/support/factor_world.h"
#include "tests/support/holds.h"

#include <check.h>
#include <string.h>

Suite *suite_models_mf_plan(void);

enum { PEOPLE = 400, ITEMS = 600, EACH = 60 };

static factor_world world;
static pal_mf_plan plan;

static void begin(uint64_t seed, size_t n_shared)
{
    factor_world_new(&world, PEOPLE, ITEMS, 6, EACH, seed);
    ck_assert_int_eq(pal_mf_plan_init(&plan, world.rows, world.disliked, n_shared, NULL), PAL_OK);
    pal_mf_plan_deal(&plan, seed + 77);
}

static void end(void)
{
    pal_mf_plan_clear(&plan);
    factor_world_free(&world);
}

START_TEST(every_interaction_and_dislike_is_in_one_bucket)
{
    size_t liked = 0, disliked = 0;
    bool seen[PEOPLE][ITEMS];

    begin((uint64_t)_i, 0);
    memset(seen, 0, sizeof seen);
    ck_assert_uint_gt(plan.n, 1);
    for (size_t b = 0; b < plan.n * plan.n; b++) {
        for (size_t p = plan.begin[b]; p < plan.begin[b + 1]; p++) {
            uint32_t item = plan.pair[p].item & ~PAL_MF_DISLIKED, person = plan.pair[p].person;
            bool dislike = plan.pair[p].item != item;

            HOLD(plan.stratum[item] == b / plan.n && plan.shard[person] == b % plan.n);
            HOLD(!seen[person][item]);
            HOLD(pal_csr_find(dislike ? world.disliked : world.rows, person, item) != SIZE_MAX);
            seen[person][item] = true;
            liked += !dislike;
            disliked += dislike;
        }
    }
    ck_assert_uint_eq(liked, world.rows->n);
    ck_assert_uint_eq(disliked, world.disliked->n);
    end();
}
END_TEST

START_TEST(people_are_listed_by_shard_and_likes_marked)
{
    begin((uint64_t)_i, 0);
    ck_assert_ptr_nonnull(plan.bit);
    for (size_t s = 0; s < plan.n; s++) {
        for (size_t p = plan.person_begin[s]; p < plan.person_begin[s + 1]; p++) {
            HOLD(plan.shard[plan.person[p]] == s);
            HOLD(p == plan.person_begin[s] || plan.person[p] > plan.person[p - 1]);
        }
    }
    ck_assert_uint_eq(plan.person_begin[plan.n], PEOPLE);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        for (uint32_t i = 0; i < ITEMS; i++) {
            bool marked = plan.bit[u * plan.bit_words + i / 64] >> i % 64 & 1;

            HOLD(marked == (pal_csr_find(world.rows, u, i) != SIZE_MAX));
        }
    }
    end();
}
END_TEST

START_TEST(strata_share_items_and_interactions_evenly)
{
    begin((uint64_t)_i, 0);
    for (size_t t = 0; t < plan.n; t++) {
        size_t items = plan.item_begin[t + 1] - plan.item_begin[t];
        size_t pairs = plan.begin[(t + 1) * plan.n] - plan.begin[t * plan.n];

        ck_assert_uint_le(items, ITEMS / plan.n + 1);
        ck_assert_uint_ge(items, ITEMS / plan.n);
        ck_assert_double_eq_tol((double)pairs, (double)plan.n_pairs / (double)plan.n, 0.1 * (double)plan.n_pairs);
        for (size_t i = plan.item_begin[t]; i < plan.item_begin[t + 1]; i++) HOLD(plan.stratum[plan.item[i]] == t);
    }
    end();
}
END_TEST

START_TEST(another_key_deals_otherwise_and_the_same_key_alike)
{
    uint8_t first[ITEMS], again[ITEMS];

    begin(3, 0);
    memcpy(first, plan.stratum, ITEMS);
    pal_mf_plan_deal(&plan, 4);
    memcpy(again, plan.stratum, ITEMS);
    ck_assert_mem_ne(first, again, ITEMS);
    pal_mf_plan_deal(&plan, 3 + 77);
    ck_assert_mem_eq(first, plan.stratum, ITEMS);
    end();
}
END_TEST

START_TEST(small_data_and_many_features_are_one_stratum)
{
    factor_world_new(&world, 30, 40, 4, 5, 1);
    ck_assert_int_eq(pal_mf_plan_init(&plan, world.rows, NULL, 0, NULL), PAL_OK);
    ck_assert_uint_eq(plan.n, 1);
    end();
    begin(1, 1000000);
    ck_assert_uint_eq(plan.n, 1);
    end();
}
END_TEST

/* Each of the 24 orders of four pairs: chi-squared with 23 degrees of freedom, 0.001 quantile 49.7. */
START_TEST(shuffles_are_uniform)
{
    size_t count[256] = { 0 }, n = 24000;
    double chi = 0;

    for (size_t k = 0; k < n; k++) {
        pal_mf_pair pair[4] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 } };
        size_t code = 0;

        pal_mf_shuffle(pair, 4, pal_mf_draw(5, k));
        for (size_t i = 0; i < 4; i++) code = 4 * code + pair[i].item;
        count[code]++;
    }
    for (size_t c = 0; c < 256; c++) {
        if (count[c] > 0) chi += ((double)count[c] - 1000) * ((double)count[c] - 1000) / 1000;
    }
    ck_assert_double_lt(chi, 49.7);
}
END_TEST

Suite *suite_models_mf_plan(void)
{
    Suite *suite = suite_create("models/mf_plan");
    TCase *tc = tcase_create("deal");

    tcase_add_loop_test(tc, every_interaction_and_dislike_is_in_one_bucket, 0, 4);
    tcase_add_loop_test(tc, strata_share_items_and_interactions_evenly, 0, 4);
    tcase_add_loop_test(tc, people_are_listed_by_shard_and_likes_marked, 0, 4);
    tcase_add_test(tc, another_key_deals_otherwise_and_the_same_key_alike);
    tcase_add_test(tc, small_data_and_many_features_are_one_stratum);
    tcase_add_test(tc, shuffles_are_uniform);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The random stage: uniform over what is unseen, to the last item. */
#include "stages/builtin.h"
#include "stages/draws.h"
#include "tests/support/mini_stages.h"

#include <check.h>

START_TEST(slates_are_unseen_and_state_one_over_what_is_left)
{
    pal_catalog *catalog = mini_catalog(mini_defaults((uint64_t)_i));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("random", "", catalog);

    mini_teach(&people, 0, (uint64_t)_i, 3, 37 * (size_t)_i);
    for (uint32_t round = 0; round < 5; round++) {
        const pal_request request = mini_request(&people, 0, round, 10);
        const size_t left = mini_unseen(&people, 0);
        pal_slate slate = { 0 };

        mini_serve(&slate, &stage, &people, &request);
        mini_check_slate(&people, &request, &slate, 10);
        for (size_t s = 0; s < slate.n; s++) {
            ck_assert_float_eq(slate.propensity[s], 1.0f / (float)(left - s));
            ck_assert_uint_eq(slate.taste[s], PAL_NO_TASTE);
            ck_assert_uint_eq(slate.stage[s], PAL_AT_RANDOM);
        }
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* Nearly exhausted (2 of 600 left), exhausted, and slates that were begun by another. */
START_TEST(the_last_items_are_found)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(5));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("random", "", catalog);

    for (uint32_t i = 0; i < catalog->n_items; i++) {
        if (i != 17 && i != 590) {
            mini_mark_seen(&people, 0, i);
        }
    }
    mini_check_propensities(&stage, &people, 0, 10, 3000);
    for (uint32_t round = 0; round < 20; round++) {
        const pal_request request = mini_request(&people, 0, round, 10);
        pal_slate slate = { .n = 1, .item = { 17 }, .propensity = { 1 }, .taste = { PAL_NO_TASTE } };

        mini_serve(&slate, &stage, &people, &request);
        ck_assert_uint_eq(slate.n, 2);
        ck_assert_uint_eq(slate.item[1], 590);
        ck_assert_float_eq(slate.propensity[1], 1);
    }
    mini_mark_seen(&people, 0, 17);
    mini_mark_seen(&people, 0, 590);
    const pal_request request = mini_request(&people, 0, 0, 10);
    pal_slate slate = { 0 };

    mini_serve(&slate, &stage, &people, &request);
    ck_assert_uint_eq(slate.n, 0);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(items_come_as_often_as_stated)
{
    mini_spec spec = mini_defaults(9);
    pal_catalog *catalog;

    spec.n_items = 14;
    catalog = mini_catalog(spec);
    mini_people people = mini_people_of(catalog, 1, 14, mini_r1_config());
    mini_stage stage = mini_stage_of("random", "", catalog);

    mini_mark_seen(&people, 0, 3);
    mini_mark_seen(&people, 0, 13);
    mini_check_propensities(&stage, &people, 0, 4, 40000);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(people_and_rounds_draw_apart_and_the_same_again)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));
    mini_people people = mini_people_of(catalog, 2, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("random", "", catalog);
    pal_slate a = { 0 }, again = { 0 }, user = { 0 }, round = { 0 };
    pal_request request = mini_request(&people, 0, 4, 20);

    mini_serve(&a, &stage, &people, &request);
    mini_serve(&again, &stage, &people, &request);
    request = mini_request(&people, 1, 4, 20);
    mini_serve(&user, &stage, &people, &request);
    request = mini_request(&people, 0, 5, 20);
    mini_serve(&round, &stage, &people, &request);
    ck_assert_mem_eq(a.item, again.item, 20 * sizeof *a.item);
    ck_assert_mem_ne(a.item, user.item, 20 * sizeof *a.item);
    ck_assert_mem_ne(a.item, round.item, 20 * sizeof *a.item);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(scores_are_constant)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("random", "", catalog);
    const pal_request request = mini_request(&people, 0, 0, 10);
    const uint32_t item[3] = { 4, 99, 500 };
    float score[3] = { 7, 7, 7 };
    uint8_t at[3] = { 9, 9, 9 };

    ck_assert_int_eq(stage.type->score(stage.self, &request, item, 3, score, at, people.scratch, NULL), PAL_OK);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_float_eq(score[i], 0);
        ck_assert_uint_eq(at[i], PAL_AT_RANDOM);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(draws_are_the_halves_of_philox_words)
{
    const pal_key key = { 11, 22 };
    pal_draws draws = pal_draws_for(key, 3, 4);

    for (uint64_t d = 0; d < 20; d++) {
        const uint64_t word = pal_u64(key, (pal_at){ 3, 4, 0 }, d / 2);

        ck_assert_uint_eq(pal_draws_u32(&draws), (uint32_t)(d % 2 == 0 ? word : word >> 32));
    }
}
END_TEST

START_TEST(draws_below_stay_below)
{
    pal_draws draws = pal_draws_for((pal_key){ 1, 2 }, 3, 4);
    size_t count[3] = { 0 };

    for (int i = 0; i < 30000; i++) {
        ck_assert_uint_lt(pal_draws_below(&draws, UINT32_C(0xC0000001)), UINT32_C(0xC0000001)); /* often rejects */
        ck_assert_uint_eq(pal_draws_below(&draws, 1), 0);
        count[pal_draws_below(&draws, 3)]++;
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert(count[i] > 9592 && count[i] < 10408); /* 5 standard deviations: 81.6 each */
    }
}
END_TEST

START_TEST(init_survives_every_failing_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));

    mini_check_init_without_memory("random", "", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_random(void);
Suite *suite_stages_random(void)
{
    Suite *suite = suite_create("stages/random");
    TCase *tc = tcase_create("random");

    tcase_add_loop_test(tc, slates_are_unseen_and_state_one_over_what_is_left, 0, 16);
    tcase_add_test(tc, the_last_items_are_found);
    tcase_add_test(tc, items_come_as_often_as_stated);
    tcase_add_test(tc, people_and_rounds_draw_apart_and_the_same_again);
    tcase_add_test(tc, scores_are_constant);
    tcase_add_test(tc, draws_are_the_halves_of_philox_words);
    tcase_add_test(tc, draws_below_stay_below);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Epsilon-greedy: the base's slates but for what is explored, and the whole truth about both. */
#include "core/mem.h"
#include "stages/builtin.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_stages_epsilon_greedy(void);

static mini_world world_of(const char *json, size_t n_items, uint64_t seed)
{
    mini_spec spec = mini_defaults(seed);

    spec.n_items = n_items;
    return mini_world_of("epsilon_greedy", json, spec, 1);
}

START_TEST(epsilon_0_is_the_base)
{
    mini_world w = world_of("{\"epsilon\": 0, \"base\": \"popularity\"}", 600, (uint64_t)_i);
    mini_stage base = mini_stage_of("popularity", "", w.catalog);

    for (uint32_t round = 0; round < 5; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate a = { 0 }, b = { 0 };

        mini_serve(&a, &w.stage, &w.people, &request);
        mini_serve(&b, &base, &w.people, &request);
        ck_assert_uint_eq(a.n, b.n);
        ck_assert_mem_eq(a.item, b.item, a.n * sizeof *a.item);
        ck_assert_mem_eq(a.score, b.score, a.n * sizeof *a.score);
        ck_assert_mem_eq(a.stage, b.stage, a.n);
        for (size_t s = 0; s < a.n; s++) {
            ck_assert_float_eq(a.propensity[s], 1);
        }
        mini_mark_seen(&w.people, 0, a.item[0]);
    }
    mini_stage_free(&base);
    mini_world_free(&w);
}
END_TEST

START_TEST(epsilon_1_is_random)
{
    mini_world w = world_of("{\"epsilon\": 1, \"base\": \"popularity\"}", 30, 3);

    mini_mark_seen(&w.people, 0, 4);
    for (uint32_t round = 0; round < 50; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 5);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, 5);
        for (size_t s = 0; s < 5; s++) {
            ck_assert_float_eq(slate.propensity[s], 1.0f / (float)(29 - s));
            ck_assert_uint_eq(slate.stage[s], PAL_AT_EPSILON_GREEDY);
            ck_assert_uint_eq(slate.taste[s], PAL_NO_TASTE);
        }
    }
    mini_check_propensities(&w.stage, &w.people, 0, 3, 30000);
    mini_world_free(&w);
}
END_TEST

/* Bases that do not draw: each item comes as often as stated, and what is stated adds up to 1. */
START_TEST(items_come_as_often_as_stated)
{
    static const char *const json[] = {
        "{\"epsilon\": 0.3, \"base\": \"popularity\"}",
        "{\"epsilon\": 0.6}",
        "{\"epsilon\": 0.4, \"base\": \"linucb\", \"base_params\": {\"alpha\": 0.1}}",
    };
    mini_world w = world_of(json[_i], 14, 9);

    mini_mark_seen(&w.people, 0, 3);
    mini_check_propensities(&w.stage, &w.people, 0, 3, 20000);
    mini_world_free(&w);
}
END_TEST

/* The rule by hand, slot by slot: the base's next unused item, or anything. */
START_TEST(propensities_are_the_mixture)
{
    mini_world w = world_of("{\"epsilon\": 0.5, \"base\": \"popularity\"}", 40, (uint64_t)_i);
    mini_stage base = mini_stage_of("popularity", "", w.catalog);
    size_t explored = 0, n = 0;

    for (uint32_t round = 0; round < 200; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate slate = { 0 }, list = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_serve(&list, &base, &w.people, &request);
        for (size_t s = 0, next = 0; s < 10; s++) {
            double wanted = 0.5 / (double)(40 - s);

            for (bool used = true; used;) {
                used = false;
                for (size_t r = 0; r < s; r++) {
                    used = used || slate.item[r] == list.item[next];
                }
                next += used;
            }
            wanted += slate.item[s] == list.item[next] ? 0.5 : 0;
            ck_assert_double_eq_tol((double)slate.propensity[s], wanted, 1e-6);
            explored += slate.stage[s] == PAL_AT_EPSILON_GREEDY;
            n++;
        }
    }
    ck_assert_double_eq_tol((double)explored / (double)n, 0.5, 5 * sqrt(0.25 / (double)n));
    mini_stage_free(&base);
    mini_world_free(&w);
}
END_TEST

START_TEST(epsilon_falls_to_its_floor)
{
    mini_world w = world_of("{\"epsilon\": 0.8, \"decay\": 1, \"floor\": 0.05, \"base\": \"popularity\"}", 50, 2);

    for (uint32_t round = 0; round < 60; round++) {
        const double wanted = 0.8 / (1 + round) > 0.05 ? 0.8 / (1 + round) : 0.05;
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        for (size_t s = 0; s < 10; s++) {
            const double even = wanted / (double)(50 - s), p = (double)slate.propensity[s];

            ck_assert(fabs(p - even) < 1e-6 || fabs(p - even - (1 - wanted)) < 1e-6);
        }
    }
    mini_world_free(&w);
}
END_TEST

/* A base that draws: its own probability is kept in what it fills. */
START_TEST(a_base_that_draws_keeps_its_probabilities)
{
    mini_world w = world_of("{\"epsilon\": 0.2, \"base\": \"random\"}", 60, 5);
    mini_stage base;
    const pal_request request = mini_request(&w.people, 0, 0, 1);
    pal_slate slate = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 1);
    ck_assert_double_eq_tol((double)slate.propensity[0],
                            slate.stage[0] == PAL_AT_RANDOM ? 1 / 60.0 : 0.2 / 60, 1e-6);
    mini_world_free(&w);
    w = world_of("{\"base\": \"progressive\"}", 600, 6);
    base = mini_stage_of("progressive", "", w.catalog);
    mini_teach(&w.people, 0, 1, 3, 50);
    for (uint32_t round = 0; round < 20; round++) {
        const pal_request asked = mini_request(&w.people, 0, round, 10);
        pal_slate one = { 0 };

        mini_serve(&one, &w.stage, &w.people, &asked);
        mini_check_slate(&w.people, &asked, &one, 10);
    }
    mini_stage_free(&base);
    mini_world_free(&w);
}
END_TEST

START_TEST(the_last_items_are_found)
{
    mini_world w = world_of("{\"epsilon\": 0.5}", 100, (uint64_t)_i);
    pal_slate slate = { 0 };
    pal_request request;

    for (uint32_t i = 0; i < 100; i++) {
        if (i % 30 != 7) {
            mini_mark_seen(&w.people, 0, i);
        }
    }
    request = mini_request(&w.people, 0, (uint32_t)_i, 10);
    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 10);
    ck_assert_uint_eq(slate.n, 4);
    mini_world_free(&w);
}
END_TEST

/* Slots that stand already are left alone, and their items do not come again. */
START_TEST(slates_that_were_begun_are_finished)
{
    mini_world w = world_of("{\"epsilon\": 0.5, \"base\": \"popularity\"}", 40, (uint64_t)_i);
    const pal_request request = mini_request(&w.people, 0, 0, 6);
    pal_slate slate = { .n = 2, .item = { 11, 12 }, .propensity = { 1, 1 }, .taste = { PAL_NO_TASTE, PAL_NO_TASTE } };

    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 6);
    ck_assert_uint_eq(slate.item[0], 11);
    ck_assert_uint_eq(slate.item[1], 12);
    mini_world_free(&w);
}
END_TEST

static const struct {
    const char *json, *said;
} bad[] = {
    { "{\"epsilon\": 0.1, \"floor\": 0.2}", "arms[0].params.floor: must be at most epsilon (0.1), found 0.2" },
    { "{\"base\": \"rankin\"}", "arms[0].params.base: no stage \"rankin\"; did you mean \"ranking\"" },
    { "{\"base\": \"oracle\"}", "arms[0].params.base: \"oracle\" sees the truth" },
    { "{\"base\": \"community\"}", "arms[0].params.base: \"community\" needs \"playlists\"" },
    { "{\"base_params\": {\"explor\": 1}}", "arms[0].params.base_params" },
    { "{\"base_params\": 3}", "arms[0].params.base_params" },
    { "{\"epsilon\": 2}", "arms[0].params.epsilon" },
};

START_TEST(bad_parameters_are_named)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_stage stage;
    pal_error err = { 0 };

    ck_assert_int_eq(mini_stage_try(&stage, "epsilon_greedy", bad[_i].json, catalog, NULL, &err), PAL_ERR_CONFIG);
    ck_assert_msg(strstr(err.text, "test.json") != NULL && strstr(err.text, bad[_i].said) != NULL, "%s", err.text);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(what_the_base_learned_is_saved_with_it)
{
    mini_world w = world_of("{\"base\": \"popularity\"}", 60, 5), other = world_of("{\"base\": \"random\"}", 60, 5);
    mini_stage again = mini_stage_of("epsilon_greedy", "{\"base\": \"popularity\"}", w.catalog);
    const pal_event event = { .item = 4, .flags = PAL_EXAMINED | PAL_LIKED };
    const pal_feedback round = { .n = 1, .events = &event };
    pal_tensors *file = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(w.stage.type->fit(w.stage.self, &round, w.people.scratch, NULL), PAL_OK);
    ck_assert_uint_ne(w.stage.type->digest(w.stage.self), again.type->digest(again.self));
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(w.stage.type->save(w.stage.self, file, NULL), PAL_OK);
    ck_assert_int_eq(again.type->restore(again.self, file, NULL), PAL_OK);
    ck_assert_uint_eq(w.stage.type->digest(w.stage.self), again.type->digest(again.self));
    ck_assert_int_eq(other.stage.type->restore(other.stage.self, file, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "epsilon_greedy.base: the state was made with \"popularity\""));
    pal_tensors_free(file);
    mini_stage_free(&again);
    mini_world_free(&w);
    mini_world_free(&other);
}
END_TEST

START_TEST(no_allocation_may_fail_unnoticed)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    mini_check_init_without_memory("epsilon_greedy", "{\"base\": \"popularity\"}", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_epsilon_greedy(void)
{
    Suite *suite = suite_create("stages/epsilon_greedy");
    TCase *tc = tcase_create("epsilon_greedy");

    tcase_add_loop_test(tc, epsilon_0_is_the_base, 0, 3);
    tcase_add_test(tc, epsilon_1_is_random);
    tcase_add_loop_test(tc, items_come_as_often_as_stated, 0, 3);
    tcase_add_loop_test(tc, propensities_are_the_mixture, 0, 3);
    tcase_add_test(tc, epsilon_falls_to_its_floor);
    tcase_add_test(tc, a_base_that_draws_keeps_its_probabilities);
    tcase_add_loop_test(tc, the_last_items_are_found, 0, 10);
    tcase_add_loop_test(tc, slates_that_were_begun_are_finished, 0, 5);
    tcase_add_loop_test(tc, bad_parameters_are_named, 0, 7);
    tcase_add_test(tc, what_the_base_learned_is_saved_with_it);
    tcase_add_test(tc, no_allocation_may_fail_unnoticed);
    suite_add_tcase(suite, tc);
    return suite;
}

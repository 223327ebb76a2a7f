/* The re-ranked stage: what it asks of the stage inside, what it changes, and what it leaves alone. */
#include "stages/builtin.h"
#include "stages/rerank.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const char *const methods[] = { "mmr", "dpp", "xquad", "calibrated", "balanced" };
enum { METHODS = 5 };

static mini_world world_of(const char *json, uint64_t seed)
{
    mini_world w = mini_world_of("rerank", json, mini_defaults(seed), 2);

    mini_teach(&w.people, 0, seed, 0x23, 120);
    return w;
}

/* The slate of the stage inside for the request as rerank puts it. */
static pal_slate inner_slate(const mini_world *w, const pal_request *request, size_t n)
{
    const pal_arena_mark mark = pal_arena_here(w->people.scratch);
    pal_request longer = *request;
    pal_slate slate = { 0 };
    const void *self;
    const pal_stage_type *type = pal_rerank_inner(w->stage.self, &self);

    longer.n_slots = n;
    ck_assert_int_eq(type->serve(self, &longer, &slate, w->people.scratch, NULL), PAL_OK);
    pal_arena_rewind(w->people.scratch, mark);
    return slate;
}

static size_t slot_of(const pal_slate *slate, uint32_t item)
{
    size_t s = 0;

    while (s < slate->n && slate->item[s] != item) s++;
    return s;
}

START_TEST(every_method_serves_slots_of_the_stage_inside)
{
    char json[256];

    snprintf(json, sizeof json, "{\"method\": \"%s\", \"lambda\": 0.617, \"pool\": 40, \"params\": {\"score\": \"palate\"}}",
             methods[_i]);
    for (uint64_t seed = 0; seed < 5; seed++) {
        mini_world w = world_of(json, seed);

        for (uint32_t round = 0; round < 10; round++) {
            const pal_request request = mini_request(&w.people, (uint32_t)seed % 2, round, 10);
            const pal_slate inner = inner_slate(&w, &request, 40);
            pal_slate slate = { 0 };

            mini_serve(&slate, &w.stage, &w.people, &request);
            mini_check_slate(&w.people, &request, &slate, 10);
            for (size_t s = 0; s < slate.n; s++) {
                const size_t at = slot_of(&inner, slate.item[s]);

                ck_assert_uint_lt(at, inner.n);
                ck_assert(slate.score[s] == inner.score[at] && slate.taste[s] == inner.taste[at]);
                ck_assert_uint_eq(slate.stage[s], PAL_AT_RANKING);
                ck_assert(slate.propensity[s] == 1);
            }
        }
        mini_world_free(&w);
    }
}
END_TEST

START_TEST(without_variety_the_best_scores_come_in_order)
{
    char json[128];

    snprintf(json, sizeof json, "{\"method\": \"%s\", \"lambda\": 0, \"pool\": 25}", methods[_i]);
    mini_world w = world_of(json, 3);
    const pal_request request = mini_request(&w.people, 0, 4, 10);
    const pal_slate inner = inner_slate(&w, &request, 25);
    pal_slate slate = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        size_t better = 0;

        for (size_t i = 0; i < inner.n; i++) better += inner.score[i] > slate.score[s];
        ck_assert_uint_le(better, s);
        ck_assert(s == 0 || slate.score[s] <= slate.score[s - 1]);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(an_order_that_never_changes_keeps_exact_propensities)
{
    mini_world w = world_of("{\"lambda\": 0, \"relevance\": \"rank\", \"params\": {\"score\": \"palate\"}}", 5);
    const pal_request request = mini_request(&w.people, 0, 2, 10);
    const pal_slate inner = inner_slate(&w, &request, 30);
    pal_slate slate = { 0 };
    bool below = false;

    mini_serve(&slate, &w.stage, &w.people, &request);
    ck_assert_uint_eq(slate.n, 10);
    for (size_t s = 0; s < 10; s++) {
        ck_assert_uint_eq(slate.item[s], inner.item[s]);
        ck_assert(slate.propensity[s] == inner.propensity[s]);
        below = below || slate.propensity[s] < 1;
    }
    ck_assert(below);
    mini_world_free(&w);
}
END_TEST

START_TEST(those_propensities_are_the_real_ones)
{
    mini_world w = world_of("{\"stage\": \"cold_start\", \"lambda\": 0, \"relevance\": \"rank\", \"pool\": 4}", 5);

    mini_check_propensities(&w.stage, &w.people, 1, 4, 6000);
    mini_world_free(&w);
}
END_TEST

static double sum_of_distances(const char *json, uint64_t seed)
{
    mini_world w = world_of(json, seed);
    double sum = 0;

    for (uint32_t round = 0; round < 20; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 8);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        for (size_t s = 0; s < slate.n; s++) {
            for (size_t r = 0; r < s; r++) sum += 1 - pal_catalog_cosine(w.catalog, slate.item[r], slate.item[s]);
        }
    }
    mini_world_free(&w);
    return sum;
}

START_TEST(variety_grows_with_lambda)
{
    for (size_t way = 0; way < 2; way++) { /* over several people: a single greedy slate need not */
        double before = 0;

        for (int step = 0; step < 4; step++) {
            char json[128];
            double now = 0;

            snprintf(json, sizeof json, "{\"method\": \"%s\", \"lambda\": %g}", methods[way], step * 0.3);
            for (uint64_t seed = 0; seed < 5; seed++) {
                now += sum_of_distances(json, seed);
            }
            ck_assert_double_gt(now, before);
            before = now;
        }
    }
}
END_TEST

START_TEST(slots_that_stand_are_left_and_never_repeated)
{
    mini_world w = world_of("{\"method\": \"balanced\", \"lambda\": 0.8, \"pool\": 50}", 9);
    const pal_request request = mini_request(&w.people, 0, 1, 10);
    pal_slate slate = inner_slate(&w, &request, 4), before = slate;

    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 10);
    for (size_t s = 0; s < 4; s++) {
        ck_assert_uint_eq(slate.item[s], before.item[s]);
        ck_assert(slate.propensity[s] == before.propensity[s]);
    }
    before = slate;
    mini_serve(&slate, &w.stage, &w.people, &request); /* full: nothing to do */
    ck_assert_uint_eq(slate.n, 10);
    mini_world_free(&w);
}
END_TEST

START_TEST(a_nearly_used_up_catalog_still_fills_what_it_can)
{
    mini_spec spec = mini_defaults(4);
    mini_world w;

    spec.n_items = 23;
    w = mini_world_of("rerank", "{\"method\": \"dpp\", \"lambda\": 0.9, \"ridge\": 0, \"stage\": \"random\"}", spec, 2);
    for (uint32_t i = 0; i < 23; i++) {
        const pal_request request = mini_request(&w.people, 1, i, 12);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, 12);
        mini_mark_seen(&w.people, 1, i);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(scores_and_learning_pass_through)
{
    mini_world w = world_of("{\"params\": {\"score\": \"palate\"}}", 6);
    const pal_request request = mini_request(&w.people, 0, 3, 10);
    const uint32_t item[] = { 0, 5, 17, 300 };
    const void *self;
    const pal_stage_type *type = pal_rerank_inner(w.stage.self, &self);
    const uint64_t before = w.stage.type->digest(w.stage.self), inner = type->digest(self);
    const pal_event like = { .user = 0, .item = 17, .flags = PAL_EXAMINED | PAL_CLICKED | PAL_LIKED };
    const pal_feedback round = { .n = 1, .events = &like, .profiles = w.people.profiles,
                                 .history = w.people.history };
    float a[4], b[4];
    uint8_t at[4];

    ck_assert_int_eq(w.stage.type->score(w.stage.self, &request, item, 4, a, at, w.people.scratch, NULL), PAL_OK);
    ck_assert_int_eq(type->score(self, &request, item, 4, b, at, w.people.scratch, NULL), PAL_OK);
    ck_assert(memcmp(a, b, sizeof a) == 0 && at[0] == PAL_AT_RANKING);
    ck_assert_int_eq(w.stage.type->fit(w.stage.self, &round, w.people.scratch, NULL), PAL_OK);
    ck_assert_uint_ne(w.stage.type->digest(w.stage.self), before);
    ck_assert_uint_ne(type->digest(self), inner);
    mini_world_free(&w);

    w = world_of("{\"stage\": \"random\"}", 6); /* which never learns */
    ck_assert_int_eq(w.stage.type->fit(w.stage.self, &round, w.people.scratch, NULL), PAL_OK);
    mini_world_free(&w);
}
END_TEST

static const struct fault {
    const char *json, *part;
} faults[] = {
    { "{\"stage\": \"rankin\"}", "test.json: arms[0].params.stage: no stage \"rankin\"; did you mean \"ranking\"?" },
    { "{\"stage\": \"oracle\"}", "test.json: arms[0].params.stage: \"oracle\" knows the truth" },
    { "{\"stage\": \"community\"}", "test.json: arms[0].params.stage: \"community\" lives on playlists" },
    { "{\"params\": {\"explor\": 1}}", "test.json: arms[0].params.params" },
    { "{\"params\": 7}", "test.json: arms[0].params.params" },
    { "{\"lambda\": 1.01}", "test.json: arms[0].params.lambda" },
    { "{\"method\": \"mrr\"}", "test.json: arms[0].params.method" },
    { "{\"pool\": 51}", "test.json: arms[0].params.pool" },
    { "{\"stage\": \"rerank\", \"params\": {\"params\": {\"explore\": 2}}}", "arms[0].params.params.params.explore" },
};

START_TEST(a_fault_names_its_place)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_stage stage;
    pal_error err = { 0 };

    ck_assert_int_eq(mini_stage_try(&stage, "rerank", faults[_i].json, catalog, NULL, &err), PAL_ERR_CONFIG);
    ck_assert_msg(strstr(err.text, faults[_i].part) != NULL, "%s", err.text);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(building_survives_every_failed_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    mini_check_init_without_memory("rerank", "{\"stage\": \"rerank\", \"params\": {\"stage\": \"popularity\"}}", catalog);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(what_is_inside_is_saved_under_its_own_name)
{
    mini_world one = world_of("{\"stage\": \"rerank\", \"params\": {\"stage\": \"popularity\"}}", 2);
    mini_stage again = mini_stage_of("rerank", "{\"stage\": \"rerank\", \"params\": {\"stage\": \"popularity\"}}", one.catalog);
    const pal_event event = { .item = 3, .flags = PAL_EXAMINED | PAL_LIKED };
    const pal_feedback round = { .n = 1, .events = &event };
    pal_tensors *file = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(one.stage.type->fit(one.stage.self, &round, one.people.scratch, &err), PAL_OK);
    ck_assert_uint_ne(one.stage.type->digest(one.stage.self), again.type->digest(again.self));
    ck_assert_int_eq(pal_tensors_new(&file, &err), PAL_OK);
    ck_assert_msg(one.stage.type->save(one.stage.self, file, &err) == PAL_OK, "%s", err.text);
    ck_assert(pal_tensors_has(file, "rerank/rerank/popularity/liked") && !pal_tensors_has(file, "popularity/liked"));
    ck_assert_msg(again.type->restore(again.self, file, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_eq(one.stage.type->digest(one.stage.self), again.type->digest(again.self));
    pal_tensors_free(file);
    mini_stage_free(&again);
    mini_world_free(&one);
}
END_TEST

Suite *suite_stages_rerank(void);
Suite *suite_stages_rerank(void)
{
    Suite *suite = suite_create("stages/rerank");
    TCase *tc = tcase_create("rerank");

    tcase_add_loop_test(tc, every_method_serves_slots_of_the_stage_inside, 0, METHODS);
    tcase_add_loop_test(tc, without_variety_the_best_scores_come_in_order, 0, METHODS);
    tcase_add_test(tc, an_order_that_never_changes_keeps_exact_propensities);
    tcase_add_test(tc, those_propensities_are_the_real_ones);
    tcase_add_test(tc, variety_grows_with_lambda);
    tcase_add_test(tc, slots_that_stand_are_left_and_never_repeated);
    tcase_add_test(tc, a_nearly_used_up_catalog_still_fills_what_it_can);
    tcase_add_test(tc, scores_and_learning_pass_through);
    tcase_add_loop_test(tc, a_fault_names_its_place, 0, sizeof faults / sizeof *faults);
    tcase_add_test(tc, building_survives_every_failed_allocation);
    tcase_add_test(tc, what_is_inside_is_saved_under_its_own_name);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The recommendation cache: lists served place after place, and what drops them. */
#include "stages/cache.h"

#include "core/mem.h"
#include "stages/builtin.h"
#include "tests/support/mini_stages.h"

#include <check.h>
#include <string.h>

typedef struct rig {
    pal_catalog *catalog;
    mini_people people;
    mini_stage stage;
    pal_cache *cache;
} rig;

/* Clusters take turns being of one content type or the other where there are two. */
static rig rig_of(const char *json, size_t n_types)
{
    rig r = { .catalog = mini_catalog(mini_defaults(5)) };
    pal_json_doc *doc;
    pal_values *values;
    pal_error err = { 0 };

    r.catalog->n_types = n_types;
    for (size_t c = 0; n_types > 1 && c < r.catalog->clusters->n; c++) r.catalog->cluster_type[c] = (uint8_t)(c % n_types);
    r.people = mini_people_of(r.catalog, 3, 600, mini_r1_config());
    r.stage = mini_stage_of("popularity", "", r.catalog);
    ck_assert_int_eq(pal_json_parse(&doc, json, strlen(json), "t", &err), PAL_OK);
    ck_assert_msg(pal_values_read(&values, pal_cache_params, pal_json_root(doc), "t", "arms[0].cache", NULL, &err) == PAL_OK,
                  "%s", err.text);
    ck_assert_int_eq(pal_cache_new(&r.cache, r.catalog, 3, values, &err), PAL_OK);
    pal_values_free(values);
    pal_json_free(doc);
    return r;
}

static void rig_clear(rig *r)
{
    pal_cache_free(r->cache);
    mini_stage_free(&r->stage);
    mini_people_free(&r->people);
    pal_catalog_free(r->catalog);
}

/* One round of a person: a slate, answered alike in every slot. */
static bool play(rig *r, pal_slate *slate, uint32_t user, uint32_t round, size_t n_slots, uint8_t answer)
{
    const pal_request request = mini_request(&r->people, user, round, n_slots);
    pal_event event[PAL_MAX_SLOTS];
    uint8_t flags[PAL_MAX_SLOTS];
    bool hit;

    *slate = (pal_slate){ 0 };
    ck_assert_int_eq(pal_cache_serve(r->cache, &hit, r->stage.type, r->stage.self, &request, slate, r->people.scratch, NULL),
                     PAL_OK);
    mini_check_slate(&r->people, &request, slate, n_slots);
    for (size_t s = 0; s < slate->n; s++) {
        flags[s] = answer;
        event[s] = (pal_event){ .user = user, .item = slate->item[s], .round = round, .slot = (uint8_t)s, .flags = answer };
    }
    mini_learn(&r->people, user, round, slate, flags);
    pal_cache_learn(r->cache, event, slate->n);
    return hit;
}

START_TEST(a_list_is_served_place_after_place_until_it_is_old)
{
    rig r = rig_of("{\"ttl_rounds\": 3, \"invalidate\": \"none\", \"items\": 50}", 1);
    const pal_request request = mini_request(&r.people, 0, 0, 15);
    pal_slate whole = { 0 }, slate;

    mini_serve(&whole, &r.stage, &r.people, &request);
    for (uint32_t round = 0; round < 7; round++) {
        /* likes in between would change popularity's order: the stage hears nothing here, so that the list stands */
        ck_assert_int_eq(play(&r, &slate, 0, round, 5, PAL_LIKED), round % 3 != 0);
        for (size_t s = 0; round < 3 && s < 5; s++) ck_assert_uint_eq(slate.item[s], whole.item[5 * round + s]);
    }
    ck_assert_uint_eq(pal_cache_total(r.cache).requests, 7);
    ck_assert_uint_eq(pal_cache_total(r.cache).hits, 4);
    ck_assert_uint_eq(pal_cache_total(r.cache).expired, 2);
    ck_assert_uint_eq(pal_cache_total(r.cache).age, 1 + 2 + 1 + 2);
    ck_assert_uint_eq(pal_cache_total(r.cache).dropped, 0);
    rig_clear(&r);
}
END_TEST

START_TEST(a_like_or_dislike_drops_the_persons_list_and_a_click_does_not)
{
    rig r = rig_of("{\"ttl_rounds\": 100, \"invalidate\": \"feedback\"}", 1);
    pal_slate slate;

    ck_assert(!play(&r, &slate, 0, 0, 5, PAL_EXAMINED | PAL_CLICKED));
    ck_assert(!play(&r, &slate, 1, 0, 5, 0));
    ck_assert(play(&r, &slate, 0, 1, 5, PAL_LIKED));
    ck_assert(!play(&r, &slate, 0, 2, 5, PAL_DISLIKED));
    ck_assert(!play(&r, &slate, 0, 3, 5, 0));
    ck_assert(play(&r, &slate, 1, 4, 5, 0)); /* another person's stays */
    ck_assert_uint_eq(pal_cache_total(r.cache).dropped, 2);
    rig_clear(&r);
}
END_TEST

START_TEST(a_used_up_list_and_another_count_are_misses)
{
    rig r = rig_of("{\"ttl_rounds\": 100, \"invalidate\": \"none\", \"items\": 12}", 1);
    pal_slate slate;

    ck_assert(!play(&r, &slate, 2, 0, 5, 0));
    ck_assert(play(&r, &slate, 2, 1, 5, 0));
    ck_assert(!play(&r, &slate, 2, 2, 5, 0)); /* two places are left of twelve */
    ck_assert_uint_eq(pal_cache_total(r.cache).used_up, 1);
    ck_assert(!play(&r, &slate, 2, 3, 4, 0)); /* the count is part of the key */
    ck_assert(play(&r, &slate, 2, 4, 4, 0));
    ck_assert(!play(&r, &slate, 2, 5, 20, 0)); /* a list is at least as long as the slate */
    rig_clear(&r);
}
END_TEST

START_TEST(slates_are_full_until_nothing_is_left)
{
    rig r = rig_of("{\"ttl_rounds\": 4, \"invalidate\": \"none\"}", 1);
    pal_slate slate;

    for (uint32_t round = 0; mini_unseen(&r.people, 1) > 0; round++) {
        const size_t left = mini_unseen(&r.people, 1);
        const pal_request request = mini_request(&r.people, 1, round, 7);
        bool hit;

        if (left >= 7) {
            play(&r, &slate, 1, round, 7, 0);
            continue;
        }
        slate = (pal_slate){ 0 };
        ck_assert_int_eq(pal_cache_serve(r.cache, &hit, r.stage.type, r.stage.self, &request, &slate, r.people.scratch, NULL),
                         PAL_OK);
        ck_assert_uint_eq(slate.n, left);
        break;
    }
    rig_clear(&r);
}
END_TEST

START_TEST(the_digest_tells_lists_apart_and_forgets_dropped_ones)
{
    rig r = rig_of("{\"ttl_rounds\": 9}", 1);
    const uint64_t empty = pal_cache_digest(r.cache);
    uint64_t one;
    pal_slate slate;

    play(&r, &slate, 0, 0, 5, 0);
    one = pal_cache_digest(r.cache);
    ck_assert_uint_ne(one, empty);
    play(&r, &slate, 0, 1, 5, 0);
    ck_assert_uint_ne(pal_cache_digest(r.cache), one);
    play(&r, &slate, 0, 2, 5, PAL_LIKED);
    ck_assert_uint_eq(pal_cache_digest(r.cache), empty);
    rig_clear(&r);
}
END_TEST

START_TEST(types_have_lists_of_their_own_and_may_be_dropped_alone)
{
    static const char *const rule[] = { "{\"ttl_rounds\": 9, \"invalidate\": \"type\"}",
                                        "{\"ttl_rounds\": 9, \"invalidate\": \"feedback\"}" };

    for (int feedback = 0; feedback < 2; feedback++) {
        rig two = rig_of(rule[feedback], 2);
        pal_event like = { .user = 0, .flags = PAL_LIKED };
        bool hit[4];

        while (pal_catalog_type(two.catalog, like.item) != 1) like.item++;
        for (uint32_t i = 0; i < 4; i++) {
            pal_request request = mini_request(&two.people, 0, i / 2, 5);
            pal_slate slate = { 0 };

            request.type = (uint8_t)(i % 2);
            ck_assert_int_eq(pal_cache_serve(two.cache, &hit[i], two.stage.type, two.stage.self, &request, &slate,
                                             two.people.scratch, NULL), PAL_OK);
            if (i == 1) pal_cache_learn(two.cache, &like, 1);
        }
        ck_assert(!hit[0] && !hit[1] && !hit[3]);
        ck_assert_int_eq(hit[2], !feedback); /* the other type's list is good unless any feedback counts */
        ck_assert_uint_eq(pal_cache_total(two.cache).dropped, feedback ? 2 : 1);
        rig_clear(&two);
    }
}
END_TEST

Suite *suite_stages_cache(void);
Suite *suite_stages_cache(void)
{
    Suite *suite = suite_create("stages/cache");
    TCase *tc = tcase_create("cache");

    tcase_add_test(tc, a_list_is_served_place_after_place_until_it_is_old);
    tcase_add_test(tc, a_like_or_dislike_drops_the_persons_list_and_a_click_does_not);
    tcase_add_test(tc, a_used_up_list_and_another_count_are_misses);
    tcase_add_test(tc, slates_are_full_until_nothing_is_left);
    tcase_add_test(tc, types_have_lists_of_their_own_and_may_be_dropped_alone);
    tcase_add_test(tc, the_digest_tells_lists_apart_and_forgets_dropped_ones);
    suite_add_tcase(suite, tc);
    return suite;
}

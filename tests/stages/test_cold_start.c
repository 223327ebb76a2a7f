/* The cold start: R1's rules, and probabilities that are the real ones. */
#include "stages/builtin.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <string.h>

static mini_world world_of(mini_spec spec, const char *json)
{
    return mini_world_of("cold_start", json, spec, 2);
}

START_TEST(two_clusters_share_the_slate_evenly)
{
    mini_world w = world_of(mini_defaults((uint64_t)_i), "");

    for (uint32_t round = 0; round < 50; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        size_t by_taste[8] = { 0 }, tastes = 0;
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, 10);
        ck_assert_uint_eq(mini_repeated_artists(w.catalog, &slate), 0);
        for (size_t s = 0; s < slate.n; s++) {
            ck_assert(w.catalog->popularity[slate.item[s]] >= 30);
            ck_assert((w.catalog->cluster_mask[slate.item[s]] >> slate.taste[s]) & 1);
            ck_assert_uint_eq(slate.stage[s], PAL_AT_COLD_START);
            ck_assert(slate.score[s] == w.catalog->popularity[slate.item[s]]);
            by_taste[slate.taste[s]]++;
        }
        for (size_t t = 0; t < 8; t++) {
            tastes += by_taste[t] > 0;
            ck_assert(by_taste[t] == 0 || by_taste[t] == 5);
        }
        ck_assert_uint_eq(tastes, 2);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(as_many_clusters_as_asked_for)
{
    mini_world w = world_of(mini_defaults(3), "{\"clusters\": 5, \"min_popularity\": 0}");
    const pal_request request = mini_request(&w.people, 0, 1, 20);
    size_t by_taste[8] = { 0 }, tastes = 0;
    pal_slate slate = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        by_taste[slate.taste[s]]++;
    }
    for (size_t t = 0; t < 8; t++) {
        tastes += by_taste[t] == 4;
    }
    ck_assert_uint_eq(tastes, 5);
    mini_world_free(&w);
}
END_TEST

START_TEST(popularity_does_not_rank)
{
    mini_world w = world_of(mini_defaults(4), "");
    size_t rising = 0, pairs = 0;

    for (uint32_t round = 0; round < 400; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        for (size_t s = 1; s < slate.n; s++) {
            if (slate.taste[s] == slate.taste[s - 1] && slate.score[s] != slate.score[s - 1]) {
                rising += slate.score[s] > slate.score[s - 1];
                pairs++;
            }
        }
    }
    ck_assert(pairs > 2000 && rising * 100 > pairs * 45 && rising * 100 < pairs * 55);
    mini_world_free(&w);
}
END_TEST

/* Multi-genre items, artists with several songs, a cluster that runs dry: the stated numbers must hold all the same. */
START_TEST(items_come_as_often_as_stated)
{
    mini_spec spec = { .seed = 21 + (uint64_t)_i, .n_items = 14, .n_genres = 3, .n_artists = 7, .d = 2,
                       .second_genre = 0.5, .spread = 1 };
    mini_world w = world_of(spec, _i == 2 ? "{\"clusters\": 3}" : "{\"min_popularity\": 20}");

    mini_mark_seen(&w.people, 0, 5);
    mini_check_propensities(&w.stage, &w.people, 0, (size_t)_i % 2 == 0 ? 2 : 6, 60000);
    mini_world_free(&w);
}
END_TEST

START_TEST(short_of_popular_songs_the_rest_tops_up)
{
    mini_spec spec = mini_defaults(6);
    mini_world w;
    size_t popular = 0;

    spec.n_items = 60;
    spec.n_artists = 1000;
    w = world_of(spec, "{\"min_popularity\": 90}");
    const pal_request request = mini_request(&w.people, 0, 0, 50);
    pal_slate slate = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 50);
    for (size_t i = 0; i < w.catalog->n_items; i++) {
        popular += w.catalog->popularity[i] >= 90;
    }
    for (size_t s = 0; s < slate.n; s++) { /* all popular ones come before any other */
        ck_assert((slate.score[s] >= 90) == (s < popular));
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(a_catalog_of_one_artist_still_fills_the_slate)
{
    mini_spec spec = mini_defaults(7);
    mini_world w;

    spec.n_artists = 1;
    w = world_of(spec, "");
    const pal_request request = mini_request(&w.people, 0, 0, 10);
    pal_slate slate = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 10);
    ck_assert_uint_eq(mini_repeated_artists(w.catalog, &slate), 9);
    mini_world_free(&w);
}
END_TEST

START_TEST(all_seen_gives_an_empty_slate)
{
    mini_world w = world_of(mini_defaults(8), "");
    const pal_request request = mini_request(&w.people, 0, 0, 10);
    pal_slate slate = { 0 };

    for (uint32_t i = 0; i < w.catalog->n_items; i++) {
        mini_mark_seen(&w.people, 0, i);
    }
    mini_serve(&slate, &w.stage, &w.people, &request);
    ck_assert_uint_eq(slate.n, 0);
    mini_world_free(&w);
}
END_TEST

START_TEST(init_survives_every_failing_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));

    mini_check_init_without_memory("cold_start", "", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_cold_start(void);
Suite *suite_stages_cold_start(void)
{
    Suite *suite = suite_create("stages/cold_start");
    TCase *tc = tcase_create("cold_start");

    tcase_add_loop_test(tc, two_clusters_share_the_slate_evenly, 0, 5);
    tcase_add_test(tc, as_many_clusters_as_asked_for);
    tcase_add_test(tc, popularity_does_not_rank);
    tcase_add_loop_test(tc, items_come_as_often_as_stated, 0, 4);
    tcase_add_test(tc, short_of_popular_songs_the_rest_tops_up);
    tcase_add_test(tc, a_catalog_of_one_artist_still_fills_the_slate);
    tcase_add_test(tc, all_seen_gives_an_empty_slate);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

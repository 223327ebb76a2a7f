/* The progressive policy: who serves whom, presets, and what they are worth on R1's simulated user. */
#include "core/rng.h"
#include "stages/builtin.h"
#include "tests/support/mini_stages.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static uint8_t served_by(const mini_stage *stage, const mini_people *people, uint32_t user)
{
    const pal_request request = mini_request(people, user, 1, 10);
    pal_slate slate = { 0 };
    const uint32_t item = 0;
    uint8_t at = 99;
    float score;

    mini_serve(&slate, stage, people, &request);
    mini_check_slate(people, &request, &slate, slate.n == 20 ? 20 : 10);
    ck_assert_int_eq(stage->type->score(stage->self, &request, &item, 1, &score, &at, people->scratch, NULL), PAL_OK);
    ck_assert_uint_eq(at, slate.stage[0]); /* score says who would serve */
    return at;
}

/* Give one person a confidence and a count directly. */
static void know(mini_people *people, double confidence, uint32_t shown)
{
    people->profiles->confidence[0] = confidence;
    people->profiles->liked[0] = confidence > 0;
    people->profiles->centroid[0] = confidence > 0;
    people->profiles->n_shown[0] = shown;
}

START_TEST(the_reference_thresholds_are_those_of_r1)
{
    static const struct {
        double confidence;
        uint32_t shown;
        uint8_t at;
    } wanted[] = {
        { 0, 0, PAL_AT_COLD_START },     { 1.999, 5000, PAL_AT_COLD_START }, { 2, 10, PAL_AT_FALLBACK },
        { 3.999, 900, PAL_AT_FALLBACK }, { 4, 10, PAL_AT_RANKING },          { 7.9, 9000, PAL_AT_RANKING },
        { 8, 199, PAL_AT_RANKING },
    };
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("progressive", "{\"preset\": \"reference\"}", catalog);

    for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++) {
        know(&people, wanted[w].confidence, wanted[w].shown);
        ck_assert_uint_eq(served_by(&stage, &people, 0), wanted[w].at);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

static bool is_registered(const char *name)
{
    for (size_t s = 0; s < pal_stage_count(); s++) {
        if (strcmp(pal_stage_at(s)->name, name) == 0) {
            return true;
        }
    }
    return false;
}

START_TEST(a_rung_that_does_not_exist_leaves_the_best_below_it)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("progressive", "{\"preset\": \"reference\"}", catalog);

    know(&people, 20, 5000);
    if (!is_registered("logistic") && !is_registered("boosted")) {
        ck_assert_uint_eq(served_by(&stage, &people, 0), PAL_AT_RANKING);
    } else {
        ck_assert_uint_ge(served_by(&stage, &people, 0), PAL_AT_RANKING);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(a_cold_slate_has_twenty_slots_in_the_reference_only)
{
    static const struct {
        const char *json;
        size_t asked, wanted;
    } cases[] = {
        { "{\"preset\": \"reference\"}", 10, 20 },
        { "{\"preset\": \"reference\"}", 30, 30 },
        { "{\"preset\": \"reference\", \"cold_start_slots\": 12}", 10, 12 },
        { "{}", 10, 10 },
        { "{\"cold_start_slots\": 50}", 10, 50 },
    };
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mini_stage stage = mini_stage_of("progressive", cases[c].json, catalog);
        const pal_request request = mini_request(&people, 0, 0, cases[c].asked);
        pal_slate slate = { 0 };

        mini_serve(&slate, &stage, &people, &request);
        mini_check_slate(&people, &request, &slate, cases[c].wanted);
        ck_assert_uint_eq(slate.stage[0], PAL_AT_COLD_START);
        mini_stage_free(&stage);
    }
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

static size_t clusters_of_cold_slate(const pal_catalog *catalog, const char *json)
{
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("progressive", json, catalog);
    const pal_request request = mini_request(&people, 0, 0, 10);
    pal_slate slate = { 0 };
    uint64_t tastes = 0;

    mini_serve(&slate, &stage, &people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        tastes |= UINT64_C(1) << slate.taste[s];
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    return (size_t)__builtin_popcountll(tastes);
}

START_TEST(explicit_keys_win_over_the_preset_and_the_preset_over_the_stage)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    ck_assert_uint_eq(clusters_of_cold_slate(catalog, "{\"preset\": \"reference\"}"), 2);
    ck_assert_uint_eq(clusters_of_cold_slate(catalog, ""), 8); /* ten asked for, eight there */
    ck_assert_uint_eq(clusters_of_cold_slate(catalog, "{\"cold_start\": {\"clusters\": 3}}"), 3);
    ck_assert_uint_eq(clusters_of_cold_slate(catalog, "{\"cold_start\": {\"min_popularity\": 10}}"), 8);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(our_preset_leaves_the_cold_start_after_twenty_songs)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("progressive", "", catalog);

    know(&people, 0, 19);
    ck_assert_uint_eq(served_by(&stage, &people, 0), PAL_AT_COLD_START);
    know(&people, 0, 20);
    ck_assert_uint_eq(served_by(&stage, &people, 0), PAL_AT_RANKING);
    know(&people, 0.7, 3);
    ck_assert_uint_eq(served_by(&stage, &people, 0), PAL_AT_RANKING);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(bad_parameters_are_named_by_their_place)
{
    static const struct {
        const char *json, *place, *what;
    } cases[] = {
        { "{\"ranking\": {\"max_shar\": 0.5}}", "arms[0].params.ranking", "max_share" },
        { "{\"fallback\": {\"width\": 0}}", "arms[0].params.fallback.width", "found 0" },
        { "{\"cold_start\": {\"clusters\": 1.5}}", "arms[0].params.cold_start.clusters", "1.5" },
        { "{\"logistic_below\": 3, \"ranking_below\": 5}", "arms[0].params.logistic_below", "ranking_below (5)" },
        { "{\"logistic_min\": 100}", "arms[0].params.logistic_min", "ranking_min (200)" },
        { "{\"preset\": \"mine\"}", "arms[0].params.preset", "palate" },
        { "{\"warmup\": {}}", "arms[0].params", "warmup" },
    };
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mini_stage stage;
        pal_error err = { 0 };

        ck_assert_int_eq(mini_stage_try(&stage, "progressive", cases[c].json, catalog, NULL, &err), PAL_ERR_CONFIG);
        ck_assert_msg(strstr(err.text, cases[c].place) != NULL && strstr(err.text, cases[c].what) != NULL, "%s",
                      err.text);
    }
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(the_stages_below_do_not_share_draws)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage policy = mini_stage_of("progressive", "{\"preset\": \"reference\"}", catalog);
    mini_stage alone = mini_stage_of("cold_start", "", catalog);
    const pal_request request = mini_request(&people, 0, 0, 20);
    pal_slate a = { 0 }, b = { 0 };

    mini_serve(&a, &policy, &people, &request);
    mini_serve(&b, &alone, &people, &request);
    ck_assert_mem_ne(a.item, b.item, 20 * sizeof *a.item);
    mini_stage_free(&policy);
    mini_stage_free(&alone);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* R1's simulated user: two or three strong clusters; like 0.75 inside, 0.25 elsewhere, 5 % coin flips. */
static uint64_t strong_clusters(uint64_t seed, size_t n_clusters)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_PERSON);
    uint64_t draw = 0, strong = 0;
    const int n = 2 + (int)pal_below(key, (pal_at){ 0 }, &draw, 2);

    while (__builtin_popcountll(strong) < n) {
        strong |= UINT64_C(1) << pal_below(key, (pal_at){ 0 }, &draw, n_clusters);
    }
    return strong;
}

static bool likes(uint64_t seed, uint32_t round, uint32_t item, bool strong)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_CHOICE);
    const pal_at at = { 0, round, item };
    const double p = pal_u01(key, at, 1) < 0.05 ? 0.5 : strong ? 0.75 : 0.25;

    return pal_u01(key, at, 0) < p;
}

/* Like rate over the first 3,000 songs. */
static double like_rate(const pal_catalog *catalog, const char *json, uint64_t seed)
{
    const uint64_t strong = strong_clusters(seed, catalog->clusters->n);
    mini_people people = mini_people_of(catalog, 1, 3050, mini_r1_config());
    mini_stage stage = mini_stage_of("progressive", json, catalog);
    size_t shown = 0, liked = 0;

    for (uint32_t round = 0; shown < 3000; round++) {
        const pal_request request = mini_request(&people, 0, round, 10);
        uint8_t flags[PAL_MAX_SLOTS];
        pal_slate slate = { 0 };

        mini_serve(&slate, &stage, &people, &request);
        mini_check_slate(&people, &request, &slate, slate.n);
        ck_assert_uint_gt(slate.n, 0);
        for (size_t s = 0; s < slate.n; s++, shown++) {
            const bool like = likes(seed, round, slate.item[s], (catalog->cluster_mask[slate.item[s]] & strong) != 0);

            flags[s] = (uint8_t)(PAL_EXAMINED | PAL_CLICKED | (like ? PAL_LIKED : PAL_DISLIKED));
            liked += like;
        }
        mini_learn(&people, 0, round, &slate, flags);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    return (double)liked / (double)shown;
}

/* 24 clusters of about 1,250 songs; always serving a strong cluster gives 0.74, random songs about 0.31. */
START_TEST(our_preset_learns_r1s_user_and_the_reference_hardly_does)
{
    mini_spec spec = { .seed = 5, .n_items = 30000, .n_genres = 24, .n_artists = 9000, .d = 9, .second_genre = 0.1,
                       .spread = 4 }; /* clusters overlap in the feature space, as real ones do */
    pal_catalog *catalog = mini_catalog(spec);
    double ours = 0, reference = 0;

    for (uint64_t seed = 262; seed < 267; seed++) {
        const double rate = like_rate(catalog, "", seed);

        ck_assert_msg(rate > 0.5, "seed %d: %.3f", (int)seed, rate);
        ours += rate / 5;
        reference += like_rate(catalog, "{\"preset\": \"reference\"}", seed) / 5;
    }
    printf("like rate over 3,000 songs: palate %.3f, reference %.3f\n", ours, reference);
    ck_assert_msg(ours > 0.62, "ours %.3f", ours);
    ck_assert_msg(reference < ours - 0.15, "reference %.3f, ours %.3f", reference, ours);
    pal_catalog_free(catalog);
}
END_TEST

/* A request depends on its own person only: in whatever order people come, and beside whomever, slates are the same. */
START_TEST(slates_do_not_depend_on_the_order_of_people)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 6, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("progressive", _i == 0 ? "" : "{\"preset\": \"reference\"}", catalog);
    pal_slate forward[6] = { 0 }, backward[6] = { 0 };

    for (uint32_t u = 0; u < 6; u++) {
        mini_teach(&people, u, 3 + u, UINT64_C(0x55) << u, 13 * u);
    }
    for (uint32_t u = 0; u < 6; u++) {
        const pal_request ahead = mini_request(&people, u, 2, 10), back = mini_request(&people, 5 - u, 2, 10);

        mini_serve(&forward[u], &stage, &people, &ahead);
        mini_serve(&backward[5 - u], &stage, &people, &back);
    }
    for (size_t u = 0; u < 6; u++) {
        ck_assert_uint_eq(forward[u].n, backward[u].n);
        ck_assert_mem_eq(forward[u].item, backward[u].item, forward[u].n * sizeof(uint32_t));
        ck_assert_mem_eq(forward[u].score, backward[u].score, forward[u].n * sizeof(float));
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* Every stage, many catalogs, people, seen sets and slate sizes: what every slate must hold, holds. */
START_TEST(ten_thousand_requests_keep_all_rules)
{
    static const struct {
        const char *name, *json;
    } stages[] = { { "random", "" }, { "popularity", "" }, { "cold_start", "" }, { "fallback", "" }, { "ranking", "" },
                   { "ranking", "{\"score\": \"palate\"}" }, { "progressive", "" },
                   { "progressive", "{\"preset\": \"reference\"}" } };
    mini_spec spec = mini_defaults((uint64_t)_i);
    pal_catalog *catalog;
    mini_people people;

    spec.n_items = 60 + 47 * (size_t)_i;
    spec.n_genres = 2 + (size_t)_i;
    spec.n_artists = _i % 4 == 0 ? 9 : 200;
    catalog = mini_catalog(spec);
    people = mini_people_of(catalog, 9, catalog->n_items, mini_r1_config());
    for (uint32_t u = 0; u < 9; u++) {
        mini_teach(&people, u, u, 0x35, u * catalog->n_items / 8);
    }
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        mini_stage stage = mini_stage_of(stages[s].name, stages[s].json, catalog);

        for (uint32_t request_no = 0; request_no < 125; request_no++) {
            const uint32_t user = request_no % 9;
            const size_t asked = request_no % 50 + 1;
            const pal_request request = mini_request(&people, user, request_no, asked);
            pal_slate slate = { 0 }, again = { 0 };
            const size_t unseen = mini_unseen(&people, user);

            mini_serve(&slate, &stage, &people, &request);
            mini_serve(&again, &stage, &people, &request);
            mini_check_slate(&people, &request, &slate, slate.n > asked ? 20 : asked);
            ck_assert_mem_eq(&slate, &again, sizeof slate); /* the same question has the same answer */
            ck_assert(slate.n >= (asked < unseen ? asked : unseen));
        }
        mini_stage_free(&stage);
    }
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(init_survives_every_failing_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));

    mini_check_init_without_memory("progressive", "{\"preset\": \"reference\", \"ranking\": {\"max_share\": 0.5}}",
                                   catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_progressive(void);
Suite *suite_stages_progressive(void)
{
    Suite *suite = suite_create("stages/progressive");
    TCase *tc = tcase_create("progressive");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_reference_thresholds_are_those_of_r1);
    tcase_add_test(tc, a_rung_that_does_not_exist_leaves_the_best_below_it);
    tcase_add_test(tc, a_cold_slate_has_twenty_slots_in_the_reference_only);
    tcase_add_test(tc, explicit_keys_win_over_the_preset_and_the_preset_over_the_stage);
    tcase_add_test(tc, our_preset_leaves_the_cold_start_after_twenty_songs);
    tcase_add_test(tc, bad_parameters_are_named_by_their_place);
    tcase_add_test(tc, the_stages_below_do_not_share_draws);
    tcase_add_test(tc, our_preset_learns_r1s_user_and_the_reference_hardly_does);
    tcase_add_loop_test(tc, slates_do_not_depend_on_the_order_of_people, 0, 2);
    tcase_add_loop_test(tc, ten_thousand_requests_keep_all_rules, 0, 10);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

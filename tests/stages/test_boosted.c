/* The boosted stage: strong and weak slots, trees that find what no line can, and the rungs inside the policy. */
#include "core/pmath.h"
#include "stages/builtin.h"
#include "stages/taste_slate.h"
#include "tests/support/rung_people.h"

#include <check.h>
#include <math.h>
#include <string.h>

/* Likes what lies near the middle of feature 0 in clusters 0 and 1; no straight line tells that apart. */
static bool is_to_taste(const pal_catalog *catalog, uint32_t item)
{
    return fabs((double)catalog->scaled[(size_t)item * catalog->stride]) < 0.6;
}

static uint8_t two_tastes(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed)
{
    (void)user;
    (void)seed;
    if (catalog->cluster[item] > 1) {
        return PAL_EXAMINED;
    }
    return (uint8_t)(PAL_EXAMINED | (is_to_taste(catalog, item) ? PAL_LIKED : PAL_DISLIKED));
}

typedef struct world {
    pal_catalog *catalog;
    mini_people people;
    mini_stage stage;
} world;

static world world_of(const char *name, const char *json)
{
    world w = { .catalog = rung_catalog(22, 1400, 6) };

    w.people = mini_people_of(w.catalog, 2, 1400, (pal_profile_config){ .like_step = 0.08, .dislike_decay = 1 });
    w.stage = rung_stage(name, json, w.catalog, NULL, 1);
    rung_show(&w.people, 0, 4, 800, two_tastes);
    ck_assert_int_eq(rung_fit(&w.stage, &w.people, 1, 0, NULL), PAL_OK);
    return w;
}

static void world_free(world *w)
{
    mini_stage_free(&w->stage);
    mini_people_free(&w->people);
    pal_catalog_free(w->catalog);
}

/* Share of the strong slots that are to the person's taste. */
static double hits(const char *name)
{
    world w = world_of(name, "");
    const pal_request request = mini_request(&w.people, 0, 1, 20);
    pal_slate slate = { 0 };
    double hit = 0, n = 0;

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        if (slate.taste[s] < 2) {
            hit += is_to_taste(w.catalog, slate.item[s]);
            n += 1;
        }
    }
    world_free(&w);
    ck_assert_double_ge(n, 15);
    return hit / n;
}

START_TEST(trees_find_a_taste_that_no_line_can)
{
    const double trees = hits("boosted"), line = hits("logistic");

    ck_assert_msg(trees > 0.95, "trees %.2f", trees);
    ck_assert_msg(line < 0.8, "line %.2f", line);
}
END_TEST

START_TEST(a_quarter_of_the_slate_goes_to_weak_tastes)
{
    world w = world_of("boosted", "");

    for (size_t n_slots = 1; n_slots <= 24; n_slots++) {
        const size_t weak = n_slots == 1 ? 0 : n_slots < 8 ? 1 : n_slots / 4;
        pal_slate slate = { 0 };
        size_t by[6] = { 0 };

        const pal_request request = mini_request(&w.people, 0, 1, n_slots);
        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, n_slots);
        for (size_t s = 0; s < slate.n; s++) {
            by[slate.taste[s]]++;
            ck_assert_msg((slate.taste[s] < 2) == (s < n_slots - weak), "%zu slots, slot %zu", n_slots, s);
            ck_assert_uint_eq(slate.stage[s], PAL_AT_BOOSTED);
        }
        ck_assert_uint_le(by[0] > by[1] ? by[0] - by[1] : by[1] - by[0], 1);
        for (size_t t = 2; t < 6; t++) { /* evenly over the four */
            ck_assert(by[t] == weak / 4 || by[t] == weak / 4 + 1);
        }
    }
    world_free(&w);
}
END_TEST

START_TEST(a_taste_without_a_model_is_drawn_at_random)
{
    world w = world_of("boosted", "{\"min_samples\": 100000, \"weak_share\": 0.01}");
    const pal_request request = mini_request(&w.people, 0, 1, 2);
    pal_slate slate = { 0 };
    size_t left = 0;

    mini_serve(&slate, &w.stage, &w.people, &request);
    ck_assert_uint_lt(slate.taste[0], 2);
    for (uint32_t i = 0; i < w.catalog->n_items; i++) {
        left += ((w.catalog->cluster_mask[i] >> slate.taste[0]) & 1) && !pal_seen(request.seen, i);
    }
    ck_assert_float_eq(slate.propensity[0], (float)(1 / (double)left));
    world_free(&w);
}
END_TEST

START_TEST(propensities_are_the_frequencies)
{
    world w = world_of("boosted", _i == 0 ? "" : "{\"min_samples\": 100000}");

    mini_check_propensities(&w.stage, &w.people, 0, 3, 9000);
    mini_check_propensities(&w.stage, &w.people, 1, 2, 9000);
    world_free(&w);
}
END_TEST

START_TEST(the_policy_climbs_all_rungs)
{
    static const struct {
        double confidence;
        uint32_t shown;
        uint8_t at;
    } wanted[] = {
        { 1, 5000, PAL_AT_COLD_START }, { 3, 5000, PAL_AT_FALLBACK }, { 7.9, 9000, PAL_AT_RANKING },
        { 9, 199, PAL_AT_RANKING },     { 8, 200, PAL_AT_LOGISTIC },  { 11.9, 9000, PAL_AT_LOGISTIC },
        { 20, 1999, PAL_AT_LOGISTIC },  { 12, 2000, PAL_AT_BOOSTED },
    };
    world w = world_of("progressive", "{\"preset\": \"reference\"}");

    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
        pal_request request;
        pal_slate slate = { 0 };

        w.people.profiles->confidence[6] = wanted[k].confidence; /* user 1's first taste */
        w.people.profiles->liked[6] = 1;
        w.people.profiles->centroid[6 * 3] = 1;
        w.people.profiles->n_shown[1] = wanted[k].shown;
        request = mini_request(&w.people, 1, 1, 10);
        mini_serve(&slate, &w.stage, &w.people, &request);
        ck_assert_msg(slate.stage[0] == wanted[k].at, "case %zu: %d, wanted %d", k, slate.stage[0], wanted[k].at);
    }
    world_free(&w);
}
END_TEST

/* Ours serves by ranking until a model is worth serving, and never climbs by itself. */
START_TEST(our_preset_climbs_when_told_to_and_a_model_is_there)
{
    static const struct {
        const char *json;
        uint8_t taught, stranger;
    } cases[] = {
        { "{}", PAL_AT_RANKING, PAL_AT_RANKING },
        { "{\"ranking_below\": 4}", PAL_AT_LOGISTIC, PAL_AT_RANKING },
        { "{\"ranking_below\": 4, \"logistic\": {\"min_auc\": 1}}", PAL_AT_RANKING, PAL_AT_RANKING },
        { "{\"ranking_below\": 4, \"logistic_below\": 4, \"logistic_min\": 200, \"boosted\": {\"negatives\": "
          "\"disliked\"}}", PAL_AT_BOOSTED, PAL_AT_RANKING },
    };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        world w = world_of("progressive", cases[c].json);

        for (uint32_t user = 0; user < 2; user++) {
            pal_request request;
            pal_slate slate = { 0 };

            w.people.profiles->n_shown[user] = 900;
            for (size_t t = 0; t < 6; t++) {
                w.people.profiles->confidence[user * 6 + t] = 1;
            }
            request = mini_request(&w.people, user, 1, 10);
            mini_serve(&slate, &w.stage, &w.people, &request);
            ck_assert_msg(slate.stage[0] == (user == 0 ? cases[c].taught : cases[c].stranger), "case %zu, user %u: %d",
                          c, user, slate.stage[0]);
        }
        world_free(&w);
    }
}
END_TEST

START_TEST(bad_parameters_are_named_by_their_place)
{
    static const struct {
        const char *stage, *json, *place, *what;
    } cases[] = {
        { "boosted", "{\"weak_share\": 2}", "arms[0].params.weak_share", "found 2" },
        { "boosted", "{\"model\": {\"max_bin\": 1}}", "arms[0].params.model.max_bin", "found 1" },
        { "boosted", "{\"model\": {\"leaves\": 4}}", "arms[0].params.model", "num_leaves" },
        { "progressive", "{\"boosted\": {\"model\": {\"max_bin\": 1}}, \"ranking_below\": 1, \"logistic_below\": 2}",
          "arms[0].params.boosted.model.max_bin", "found 1" },
        { "progressive", "{\"logistic\": {\"weak_slot\": 1}}", "arms[0].params.logistic", "weak_slots" },
    };
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mini_stage stage;
        pal_error err = { 0 };

        ck_assert_int_eq(mini_stage_try(&stage, cases[c].stage, cases[c].json, catalog, NULL, &err), PAL_ERR_CONFIG);
        ck_assert_msg(strstr(err.text, cases[c].place) != NULL && strstr(err.text, cases[c].what) != NULL, "%s",
                      err.text);
    }
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(init_survives_every_failing_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));

    mini_check_init_without_memory("boosted", "{\"model\": {\"max_depth\": 2}}", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_boosted(void);
Suite *suite_stages_boosted(void)
{
    Suite *suite = suite_create("stages/boosted");
    TCase *tc = tcase_create("boosted");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, trees_find_a_taste_that_no_line_can);
    tcase_add_test(tc, a_quarter_of_the_slate_goes_to_weak_tastes);
    tcase_add_test(tc, a_taste_without_a_model_is_drawn_at_random);
    tcase_add_loop_test(tc, propensities_are_the_frequencies, 0, 2);
    tcase_add_test(tc, the_policy_climbs_all_rungs);
    tcase_add_test(tc, our_preset_climbs_when_told_to_and_a_model_is_there);
    tcase_add_test(tc, bad_parameters_are_named_by_their_place);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The neural stage: strong and weak slots, networks that find what no line can, and the rung above the trees. */
#include "core/mem.h"
#include "stages/builtin.h"
#include "stages/taste_evidence.h"
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
static double hits(const char *json)
{
    world w = world_of("neural", json);
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

START_TEST(hidden_layers_find_a_taste_that_no_line_can)
{
    const double deep = hits(""), gelu = hits("{\"model\": {\"activation\": \"gelu\"}}");
    const double line = hits("{\"model\": {\"hidden\": []}}");

    ck_assert_msg(deep > 0.9, "two layers %.2f", deep);
    ck_assert_msg(gelu > 0.9, "two layers, gelu %.2f", gelu);
    ck_assert_msg(line < 0.8, "no layer %.2f", line);
}
END_TEST

START_TEST(a_quarter_of_the_slate_goes_to_weak_tastes)
{
    world w = world_of("neural", "");

    for (size_t n_slots = 1; n_slots <= 24; n_slots++) {
        const size_t weak = n_slots == 1 ? 0 : n_slots < 8 ? 1 : n_slots / 4;
        const pal_request request = mini_request(&w.people, 0, 1, n_slots);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, n_slots);
        for (size_t s = 0; s < slate.n; s++) {
            ck_assert_msg((slate.taste[s] < 2) == (s < n_slots - weak), "%zu slots, slot %zu", n_slots, s);
            ck_assert_uint_eq(slate.stage[s], PAL_AT_NEURAL);
        }
    }
    world_free(&w);
}
END_TEST

START_TEST(propensities_are_the_frequencies)
{
    world w = world_of("neural", _i == 0 ? "" : "{\"min_samples\": 100000}");

    mini_check_propensities(&w.stage, &w.people, 0, 3, 9000);
    world_free(&w);
}
END_TEST

/* Shares of importance are slopes; the curve has an entry an epoch, the kept ones among them. */
START_TEST(the_shape_of_a_network_is_its_slopes_and_its_epochs)
{
    enum { N = 300 };
    const pal_neural_model_config config = pal_neural_model_defaults();
    static double x[3 * N], y[N];
    const pal_samples rows = { .x = x, .y = y, .n = N, .d = 3 };
    pal_training_shape *shape = NULL;
    pal_arena *scratch = NULL;
    void *fitted = NULL;
    double sum = 0;

    for (size_t i = 0; i < N; i++) {
        x[3 * i] = (double)(i * 7 % 13);
        x[3 * i + 1] = (double)(i * 11 % 17); /* decides */
        x[3 * i + 2] = 100 * (double)(i * 5 % 19);
        y[i] = x[3 * i + 1] > 8;
    }
    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    ck_assert_int_eq(pal_learner_neural.fit(&fitted, &rows, &config, (pal_key){ 1, 1 }, scratch, NULL), PAL_OK);
    ck_assert_int_eq(pal_shape_of(&shape, fitted, x, N, 3, PAL_TASTE_NEURAL, NULL), PAL_OK);
    for (size_t f = 0; f < 3; f++) {
        sum += (double)shape->share[f];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-6);
    ck_assert_float_gt(shape->share[1], 0.6f);
    ck_assert_ptr_null(shape->splits);
    ck_assert_uint_ge(shape->n_curve, pal_fitted_iterations(fitted, PAL_TASTE_NEURAL));
    for (size_t i = 0; i < shape->n_curve; i++) {
        ck_assert(isfinite(shape->train[i]) && isfinite(shape->valid[i]));
        ck_assert(shape->valid[i] >= shape->valid[pal_fitted_iterations(fitted, PAL_TASTE_NEURAL) - 1]);
    }
    pal_free(shape);
    pal_learner_neural.free(fitted);
    pal_arena_free(scratch);
}
END_TEST

/* ---- the rung ----------------------------------------------------------------------------------------------- */

static uint8_t served_by(world *w, uint32_t user, double confidence, uint32_t shown)
{
    pal_request request;
    pal_slate slate = { 0 };

    w->people.profiles->n_shown[user] = shown;
    for (size_t t = 0; t < 6; t++) {
        w->people.profiles->confidence[user * 6 + t] = confidence / 6;
    }
    request = mini_request(&w->people, user, 1, 10);
    mini_serve(&slate, &w->stage, &w->people, &request);
    return slate.stage[0];
}

START_TEST(the_policy_climbs_to_the_network_only_when_told_to)
{
    static const struct {
        const char *json;
        double confidence;
        uint32_t shown;
        uint8_t taught, stranger;
    } cases[] = {
        { "{\"preset\": \"reference\"}", 1e6, 90000, PAL_AT_BOOSTED, PAL_AT_BOOSTED },
        { "{\"preset\": \"reference\", \"boosted_below\": 14}", 13.9, 90000, PAL_AT_BOOSTED, PAL_AT_BOOSTED },
        { "{\"preset\": \"reference\", \"boosted_below\": 14}", 14.1, 1999, PAL_AT_LOGISTIC, PAL_AT_LOGISTIC },
        { "{\"preset\": \"reference\", \"boosted_below\": 14}", 14.1, 2000, PAL_AT_NEURAL, PAL_AT_NEURAL },
        { "{\"preset\": \"reference\", \"boosted_below\": 14, \"boosted_min\": 2100}", 14.1, 2099, PAL_AT_BOOSTED,
          PAL_AT_BOOSTED },
        /* ours waits for a model worth serving */
        { "{}", 1e6, 90000, PAL_AT_RANKING, PAL_AT_RANKING },
        { "{\"ranking_below\": 2, \"logistic_below\": 3, \"boosted_below\": 4, \"logistic_min\": 200}", 6, 900,
          PAL_AT_NEURAL, PAL_AT_RANKING },
        { "{\"ranking_below\": 2, \"logistic_below\": 3, \"boosted_below\": 4, \"logistic_min\": 200, \"neural\": "
          "{\"min_auc\": 1}}", 6, 900, PAL_AT_RANKING, PAL_AT_RANKING },
    };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        world w = { .catalog = rung_catalog(22, 1400, 6) };
        uint8_t at[2];

        w.people = mini_people_of(w.catalog, 2, 1400, (pal_profile_config){ .like_step = 0.08, .dislike_decay = 1 });
        w.stage = rung_stage("progressive", cases[c].json, w.catalog, NULL, 1);
        rung_show(&w.people, 0, 4, 800, two_tastes);
        for (uint32_t u = 0; u < 2; u++) {
            served_by(&w, u, cases[c].confidence, cases[c].shown); /* puts confidence and count in place */
        }
        ck_assert_int_eq(rung_fit(&w.stage, &w.people, 1, 0, NULL), PAL_OK);
        for (uint32_t u = 0; u < 2; u++) {
            at[u] = served_by(&w, u, cases[c].confidence, cases[c].shown);
        }
        ck_assert_msg(at[0] == cases[c].taught && at[1] == cases[c].stranger, "case %zu: %d and %d", c, at[0], at[1]);
        world_free(&w);
    }
}
END_TEST

START_TEST(bad_parameters_are_named_by_their_place)
{
    static const struct {
        const char *stage, *json, *place, *what;
    } cases[] = {
        { "neural", "{\"weak_share\": 2}", "arms[0].params.weak_share", "found 2" },
        { "neural", "{\"model\": {\"dropout\": 1}}", "arms[0].params.model.dropout", "found 1" },
        { "neural", "{\"model\": {\"hidden\": [4, 1.5]}}", "arms[0].params.model.hidden[1]", "found 1.5" },
        { "neural", "{\"model\": {\"layers\": 4}}", "arms[0].params.model", "hidden" },
        { "progressive", "{\"ranking_below\": 1, \"logistic_below\": 2, \"boosted_below\": 3, \"neural\": {\"model\": "
          "{\"epochs\": 0}}}", "arms[0].params.neural.model.epochs", "found 0" },
        { "progressive", "{\"neural\": {\"weak_shar\": 1}}", "arms[0].params.neural", "weak_share" },
        { "progressive", "{\"ranking_below\": 1, \"logistic_below\": 5, \"boosted_below\": 4}",
          "arms[0].params.boosted_below", "must be at least logistic_below (5), found 4" },
        { "progressive", "{\"boosted_min\": 1999}", "arms[0].params.boosted_min",
          "must be at least logistic_min (2000), found 1999" },
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

    mini_check_init_without_memory("neural", "{\"model\": {\"hidden\": [4]}}", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_neural(void);
Suite *suite_stages_neural(void)
{
    Suite *suite = suite_create("stages/neural");
    TCase *tc = tcase_create("neural");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, hidden_layers_find_a_taste_that_no_line_can);
    tcase_add_test(tc, a_quarter_of_the_slate_goes_to_weak_tastes);
    tcase_add_loop_test(tc, propensities_are_the_frequencies, 0, 2);
    tcase_add_test(tc, the_shape_of_a_network_is_its_slopes_and_its_epochs);
    tcase_add_test(tc, the_policy_climbs_to_the_network_only_when_told_to);
    tcase_add_test(tc, bad_parameters_are_named_by_their_place);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

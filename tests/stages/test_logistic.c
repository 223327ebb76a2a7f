/* The logistic stage: whose slots are whose, what fills them, and with what probability. */
#include "core/pmath.h"
#include "models/logistic.h"
#include "stages/builtin.h"
#include "stages/taste_slate.h"
#include "tests/support/rung_people.h"

#include <check.h>
#include <math.h>
#include <string.h>

/* Two tastes with models (genres 0 and 1 of six), four that nothing is known of. */
typedef struct world {
    pal_catalog *catalog;
    mini_people people;
    mini_stage stage;
} world;

static uint8_t two_tastes(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed)
{
    if (catalog->cluster[item] > 1) { /* what is credited to a taste is so by the primary cluster */
        return PAL_EXAMINED;
    }
    return rung_likes_feature(catalog, user, item, seed);
}

static world world_of(const char *json)
{
    world w = { .catalog = rung_catalog(21, 700, 6) };

    w.people = mini_people_of(w.catalog, 2, 700, (pal_profile_config){ .like_step = 0.08, .dislike_decay = 1 });
    w.stage = rung_stage("logistic", json, w.catalog, NULL, 1);
    rung_show(&w.people, 0, 4, 480, two_tastes);
    ck_assert_int_eq(rung_fit(&w.stage, &w.people, 1, 0, NULL), PAL_OK);
    return w;
}

static void world_free(world *w)
{
    mini_stage_free(&w->stage);
    mini_people_free(&w->people);
    pal_catalog_free(w->catalog);
}

static const pal_taste_models *models_of(const world *w)
{
    return ((const pal_taste_stage *)w->stage.self)->models;
}

/* The model of a taste, fitted here from the history, with the weights and the penalty of the stage. */
static void fit_by_hand(double *weights, double *intercept, const world *w, size_t t)
{
    const size_t d = w->catalog->d, n = w->people.history->n[0];
    double x[700 * 3], y[700], weight[700];
    size_t at = 0;

    for (size_t e = 0; e < n; e++) {
        const uint32_t item = w->people.history->item[e];
        const uint8_t flags = w->people.history->flags[e];

        if (((w->catalog->cluster_mask[item] >> t) & 1) && (flags & (PAL_LIKED | PAL_DISLIKED))) {
            for (size_t f = 0; f < d; f++) {
                x[at * d + f] = (double)w->catalog->scaled[item * w->catalog->stride + f];
            }
            y[at] = (flags & PAL_LIKED) != 0;
            weight[at++] = flags & PAL_LIKED ? 1 : 0.35;
        }
    }
    ck_assert_int_eq(pal_logistic_fit(weights, intercept, NULL, x, y, weight, at, d, NULL, w->people.scratch, NULL),
                     PAL_OK);
}

START_TEST(the_score_is_the_probability_of_the_tastes_own_regression)
{
    world w = world_of("");
    const pal_request request = mini_request(&w.people, 0, 1, 10);
    double weights[2][PAL_MAX_FEATURES], intercept[2];

    for (size_t t = 0; t < 2; t++) {
        ck_assert_ptr_nonnull(pal_taste_models_get(models_of(&w), 0, t));
        fit_by_hand(weights[t], &intercept[t], &w, t);
    }
    for (uint32_t i = 0; i < w.catalog->n_items; i++) {
        double best = -1;
        float score;
        uint8_t at;

        for (size_t t = 0; t < 2; t++) {
            if ((w.catalog->cluster_mask[i] >> t) & 1) {
                double p;

                pal_logistic_predict(&p, (const double[]){ (double)w.catalog->scaled[i * w.catalog->stride],
                    (double)w.catalog->scaled[i * w.catalog->stride + 1],
                    (double)w.catalog->scaled[i * w.catalog->stride + 2] }, 1, 3, weights[t], intercept[t]);
                best = fmax(best, p);
            }
        }
        ck_assert_int_eq(w.stage.type->score(w.stage.self, &request, &i, 1, &score, &at, w.people.scratch, NULL),
                         PAL_OK);
        ck_assert_uint_eq(at, PAL_AT_LOGISTIC);
        ck_assert(score > 0 && score < 1);
        if (best >= 0) {
            ck_assert_double_eq_tol((double)score, best, 2e-6);
        }
    }
    world_free(&w);
}
END_TEST

START_TEST(strong_tastes_share_evenly_and_two_slots_go_to_the_weakest)
{
    world w = world_of("");
    const double *confidence;

    for (size_t n_slots = 2; n_slots <= 20; n_slots += 3) {
        const pal_request request = mini_request(&w.people, 0, 1, n_slots);
        pal_slate slate = { 0 };
        size_t by[6] = { 0 };

        confidence = request.profile.confidence;
        ck_assert(confidence[0] >= 1 && confidence[1] >= 1);
        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, n_slots);
        ck_assert_uint_eq(mini_repeated_artists(w.catalog, &slate), 0);
        for (size_t s = 0; s < slate.n; s++) {
            by[slate.taste[s]]++;
            ck_assert_uint_eq(slate.stage[s], PAL_AT_LOGISTIC);
            ck_assert_msg((slate.taste[s] < 2) == (s < n_slots - (n_slots > 2 ? 2 : 1)), "slot %zu", s);
            ck_assert((w.catalog->cluster_mask[slate.item[s]] >> slate.taste[s]) & 1);
        }
        ck_assert_uint_le(by[0] > by[1] ? by[0] - by[1] : by[1] - by[0], 1);
        for (size_t t = 2; t < 6; t++) {
            ck_assert_uint_le(by[t], 1);
        }
    }
    world_free(&w);
}
END_TEST

START_TEST(a_model_shows_its_best_unseen_songs_in_order)
{
    world w = world_of("{\"weak_slots\": 0}");
    const pal_request request = mini_request(&w.people, 0, 1, 10);
    pal_slate slate = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t t = 0; t < 2; t++) {
        const pal_taste_model *model = pal_taste_models_get(models_of(&w), 0, t);
        float last = INFINITY;

        for (size_t s = 0; s < slate.n; s++) {
            if (slate.taste[s] == t) {
                const float own = pal_taste_model_item(models_of(&w), model, t, slate.item[s]);

                ck_assert(own <= last);
                ck_assert_float_eq(slate.propensity[s], 1);
                last = own;
            }
        }
        for (uint32_t i = 0; i < w.catalog->n_items; i++) { /* nothing better was left out */
            bool on = pal_seen(request.seen, i) || !((w.catalog->cluster_mask[i] >> t) & 1);

            for (size_t s = 0; s < slate.n; s++) {
                on = on || w.catalog->artist[slate.item[s]] == w.catalog->artist[i];
            }
            ck_assert(on || pal_taste_model_item(models_of(&w), model, t, i) <= last);
        }
    }
    world_free(&w);
}
END_TEST

START_TEST(slate_scores_are_those_of_score)
{
    world w = world_of("");

    for (uint32_t user = 0; user < 2; user++) {
        const pal_request request = mini_request(&w.people, user, 3, 20);
        pal_slate slate = { 0 };
        float score[PAL_MAX_SLOTS];
        uint8_t at[PAL_MAX_SLOTS];

        mini_serve(&slate, &w.stage, &w.people, &request);
        ck_assert_int_eq(w.stage.type->score(w.stage.self, &request, slate.item, slate.n, score, at,
                                             w.people.scratch, NULL), PAL_OK);
        ck_assert_mem_eq(score, slate.score, slate.n * sizeof *score);
    }
    world_free(&w);
}
END_TEST

START_TEST(propensities_are_the_frequencies)
{
    world w = world_of(_i == 0 ? "" : "{\"min_auc\": 1}"); /* with models, and all drawn at random */

    mini_check_propensities(&w.stage, &w.people, 0, 3, 6000);
    mini_check_propensities(&w.stage, &w.people, 1, 2, 6000); /* a stranger */
    world_free(&w);
}
END_TEST

START_TEST(without_a_strong_taste_a_liked_one_gets_the_slots)
{
    world w = world_of("");
    const uint8_t liked = PAL_EXAMINED | PAL_LIKED;
    pal_slate one = { .n = 1, .item = { 0 }, .taste = { PAL_NO_TASTE } }, slate = { 0 };
    const size_t taste = w.catalog->cluster[0];
    size_t n = 0;

    mini_learn(&w.people, 1, 0, &one, &liked); /* confidence ln 2 < 1 */
    const pal_request request = mini_request(&w.people, 1, 1, 10);
    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 10);
    for (size_t s = 0; s < slate.n; s++) {
        n += slate.taste[s] == taste;
    }
    ck_assert_uint_eq(n, 8);
    world_free(&w);
}
END_TEST

START_TEST(every_slate_keeps_the_rules_down_to_the_last_song)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    pal_catalog *catalog;
    mini_people people;

    spec.n_items = 90 + 40 * (size_t)_i;
    spec.n_artists = _i % 2 == 0 ? 7 : 100;
    catalog = mini_catalog(spec);
    people = mini_people_of(catalog, 2, spec.n_items, mini_r1_config());
    for (size_t r = 0; r < 2; r++) {
        mini_stage stage = rung_stage(r == 0 ? "logistic" : "boosted", "{\"min_samples\": 10, \"retrain_every\": 5}",
                                      catalog, NULL, 1);

        for (uint32_t round = 0; mini_unseen(&people, (uint32_t)r) > 0; round++) {
            const pal_request request = mini_request(&people, (uint32_t)r, round, 1 + round % 20);
            pal_slate slate = { 0 }, again = { 0 };
            uint8_t flags[PAL_MAX_SLOTS];

            mini_serve(&slate, &stage, &people, &request);
            mini_serve(&again, &stage, &people, &request);
            ck_assert_mem_eq(&slate, &again, sizeof slate);
            mini_check_slate(&people, &request, &slate, 1 + round % 20);
            for (size_t s = 0; s < slate.n; s++) {
                flags[s] = rung_likes_feature(catalog, 0, slate.item[s], 1);
            }
            mini_learn(&people, (uint32_t)r, round, &slate, flags);
            ck_assert_int_eq(rung_fit(&stage, &people, 2, round, NULL), PAL_OK);
        }
        mini_stage_free(&stage);
    }
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(bad_parameters_are_named_by_their_place)
{
    static const struct {
        const char *json, *place, *what;
    } cases[] = {
        { "{\"negatives\": \"skipped\"}", "arms[0].params.negatives", "disliked" },
        { "{\"features\": \"all\"}", "arms[0].params.features", "audio" },
        { "{\"min_samples\": 1}", "arms[0].params.min_samples", "found 1" },
        { "{\"folds\": 1}", "arms[0].params.folds", "found 1" },
        { "{\"weak_slot\": 1}", "arms[0].params", "weak_slots" },
        { "{\"model\": {\"l2\": -1}}", "arms[0].params.model.l2", "found -1" },
        { "{\"model\": {\"l1\": 1}}", "arms[0].params.model", "l1" },
    };
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mini_stage stage;
        pal_error err = { 0 };

        ck_assert_int_eq(mini_stage_try(&stage, "logistic", cases[c].json, catalog, NULL, &err), PAL_ERR_CONFIG);
        ck_assert_msg(strstr(err.text, cases[c].place) != NULL && strstr(err.text, cases[c].what) != NULL, "%s",
                      err.text);
    }
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(init_survives_every_failing_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));

    mini_check_init_without_memory("logistic", "{\"model\": {\"l2\": 2}}", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_logistic(void);
Suite *suite_stages_logistic(void)
{
    Suite *suite = suite_create("stages/logistic");
    TCase *tc = tcase_create("logistic");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_score_is_the_probability_of_the_tastes_own_regression);
    tcase_add_test(tc, strong_tastes_share_evenly_and_two_slots_go_to_the_weakest);
    tcase_add_test(tc, a_model_shows_its_best_unseen_songs_in_order);
    tcase_add_test(tc, slate_scores_are_those_of_score);
    tcase_add_loop_test(tc, propensities_are_the_frequencies, 0, 2);
    tcase_add_test(tc, without_a_strong_taste_a_liked_one_gets_the_slots);
    tcase_add_loop_test(tc, every_slate_keeps_the_rules_down_to_the_last_song, 0, 4);
    tcase_add_test(tc, bad_parameters_are_named_by_their_place);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

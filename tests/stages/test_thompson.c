/* Thompson sampling: posteriors by the book, and how often songs come against what is stated. */
#include "core/mem.h"
#include "core/pmath.h"
#include "stages/builtin.h"
#include "stages/thompson_beta.h"
#include "tests/support/bandit_rig.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_stages_thompson(void);

static const char *const models[] = {
    "{\"model\": \"gaussian\"}",
    "{\"model\": \"hybrid\"}",
    "{\"model\": \"logistic\", \"scale\": 0.5}",
    "{\"model\": \"logistic\", \"laplace\": \"diagonal\", \"arms\": \"person\"}",
    "{\"model\": \"beta\"}",
    "{\"model\": \"beta\", \"arms\": \"taste\"}",
    "{\"model\": \"gaussian\", \"arms\": \"global\"}",
};
enum { MODELS = sizeof models / sizeof *models };

/* A round of ten slots for person 0, answered, learned. */
static void play(mini_world *w, uint32_t round, uint64_t seed)
{
    const pal_request request = mini_request(&w->people, 0, round, 10);
    pal_slate slate = { 0 };
    pal_event event[10];
    pal_feedback feedback = { .round = round, .events = event };
    uint8_t flags[10];

    mini_serve(&slate, &w->stage, &w->people, &request);
    mini_check_slate(&w->people, &request, &slate, 10);
    feedback.n = rig_answer(event, w->catalog, 0, round, &slate, seed);
    for (size_t s = 0; s < slate.n; s++) {
        ck_assert_uint_eq(slate.stage[s], PAL_AT_THOMPSON);
        flags[s] = event[s].flags;
    }
    mini_learn(&w->people, 0, round, &slate, flags);
    ck_assert_int_eq(w->stage.type->fit(w->stage.self, &feedback, w->people.scratch, NULL), PAL_OK);
}

START_TEST(slates_are_whole_to_the_last_song)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;

    spec.n_items = 75;
    spec.n_artists = 30;
    w = mini_world_of("thompson", models[_i % MODELS], spec, 1);
    for (uint32_t round = 0; mini_unseen(&w.people, 0) > 0; round++) {
        play(&w, round, (uint64_t)_i);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(beta_posterior_means_are_counts_and_the_prior)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));
    const pal_stage_env env = { .catalog = catalog, .n_users = 3 };
    const size_t t = catalog->cluster[7];

    for (int by_person = 0; by_person < 2; by_person++) {
        pal_beta_arms *beta = NULL;
        pal_event event[9];
        const pal_feedback round = { .n = 9, .events = event };
        const pal_key key = pal_key_for(8, 0, PAL_FOR_TEST);
        double sum = 0, squares = 0, mean, variance;

        ck_assert_int_eq(pal_beta_arms_new(&beta, &env, by_person == 1, 0.5, 2, NULL), PAL_OK);
        for (size_t e = 0; e < 9; e++) { /* 7 looked at, 5 liked; two likes of slots nobody looked at */
            event[e] = (pal_event){ .user = 1, .item = 7, .flags = (e < 7 ? PAL_EXAMINED : 0) | (e > 1 ? PAL_LIKED : 0) };
        }
        ck_assert_double_eq(pal_beta_arms_mean(beta, 1, t), 0.5);
        pal_beta_arms_learn(beta, &round);
        mean = (1 + 5) / (2 + 7.0);
        variance = mean * (1 - mean) / (2 + 7 + 1);
        ck_assert_double_eq_tol(pal_beta_arms_mean(beta, 1, t), mean, 1e-15);
        ck_assert_double_eq_tol(pal_beta_arms_mean(beta, 2, t), by_person == 1 ? 0.5 : mean, 1e-15);
        for (uint64_t s = 0; s < 20000; s++) {
            double rate[PAL_MAX_CLUSTERS];

            pal_beta_arms_sample(rate, beta, 1, key, (pal_at){ 1, 2, s });
            sum += rate[t];
            squares += (rate[t] - mean) * (rate[t] - mean);
        }
        ck_assert_double_eq_tol(sum / 20000, mean, 5 * sqrt(variance / 20000));
        ck_assert_double_eq_tol(squares / 20000, variance, 5 * variance * sqrt(2.0 / 20000));
        pal_beta_arms_free(beta);
    }
    pal_catalog_free(catalog);
}
END_TEST

/* Two tastes: P(one rate above the other) by quadrature, against how often its song is shown first. */
START_TEST(the_taste_shown_first_is_the_likelier_one_as_often_as_it_should_be)
{
    enum { KEYS = 8000, STEPS = 20000 };
    mini_spec spec = mini_defaults(3);
    mini_world w;
    pal_event event[30];
    const pal_feedback round = { .n = 30, .events = event };
    double wanted = 0, came = 0, last = 0;

    spec.n_genres = 2;
    spec.second_genre = 0;
    w = mini_world_of("thompson", "{\"model\": \"beta\", \"prior_rate\": 0.5, \"prior_weight\": 2, "
                                  "\"propensity_draws\": 1, \"shortlist\": 2}", spec, 1);
    for (size_t e = 0; e < 30; e++) { /* taste 0: 4 of 12; taste 1: 9 of 18 */
        event[e] = (pal_event){ .user = 0, .item = (uint32_t)w.catalog->cluster_begin[e < 12 ? 0 : 1],
                                .flags = PAL_EXAMINED | (e < 4 || e >= 21 ? PAL_LIKED : 0) };
    }
    ck_assert_int_eq(w.stage.type->fit(w.stage.self, &round, w.people.scratch, NULL), PAL_OK);
    for (size_t i = 1; i <= STEPS; i++) { /* sum of P(rate 1 above the middle) dF0 */
        const double f = pal_beta_inc(5, 9, (double)i / STEPS);

        wanted += (f - last) * (1 - pal_beta_inc(10, 10, ((double)i - 0.5) / STEPS));
        last = f;
    }
    for (uint32_t k = 0; k < KEYS; k++) {
        const pal_request request = mini_request(&w.people, 0, k, 1);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        came += slate.taste[0] == 1;
    }
    ck_assert_double_eq_tol(came / KEYS, wanted, 5 * sqrt(wanted * (1 - wanted) / KEYS));
    mini_world_free(&w);
}
END_TEST

/*
 * Many keys in one state: where a song comes first, the mean of its stated propensities is (1 + n p) / (1 + n), p its frequency; and
 * the stated ones, rid of the 1 / (1 + n), add up to 1 over all songs.
 */
START_TEST(songs_come_as_often_as_stated)
{
    enum { KEYS = 3000, DRAWS = 60 };
    char json[160];
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;
    size_t *count;
    double *stated, total = 0;

    spec.n_items = 200;
    spec.n_genres = 4;
    snprintf(json, sizeof json, "%.*s, \"propensity_draws\": %d, \"shortlist\": 3}", (int)strlen(models[_i]) - 1,
             models[_i], DRAWS);
    w = mini_world_of("thompson", json, spec, 1);
    count = pal_calloc(w.catalog->n_items, sizeof *count);
    stated = pal_calloc(w.catalog->n_items, sizeof *stated);
    ck_assert(count != NULL && stated != NULL);
    for (uint32_t round = 0; round < 3; round++) {
        play(&w, round, 1);
    }
    for (uint32_t k = 0; k < KEYS; k++) {
        const pal_request request = mini_request(&w.people, 0, 100 + k, 1);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        count[slate.item[0]]++;
        stated[slate.item[0]] += (double)slate.propensity[0];
    }
    for (size_t i = 0; i < w.catalog->n_items; i++) {
        const double n = (double)count[i], p = n / KEYS;

        if (n > 0) {
            const double mean = (stated[i] / n * (1 + DRAWS) - 1) / DRAWS; /* of wins among the draws apart */

            total += mean;
            if (n >= 100) {
                ck_assert_double_eq_tol(mean, p, 5 * sqrt(p * (1 - p) * (1.0 / KEYS + 1 / (n * DRAWS))));
            }
        }
    }
    ck_assert_double_eq_tol(total, 1, 0.05);
    pal_free(count);
    pal_free(stated);
    mini_world_free(&w);
}
END_TEST

/* Without randomness Thompson and LinUCB are the same greedy ridge regression. */
START_TEST(scale_0_is_linucb_with_alpha_0)
{
    const char *const thompson[] = { "{\"model\": \"gaussian\", \"scale\": 0, \"shortlist\": 600}",
                                     "{\"model\": \"hybrid\", \"scale\": 0, \"shortlist\": 600}" };
    const char *const linucb[] = { "{\"model\": \"disjoint\", \"alpha\": 0, \"shortlist\": 600}",
                                   "{\"model\": \"hybrid\", \"alpha\": 0, \"shortlist\": 600}" };
    mini_world w = mini_world_of("thompson", thompson[_i % 2], mini_defaults((uint64_t)_i), 1);
    mini_stage other = mini_stage_of("linucb", linucb[_i % 2], w.catalog);

    for (uint32_t round = 0; round < 5; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate a = { 0 }, b = { 0 };
        pal_event event[10];
        const pal_feedback feedback = { .round = round, .n = 10, .events = event };
        uint8_t flags[10];

        mini_serve(&a, &w.stage, &w.people, &request);
        mini_serve(&b, &other, &w.people, &request);
        for (size_t s = 0; s < 10 && round > 0; s++) { /* before any feedback all songs are equal */
            ck_assert_uint_eq(a.item[s], b.item[s]);
            ck_assert_float_eq(a.score[s], b.score[s]);
            ck_assert_float_eq(a.propensity[s], 1);
        }
        rig_answer(event, w.catalog, 0, round, &a, (uint64_t)_i);
        for (size_t s = 0; s < 10; s++) {
            flags[s] = event[s].flags;
        }
        mini_learn(&w.people, 0, round, &a, flags);
        ck_assert_int_eq(w.stage.type->fit(w.stage.self, &feedback, w.people.scratch, NULL), PAL_OK);
        ck_assert_int_eq(other.type->fit(other.self, &feedback, w.people.scratch, NULL), PAL_OK);
    }
    mini_stage_free(&other);
    mini_world_free(&w);
}
END_TEST

START_TEST(scores_of_slots_are_scores_of_items)
{
    mini_world w = mini_world_of("thompson", models[_i], mini_defaults(6), 1);
    const pal_request request = mini_request(&w.people, 0, 50, 10);
    pal_slate slate = { 0 };
    float score[10];
    uint8_t at[10];

    play(&w, 0, 1);
    mini_serve(&slate, &w.stage, &w.people, &request);
    ck_assert_int_eq(w.stage.type->score(w.stage.self, &request, slate.item, 10, score, at, w.people.scratch, NULL),
                     PAL_OK);
    for (size_t s = 0; s < 10; s++) {
        ck_assert_float_eq(score[s], slate.score[s]);
        ck_assert_uint_eq(at[s], PAL_AT_THOMPSON);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(what_was_learned_is_in_the_digest)
{
    mini_world w = mini_world_of("thompson", models[_i], mini_defaults(6), 1);
    const uint64_t before = w.stage.type->digest(w.stage.self);

    play(&w, 0, 1);
    ck_assert_uint_ne(w.stage.type->digest(w.stage.self), before);
    mini_world_free(&w);
}
END_TEST

/* A restored stage has the digest, and serves the slates, of the one that was saved; another kind of arms takes nothing. */
START_TEST(what_was_saved_goes_on_the_same)
{
    mini_world w = mini_world_of("thompson", models[_i], mini_defaults(6), 1);
    mini_stage again = mini_stage_of("thompson", models[_i], w.catalog);
    mini_stage other = mini_stage_of("thompson", models[(_i + 2) % MODELS], w.catalog);
    pal_tensors *file = NULL;
    pal_error err = { 0 };
    uint64_t before = w.stage.type->digest(other.self);

    play(&w, 0, 1);
    play(&w, 1, 1);
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(w.stage.type->save(w.stage.self, file, NULL), PAL_OK);
    ck_assert_int_eq(again.type->restore(again.self, file, &err), PAL_OK);
    ck_assert_uint_eq(again.type->digest(again.self), w.stage.type->digest(w.stage.self));
    for (uint32_t round = 2; round < 5; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate a = { 0 }, b = { 0 };

        mini_serve(&a, &w.stage, &w.people, &request);
        mini_serve(&b, &again, &w.people, &request);
        ck_assert_mem_eq(a.item, b.item, 10 * sizeof *a.item);
        ck_assert_mem_eq(a.score, b.score, 10 * sizeof *a.score);
        ck_assert_mem_eq(a.propensity, b.propensity, 10 * sizeof *a.propensity);
    }
    ck_assert_int_eq(other.type->restore(other.self, file, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "thompson."));
    ck_assert_uint_eq(w.stage.type->digest(other.self), before);
    pal_tensors_free(file);
    mini_stage_free(&again);
    mini_stage_free(&other);
    mini_world_free(&w);
}
END_TEST

START_TEST(beta_needs_arms_by_taste)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_stage stage;
    pal_error err = { 0 };

    ck_assert_int_eq(mini_stage_try(&stage, "thompson", "{\"model\": \"beta\", \"arms\": \"person\"}", catalog, NULL, &err),
                     PAL_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "test.json: arms[0].params.arms: "));
    ck_assert_ptr_nonnull(strstr(err.text, "\"person-taste\" or \"taste\", found \"person\""));
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(no_allocation_may_fail_unnoticed)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    mini_check_init_without_memory("thompson", models[_i], catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_thompson(void)
{
    Suite *suite = suite_create("stages/thompson");
    TCase *tc = tcase_create("thompson");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, slates_are_whole_to_the_last_song, 0, 2 * MODELS);
    tcase_add_test(tc, beta_posterior_means_are_counts_and_the_prior);
    tcase_add_test(tc, the_taste_shown_first_is_the_likelier_one_as_often_as_it_should_be);
    tcase_add_loop_test(tc, songs_come_as_often_as_stated, 0, MODELS);
    tcase_add_loop_test(tc, scale_0_is_linucb_with_alpha_0, 0, 4);
    tcase_add_loop_test(tc, scores_of_slots_are_scores_of_items, 0, MODELS);
    tcase_add_loop_test(tc, what_was_learned_is_in_the_digest, 0, MODELS);
    tcase_add_loop_test(tc, what_was_saved_goes_on_the_same, 0, MODELS);
    tcase_add_test(tc, beta_needs_arms_by_taste);
    tcase_add_loop_test(tc, no_allocation_may_fail_unnoticed, 0, MODELS);
    suite_add_tcase(suite, tc);
    return suite;
}

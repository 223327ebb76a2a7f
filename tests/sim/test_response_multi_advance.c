#include "sim/response_multi.h"

#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <string.h>

Suite *suite_sim_response_multi_advance(void);

#define SLOTS 10

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(23, 1500);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

static sim_world world_of(const char *people, const char *response)
{
    return sim_world_new(catalog, 55, people, "multi-taste", response);
}

/* A session made by hand: the same answer in every slot. */
static void session_of(pal_answer *a, uint8_t taste, unsigned flags)
{
    for (size_t k = 0; k < SLOTS; k++) {
        a[k] = (pal_answer){ 0.5f, 0.25f, taste, (uint8_t)flags };
    }
}

static void advance(const sim_world *w, uint32_t user, uint32_t round, const pal_answer *a)
{
    uint32_t item[SLOTS];

    sim_random_items(item, SLOTS, catalog, 1, user, round);
    w->type->advance(w->self, w->state, user, round, item, a, SLOTS);
}

START_TEST(satiation_follows_its_recurrence)
{
    sim_world w = world_of("{\"n\": 1, \"tastes_min\": 3}", "{\"satiation_memory\": 0.7385}");
    pal_answer a[SLOTS];
    double want = 0.0;

    session_of(a, 1, PAL_EXAMINED | PAL_CLICKED);
    a[3].flags = PAL_EXAMINED;                /* not clicked: not eaten */
    a[5].true_taste = PAL_NO_TASTE;           /* of no taste            */
    a[7].true_taste = 2;
    for (uint32_t round = 0; round < 12; round++) {
        advance(&w, 0, round, a);
        want = 0.7385 * (want + 0.7);
        ck_assert_float_eq_tol(w.state->satiation[1], (float)want, 1e-5f);
        ck_assert_float_eq_tol(w.state->satiation[2], (float)(want / 7.0), 1e-5f);
        ck_assert_float_eq(w.state->satiation[0], 0.0f);
    }
    w.type->advance(w.self, w.state, 0, 12, NULL, NULL, 0); /* a day off */
    ck_assert_float_eq_tol(w.state->satiation[1], (float)(want * 0.7385), 1e-5f);
    sim_world_free(&w);
}
END_TEST

static double distance_to(const sim_world *w, size_t taste, uint32_t item)
{
    double square = 0.0;

    for (size_t f = 0; f < catalog->d; f++) {
        const double off = (double)catalog->scaled[item * catalog->stride + f] -
                           (double)w->state->taste_center[taste * w->state->stride + f];
        square += off * off;
    }
    return sqrt(square);
}

START_TEST(a_like_pulls_its_taste_its_share_of_the_way_and_no_other)
{
    sim_world w = world_of("{\"n\": 1, \"tastes_min\": 2}",
                           "{\"drift\": true, \"drift_pull\": 0.1173, \"drift_noise\": 0, \"drift_weight\": 0}");
    const pal_answer a = { 0.5f, 0.25f, 1, PAL_EXAMINED | PAL_CLICKED | PAL_LIKED };
    const uint32_t item = 714;
    const double near = distance_to(&w, 1, item);
    float other[PAL_MAX_FEATURES];

    memcpy(other, w.state->taste_center, w.state->stride * sizeof *other);
    w.type->advance(w.self, w.state, 0, 0, &item, &a, 1);
    ck_assert_double_eq_tol(distance_to(&w, 1, item), near * (1.0 - 0.1173), 1e-4);
    ck_assert_mem_eq(other, w.state->taste_center, w.state->stride * sizeof *other);
    sim_world_free(&w);
}
END_TEST

START_TEST(a_dislike_pulls_nothing)
{
    sim_world w = world_of("{\"n\": 1}", "{\"drift\": true, \"drift_noise\": 0}");
    const pal_answer a = { 0.5f, 0.25f, 0, PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED };
    const uint32_t item = 7;
    const double near = distance_to(&w, 0, item);

    w.type->advance(w.self, w.state, 0, 0, &item, &a, 1);
    ck_assert(distance_to(&w, 0, item) == near);
    sim_world_free(&w);
}
END_TEST

/* After n rounds a random walk has variance n (noise * width)^2 a feature. */
START_TEST(the_random_walk_has_its_variance)
{
    sim_world w = world_of("{\"n\": 400, \"tastes_max\": 1}",
                           "{\"drift\": true, \"drift_pull\": 0, \"drift_noise\": 0.0385, \"drift_weight\": 0}");
    double sum = 0.0, square = 0.0, n = 0.0;

    for (uint32_t u = 0; u < 400; u++) {
        for (uint32_t round = 0; round < 25; round++) {
            w.type->advance(w.self, w.state, u, round, NULL, NULL, 0);
        }
        for (size_t f = 0; f < catalog->d; f++) {
            const size_t k = u * PAL_MAX_TASTES * w.state->stride + f;
            const double off = ((double)w.state->taste_center[k] - (double)w.people->taste_center[k]) /
                               (0.0385 * (double)w.people->taste_width[u * PAL_MAX_TASTES]);
            sum += off;
            square += off * off;
            n += 1.0;
        }
        for (size_t f = catalog->d; f < w.state->stride; f++) {
            ck_assert_float_eq(w.state->taste_center[u * PAL_MAX_TASTES * w.state->stride + f], 0.0f);
        }
    }
    ck_assert_double_eq_tol(sum / n, 0.0, 4.0 * 5.0 / sqrt(n));
    ck_assert_double_eq_tol(square / n, 25.0, 4.0 * 25.0 * sqrt(2.0 / n));
    sim_world_free(&w);
}
END_TEST

START_TEST(weights_move_to_what_is_liked_and_still_sum_to_one)
{
    sim_world w = world_of("{\"n\": 1, \"tastes_min\": 3, \"tastes_max\": 3}",
                           "{\"drift\": true, \"drift_pull\": 0, \"drift_noise\": 0, \"drift_weight\": 0.1173}");
    pal_answer a[SLOTS];
    const float before = w.state->taste_weight[2];

    session_of(a, 2, PAL_EXAMINED | PAL_CLICKED | PAL_LIKED);
    advance(&w, 0, 0, a);
    ck_assert_float_eq_tol(w.state->taste_weight[2], before + 0.1173f * (1.0f - before), 1e-6f);
    for (uint32_t round = 1; round < 200; round++) {
        advance(&w, 0, round, a);
        ck_assert_float_eq_tol(w.state->taste_weight[0] + w.state->taste_weight[1] + w.state->taste_weight[2], 1.0f,
                               1e-4f);
    }
    ck_assert(w.state->taste_weight[0] > 0.0f && w.state->taste_weight[2] > 0.99f);
    sim_world_free(&w);
}
END_TEST

START_TEST(births_come_at_their_rate_within_their_limits_and_leave_a_sound_person)
{
    sim_world w = world_of("{\"n\": 600, \"tastes_max\": 3, \"novelty_love_mean\": 1}",
                           "{\"birth\": true, \"birth_rate\": 0.0385, \"birth_most\": 2, \"birth_weight\": 0.1173}");
    double first_round = 0.0;

    for (uint32_t u = 0; u < 600; u++) {
        for (uint32_t round = 0; round < 120; round++) {
            w.type->advance(w.self, w.state, u, round, NULL, NULL, 0);
            first_round += round == 0 && w.state->born_taste[u] == 1;
        }
        const size_t n = w.state->n_tastes[u], first = u * PAL_MAX_TASTES;
        double sum = 0.0;

        ck_assert_uint_le(w.state->born_taste[u], 2);
        ck_assert_uint_eq(n, w.people->n_tastes[u] + w.state->born_taste[u]);
        for (size_t t = 0; t < n; t++) {
            const size_t c = w.state->taste_cluster[first + t];

            sum += (double)w.state->taste_weight[first + t];
            ck_assert(w.state->taste_width[first + t] > 0.0f);
            ck_assert(catalog->cluster_begin[c] < catalog->cluster_begin[c + 1]);
            for (size_t s = 0; s < t; s++) {
                ck_assert_uint_ne(c, w.state->taste_cluster[first + s]);
            }
        }
        ck_assert_double_eq_tol(sum, 1.0, 1e-5);
        if (w.state->born_taste[u] > 0) {
            ck_assert(w.state->taste_weight[first + n - 1] == 0.1173f);
        }
    }
    ck_assert_double_eq_tol(first_round / 600.0, 0.0385, 4.0 * sqrt(0.0385 * 0.9615 / 600.0));
    sim_world_free(&w);
}
END_TEST

START_TEST(nobody_is_born_beyond_eight_tastes)
{
    sim_world w = world_of("{\"n\": 20, \"tastes_min\": 7, \"novelty_love_mean\": 1}",
                           "{\"birth\": true, \"birth_rate\": 1, \"birth_most\": 8}");

    for (uint32_t u = 0; u < 20; u++) {
        for (uint32_t round = 0; round < 10; round++) {
            w.type->advance(w.self, w.state, u, round, NULL, NULL, 0);
        }
        ck_assert_uint_eq(w.state->n_tastes[u], PAL_MAX_TASTES);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(mood_is_the_running_reward)
{
    sim_world w = world_of("{\"n\": 1}", "{\"mood_memory\": 0.7385}");
    pal_answer a[SLOTS];
    double want = 0.5;

    session_of(a, 0, PAL_EXAMINED | PAL_CLICKED | PAL_LIKED);
    a[0].flags = a[1].flags = PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED;
    a[9].flags = 0; /* nine examined: seven likes, two dislikes */
    for (uint32_t round = 0; round < 20; round++) {
        advance(&w, 0, round, a);
        want = 0.7385 * want + 0.2615 * 5.0 / 9.0;
        ck_assert_float_eq_tol(w.state->mood[0], (float)want, 1e-5f);
    }
    w.type->advance(w.self, w.state, 0, 20, NULL, NULL, 0);
    ck_assert_float_eq_tol(w.state->mood[0], (float)want, 1e-5f); /* who stays away keeps the mood */
    sim_world_free(&w);
}
END_TEST

START_TEST(people_leave_after_bad_sessions_only_and_for_good)
{
    sim_world w = world_of("{\"n\": 500}", "{\"churn\": true, \"leave_rate\": 0.2385}");
    pal_answer good[SLOTS], bad[SLOTS];
    double left = 0.0, at_risk = 0.0;

    session_of(good, 0, PAL_EXAMINED | PAL_CLICKED | PAL_LIKED);
    session_of(bad, 0, PAL_EXAMINED);
    for (uint32_t u = 0; u < 500; u++) {
        for (uint32_t round = 0; round < 40; round++) {
            advance(&w, u, round, good);
            w.type->advance(w.self, w.state, u, round, NULL, NULL, 0);
        }
        ck_assert_uint_eq(w.state->alive[u], 1);
        w.state->mood[u] = PAL_MOOD_START;
        for (uint32_t round = 40; round < 90; round++) {
            const bool before = w.state->alive[u] != 0;

            advance(&w, u, round, bad);
            const bool low = pow(0.8, (double)(round - 39)) * 0.5 < 0.1; /* mood of 0.5 after that many zero rewards */

            ck_assert(low || w.state->alive[u] == 1);
            at_risk += before && low;
            left += before && w.state->alive[u] == 0;
            ck_assert((w.state->alive[u] == 0) == (w.state->left_round[u] != PAL_NEVER_LEFT));
            ck_assert(before || w.state->left_round[u] < round);
            ck_assert(before || !w.type->present(w.self, w.state, u, round));
        }
    }
    ck_assert_double_eq_tol(left / at_risk, 0.2385, 4.0 * sqrt(0.2385 * 0.7615 / at_risk));
    sim_world_free(&w);
}
END_TEST

START_TEST(a_bad_session_in_a_good_mood_drives_nobody_away)
{
    sim_world w = world_of("{\"n\": 200}", "{\"churn\": true, \"leave_rate\": 1}");
    pal_answer bad[SLOTS];

    session_of(bad, 0, PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED);
    for (uint32_t u = 0; u < 200; u++) {
        w.state->mood[u] = 0.9f;
        advance(&w, u, 0, bad);
        ck_assert_uint_eq(w.state->alive[u], 1);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(without_churn_nobody_leaves)
{
    sim_world w = world_of("{\"n\": 200}", "{\"churn\": false, \"leave_rate\": 1}");
    pal_answer bad[SLOTS];

    session_of(bad, 0, PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED);
    for (uint32_t u = 0; u < 200; u++) {
        for (uint32_t round = 0; round < 30; round++) {
            advance(&w, u, round, bad);
        }
        ck_assert_uint_eq(w.state->alive[u], 1);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(advancing_one_person_touches_no_other)
{
    sim_world w = world_of("{\"n\": 3}", "{\"drift\": true, \"birth\": true, \"birth_rate\": 1, \"churn\": true}");
    pal_error err = { .status = PAL_OK };
    pal_state *before = NULL;
    pal_answer a[SLOTS];
    const size_t stride = w.state->stride;

    CK_OK(pal_state_new(&before, w.people, &err));
    session_of(a, 0, PAL_EXAMINED | PAL_CLICKED | PAL_LIKED);
    advance(&w, 1, 0, a);
#define X(type, field, length)                                                                      \
    ck_assert_mem_eq(before->field, w.state->field, (size_t)(length) * sizeof(type));               \
    ck_assert_mem_eq(before->field + 2 * (size_t)(length), w.state->field + 2 * (size_t)(length),   \
                     (size_t)(length) * sizeof(type));
    PAL_STATE_FIELDS(X)
#undef X
    (void)stride;
    ck_assert(pal_state_digest(before) != pal_state_digest(w.state));
    pal_state_free(before);
    sim_world_free(&w);
}
END_TEST

Suite *suite_sim_response_multi_advance(void)
{
    Suite *suite = suite_create("sim/response_multi_advance");
    TCase *cases = tcase_create("response_multi_advance");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, satiation_follows_its_recurrence);
    tcase_add_test(cases, a_like_pulls_its_taste_its_share_of_the_way_and_no_other);
    tcase_add_test(cases, a_dislike_pulls_nothing);
    tcase_add_test(cases, the_random_walk_has_its_variance);
    tcase_add_test(cases, weights_move_to_what_is_liked_and_still_sum_to_one);
    tcase_add_test(cases, births_come_at_their_rate_within_their_limits_and_leave_a_sound_person);
    tcase_add_test(cases, nobody_is_born_beyond_eight_tastes);
    tcase_add_test(cases, mood_is_the_running_reward);
    tcase_add_test(cases, people_leave_after_bad_sessions_only_and_for_good);
    tcase_add_test(cases, a_bad_session_in_a_good_mood_drives_nobody_away);
    tcase_add_test(cases, without_churn_nobody_leaves);
    tcase_add_test(cases, advancing_one_person_touches_no_other);
    suite_add_tcase(suite, cases);
    return suite;
}

/* What each mechanism does to people's answers, and that it can be taken away alone. */
#include "sim/response_multi.h"

#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <string.h>

Suite *suite_sim_response_switches(void);

#define SLOTS 10

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(3, 2500);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

static sim_world world_of(const char *people, const char *response)
{
    return sim_world_new(catalog, 77, people, "multi-taste", response);
}

/* ---- Switches: one mechanism goes, everyone's luck stays ---- */

typedef struct pair {
    sim_world on, off;
} pair;

static pair pair_of(const char *off)
{
    return (pair){ world_of("{\"n\": 300}", "{}"), world_of("{\"n\": 300}", off) };
}

static void pair_free(pair *p)
{
    sim_world_free(&p->on);
    sim_world_free(&p->off);
}

START_TEST(without_position_bias_slots_that_were_examined_answer_the_same)
{
    pair p = pair_of("{\"position_bias\": false}");
    size_t examined = 0;

    for (uint32_t u = 0; u < 300; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS], b[SLOTS];

        sim_random_items(item, SLOTS, catalog, 9, u, 0);
        p.on.type->answer(p.on.self, p.on.state, u, 0, item, SLOTS, a);
        p.off.type->answer(p.off.self, p.off.state, u, 0, item, SLOTS, b);
        for (size_t k = 0; k < SLOTS; k++) {
            if ((a[k].flags & PAL_EXAMINED) != 0) {
                ck_assert_uint_eq(a[k].flags, b[k].flags);
                examined++;
            }
        }
    }
    ck_assert_uint_gt(examined, 1000);
    pair_free(&p);
}
END_TEST

START_TEST(without_noise_only_likes_and_what_follows_from_them_move)
{
    pair p = pair_of("{\"noise\": false}");
    size_t moved = 0, clicked = 0;

    for (uint32_t u = 0; u < 300; u++) {
        for (uint32_t round = 0; round < 10; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS], b[SLOTS];

            p.on.type->top(p.on.self, p.on.state, u, round, NULL, SLOTS, item, NULL, p.on.arena);
            p.on.type->answer(p.on.self, p.on.state, u, round, item, SLOTS, a);
            p.off.type->answer(p.off.self, p.off.state, u, round, item, SLOTS, b);
            for (size_t k = 0; k < SLOTS; k++) {
                ck_assert_uint_eq(a[k].flags & (PAL_EXAMINED | PAL_CLICKED), b[k].flags & (PAL_EXAMINED | PAL_CLICKED));
                ck_assert(a[k].p_click == b[k].p_click);
                clicked += (a[k].flags & PAL_CLICKED) != 0;
                moved += (a[k].flags & PAL_LIKED) != (b[k].flags & PAL_LIKED);
            }
        }
    }
    /* A flip always changes a like: its share is the parameter, 0.08. */
    ck_assert_double_eq_tol((double)moved / (double)clicked, 0.08, 4.0 * sqrt(0.08 * 0.92 / (double)clicked));
    pair_free(&p);
}
END_TEST

START_TEST(without_popularity_two_items_that_differ_in_it_alone_are_equal)
{
    sim_world w = world_of("{\"n\": 5}", "{\"popularity\": false}");
    const pal_multi *m = w.self;

    for (size_t i = 0; i < catalog->n_items; i++) {
        const pal_taste_view view = { .love = m->config.popularity_gain };

        ck_assert(view.love * m->fame[i] == 0.0f);
    }
    /* Quality keeps its spread and its luck: what is left is the noise part alone. */
    sim_world full = world_of("{\"n\": 5}", "{}");
    const pal_multi *with = full.self;

    for (size_t i = 0; i < catalog->n_items; i += 37) {
        const double noise = (double)m->terms.item[i] / 0.5;
        const double mixed = 0.48 * (double)with->fame[i] + sqrt(1.0 - 0.48 * 0.48) * noise;

        ck_assert_double_eq_tol((double)with->terms.item[i], 0.5 * mixed, 1e-5);
    }
    sim_world_free(&w);
    sim_world_free(&full);
}
END_TEST

START_TEST(without_quality_items_have_no_term_of_their_own)
{
    sim_world w = world_of("{\"n\": 2}", "{\"quality\": false}");
    const pal_multi *m = w.self;

    for (size_t i = 0; i < catalog->n_items; i++) {
        ck_assert_float_eq(m->terms.item[i], 0.0f);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(everything_else_off_leaves_the_state_as_it_was)
{
    sim_world w = world_of("{\"n\": 50}", "{\"satiation\": false}");
    uint64_t before[16], after[16];

    pal_state_field_digests(w.state, before);
    for (uint32_t u = 0; u < 50; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS];

        sim_random_items(item, SLOTS, catalog, 10, u, 0);
        w.type->answer(w.self, w.state, u, 0, item, SLOTS, a);
        w.type->advance(w.self, w.state, u, 0, item, a, SLOTS);
    }
    pal_state_field_digests(w.state, after);
    for (size_t k = 0; pal_state_field_names[k] != NULL; k++) {
        const bool mood = strcmp(pal_state_field_names[k], "mood") == 0; /* is kept, though nobody acts on it */

        ck_assert_msg((before[k] == after[k]) == !mood, "%s", pal_state_field_names[k]);
    }
    sim_world_free(&w);
}
END_TEST

/* ---- Behaviour ---- */

static float like_at(const sim_world *w, uint32_t user, uint32_t item)
{
    pal_answer a;

    w->type->truth(w->self, w->state, user, 0, &item, 1, &a);
    return a.p_like;
}

START_TEST(liking_falls_with_distance_from_the_only_taste)
{
    sim_world w = world_of("{\"n\": 30, \"tastes_max\": 1}",
                           "{\"quality\": false, \"popularity\": false, \"outside_penalty\": 0}");

    for (uint32_t u = 0; u < 30; u++) {
        uint32_t item[PAL_MAX_SLOTS];
        double far[PAL_MAX_SLOTS];

        sim_random_items(item, PAL_MAX_SLOTS, catalog, 11, u, 0);
        for (size_t k = 0; k < PAL_MAX_SLOTS; k++) {
            far[k] = 0.0;
            for (size_t f = 0; f < catalog->d; f++) {
                const double off = (double)catalog->scaled[item[k] * catalog->stride + f] -
                                   (double)w.state->taste_center[u * PAL_MAX_TASTES * w.state->stride + f];
                far[k] += off * off;
            }
        }
        for (size_t a = 0; a < PAL_MAX_SLOTS; a++) {
            for (size_t b = 0; b < PAL_MAX_SLOTS; b++) {
                if (far[a] + 1e-3 < far[b]) {
                    ck_assert(like_at(&w, u, item[a]) >= like_at(&w, u, item[b]));
                }
            }
        }
    }
    sim_world_free(&w);
}
END_TEST

/* Mean truth of the ten items whose features lie nearest to a point. */
static double like_near(const sim_world *w, uint32_t user, const float *point)
{
    double far[SLOTS], sum = 0.0;
    uint32_t item[SLOTS];
    size_t n = 0;

    for (uint32_t i = 0; i < catalog->n_items; i++) {
        double square = 0.0;
        size_t at;

        for (size_t f = 0; f < catalog->d; f++) {
            const double off = (double)catalog->scaled[i * catalog->stride + f] - (double)point[f];

            square += off * off;
        }
        if (n == SLOTS && square >= far[n - 1]) {
            continue;
        }
        for (at = n < SLOTS ? n++ : n - 1; at > 0 && far[at - 1] > square; at--) {
            far[at] = far[at - 1];
            item[at] = item[at - 1];
        }
        far[at] = square;
        item[at] = i;
    }
    for (size_t k = 0; k < n; k++) {
        sum += (double)like_at(w, user, item[k]) / (double)n;
    }
    return sum;
}

/* What a merged profile would serve: songs halfway between two tastes are liked less than songs near either. */
START_TEST(what_lies_between_two_tastes_is_liked_less_than_what_lies_near_them)
{
    sim_world w = world_of("{\"n\": 300, \"tastes_min\": 2, \"tastes_max\": 2, \"contradiction\": 0.8}", "{}");
    double middle = 0.0, ends = 0.0;

    for (uint32_t u = 0; u < 300; u++) {
        const float *a = w.state->taste_center + u * PAL_MAX_TASTES * w.state->stride, *b = a + w.state->stride;
        float half[PAL_MAX_FEATURES];

        for (size_t f = 0; f < catalog->d; f++) {
            half[f] = 0.5f * (a[f] + b[f]);
        }
        middle += like_near(&w, u, half);
        ends += 0.5 * (like_near(&w, u, a) + like_near(&w, u, b));
    }
    ck_assert_double_lt(middle, 0.75 * ends);
    sim_world_free(&w);
}
END_TEST

START_TEST(satiation_lowers_liking_and_rest_restores_it)
{
    sim_world w = world_of("{\"n\": 20, \"tastes_max\": 1}", "{\"position_bias\": false}");

    for (uint32_t u = 0; u < 20; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS];

        w.type->top(w.self, w.state, u, 0, NULL, SLOTS, item, NULL, w.arena);
        const float fresh = like_at(&w, u, item[0]);

        w.type->answer(w.self, w.state, u, 0, item, SLOTS, a);
        w.type->advance(w.self, w.state, u, 0, item, a, SLOTS);
        const float fed = like_at(&w, u, item[0]);
        sim_counts counts = { 0 };

        sim_count(&counts, a, SLOTS);
        /* memory * share of the slate clicked, in closed form */
        ck_assert_float_eq_tol(w.state->satiation[u * PAL_MAX_TASTES], 0.5f * (float)(counts.clicked / SLOTS), 1e-6f);
        ck_assert(counts.clicked == 0.0 || fed < fresh);
        for (uint32_t round = 1; round < 30; round++) {
            w.type->advance(w.self, w.state, u, round, NULL, NULL, 0);
        }
        ck_assert_float_eq_tol(like_at(&w, u, item[0]), fresh, 1e-5f);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(more_match_quality_and_popularity_never_lower_a_probability)
{
    sim_world w = world_of("{\"n\": 5}", "{\"flip\": 0.1173}");
    pal_taste_view view;
    float p_click = -1.0f, p_like = -1.0f;

    pal_taste_view_of(&view, w.self, w.state, 3);
    for (int k = -400; k <= 400; k++) {
        float c, l;

        pal_multi_probabilities(w.self, &view, 0.0385f * (float)k, &c, &l);
        ck_assert(c >= p_click - 1e-6f && l >= p_like - 1e-6f && l <= c);
        p_click = c;
        p_like = l;
    }
    ck_assert_float_eq_tol(p_like, 1.0f - 0.1173f, 1e-4f); /* the flip is a ceiling */
    sim_world_free(&w);
}
END_TEST

Suite *suite_sim_response_switches(void)
{
    Suite *suite = suite_create("sim/response_switches");
    TCase *cases = tcase_create("response_switches");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, without_position_bias_slots_that_were_examined_answer_the_same);
    tcase_add_test(cases, without_noise_only_likes_and_what_follows_from_them_move);
    tcase_add_test(cases, without_popularity_two_items_that_differ_in_it_alone_are_equal);
    tcase_add_test(cases, without_quality_items_have_no_term_of_their_own);
    tcase_add_test(cases, everything_else_off_leaves_the_state_as_it_was);
    tcase_add_test(cases, liking_falls_with_distance_from_the_only_taste);
    tcase_add_test(cases, what_lies_between_two_tastes_is_liked_less_than_what_lies_near_them);
    tcase_add_test(cases, satiation_lowers_liking_and_rest_restores_it);
    tcase_add_test(cases, more_match_quality_and_popularity_never_lower_a_probability);
    suite_add_tcase(suite, cases);
    return suite;
}

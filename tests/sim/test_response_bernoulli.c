#include "sim/response.h"

#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <string.h>

Suite *suite_sim_response_bernoulli(void);

#define SLOTS 20

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(29, 1500);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

static sim_world world_of(const char *response)
{
    return sim_world_new(catalog, 262, "{\"n\": 60, \"preset\": \"r1\"}", "cluster-bernoulli", response);
}

/* A genre of the item in one of the person's clusters, by the catalog's lists, not by its masks. */
static bool is_strong(const sim_world *w, uint32_t u, uint32_t i)
{
    for (size_t g = catalog->genre_begin[i]; g < catalog->genre_begin[i + 1]; g++) {
        for (size_t t = 0; t < w->state->n_tastes[u]; t++) {
            if (catalog->clusters->cluster_of[catalog->genre_of[g]] ==
                (int)w->state->taste_cluster[u * PAL_MAX_TASTES + t]) {
                return true;
            }
        }
    }
    return false;
}

START_TEST(truth_is_r1s_and_every_slot_is_answered_with_like_or_dislike)
{
    sim_world w = world_of("{}");

    for (uint32_t u = 0; u < 60; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS], t[SLOTS];

        sim_random_items(item, SLOTS, catalog, 1, u, 0);
        w.type->answer(w.self, w.state, u, 3, item, SLOTS, a);
        w.type->truth(w.self, w.state, u, 3, item, SLOTS, t);
        for (size_t k = 0; k < SLOTS; k++) {
            const bool strong = is_strong(&w, u, item[k]);

            ck_assert_float_eq_tol(t[k].p_like, strong ? 0.7375f : 0.2625f, 1e-6f); /* 0.95 p + 0.025 */
            ck_assert(a[k].p_like == t[k].p_like && a[k].p_click == 1.0f);
            ck_assert((t[k].true_taste != PAL_NO_TASTE) == strong);
            ck_assert_uint_eq(t[k].flags, 0);
            ck_assert_uint_eq(a[k].flags & (PAL_EXAMINED | PAL_CLICKED), PAL_EXAMINED | PAL_CLICKED);
            ck_assert(((a[k].flags & PAL_LIKED) != 0) != ((a[k].flags & PAL_DISLIKED) != 0));
            ck_assert_uint_eq(a[k].flags & PAL_SKIPPED, 0);
        }
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(likes_come_as_often_as_the_truth_says)
{
    sim_world w = world_of(_i == 0 ? "{}" : "{\"p_strong\": 0.6385, \"p_weak\": 0.1173, \"coin\": 0.3}");
    double likes[2] = { 0.0 }, p[2] = { 0.0 }, v[2] = { 0.0 };

    for (uint32_t u = 0; u < 60; u++) {
        for (uint32_t round = 0; round < 60; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS];

            sim_random_items(item, SLOTS, catalog, 2, u, round);
            w.type->answer(w.self, w.state, u, round, item, SLOTS, a);
            for (size_t k = 0; k < SLOTS; k++) {
                const int strong = is_strong(&w, u, item[k]);

                likes[strong] += (a[k].flags & PAL_LIKED) != 0;
                p[strong] += (double)a[k].p_like;
                v[strong] += (double)a[k].p_like * (1.0 - (double)a[k].p_like);
            }
        }
    }
    ck_assert_double_eq_tol(likes[0], p[0], 4.0 * sqrt(v[0]));
    ck_assert_double_eq_tol(likes[1], p[1], 4.0 * sqrt(v[1]));
    sim_world_free(&w);
}
END_TEST

START_TEST(without_noise_only_coin_flips_change)
{
    sim_world on = world_of("{}"), off = world_of("{\"noise\": false}");
    double moved = 0.0, n = 0.0;

    for (uint32_t u = 0; u < 60; u++) {
        for (uint32_t round = 0; round < 20; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS], b[SLOTS];

            sim_random_items(item, SLOTS, catalog, 3, u, round);
            on.type->answer(on.self, on.state, u, round, item, SLOTS, a);
            off.type->answer(off.self, off.state, u, round, item, SLOTS, b);
            for (size_t k = 0; k < SLOTS; k++) {
                moved += a[k].flags != b[k].flags;
                n += 1.0;
                ck_assert_float_eq(b[k].p_like, is_strong(&off, u, item[k]) ? 0.75f : 0.25f);
            }
        }
    }
    /* one in twenty is a coin flip; a quarter of those draws lie between 0.5 and p */
    ck_assert_double_eq_tol(moved / n, 0.05 * 0.25, 4.0 * sqrt(0.0125 / n));
    sim_world_free(&on);
    sim_world_free(&off);
}
END_TEST

START_TEST(top_is_the_strong_items_in_id_order_then_the_others)
{
    static const char *const worlds[3] = { "{}", "{\"p_strong\": 0.1, \"p_weak\": 0.6}", "{\"p_strong\": 0.25}" };
    sim_world w = world_of(worlds[_i]);
    uint64_t seen[1500 / 64 + 1];

    for (uint32_t u = 0; u < 60; u++) {
        uint32_t got[1500];
        float p[1500];
        const size_t k = u % 3 == 0 ? 1500 : 30;
        size_t at = 0;

        for (size_t word = 0; word < sizeof seen / sizeof *seen; word++) {
            seen[word] = pal_u64(pal_key_for(u, 0, PAL_FOR_TEST), (pal_at){ word, 0, 0 }, 0);
        }
        const size_t n = w.type->top(w.self, w.state, u, 0, seen, k, got, p, w.arena);

        for (int pass = 0; pass < 2; pass++) { /* the better kind, then the worse; one kind when both are alike */
            for (uint32_t i = 0; i < catalog->n_items && at < k; i++) {
                const bool strong = is_strong(&w, u, i), first = _i == 2 || strong == (_i == 0);

                if ((seen[i >> 6] >> (i & 63) & 1) == 0 && (first ? pass == 0 : pass == 1)) {
                    ck_assert_uint_lt(at, n);
                    ck_assert_uint_eq(got[at++], i);
                }
            }
        }
        ck_assert_uint_eq(at, n);
        for (size_t j = 1; j < n; j++) {
            ck_assert(p[j] <= p[j - 1]);
        }
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(nothing_moves_between_rounds)
{
    sim_world w = world_of("{}");
    const uint64_t before = pal_state_digest(w.state);
    uint32_t item[SLOTS];
    pal_answer a[SLOTS];

    sim_random_items(item, SLOTS, catalog, 4, 5, 0);
    w.type->answer(w.self, w.state, 5, 0, item, SLOTS, a);
    w.type->advance(w.self, w.state, 5, 0, item, a, SLOTS);
    ck_assert(pal_state_digest(w.state) == before);
    ck_assert(w.type->present(w.self, w.state, 5, 1));
    w.state->alive[5] = 0;
    ck_assert(!w.type->present(w.self, w.state, 5, 1));
    sim_world_free(&w);
}
END_TEST

/* ---- The registry ---- */

START_TEST(models_are_found_by_name_in_their_order)
{
    pal_error err = { .status = PAL_OK };
    size_t index = 99;

    ck_assert_uint_eq(pal_response_count(), 2);
    ck_assert_str_eq(pal_response_at(0)->name, "multi-taste");
    CK_OK(pal_response_find(&index, "cluster-bernoulli", "x.json", "response.model", &err));
    ck_assert_uint_eq(index, 1);
}
END_TEST

START_TEST(a_model_that_is_not_there_is_named_with_the_nearest)
{
    pal_error err = { .status = PAL_OK };
    size_t index;

    data_check_error(pal_response_find(&index, "multi-tase", "x.json", "response.model", &err), &err, PAL_ERR_CONFIG,
                     "x.json|response.model|\"multi-tase\"|did you mean \"multi-taste\"|cluster-bernoulli");
    data_check_error(pal_response_find(&index, "qqqqqq", "x.json", "response.model", &err), &err, PAL_ERR_CONFIG,
                     "\"qqqqqq\"|multi-taste, cluster-bernoulli");
}
END_TEST

START_TEST(every_model_is_complete_and_explains_itself)
{
    for (size_t k = 0; k < pal_response_count(); k++) {
        const pal_response_type *r = pal_response_at(k);

        ck_assert(r->init && r->present && r->answer && r->truth && r->top && r->advance && r->free);
        ck_assert_uint_gt(strlen(r->formulas), 300);
        for (const pal_param *p = r->params; p->name != NULL; p++) {
            const bool is_switch = p->kind == PAL_PARAM_BOOL;

            ck_assert_msg(is_switch || p->source != NULL, "%s.%s has no source", r->name, p->name);
            ck_assert_msg(is_switch || strstr(r->formulas, p->name) != NULL, "%s: %s is in no formula", r->name,
                          p->name);
        }
        r->free(NULL);
    }
}
END_TEST

Suite *suite_sim_response_bernoulli(void)
{
    Suite *suite = suite_create("sim/response_bernoulli");
    TCase *cases = tcase_create("response_bernoulli");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, truth_is_r1s_and_every_slot_is_answered_with_like_or_dislike);
    tcase_add_loop_test(cases, likes_come_as_often_as_the_truth_says, 0, 2);
    tcase_add_test(cases, without_noise_only_coin_flips_change);
    tcase_add_loop_test(cases, top_is_the_strong_items_in_id_order_then_the_others, 0, 3);
    tcase_add_test(cases, nothing_moves_between_rounds);
    tcase_add_test(cases, models_are_found_by_name_in_their_order);
    tcase_add_test(cases, a_model_that_is_not_there_is_named_with_the_nearest);
    tcase_add_test(cases, every_model_is_complete_and_explains_itself);
    suite_add_tcase(suite, cases);
    return suite;
}

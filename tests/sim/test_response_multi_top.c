#include "sim/response_multi.h"

#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_sim_response_multi_top(void);

#define N_ITEMS 2500

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(19, N_ITEMS);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

typedef struct rated {
    float utility;
    uint32_t item;
} rated;

static int best_first(const void *a, const void *b)
{
    const rated *x = a, *y = b;

    if (x->utility != y->utility) {
        return x->utility > y->utility ? -1 : 1;
    }
    return (x->item > y->item) - (x->item < y->item);
}

/* The slow obvious version: every unseen item, sorted. */
static size_t slow_top(rated *all, const sim_world *w, uint32_t user, const uint64_t *seen)
{
    pal_taste_view view;
    size_t n = 0;

    pal_taste_view_of(&view, w->self, w->state, user);
    for (uint32_t i = 0; i < w->catalog->n_items; i++) {
        uint8_t taste;

        if (seen == NULL || (seen[i >> 6] >> (i & 63) & 1) == 0) {
            pal_multi_utility(&all[n].utility, &taste, w->self, &view, &i, 1);
            all[n++].item = i;
        }
    }
    qsort(all, n, sizeof *all, best_first);
    return n;
}

static void check_person(const sim_world *w, uint32_t user, const uint64_t *seen, size_t k)
{
    rated *all = calloc(w->catalog->n_items, sizeof *all);
    uint32_t *item = calloc(k + 1, sizeof *item);
    float *p = calloc(k + 1, sizeof *p);

    ck_assert(all != NULL && item != NULL && p != NULL);
    const size_t have = slow_top(all, w, user, seen);
    const size_t n = w->type->top(w->self, w->state, user, 5, seen, k, item, p, w->arena);

    ck_assert_uint_eq(n, have < k ? have : k);
    for (size_t j = 0; j < n; j++) {
        pal_answer truth;

        ck_assert_msg(item[j] == all[j].item, "user %u place %zu: %u, not %u", user, j, item[j], all[j].item);
        w->type->truth(w->self, w->state, user, 5, &item[j], 1, &truth);
        ck_assert(p[j] == truth.p_like); /* to the last bit */
    }
    free(all);
    free(item);
    free(p);
}

static const char *const worlds[][2] = {
    { "{\"n\": 25}", "{}" },
    { "{\"n\": 25, \"tastes_min\": 8}", "{\"outside_penalty\": 0.1173}" },
    { "{\"n\": 25, \"taste_width\": 0.1385}", "{\"quality_gain\": 0, \"popularity_gain\": 0}" },
    { "{\"n\": 25, \"taste_width\": 9.5}", "{\"popularity_gain\": 5, \"quality_gain\": 3}" },
    { "{\"n\": 25, \"tastes_max\": 1}", "{\"match_gain\": 0.0385}" },
    { "{\"n\": 25, \"contradiction\": 1}", "{\"outside_penalty\": 40, \"satiation_gain\": 2}" },
    { "{\"n\": 25, \"preset\": \"r1\"}", "{\"match_gain\": 0, \"quality_gain\": 0, \"popularity_gain\": 0}" }, /* all tie */
    { "{\"n\": 25}", "{\"herding\": true}" },
    { "{\"n\": 25}", "{\"herding\": true, \"herding_gain\": 50, \"herding_memory\": 1}" },
    { "{\"n\": 25, \"preset\": \"r1\"}",
      "{\"herding\": true, \"match_gain\": 0, \"quality_gain\": 0, \"popularity_gain\": 0}" }, /* plays alone */
};

/* A few rounds of plays, many of few items and few of many. */
static void play_some(const sim_world *w, uint64_t seed)
{
    const pal_key key = pal_key_for(seed, 1, PAL_FOR_TEST);
    uint32_t plays[N_ITEMS];

    for (uint64_t round = 0; round < 3 && w->state->herd != NULL; round++) {
        for (size_t i = 0; i < N_ITEMS; i++) {
            const uint64_t draw = pal_u64(key, (pal_at){ i, round, 0 }, 0);

            plays[i] = draw % 64 == 0 ? (uint32_t)(draw >> 32) % 4000 : draw % 4 == 0;
        }
        w->type->settle(w->self, w->state, plays);
    }
}

START_TEST(top_is_the_slow_version_to_the_last_bit)
{
    const size_t shape = (size_t)_i % (sizeof worlds / sizeof *worlds);
    sim_world w = sim_world_new(catalog, 100 + (uint64_t)_i, worlds[shape][0], "multi-taste", worlds[shape][1]);
    const pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    uint64_t seen[N_ITEMS / 64 + 1];

    play_some(&w, (uint64_t)_i);
    for (uint32_t u = 0; u < w.people->n; u++) {
        for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
            w.state->satiation[u * PAL_MAX_TASTES + t] = (float)pal_u01(key, (pal_at){ u, 0, t }, 0);
        }
        for (size_t word = 0; word < N_ITEMS / 64 + 1; word++) { /* from none seen to nearly all */
            const pal_at at = { u, 1, word };

            seen[word] = u % 4 == 0 ? 0 : pal_u64(key, at, 0) | (u % 4 == 3 ? pal_u64(key, at, 1) | pal_u64(key, at, 2) : 0);
        }
        check_person(&w, u, u % 5 == 0 ? NULL : seen, u % 7 == 0 ? 1 : u % 7 == 1 ? 50 : 10);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(top_gives_what_is_left_when_there_is_too_little)
{
    sim_world w = sim_world_new(catalog, 5, "{\"n\": 2}", "multi-taste", "{}");
    uint64_t seen[N_ITEMS / 64 + 1];

    memset(seen, 0xff, sizeof seen);
    check_person(&w, 0, seen, 10);
    seen[3] &= ~(UINT64_C(1) << 17);
    seen[9] &= ~(UINT64_C(5) << 40);
    check_person(&w, 1, seen, 10);
    ck_assert_uint_eq(w.type->top(w.self, w.state, 0, 0, NULL, 0, NULL, NULL, w.arena), 0);
    check_person(&w, 1, NULL, N_ITEMS);
    sim_world_free(&w);
}
END_TEST

/* Other catalogs: planted groups or plain noise, other scalings, few items, one cluster a genre. */
START_TEST(top_is_exact_on_random_catalogs)
{
    const data_shape shape = { 60 + 97 * (size_t)_i, 1 + (size_t)_i % 11, 1 + (size_t)_i % 9, 12, (size_t)_i % 4 };
    pal_catalog *random = data_random_catalog((uint64_t)_i, shape, (pal_scaling)(_i % 3));
    sim_world w = sim_world_new(random, 7, "{\"n\": 8}", "multi-taste", "{}");

    for (uint32_t u = 0; u < 8; u++) {
        check_person(&w, u, NULL, 7);
    }
    sim_world_free(&w);
    pal_catalog_free(random);
}
END_TEST

Suite *suite_sim_response_multi_top(void)
{
    Suite *suite = suite_create("sim/response_multi_top");
    TCase *cases = tcase_create("response_multi_top");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, top_is_the_slow_version_to_the_last_bit, 0, 20);
    tcase_add_test(cases, top_gives_what_is_left_when_there_is_too_little);
    tcase_add_loop_test(cases, top_is_exact_on_random_catalogs, 0, 18);
    suite_add_tcase(suite, cases);
    return suite;
}

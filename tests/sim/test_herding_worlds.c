/* What following plays does to success: Salganik, Dodds and Watts (Science 311, 2006) in small. Worlds of the same people and
 * items that differ by luck alone, with slates drawn at random, so that nothing but the listeners makes an item successful. */
#include "sim/response_multi.h"

#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <stdlib.h>

Suite *suite_sim_herding_worlds(void);

enum { ITEMS = 120, PEOPLE = 300, SLOTS = 10, ROUNDS = 24, LUCKS = 6 };

/* Plays of each item over all rounds of the world of one luck. */
static void play_world(uint32_t total[ITEMS], sim_world *w, uint32_t luck)
{
    pal_multi *model = w->self;

    model->choice = pal_key_for(31, luck, PAL_FOR_CHOICE);
    model->examine = pal_key_for(31, luck, PAL_FOR_EXAMINE);
    model->presence = pal_key_for(31, luck, PAL_FOR_PRESENCE);
    pal_state_reset(w->state, w->people);
    for (uint32_t i = 0; i < ITEMS; i++) total[i] = 0;
    for (uint32_t t = 0; t < ROUNDS; t++) {
        uint32_t plays[ITEMS] = { 0 };

        for (uint32_t u = 0; u < PEOPLE; u++) {
            uint32_t item[SLOTS];
            pal_answer answer[SLOTS];

            if (!w->type->present(w->self, w->state, u, t)) continue;
            sim_random_items(item, SLOTS, w->catalog, 1000 + luck, u, t);
            w->type->answer(w->self, w->state, u, t, item, SLOTS, answer);
            for (size_t s = 0; s < SLOTS; s++) plays[item[s]] += (answer[s].flags & PAL_CLICKED) != 0;
            w->type->advance(w->self, w->state, u, t, item, answer, SLOTS);
        }
        for (uint32_t i = 0; i < ITEMS; i++) total[i] += plays[i];
        if (w->state->herd != NULL) w->type->settle(w->self, w->state, plays);
    }
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Half the mean difference between two items over the mean: by ranks. */
static double gini(const uint32_t plays[ITEMS])
{
    uint32_t sorted[ITEMS];
    double weighted = 0, sum = 0;

    for (size_t i = 0; i < ITEMS; i++) sorted[i] = plays[i];
    qsort(sorted, ITEMS, sizeof *sorted, ascending);
    for (size_t i = 0; i < ITEMS; i++) {
        weighted += (2.0 * (double)i + 1 - ITEMS) * sorted[i];
        sum += sorted[i];
    }
    return weighted / (ITEMS * sum);
}

static double correlation(const uint32_t a[ITEMS], const uint32_t b[ITEMS])
{
    double ma = 0, mb = 0, aa = 0, ab = 0, bb = 0;

    for (size_t i = 0; i < ITEMS; i++) ma += a[i] / (double)ITEMS, mb += b[i] / (double)ITEMS;
    for (size_t i = 0; i < ITEMS; i++) {
        aa += (a[i] - ma) * (a[i] - ma);
        ab += (a[i] - ma) * (b[i] - mb);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / sqrt(aa * bb);
}

/* Their unpredictability: how far the shares of all plays that an item has in two worlds lie apart, on average. */
static double shares_apart(const uint32_t a[ITEMS], const uint32_t b[ITEMS])
{
    double sum_a = 0, sum_b = 0, apart = 0;

    for (size_t i = 0; i < ITEMS; i++) sum_a += a[i], sum_b += b[i];
    for (size_t i = 0; i < ITEMS; i++) apart += fabs(a[i] / sum_a - b[i] / sum_b) / ITEMS;
    return apart;
}

typedef struct outcome {
    double gini, correlation, apart; /* mean over worlds; means over pairs of worlds */
} outcome;

static outcome worlds_of(const pal_catalog *catalog, const char *response)
{
    static uint32_t total[LUCKS][ITEMS];
    sim_world w = sim_world_new(catalog, 21, "{\"n\": 300}", "multi-taste", response);
    const double pairs = LUCKS * (LUCKS - 1) / 2;
    outcome out = { 0, 0, 0 };

    for (uint32_t r = 0; r < LUCKS; r++) {
        play_world(total[r], &w, r);
        out.gini += gini(total[r]) / LUCKS;
        for (uint32_t q = 0; q < r; q++) {
            out.correlation += correlation(total[q], total[r]) / pairs;
            out.apart += shares_apart(total[q], total[r]) / pairs;
        }
    }
    sim_world_free(&w);
    return out;
}

/* Luck alone moves correlations of the six worlds by some thousandths; the three catalogs differ in everything. */
START_TEST(following_makes_success_more_unequal_and_less_predictable)
{
    pal_catalog *catalog = sim_catalog(5 + (uint64_t)_i, ITEMS);
    const outcome alone = worlds_of(catalog, "{}");
    const outcome some = worlds_of(catalog, "{\"herding\": true, \"herding_gain\": 0.5, \"herding_memory\": 1}");
    const outcome much = worlds_of(catalog, "{\"herding\": true, \"herding_gain\": 1, \"herding_memory\": 1}");

    ck_assert_double_gt(some.gini, alone.gini + 0.05);
    ck_assert_double_gt(much.gini, some.gini + 0.04);
    ck_assert_double_lt(some.correlation, alone.correlation - 0.004);
    ck_assert_double_lt(much.correlation, some.correlation - 0.012);
    ck_assert_double_gt(some.apart, alone.apart * 1.2);
    ck_assert_double_gt(much.apart, some.apart * 1.2);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_sim_herding_worlds(void)
{
    Suite *suite = suite_create("sim/herding_worlds");
    TCase *cases = tcase_create("herding_worlds");

    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, following_makes_success_more_unequal_and_less_predictable, 0, 3);
    suite_add_tcase(suite, cases);
    return suite;
}

/* The crowd's appeal: the formula by hand, and what it does to slates. */
#include "core/mem.h"
#include "stages/crowd.h"
#include "tests/support/mini_stages.h"

#include <check.h>
#include <math.h>

static uint16_t cluster[4] = { 0, 0, 0, 1 };
static float popularity[4] = { 0, 50, 100, 20 };
static const pal_catalog plain = { .n_items = 4, .cluster = cluster, .popularity = popularity };

static void near(double found, double wanted)
{
    ck_assert_msg(fabs(found - wanted) < 1e-6, "found %.9g, wanted %.9g", found, wanted);
}

START_TEST(appeal_is_popularity_and_log_lift)
{
    /* cluster 0: 3 likes of 8 impressions, so 0.375 each; item 0: 3 of 4, item 1: 0 of 4 */
    pal_event events[9] = { 0 };
    pal_crowd *crowd = NULL;

    for (size_t e = 0; e < 8; e++) {
        events[e] = (pal_event){ .item = e < 4 ? 0 : 1, .flags = e < 3 ? PAL_LIKED : PAL_DISLIKED };
    }
    events[8].item = 3;
    ck_assert_int_eq(pal_crowd_new(&crowd, &plain, 0.8, 0.5, 2, NULL), PAL_OK);
    for (size_t i = 0; i < 4; i++) {
        near((double)crowd->appeal[i], 0.008 * (double)popularity[i]);
    }
    pal_crowd_learn(crowd, events, 9);
    near((double)crowd->appeal[0], 0.5 * log(5 / 3.5));
    near((double)crowd->appeal[1], 0.4 + 0.5 * log(2 / 3.5));
    near((double)crowd->appeal[2], 0.8); /* never shown: no opinion */
    near((double)crowd->appeal[3], 0.16); /* its cluster was never liked: as expected */
    pal_crowd_free(crowd);
}
END_TEST

START_TEST(the_digest_knows_likes_and_impressions)
{
    const pal_event shown = { .item = 2 }, liked = { .item = 2, .flags = PAL_LIKED };
    pal_crowd *a = NULL, *b = NULL;

    ck_assert_int_eq(pal_crowd_new(&a, &plain, 1, 1, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_crowd_new(&b, &plain, 1, 1, 1, NULL), PAL_OK);
    ck_assert_uint_eq(pal_crowd_digest(a), pal_crowd_digest(b));
    pal_crowd_learn(a, &shown, 1);
    ck_assert(pal_crowd_digest(a) != pal_crowd_digest(b));
    pal_crowd_learn(b, &liked, 1);
    ck_assert(pal_crowd_digest(a) != pal_crowd_digest(b));
    pal_crowd_free(a);
    pal_crowd_free(b);
}
END_TEST

/* The song everyone liked comes first in its taste, for a person who never saw it. */
START_TEST(what_everyone_likes_is_shown_first)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("ranking", "{\"score\": \"palate\", \"explore\": 0, \"crowd_pull\": 10}", catalog);
    pal_event events[200];
    const pal_feedback round = { .n = 200, .events = events };
    const pal_request request = mini_request(&people, 0, 0, 10);
    const uint64_t before = stage.type->digest(stage.self);
    pal_slate slate = { 0 };
    uint32_t star = 0;
    bool seen = false;

    while (catalog->popularity[star] > 5) {
        star++;
    }
    for (size_t e = 0; e < 200; e++) {
        const uint32_t other = catalog->cluster[star] == catalog->cluster[e] ? (uint32_t)e : star + 1;

        events[e] = (pal_event){ .item = e < 30 ? star : other, .flags = e < 30 ? PAL_LIKED : 0 };
    }
    ck_assert_int_eq(stage.type->fit(stage.self, &round, people.scratch, NULL), PAL_OK);
    ck_assert(stage.type->digest(stage.self) != before);
    for (uint32_t r = 0; r < 30; r++) {
        pal_request later = request;

        later.round = r;
        slate.n = 0;
        mini_serve(&slate, &stage, &people, &later);
        for (size_t s = 0; s < slate.n; s++) {
            if (slate.taste[s] == catalog->cluster[star]) {
                ck_assert_uint_eq(slate.item[s], star);
                seen = true;
                break;
            }
        }
    }
    ck_assert(seen);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(the_reference_does_not_listen_to_the_crowd)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_stage stage = mini_stage_of("ranking", "", catalog);
    const pal_event liked = { .item = 2, .flags = PAL_LIKED };
    const pal_feedback round = { .n = 1, .events = &liked };
    const uint64_t before = stage.type->digest(stage.self);

    ck_assert_int_eq(stage.type->fit(stage.self, &round, NULL, NULL), PAL_OK);
    ck_assert_uint_eq(stage.type->digest(stage.self), before);
    mini_stage_free(&stage);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(without_memory_there_is_no_crowd)
{
    for (size_t n = 1; n <= 4; n++) {
        pal_crowd *crowd = NULL;
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_crowd_new(&crowd, &plain, 1, 1, 1, NULL);
        pal_mem_fail_at(0);
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
        ck_assert_ptr_null(crowd);
    }
}
END_TEST

Suite *suite_stages_crowd(void);
Suite *suite_stages_crowd(void)
{
    Suite *suite = suite_create("stages/crowd");
    TCase *tc = tcase_create("crowd");

    tcase_add_test(tc, appeal_is_popularity_and_log_lift);
    tcase_add_test(tc, the_digest_knows_likes_and_impressions);
    tcase_add_test(tc, what_everyone_likes_is_shown_first);
    tcase_add_test(tc, the_reference_does_not_listen_to_the_crowd);
    tcase_add_test(tc, without_memory_there_is_no_crowd);
    suite_add_tcase(suite, tc);
    return suite;
}

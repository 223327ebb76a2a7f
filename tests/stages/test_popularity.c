/* The popularity stage: the formula by hand, and one ranking for all. */
#include "stages/builtin.h"
#include "tests/support/mini_stages.h"

#include <check.h>
#include <math.h>
#include <string.h>

static float score_one(const mini_stage *stage, const mini_people *people, uint32_t item)
{
    const pal_request request = mini_request(people, 0, 0, 10);
    uint8_t at;
    float score;

    ck_assert_int_eq(stage->type->score(stage->self, &request, &item, 1, &score, &at, people->scratch, NULL), PAL_OK);
    ck_assert_uint_eq(at, PAL_AT_POPULARITY);
    return score;
}

START_TEST(the_score_is_the_smoothed_decayed_like_rate)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 10, mini_r1_config());
    mini_stage stage = mini_stage_of("popularity", "{\"decay\": 0.5, \"prior_weight\": 8}", catalog);
    const double prior = 0.02 + 0.08 * (double)catalog->popularity[3] / 100;
    const pal_event first[3] = { { .item = 3, .flags = PAL_LIKED }, { .item = 3 }, { .item = 3, .flags = PAL_LIKED } };
    const pal_event second[1] = { { .item = 3, .flags = PAL_DISLIKED } };
    const pal_feedback rounds[2] = { { .round = 0, .n = 3, .events = first }, { .round = 1, .n = 1, .events = second } };
    const uint64_t before = stage.type->digest(stage.self);

    ck_assert(fabs((double)score_one(&stage, &people, 3) - prior) < 1e-7);
    for (size_t r = 0; r < 2; r++) {
        ck_assert_int_eq(stage.type->fit(stage.self, &rounds[r], people.scratch, NULL), PAL_OK);
    }
    /* two likes of three a round ago count half: 1 of 1.5; then 0 of 1 */
    ck_assert(fabs((double)score_one(&stage, &people, 3) - (8 * prior + 1) / (8 + 2.5)) < 1e-7);
    ck_assert(stage.type->digest(stage.self) != before);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(everyone_gets_the_best_they_have_not_seen)
{
    pal_catalog *catalog = mini_catalog(mini_defaults((uint64_t)_i));
    mini_people people = mini_people_of(catalog, 2, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("popularity", "", catalog);

    mini_teach(&people, 1, (uint64_t)_i, 1, 150 * (size_t)_i);
    for (uint32_t u = 0; u < 2; u++) {
        const pal_request request = mini_request(&people, u, 0, 10);
        pal_slate slate = { 0 };

        mini_serve(&slate, &stage, &people, &request);
        mini_check_slate(&people, &request, &slate, 10);
        for (uint32_t i = 0; i < catalog->n_items && slate.n == 10; i++) {
            bool shown = false;

            for (size_t s = 0; s < slate.n; s++) {
                shown = shown || slate.item[s] == i;
            }
            /* nothing unseen beats the last slot */
            ck_assert(shown || pal_seen(request.seen, i) || score_one(&stage, &people, i) <= slate.score[9]);
        }
        for (size_t s = 1; s < slate.n; s++) {
            ck_assert(slate.score[s] < slate.score[s - 1]
                      || (slate.score[s] == slate.score[s - 1] && slate.item[s] > slate.item[s - 1]));
        }
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(a_liked_item_rises_to_the_top)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    mini_stage stage = mini_stage_of("popularity", "", catalog);
    pal_event likes[30];
    const pal_feedback round = { .n = 30, .events = likes };
    const pal_request request = mini_request(&people, 0, 0, 10);
    pal_slate slate = { 0 };

    for (size_t e = 0; e < 30; e++) {
        likes[e] = (pal_event){ .user = (uint32_t)e, .item = 123, .flags = PAL_LIKED };
    }
    ck_assert_int_eq(stage.type->fit(stage.self, &round, people.scratch, NULL), PAL_OK);
    mini_serve(&slate, &stage, &people, &request);
    ck_assert_uint_eq(slate.item[0], 123);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(priors_the_wrong_way_round_are_refused)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_stage stage;
    pal_error err = { 0 };

    ck_assert_int_eq(mini_stage_try(&stage, "popularity", "{\"prior_low\": 0.3}", catalog, NULL, &err),
                     PAL_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "arms[0].params.prior_low"));
    ck_assert_ptr_nonnull(strstr(err.text, "found 0.3"));
    mini_check_init_without_memory("popularity", "", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_popularity(void);
Suite *suite_stages_popularity(void)
{
    Suite *suite = suite_create("stages/popularity");
    TCase *tc = tcase_create("popularity");

    tcase_add_test(tc, the_score_is_the_smoothed_decayed_like_rate);
    tcase_add_loop_test(tc, everyone_gets_the_best_they_have_not_seen, 0, 5);
    tcase_add_test(tc, a_liked_item_rises_to_the_top);
    tcase_add_test(tc, priors_the_wrong_way_round_are_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The community stage: what it serves and when, feedback, threads, and its state on file. */
#include "stages/builtin.h"
#include "tests/support/playlist_people.h"
#include "tests/support/scratch.h"

#include "core/mem.h"

#include <string.h>

enum { USERS = 18, ITEMS = 600, GROUPS = 6 };

#define PARAMS "{\"members\": 8, \"steps\": 4, \"fetch_share\": 0.4, \"fetch_calls\": 6}"

static pal_catalog *catalog;
static pal_error err;

static void setup(void)
{
    catalog = mini_catalog(mini_defaults(1));
    scratch_begin();
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    scratch_end();
}

static pal_playlists *lists(void)
{
    return shelf_planted(4, USERS, ITEMS, GROUPS, 12, 120);
}

static size_t slots_of(const pal_slate *slate, uint8_t stage)
{
    size_t n = 0;

    for (size_t u = 0; u < USERS; u++) {
        for (size_t s = 0; s < slate[u].n; s++) {
            n += slate[u].stage[s] == stage;
        }
    }
    return n;
}

START_TEST(suggestions_come_first_and_popularity_fills_up)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("community", PARAMS, catalog, p, 1);
    static pal_slate slate[USERS];
    size_t served = 0;

    for (uint32_t round = 0; round < 6; round++) {
        shelf_round(&stage, &people, p, USERS, GROUPS, round, slate);
        served += slots_of(slate, PAL_AT_COMMUNITY);
        ck_assert(round > 0 || served == 0); /* nothing is known before the first round */
        for (size_t u = 0; u < USERS; u++) {
            for (size_t s = 1; s < slate[u].n; s++) {
                ck_assert(slate[u].stage[s] == PAL_AT_COMMUNITY || slate[u].stage[s] == PAL_AT_POPULARITY);
                ck_assert(slate[u].stage[s - 1] != PAL_AT_POPULARITY || slate[u].stage[s] == PAL_AT_POPULARITY);
            }
        }
    }
    ck_assert_uint_gt(served, 20);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

START_TEST(suggested_songs_hit_the_planted_groups)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 400, mini_r1_config());
    mini_stage stage = shelf_stage("community", PARAMS, catalog, p, 1);
    static pal_slate slate[USERS];
    double inside = 0, all = 0;

    for (uint32_t round = 0; round < 10; round++) {
        shelf_round(&stage, &people, p, USERS, GROUPS, round, slate);
        for (size_t u = 0; u < USERS; u++) {
            for (size_t s = 0; s < slate[u].n && slate[u].stage[s] == PAL_AT_COMMUNITY; s++) {
                const size_t group = slate[u].item[s] / (ITEMS / GROUPS);

                for (size_t l = 0; l < 3; l++) {
                    inside += p->list_cluster[u * PAL_MAX_PLAYLISTS + l] == group;
                }
                all++;
            }
        }
    }
    ck_assert_double_gt(inside / all, 0.75); /* half of the groups are each person's own */
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

START_TEST(a_lag_serves_what_was_found_rounds_ago)
{
    pal_playlists *p = lists(), *q = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_people late_people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("community", PARAMS, catalog, p, 1);
    mini_stage late = shelf_stage("community", "{\"members\": 8, \"steps\": 4, \"fetch_share\": 0.4, \"fetch_calls\": 6, \"lag\": 2}", catalog,
                                  q, 1);
    static pal_slate slate[USERS], second[USERS], slow[USERS];

    for (uint32_t round = 0; round < 4; round++) {
        shelf_round(&stage, &people, p, USERS, GROUPS, round, slate);
        shelf_round(&late, &late_people, q, USERS, GROUPS, round, slow);
        if (round == 1) {
            memcpy(second, slate, sizeof slate);
        }
        ck_assert((slots_of(slow, PAL_AT_COMMUNITY) > 0) == (round >= 3));
    }
    /* what both found after round 0, when they knew the same: served in round 1, and now */
    for (size_t u = 0; u < USERS; u++) {
        size_t k = 0;

        for (size_t s = 0; s < slow[u].n && slow[u].stage[s] == PAL_AT_COMMUNITY; s++, k++) {
            while (k < second[u].n && second[u].item[k] != slow[u].item[s]) {
                k++; /* shown in between by popularity */
            }
            ck_assert(k < second[u].n && second[u].stage[k] == PAL_AT_COMMUNITY);
        }
    }
    mini_stage_free(&stage);
    mini_stage_free(&late);
    mini_people_free(&people);
    mini_people_free(&late_people);
    pal_playlists_free(p);
    pal_playlists_free(q);
}
END_TEST

static const uint32_t rock[] = { 1, 2, 3, 4, 5, 6, SHELF_END }, jazz[] = { 11, 12, 13, 14, 15, 16, SHELF_END };

/* Two people with the same lists; the other also has song 99. */
static pal_playlists *pair(void)
{
    static const uint32_t one[] = { 99, SHELF_END };
    pal_playlists *p = shelf_new(2, ITEMS, 30);

    for (uint32_t u = 0; u < 2; u++) {
        shelf_add(p, u, 0, rock);
        shelf_add(p, u, 1, jazz);
    }
    shelf_add(p, 1, 0, one);
    return p;
}

static void answer(mini_stage *stage, const mini_people *people, const pal_playlists *p, uint32_t round, uint32_t item,
                   uint8_t made_by, uint8_t flags)
{
    const pal_event event = { .user = 0, .item = item, .round = round, .stage = made_by, .flags = flags };
    const pal_feedback feedback = { .round = round, .n = flags != 0, .events = &event, .profiles = people->profiles,
                                    .history = people->history, .playlists = p };

    ck_assert_msg(stage->type->fit(stage->self, &feedback, people->scratch, &err) == PAL_OK, "%s", err.text);
}

/* R2: below -1 a member leaves; likes hold them. */
START_TEST(a_member_leaves_at_the_second_dislike_unless_liked_before)
{
    static const struct { uint8_t flag[4]; uint8_t stage; size_t left_after; } course[] = {
        { { PAL_DISLIKED, PAL_DISLIKED, 0, 0 }, PAL_AT_COMMUNITY, 2 },
        { { PAL_LIKED, PAL_DISLIKED, PAL_DISLIKED, PAL_DISLIKED }, PAL_AT_COMMUNITY, 4 },
        { { PAL_DISLIKED, PAL_DISLIKED, PAL_DISLIKED, PAL_DISLIKED }, PAL_AT_POPULARITY, 9 }, /* no suggestion of theirs */
    };
    pal_playlists *p = pair();
    mini_people people = mini_people_of(catalog, 2, 50, mini_r1_config());
    mini_stage stage = shelf_stage("community", "{\"looks\": 1000}", catalog, p, 1);

    answer(&stage, &people, p, 0, 0, 0, 0);
    ck_assert_uint_eq(stage.type->company(stage.self, 0).n, 1);
    ck_assert_uint_eq(stage.type->company(stage.self, 0).member[0], 1);
    mini_stage_free(&stage);
    stage = shelf_stage("community", "{\"looks\": 1000}", catalog, p, 1);
    answer(&stage, &people, p, 0, 0, 0, 0);
    for (size_t k = 0; k < 4; k++) {
        const uint64_t trials = stage.type->company(stage.self, 0).trials;

        answer(&stage, &people, p, (uint32_t)k + 1, 99, course[_i].stage, course[_i].flag[k]);
        /* who has left may be tried again, and is: then somebody was tried, else there was nobody to try */
        ck_assert((stage.type->company(stage.self, 0).trials > trials) == (k + 1 == course[_i].left_after));
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

/* Play five rounds on so many threads. */
static uint64_t played(size_t n_threads, uint64_t *clusterings)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("community", PARAMS, catalog, p, n_threads);
    static pal_slate slate[USERS];
    uint64_t digest;

    for (uint32_t round = 0; round < 5; round++) {
        shelf_round(&stage, &people, p, USERS, GROUPS, round, slate);
    }
    digest = stage.type->digest(stage.self);
    *clusterings = 0;
    for (uint32_t u = 0; u < USERS; u++) {
        *clusterings += stage.type->company(stage.self, u).clusterings;
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
    return digest;
}

START_TEST(the_same_at_any_thread_count)
{
    uint64_t work[3];
    const uint64_t one = played(1, &work[0]);

    ck_assert_uint_eq(played(2, &work[1]), one);
    ck_assert_uint_eq(played(7, &work[2]), one);
    ck_assert(work[0] > 0 && work[1] == work[0] && work[2] == work[0]);
}
END_TEST

START_TEST(scores_of_suggestions_are_theirs_and_others_popularity)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("community", PARAMS, catalog, p, 1);
    static pal_slate slate[USERS];
    size_t suggested = 0;

    shelf_round(&stage, &people, p, USERS, GROUPS, 0, slate);
    for (uint32_t u = 0; u < USERS; u++) {
        pal_request request = mini_request(&people, u, 1, 10);
        float score[PAL_MAX_SLOTS];
        uint8_t at[PAL_MAX_SLOTS];

        request.playlists = p;
        slate[u].n = 0;
        mini_serve(&slate[u], &stage, &people, &request);
        ck_assert_int_eq(stage.type->score(stage.self, &request, slate[u].item, slate[u].n, score, at, people.scratch,
                                           &err), PAL_OK);
        for (size_t s = 0; s < slate[u].n; s++) {
            ck_assert_uint_eq(at[s], slate[u].stage[s]);
            ck_assert_float_eq(score[s], slate[u].score[s]);
            suggested += at[s] == PAL_AT_COMMUNITY;
        }
    }
    ck_assert_uint_gt(suggested, 0);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

/* ---- state ---- */

START_TEST(saved_and_restored_it_goes_on_as_if_nothing_had_happened)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 300, mini_r1_config());
    mini_stage stage = shelf_stage("community", PARAMS, catalog, p, 1), other = shelf_stage("community", PARAMS, catalog, p, 1);
    static pal_slate slate[USERS];
    const char *path = scratch_path("stage.safetensors");
    pal_tensors *file = NULL, *read = NULL;

    for (uint32_t round = 0; round < 5; round++) {
        shelf_round(&stage, &people, p, USERS, GROUPS, round, slate);
    }
    ck_assert_int_eq(pal_tensors_new(&file, &err), PAL_OK);
    ck_assert_msg(stage.type->save(stage.self, file, &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(pal_tensors_save(file, path, NULL, &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(pal_tensors_load(&read, path, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_ne(other.type->digest(other.self), stage.type->digest(stage.self));
    ck_assert_msg(other.type->restore(other.self, read, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_eq(other.type->digest(other.self), stage.type->digest(stage.self));
    for (uint32_t u = 0; u < USERS; u++) { /* both learn from what one of them showed, and stay the same */
        pal_request request = mini_request(&people, u, 5, 10);
        pal_slate a = { 0 }, b = { 0 };

        request.playlists = p;
        mini_serve(&a, &stage, &people, &request);
        mini_serve(&b, &other, &people, &request);
        ck_assert_uint_eq(a.n, b.n);
        ck_assert_mem_eq(a.item, b.item, a.n * sizeof *a.item);
        ck_assert_mem_eq(a.stage, b.stage, a.n);
    }
    const pal_feedback quiet = { .round = 5, .profiles = people.profiles, .history = people.history, .playlists = p };

    ck_assert_int_eq(stage.type->fit(stage.self, &quiet, people.scratch, &err), PAL_OK);
    ck_assert_int_eq(other.type->fit(other.self, &quiet, people.scratch, &err), PAL_OK);
    ck_assert_uint_eq(other.type->digest(other.self), stage.type->digest(stage.self));
    pal_tensors_free(file);
    pal_tensors_free(read);
    mini_stage_free(&stage);
    mini_stage_free(&other);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

START_TEST(a_state_of_other_people_is_refused_and_changes_nothing)
{
    pal_playlists *p = lists(), *few = shelf_planted(4, 7, ITEMS, GROUPS, 12, 120);
    mini_stage stage = shelf_stage("community", PARAMS, catalog, p, 1), other = shelf_stage("community", PARAMS, catalog, few, 1);
    mini_stage larger = shelf_stage("community", "{\"members\": 9}", catalog, p, 1);
    const uint64_t before = stage.type->digest(stage.self);
    pal_tensors *file = NULL, *more = NULL, *nothing = NULL;

    ck_assert_int_eq(pal_tensors_new(&file, &err), PAL_OK);
    ck_assert_int_eq(pal_tensors_new(&more, &err), PAL_OK);
    ck_assert_int_eq(pal_tensors_new(&nothing, &err), PAL_OK);
    ck_assert_int_eq(other.type->save(other.self, file, &err), PAL_OK);
    ck_assert_int_eq(larger.type->save(larger.self, more, &err), PAL_OK);
    ck_assert_int_eq(stage.type->restore(stage.self, file, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "community: the state is that of 7 people");
    ck_assert_has(err.text, "here are 18");
    ck_assert_int_eq(stage.type->restore(stage.self, more, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "community.members: the state was made with 9");
    ck_assert_int_eq(stage.type->restore(stage.self, nothing, &err), PAL_ERR_DATA);
    ck_assert_uint_eq(stage.type->digest(stage.self), before);
    pal_tensors_free(file);
    pal_tensors_free(more);
    pal_tensors_free(nothing);
    mini_stage_free(&stage);
    mini_stage_free(&other);
    mini_stage_free(&larger);
    pal_playlists_free(p);
    pal_playlists_free(few);
}
END_TEST

/* ---- errors ---- */

START_TEST(stages_on_playlists_ask_for_them)
{
    static const char *const name[2] = { "community", "neighbours" };
    mini_stage stage;

    ck_assert_int_eq(shelf_stage_try(&stage, name[_i], "", catalog, NULL, 1, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "test.json: arms[0].params");
    ck_assert_has(err.text, name[_i]);
    ck_assert_has(err.text, "\"playlists\"");
}
END_TEST

START_TEST(the_filling_stage_takes_parameters_of_its_own)
{
    pal_playlists *p = pair();
    mini_stage stage;

    ck_assert_int_eq(shelf_stage_try(&stage, "community", "{\"popularity\": {\"decay\": 0.5}}", catalog, p, 1, &err), PAL_OK);
    mini_stage_free(&stage);
    ck_assert_int_eq(shelf_stage_try(&stage, "community", "{\"popularity\": {\"decoy\": 0.5}}", catalog, p, 1, &err),
                     PAL_ERR_CONFIG);
    ck_assert_has(err.text, "arms[0].params.popularity.decoy");
    ck_assert_int_eq(shelf_stage_try(&stage, "community", "{\"popularity\": 7}", catalog, p, 1, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "arms[0].params.popularity");
    ck_assert_has(err.text, "an object");
    ck_assert_int_eq(shelf_stage_try(&stage, "community", "{\"fetch_share\": 1.5}", catalog, p, 1, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "arms[0].params.fetch_share");
    pal_playlists_free(p);
}
END_TEST

START_TEST(without_memory_nothing_leaks)
{
    static const char *const name[2] = { "community", "neighbours" };
    pal_playlists *p = pair();
    mini_people people = mini_people_of(catalog, 2, 50, mini_r1_config());
    const pal_feedback quiet = { .round = 0, .profiles = people.profiles, .history = people.history, .playlists = p };
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        mini_stage stage;
        pal_status rc;

        pal_mem_fail_at(n);
        rc = shelf_stage_try(&stage, name[_i], "", catalog, p, 1, &err);
        if (rc == PAL_OK) {
            rc = stage.type->fit(stage.self, &quiet, people.scratch, &err);
        }
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_msg(rc == (failed ? PAL_ERR_MEMORY : PAL_OK), "allocation %zu: %s: %s", n, pal_status_name(rc), err.text);
        mini_stage_free(&stage);
    }
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

Suite *suite_stages_community(void);
Suite *suite_stages_community(void)
{
    Suite *suite = suite_create("stages/community");
    TCase *tc = tcase_create("community");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 30); /* on a busy machine */
    tcase_add_test(tc, suggestions_come_first_and_popularity_fills_up);
    tcase_add_test(tc, suggested_songs_hit_the_planted_groups);
    tcase_add_test(tc, a_lag_serves_what_was_found_rounds_ago);
    tcase_add_loop_test(tc, a_member_leaves_at_the_second_dislike_unless_liked_before, 0, 3);
    tcase_add_test(tc, the_same_at_any_thread_count);
    tcase_add_test(tc, scores_of_suggestions_are_theirs_and_others_popularity);
    tcase_add_test(tc, saved_and_restored_it_goes_on_as_if_nothing_had_happened);
    tcase_add_test(tc, a_state_of_other_people_is_refused_and_changes_nothing);
    tcase_add_loop_test(tc, stages_on_playlists_ask_for_them, 0, 2);
    tcase_add_test(tc, the_filling_stage_takes_parameters_of_its_own);
    tcase_add_loop_test(tc, without_memory_nothing_leaks, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}

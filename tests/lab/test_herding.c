/* Listeners who follow each other's plays, in runs and in trials. */
#include "core/mem.h"
#include "lab/arm.h"
#include "lab/trial_play.h"
#include "tests/support/scratch.h"
#include "tests/support/stopped_run.h"
#include "tests/support/tiny_run.h"
#include "tests/support/trial_rig.h"

#include <math.h>
#include <stdio.h>

Suite *suite_lab_herding(void);

#define HERDING "\"response.herding\": true"

/* ---- runs ---- */

/* An arm of tiny_experiment, a round further on each step. */
typedef struct lone_arm {
    pal_experiment *e;
    pal_catalog *catalog;
    pal_lab_people *people;
    pal_arm *arm;
} lone_arm;

static lone_arm arm_of(const pal_override *overrides, size_t n, size_t index, size_t n_threads)
{
    lone_arm w = { .e = tiny_parse(overrides, n) };
    bool synthetic;

    ck_assert_int_eq(pal_lab_catalog(&w.catalog, NULL, &synthetic, w.e, NULL), PAL_OK);
    ck_assert_int_eq(pal_lab_people_new(&w.people, w.e, w.catalog, 0, n_threads, NULL), PAL_OK);
    ck_assert_int_eq(pal_arm_new(&w.arm, w.e, w.catalog, w.people, index, n_threads, NULL), PAL_OK);
    return w;
}

static void arm_clear(lone_arm *w)
{
    pal_arm_free(w->arm);
    pal_lab_people_free(w->people);
    pal_catalog_free(w->catalog);
    pal_experiment_free(w->e);
}

static void play_round(pal_arm *arm)
{
    ck_assert_int_eq(pal_arm_serve(arm, NULL), PAL_OK);
    ck_assert_int_eq(pal_arm_answer(arm, NULL), PAL_OK);
    ck_assert_int_eq(pal_arm_learn(arm, NULL), PAL_OK);
}

START_TEST(gain_0_is_the_switch_off)
{
    const pal_override gain_0[] = { { "response.herding", "true" }, { "response.herding_gain", "0" } };
    lone_arm off = arm_of(NULL, 0, (size_t)_i, 1), on = arm_of(gain_0, 2, (size_t)_i, 1);
    const size_t n = off.people->people->n;

    ck_assert(off.arm->plays == NULL && on.arm->plays != NULL);
    for (size_t round = 0; round < off.e->n_rounds; round++) {
        play_round(off.arm);
        play_round(on.arm);
        ck_assert_uint_eq(off.arm->event_begin[n], on.arm->event_begin[n]);
        for (size_t k = 0; k < off.arm->event_begin[n]; k++) {
            const pal_event *a = &off.arm->event[k], *b = &on.arm->event[k];

            ck_assert(a->item == b->item && a->flags == b->flags && a->score == b->score);
        }
    }
    arm_clear(&off);
    arm_clear(&on);
}
END_TEST

START_TEST(the_plays_of_a_round_are_its_clicks)
{
    const pal_override set[] = { { "response.herding", "true" }, { "response.herding_memory", "1" } };
    lone_arm w = arm_of(set, 2, 1, 2);
    double *clicks = pal_calloc(w.catalog->n_items, sizeof *clicks), sum = 0;

    for (size_t round = 0; round < w.e->n_rounds; round++) {
        play_round(w.arm);
        for (size_t k = 0; k < w.arm->event_begin[w.people->people->n]; k++) {
            clicks[w.arm->event[k].item] += (w.arm->event[k].flags & PAL_CLICKED) != 0;
        }
        for (size_t i = 0; i < w.catalog->n_items; i++) {
            ck_assert_double_eq((double)w.arm->state->herd->recent[i], clicks[i]);
        }
    }
    for (size_t i = 0; i < w.catalog->n_items; i++) sum += clicks[i];
    ck_assert_double_gt(sum, 100);
    pal_free(clicks);
    arm_clear(&w);
}
END_TEST

START_TEST(any_thread_count_gives_the_same_run)
{
    const pal_override set[] = { { "response.herding", "true" }, { "response.herding_gain", "1" } };
    pal_experiment *e = tiny_parse(set, 2), *off = tiny_parse(NULL, 0);
    pal_run_summary one, three, without;

    tiny_run(&one, e, "one", 1);
    tiny_run(&three, e, "three", 3);
    tiny_run(&without, off, "without", 1);
    ck_assert_str_eq(one.digest, three.digest);
    ck_assert_str_ne(one.digest, without.digest);
    pal_experiment_free(e);
    pal_experiment_free(off);
}
END_TEST

static const stopped_case followed = {
    "plays that are followed",
    "{\"name\": \"herd\", \"seed\": \"5\", \"rounds\": 4, \"slots\": 5, \"focus\": \"best\", \"baseline\": \"pop\","
    " \"catalog\": {\"items\": 150}, \"people\": {\"n\": 15}, \"response\": {\"herding\": true, \"herding_gain\": 2},"
    " \"arms\": [{\"name\": \"best\", \"stage\": \"oracle\"}, {\"name\": \"pop\", \"stage\": \"popularity\"}],"
    " \"probe\": {\"items\": 5}, \"statistics\": {\"resamples\": 20, \"permutations\": 99,"
    " \"spread_resamples\": 20}, \"output\": {\"sheets\": 3}}", true };

START_TEST(stopped_after_any_round_the_bytes_are_the_same)
{
    pal_experiment *e = stopped_parse(&followed);
    pal_run_summary whole, summary;

    tiny_run(&whole, e, "whole", 1);
    for (size_t r = 1; r < e->n_arms * e->n_rounds; r++) {
        const char *cut = scratch_path("cut");

        ck_assert_int_eq(stopped_play(&summary, e, cut, r, 1), PAL_ERR_STOPPED);
        ck_assert_int_eq(stopped_play(&summary, e, cut, 0, 2), PAL_OK);
        ck_assert_msg(strcmp(summary.digest, whole.digest) == 0, "stopped at round %zu", r);
    }
    pal_experiment_free(e);
}
END_TEST

/* ---- trials ---- */

static uint8_t in[4096];

static const uint8_t *mixed(size_t n)
{
    for (size_t u = 0; u < n; u++) in[u] = (uint8_t)((u * 7 + u / 5) % 3 == 0);
    return in;
}

static size_t differing(const double *a, const double *b, size_t n)
{
    size_t different = 0;

    for (size_t i = 0; i < n; i++) different += a[i] != b[i];
    return different;
}

/* In an A/A trial where both arms hear and follow everybody, where people went is the name of an arm and nothing else. */
START_TEST(one_log_and_one_popularity_make_an_aa_trial_the_full_run)
{
    trial_world w = trial_world_new("\"treatment\": \"pop\", \"pre_rounds\": 2, \"set\": {" HERDING "}", 2);
    pal_trial_plan plan = { .in = mixed(w.n), .shared = true, .follow_all = true };
    pal_trial_outcome both = trial_play(&w, &plan), own, whole;

    plan.follow_all = false;
    own = trial_play(&w, &plan);
    memset(in, 0, sizeof in);
    whole = trial_play(&w, &plan);
    ck_assert_uint_eq(differing(both.after, whole.after, 3 * w.n), 0);
    ck_assert_uint_gt(differing(own.after, whole.after, 3 * w.n), w.n / 4);
    ck_assert_uint_eq(differing(own.before, whole.before, 3 * w.n), 0);
    pal_trial_outcome_clear(&both);
    pal_trial_outcome_clear(&own);
    pal_trial_outcome_clear(&whole);
    trial_world_clear(&w);
}
END_TEST

/* Random slates learn nothing: without following no one is touched by others. Own popularity keeps the two groups apart: a group
 * answers the same whatever slates the other gets. */
START_TEST(own_popularity_keeps_the_groups_apart_and_a_shared_one_does_not)
{
    static const char *const arms[2] = { "\"treatment\": \"prog\"", "\"treatment\": \"other\"" };
    pal_trial_outcome out[2][2];
    size_t n = 0, own = 0, all = 0;

    for (size_t a = 0; a < 2; a++) {
        char members[400];

        snprintf(members, sizeof members, "\"control\": \"rand\", %s, \"pre_rounds\": 1, \"set\": {" HERDING ", \"arms.0\": "
                 "{\"name\": \"other\", \"stage\": \"random\"}, \"baseline\": \"rand\"}", arms[a]);
        trial_world w = trial_world_new(members, 1);

        for (size_t f = 0; f < 2; f++) {
            const pal_trial_plan plan = { .in = mixed(w.n), .follow_all = f == 1 };

            out[a][f] = trial_play(&w, &plan);
        }
        n = w.n;
        trial_world_clear(&w);
    }
    for (size_t k = 0; k < 3 * n; k++) {
        if (in[k % n] == PAL_TRIAL_TREATMENT) continue;
        own += out[0][0].after[k] != out[1][0].after[k];
        all += out[0][1].after[k] != out[1][1].after[k];
    }
    ck_assert_uint_eq(own, 0);
    ck_assert_uint_gt(all, n / 4);
    for (size_t k = 0; k < 4; k++) pal_trial_outcome_clear(&out[k / 2][k % 2]);
}
END_TEST

START_TEST(everybody_in_an_arm_follows_everybody)
{
    trial_world w = trial_world_new("\"pre_rounds\": 3, \"set\": {" HERDING "}", 1);
    pal_trial_plan plan = { .in = in };
    pal_trial_outcome own, all;

    memset(in, _i, sizeof in);
    own = trial_play(&w, &plan);
    plan.follow_all = true;
    all = trial_play(&w, &plan);
    ck_assert_uint_eq(differing(own.after, all.after, 3 * w.n), 0);
    pal_trial_outcome_clear(&own);
    pal_trial_outcome_clear(&all);
    trial_world_clear(&w);
}
END_TEST

#define SMALL "\"repeats\": 4, \"runs\": 4, \"interleavings\": 1, \"metrics\": [\"likes\"], \"pre_rounds\": 2"
#define STRONG "\"popularity\": \"shared\", \"set\": {" HERDING ", \"response.herding_gain\": 1}"

START_TEST(a_trial_tells_what_a_shared_popularity_adds)
{
    const pal_trial_summary a = trial_run(SMALL ", " STRONG, "a", 1), b = trial_run(SMALL ", " STRONG, "b", 3);
    const double added = trial_number("a", "methods.csv", "likes", "ab", "own", "herding");

    ck_assert_str_eq(a.digest, b.digest);
    ck_assert_uint_eq(a.n_plays, 2 + 2 * 2 * 4 + 1);
    ck_assert(fabs(added) > 0);
    ck_assert_double_gt(trial_number("a", "methods.csv", "likes", "ab", "own", "herding_se"), 0);
    ck_assert(isfinite(trial_number("a", "methods.csv", "likes", "ab", "shared", "herding")));
    ck_assert(isnan(trial_number("a", "methods.csv", "likes", "ab", "isolated", "herding")));
    ck_assert(isnan(trial_number("a", "methods.csv", "likes", "interleaved", "shared", "herding")));
    /* what stands in estimates.csv is what a trial of its own finds */
    trial_run(SMALL ", \"set\": {" HERDING ", \"response.herding_gain\": 1}", "own", 1);
    ck_assert_double_eq_tol(trial_number("a", "methods.csv", "likes", "ab", "own", "mean") - added,
                            trial_number("own", "methods.csv", "likes", "ab", "own", "mean"), 1e-12);
    ck_assert(isnan(trial_number("own", "methods.csv", "likes", "ab", "own", "herding")));
}
END_TEST

START_TEST(gain_0_adds_nothing)
{
    trial_run(SMALL ", \"popularity\": \"shared\", \"set\": {" HERDING ", \"response.herding_gain\": 0}", "t", 1);
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "ab", "own", "herding"), 0);
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "ab", "shared", "herding"), 0);
}
END_TEST

START_TEST(nobody_to_follow_is_said)
{
    static const char *const sets[2] = { "", ", \"set\": {\"response\": {\"model\": \"cluster-bernoulli\"}}" };
    char members[300];
    pal_trial_summary summary;
    pal_error err = { PAL_OK, "" };
    pal_trial *t;

    snprintf(members, sizeof members, SMALL ", \"popularity\": \"shared\"%s", sets[_i]);
    t = trial_of(members);
    ck_assert_int_eq(pal_trial_run(&summary, t, scratch_path("t"), 1, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "t.json: popularity: \"shared\" needs listeners who follow plays");
    ck_assert_has(err.text, "response.herding");
    pal_trial_free(t);
}
END_TEST

/* tests/lab/test_trial_run.c goes through all of a trial; here the doubled plays of its second half. */
START_TEST(allocations_of_doubled_plays_may_fail)
{
    pal_trial *t = trial_of("\"repeats\": 1, \"runs\": 1, \"interleavings\": 0, \"pre_rounds\": 1, \"metrics\": [\"likes\"], "
                            "\"popularity\": \"shared\", \"set\": {\"people.n\": 6, \"rounds\": 2, \"catalog.items\": 60, "
                            "\"probe.items\": 2, " HERDING "}");
    pal_trial_summary summary;
    size_t n;

    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_trial_run(&summary, t, scratch_path("whole"), 1, NULL), PAL_OK);
    n = pal_mem_count();
    for (size_t at = n / 2; at <= n; at += n / 25) {
        pal_mem_fail_at(at);
        ck_assert_msg(pal_trial_run(&summary, t, scratch_path("out"), 1, NULL) == PAL_ERR_MEMORY, "allocation %zu of %zu", at, n);
    }
    pal_mem_fail_at(0);
    pal_trial_free(t);
}
END_TEST

Suite *suite_lab_herding(void)
{
    Suite *s = suite_create("lab/herding");
    TCase *tc = tcase_create("herding");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, gain_0_is_the_switch_off, 0, 4);
    tcase_add_test(tc, the_plays_of_a_round_are_its_clicks);
    tcase_add_test(tc, any_thread_count_gives_the_same_run);
    tcase_add_test(tc, stopped_after_any_round_the_bytes_are_the_same);
    tcase_add_test(tc, one_log_and_one_popularity_make_an_aa_trial_the_full_run);
    tcase_add_test(tc, own_popularity_keeps_the_groups_apart_and_a_shared_one_does_not);
    tcase_add_loop_test(tc, everybody_in_an_arm_follows_everybody, 0, 2);
    tcase_add_test(tc, a_trial_tells_what_a_shared_popularity_adds);
    tcase_add_test(tc, gain_0_adds_nothing);
    tcase_add_loop_test(tc, nobody_to_follow_is_said, 0, 2);
    tcase_add_test(tc, allocations_of_doubled_plays_may_fail);
    suite_add_tcase(s, tc);
    return s;
}

/* Trials as a whole: what a test finds against the truth. */
#include "core/file.h"
#include "core/mem.h"
#include "core/stop.h"
#include "lab/trial.h"
#include "lab/trial_play.h"
#include "tests/support/scratch.h"
#include "tests/support/trial_rig.h"

#include <math.h>
#include <stdio.h>

Suite *suite_lab_trial_run(void);

#define ALONE "\"interleavings\": 0, \"feedback\": [\"isolated\"], \"metrics\": [\"expected_likes\"], \"pre_rounds\": 3"

static double of(const char *name, const char *method, const char *column)
{
    return trial_number(name, "methods.csv", "expected_likes", method, "isolated", column);
}

START_TEST(isolated_tests_are_unbiased)
{
    static const char *const methods[] = { "ab", "cuped", "cuped_oracle", "stratified", "sequential" };

    trial_run(ALONE ", \"repeats\": 600, \"share\": 0.4, \"start\": 20, \"allocation\": \"stratified\", \"strata\": 5", "t", 1);
    for (size_t k = 0; k < 5; k++) {
        ck_assert_double_eq(of("t", methods[k], "repeats"), 600);
        ck_assert_msg(fabs(of("t", methods[k], "bias")) < 4 * of("t", methods[k], "bias_se"), "%s: %g, error %g", methods[k],
                      of("t", methods[k], "bias"), of("t", methods[k], "bias_se"));
    }
    ck_assert_double_lt(of("t", "stratified", "sd"), of("t", "ab", "sd") * 1.1);
}
END_TEST

/* Few of the people take part, so that what is missing to a fresh draw of people hardly counts. */
START_TEST(intervals_hold_the_truth_as_often_as_they_promise)
{
    const double room = 4 * sqrt(0.05 * 0.95 / 800);

    trial_run(ALONE ", \"repeats\": 800, \"enrol\": 0.15, \"set\": {\"people.n\": 900}", "t", 1);
    ck_assert_double_eq_tol(of("t", "ab", "coverage"), 0.95, room);
    ck_assert_double_eq_tol(of("t", "cuped", "coverage"), 0.95, room);
    ck_assert_double_eq_tol(of("t", "ab", "se") / of("t", "ab", "sd"), 1, 0.12);
}
END_TEST

START_TEST(an_aa_trial_claims_at_its_level)
{
    const double room = 4 * sqrt(0.05 * 0.95 / 1500);

    trial_run(ALONE ", \"repeats\": 1500, \"treatment\": \"pop\"", "t", 1);
    ck_assert_double_eq(trial_number("t", "truth.csv", "expected_likes", NULL, NULL, "difference"), 0);
    ck_assert_double_eq(trial_number("t", "truth.csv", "expected_likes", NULL, NULL, "p"), 1);
    ck_assert_double_eq_tol(of("t", "ab", "power"), 0.05, room);
    ck_assert_double_eq_tol(of("t", "cuped", "power"), 0.05, room);
    ck_assert_double_le(of("t", "sequential", "power"), 0.05 + room);
    ck_assert_double_eq_tol(of("t", "ab", "coverage"), 1 - of("t", "ab", "power"), 1e-12);
}
END_TEST

static double squared_correlation(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;

    for (size_t u = 0; u < n; u++) mx += x[u] / (double)n, my += y[u] / (double)n;
    for (size_t u = 0; u < n; u++) {
        xx += (x[u] - mx) * (x[u] - mx);
        xy += (x[u] - mx) * (y[u] - my);
        yy += (y[u] - my) * (y[u] - my);
    }
    return xy * xy / (xx * yy);
}

START_TEST(cuped_saves_the_square_of_the_correlation)
{
    trial_world w = trial_world_new(ALONE ", \"treatment\": \"pop\"", 1);
    uint8_t *in = pal_calloc(w.n, 1);
    const pal_trial_plan plan = { .in = in };
    pal_trial_outcome out = trial_play(&w, &plan);
    double left[2] = { 1 - squared_correlation(out.before, out.after, w.n), 1 - squared_correlation(out.best, out.after, w.n) };

    trial_run(ALONE ", \"repeats\": 1500, \"treatment\": \"pop\"", "t", 1);
    ck_assert(left[0] < 0.9);
    ck_assert_double_eq_tol(pow(of("t", "cuped", "sd") / of("t", "ab", "sd"), 2), left[0], 0.08);
    ck_assert_double_eq_tol(pow(of("t", "cuped_oracle", "sd") / of("t", "ab", "sd"), 2), left[1], 0.12);
    pal_trial_outcome_clear(&out);
    pal_free(in);
    trial_world_clear(&w);
}
END_TEST

START_TEST(lost_rows_raise_the_alarm)
{
    trial_run(ALONE ", \"repeats\": 60, \"set\": {\"people.n\": 600}", "whole", 1);
    trial_run(ALONE ", \"repeats\": 60, \"lose\": 0.4, \"set\": {\"people.n\": 600}", "losing", 1);
    ck_assert_double_le(of("whole", "ab", "srm_alarms"), 1.0 / 60 + 1e-9);
    ck_assert_double_ge(of("losing", "ab", "srm_alarms"), 0.95);
    ck_assert_double_lt(of("losing", "ab", "people"), of("whole", "ab", "people") * 0.85);
}
END_TEST

/*
 * Popularity that expects the same of every song shows everybody the same few and learns of no other: by then everybody has
 * seen them. From random slates in the same log it learns of the rest: a launch of random slates looks worse than it is.
 */
START_TEST(a_shared_log_biases_the_test)
{
    trial_run("\"treatment\": \"rand\", \"interleavings\": 0, \"metrics\": [\"expected_likes\"], \"pre_rounds\": 0, "
              "\"repeats\": 8, \"runs\": 8, \"set\": {\"rounds\": 12, \"people.n\": 200, \"catalog.items\": 600, "
              "\"arms.0.params\": {\"prior_low\": 0.05, \"prior_high\": 0.05, \"prior_weight\": 2}}", "t", 2);
    double interference = trial_number("t", "methods.csv", "expected_likes", "ab", "shared", "interference");
    double error = trial_number("t", "methods.csv", "expected_likes", "ab", "shared", "interference_se");
    double bias = trial_number("t", "methods.csv", "expected_likes", "ab", "shared", "bias");

    ck_assert_msg(fabs(interference) > 5 * error, "interference %g, error %g", interference, error);
    ck_assert_double_lt(interference, 0);
    ck_assert_double_lt(bias, 0);
}
END_TEST

#define ALL "\"repeats\": 5, \"runs\": 2, \"interleavings\": 2, \"lose\": 0.1, \"allocation\": \"stratified\", \"strata\": 4"

START_TEST(any_thread_count_gives_the_same_bytes)
{
    pal_trial_summary a = trial_run(ALL, "a", 1), b = trial_run(ALL, "b", 3);

    ck_assert_str_eq(a.digest, b.digest);
    ck_assert(a.n_plays == 2 + 2 * 2 + 2 && a.n_people == 160);
}
END_TEST

START_TEST(tables_hold_every_method_asked_for)
{
    trial_run(ALL, "t", 1);
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "ab", "isolated", "repeats"), 5);
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "cuped", "own", "repeats"), 2);
    ck_assert_double_eq(trial_number("t", "methods.csv", "clicks", "stratified", "shared", "repeats"), 2);
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "interleaved", "shared", "repeats"), 2);
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "paired", "isolated", "mean"),
                        trial_number("t", "truth.csv", "likes", NULL, NULL, "difference"));
    ck_assert(isnan(trial_number("t", "methods.csv", "likes", "interleaved", "shared", "coverage")));
    ck_assert(!isnan(trial_number("t", "methods.csv", "likes", "ab", "own", "interference_se")));
    ck_assert(isnan(trial_number("t", "methods.csv", "likes", "ab", "isolated", "interference")));
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "ab", "isolated", "relative"), 1);
}
END_TEST

START_TEST(a_trial_too_small_to_tell_anything_still_ends)
{
    trial_run("\"repeats\": 3, \"runs\": 1, \"interleavings\": 1, \"set\": {\"people.n\": 3}", "t", 1);
    ck_assert_double_eq(trial_number("t", "methods.csv", "likes", "ab", "isolated", "repeats"), 0);
    ck_assert(isnan(trial_number("t", "methods.csv", "likes", "ab", "isolated", "mean")));
}
END_TEST

START_TEST(interrupted_it_leaves_nothing)
{
    pal_trial *t = trial_of(ALL);
    pal_trial_summary summary;
    pal_error err;

    pal_stop_request();
    ck_assert_int_eq(pal_trial_run(&summary, t, scratch_path("out"), 1, &err), PAL_ERR_STOPPED);
    pal_stop_reset();
    ck_assert_has(err.text, "interrupted");
    ck_assert(!pal_file_exists(scratch_path("out")));
    pal_trial_free(t);
}
END_TEST

/* Every allocation fails once: no crash, no leak, nothing half-written. */
START_TEST(any_allocation_may_fail)
{
    static const char members[] = "\"repeats\": 2, \"runs\": 1, \"interleavings\": 1, \"pre_rounds\": 1, \"metrics\": "
                                  "[\"likes\"], \"set\": {\"people.n\": 6, \"rounds\": 2, \"catalog.items\": 60, "
                                  "\"probe.items\": 2}";
    pal_trial *t = trial_of(members);
    pal_trial_summary summary;
    size_t n, step;

    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_trial_run(&summary, t, scratch_path("out"), 1, NULL), PAL_OK);
    n = pal_mem_count();
    pal_dir_remove(scratch_path("out"));
    step = n / 100 + 1;
    for (size_t at = 1 + (size_t)_i % step; at <= n; at += step) {
        pal_mem_fail_at(at);
        ck_assert_msg(pal_trial_run(&summary, t, scratch_path("out"), 1, NULL) == PAL_ERR_MEMORY, "allocation %zu of %zu", at, n);
        ck_assert(!pal_file_exists(scratch_path("out")));
    }
    pal_mem_fail_at(0);
    pal_trial_free(t);
}
END_TEST

Suite *suite_lab_trial_run(void)
{
    Suite *s = suite_create("lab/trial_run");
    TCase *tc = tcase_create("trial_run");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, isolated_tests_are_unbiased);
    tcase_add_test(tc, intervals_hold_the_truth_as_often_as_they_promise);
    tcase_add_test(tc, an_aa_trial_claims_at_its_level);
    tcase_add_test(tc, cuped_saves_the_square_of_the_correlation);
    tcase_add_test(tc, lost_rows_raise_the_alarm);
    tcase_add_test(tc, a_shared_log_biases_the_test);
    tcase_add_test(tc, any_thread_count_gives_the_same_bytes);
    tcase_add_test(tc, tables_hold_every_method_asked_for);
    tcase_add_test(tc, a_trial_too_small_to_tell_anything_still_ends);
    tcase_add_test(tc, interrupted_it_leaves_nothing);
    tcase_add_test(tc, any_allocation_may_fail);
    suite_add_tcase(s, tc);
    return s;
}

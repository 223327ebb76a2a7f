/* Plays: an arm's full run, who learns from whom, drafted slates. */
#include "core/mem.h"
#include "lab/trial_play.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"
#include "tests/support/trial_rig.h"

#include <math.h>
#include <stdio.h>

Suite *suite_lab_trial_play(void);

static uint8_t in[4096];

static const uint8_t *everybody(uint8_t side)
{
    memset(in, side, sizeof in);
    return in;
}

/* Every other person to the treatment, or so. */
static const uint8_t *mixed(size_t n)
{
    for (size_t u = 0; u < n; u++) in[u] = (uint8_t)((u * 7 + u / 5) % 3 == 0);
    return in;
}

static void same_numbers(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) ck_assert_msg(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])), "%zu: %g and %g", i, a[i], b[i]);
}

START_TEST(everybody_in_an_arm_is_its_run)
{
    const char *const arm = _i == 0 ? "pop" : "prog";
    trial_world w = trial_world_new("\"pre_rounds\": 0, \"metrics\": [\"likes\", \"dislikes\", \"presence\"]", 2);
    const pal_trial_plan plan = { .in = everybody((uint8_t)_i), .shared = true };
    pal_trial_outcome out = trial_play(&w, &plan);
    pal_run_summary summary;
    char path[512];
    pal_table *t = NULL;
    size_t c[4], u = 0;

    snprintf(path, sizeof path, "%s/users.csv", tiny_run(&summary, w.trial->experiment, "run", 1));
    ck_assert_int_eq(pal_table_load(&t, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&c[0], t, "arm", NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&c[1], t, "likes", NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&c[2], t, "dislikes", NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&c[3], t, "rounds_present", NULL), PAL_OK);
    for (size_t row = 0; row < pal_table_rows(t); row++) {
        if (strcmp(pal_table_text(t, row, c[0]), arm) != 0) continue;
        for (size_t m = 0; m < 3; m++) {
            ck_assert_double_eq_tol(out.after[m * w.n + u] * 8, pal_table_number(t, row, c[m + 1], NULL), 1e-9);
        }
        u++;
    }
    ck_assert_uint_eq(u, w.n);
    pal_table_free(t);
    pal_trial_outcome_clear(&out);
    trial_world_clear(&w);
}
END_TEST

/* An arm that is told of everything the other shows learns as if it had shown it: the longer slates of a cold start, playlists,
 * and what a cache keeps included. */
static const struct { const char *members; uint8_t side; } one_sided[] = {
    { "\"pre_rounds\": 3", PAL_TRIAL_CONTROL },
    { "\"pre_rounds\": 3", PAL_TRIAL_TREATMENT },
    { "\"pre_rounds\": 2, \"set\": {\"playlists\": {\"library_mean\": 12}, \"arms.2.stage\": \"neighbours\"}",
      PAL_TRIAL_TREATMENT },
    { "\"pre_rounds\": 1, \"set\": {\"arms.0.cache\": {}, \"arms.2.stage\": \"thompson\"}", PAL_TRIAL_CONTROL },
};

START_TEST(nobody_left_in_an_arm_makes_shared_and_own_the_same)
{
    trial_world w = trial_world_new(one_sided[_i].members, 1);
    const pal_trial_plan own = { .in = everybody(one_sided[_i].side) }, shared = { .in = in, .shared = true };
    pal_trial_outcome a = trial_play(&w, &own), b = trial_play(&w, &shared);

    same_numbers(a.after, b.after, 3 * w.n);
    same_numbers(a.before, b.before, 3 * w.n);
    pal_trial_outcome_clear(&a);
    pal_trial_outcome_clear(&b);
    trial_world_clear(&w);
}
END_TEST

START_TEST(the_rounds_before_do_not_know_the_allocation)
{
    trial_world w = trial_world_new("\"pre_rounds\": 4", 1);
    pal_trial_plan plan = { .in = everybody(PAL_TRIAL_CONTROL) };
    pal_trial_outcome whole = trial_play(&w, &plan), part, draft;
    double sum = 0;

    plan = (pal_trial_plan){ .in = mixed(w.n), .shared = true };
    part = trial_play(&w, &plan);
    plan = (pal_trial_plan){ .draft = true, .coin = pal_key_for(3, 0, PAL_FOR_TEST) };
    draft = trial_play(&w, &plan);
    same_numbers(whole.before, part.before, 3 * w.n);
    same_numbers(whole.before, draft.before, 3 * w.n);
    same_numbers(whole.best, part.best, w.n);
    same_numbers(whole.best, draft.best, w.n);
    for (size_t u = 0; u < w.n; u++) {
        sum += whole.before[u];
        ck_assert(whole.best[u] > 0 && whole.best[u] <= 1);
    }
    ck_assert_double_gt(sum, 0);
    pal_trial_outcome_clear(&whole);
    pal_trial_outcome_clear(&part);
    pal_trial_outcome_clear(&draft);
    trial_world_clear(&w);
}
END_TEST

/* Random slates need no learning: with two such arms a person's rounds do not depend on where the others went. */
START_TEST(without_learning_there_is_no_interference)
{
    trial_world w = trial_world_new("\"control\": \"rand\", \"treatment\": \"other\", \"set\": {\"arms.2\": {\"name\": "
                                    "\"other\", \"stage\": \"random\"}, \"focus\": \"rand\"}", 1);
    pal_trial_plan plan = { .in = everybody(PAL_TRIAL_CONTROL) };
    pal_trial_outcome a = trial_play(&w, &plan), b, own, shared;

    plan.in = everybody(PAL_TRIAL_TREATMENT);
    b = trial_play(&w, &plan);
    plan.in = mixed(w.n);
    own = trial_play(&w, &plan);
    plan.shared = true;
    shared = trial_play(&w, &plan);
    for (size_t u = 0; u < w.n; u++) ck_assert(own.after[u] == (in[u] == PAL_TRIAL_TREATMENT ? b : a).after[u]);
    same_numbers(own.after, shared.after, 3 * w.n);
    pal_trial_outcome_clear(&a);
    pal_trial_outcome_clear(&b);
    pal_trial_outcome_clear(&own);
    pal_trial_outcome_clear(&shared);
    trial_world_clear(&w);
}
END_TEST

START_TEST(any_thread_count_gives_the_same_numbers)
{
    trial_world one = trial_world_new("", 1), three = trial_world_new("", 3);
    const pal_trial_plan plans[] = { { .in = mixed(one.n), .shared = true }, { .in = in },
                                     { .draft = true, .coin = pal_key_for(3, 0, PAL_FOR_TEST) } };
    pal_trial_outcome a = trial_play(&one, &plans[_i]), b = trial_play(&three, &plans[_i]);

    same_numbers(a.after, b.after, 3 * one.n);
    same_numbers(a.credit, b.credit, 3 * one.n);
    pal_trial_outcome_clear(&a);
    pal_trial_outcome_clear(&b);
    trial_world_clear(&one);
    trial_world_clear(&three);
}
END_TEST

START_TEST(interleaving_an_arm_with_itself_favours_nobody)
{
    trial_world w = trial_world_new("\"treatment\": \"pop\", \"pre_rounds\": 0, \"set\": {\"people.n\": 60}", 1);
    double sum = 0, squares = 0, mean, se, slots[2] = { 0, 0 };
    const size_t n = 60;

    for (uint32_t i = 0; i < n; i++) {
        const pal_trial_plan plan = { .draft = true, .coin = pal_key_for(9, i, PAL_FOR_TEST) };
        pal_trial_outcome out = trial_play(&w, &plan);
        double credit = 0;

        for (size_t u = 0; u < w.n; u++) credit += out.credit[u] / (double)w.n;
        sum += credit;
        squares += credit * credit;
        slots[0] += (double)out.owned[0];
        slots[1] += (double)out.owned[1];
        pal_trial_outcome_clear(&out);
    }
    mean = sum / (double)n;
    se = sqrt((squares / (double)n - mean * mean) / (double)n);
    ck_assert(se > 0);
    ck_assert_msg(fabs(mean) < 4 * se, "mean credit %g, standard error %g", mean, se);
    /* five slots: two turns and a fifth slot for whom the coin says */
    ck_assert_double_eq_tol(slots[1] / (slots[0] + slots[1]), 0.5, 4 * 0.5 * 0.2 / sqrt((slots[0] + slots[1]) / 5));
    trial_world_clear(&w);
}
END_TEST

START_TEST(credits_add_up_to_what_was_liked)
{
    trial_world w = trial_world_new("\"metrics\": [\"likes\", \"presence\"]", 1);
    const pal_trial_plan plan = { .draft = true, .coin = pal_key_for(9, 1, PAL_FOR_TEST) };
    pal_trial_outcome out = trial_play(&w, &plan);
    double moved = 0;

    for (size_t u = 0; u < w.n; u++) {
        double parity = (out.after[u] - out.credit[u]) * 3 / 2; /* likes on the control's slots, in three rounds */

        ck_assert(fabs(out.credit[u]) <= out.after[u] + 1e-12);
        ck_assert_double_eq_tol(parity, floor(parity + 0.5), 1e-9);
        ck_assert(isnan(out.credit[w.n + u]));
        moved += fabs(out.credit[u]);
    }
    ck_assert_double_gt(moved, 0);
    pal_trial_outcome_clear(&out);
    trial_world_clear(&w);
}
END_TEST

Suite *suite_lab_trial_play(void)
{
    Suite *s = suite_create("lab/trial_play");
    TCase *tc = tcase_create("trial_play");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, everybody_in_an_arm_is_its_run, 0, 2);
    tcase_add_loop_test(tc, nobody_left_in_an_arm_makes_shared_and_own_the_same, 0, sizeof one_sided / sizeof one_sided[0]);
    tcase_add_test(tc, the_rounds_before_do_not_know_the_allocation);
    tcase_add_test(tc, without_learning_there_is_no_interference);
    tcase_add_loop_test(tc, any_thread_count_gives_the_same_numbers, 0, 3);
    tcase_add_test(tc, interleaving_an_arm_with_itself_favours_nobody);
    tcase_add_test(tc, credits_add_up_to_what_was_liked);
    suite_add_tcase(s, tc);
    return s;
}

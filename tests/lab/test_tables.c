/* The tables of a run against a second, plain reading of its log. */
#include "core/csv.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define USERS 40
#define ITEMS 600

static pal_table *events, *people, *table;
static const char *dir;
static pal_experiment *experiment;

static pal_table *load(const char *name)
{
    pal_table *t = NULL;
    pal_error err = { PAL_OK, "" };
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(pal_table_load(&t, path, &err) == PAL_OK, "%s", err.text);
    return t;
}

static void run_once(void)
{
    pal_run_summary summary;

    scratch_begin();
    experiment = tiny_parse(NULL, 0);
    dir = tiny_run(&summary, experiment, "tables", 2);
    events = load("events.csv");
    people = load("people.csv");
    table = NULL;
}

static void clean(void)
{
    pal_table_free(events);
    pal_table_free(people);
    pal_table_free(table);
    pal_experiment_free(experiment);
    scratch_end();
}

static double at(const pal_table *t, size_t row, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, t, name, NULL), PAL_OK);
    return pal_table_number(t, row, c, NULL);
}

static const char *text_at(const pal_table *t, size_t row, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, t, name, NULL), PAL_OK);
    return pal_table_text(t, row, c);
}

/* Sum of a column of the log over the rows where arm, and whichever of the keys is not negative, fit. */
static double log_sum(const char *arm, double round, double slot, double user, const char *stage, const char *column)
{
    double sum = 0;

    for (size_t i = 0; i < pal_table_rows(events); i++) {
        if (strcmp(pal_table_text(events, i, 0), arm) != 0) continue;
        if (round >= 0 && at(events, i, "round") != round) continue;
        if (slot >= 0 && at(events, i, "slot") != slot) continue;
        if (user >= 0 && at(events, i, "user") != user) continue;
        if (stage != NULL && strcmp(text_at(events, i, "stage"), stage) != 0) continue;
        sum += column == NULL ? 1 : at(events, i, column);
    }
    return sum;
}

START_TEST(stages_count_the_log)
{
    static const char *const pair[][2] = { { "impressions", NULL }, { "examined", "examined" }, { "clicks", "clicked" },
        { "likes", "liked" }, { "dislikes", "disliked" }, { "skips", "skipped" }, { "expected_likes", "p_like" } };
    double all = 0;

    table = load("stages.csv");
    for (size_t i = 0; i < pal_table_rows(table); i++) {
        for (size_t k = 0; k < 7; k++) {
            ck_assert_double_eq_tol(at(table, i, pair[k][0]),
                log_sum(pal_table_text(table, i, 0), at(table, i, "round"), -1, -1, text_at(table, i, "stage"), pair[k][1]), 1e-6);
        }
        all += at(table, i, "impressions");
    }
    ck_assert_double_eq(all, (double)pal_table_rows(events));
}
END_TEST

START_TEST(slots_are_rates_of_the_log)
{
    table = load("slots.csv");
    ck_assert_uint_gt(pal_table_rows(table), 0);
    for (size_t i = 0; i < pal_table_rows(table); i++) {
        const char *metric = text_at(table, i, "metric"), *arm = pal_table_text(table, i, 0);
        double slot = at(table, i, "slot"), n = log_sum(arm, -1, slot, -1, NULL, NULL);
        const char *column = strcmp(metric, "examination") == 0 ? "examined" : strcmp(metric, "ctr") == 0 ? "clicked" : "liked";

        if (strcmp(metric, "impressions") == 0) ck_assert_double_eq(at(table, i, "value"), n);
        else ck_assert_double_eq_tol(at(table, i, "value"), log_sum(arm, -1, slot, -1, NULL, column) / n, 1e-12);
    }
}
END_TEST

START_TEST(users_sum_up_their_own_rows)
{
    table = load("users.csv");
    ck_assert_uint_eq(pal_table_rows(table), 4 * USERS);
    for (size_t i = 0; i < pal_table_rows(table); i += 3) {
        const char *arm = pal_table_text(table, i, 0);
        double user = at(table, i, "user");

        ck_assert_double_eq(at(table, i, "impressions"), log_sum(arm, -1, -1, user, NULL, NULL));
        ck_assert_double_eq(at(table, i, "likes"), log_sum(arm, -1, -1, user, NULL, "liked"));
        ck_assert_double_eq(at(table, i, "dislikes"), log_sum(arm, -1, -1, user, NULL, "disliked"));
        ck_assert_double_eq_tol(at(table, i, "expected_likes"), log_sum(arm, -1, -1, user, NULL, "p_like"), 1e-5);
    }
}
END_TEST

START_TEST(coverage_is_the_share_of_tastes_with_a_like)
{
    table = load("coverage.csv");
    ck_assert_uint_eq(pal_table_rows(table), 4 * 6);
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        const char *arm = pal_table_text(table, row, 0);
        bool liked[USERS][8] = { { false } };
        double mean = 0;

        for (size_t i = 0; i < pal_table_rows(events); i++) {
            if (strcmp(pal_table_text(events, i, 0), arm) != 0 || at(events, i, "round") > at(table, row, "round")) continue;
            if (at(events, i, "liked") == 1 && !isnan(at(events, i, "true_taste"))) {
                liked[(size_t)at(events, i, "user")][(size_t)at(events, i, "true_taste")] = true;
            }
        }
        for (size_t u = 0; u < USERS; u++) {
            size_t n = (size_t)at(people, u, "n_tastes"), hit = 0;

            for (size_t k = 0; k < n; k++) hit += liked[u][k];
            mean += (double)hit / (double)n / USERS;
        }
        ck_assert_double_eq_tol(at(table, row, "mean"), mean, 1e-12);
        ck_assert(at(table, row, "q05") <= at(table, row, "q50") && at(table, row, "q50") <= at(table, row, "q95"));
    }
}
END_TEST

START_TEST(people_are_drawn_as_the_contract_says)
{
    ck_assert_uint_eq(pal_table_rows(people), USERS);
    for (size_t u = 0; u < USERS; u++) {
        const char *weights = text_at(people, u, "weights");
        double sum = 0;
        size_t n = 0;

        for (char *end = NULL; *weights != '\0'; weights = *end == ';' ? end + 1 : end, n++) sum += strtod(weights, &end);
        ck_assert_double_eq_tol(sum, 1, 1e-5);
        ck_assert_double_eq(at(people, u, "n_tastes"), (double)n);
        ck_assert(at(people, u, "age_years") >= 13 && at(people, u, "age_years") <= 100);
    }
}
END_TEST

START_TEST(every_item_is_listed_once_and_clusters_are_ranges)
{
    table = load("items.csv");
    ck_assert_uint_eq(pal_table_rows(table), ITEMS);
    for (size_t i = 0; i < ITEMS; i++) ck_assert_double_eq(at(table, i, "item"), (double)i);
}
END_TEST

START_TEST(files_are_there_and_named_in_the_manifest)
{
    static const char *const names[] = { "summary.json", "rounds.csv", "stages.csv", "slots.csv", "coverage.csv", "people.csv",
        "users.csv", "training.csv", "profiles.json", "catalog.json", "items.csv", "events.csv", "states.csv",
        "training_curves.csv", "importance.csv", "model_quality.csv", "feedback.csv" };
    pal_json_doc *doc = NULL;
    char path[512];
    const pal_json *files;

    snprintf(path, sizeof path, "%s/manifest.json", dir);
    ck_assert_int_eq(pal_json_load(&doc, path, NULL), PAL_OK);
    files = pal_json_get(pal_json_root(doc), "files");
    ck_assert_uint_eq(pal_json_size(files), sizeof names / sizeof *names);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        bool named = false;

        for (size_t i = 0; i < pal_json_size(files); i++) {
            named = named || strcmp(pal_json_string(pal_json_get(pal_json_at(files, i), "name")), names[k]) == 0;
        }
        ck_assert_msg(named, "%s", names[k]);
    }
    pal_json_free(doc);
}
END_TEST

START_TEST(a_sheet_holds_the_truth_beside_what_was_learned)
{
    pal_json_doc *doc = NULL;
    char path[512];
    const pal_json *list;

    snprintf(path, sizeof path, "%s/profiles.json", dir);
    ck_assert_int_eq(pal_json_load(&doc, path, NULL), PAL_OK);
    list = pal_json_get(pal_json_root(doc), "people");
    ck_assert_uint_eq(pal_json_size(list), 3);
    for (size_t i = 0; i < 3; i++) {
        const pal_json *person = pal_json_at(list, i), *tastes = pal_json_get(person, "true_tastes");
        size_t user = (size_t)pal_json_number(pal_json_get(person, "user"));
        const pal_json *arm = pal_json_at(pal_json_get(person, "arms"), 0);

        ck_assert_uint_eq(pal_json_size(tastes), (size_t)at(people, user, "n_tastes"));
        ck_assert_uint_eq(pal_json_size(pal_json_get(pal_json_at(tastes, 0), "ring")), 9);
        ck_assert_str_eq(pal_json_string(pal_json_get(arm, "arm")), "prog");
        ck_assert_double_eq(pal_json_number(pal_json_get(arm, "likes")), log_sum("prog", -1, -1, (double)user, NULL, "liked"));
        ck_assert_uint_eq(pal_json_size(pal_json_get(arm, "rounds")), 6);
        for (size_t j = 0; j < i; j++) {
            ck_assert_double_ne(pal_json_number(pal_json_get(pal_json_at(list, j), "user")), (double)user);
        }
    }
    pal_json_free(doc);
}
END_TEST

Suite *suite_lab_tables(void);
Suite *suite_lab_tables(void)
{
    Suite *s = suite_create("lab/tables");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, run_once, clean);
    tcase_add_test(tc, stages_count_the_log);
    tcase_add_test(tc, slots_are_rates_of_the_log);
    tcase_add_test(tc, users_sum_up_their_own_rows);
    tcase_add_test(tc, coverage_is_the_share_of_tastes_with_a_like);
    tcase_add_test(tc, people_are_drawn_as_the_contract_says);
    tcase_add_test(tc, every_item_is_listed_once_and_clusters_are_ranges);
    tcase_add_test(tc, files_are_there_and_named_in_the_manifest);
    tcase_add_test(tc, a_sheet_holds_the_truth_beside_what_was_learned);
    suite_add_tcase(s, tc);
    return s;
}

/* Whole small runs: the same bytes at every thread count, and measures that agree with a second reading of the log. */
#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/npy.h"
#include "core/stop.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *file_in(char out[512], const char *dir, const char *name)
{
    snprintf(out, 512, "%s/%s", dir, name);
    return out;
}

static pal_table *load(const char *dir, const char *name)
{
    pal_table *table = NULL;
    pal_error err = { PAL_OK, "" };
    char path[512];

    ck_assert_msg(pal_table_load(&table, file_in(path, dir, name), &err) == PAL_OK, "%s", err.text);
    return table;
}

static size_t column(const pal_table *table, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, table, name, NULL), PAL_OK);
    return c;
}

static double cell(const pal_table *table, size_t row, const char *name)
{
    return pal_table_number(table, row, column(table, name), NULL);
}

START_TEST(threads_do_not_change_a_byte)
{
    static const size_t threads[] = { 1, 2, 7 };
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary[3];
    char name[16];

    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "t%zu", threads[i]);
        tiny_run(&summary[i], e, name, threads[i]);
        ck_assert_str_eq(summary[0].digest, summary[i].digest);
    }
    ck_assert_uint_gt(summary[0].impressions, 0);
    pal_experiment_free(e);
}
END_TEST

START_TEST(another_seed_gives_other_bytes)
{
    const pal_override set[] = { { "seed", "\"2386\"" } };
    pal_experiment *a = tiny_parse(NULL, 0), *b = tiny_parse(set, 1);
    pal_run_summary one, two;

    tiny_run(&one, a, "a", 1);
    tiny_run(&two, b, "b", 1);
    ck_assert_str_ne(one.digest, two.digest);
    pal_experiment_free(a);
    pal_experiment_free(b);
}
END_TEST

/* CTR, like rate and the like of an arm in a round, from the log alone. */
static double rate_from_log(const pal_table *events, const char *arm, double round, const char *flag)
{
    size_t c_arm = column(events, "arm"), c_round = column(events, "round"), c_flag = column(events, flag);
    double n = 0, hits = 0;

    for (size_t i = 0; i < pal_table_rows(events); i++) {
        if (strcmp(pal_table_text(events, i, c_arm), arm) != 0) continue;
        if (round >= 0 && pal_table_number(events, i, c_round, NULL) != round) continue;
        n += 1;
        hits += pal_table_number(events, i, c_flag, NULL);
    }
    return hits / n;
}

START_TEST(rounds_agree_with_the_log)
{
    static const char *const metric[][2] = { { "ctr", "clicked" }, { "like_rate", "liked" }, { "dislike_rate", "disliked" },
                                             { "skip_rate", "skipped" } };
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "log", 2);
    pal_table *events = load(dir, "events.csv"), *rounds = load(dir, "rounds.csv");
    size_t compared = 0;

    ck_assert_uint_eq(pal_table_rows(events), summary.impressions);
    for (size_t i = 0; i < pal_table_rows(rounds); i++) {
        for (size_t m = 0; m < 4; m++) {
            if (strcmp(pal_table_text(rounds, i, column(rounds, "metric")), metric[m][0]) != 0) continue;
            ck_assert_double_eq_tol(cell(rounds, i, "value"),
                rate_from_log(events, pal_table_text(rounds, i, 0), cell(rounds, i, "round"), metric[m][1]), 1e-12);
            ck_assert(cell(rounds, i, "lo") <= cell(rounds, i, "value") && cell(rounds, i, "value") <= cell(rounds, i, "hi"));
            compared++;
        }
    }
    ck_assert_uint_eq(compared, 4 * 4 * 6);
    pal_table_free(events);
    pal_table_free(rounds);
    pal_experiment_free(e);
}
END_TEST

START_TEST(no_item_comes_twice_and_no_probe_item_ever)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    pal_table *events = load(tiny_run(&summary, e, "twice", 1), "events.csv");
    unsigned char *seen = calloc(4 * 40 * 600, 1);
    size_t c_user = column(events, "user"), c_item = column(events, "item");

    ck_assert_ptr_nonnull(seen);
    for (size_t i = 0; i < pal_table_rows(events); i++) {
        const char *arm = pal_table_text(events, i, 0);
        size_t a = strcmp(arm, "rand") == 0 ? 0 : strcmp(arm, "pop") == 0 ? 1 : strcmp(arm, "prog") == 0 ? 2 : 3;
        size_t u = (size_t)pal_table_number(events, i, c_user, NULL), item = (size_t)pal_table_number(events, i, c_item, NULL);

        ck_assert_uint_eq(seen[(a * 40 + u) * 600 + item]++, 0);
    }
    free(seen);
    pal_table_free(events);
    pal_experiment_free(e);
}
END_TEST

/* The rows of one arm in the log, as text. */
static char *rows_of(const char *dir, const char *arm)
{
    char path[512], *bytes = NULL, *out, *line, *save = NULL;
    size_t n = 0, at = 0;

    ck_assert_int_eq(pal_file_read(&bytes, &n, file_in(path, dir, "events.csv"), NULL), PAL_OK);
    out = calloc(n + 1, 1);
    ck_assert_ptr_nonnull(out);
    for (line = strtok_r(bytes, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, arm, strlen(arm)) != 0 || line[strlen(arm)] != ',') continue;
        at += (size_t)sprintf(out + at, "%s\n", line);
    }
    pal_free(bytes);
    return out;
}

START_TEST(an_arm_does_not_notice_the_others)
{
    const pal_override fewer[] = { { "arms", "[{\"name\": \"prog\", \"stage\": \"progressive\"}]" }, { "baseline", "prog" } };
    pal_experiment *all = tiny_parse(NULL, 0), *one = tiny_parse(fewer, 2);
    pal_run_summary summary;
    char *a = rows_of(tiny_run(&summary, all, "all", 1), "prog");
    char *b = rows_of(tiny_run(&summary, one, "one", 2), "prog");

    ck_assert_uint_gt(strlen(a), 1000);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    pal_experiment_free(all);
    pal_experiment_free(one);
}
END_TEST

/* Common random numbers: two arms that show a person the same item in the same round while nothing else moves hear the
 * same answer if both looked. */
START_TEST(arms_that_show_the_same_item_hear_the_same_answer)
{
    const pal_override set[] = {
        { "arms", "[{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"popularity\"}]" },
        { "baseline", "a" }, { "focus", "b" }, { "response", "{\"satiation\": false}" }, { "people.n", "400" },
        { "catalog.items", "60" } };
    pal_experiment *e = tiny_parse(set, 6);
    pal_run_summary summary;
    pal_table *events = load(tiny_run(&summary, e, "crn", 2), "events.csv");
    signed char *heard = malloc((size_t)6 * 400 * 60);
    size_t same = 0;

    ck_assert_ptr_nonnull(heard);
    memset(heard, -1, (size_t)6 * 400 * 60);
    for (size_t i = 0; i < pal_table_rows(events); i++) {
        size_t at = ((size_t)cell(events, i, "round") * 400 + (size_t)cell(events, i, "user")) * 60 + (size_t)cell(events, i, "item");
        signed char answer = (signed char)(cell(events, i, "clicked") + 2 * cell(events, i, "liked") + 4 * cell(events, i, "disliked"));

        if (cell(events, i, "examined") == 0) continue;
        if (strcmp(pal_table_text(events, i, 0), "a") == 0) {
            heard[at] = answer;
        } else if (heard[at] >= 0) {
            ck_assert_int_eq(heard[at], answer);
            same++;
        }
    }
    ck_assert_uint_gt(same, 200);
    free(heard);
    pal_table_free(events);
    pal_experiment_free(e);
}
END_TEST

static double summary_metric(const char *dir, const char *arm, const char *name)
{
    pal_json_doc *doc = NULL;
    char path[512];
    double value = NAN;
    const pal_json *arms;

    ck_assert_int_eq(pal_json_load(&doc, file_in(path, dir, "summary.json"), NULL), PAL_OK);
    arms = pal_json_get(pal_json_root(doc), "arms");
    for (size_t a = 0; a < pal_json_size(arms); a++) {
        const pal_json *metrics = pal_json_get(pal_json_at(arms, a), "metrics");

        if (strcmp(pal_json_string(pal_json_get(pal_json_at(arms, a), "name")), arm) != 0) continue;
        for (size_t m = 0; m < pal_json_size(metrics); m++) {
            const pal_json *v = pal_json_get(pal_json_at(metrics, m), "value");

            if (strcmp(pal_json_string(pal_json_get(pal_json_at(metrics, m), "name")), name) == 0 &&
                pal_json_kind_of(v) == PAL_JSON_NUMBER) value = pal_json_number(v);
        }
    }
    pal_json_free(doc);
    return value;
}

START_TEST(the_oracle_has_no_regret_and_the_best_likes)
{
    const pal_override set[] = { { "people.n", "200" } };
    pal_experiment *e = tiny_parse(set, 1);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "oracle", 2);
    pal_table *events = load(dir, "events.csv");

    ck_assert_double_eq_tol(summary_metric(dir, "best", "regret"), 0, 1e-9);
    ck_assert_double_eq_tol(summary_metric(dir, "best", "ndcg"), 1, 1e-9);
    ck_assert_double_gt(summary_metric(dir, "rand", "regret"), 0.05);
    ck_assert_double_gt(summary_metric(dir, "best", "expected_like"), summary_metric(dir, "prog", "expected_like"));
    ck_assert_double_gt(summary_metric(dir, "prog", "expected_like"), summary_metric(dir, "rand", "expected_like"));
    /* a constant score ranks nothing; the truth as score is its own ceiling */
    ck_assert_double_eq_tol(summary_metric(dir, "rand", "auc"), 0.5, 1e-12);
    ck_assert_double_eq_tol(summary_metric(dir, "best", "auc"), summary_metric(dir, "best", "auc_ceiling"), 1e-4);
    ck_assert_double_eq_tol(summary_metric(dir, "best", "logloss"), summary_metric(dir, "best", "logloss_ceiling"), 1e-4);
    ck_assert_double_eq_tol(summary_metric(dir, "best", "excess_kl"), 0, 1e-4);
    ck_assert_double_ge(summary_metric(dir, "rand", "logloss") + 0.02, summary_metric(dir, "rand", "logloss_ceiling"));
    ck_assert_double_eq_tol(summary_metric(dir, "rand", "like_rate"), rate_from_log(events, "rand", -1, "liked"), 1e-12);
    pal_table_free(events);
    pal_experiment_free(e);
}
END_TEST

START_TEST(npy_columns_hold_what_the_csv_holds)
{
    const pal_override npy[] = { { "output.events", "npy" } };
    pal_experiment *a = tiny_parse(NULL, 0), *b = tiny_parse(npy, 1);
    pal_run_summary summary;
    pal_table *events = load(tiny_run(&summary, a, "csv", 1), "events.csv");
    const char *dir = tiny_run(&summary, b, "npy", 1);
    void *item = NULL, *flags = NULL, *p_like = NULL;
    pal_dtype type;
    uint64_t rows;
    size_t width;
    char path[512];

    ck_assert_int_eq(pal_npy_load(&item, &type, &rows, &width, file_in(path, dir, "events/item.npy"), NULL), PAL_OK);
    ck_assert_int_eq(type, PAL_U32);
    ck_assert_uint_eq(rows, pal_table_rows(events));
    ck_assert_int_eq(pal_npy_load(&flags, &type, &rows, &width, file_in(path, dir, "events/flags.npy"), NULL), PAL_OK);
    ck_assert_int_eq(pal_npy_load(&p_like, &type, &rows, &width, file_in(path, dir, "events/p_like.npy"), NULL), PAL_OK);
    for (size_t i = 0; i < rows; i++) {
        ck_assert_double_eq(cell(events, i, "item"), ((uint32_t *)item)[i]);
        ck_assert_double_eq(cell(events, i, "examined"), ((uint8_t *)flags)[i] & 1);
        ck_assert_double_eq(cell(events, i, "liked"), ((uint8_t *)flags)[i] >> 2 & 1);
        ck_assert_float_eq((float)cell(events, i, "p_like"), ((float *)p_like)[i]);
    }
    ck_assert(!pal_file_exists(file_in(path, dir, "events/item.raw")));
    pal_free(item);
    pal_free(flags);
    pal_free(p_like);
    pal_table_free(events);
    pal_experiment_free(a);
    pal_experiment_free(b);
}
END_TEST

START_TEST(replicates_are_other_people_in_the_same_file)
{
    const pal_override set[] = { { "replicates", "2" }, { "probe.items", "0" } };
    pal_experiment *e = tiny_parse(set, 2);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "rep", 2);
    pal_table *people = load(dir, "people.csv"), *users = load(dir, "users.csv");

    ck_assert_uint_eq(pal_table_rows(people), 80);
    ck_assert_uint_eq(pal_table_rows(users), 4 * 80);
    ck_assert_str_ne(pal_table_text(people, 0, column(people, "weights")), pal_table_text(people, 40, column(people, "weights")));
    ck_assert(isnan(summary_metric(dir, "prog", "auc")));
    pal_table_free(people);
    pal_table_free(users);
    pal_experiment_free(e);
}
END_TEST

START_TEST(more_slots_than_items_is_refused_before_anything_is_written)
{
    const pal_override set[] = { { "catalog.items", "11" } };
    pal_experiment *e = tiny_parse(set, 1);
    pal_run_summary summary;
    pal_error err = { PAL_OK, "" };
    const pal_run_options options = { 1, scratch_path("never") };

    ck_assert_int_eq(pal_run(&summary, e, &options, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "slots");
    ck_assert_has(err.text, "12");
    ck_assert(!pal_file_exists(options.out_dir));
    pal_experiment_free(e);
}
END_TEST

START_TEST(a_directory_of_another_kind_is_left_alone)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    pal_error err = { PAL_OK, "" };
    const pal_run_options options = { 1, scratch_path("mine") };
    char path[512];

    ck_assert_int_eq(pal_dir_make(options.out_dir, NULL), PAL_OK);
    scratch_text("mine/thesis.txt", "years of work");
    ck_assert_int_eq(pal_run(&summary, e, &options, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "mine");
    ck_assert(pal_file_exists(file_in(path, options.out_dir, "thesis.txt")));
    pal_experiment_free(e);
}
END_TEST

START_TEST(an_interrupted_run_leaves_nothing_behind)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    pal_error err = { PAL_OK, "" };
    const pal_run_options options = { 2, scratch_path("stopped/run") };

    pal_stop_request();
    ck_assert_int_eq(pal_run(&summary, e, &options, &err), PAL_ERR_STOPPED);
    pal_stop_reset();
    ck_assert_has(err.text, "interrupted");
    ck_assert_uint_eq(scratch_count(scratch_path("stopped")), 0);
    pal_experiment_free(e);
}
END_TEST

/* Every allocation of a very small run fails once, in turn (thinned out): no crash, no leak, nothing left behind. */
START_TEST(any_allocation_may_fail)
{
    const pal_override set[] = { { "people.n", "3" }, { "rounds", "2" }, { "catalog.items", "120" }, { "statistics.resamples", "20" } };
    pal_experiment *e = tiny_parse(set, 4);
    pal_run_summary summary;
    size_t failed = 0, total;

    pal_mem_fail_at(0);
    tiny_run(&summary, e, "whole", 1);
    total = pal_mem_count();
    ck_assert_uint_gt(total, 100);
    for (size_t n = 1; n <= total; n += 1 + total / 150) {
        pal_error err = { PAL_OK, "" };
        const pal_run_options options = { 1, scratch_path("part") };
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_run(&summary, e, &options, &err);
        pal_mem_fail_at(0);
        if (rc == PAL_OK) continue;
        ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu: %s", n, err.text);
        ck_assert(!pal_file_exists(options.out_dir) || failed == 0);
        failed++;
    }
    ck_assert_uint_gt(failed, 100);
    pal_experiment_free(e);
}
END_TEST

Suite *suite_lab_run(void);
Suite *suite_lab_run(void)
{
    Suite *s = suite_create("lab/run");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, threads_do_not_change_a_byte);
    tcase_add_test(tc, another_seed_gives_other_bytes);
    tcase_add_test(tc, rounds_agree_with_the_log);
    tcase_add_test(tc, no_item_comes_twice_and_no_probe_item_ever);
    tcase_add_test(tc, an_arm_does_not_notice_the_others);
    tcase_add_test(tc, arms_that_show_the_same_item_hear_the_same_answer);
    tcase_add_test(tc, the_oracle_has_no_regret_and_the_best_likes);
    tcase_add_test(tc, npy_columns_hold_what_the_csv_holds);
    tcase_add_test(tc, replicates_are_other_people_in_the_same_file);
    tcase_add_test(tc, more_slots_than_items_is_refused_before_anything_is_written);
    tcase_add_test(tc, a_directory_of_another_kind_is_left_alone);
    tcase_add_test(tc, an_interrupted_run_leaves_nothing_behind);
    tcase_add_test(tc, any_allocation_may_fail);
    suite_add_tcase(s, tc);
    return s;
}

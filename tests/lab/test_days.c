/* Content types, caches and daily aggregates of a run, against a plain reading of its log. */
#include "core/csv.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>

static const char *const text =
    "{\"name\": \"days\", \"seed\": \"2385\", \"rounds\": 8, \"slots\": 4, \"baseline\": \"pop\", \"focus\": \"knn\","
    " \"catalog\": {\"types\": \"movie,manga,music\", \"items\": 480}, \"people\": {\"n\": 30},"
    " \"arms\": [{\"name\": \"pop\", \"stage\": \"popularity\"}, {\"name\": \"rand\", \"stage\": \"random\"},"
    "  {\"name\": \"knn\", \"stage\": \"item_knn\", \"params\": {\"after\": 20, \"every\": 2}},"
    "  {\"name\": \"knn cached\", \"stage\": \"item_knn\", \"params\": {\"every\": 2, \"after\": 20},"
    "   \"cache\": {\"ttl_rounds\": 3, \"invalidate\": \"type\"}},"
    "  {\"name\": \"als\", \"stage\": \"als\", \"params\": {\"after\": 1, \"per_type\": true, \"model\": {\"factors\": 3}},"
    "   \"cache\": {}},"
    "  {\"name\": \"prog\", \"stage\": \"progressive\"}, {\"name\": \"best\", \"stage\": \"oracle\"}],"
    " \"probe\": {\"items\": 7, \"every\": 3}, \"statistics\": {\"resamples\": 60, \"permutations\": 99, \"spread_resamples\": 20},"
    " \"output\": {\"sheets\": 1, \"days\": true, \"events\": \"csv\"}}";

static const char *const types[] = { "movie", "manga", "music" };
static pal_table *events, *items, *table;
static const char *dir;
static pal_experiment *experiment;
static pal_run_summary summary;

static pal_experiment *parse(const char *json)
{
    pal_experiment *e = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_experiment_parse(&e, json, strlen(json), "days.json", NULL, 0, &err) == PAL_OK, "%s", err.text);
    return e;
}

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
    scratch_begin();
    experiment = parse(text);
    dir = tiny_run(&summary, experiment, "days", 2);
    events = load("events.csv");
    items = load("items.csv");
    table = NULL;
}

static void clean(void)
{
    pal_table_free(events);
    pal_table_free(items);
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

/* The type of a row of the log, by the name of its item's cluster. */
static size_t type_of(size_t row)
{
    const char *cluster = text_at(items, (size_t)at(events, row, "item"), "cluster");

    for (size_t t = 0; t < 3; t++) {
        if (strncmp(cluster, types[t], strlen(types[t])) == 0) return t;
    }
    ck_abort_msg("cluster %s", cluster);
    return 0;
}

START_TEST(a_slate_holds_one_type_and_every_arm_hears_the_same_wish_at_first)
{
    size_t of[3] = { 0 };
    int first[30];

    for (size_t u = 0; u < 30; u++) first[u] = -1;
    for (size_t i = 0; i < pal_table_rows(events); i++) {
        const size_t user = (size_t)at(events, i, "user"), type = type_of(i);

        of[type]++;
        if (i > 0 && at(events, i, "user") == at(events, i - 1, "user") && at(events, i, "round") == at(events, i - 1, "round")
            && strcmp(text_at(events, i, "arm"), text_at(events, i - 1, "arm")) == 0) {
            ck_assert_uint_eq(type, type_of(i - 1));
        }
        if (at(events, i, "round") == 0) { /* later tastes may have moved apart */
            ck_assert(first[user] == -1 || first[user] == (int)type);
            first[user] = (int)type;
        }
    }
    for (size_t t = 0; t < 3; t++) ck_assert_uint_gt(of[t], pal_table_rows(events) / 10);
}
END_TEST

START_TEST(days_count_the_log)
{
    static const char *const pair[][2] = { { "examined", "examined" }, { "clicks", "clicked" }, { "likes", "liked" },
                                           { "dislikes", "disliked" }, { "skips", "skipped" } };
    double views = 0;

    table = load("days.csv");
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        const char *by = text_at(table, row, "by"), *key = text_at(table, row, "key"), *arm = pal_table_text(table, row, 0);
        double n = 0, sum[5] = { 0 }, engaged = 0;

        for (size_t i = 0; i < pal_table_rows(events); i++) {
            char slot[12];

            if (at(events, i, "round") != at(table, row, "day") || strcmp(pal_table_text(events, i, 0), arm) != 0) continue;
            snprintf(slot, sizeof slot, "%.0f", at(events, i, "slot"));
            if (strcmp(by, "slot") == 0 && strcmp(slot, key) != 0) continue;
            if (strcmp(by, "type") == 0 && strcmp(types[type_of(i)], key) != 0) continue;
            n++;
            for (size_t k = 0; k < 5; k++) sum[k] += at(events, i, pair[k][1]);
            engaged += at(events, i, "clicked") + at(events, i, "liked") + at(events, i, "disliked") > 0;
        }
        ck_assert_double_eq(at(table, row, "views"), n);
        for (size_t k = 0; k < 5; k++) ck_assert_double_eq(at(table, row, pair[k][0]), sum[k]);
        ck_assert_double_eq_tol(at(table, row, "ctr"), sum[1] / n, 1e-15);
        ck_assert_double_eq_tol(at(table, row, "engagement"), engaged / n, 1e-15);
        if (strcmp(by, "all") == 0) views += n;
    }
    ck_assert_double_eq(views, (double)pal_table_rows(events));
}
END_TEST

START_TEST(types_are_rates_of_the_log_paired_with_the_baseline)
{
    table = load("types.csv");
    ck_assert_uint_eq(pal_table_rows(table), 7 * 3 * 2);
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        const char *arm = pal_table_text(table, row, 0), *type = text_at(table, row, "type");
        const char *column = strcmp(text_at(table, row, "metric"), "ctr") == 0 ? "clicked" : "liked";
        double n[2] = { 0 }, sum[2] = { 0 };

        for (size_t i = 0; i < pal_table_rows(events); i++) {
            const char *whose = pal_table_text(events, i, 0);

            if (strcmp(types[type_of(i)], type) != 0) continue;
            for (size_t b = 0; b < 2; b++) {
                if (strcmp(whose, b == 0 ? arm : "pop") != 0) continue;
                n[b]++;
                sum[b] += at(events, i, column);
            }
        }
        ck_assert_double_eq_tol(at(table, row, "value"), sum[0] / n[0], 1e-12);
        ck_assert(at(table, row, "lo") <= at(table, row, "value") && at(table, row, "value") <= at(table, row, "hi"));
        if (strcmp(arm, "pop") == 0) {
            ck_assert_str_eq(text_at(table, row, "diff"), "");
        } else {
            ck_assert_double_eq_tol(at(table, row, "diff"), sum[0] / n[0] - sum[1] / n[1], 1e-12);
        }
    }
}
END_TEST

START_TEST(the_cache_tells_hits_and_its_paired_cost)
{
    double requests = 0, clicks[2] = { 0 }, views[2] = { 0 };

    table = load("cache.csv");
    ck_assert_uint_eq(pal_table_rows(table), 2);
    ck_assert_str_eq(text_at(table, 0, "without_cache"), "knn"); /* the order of the keys plays no part */
    ck_assert_str_eq(text_at(table, 1, "without_cache"), "");
    for (size_t i = 0; i < pal_table_rows(events); i++) {
        const char *arm = pal_table_text(events, i, 0);
        const bool cached = strcmp(arm, "knn cached") == 0;

        if (!cached && strcmp(arm, "knn") != 0) continue;
        requests += cached && at(events, i, "slot") == 0;
        clicks[cached] += at(events, i, "clicked");
        views[cached]++;
    }
    ck_assert_double_eq(at(table, 0, "requests"), requests);
    ck_assert(at(table, 0, "hits") > 0 && at(table, 0, "hits") < requests);
    ck_assert_double_eq_tol(at(table, 0, "hit_rate"), at(table, 0, "hits") / requests, 1e-15);
    ck_assert_double_eq_tol(at(table, 0, "ctr"), clicks[1] / views[1], 1e-12);
    ck_assert_double_eq_tol(at(table, 0, "ctr_without"), clicks[0] / views[0], 1e-12);
    ck_assert_double_eq_tol(at(table, 0, "diff"), clicks[1] / views[1] - clicks[0] / views[0], 1e-12);
    ck_assert(at(table, 0, "diff_lo") <= at(table, 0, "diff") && at(table, 0, "diff") <= at(table, 0, "diff_hi"));
}
END_TEST

START_TEST(fits_are_on_record_by_type)
{
    size_t of[4] = { 0 };

    table = load("fits.csv");
    for (size_t i = 0; i < pal_table_rows(table); i++) {
        const char *type = text_at(table, i, "type"), *arm = pal_table_text(table, i, 0);
        size_t t = 0;

        while (t < 3 && strcmp(type, types[t]) != 0) t++;
        ck_assert_int_eq(t < 3, strcmp(arm, "als") == 0);
        of[t]++;
        ck_assert(at(table, i, "people") <= 30 && at(table, i, "likes") >= 1);
    }
    for (size_t t = 0; t < 4; t++) ck_assert_uint_gt(of[t], 0);
}
END_TEST

START_TEST(the_same_bytes_at_any_thread_count_and_from_the_resolved_text)
{
    pal_run_summary again;
    pal_experiment *resolved = parse(experiment->resolved.bytes);

    ck_assert_str_eq(resolved->digest, experiment->digest);
    tiny_run(&again, resolved, "again", 5);
    ck_assert_str_eq(again.digest, summary.digest);
    pal_experiment_free(resolved);
}
END_TEST

START_TEST(a_plain_run_has_none_of_these_files)
{
    static const char *const none[] = { "days.csv", "types.csv", "cache.csv", "fits.csv" };
    pal_experiment *plain = tiny_parse(NULL, 0);
    const char *path = tiny_run(&summary, plain, "plain", 1);

    for (size_t i = 0; i < 4; i++) {
        char name[512];
        FILE *file;

        snprintf(name, sizeof name, "%s/%s", path, none[i]);
        file = fopen(name, "rb");
        ck_assert_ptr_null(file);
    }
    pal_experiment_free(plain);
}
END_TEST

typedef struct bad {
    const char *path, *value, *said[2];
} bad;

START_TEST(bad_caches_and_types_are_named)
{
    static const bad all[] = {
        { "arms[0].cache", "{\"ttl\": 3}", { "arms[0].cache", "ttl_rounds" } },
        { "arms[0].cache", "7", { "arms[0].cache", "a number" } },
        { "arms[1].cache", "{\"invalidate\": \"all\"}", { "arms[1].cache.invalidate", "feedback" } },
        { "catalog.types", "\"movie,mange\"", { "catalog.types", "\"mange\"" } },
        { "catalog.types", "\"movie,movie\"", { "catalog.types", "twice" } },
        { "catalog.types", "\"movie,\"", { "catalog.types", "no content type \"\"" } },
        { "catalog.clusters", "\"auto\"", { "catalog.types", "\"clusters\"" } },
        { "catalog.items", "23", { "catalog.items", "24 clusters" } },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const pal_override override = { all[i].path, all[i].value };
        const pal_run_options options = { 1, scratch_path("bad") };
        pal_experiment *e = NULL;
        pal_error err = { PAL_OK, "" };
        pal_status rc = pal_experiment_parse(&e, text, strlen(text), "days.json", &override, 1, &err);

        if (rc == PAL_OK) rc = pal_run(&summary, e, &options, &err);
        ck_assert_int_eq(rc, PAL_ERR_CONFIG);
        ck_assert_has(err.text, all[i].said[0]);
        ck_assert_has(err.text, all[i].said[1]);
        pal_experiment_free(e);
    }
}
END_TEST

Suite *suite_lab_days(void);
Suite *suite_lab_days(void)
{
    Suite *suite = suite_create("lab/days");
    TCase *one = tcase_create("one run"), *tc = tcase_create("others");

    tcase_set_timeout(one, 60);
    tcase_add_checked_fixture(one, run_once, clean);
    tcase_add_test(one, a_slate_holds_one_type_and_every_arm_hears_the_same_wish_at_first);
    tcase_add_test(one, days_count_the_log);
    tcase_add_test(one, types_are_rates_of_the_log_paired_with_the_baseline);
    tcase_add_test(one, the_cache_tells_hits_and_its_paired_cost);
    tcase_add_test(one, fits_are_on_record_by_type);
    tcase_add_test(one, the_same_bytes_at_any_thread_count_and_from_the_resolved_text);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_plain_run_has_none_of_these_files);
    tcase_add_test(tc, bad_caches_and_types_are_named);
    suite_add_tcase(suite, one);
    suite_add_tcase(suite, tc);
    return suite;
}

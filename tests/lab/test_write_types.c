/* types_tests.csv: which arms are a pair, differences by a plain reading of the log, and the
 * correction over types. */
#include "core/csv.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HEAD                                                                                                          \
    "{\"name\": \"pairs\", \"seed\": \"41\", \"rounds\": 7, \"slots\": 4, \"baseline\": \"pop\","                      \
    " \"catalog\": {\"types\": \"movie,manga\", \"items\": 320}, \"people\": {\"n\": 40},"                             \
    " \"probe\": {\"items\": 0}, \"statistics\": {\"resamples\": 80, \"permutations\": 199},"                          \
    " \"output\": {\"sheets\": 0, \"days\": false, \"events\": \"csv\"}, \"arms\": ["                                  \
    "{\"name\": \"pop\", \"stage\": \"popularity\"}"

/* Two pairs; arms with a cache or another parameter are nobody's partner. */
#define KNN(name, params) ", {\"name\": \"" name "\", \"stage\": \"item_knn\", \"params\": {" params "}"
static const char text[] =
    HEAD KNN("apart", "\"per_type\": true, \"after\": 20, \"every\": 2") "}"
    KNN("joined, cached", "\"every\": 2, \"after\": 20") ", \"cache\": {}}"
    KNN("joined", "\"every\": 2, \"after\": 20") "}"
    KNN("slower", "\"every\": 3, \"after\": 20") "}"
    KNN("again", "\"every\": 2, \"after\": 20, \"per_type\": false") "}"
    KNN("slower apart", "\"every\": 3, \"per_type\": true, \"after\": 20") "}"
    KNN("alone", "\"every\": 4, \"per_type\": true, \"after\": 20") "}]}";

static const char *const types[] = { "movie", "manga" };
static pal_table *events, *items, *tests;
static pal_run_summary summary;

Suite *suite_lab_write_types(void);

static pal_table *load(const char *dir, const char *name)
{
    pal_table *t = NULL;
    pal_error err = { PAL_OK, "" };
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(pal_table_load(&t, path, &err) == PAL_OK, "%s", err.text);
    return t;
}

static const char *run(const char *json, const char *name)
{
    pal_experiment *e = NULL;
    pal_error err = { PAL_OK, "" };
    const char *dir;

    ck_assert_msg(pal_experiment_parse(&e, json, strlen(json), "pairs.json", NULL, 0, &err) ==
                      PAL_OK,
                  "%s", err.text);
    dir = tiny_run(&summary, e, name, 2);
    pal_experiment_free(e);
    return dir;
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

static void setup(void)
{
    const char *dir;

    scratch_begin();
    dir = run(text, "pairs");
    events = load(dir, "events.csv");
    items = load(dir, "items.csv");
    tests = load(dir, "types_tests.csv");
}

static void clean(void)
{
    pal_table_free(events);
    pal_table_free(items);
    pal_table_free(tests);
    scratch_end();
}

START_TEST(arms_that_part_in_nothing_but_per_type_are_pairs)
{
    static const char *const pair[2][2] = { { "apart", "joined" }, { "slower apart", "slower" } };

    ck_assert_uint_eq(pal_table_rows(tests), 2 * 2 * 2);
    for (size_t row = 0; row < 8; row++) {
        ck_assert_str_eq(text_at(tests, row, "arm"), pair[row / 4][0]);
        ck_assert_str_eq(text_at(tests, row, "against"), pair[row / 4][1]);
        ck_assert_str_eq(text_at(tests, row, "metric"), row / 2 % 2 == 0 ? "ctr" : "like_rate");
        ck_assert_str_eq(text_at(tests, row, "type"), types[row % 2]);
    }
}
END_TEST

/* Clicks or likes a view of an arm in one content type; the column of the log says which items are
 * of it. */
static double rate(const char *arm, const char *type, const char *metric)
{
    const char *column = strcmp(metric, "ctr") == 0 ? "clicked" : "liked";
    double n = 0, sum = 0;

    for (size_t i = 0; i < pal_table_rows(events); i++) {
        if (strcmp(text_at(events, i, "arm"), arm) != 0) continue;
        if (strcmp(text_at(items, (size_t)at(events, i, "item"), "type"), type) != 0) continue;
        n++;
        sum += at(events, i, column);
    }
    return sum / n;
}

/* Those who were shown something of the type by either arm. */
static double people(const char *arm, const char *against, const char *type)
{
    bool there[40] = { false };
    double n = 0;

    for (size_t i = 0; i < pal_table_rows(events); i++) {
        const char *whose = text_at(events, i, "arm");

        if (strcmp(whose, arm) != 0 && strcmp(whose, against) != 0) continue;
        if (strcmp(text_at(items, (size_t)at(events, i, "item"), "type"), type) != 0) continue;
        there[(size_t)at(events, i, "user")] = true;
    }
    for (size_t u = 0; u < 40; u++) n += there[u];
    return n;
}

START_TEST(differences_are_those_of_the_log)
{
    for (size_t row = 0; row < pal_table_rows(tests); row++) {
        const char *type = text_at(tests, row, "type"), *metric = text_at(tests, row, "metric");
        const double own = rate(text_at(tests, row, "arm"), type, metric);
        const double other = rate(text_at(tests, row, "against"), type, metric);

        ck_assert_double_eq_tol(at(tests, row, "value"), own, 1e-12);
        ck_assert_double_eq_tol(at(tests, row, "value_against"), other, 1e-12);
        ck_assert_double_eq_tol(at(tests, row, "diff"), own - other, 1e-12);
        ck_assert(at(tests, row, "lo") <= at(tests, row, "diff") &&
                  at(tests, row, "diff") <= at(tests, row, "hi"));
        ck_assert_double_eq(at(tests, row, "n"), people(text_at(tests, row, "arm"),
                                                        text_at(tests, row, "against"), type));
        ck_assert(at(tests, row, "effect") * at(tests, row, "diff") >= 0);
    }
}
END_TEST

/* Holm over the two types of a pair and metric: the smaller p twice, the larger as it is and never
 * below. */
START_TEST(types_are_one_family)
{
    for (size_t row = 0; row < pal_table_rows(tests); row += 2) {
        const double p[2] = { at(tests, row, "p"), at(tests, row + 1, "p") };
        const size_t low = p[0] <= p[1] ? 0 : 1;
        const double first = fmin(1, 2 * p[low]);

        ck_assert_double_eq_tol(at(tests, row + low, "p_adjusted"), first, 1e-15);
        ck_assert_double_eq_tol(at(tests, row + 1 - low, "p_adjusted"), fmax(first, p[1 - low]),
                                1e-15);
        for (size_t i = 0; i < 2; i++) {
            ck_assert_double_eq(at(tests, row + i, "significant"),
                                at(tests, row + i, "p_adjusted") <= 0.05);
        }
    }
}
END_TEST

START_TEST(a_run_without_pairs_has_no_tests)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/types_tests.csv",
             run(HEAD KNN("joined", "\"after\": 20") "}]}", "none"));
    file = fopen(path, "rb");
    ck_assert_ptr_null(file);
}
END_TEST

Suite *suite_lab_write_types(void)
{
    Suite *suite = suite_create("lab/write_types");
    TCase *tc = tcase_create("pairs");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, clean);
    tcase_add_test(tc, arms_that_part_in_nothing_but_per_type_are_pairs);
    tcase_add_test(tc, differences_are_those_of_the_log);
    tcase_add_test(tc, types_are_one_family);
    tcase_add_test(tc, a_run_without_pairs_has_no_tests);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The people map of a run: its files, its summary, what switches it on and what is refused. */
#include "core/csv.h"
#include "core/file.h"
#include "core/json.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_lab_people_map(void);

#define ARMS                                                                                                          \
    "[{\"name\": \"pop\", \"stage\": \"popularity\"}, {\"name\": \"near\", \"stage\": \"neighbours\"}]"

static const pal_override with_lists[] = {
    { "playlists", "{\"library_mean\": 15, \"delay_mean\": 0.5}" }, { "arms", ARMS }, { "focus", "near" },
    { "baseline", "pop" }, { "replicates", "2" }, { "rounds", "8" }, { "people.n", "60" },
    { "output.people_map_rounds", "3" }, { "output.people_map", "auto" },
};
enum { N_WITH = sizeof with_lists / sizeof *with_lists, PEOPLE = 60, TIMES = 3, REPLICATES = 2 };

static pal_table *load(const char *dir, const char *name)
{
    pal_table *t = NULL;
    pal_error err = { PAL_OK, "" };
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(pal_table_load(&t, path, &err) == PAL_OK, "%s", err.text);
    return t;
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

static bool has_file(const char *dir, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return pal_file_exists(path);
}

static const pal_json *json(pal_json_doc **doc, const char *dir, const char *name)
{
    pal_error err = { PAL_OK, "" };
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(pal_json_load(doc, path, &err) == PAL_OK, "%s", err.text);
    return pal_json_root(*doc);
}

static double number(const pal_json *object, const char *key)
{
    const pal_json *value = pal_json_get(object, key);

    ck_assert_msg(value != NULL, "no %s", key);
    return pal_json_kind_of(value) == PAL_JSON_NUMBER ? pal_json_number(value) : NAN;
}

START_TEST(everyone_stands_on_the_map_at_the_ends_of_equal_parts)
{
    static const double rounds[TIMES] = { 1, 4, 7 }; /* ends of thirds of eight rounds */
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "map", 2);
    pal_table *t = load(dir, "people_map.csv"), *people = load(dir, "people.csv");

    ck_assert_uint_eq(pal_table_rows(t), REPLICATES * TIMES * PEOPLE);
    for (size_t r = 0; r < pal_table_rows(t); r++) {
        const size_t user = r % PEOPLE, replicate = r / PEOPLE / TIMES;
        const char *tastes = text_at(people, replicate * PEOPLE + user, "tastes"), *own = text_at(t, r, "true_community");
        const bool placed = !isnan(at(t, r, "community"));

        ck_assert_str_eq(text_at(t, r, "arm"), "near"); /* the focus alone */
        ck_assert_double_eq(at(t, r, "replicate"), (double)replicate);
        ck_assert_double_eq(at(t, r, "round"), rounds[r / PEOPLE % TIMES]);
        ck_assert_double_eq(at(t, r, "user"), (double)user);
        ck_assert_int_eq(strncmp(tastes, own, strlen(own)), 0); /* tastes stand by weight */
        ck_assert_int_eq(placed, !isnan(at(t, r, "x")));
        ck_assert_int_eq(placed, !isnan(at(t, r, "y")));
        ck_assert(!placed || at(t, r, "likes") > 0);
        ck_assert(r < PEOPLE || r / PEOPLE % TIMES == 0 || at(t, r, "likes") >= at(t, r - PEOPLE, "likes"));
    }
    pal_table_free(t);
    pal_table_free(people);
    pal_experiment_free(e);
}
END_TEST

START_TEST(make_up_shares_add_up_and_lift_is_against_everybody)
{
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "make_up", 2);
    pal_table *t = load(dir, "community_make_up.csv");
    double sum = 0, people = 0;

    for (size_t r = 0; r < pal_table_rows(t); r++) {
        const bool first = r == 0 || at(t, r, "community") != at(t, r - 1, "community") ||
                           at(t, r, "round") != at(t, r - 1, "round");
        double likes = 0, all = 0;

        if (first && r > 0) ck_assert_double_eq_tol(sum, 1, 1e-9);
        sum = first ? at(t, r, "share") : sum + at(t, r, "share");
        people += first && at(t, r, "round") == 7 && at(t, r, "replicate") == 0 ? at(t, r, "size") : 0;
        if (r % 37 != 0) continue;
        for (size_t o = 0; o < pal_table_rows(t); o++) {
            if (at(t, o, "round") != at(t, r, "round") || at(t, o, "replicate") != at(t, r, "replicate")) continue;
            all += at(t, o, "likes");
            likes += strcmp(text_at(t, o, "genre"), text_at(t, r, "genre")) == 0 ? at(t, o, "likes") : 0;
        }
        ck_assert_double_eq_tol(at(t, r, "lift"), at(t, r, "share") / (likes / all), 1e-9);
    }
    ck_assert_double_le(people, PEOPLE);
    ck_assert_double_gt(people, PEOPLE / 2);
    pal_table_free(t);
    pal_experiment_free(e);
}
END_TEST

START_TEST(the_summary_holds_what_was_found_what_chance_gives_and_the_best)
{
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "summary", 1);
    pal_json_doc *doc = NULL;
    const pal_json *list = pal_json_get(json(&doc, dir, "summary.json"), "communities");

    ck_assert_uint_eq(pal_json_size(list), REPLICATES * TIMES);
    for (size_t i = 0; i < pal_json_size(list); i++) {
        const pal_json *one = pal_json_at(list, i), *chance = pal_json_get(one, "chance"), *best = pal_json_get(one, "best");

        ck_assert_double_eq(number(one, "people"), PEOPLE);
        ck_assert_double_le(number(one, "placed"), PEOPLE);
        ck_assert_double_ge(number(one, "k"), 2);
        ck_assert_double_le(number(one, "k"), PEOPLE / 5);
        ck_assert_double_ge(number(one, "eigengap"), 0);
        ck_assert_double_lt(fabs(number(chance, "ari")), 0.08); /* mean of 20 shuffles of 60 people */
        ck_assert_double_gt(number(best, "nmi"), number(chance, "nmi"));
        ck_assert_double_gt(number(one, "overlap"), number(chance, "overlap"));
    }
    pal_json_free(doc);
    pal_experiment_free(e);
}
END_TEST

START_TEST(a_sheet_names_the_nearest_of_the_company_and_what_they_share)
{
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "sheet", 2);
    pal_json_doc *doc = NULL;
    const pal_json *people = pal_json_get(json(&doc, dir, "profiles.json"), "people");

    ck_assert_uint_gt(pal_json_size(people), 0);
    for (size_t p = 0; p < pal_json_size(people); p++) {
        const pal_json *one = pal_json_get(pal_json_at(people, p), "community"), *near = pal_json_get(one, "nearest");

        ck_assert_uint_eq(pal_json_size(pal_json_get(one, "membership")), TIMES);
        ck_assert_str_eq(pal_json_string(pal_json_get(one, "from")), "company");
        ck_assert_uint_gt(pal_json_size(near), 0);
        for (size_t i = 0; i < pal_json_size(near); i++) {
            const pal_json *other = pal_json_at(near, i);

            ck_assert(number(other, "user") != number(pal_json_at(people, p), "user"));
            ck_assert(i == 0 || number(other, "similarity") <= number(pal_json_at(near, i - 1), "similarity"));
            ck_assert_double_ge(number(other, "shared_songs"), (double)pal_json_size(pal_json_get(other, "songs")));
            ck_assert_double_ge(number(other, "shared_genres"), (double)pal_json_size(pal_json_get(other, "genres")));
        }
    }
    pal_json_free(doc);
    pal_experiment_free(e);
}
END_TEST

START_TEST(threads_change_no_byte)
{
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_run_summary one, three;

    tiny_run(&one, e, "one", 1);
    tiny_run(&three, e, "three", 3);
    ck_assert_str_eq(one.digest, three.digest);
    pal_experiment_free(e);
}
END_TEST

START_TEST(without_playlists_nothing_is_mapped_unless_asked_for)
{
    static const pal_override asked[] = { { "output.people_map", "prog;pop" } };
    pal_experiment *plain = tiny_parse(NULL, 0), *both = tiny_parse(asked, 1);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, plain, "plain", 2);
    pal_json_doc *doc = NULL;
    pal_table *t;

    ck_assert(!has_file(dir, "people_map.csv"));
    ck_assert(!has_file(dir, "community_make_up.csv"));
    ck_assert_ptr_null(pal_json_get(json(&doc, dir, "summary.json"), "communities"));
    t = load(tiny_run(&summary, both, "both", 2), "people_map.csv");
    ck_assert_uint_eq(pal_table_rows(t), 2 * 4 * 40);
    ck_assert_str_eq(text_at(t, 0, "arm"), "pop");
    ck_assert_str_eq(text_at(t, 160, "arm"), "prog");
    pal_table_free(t);
    pal_json_free(doc);
    pal_experiment_free(plain);
    pal_experiment_free(both);
}
END_TEST

START_TEST(no_map_can_be_asked_for)
{
    pal_override none[N_WITH];
    pal_experiment *e;
    pal_run_summary summary;
    const char *dir;

    memcpy(none, with_lists, sizeof none);
    none[N_WITH - 1].text = "none";
    e = tiny_parse(none, N_WITH);
    dir = tiny_run(&summary, e, "none", 2);
    ck_assert(has_file(dir, "communities.csv"));
    ck_assert(!has_file(dir, "people_map.csv"));
    pal_experiment_free(e);
}
END_TEST

START_TEST(an_arm_that_is_none_is_refused_by_name)
{
    static const pal_override wrong[] = { { "output.people_map", "prog;nope" } };
    pal_experiment *e = tiny_parse(wrong, 1);
    const pal_run_options options = { 1, scratch_path("wrong") };
    pal_run_summary summary;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_run(&summary, e, &options, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "tiny.json: output.people_map: 'nope' is no arm");
    ck_assert(!pal_file_exists(options.out_dir));
    pal_experiment_free(e);
}
END_TEST

Suite *suite_lab_people_map(void)
{
    Suite *suite = suite_create("lab/people_map");
    TCase *tc = tcase_create("people_map");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, everyone_stands_on_the_map_at_the_ends_of_equal_parts);
    tcase_add_test(tc, make_up_shares_add_up_and_lift_is_against_everybody);
    tcase_add_test(tc, the_summary_holds_what_was_found_what_chance_gives_and_the_best);
    tcase_add_test(tc, a_sheet_names_the_nearest_of_the_company_and_what_they_share);
    tcase_add_test(tc, threads_change_no_byte);
    tcase_add_test(tc, without_playlists_nothing_is_mapped_unless_asked_for);
    tcase_add_test(tc, no_map_can_be_asked_for);
    tcase_add_test(tc, an_arm_that_is_none_is_refused_by_name);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Sweeps: designs, the cache, going on after an interruption, bad files. */
#include "lab/sweep.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/stop.h"
#include "lab/run_cache.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_lab_sweep(void);

static char base[2000]; /* the small experiment, smaller, with two arms */

static const char *small(void)
{
    snprintf(base, sizeof base, "%s",
             "{\"purpose\": \"a test\", \"name\": \"tiny\", \"seed\": \"7\", \"rounds\": 3, \"slots\": 4,"
             " \"catalog\": {\"items\": 300}, \"people\": {\"n\": 20},"
             " \"arms\": [{\"name\": \"pop\", \"stage\": \"popularity\"}, {\"name\": \"rand\", \"stage\": \"random\"}],"
             " \"probe\": {\"items\": 5}}");
    return base;
}

/* A sweep of the small experiment with these members. */
static pal_sweep *sweep_of(const char *members)
{
    pal_text text = { 0 };
    pal_sweep *s = NULL;
    pal_error err = { PAL_OK, "" };

    pal_text_addf(&text, "{\"name\": \"s\", \"experiment\": %s, %s}", small(), members);
    ck_assert_msg(pal_sweep_parse(&s, text.bytes, text.n, "s.json", NULL, 0, &err) == PAL_OK, "%s", err.text);
    pal_text_clear(&text);
    return s;
}

static const char *setting(const pal_sweep *s, size_t point, size_t d)
{
    return s->setting[point * s->n_dims + d];
}

static pal_sweep_summary run_sweep(const char *members, const char *cache, const char *out, size_t n_threads)
{
    pal_sweep *s = sweep_of(members);
    const pal_sweep_options options = { .out_dir = scratch_path(out), .cache_dir = scratch_path(cache), .n_threads = n_threads };
    pal_sweep_summary summary;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_sweep_run(&summary, s, &options, &err) == PAL_OK, "%s", err.text);
    pal_sweep_free(s);
    return summary;
}

START_TEST(a_grid_has_all_combinations_the_last_path_fastest)
{
    pal_sweep *s = sweep_of("\"vary\": [{\"path\": \"people.n\", \"values\": [10, 20]},"
                            " {\"path\": \"rounds\", \"min\": 2, \"max\": 32, \"steps\": 3, \"scale\": \"log\", \"whole\": true}]");
    static const char *const wanted[6][2] = { { "10", "2" }, { "10", "8" }, { "10", "32" },
                                              { "20", "2" }, { "20", "8" }, { "20", "32" } };

    ck_assert_uint_eq(s->n_points, 6);
    for (size_t p = 0; p < 6; p++) {
        ck_assert_str_eq(setting(s, p, 0), wanted[p][0]);
        ck_assert_str_eq(setting(s, p, 1), wanted[p][1]);
    }
    pal_sweep_free(s);
}
END_TEST

START_TEST(a_latin_design_hits_every_part_of_every_path_once)
{
    pal_sweep *s = sweep_of("\"design\": \"latin\", \"points\": 11, \"vary\": [{\"path\": \"people.contradiction\", \"min\": 0, \"max\": 1},"
                            " {\"path\": \"response.noise\", \"values\": [true, false]}]");
    bool hit[11] = { false };
    size_t yes = 0;

    for (size_t p = 0; p < 11; p++) {
        double x = strtod(setting(s, p, 0), NULL);
        size_t part = (size_t)(x * 11);

        ck_assert(x >= 0 && x < 1 && !hit[part]);
        hit[part] = true;
        yes += strcmp(setting(s, p, 1), "true") == 0;
    }
    ck_assert(yes == 5 || yes == 6); /* even over the values of a list */
    pal_sweep_free(s);
}
END_TEST

START_TEST(another_path_moves_no_value_of_the_others)
{
    pal_sweep *one = sweep_of("\"design\": \"random\", \"points\": 9, \"vary\": [{\"path\": \"people.contradiction\", \"max\": 1}]");
    pal_sweep *two = sweep_of("\"design\": \"random\", \"points\": 12, \"vary\": [{\"path\": \"people.n\", \"min\": 5, \"max\": 30,"
                              " \"whole\": true}, {\"path\": \"people.contradiction\", \"max\": 1}]");

    for (size_t p = 0; p < 9; p++) ck_assert_str_eq(setting(one, p, 0), setting(two, p, 1));
    pal_sweep_free(one);
    pal_sweep_free(two);
}
END_TEST

START_TEST(arms_are_found_by_name)
{
    pal_sweep *s = sweep_of("\"vary\": [{\"path\": \"arms.rand.stage\", \"values\": [\"random\", \"popularity\"]}]");
    pal_experiment *e = NULL;

    ck_assert_str_eq(s->dim[0].set, "arms.1.stage");
    ck_assert_int_eq(pal_sweep_experiment(&e, s, 1, 0, NULL), PAL_OK);
    ck_assert_uint_eq(e->arm[1].stage, e->arm[0].stage);
    pal_experiment_free(e);
    pal_sweep_free(s);
}
END_TEST

/* What makes the cache right: the rows of users.csv are those that the arm has in the whole experiment. */
START_TEST(an_arm_alone_gives_the_rows_of_the_whole_experiment)
{
    pal_experiment *e = tiny_parse(NULL, 0), *single = NULL;
    pal_run_summary summary;
    char whole[512], alone[512], *all = NULL, *own = NULL, *row;
    size_t n_all, n_own;

    snprintf(whole, sizeof whole, "%s/users.csv", tiny_run(&summary, e, "whole", 1));
    ck_assert_int_eq(pal_file_read(&all, &n_all, whole, NULL), PAL_OK);
    for (size_t a = 0; a < e->n_arms; a++) {
        ck_assert_int_eq(pal_single_arm(&single, e, a, NULL), PAL_OK);
        snprintf(alone, sizeof alone, "%s/users.csv", tiny_run(&summary, single, "alone", 1));
        ck_assert_int_eq(pal_file_read(&own, &n_own, alone, NULL), PAL_OK);
        row = strchr(own, '\n') + 1;
        ck_assert_msg(strstr(all, row) != NULL, "arm %s has other rows alone", e->arm[a].name);
        pal_free(own);
        own = NULL;
        pal_experiment_free(single);
        single = NULL;
    }
    pal_free(all);
    pal_experiment_free(e);
}
END_TEST

#define TWO_POINTS "\"vary\": [{\"path\": \"people.contradiction\", \"values\": [0, 1]}], \"resamples\": 100, \"permutations\": 99"

START_TEST(only_what_is_new_is_run)
{
    pal_sweep_summary first = run_sweep(TWO_POINTS ", \"seeds\": [\"7\"]", "cache", "a", 1);
    pal_sweep_summary again = run_sweep(TWO_POINTS ", \"seeds\": [\"7\"]", "cache", "b", 2);
    pal_sweep_summary seed = run_sweep(TWO_POINTS ", \"seeds\": [\"7\", \"8\"]", "cache", "c", 1);
    pal_sweep_summary arm = run_sweep(TWO_POINTS ", \"seeds\": [\"7\"], \"set\": {\"arms\": [{\"name\": \"pop\", \"stage\": "
                                      "\"popularity\"}, {\"name\": \"rand\", \"stage\": \"random\"}, {\"name\": \"x\", "
                                      "\"stage\": \"ranking\"}]}", "cache", "d", 1);
    pal_sweep_summary value = run_sweep("\"vary\": [{\"path\": \"people.contradiction\", \"values\": [0, 0.5, 1]}]", "cache", "e", 1);

    ck_assert(first.n_cells == 4 && first.n_computed == 4);
    ck_assert(again.n_cells == 4 && again.n_computed == 0);
    ck_assert_str_eq(first.digest, again.digest); /* also at another thread count */
    ck_assert(seed.n_cells == 8 && seed.n_computed == 4);
    ck_assert(arm.n_cells == 6 && arm.n_computed == 2);
    ck_assert(value.n_cells == 6 && value.n_computed == 2);
}
END_TEST

START_TEST(going_on_gives_the_bytes_of_never_stopping)
{
    pal_sweep_summary part = run_sweep(TWO_POINTS ", \"seeds\": [\"7\"]", "cache", "a", 1); /* as far as an interrupted one came */
    pal_sweep_summary rest = run_sweep(TWO_POINTS ", \"replications\": 2", "cache", "b", 1);
    pal_sweep_summary whole = run_sweep(TWO_POINTS ", \"replications\": 2", "other", "c", 3);

    ck_assert(part.n_computed == 4 && rest.n_computed == 4 && whole.n_computed == 8);
    ck_assert_str_eq(rest.digest, whole.digest);
}
END_TEST

START_TEST(an_interrupted_sweep_leaves_nothing_half_written)
{
    pal_sweep *s = sweep_of(TWO_POINTS);
    const pal_sweep_options options = { .out_dir = scratch_path("out"), .cache_dir = scratch_path("cache"), .n_threads = 1 };
    pal_sweep_summary summary;
    pal_error err;

    pal_stop_request();
    ck_assert_int_eq(pal_sweep_run(&summary, s, &options, &err), PAL_ERR_STOPPED);
    pal_stop_reset();
    ck_assert_has(err.text, "interrupted after 0 of 4 cells");
    ck_assert(!pal_file_exists(options.out_dir));
    ck_assert_uint_eq(scratch_count(options.cache_dir), 0);
    ck_assert_int_eq(pal_sweep_run(&summary, s, &options, &err), PAL_OK);
    ck_assert_uint_eq(summary.n_computed, 4);
    pal_sweep_free(s);
}
END_TEST

START_TEST(a_spoiled_run_in_the_cache_is_run_again)
{
    pal_experiment *e = tiny_parse(NULL, 0), *single = NULL;
    pal_run_cache cache;
    char *dir = NULL, users[512];
    bool computed = false;
    FILE *f;

    ck_assert_int_eq(pal_run_cache_open(&cache, scratch_path("cache"), NULL), PAL_OK);
    ck_assert_int_eq(pal_single_arm(&single, e, 0, NULL), PAL_OK);
    for (int i = 0; i < 4; i++) { /* new, there, spoiled, there again */
        pal_free(dir);
        ck_assert_int_eq(pal_run_cache_get(&dir, &computed, &cache, single, false, NULL, 1, NULL), PAL_OK);
        ck_assert_int_eq(computed, i % 2 == 0);
        if (i == 1) {
            snprintf(users, sizeof users, "%s/users.csv", dir);
            f = fopen(users, "ab");
            ck_assert_ptr_nonnull(f);
            fputs("x", f);
            fclose(f);
        }
    }
    pal_free(dir);
    ck_assert_int_eq(pal_run_cache_get(&dir, &computed, &cache, single, true, NULL, 1, NULL), PAL_OK);
    ck_assert(computed); /* asked to be fresh */
    pal_free(dir);
    pal_run_cache_clear(&cache);
    pal_experiment_free(single);
    pal_experiment_free(e);
}
END_TEST

START_TEST(the_key_holds_what_the_run_depends_on)
{
    const pal_override seed[] = { { "seed", "\"1\"" } }, name[] = { { "name", "\"other\"" }, { "statistics.resamples", "77" } };
    pal_experiment *e[3] = { tiny_parse(NULL, 0), tiny_parse(seed, 1), tiny_parse(name, 2) }, *single = NULL;
    pal_run_cache cache, rebuilt;
    char key[4][PAL_HASH_HEX];

    ck_assert_int_eq(pal_run_cache_open(&cache, scratch_path("cache"), NULL), PAL_OK);
    rebuilt = cache;
    rebuilt.program[0] = rebuilt.program[0] == '0' ? '1' : '0';
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(pal_single_arm(&single, e[i], 2, NULL), PAL_OK);
        ck_assert_int_eq(pal_run_cache_key(key[i], &cache, single, NULL), PAL_OK);
        ck_assert_int_eq(pal_run_cache_key(key[3], &rebuilt, single, NULL), PAL_OK);
        ck_assert_str_ne(key[i], key[3]);
        pal_experiment_free(single);
        pal_experiment_free(e[i]);
        single = NULL;
    }
    ck_assert_str_ne(key[0], key[1]);
    ck_assert_str_eq(key[0], key[2]); /* names and resamples change no answer */
    pal_run_cache_clear(&cache);
}
END_TEST

START_TEST(the_surface_is_that_of_the_experiments_themselves)
{
    const pal_override point[] = { { "people.contradiction", "1" } };
    pal_experiment *e = NULL;
    pal_run_summary summary;
    pal_table *t = NULL;
    char path[512];
    size_t value, users_likes, users_shown, arm;
    double likes = 0, shown = 0;

    run_sweep(TWO_POINTS, "cache", "out", 1);
    snprintf(path, sizeof path, "%s/surface.csv", scratch_path("out"));
    ck_assert_int_eq(pal_table_load(&t, path, NULL), PAL_OK);
    ck_assert_uint_eq(pal_table_rows(t), 2 * 2 * 2); /* points, arms, metrics */
    ck_assert_int_eq(pal_table_find(&value, t, "value", NULL), PAL_OK);
    ck_assert_str_eq(pal_table_text(t, 6, 0), "1");
    ck_assert_str_eq(pal_table_text(t, 6, 1), "rand");
    ck_assert_str_eq(pal_table_text(t, 6, 2), "like_rate");
    ck_assert_int_eq(pal_experiment_parse(&e, small(), strlen(small()), "e.json", point, 1, NULL), PAL_OK);
    snprintf(path, sizeof path, "%s/users.csv", tiny_run(&summary, e, "whole", 1));
    {
        pal_table *u = NULL;

        ck_assert_int_eq(pal_table_load(&u, path, NULL), PAL_OK);
        ck_assert_int_eq(pal_table_find(&arm, u, "arm", NULL), PAL_OK);
        ck_assert_int_eq(pal_table_find(&users_likes, u, "likes", NULL), PAL_OK);
        ck_assert_int_eq(pal_table_find(&users_shown, u, "impressions", NULL), PAL_OK);
        for (size_t r = 0; r < pal_table_rows(u); r++) {
            if (strcmp(pal_table_text(u, r, arm), "rand") != 0) continue;
            likes += pal_table_number(u, r, users_likes, NULL);
            shown += pal_table_number(u, r, users_shown, NULL);
        }
        pal_table_free(u);
    }
    ck_assert_double_eq_tol(pal_table_number(t, 6, value, NULL), likes / shown, 1e-12);
    pal_table_free(t);
    pal_experiment_free(e);
}
END_TEST

START_TEST(bad_files_are_named_with_their_place)
{
    static const char *const fault[][2] = {
        { "\"vary\": []", "vary: must have 1 to 16 entries, found 0" },
        { "\"seeds\": [\"1\"]", "vary: must be an array, found nothing" },
        { "\"vary\": [{\"path\": \"people.n\"}]", "vary[0]: wants \"values\", or \"min\" below \"max\"" },
        { "\"vary\": [{\"path\": \"seed\", \"values\": [1]}]", "vary[0].path: must be a key of the experiment other than seed" },
        { "\"vary\": [{\"path\": \"people.n\", \"values\": []}]", "vary[0].values: must be an array that is not empty" },
        { "\"vary\": [{\"path\": \"people.n\", \"values\": [0]}]", "people.n" },
        { "\"vary\": [{\"path\": \"people.m\", \"values\": [3]}]", "people" },
        { "\"vary\": [{\"path\": \"arms.nobody.stage\", \"values\": [3]}]", "vary[0].path: no arm of s.json is named as in" },
        { "\"vary\": [{\"path\": \"people.n\", \"max\": 3, \"scale\": \"log\"}]", "vary[0].min: must be above 0 on a log scale" },
        { "\"vary\": [{\"path\": \"people.n\", \"values\": [3]}, {\"path\": \"people.n\", \"values\": [4]}]", "is varied in vary[0] too" },
        { "\"vary\": [{\"path\": \"people.n\", \"values\": [3], \"what\": 1}]", "vary[0]" },
        { "\"vary\": [{\"path\": \"people.n\", \"values\": [3]}], \"seeds\": [1]", "seeds[0]: must be a string of digits" },
        { "\"vary\": [{\"path\": \"people.n\", \"values\": [3]}], \"seeds\": [\"1\", \"1\"]", "seeds[1]: \"1\" is seeds[0] too" },
        { "\"vary\": [{\"path\": \"people.n\", \"values\": [3]}], \"metrics\": [\"like_rat\"]", "metrics[0]: unknown metric 'like_rat'; did you mean 'like_rate'?" },
        { "\"vary\": [{\"path\": \"people.n\", \"min\": 1, \"max\": 9, \"steps\": 200}, {\"path\": \"rounds\", \"min\": 1, \"max\": 9, \"steps\": 200}]",
          "the grid has 40000 points, at most 10000 are allowed" },
        { "\"design\": \"latin\", \"design_seed\": \"x\", \"vary\": [{\"path\": \"people.n\", \"values\": [3]}]", "design_seed: must be a string of digits" },
        { "\"experimen\": 1, \"vary\": [{\"path\": \"people.n\", \"values\": [3]}]", "experimen" },
        { "\"set\": [], \"vary\": [{\"path\": \"people.n\", \"values\": [3]}]", "set: must be an object" },
    };

    for (size_t i = 0; i < sizeof fault / sizeof fault[0]; i++) {
        pal_text text = { 0 };
        pal_sweep *s = NULL;
        pal_error err = { PAL_OK, "" };
        pal_status rc;

        pal_text_addf(&text, "{\"experiment\": %s, %s}", small(), fault[i][0]);
        rc = pal_sweep_parse(&s, text.bytes, text.n, "s.json", NULL, 0, &err);
        ck_assert_msg(rc == PAL_ERR_CONFIG, "%s: status %s", fault[i][0], pal_status_name(rc));
        ck_assert_has(err.text, fault[i][1]);
        ck_assert_ptr_null(s);
        pal_text_clear(&text);
    }
}
END_TEST

START_TEST(an_experiment_that_is_missing_is_named)
{
    static const char text[] = "{\"experiment\": \"build/no-such.json\", \"vary\": [{\"path\": \"people.n\", \"values\": [3]}]}";
    static const char none[] = "{\"vary\": [{\"path\": \"people.n\", \"values\": [3]}]}";
    pal_sweep *s = NULL;
    pal_error err;

    ck_assert_int_eq(pal_sweep_parse(&s, text, sizeof text - 1, "s.json", NULL, 0, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "build/no-such.json");
    ck_assert_int_eq(pal_sweep_parse(&s, none, sizeof none - 1, "s.json", NULL, 0, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "s.json: experiment: must be the path of an experiment file, or an experiment, found nothing");
}
END_TEST

START_TEST(memory_may_run_out_anywhere)
{
    pal_text text = { 0 };
    pal_sweep *s = NULL;
    pal_error err;
    size_t n;

    pal_text_addf(&text, "{\"experiment\": %s, \"set\": {\"rounds\": 2}, \"design\": \"latin\", \"points\": 2, \"seeds\": [\"1\"], %s}", small(),
                  "\"vary\": [{\"path\": \"people.n\", \"values\": [3, 4]}, {\"path\": \"people.contradiction\", \"max\": 1}]");
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_sweep_parse(&s, text.bytes, text.n, "s.json", NULL, 0, NULL), PAL_OK);
    n = pal_mem_count();
    pal_sweep_free(s);
    for (size_t k = 1; k <= n; k++) {
        pal_mem_fail_at(k);
        s = NULL;
        ck_assert_int_eq(pal_sweep_parse(&s, text.bytes, text.n, "s.json", NULL, 0, &err), PAL_ERR_MEMORY);
        ck_assert_ptr_null(s);
    }
    pal_mem_fail_at(0);
    pal_text_clear(&text);
}
END_TEST

Suite *suite_lab_sweep(void)
{
    Suite *s = suite_create("lab/sweep");
    TCase *tc = tcase_create("sweep");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_grid_has_all_combinations_the_last_path_fastest);
    tcase_add_test(tc, a_latin_design_hits_every_part_of_every_path_once);
    tcase_add_test(tc, another_path_moves_no_value_of_the_others);
    tcase_add_test(tc, arms_are_found_by_name);
    tcase_add_test(tc, an_arm_alone_gives_the_rows_of_the_whole_experiment);
    tcase_add_test(tc, only_what_is_new_is_run);
    tcase_add_test(tc, going_on_gives_the_bytes_of_never_stopping);
    tcase_add_test(tc, an_interrupted_sweep_leaves_nothing_half_written);
    tcase_add_test(tc, a_spoiled_run_in_the_cache_is_run_again);
    tcase_add_test(tc, the_key_holds_what_the_run_depends_on);
    tcase_add_test(tc, the_surface_is_that_of_the_experiments_themselves);
    tcase_add_test(tc, bad_files_are_named_with_their_place);
    tcase_add_test(tc, an_experiment_that_is_missing_is_named);
    tcase_add_test(tc, memory_may_run_out_anywhere);
    suite_add_tcase(s, tc);
    return s;
}

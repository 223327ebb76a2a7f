/* Parameter tables: what they accept, refuse, write and tell. */
#include "core/param.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>

Suite *suite_core_param(void);

static const pal_param table[] = {
    { "alpha", PAL_PARAM_REAL, "0.92", 0, 1, NULL, "forgetting per round", "R1, section 3" },
    { "beta", PAL_PARAM_REAL, "-1", -INFINITY, DBL_MAX, NULL, "shift", NULL },
    { "n", PAL_PARAM_INT, "100", 1, 10000000, NULL, "people", NULL },
    { "seed", PAL_PARAM_INT, "0", -INFINITY, INFINITY, NULL, "any", NULL },
    { "shuffle", PAL_PARAM_BOOL, "true", 0, 0, NULL, "mix the order", NULL },
    { "model", PAL_PARAM_CHOICE, "\"cascade\"", 0, 0, "position|cascade|dcm", "examination", NULL },
    { "note", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "free text", NULL },
    { "weights", PAL_PARAM_REALS, "[0.5, 2]", 0, INFINITY, NULL, "one a feature", NULL },
    { NULL, 0, NULL, 0, 0, NULL, NULL, NULL }
};

/* Read a JSON text against the table; the document is freed, so values must be copies. */
static pal_status read_text(pal_values **values, const char *text, const char *const *also, pal_error *err)
{
    pal_json_doc *doc = NULL;
    pal_status rc;

    ck_assert_int_eq(pal_json_parse(&doc, text, strlen(text), "q.json", NULL), PAL_OK);
    rc = pal_values_read(values, table, pal_json_root(doc), "q.json", "arms[1].params", also, err);
    pal_json_free(doc);
    return rc;
}

START_TEST(defaults_come_from_the_table)
{
    pal_values *v = NULL;
    const double *weights;
    size_t n;

    ck_assert_int_eq(pal_values_read(&v, table, NULL, "q.json", "", NULL, NULL), PAL_OK);
    ck_assert_double_eq(pal_values_real(v, "alpha"), 0.92);
    ck_assert_double_eq(pal_values_real(v, "beta"), -1.0);
    ck_assert_int_eq(pal_values_int(v, "n"), 100);
    ck_assert(pal_values_bool(v, "shuffle"));
    ck_assert_str_eq(pal_values_text(v, "model"), "cascade");
    ck_assert_uint_eq(pal_values_choice(v, "model"), 1);
    ck_assert_str_eq(pal_values_text(v, "note"), "");
    weights = pal_values_reals(v, "weights", &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_double_eq(weights[1], 2.0);
    pal_values_free(v);
    pal_values_free(NULL);
}
END_TEST

START_TEST(given_values_win_and_both_ends_of_a_range_belong_to_it)
{
    pal_values *v = NULL;
    size_t n;

    ck_assert_int_eq(read_text(&v, "{\"alpha\": 1, \"n\": 10000000, \"seed\": -9007199254740992, \"shuffle\": "
                                   "false, \"model\": \"dcm\", \"note\": \"h\xc3\xa9\", \"weights\": []}",
                               NULL, NULL), PAL_OK);
    ck_assert_double_eq(pal_values_real(v, "alpha"), 1.0);
    ck_assert_double_eq(pal_values_real(v, "beta"), -1.0);
    ck_assert_int_eq(pal_values_int(v, "n"), 10000000);
    ck_assert_int_eq(pal_values_int(v, "seed"), INT64_C(-9007199254740992));
    ck_assert(!pal_values_bool(v, "shuffle"));
    ck_assert_uint_eq(pal_values_choice(v, "model"), 2);
    ck_assert_str_eq(pal_values_text(v, "note"), "h\xc3\xa9");
    ck_assert_ptr_nonnull(pal_values_reals(v, "weights", &n));
    ck_assert_uint_eq(n, 0);
    pal_values_free(v);
}
END_TEST

START_TEST(wrong_values_are_refused_with_path_found_and_wanted)
{
    static const char *const rows[][2] = {
        { "{\"n\": 0}", "q.json: arms[1].params.n: must be a whole number from 1 to 10000000, found 0" },
        { "{\"n\": 10000001}", "from 1 to 10000000, found 10000001" },
        { "{\"n\": 1.5}", "must be a whole number from 1 to 10000000, found 1.5" },
        { "{\"n\": \"5\"}", "must be a whole number from 1 to 10000000, found \"5\"" },
        { "{\"n\": null}", "found null" },
        { "{\"n\": true}", "found true" },
        { "{\"seed\": 9007199254740994}", "params.seed: must be a whole number, found 9007199254740994" },
        { "{\"seed\": 1e300}", "must be a whole number, found 1e300" },
        { "{\"alpha\": 1.0000000000000002}", "must be a number from 0 to 1, found 1.0000000000000002" },
        { "{\"alpha\": -1e-300}", "must be a number from 0 to 1, found -1e-300" },
        { "{\"alpha\": [1]}", "must be a number from 0 to 1, found an array" },
        { "{\"beta\": {}}", "params.beta: must be a number, found an object" },
        { "{\"shuffle\": 1}", "params.shuffle: must be true or false, found 1" },
        { "{\"shuffle\": \"true\"}", "must be true or false, found \"true\"" },
        { "{\"model\": \"pbm\"}", "params.model: must be one of position|cascade|dcm, found \"pbm\"" },
        { "{\"model\": \"casc\"}", "found \"casc\"" },
        { "{\"model\": \"cascade|dcm\"}", "found \"cascade|dcm\"" },
        { "{\"model\": \"\"}", "found \"\"" },
        { "{\"model\": 1}", "must be one of position|cascade|dcm, found 1" },
        { "{\"note\": 7}", "params.note: must be a string, found 7" },
        { "{\"weights\": 1}", "params.weights: must be an array of numbers, found 1" },
        { "{\"weights\": [1, 2, -3]}", "params.weights[2]: must be a number of at least 0, found -3" },
        { "{\"weights\": [1, \"a\"]}", "params.weights[1]: must be a number of at least 0, found \"a\"" },
        { "[1]", "q.json: arms[1].params: must be an object, found an array" },
        { "3", "arms[1].params: must be an object, found 3" },
        { "{\"alpa\": 1}", "q.json: arms[1].params.alpa: unknown key; did you mean \"alpha\"? allowed: alpha, "
                           "beta, n, seed, shuffle, model, note, weights" },
        { "{\"alpha\": 1, \"Beta\": 2}", "Beta: unknown key; did you mean \"beta\"?" },
        { "{\"whatever\": 1}", "whatever: unknown key; allowed: alpha, beta" }
    };
    pal_values *v = NULL;
    pal_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(read_text(&v, rows[i][0], NULL, &err) == PAL_ERR_CONFIG, "%s is taken", rows[i][0]);
        ck_assert_int_eq(err.status, PAL_ERR_CONFIG);
        ck_assert_has(err.text, rows[i][1]);
        ck_assert_ptr_null(v);
    }
}
END_TEST

START_TEST(keys_of_the_caller_are_passed_over_and_listed)
{
    static const char *const also[] = { "stage", "name", NULL };
    pal_values *v = NULL;
    pal_error err;

    ck_assert_int_eq(read_text(&v, "{\"stage\": {}, \"alpha\": 0, \"name\": 3}", also, NULL), PAL_OK);
    ck_assert_double_eq(pal_values_real(v, "alpha"), 0.0);
    pal_values_free(v);
    v = NULL;
    ck_assert_int_eq(read_text(&v, "{\"nam\": 3}", also, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "nam: unknown key; did you mean \"name\"? allowed: alpha, beta, n, seed, shuffle, "
                            "model, note, weights, stage, name");
}
END_TEST

START_TEST(messages_do_without_file_or_path)
{
    pal_json_doc *doc = NULL;
    pal_values *v = NULL;
    pal_error err;

    ck_assert_int_eq(pal_json_parse(&doc, "{\"n\": 0}", 8, "t", NULL), PAL_OK);
    ck_assert_int_eq(pal_values_read(&v, table, pal_json_root(doc), NULL, "", NULL, &err), PAL_ERR_CONFIG);
    ck_assert_str_eq(err.text, "n: must be a whole number from 1 to 10000000, found 0");
    ck_assert_int_eq(pal_values_read(&v, table, pal_json_root(doc), "f", NULL, NULL, &err), PAL_ERR_CONFIG);
    ck_assert_str_eq(err.text, "f: n: must be a whole number from 1 to 10000000, found 0");
    pal_json_free(doc);
}
END_TEST

START_TEST(only_keys_knows_its_list)
{
    static const char *const known[] = { "name", "people", "arms", NULL };
    static const char *const none[] = { NULL };
    pal_json_doc *doc = NULL;
    pal_error err;

    ck_assert_int_eq(pal_json_parse(&doc, "{\"name\": 1, \"peeple\": 2}", 24, "t", NULL), PAL_OK);
    ck_assert_int_eq(pal_json_only_keys(pal_json_root(doc), known, "e.json", "", &err), PAL_ERR_CONFIG);
    ck_assert_str_eq(err.text,
                     "e.json: peeple: unknown key; did you mean \"people\"? allowed: name, people, arms");
    ck_assert_int_eq(pal_json_only_keys(pal_json_root(doc), none, "e.json", "x", &err), PAL_ERR_CONFIG);
    ck_assert_str_eq(err.text, "e.json: x.name: unknown key; none is allowed here");
    ck_assert_int_eq(pal_json_only_keys(pal_json_get(pal_json_root(doc), "name"), known, "e.json", "name", &err),
                     PAL_ERR_CONFIG);
    ck_assert_str_eq(err.text, "e.json: name: must be an object, found 1");
    pal_json_free(doc);
}
END_TEST

START_TEST(written_values_read_back_the_same)
{
    static const char *const wanted =
        "{\"alpha\": 0.1173, \"beta\": -1, \"n\": 7, \"seed\": 0, \"shuffle\": true, \"model\": \"position\", "
        "\"note\": \"x\", \"weights\": [0.5, 2]}";
    pal_values *v = NULL;
    const char *text = "{\"model\": \"position\", \"n\": 7, \"note\": \"x\", \"alpha\": 0.1173}";

    for (int round = 0; round < 2; round++) {
        pal_json_writer w = { .compact = true };

        ck_assert_int_eq(read_text(&v, round == 0 ? text : wanted, NULL, NULL), PAL_OK);
        pal_json_begin_object(&w, NULL);
        pal_values_write(v, &w);
        pal_json_end_object(&w);
        ck_assert_str_eq(w.text.bytes, wanted);
        pal_text_clear(&w.text);
        pal_values_free(v);
    }
}
END_TEST

START_TEST(describe_aligns_its_columns)
{
    static const pal_param small[] = {
        { "a", PAL_PARAM_REAL, "0.92", 0, 1, NULL, "forgetting", "R1" },
        { "longer", PAL_PARAM_CHOICE, "\"x\"", 0, 0, "x|y", "which", NULL },
        { "z", PAL_PARAM_INT, "1", 1, INFINITY, NULL, "people", NULL },
        { NULL, 0, NULL, 0, 0, NULL, NULL, NULL }
    };
    pal_text text = { 0 };

    pal_params_describe(small, &text);
    ck_assert_str_eq(text.bytes, "  a       number  0.92  0..1  forgetting (R1)\n"
                                 "  longer  choice  \"x\"   x|y   which\n"
                                 "  z       whole   1     1..   people\n");
    pal_text_clear(&text);
}
END_TEST

START_TEST(reading_survives_the_failure_of_any_allocation)
{
    pal_json_doc *doc = NULL;
    pal_values *v = NULL;
    pal_error err;
    size_t n = 1;

    ck_assert_int_eq(pal_json_parse(&doc, "{\"note\": \"a\", \"weights\": [1]}", 29, "t", NULL), PAL_OK);
    for (;; n++) {
        pal_mem_fail_at(n);
        if (pal_values_read(&v, table, pal_json_root(doc), "f", "", NULL, &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        ck_assert_ptr_null(v);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_gt(n, 10);
    pal_values_free(v);
    pal_json_free(doc);
}
END_TEST

START_TEST(a_name_that_is_not_in_the_table_aborts)
{
    pal_values *v = NULL;

    ck_assert_int_eq(pal_values_read(&v, table, NULL, "f", "", NULL, NULL), PAL_OK);
    fclose(stderr);
    (void)pal_values_real(v, "gamma");
}
END_TEST

START_TEST(a_name_of_another_kind_aborts)
{
    pal_values *v = NULL;

    ck_assert_int_eq(pal_values_read(&v, table, NULL, "f", "", NULL, NULL), PAL_OK);
    fclose(stderr);
    (void)pal_values_real(v, "n");
}
END_TEST

START_TEST(a_default_outside_its_own_range_aborts)
{
    static const pal_param wrong[] = { { "a", PAL_PARAM_REAL, "2", 0, 1, NULL, "m", NULL },
                                       { NULL, 0, NULL, 0, 0, NULL, NULL, NULL } };
    pal_values *v = NULL;

    fclose(stderr);
    (void)!pal_values_read(&v, wrong, NULL, "f", "", NULL, NULL);
}
END_TEST

Suite *suite_core_param(void)
{
    Suite *suite = suite_create("core/param");
    TCase *tc = tcase_create("param");
    TCase *crash = tcase_create("crash");

    tcase_add_test(tc, defaults_come_from_the_table);
    tcase_add_test(tc, given_values_win_and_both_ends_of_a_range_belong_to_it);
    tcase_add_test(tc, wrong_values_are_refused_with_path_found_and_wanted);
    tcase_add_test(tc, keys_of_the_caller_are_passed_over_and_listed);
    tcase_add_test(tc, messages_do_without_file_or_path);
    tcase_add_test(tc, only_keys_knows_its_list);
    tcase_add_test(tc, written_values_read_back_the_same);
    tcase_add_test(tc, describe_aligns_its_columns);
    tcase_add_test(tc, reading_survives_the_failure_of_any_allocation);
    suite_add_tcase(suite, tc);
    tcase_set_tags(crash, "fork");
    tcase_add_test_raise_signal(crash, a_name_that_is_not_in_the_table_aborts, SIGABRT);
    tcase_add_test_raise_signal(crash, a_name_of_another_kind_aborts, SIGABRT);
    tcase_add_test_raise_signal(crash, a_default_outside_its_own_range_aborts, SIGABRT);
    suite_add_tcase(suite, crash);
    return suite;
}

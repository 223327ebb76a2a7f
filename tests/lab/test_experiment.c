/* Reading experiments: what is refused, and that the resolved text means the same. */
#include "lab/experiment.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <stdio.h>

static pal_status parse(const char *text, pal_error *err)
{
    pal_experiment *e = NULL;
    pal_status rc = pal_experiment_parse(&e, text, strlen(text), "x.json", NULL, 0, err);

    if (rc == PAL_OK) pal_experiment_free(e);
    else ck_assert_ptr_null(e);
    return rc;
}

static const struct {
    const char *text;
    pal_status status;
    const char *has[3];
} bad[] = {
    { "[1]", PAL_ERR_CONFIG, { "x.json", "object" } },
    { "{\"rounds\": 3}", PAL_ERR_CONFIG, { "arms", "nothing" } },
    { "{\"arms\": []}", PAL_ERR_CONFIG, { "arms: must be an array of 1 to 255 arms", "found 0 of them" } },
    { "{\"arms\": 5}", PAL_ERR_CONFIG, { "arms", "number" } },
    { "{\"arms\": [3]}", PAL_ERR_CONFIG, { "arms[0]", "object" } },
    { "{\"arms\": [{\"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "arms[0].name" } },
    { "{\"arms\": [{\"name\": \"\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "arms[0].name", "found an empty one" } },
    { "{\"arms\": [{\"name\": \"a\\nb\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG,
      { "arms[0].name: must not hold control characters", "found \\u000a at byte 1" } },
    { "{\"name\": \"a\\u007fb\", \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG,
      { "x.json: name: must not hold", "found \\u007f at byte 1" } },
    { "{\"arms\": [{\"name\": \"a\"}]}", PAL_ERR_CONFIG, { "arms[0].stage" } },
    { "{\"arms\": [{\"name\": \"a\", \"stage\": \"randon\"}]}", PAL_ERR_CONFIG, { "arms[0].stage", "random" } },
    { "{\"arms\": [{\"name\": \"a\", \"stage\": \"random\", \"colour\": 1}]}", PAL_ERR_CONFIG, { "colour" } },
    { "{\"arms\": [{\"name\": \"a\", \"stage\": \"random\", \"params\": {\"colour\": 1}}]}", PAL_ERR_CONFIG, { "arms[0].params.colour" } },
    { "{\"arms\": [{\"name\": \"a\", \"stage\": \"random\", \"params\": 7}]}", PAL_ERR_CONFIG, { "arms[0].params" } },
    { "{\"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"a\", \"stage\": \"oracle\"}]}", PAL_ERR_CONFIG, { "arms[1].name", "arms[0]" } },
    { "{\"round\": 3, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "round", "\"rounds\"" } },
    { "{\"rounds\": 0, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "rounds", "0" } },
    { "{\"rounds\": 2.5, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "rounds", "2.5" } },
    { "{\"slots\": 51, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "slots", "50" } },
    { "{\"rounds\": \"3\", \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "rounds", "\"3\"" } },
    { "{\"seed\": 5, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "seed" } },
    { "{\"seed\": \"-5\", \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "seed", "-5" } },
    { "{\"seed\": \"18446744073709551616\", \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "seed" } },
    { "{\"name\": \"a/b\", \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "name", "a/b" } },
    { "{\"baseline\": \"b\", \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "baseline", "\"b\"" } },
    { "{\"focus\": \"b\", \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "focus", "\"b\"" } },
    { "{\"people\": {\"n\": 0}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "people.n" } },
    { "{\"people\": [], \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "people", "object" } },
    { "{\"people\": {\"tastes\": 3}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "people.tastes" } },
    { "{\"response\": {\"model\": 3}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "response.model" } },
    { "{\"response\": {\"model\": \"multi\"}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "response.model", "multi-taste" } },
    { "{\"catalog\": {\"source\": \"csv\"}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "catalog.file" } },
    { "{\"catalog\": {\"source\": \"net\"}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "catalog.source", "csv" } },
    { "{\"catalog\": {\"layout\": \"palate\"}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "catalog.layout" } },
    { "{\"statistics\": {\"level\": 1}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "statistics.level" } },
    { "{\"output\": {\"events\": \"xml\"}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_CONFIG, { "output.events", "npy" } },
    { "{\"rounds\": 3, \"rounds\": 4, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}", PAL_ERR_PARSE, { "rounds" } },
    { "{\"arms\": [{\"name\": \"a\", \"stage\": ", PAL_ERR_PARSE, { "line 1" } },
};

START_TEST(a_bad_experiment_is_refused_with_its_place)
{
    pal_error err = { PAL_OK, "" };
    pal_status rc = parse(bad[_i].text, &err);

    ck_assert_msg(rc == bad[_i].status, "%s: %s %s", bad[_i].text, pal_status_name(rc), err.text);
    ck_assert_int_eq(err.status, bad[_i].status);
    for (size_t i = 0; i < 3 && bad[_i].has[i] != NULL; i++) ck_assert_has(err.text, bad[_i].has[i]);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

START_TEST(the_resolved_text_is_an_experiment_with_the_same_digest)
{
    pal_experiment *e = tiny_parse(NULL, 0), *again = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_experiment_parse(&again, e->resolved.bytes, e->resolved.n, "again.json", NULL, 0, &err), PAL_OK);
    ck_assert_str_eq(e->digest, again->digest);
    ck_assert_str_eq(e->resolved.bytes, again->resolved.bytes);
    pal_experiment_free(e);
    pal_experiment_free(again);
}
END_TEST

START_TEST(a_csv_catalog_with_a_fallback_resolves_to_itself)
{
    const pal_override set[] = { { "catalog", "{\"source\": \"csv\", \"file\": \"none.csv\", \"if_absent\": \"synthetic\", \"items\": 600,"
                                              " \"on_bad_row\": \"skip\"}" } };
    pal_experiment *e = tiny_parse(set, 1), *again = NULL;

    ck_assert(!e->synthetic);
    ck_assert_ptr_nonnull(e->catalog_import);
    ck_assert_ptr_nonnull(e->catalog_gen);
    ck_assert_int_eq(pal_experiment_parse(&again, e->resolved.bytes, e->resolved.n, "again.json", NULL, 0, NULL), PAL_OK);
    ck_assert_str_eq(e->digest, again->digest);
    pal_experiment_free(e);
    pal_experiment_free(again);
}
END_TEST

START_TEST(overrides_change_what_they_name_and_the_digest)
{
    const pal_override set[] = { { "rounds", "11" }, { "people.n", "17" }, { "seed", "\"99\"" }, { "arms.1.name", "other" },
                                 { "baseline", "other" } };
    pal_experiment *e = tiny_parse(set, 5), *plain = tiny_parse(NULL, 0);

    ck_assert_uint_eq(e->n_rounds, 11);
    ck_assert_uint_eq(e->seed, 99);
    ck_assert_int_eq(pal_values_int(e->people, "n"), 17);
    ck_assert_str_eq(e->arm[1].name, "other");
    ck_assert_uint_eq(e->baseline, 1);
    ck_assert_str_ne(e->digest, plain->digest);
    pal_experiment_free(e);
    pal_experiment_free(plain);
}
END_TEST

START_TEST(roles_of_arms_have_sensible_defaults)
{
    const char *text = "{\"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"ranking\"},"
                       " {\"name\": \"c\", \"stage\": \"oracle\"}]}";
    pal_experiment *e = NULL;

    ck_assert_int_eq(pal_experiment_parse(&e, text, strlen(text), "x.json", NULL, 0, NULL), PAL_OK);
    ck_assert_uint_eq(e->baseline, 0);
    ck_assert_uint_eq(e->focus, 1);
    ck_assert_uint_eq(e->oracle, 2);
    pal_experiment_free(e);
}
END_TEST

START_TEST(the_description_names_every_key)
{
    pal_text text = { 0 };

    pal_experiment_describe(&text);
    ck_assert(!text.failed);
    for (const pal_param *p = pal_experiment_params; p->name != NULL; p++) ck_assert_has(text.bytes, p->name);
    for (const pal_param *p = pal_statistics_params; p->name != NULL; p++) ck_assert_has(text.bytes, p->name);
    pal_text_clear(&text);
}
END_TEST

Suite *suite_lab_experiment(void);
Suite *suite_lab_experiment(void)
{
    Suite *s = suite_create("lab/experiment");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, a_bad_experiment_is_refused_with_its_place, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tc, the_resolved_text_is_an_experiment_with_the_same_digest);
    tcase_add_test(tc, a_csv_catalog_with_a_fallback_resolves_to_itself);
    tcase_add_test(tc, overrides_change_what_they_name_and_the_digest);
    tcase_add_test(tc, roles_of_arms_have_sensible_defaults);
    tcase_add_test(tc, the_description_names_every_key);
    suite_add_tcase(s, tc);
    return s;
}

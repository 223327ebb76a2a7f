/* Audit files: what is taken, and what is refused by name. */
#include "data/split.h"
#include "lab/audit.h"
#include "tests/support/audit_rig.h"
#include "tests/support/scratch.h"

Suite *suite_lab_audit_config(void);

START_TEST(what_is_not_said_is_filled_in)
{
    pal_audit *a = audit_of("", "M");
    char name[2 * PAL_AUDIT_NAME];

    ck_assert(a->n_seeds == 2 && a->n_logs == 2 && a->n_splits == 4 && a->n_views == 9 && a->n_models == 6 && a->n_metrics == 6);
    ck_assert(a->log_rounds == 7 && a->serve_rounds == 2 && a->k == 10 && a->exact);
    ck_assert(a->experiment[0]->seed == 11 && a->experiment[1]->seed == 12);
    ck_assert_str_eq(pal_audit_protocol_name(name, a, 9 + 3), "leave_last, 100 uniform, corrected");
    ck_assert_str_eq(a->view[8].name, "exposed, ips");
    ck_assert_str_eq(a->view[7].name, "full, by popularity");
    ck_assert(a->n_curve == 2 && a->curve[1] == 20);
    pal_audit_free(a);
}
END_TEST

START_TEST(what_is_said_is_taken)
{
    pal_audit *a = audit_of("\"logging\": [\"pop\"], \"metrics\": [\"auc\", \"recall\"], \"splits\": [{\"kind\": \"time\", \"test\": "
                            "0.3, \"name\": \"late\"}], \"views\": [{\"candidates\": \"popular\", \"negatives\": 7}, {\"name\": "
                            "\"plain\"}], \"k\": 3, \"numerics\": \"fast\"", "");
    char name[PAL_AUDIT_NAME];

    ck_assert(a->n_logs == 1 && a->log[0] == 1 && a->n_splits == 1 && a->n_views == 2 && !a->exact);
    ck_assert_str_eq(a->split[0].name, "late");
    ck_assert_double_eq(pal_values_real(a->split[0].values, "test"), 0.3);
    ck_assert_str_eq(a->view[0].name, "7 popular");
    ck_assert_str_eq(a->view[1].name, "plain");
    ck_assert_str_eq(pal_audit_metric_name(name, a->metric[0], a->k), "auc");
    ck_assert_str_eq(pal_audit_metric_name(name, a->metric[1], a->k), "recall@3");
    pal_audit_free(a);
}
END_TEST

static const struct fault { const char *members, *without, *part; } faults[] = {
    { "\"seed\": 3", "", "seeds" },
    { "\"k\": 0", "", "k: must be a whole number" },
    { "\"name\": \"../x\"", "", "name: must not be empty" },
    { "\"seeds\": 33", "S", "seeds" },
    { "\"logging\": [\"random\"]", "", "logging[0]: is no arm of a.json: found \"random\"; it has rand, pop" },
    { "\"logging\": [\"pop\", \"pop\"]", "", "logging: \"pop\" is the name of entry 0 too" },
    { "\"logging\": \"pop\"", "", "logging: must be an array of 1 to 32, found a string" },
    { "\"metrics\": [\"map\"]", "", "metrics[0]: must be one of ndcg, recall" },
    { "\"metrics\": [\"auc\", \"auc\"]", "", "metrics: \"auc\" is the name of entry 0 too" },
    { "\"models\": [{\"model\": \"als\"}]", "M", "models: an order needs two or more" },
    { "\"models\": [{\"model\": \"als\"}, {\"model\": \"alz\"}]", "M", "models[1].model" },
    { "\"models\": [{\"model\": \"als\"}, {\"model\": \"als\"}]", "M", "models[1]: \"als\" is the name of entry 0 too" },
    { "\"models\": [{\"model\": \"als\"}, {\"model\": \"als\", \"name\": \"b\", \"params\": {\"factor\": 2}}]", "M",
      "models[1].params" },
    { "\"splits\": [{\"kind\": \"tim\"}]", "", "splits[0].kind" },
    { "\"splits\": [{\"kind\": \"time\", \"tests\": 0.1}]", "", "splits[0]" },
    { "\"splits\": [{\"kind\": \"time\", \"valid\": 0.1}]", "", "splits[0]: nothing is chosen on a validation part" },
    { "\"splits\": [{\"kind\": \"time\"}, {\"kind\": \"time\"}]", "", "splits[1]: \"time\" is the name of entry 0 too" },
    { "\"splits\": [{\"kind\": \"time\", \"name\": \"all\"}]", "", "splits[0]: another name" },
    { "\"splits\": []", "", "splits: must be an array of 1 to 32, found none" },
    { "\"views\": [{\"corrected\": true}]", "", "views[0].corrected: needs \"candidates\": \"uniform\"" },
    { "\"views\": [{\"label\": \"clicks\"}]", "", "views[0].label" },
    { "\"views\": [{}, {}]", "", "views[1]: \"full\" is the name of entry 0 too" },
    { "\"views\": [{\"name\": \"a\\\"b\"}]", "", "views[0]: a name must not hold quotes" },
    { "\"set\": 3", "", "set: must be an object, found a number" },
    { "\"set\": {\"people.n\": 0}", "", "people.n" },
    { "\"set\": {\"rounds\": 2}", "", "serve_rounds: must be below the experiment's 2 rounds, found 2" },
    { "\"set\": {\"replicates\": 2}", "", "replicates must be 1, found 2" },
};

START_TEST(what_cannot_be_audited_is_named)
{
    const char *text = audit_text(faults[_i].members, faults[_i].without);
    pal_audit *a = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_audit_parse(&a, text, strlen(text), "a.json", NULL, 0, &err), PAL_ERR_CONFIG);
    ck_assert_ptr_null(a);
    ck_assert_has(err.text, faults[_i].part);
    ck_assert_has(err.text, "a.json");
}
END_TEST

START_TEST(a_curve_ascends_in_whole_numbers)
{
    const pal_override bad[] = { { "curve", "[5, 5]" }, { "curve", "[1.5]" } };
    const char *text = audit_text("", "");
    pal_audit *a = NULL;
    pal_error err = { PAL_OK, "" };

    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pal_audit_parse(&a, text, strlen(text), "a.json", &bad[i], 1, &err), PAL_ERR_CONFIG);
        ck_assert_has(err.text, i == 0 ? "curve[1]: must be a whole number above" : "curve[0]");
    }
}
END_TEST

START_TEST(files_that_are_none_are_named)
{
    pal_audit *a = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_audit_parse(&a, "{", 1, "a.json", NULL, 0, &err), PAL_ERR_PARSE);
    ck_assert_int_eq(pal_audit_parse(&a, "[]", 2, "a.json", NULL, 0, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "an audit must be an object, found an array");
    ck_assert_int_eq(pal_audit_parse(&a, "{}", 2, "a.json", NULL, 0, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "experiment: must be the path of an experiment file");
    ck_assert_int_eq(pal_audit_load(&a, "nowhere.json", NULL, 0, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "nowhere.json");
}
END_TEST

START_TEST(the_experiment_that_is_shipped_can_be_audited)
{
    pal_audit *a = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_audit_load(&a, "experiments/protocols.json", NULL, 0, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_ge(strlen(a->purpose), 20);
    pal_audit_free(a);
}
END_TEST

Suite *suite_lab_audit_config(void)
{
    Suite *s = suite_create("lab/audit_config");
    TCase *tc = tcase_create("audit_config");

    tcase_add_test(tc, what_is_not_said_is_filled_in);
    tcase_add_test(tc, what_is_said_is_taken);
    tcase_add_loop_test(tc, what_cannot_be_audited_is_named, 0, sizeof faults / sizeof faults[0]);
    tcase_add_test(tc, a_curve_ascends_in_whole_numbers);
    tcase_add_test(tc, files_that_are_none_are_named);
    tcase_add_test(tc, the_experiment_that_is_shipped_can_be_audited);
    suite_add_tcase(s, tc);
    return s;
}

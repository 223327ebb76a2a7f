/* Trial files: what is taken, and what is refused by name. */
#include "core/text.h"
#include "lab/trial.h"
#include "tests/support/scratch.h"
#include "tests/support/trial_rig.h"

Suite *suite_lab_trial_config(void);

START_TEST(arms_come_from_the_experiment_unless_named)
{
    pal_trial *t = trial_of(""), *named = trial_of("\"control\": \"rand\", \"treatment\": \"pop\"");

    ck_assert_str_eq(t->experiment->arm[t->control].name, "pop");
    ck_assert_str_eq(t->experiment->arm[t->treatment].name, "prog");
    ck_assert_str_eq(named->experiment->arm[named->control].name, "rand");
    ck_assert_str_eq(named->experiment->arm[named->treatment].name, "pop");
    ck_assert(t->feedback[0] && t->feedback[1] && t->feedback[2] && t->n_metrics == 3 && t->repeats == 200);
    pal_trial_free(t);
    pal_trial_free(named);
}
END_TEST

START_TEST(the_same_arm_twice_is_an_aa_trial)
{
    pal_trial *t = trial_of("\"treatment\": \"pop\", \"feedback\": [\"shared\"], \"metrics\": [\"presence\", \"skips\"]");

    ck_assert(t->control == t->treatment && !t->feedback[0] && !t->feedback[1] && t->feedback[2]);
    ck_assert(t->n_metrics == 2 && t->metric[0] == PAL_TRIAL_PRESENCE && t->metric[1] == PAL_TRIAL_SKIPS);
    pal_trial_free(t);
}
END_TEST

START_TEST(set_changes_the_experiment)
{
    pal_trial *t = trial_of("\"set\": {\"people.n\": 12, \"arms.2.stage\": \"random\", \"seed\": \"5\"}");

    ck_assert_uint_eq(t->experiment->seed, 5);
    ck_assert_uint_eq(t->experiment->arm[2].stage, t->experiment->arm[1].stage);
    pal_trial_free(t);
}
END_TEST

START_TEST(overrides_change_the_trial)
{
    const pal_override o[] = { { "share", "0.3" }, { "set", "{\"rounds\": 9}" } };
    const char text[] = "{\"experiment\": {\"purpose\": \"p\", \"name\": \"e\", \"rounds\": 6, \"catalog\": {\"items\": 200}, "
                        "\"people\": {\"n\": 5}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", "
                        "\"stage\": \"popularity\"}]}, \"treatment\": \"b\", \"share\": 0.7}";
    pal_trial *t = NULL;

    ck_assert_int_eq(pal_trial_parse(&t, text, sizeof text - 1, "t.json", o, 2, NULL), PAL_OK);
    ck_assert(t->share == 0.3 && t->experiment->n_rounds == 9);
    pal_trial_free(t);
}
END_TEST

#define ARMS "\"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"popularity\"}]"
#define GOOD "\"experiment\": {\"purpose\": \"p\", \"name\": \"e\", \"rounds\": 6, \"catalog\": {\"items\": 200}, \"people\": {\"n\": 5}, " ARMS \
             ", \"focus\": \"b\", \"baseline\": \"a\"}"

static const struct fault { const char *text; pal_status status; const char *part; } faults[] = {
    { "[]", PAL_ERR_CONFIG, "must be an object, found an array" },
    { "{\"experiment\"", PAL_ERR_PARSE, "t.json" },
    { "{}", PAL_ERR_CONFIG, "experiment: must be the path of an experiment file, or an experiment, found nothing" },
    { "{\"experiment\": 3}", PAL_ERR_CONFIG, "found a number" },
    { "{\"experiment\": \"nowhere.json\"}", PAL_ERR_IO, "nowhere.json" },
    { "{" GOOD ", \"repeat\": 3}", PAL_ERR_CONFIG, "repeats" },
    { "{" GOOD ", \"share\": 1.5}", PAL_ERR_CONFIG, "share" },
    { "{" GOOD ", \"seed\": \"-3\"}", PAL_ERR_CONFIG, "seed: must be a string of digits below 2^64, found \"-3\"" },
    { "{" GOOD ", \"seed\": \"18446744073709551616\"}", PAL_ERR_CONFIG, "seed: must be" },
    { "{" GOOD ", \"name\": \"../x\"}", PAL_ERR_CONFIG, "name: must not be empty" },
    { "{" GOOD ", \"treatment\": \"c\"}", PAL_ERR_CONFIG, "treatment: is no arm of t.json: found \"c\"; it has a, b" },
    { "{" GOOD ", \"control\": \"b\"}", PAL_ERR_CONFIG, "treatment: must be named: the experiment's focus is the control, "
                                                        "\"b\"" },
    { "{" GOOD ", \"pre_rounds\": 6}", PAL_ERR_CONFIG, "pre_rounds: must be below the experiment's 6 rounds, found 6" },
    { "{" GOOD ", \"pre_rounds\": 0, \"allocation\": \"stratified\"}", PAL_ERR_CONFIG,
      "allocation: strata are made of the rounds before" },
    { "{" GOOD ", \"metrics\": [\"like\"]}", PAL_ERR_CONFIG, "metrics[0]: must be one of likes, clicks" },
    { "{" GOOD ", \"metrics\": [\"likes\", \"likes\"]}", PAL_ERR_CONFIG, "metrics[1]: likes stands there twice" },
    { "{" GOOD ", \"metrics\": []}", PAL_ERR_CONFIG, "metrics: must be an array of 1 to 6 names" },
    { "{" GOOD ", \"feedback\": [\"own\", 3]}", PAL_ERR_CONFIG,
      "feedback[1]: must be one of isolated, own, shared, found a number" },
    { "{" GOOD ", \"feedback\": \"own\"}", PAL_ERR_CONFIG, "feedback: must be an array" },
    { "{" GOOD ", \"set\": 3}", PAL_ERR_CONFIG, "set: must be an object, found a number" },
    { "{" GOOD ", \"set\": {\"people.n\": 0}}", PAL_ERR_CONFIG, "people.n" },
    { "{" GOOD ", \"set\": {\"replicates\": 2}}", PAL_ERR_CONFIG, "replicates must be 1, found 2" },
};

START_TEST(what_cannot_be_played_is_named)
{
    pal_trial *t = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_trial_parse(&t, faults[_i].text, strlen(faults[_i].text), "t.json", NULL, 0, &err), faults[_i].status);
    ck_assert_ptr_null(t);
    ck_assert_msg(strstr(err.text, faults[_i].part) != NULL, "'%s' does not hold '%s'", err.text, faults[_i].part);
}
END_TEST

START_TEST(the_experiment_that_is_shipped_can_be_played)
{
    pal_trial *t = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_trial_load(&t, "experiments/trial.json", NULL, 0, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_ge(strlen(t->purpose), 20);
    pal_trial_free(t);
}
END_TEST

Suite *suite_lab_trial_config(void)
{
    Suite *s = suite_create("lab/trial_config");
    TCase *tc = tcase_create("trial_config");

    tcase_add_test(tc, arms_come_from_the_experiment_unless_named);
    tcase_add_test(tc, the_same_arm_twice_is_an_aa_trial);
    tcase_add_test(tc, set_changes_the_experiment);
    tcase_add_test(tc, overrides_change_the_trial);
    tcase_add_loop_test(tc, what_cannot_be_played_is_named, 0, sizeof faults / sizeof faults[0]);
    tcase_add_test(tc, the_experiment_that_is_shipped_can_be_played);
    suite_add_tcase(s, tc);
    return s;
}

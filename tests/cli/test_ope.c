/* palate ope: tables, JSON lines, logs read and written, refusals. */
#include "tests/support/cli_shell.h"

#include "core/json.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_ope(void);

#define HEAD "timestamp,item_id,position,click,propensity_score,who,chance,slate\n"

static void make_logs(void)
{
    cli_setup();
    cli_write("log.csv", HEAD "0,a,1,1,0.5,x,0.25,1\n0,b,2,0,0.5,x,0.75,1\n1,b,1,0,0.5,y,0.75,2\n1,a,2,1,0.5,y,0.25,2\n"
                              "2,a,1,1,0.5,z,0.25,3\n2,a,2,0,0.5,z,0.25,3\n");
    cli_write("policy.csv", "item_id,probability\na,0.25\nb,0.75\n");
}

static double value_of(const char *lines, const char *estimator)
{
    char key[64];
    const char *at, *end;
    double value = NAN;

    snprintf(key, sizeof key, "{\"estimator\": \"%s\"", estimator);
    at = strstr(lines, key);
    if (at == NULL) {
        snprintf(key, sizeof key, "{\"estimator\":\"%s\"", estimator);
        at = strstr(lines, key);
    }
    if (at != NULL) {
        pal_json_doc *doc = NULL;

        end = strchr(at, '\n');
        ck_assert_int_eq(pal_json_parse(&doc, at, (size_t)(end - at), "line", NULL), PAL_OK);
        value = pal_json_number(pal_json_get(pal_json_root(doc), "value"));
        pal_json_free(doc);
    }
    return value;
}

START_TEST(a_policy_is_judged_by_every_estimator)
{
    const cli_result *r = cli_run("$P ope --log $S/log.csv --policy $S/policy.csv --json");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_uint_eq(cli_lines(r->out), 8);
    ck_assert_double_eq_tol(value_of(r->out, "ips"), 3 * 0.5 / 6, 1e-12); /* three clicks, on a: weight 1/2 */
    ck_assert_double_eq_tol(value_of(r->out, "snips"), 1.5 / 5, 1e-12);
    ck_assert(!isnan(value_of(r->out, "dr_os")));
    r = cli_run("$P ope --log $S/log.csv --policy $S/policy.csv --person who");
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "6 rows of 3 people"));
    ck_assert_ptr_nonnull(strstr(r->out, "switch_dr"));
}
END_TEST

START_TEST(slates_are_judged_with_a_column)
{
    const cli_result *r = cli_run("$P ope --log $S/log.csv --column chance --slate slate --independent --json");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_uint_eq(cli_lines(r->out), 8); /* three of rows, four of slates */
    ck_assert_double_eq_tol(value_of(r->out, "slate_ips"), (0.75 + 0.75 + 0.25) / 3, 1e-12);
    ck_assert_double_eq_tol(value_of(r->out, "cascade_ips"), (0.5 + 0.75 + 0.5) / 3, 1e-12);
    ck_assert_double_eq_tol(value_of(r->out, "pseudo_inverse"), (1 + 1 + 0) / 3.0, 1e-12);
}
END_TEST

START_TEST(a_log_is_written_and_judged_the_same)
{
    const cli_result *r = cli_run("$P ope --log $S/log.csv --out $S/copy.csv && cmp $S/log.csv $S/copy.csv && "
                                  "$P ope --log $S/copy.csv --target uniform --threads 1 > $S/one && "
                                  "$P ope --log $S/log.csv --target uniform --threads 2 > $S/two && cmp $S/one $S/two");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "6 rows written to"));
}
END_TEST

START_TEST(events_of_a_run_become_a_log)
{
    const cli_result *r;

    cli_write("e.json",
              "{\"purpose\": \"test\", \"name\": \"t\", \"seed\": \"3\", \"rounds\": 2, \"slots\": 5,\n"
              " \"catalog\": {\"source\": \"synthetic\", \"items\": 100}, \"people\": {\"n\": 5},\n"
              " \"probe\": {\"items\": 5}, \"statistics\": {\"resamples\": 20, \"permutations\": 99},\n"
              " \"output\": {\"events\": \"csv\"}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"popularity\"}]}\n");
    r = cli_run("$P run $S/e.json --no-report --quiet --out $S/run && $P ope $S/run --arm a --out $S/a.csv && "
                "test $(grep -c ^a, $S/run/events.csv) = $(($(wc -l < $S/a.csv) - 1)) && head -1 $S/a.csv && "
                "$P ope --log $S/a.csv --target uniform --person user --resamples 0");
    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "timestamp,item_id,position,click,propensity_score,replicate,user\n"));
    ck_assert(cli_failed_well(cli_run("$P ope $S/run --arm c --out $S/c.csv"), "arm", 2, "has no rows of arm 'c'"));
    ck_assert_int_eq(cli_run("test -e $S/c.csv")->code, 1);
}
END_TEST

/* Open Bandit's own sample is not part of this repository: when it lies beside it, it must read. */
START_TEST(open_bandits_own_file_reads)
{
    const cli_result *r;

    if (cli_run("test -f ../shared/data/open_bandit_men_random.csv")->code != 0) {
        printf("skipped: no ../shared/data/open_bandit_men_random.csv\n");
        return;
    }
    r = cli_run("$P ope --log ../shared/data/open_bandit_men_random.csv --target uniform --json --resamples 0");
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_double_eq_tol(value_of(r->out, "ips"), 0.0046, 1e-5); /* 46 clicks of 10,000, propensities 1/34 rounded */
}
END_TEST

typedef struct fault {
    const char *command, *part;
} fault;

static const fault faults[] = {
    { "$P ope --target uniform", "give --log CSV, or a run's directory" },
    { "$P ope --log $S/log.csv", "say which policy to judge" },
    { "$P ope --log $S/nowhere.csv --target uniform", "nowhere.csv" },
    { "$P ope --log $S/log.csv --target best", "--target: must be uniform, found 'best'" },
    { "$P ope --log $S/log.csv --target uniform --column chance", "one policy at a time" },
    { "$P ope --log $S/log.csv --column chance --model cells", "no model can be used" },
    { "$P ope --log $S/log.csv --column who", "row 1: column who holds no probability" },
    { "$P ope --log $S/log.csv --target uniform --model net", "--model: must be cells, boost or none, found 'net'" },
    { "$P ope --log $S/log.csv --target uniform --person nobody", "no feature column \"nobody\"" },
    { "$P ope --log $S/log.csv --target uniform --clip 0", "--clip" },
    { "$P ope --log $S/log.csv --target uniform --level 1", "--level" },
    { "$P ope --log $S/log.csv --target uniform --resamples 5", "--resamples: must be 0 or at least 100" },
    { "$P ope --log $S/log.csv --target uniform --independent", "--independent goes with --slate" },
    { "$P ope --log $S/log.csv --target uniform --slate who --out $S", "is no regular file" },
    { "$P ope --log $S/log.csv --target uniform --slate chance", "its slate does not hold each of the 2 positions once" },
    { "$P ope --log $S/policy.csv --target uniform", "policy.csv: has no column \"timestamp\"" },
    { "$P ope --log $S/log.csv --arm a --target uniform", "--arm goes with a run" },
    { "$P ope $S --arm a --target uniform", "a run's propensities hold given the slots above" },
    { "$P ope $S --out $S/x.csv", "--arm says whose events" },
};

START_TEST(bad_questions_are_refused)
{
    ck_assert(cli_failed_well(cli_run(faults[_i].command), faults[_i].command, 2, faults[_i].part));
}
END_TEST

Suite *suite_cli_ope(void)
{
    Suite *s = suite_create("cli/ope");
    TCase *t = tcase_create("ope");

    tcase_set_timeout(t, 60);
    tcase_add_unchecked_fixture(t, make_logs, cli_teardown);
    tcase_add_test(t, a_policy_is_judged_by_every_estimator);
    tcase_add_test(t, slates_are_judged_with_a_column);
    tcase_add_test(t, a_log_is_written_and_judged_the_same);
    tcase_add_test(t, events_of_a_run_become_a_log);
    tcase_add_test(t, open_bandits_own_file_reads);
    tcase_add_loop_test(t, bad_questions_are_refused, 0, (int)(sizeof faults / sizeof faults[0]));
    suite_add_tcase(s, t);
    return s;
}

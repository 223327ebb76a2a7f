/* palate trial: the tables, the drawings, refusals. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_trial(void);

static void write_trial(void)
{
    cli_setup();
    cli_write("t.json",
              "{\"purpose\": \"test <&>\", \"name\": \"t\", \"repeats\": 12, \"runs\": 2, \"interleavings\": 1, "
              "\"pre_rounds\": 2, \"start\": 5,\n"
              " \"experiment\": {\"purpose\": \"test\", \"name\": \"e\", \"seed\": \"3\", \"rounds\": 5, \"slots\": 4,\n"
              "   \"catalog\": {\"source\": \"synthetic\", \"items\": 200}, \"people\": {\"n\": 40}, \"probe\": {\"items\": 5},\n"
              "   \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"popularity\"}], "
              "\"baseline\": \"a\", \"focus\": \"b\"}}\n");
}

START_TEST(a_trial_is_played_drawn_and_told)
{
    const cli_result *r = cli_run("$P trial $S/t.json --out $S/out && ls $S/out $S/out/figures && grep -c 'test &lt;&amp;&gt;' "
                                  "$S/out/report.html");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "b against a: 40 people, 5 rounds, 7 plays"));
    ck_assert_ptr_nonnull(strstr(r->out, "\nLaunching b to everybody instead of a "));
    ck_assert_ptr_nonnull(strstr(r->out, "methods.pdf"));
    ck_assert_ptr_nonnull(strstr(r->out, "needed.svg"));
    ck_assert_ptr_nonnull(strstr(r->out, "sequence.png"));
    ck_assert_ptr_nonnull(strstr(r->out, "estimates.csv"));
}
END_TEST

START_TEST(threads_change_no_byte_and_the_report_is_drawn_again)
{
    const cli_result *r = cli_run("$P trial $S/t.json --out $S/a --formats none --threads 1 --quiet && "
                                  "$P trial $S/t.json --out $S/b --formats none --threads 3 --quiet && "
                                  "for f in manifest.json truth.csv estimates.csv methods.csv sequence.csv report.html; do "
                                  "cmp $S/a/$f $S/b/$f || exit 9; done; cp $S/a/report.html $S/first && "
                                  "$P report $S/a --formats none --quiet && cmp $S/first $S/a/report.html");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_str_eq(r->out, "");
}
END_TEST

START_TEST(a_trial_replaces_a_trial_and_nothing_else)
{
    const cli_result *r = cli_run("$P trial $S/t.json --out $S/out --formats none --quiet && $P trial $S/t.json --out $S/out "
                                  "--formats none --json --set repeats=3");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "\"command\": \"trial\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"plays\": 7"));
}
END_TEST

typedef struct fault {
    const char *command, *part;
} fault;

static const fault faults[] = {
    { "$P trial", "needs FILE, or --keys" },
    { "$P trial $S/none.json", "none.json" },
    { "$P trial $S/t.json --set share=2", "share" },
    { "$P trial $S/t.json --set treatment=c", "treatment: is no arm of" },
    { "$P trial $S/t.json --set 'set={\"people.n\": 0}'", "people.n: must be a whole number" },
    { "mkdir -p $S/run && echo '{\"format\": \"palate-run/1\"}' > $S/run/manifest.json && $P trial $S/t.json --out $S/run",
      "holds other results" },
};

START_TEST(bad_trials_are_refused)
{
    ck_assert(cli_failed_well(cli_run(faults[_i].command), faults[_i].command, 2, faults[_i].part));
}
END_TEST

START_TEST(keys_are_listed)
{
    const cli_result *r = cli_run("$P trial --keys");

    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "interleavings"));
    ck_assert_ptr_nonnull(strstr(r->out, "expected_likes"));
    ck_assert_ptr_nonnull(strstr(r->out, "isolated"));
}
END_TEST

Suite *suite_cli_trial(void)
{
    Suite *s = suite_create("cli/trial");
    TCase *tc = tcase_create("trial");

    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, write_trial, cli_teardown);
    tcase_add_test(tc, a_trial_is_played_drawn_and_told);
    tcase_add_test(tc, threads_change_no_byte_and_the_report_is_drawn_again);
    tcase_add_test(tc, a_trial_replaces_a_trial_and_nothing_else);
    tcase_add_loop_test(tc, bad_trials_are_refused, 0, sizeof faults / sizeof faults[0]);
    tcase_add_test(tc, keys_are_listed);
    suite_add_tcase(s, tc);
    return s;
}

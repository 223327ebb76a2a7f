/* A run or sweep that is interrupted or killed, and the same command again. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_interrupted(void);

static void write_inputs(void)
{
    cli_setup();
    cli_write("e.json",
              "{\"purpose\": \"test\", \"name\": \"t\", \"seed\": \"3\", \"rounds\": 60, \"slots\": 6,\n"
              " \"catalog\": {\"source\": \"synthetic\", \"items\": 400}, \"people\": {\"n\": 60},\n"
              " \"probe\": {\"items\": 5, \"every\": 10}, \"statistics\": {\"resamples\": 40, \"permutations\": 99},\n"
              " \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"progressive\"}]}\n");
    cli_write("s.json",
              "{\"purpose\": \"test\", \"name\": \"s\", \"replications\": 1, \"resamples\": 100, \"experiment\": \"e.json\",\n"
              " \"vary\": [{\"path\": \"people.n\", \"values\": [50, 60]}]}\n");
}

#define RUN "$P run $S/e.json --no-report --out $S/run --checkpoint 0 --threads 2 "
/* Wait (20 s at most) until a command's checkpoint stands, then send it a signal and wait for its end. */
#define SIGNAL(name, place)                                                                                      \
    "& p=$!; i=0; while ! ls " place "/checkpoint/state.part >$S/ls 2>&1 && [ $i -lt 2000 ]; do sleep 0.01; i=$((i+1)); done; " \
    "kill -" name " $p; wait $p"

static void whole_digest(char digest[40])
{
    const cli_result *r = cli_run("$P run $S/e.json --no-report --json --out $S/whole --checkpoint off");
    const char *at = strstr(r->out, "\"digest\"");

    ck_assert_msg(r->code == 0 && at != NULL, "%s", r->err);
    at += strcspn(at, ":");
    snprintf(digest, 40, "%.32s", at + strcspn(at, "\"") + 1);
}

static void finish_and_compare(void)
{
    char digest[40];
    const cli_result *r;

    whole_digest(digest);
    r = cli_run(RUN);
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->err, "palate: going on from round "));
    ck_assert_uint_eq(cli_lines(r->err), 1);
    ck_assert_ptr_nonnull(strstr(r->out, digest));
    ck_assert_str_eq(cli_run("ls -d $S/run*")->out, cli_run("echo $S/run")->out);
}

START_TEST(ctrl_c_keeps_the_run_and_the_same_command_goes_on)
{
    const cli_result *r = cli_run(RUN SIGNAL("TERM", "$S/run.part"));

    ck_assert(cli_failed_well(r, "interrupted", 1, "the same command goes on from there (kept in "));
    ck_assert_int_ne(cli_run("ls $S/run")->code, 0); /* nothing half-written under the final name */
    finish_and_compare();
}
END_TEST

START_TEST(a_killed_process_loses_little)
{
    const cli_result *r = cli_run(RUN SIGNAL("KILL", "$S/run.part"));

    ck_assert_int_eq(r->code, 128 + 9);
    ck_assert_int_ne(cli_run("ls $S/run")->code, 0);
    finish_and_compare();
}
END_TEST

START_TEST(two_at_once_do_not_mix)
{
    const cli_result *r = cli_run(RUN "--quiet & p=$!; i=0; while ! test -f $S/run.part/checkpoint/state.part && [ $i -lt 2000 ]; do "
                                  "sleep 0.01; i=$((i+1)); done; " RUN "--quiet; c=$?; wait $p || c=99; exit $c");

    ck_assert(cli_failed_well(r, "second", 2, "run.part: another process is at work there"));
    ck_assert_int_eq(cli_run("$P verify $S/run")->code, 0);
}
END_TEST

START_TEST(a_sweep_goes_on_inside_the_cell)
{
#define SWEEP "(cd $S && case $P in /*) p=$P ;; *) p=../../$P ;; esac; exec $p sweep s.json --formats none --checkpoint 0 "
    const cli_result *r = cli_run(SWEEP "--out out --cache cache) " SIGNAL("INT", "$S/cache/*.part"));

    ck_assert(cli_failed_well(r, "sweep", 1, "the same command goes on from there"));
    r = cli_run(SWEEP "--out out --cache cache)");
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->err, "palate: going on from round "));
    ck_assert_int_eq(cli_run(SWEEP "--out whole --cache other)")->code, 0);
    ck_assert_int_eq(cli_run("cmp $S/out/surface.csv $S/whole/surface.csv && ! ls -d $S/cache/*.part 2>/dev/null")->code, 0);
}
END_TEST

START_TEST(bad_seconds_are_refused)
{
    static const char *const bad[] = { "-1", "often", "1e10", "nan" };
    char command[200], said[80];

    snprintf(command, sizeof command, "$P run $S/e.json --out $S/run --checkpoint %s", bad[_i]);
    snprintf(said, sizeof said, "--checkpoint must be a number of seconds from 0 to 1000000000, or off; found '%s'", bad[_i]);
    ck_assert(cli_failed_well(cli_run(command), command, 2, said));
}
END_TEST

Suite *suite_cli_interrupted(void)
{
    Suite *s = suite_create("cli/interrupted");
    TCase *tc = tcase_create("interrupted");

    tcase_set_timeout(tc, 240);
    tcase_add_checked_fixture(tc, write_inputs, cli_teardown);
    tcase_add_test(tc, ctrl_c_keeps_the_run_and_the_same_command_goes_on);
    tcase_add_test(tc, a_killed_process_loses_little);
    tcase_add_test(tc, two_at_once_do_not_mix);
    tcase_add_test(tc, a_sweep_goes_on_inside_the_cell);
    tcase_add_loop_test(tc, bad_seconds_are_refused, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}

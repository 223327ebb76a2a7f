/* palate sweep: the surface, the cache, the drawings, refusals. */
#include "tests/support/cli_shell.h"

#include "core/json.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_sweep(void);

static void write_sweep(void)
{
    cli_setup();
    cli_write("s.json",
              "{\"purpose\": \"test <&>\", \"name\": \"s\", \"replications\": 2, \"resamples\": 100,\n"
              " \"experiment\": {\"purpose\": \"test\", \"name\": \"t\", \"seed\": \"3\", \"rounds\": 2, \"slots\": 4,\n"
              "   \"catalog\": {\"source\": \"synthetic\", \"items\": 200}, \"people\": {\"n\": 12}, \"probe\": {\"items\": 5},\n"
              "   \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"popularity\"}]},\n"
              " \"vary\": [{\"path\": \"people.contradiction\", \"values\": [0, 1]},\n"
              "            {\"path\": \"catalog.items\", \"min\": 200, \"max\": 300, \"steps\": 2, \"whole\": true}]}\n");
}

static double number_of(const cli_result *r, const char *key)
{
    pal_json_doc *doc = NULL;
    double value;

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_int_eq(pal_json_parse(&doc, r->out, strcspn(r->out, "\n"), "line", NULL), PAL_OK);
    value = pal_json_number(pal_json_get(pal_json_root(doc), key));
    pal_json_free(doc);
    return value;
}

START_TEST(a_second_time_nothing_is_run)
{
    const char *command = "$P sweep $S/s.json --out $S/out --cache $S/cache --formats svg --json";
    const cli_result *r = cli_run(command);

    ck_assert(number_of(r, "cells") == 16 && number_of(r, "computed") == 16);
    ck_assert_int_eq(cli_run("cp $S/out/report.html $S/first")->code, 0);
    r = cli_run(command);
    ck_assert(number_of(r, "cells") == 16 && number_of(r, "computed") == 0);
    ck_assert_int_eq(cli_run("cmp $S/first $S/out/report.html")->code, 0);
    r = cli_run("$P sweep $S/s.json --out $S/more --cache $S/cache --formats none --json --set replications=3");
    ck_assert(number_of(r, "cells") == 24 && number_of(r, "computed") == 8);
}
END_TEST

START_TEST(a_sweep_is_drawn_and_told)
{
    const cli_result *r = cli_run("$P sweep $S/s.json --out $S/out --cache $S/cache && ls $S/out $S/out/figures && "
                                  "grep -c 'test &lt;&amp;&gt;' $S/out/report.html && $P sweep $S/s.json --out $S/one --cache $S/cache "
                                  "--set vary='[{\"path\": \"response.noise\", \"values\": [true, false]}]' --formats svg && "
                                  "ls $S/one/figures");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "4 points x 2 seeds x 2 arms: 16 cells"));
    ck_assert_ptr_nonnull(strstr(r->out, "\nThe best like_rate is "));
    ck_assert_ptr_nonnull(strstr(r->out, "surface-map.pdf"));
    ck_assert_ptr_nonnull(strstr(r->out, "points.csv"));
}
END_TEST

typedef struct fault {
    const char *command, *part;
} fault;

static const fault faults[] = {
    { "$P sweep", "needs FILE, or --keys" },
    { "$P sweep $S/none.json", "none.json" },
    { "$P sweep $S/s.json --set design=square", "design" },
    { "$P sweep $S/s.json --set 'set={\"people.n\": 0}'", "people.n: must be a whole number" },
    { "mkdir -p $S/run && echo '{\"format\": \"palate-run/1\"}' > $S/run/manifest.json && $P sweep $S/s.json --out $S/run",
      "holds other results" },
};

START_TEST(bad_sweeps_are_refused)
{
    ck_assert(cli_failed_well(cli_run(faults[_i].command), faults[_i].command, 2, faults[_i].part));
}
END_TEST

START_TEST(keys_are_listed)
{
    const cli_result *r = cli_run("$P sweep --keys");

    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "replications"));
    ck_assert_ptr_nonnull(strstr(r->out, "like_rate"));
}
END_TEST

Suite *suite_cli_sweep(void)
{
    Suite *s = suite_create("cli/sweep");
    TCase *tc = tcase_create("sweep");

    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, write_sweep, cli_teardown);
    tcase_add_test(tc, a_second_time_nothing_is_run);
    tcase_add_test(tc, a_sweep_is_drawn_and_told);
    tcase_add_loop_test(tc, bad_sweeps_are_refused, 0, sizeof faults / sizeof faults[0]);
    tcase_add_test(tc, keys_are_listed);
    suite_add_tcase(s, tc);
    return s;
}

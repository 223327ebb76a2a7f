/* palate audit: the tables, the drawings, refusals. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_audit(void);

static void write_audit(void)
{
    cli_setup();
    cli_write("a.json",
              "{\"purpose\": \"test <&>\", \"name\": \"a\", \"seeds\": 2, \"serve_rounds\": 1, \"curve\": [3, 9],\n"
              " \"models\": [{\"model\": \"popularity\"}, {\"model\": \"item_knn\"}],\n"
              " \"experiment\": {\"purpose\": \"test\", \"name\": \"e\", \"seed\": \"3\", \"rounds\": 7, \"slots\": 5,\n"
              "   \"catalog\": {\"source\": \"synthetic\", \"items\": 120}, \"people\": {\"n\": 60}, \"probe\": {\"items\": 5},\n"
              "   \"arms\": [{\"name\": \"r\", \"stage\": \"random\"}, {\"name\": \"p\", \"stage\": \"popularity\"}], "
              "\"baseline\": \"r\", \"focus\": \"p\"}}\n");
}

START_TEST(an_audit_is_run_drawn_and_told)
{
    const cli_result *r = cli_run("$P audit $S/a.json --out $S/out --formats svg && ls $S/out $S/out/figures && "
                                  "grep -c 'test &lt;&amp;&gt;' $S/out/report.html");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "2 models under 36 protocols: 2 worlds, 2 logs each, 60 people, 120 items, 40 fits"));
    ck_assert_ptr_nonnull(strstr(r->out, "earns the most"));
    ck_assert_ptr_nonnull(strstr(r->out, "order.svg"));
    ck_assert_ptr_nonnull(strstr(r->out, "agreement.svg"));
    ck_assert_ptr_nonnull(strstr(r->out, "sampled.svg"));
    ck_assert_ptr_nonnull(strstr(r->out, "popularity.svg"));
    ck_assert_ptr_nonnull(strstr(r->out, "protocols.csv"));
}
END_TEST

START_TEST(threads_change_no_byte_and_the_report_is_drawn_again)
{
    const cli_result *r = cli_run("$P audit $S/a.json --out $S/a --formats none --threads 1 --quiet && "
                                  "$P audit $S/a.json --out $S/b --formats none --threads 3 --quiet && "
                                  "for f in manifest.json audit.csv truth.csv protocols.csv sampled.csv report.html; do "
                                  "cmp $S/a/$f $S/b/$f || exit 9; done; cp $S/a/report.html $S/first && "
                                  "$P report $S/a --formats none --quiet && cmp $S/first $S/a/report.html");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_str_eq(r->out, "");
}
END_TEST

START_TEST(an_audit_replaces_an_audit_and_nothing_else)
{
    const cli_result *r = cli_run("$P audit $S/a.json --out $S/out --formats none --quiet && $P audit $S/a.json --out $S/out "
                                  "--formats none --json --set seeds=1");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "\"command\": \"audit\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"fits\": 20"));
}
END_TEST

typedef struct fault {
    const char *command, *part;
} fault;

static const fault faults[] = {
    { "$P audit", "needs FILE, or --keys" },
    { "$P audit $S/none.json", "none.json" },
    { "$P audit $S/a.json --set k=0", "k: must be a whole number" },
    { "$P audit $S/a.json --set 'logging=[\"x\"]'", "logging[0]: is no arm of" },
    { "mkdir -p $S/run && echo '{\"format\": \"palate-run/1\"}' > $S/run/manifest.json && $P audit $S/a.json --out $S/run",
      "holds other results" },
};

START_TEST(bad_audits_are_refused)
{
    ck_assert(cli_failed_well(cli_run(faults[_i].command), faults[_i].command, 2, faults[_i].part));
}
END_TEST

START_TEST(keys_are_listed)
{
    const cli_result *r = cli_run("$P audit --keys");

    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "serve_rounds"));
    ck_assert_ptr_nonnull(strstr(r->out, "corrected"));
    ck_assert_ptr_nonnull(strstr(r->out, "item_cold"));
    ck_assert_ptr_nonnull(strstr(r->out, "item_knn"));
}
END_TEST

Suite *suite_cli_audit(void)
{
    Suite *s = suite_create("cli/audit");
    TCase *tc = tcase_create("audit");

    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, write_audit, cli_teardown);
    tcase_add_test(tc, an_audit_is_run_drawn_and_told);
    tcase_add_test(tc, threads_change_no_byte_and_the_report_is_drawn_again);
    tcase_add_test(tc, an_audit_replaces_an_audit_and_nothing_else);
    tcase_add_loop_test(tc, bad_audits_are_refused, 0, sizeof faults / sizeof faults[0]);
    tcase_add_test(tc, keys_are_listed);
    suite_add_tcase(s, tc);
    return s;
}

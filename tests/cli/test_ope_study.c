/* palate ope FILE.json: a study run, drawn, read back; what does not go together. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <string.h>

Suite *suite_cli_ope_study(void);

static void make_study(void)
{
    cli_setup();
    cli_write("s.json", "{\"name\": \"s\", \"experiment\": {\"name\": \"e\", \"rounds\": 2, \"slots\": 5, \"catalog\": {\"items\": 200},"
                        " \"people\": {\"n\": 20}, \"arms\": [{\"name\": \"rank\", \"stage\": \"ranking\"}, {\"name\": \"pop\","
                        " \"stage\": \"popularity\"}]}, \"warm_up\": 2, \"candidates\": 5, \"logs\": 8, \"sizes\": [40, 80],"
                        " \"logging\": {\"arm\": \"rank\", \"epsilon\": 0.3}, \"targets\": [{\"arm\": \"pop\"}]}\n");
}

START_TEST(a_study_is_run_drawn_and_drawn_again)
{
    const cli_result *r = cli_run("$P ope $S/s.json --out $S/d --formats svg --threads 2");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "8 logs x 2 sizes x 1 targets x 9 estimators"));
    ck_assert_ptr_nonnull(strstr(r->out, "comes closest to pop"));
    r = cli_run("ls $S/d $S/d/figures | tr '\\n' ' '");
    ck_assert_ptr_nonnull(strstr(r->out, "estimates.csv estimators.csv example_log.csv figures manifest.json overlap.csv report.html"));
    ck_assert_ptr_nonnull(strstr(r->out, "ope-size.svg"));
    ck_assert_int_eq(cli_run("cp $S/d/report.html $S/before.html && $P report $S/d --formats none && cmp $S/d/report.html $S/before.html")->code,
                     0);
}
END_TEST

START_TEST(the_same_study_gives_the_same_digest_in_json)
{
    const cli_result *r = cli_run("$P ope $S/s.json --out $S/d --formats none --json --set logs=5 | cut -d, -f1-8 > $S/a;"
                                  " $P ope $S/s.json --out $S/d --formats none --json --set logs=5 --threads 1 | cut -d, -f1-8 > $S/b;"
                                  " cmp $S/a $S/b && cat $S/a");

    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "\"logs\": 5"));
    ck_assert_int_ne(cli_run("$P ope $S/s.json --out $S/d --formats none --json --set logs=5 --seed 2 | cut -d, -f1-8 | cmp - $S/a")->code, 0);
}
END_TEST

START_TEST(the_example_log_is_judged_alike)
{
    const cli_result *r = cli_run("$P ope $S/s.json --out $S/d --formats none --quiet &&"
                                  " $P ope --log $S/d/example_log.csv --column chance_pop --resamples 0 --json > $S/lines &&"
                                  " grep '^0,80,pop,ips' $S/d/estimates.csv | cut -d, -f5 | cut -c1-12 > $S/value && grep -c -F -f $S/value $S/lines");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert(r->out[0] >= '1'); /* ips, and whatever else agrees with it */
}
END_TEST

START_TEST(keys_are_listed)
{
    const cli_result *r = cli_run("$P ope --keys");

    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "softness"));
    ck_assert_ptr_nonnull(strstr(r->out, "pseudo_inverse"));
}
END_TEST

static const struct {
    const char *command, *part;
} wrong[] = {
    { "$P ope $S/s.json --tune", "--tune: goes with --log or a run" },
    { "$P ope $S/s.json --log x.csv", "--log: goes with --log or a run" },
    { "$P ope --log $S/x.csv --set logs=3", "--set goes with a study" },
    { "$P ope --log $S/x.csv --quiet", "--quiet goes with a study" },
    { "$P ope $S/none.json", "none.json" },
    { "$P ope $S/s.json --set targets.0.arm=popp", "targets[0].arm" },
    { "$P ope $S/s.json --set nonsense=1", "nonsense" },
    { "mkdir -p $S/run && echo '{\"format\": \"palate-run/1\"}' > $S/run/manifest.json; $P ope $S/s.json --out $S/run", "holds other results" },
};

START_TEST(what_does_not_go_together_is_refused)
{
    ck_assert(cli_failed_well(cli_run(wrong[_i].command), wrong[_i].command, 2, wrong[_i].part));
}
END_TEST

Suite *suite_cli_ope_study(void)
{
    Suite *s = suite_create("cli/ope_study");
    TCase *tc = tcase_create("ope_study");

    tcase_add_checked_fixture(tc, make_study, cli_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_study_is_run_drawn_and_drawn_again);
    tcase_add_test(tc, the_same_study_gives_the_same_digest_in_json);
    tcase_add_test(tc, the_example_log_is_judged_alike);
    tcase_add_test(tc, keys_are_listed);
    tcase_add_loop_test(tc, what_does_not_go_together_is_refused, 0, (int)(sizeof wrong / sizeof wrong[0]));
    suite_add_tcase(s, tc);
    return s;
}

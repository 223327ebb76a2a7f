/* Whole runs by the program: run, report, verify, data, bench, on tiny inputs. */
#include "tests/support/cli_shell.h"

#include "core/json.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_run(void);

static void write_inputs(void)
{
    cli_setup();
    cli_write("e.json",
              "{\"purpose\": \"test\", \"name\": \"t\", \"seed\": \"3\", \"rounds\": 4, \"slots\": 6,\n"
              " \"catalog\": {\"source\": \"synthetic\", \"items\": 400}, \"people\": {\"n\": 23},\n"
              " \"probe\": {\"items\": 5, \"every\": 2},\n"
              " \"statistics\": {\"resamples\": 40, \"permutations\": 99},\n"
              " \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"progressive\"}]}\n");
}

/* Run a command that must succeed and print one JSON object; the caller frees it. */
static pal_json_doc *json_of(const char *command)
{
    const cli_result *r = cli_run(command);
    pal_json_doc *doc = NULL;
    pal_error err = { .status = PAL_OK };

    ck_assert_msg(r->code == 0, "%s: exit code %d: %s", command, r->code, r->err);
    ck_assert_str_eq(r->err, "");
    ck_assert_uint_eq(cli_lines(r->out), 1);
    ck_assert_msg(pal_json_parse(&doc, r->out, strcspn(r->out, "\n"), command, &err) == PAL_OK, "%s", err.text);
    return doc;
}

/* The digest of a run of e.json with more options. */
static void digest_of(char digest[40], const char *more)
{
    char command[512];
    pal_json_doc *doc;

    snprintf(command, sizeof command, "$P run $S/e.json --no-report --json --out $S/run %s", more);
    doc = json_of(command);
    snprintf(digest, 40, "%s", pal_json_string(pal_json_get(pal_json_root(doc), "digest")));
    pal_json_free(doc);
    ck_assert_uint_eq(strlen(digest), 32);
}

START_TEST(digest_does_not_depend_on_threads_but_on_the_seed)
{
    char one[40], other[40];

    digest_of(one, "--threads 1");
    digest_of(other, "--threads 2");
    ck_assert_str_eq(one, other);
    digest_of(other, "--threads 7");
    ck_assert_str_eq(one, other);
    digest_of(other, "--seed 3");
    ck_assert_str_eq(one, other);
    digest_of(other, "--seed 4");
    ck_assert_str_ne(one, other);
    digest_of(other, "--set people.n=24");
    ck_assert_str_ne(one, other);
}
END_TEST

START_TEST(a_committed_digest_is_compared_only_when_nothing_is_overridden)
{
    char digest[40], command[256];
    const cli_result *r;

    digest_of(digest, "");
    snprintf(command, sizeof command, "echo %s > $S/e.digest; $P run $S/e.json --no-report --out $S/run", digest);
    r = cli_run(command);
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "reproduced bit for bit"));
    r = cli_run("$P run $S/e.json --no-report --out $S/run --seed 4");
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_null(strstr(r->out, "reproduced"));
    ck_assert_ptr_null(strstr(r->out, "differs"));
    r = cli_run("echo 0123456789abcdef0123456789abcdef > $S/e.digest; $P run $S/e.json --no-report --out $S/run");
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "differs from the committed digest 0123456789abcdef0123456789abcdef"));
    r = cli_run("echo nonsense > $S/e.digest; $P run $S/e.json --no-report --out $S/run");
    ck_assert_int_eq(r->code, 2);
    ck_assert_ptr_nonnull(strstr(r->err, "32 hex digits"));
}
END_TEST

START_TEST(quiet_prints_nothing)
{
    const cli_result *r = cli_run("$P run $S/e.json --no-report --quiet --out $S/run && ls $S/run/summary.json >&2");

    ck_assert_int_eq(r->code, 0);
    ck_assert_str_eq(r->out, "");
    ck_assert_uint_eq(cli_lines(r->err), 1);
}
END_TEST

START_TEST(a_run_names_its_results_and_report)
{
    const cli_result *r = cli_run("$P run $S/e.json --out $S/run");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_str_eq(r->err, "");
    ck_assert_ptr_nonnull(strstr(r->out, "report   build/"));
    ck_assert_ptr_nonnull(strstr(r->out, "/run/report.html"));
    ck_assert_int_eq(cli_run("test -s $S/run/report.html && test -d $S/run/figures")->code, 0);
}
END_TEST

START_TEST(the_default_directory_is_named_after_experiment_and_seed)
{
    const cli_result *r = cli_run("cd $S && case $P in /*) p=$P ;; *) p=../../$P ;; esac && "
                                  "$p run e.json --seed 99 --set name='two words' --no-report && "
                                  "test -s results/two-words-99/manifest.json");

    ck_assert_msg(r->code == 0, "%s", r->err);
}
END_TEST

START_TEST(a_run_replaces_an_older_run)
{
    ck_assert_int_eq(cli_run("$P run $S/e.json --no-report --out $S/run && touch $S/run/old &&"
                             "$P run $S/e.json --no-report --out $S/run")->code, 0);
    ck_assert_int_ne(cli_run("ls $S/run/old")->code, 0);
    ck_assert_str_eq(cli_run("ls -d $S/run*")->out, cli_run("echo $S/run")->out);
}
END_TEST

START_TEST(report_draws_again_and_leaves_the_results_alone)
{
    const cli_result *r = cli_run("$P run $S/e.json --no-report --quiet --out $S/run && cd $S/run && cksum *.csv *.json"
                                  " > ../before");

    ck_assert_int_eq(r->code, 0);
    r = cli_run("$P report $S/run --formats svg");
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_int_eq(cli_run("cd $S/run && cksum *.csv *.json | cmp - ../before")->code, 0);
    ck_assert_int_eq(cli_run("test -s $S/run/report.html && ls $S/run/figures/*.svg")->code, 0);
    ck_assert_int_ne(cli_run("ls $S/run/figures/*.pdf")->code, 0);
    ck_assert(cli_failed_well(cli_run("$P report $S/run --formats svg,gif"), "report --formats gif", 2, "'gif'"));
}
END_TEST

START_TEST(verify_agrees_and_finds_a_changed_file)
{
    const cli_result *r;

    ck_assert_int_eq(cli_run("$P run $S/e.json --no-report --quiet --out $S/run")->code, 0);
    r = cli_run("$P verify $S/run --threads 2");
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_uint_eq(cli_lines(r->out), 1);
    ck_assert_str_eq(cli_run("ls -d $S/run*")->out, cli_run("echo $S/run")->out);
    ck_assert_int_eq(cli_run("echo ' ' >> $S/run/users.csv")->code, 0);
    ck_assert(cli_failed_well(cli_run("$P verify $S/run"), "verify", 2, "users.csv"));
}
END_TEST

START_TEST(generate_import_and_describe_fit_together)
{
    const cli_result *r;
    char digest[40];
    pal_json_doc *doc = json_of("$P data generate --items 700 --seed 12 --out $S/a.csv --json");

    snprintf(digest, sizeof digest, "%s", pal_json_string(pal_json_get(pal_json_root(doc), "digest")));
    ck_assert_double_eq(pal_json_number(pal_json_get(pal_json_root(doc), "items")), 700);
    pal_json_free(doc);
    doc = json_of("$P data generate --items 700 --seed 12 --out $S/again.csv --json");
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "digest")), digest);
    pal_json_free(doc);
    doc = json_of("$P data import $S/a.csv --layout palate --out $S/b.csv --json");
    ck_assert_double_eq(pal_json_number(pal_json_get(pal_json_root(doc), "items")), 700);
    pal_json_free(doc);
    r = cli_run("$P data describe $S/b.csv --layout palate --out $S/drawn --formats png");
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "danceability"));
    ck_assert_int_eq(cli_run("test -s $S/drawn/catalog.json && ls $S/drawn/*.png")->code, 0);
    doc = json_of("$P data describe --synthetic 500 --json");
    ck_assert_double_eq(pal_json_number(pal_json_get(pal_json_root(doc), "items")), 500);
    pal_json_free(doc);
}
END_TEST

START_TEST(a_fitted_model_draws_a_catalog)
{
    const cli_result *r = cli_run("$P data generate --items 3000 --out $S/a.csv --quiet && "
                                  "$P data fit $S/a.csv --layout palate --out $S/model.json --quiet && "
                                  "$P data generate --items 500 --set model=$S/model.json --out $S/b.csv --quiet");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_str_eq(r->out, "");
    ck_assert_int_eq(cli_run("test $(wc -l < $S/b.csv) = 501")->code, 0);
}
END_TEST

START_TEST(bench_prints_one_object_a_row)
{
    pal_json_doc *doc = json_of("$P bench slate --stage ranking --people 9 --json");
    const pal_json *row = pal_json_root(doc);

    ck_assert_str_eq(pal_json_string(pal_json_get(row, "stage")), "ranking");
    ck_assert_double_eq(pal_json_number(pal_json_get(row, "people")), 9);
    ck_assert_double_gt(pal_json_number(pal_json_get(row, "slates_per_s")), 0);
    ck_assert_double_le(pal_json_number(pal_json_get(row, "median_us")),
                        pal_json_number(pal_json_get(row, "p95_us")));
    ck_assert_uint_gt(strlen(pal_json_string(pal_json_get(row, "cpu"))), 0);
    pal_json_free(doc);
    doc = json_of("$P bench sim --people 20 --threads 1 --json");
    ck_assert_double_gt(pal_json_number(pal_json_get(pal_json_root(doc), "impressions_per_s")), 0);
    pal_json_free(doc);
    doc = json_of("$P bench catalog --items 500 --json");
    ck_assert_double_eq(pal_json_number(pal_json_get(pal_json_root(doc), "rows")), 500);
    pal_json_free(doc);
}
END_TEST

START_TEST(committed_experiments_are_valid)
{
    static const char *const names[] = { "tiny", "quickstart", "reference", "ablation", "contradictory",
                                         "neural_rung" };
    char command[256];
    const cli_result *r;

    /* One person, one round, few items: enough to read every key of the file. */
    snprintf(command, sizeof command, "$P run experiments/%s.json --set people.n=2 --set rounds=1 --set "
             "catalog.items=300 --set catalog.source=synthetic --set statistics.resamples=20 --set "
             "statistics.permutations=99 --no-report --out $S/run", names[_i]);
    if (strcmp(names[_i], "reference") == 0) { /* keys of a CSV are not those of a synthetic catalog */
        snprintf(command, sizeof command, "$P run experiments/%s.json --set people.n=2 --set rounds=1 --set "
                 "catalog.items=300 --set catalog.file=none.csv --set statistics.resamples=20 --set "
                 "statistics.permutations=99 --no-report --out $S/run", names[_i]);
    }
    r = cli_run(command);
    ck_assert_msg(r->code == 0, "%s: %s", names[_i], r->err);
}
END_TEST

Suite *suite_cli_run(void)
{
    Suite *suite = suite_create("cli/run");
    TCase *tcase = tcase_create("run");

    tcase_set_timeout(tcase, 240);
    tcase_add_checked_fixture(tcase, write_inputs, cli_teardown);
    tcase_add_test(tcase, digest_does_not_depend_on_threads_but_on_the_seed);
    tcase_add_test(tcase, a_committed_digest_is_compared_only_when_nothing_is_overridden);
    tcase_add_test(tcase, quiet_prints_nothing);
    tcase_add_test(tcase, a_run_names_its_results_and_report);
    tcase_add_test(tcase, the_default_directory_is_named_after_experiment_and_seed);
    tcase_add_test(tcase, a_run_replaces_an_older_run);
    tcase_add_test(tcase, report_draws_again_and_leaves_the_results_alone);
    tcase_add_test(tcase, verify_agrees_and_finds_a_changed_file);
    tcase_add_test(tcase, generate_import_and_describe_fit_together);
    tcase_add_test(tcase, a_fitted_model_draws_a_catalog);
    tcase_add_test(tcase, bench_prints_one_object_a_row);
    tcase_add_loop_test(tcase, committed_experiments_are_valid, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}

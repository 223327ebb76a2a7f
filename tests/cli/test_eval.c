/* palate eval by the program: what it prints and writes, and what it refuses. */
#include "tests/support/cli_shell.h"

#include "core/json.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_eval(void);

static void write_inputs(void)
{
    cli_setup();
    cli_write("e.json",
              "{\"purpose\": \"test\", \"name\": \"t\", \"seed\": \"3\", \"baseline\": \"popularity\",\n"
              " \"data\": {\"source\": \"synthetic\", \"people\": 40, \"items\": 40, \"groups\": 5, \"mean_interactions\": 12},\n"
              " \"split\": {\"kind\": \"random_user\", \"valid\": 0.2}, \"metrics\": {\"k\": [3, 10]},\n"
              " \"models\": [{\"model\": \"popularity\"}, {\"model\": \"item_knn\", \"search\": {\"over\": {\"k\": [2, 0]}}}],\n"
              " \"statistics\": {\"resamples\": 40, \"permutations\": 99}}\n");
    cli_write("far.json", "{\"data\": {\"file\": \"nowhere/u.data\", \"get\": \"ask the librarian\"},\n"
                          " \"models\": [{\"model\": \"popularity\"}]}\n");
    cli_write("log.csv", "user,item\na,x\na,y\nb,x\nb,z\nc,y\nc,z\nd,x\nd,y\nd,z\n");
    cli_write("low.csv", "user,item,rating\na,x,1\na,y,0\nb,x,2\nb,z,1\nc,y,3\n");
    cli_write("own.json", "{\"data\": {\"file\": \"log.csv\"}, \"split\": {\"kind\": \"random\", \"test\": 0.3},\n"
                          " \"models\": [{\"model\": \"popularity\"}], \"metrics\": {\"k\": [1, 2]},\n"
                          " \"statistics\": {\"resamples\": 40, \"permutations\": 99}}\n");
}

static void digest_of(char digest[40], const char *more)
{
    char command[256];
    pal_json_doc *doc = NULL;
    pal_error err = { .status = PAL_OK };
    const cli_result *r;

    snprintf(command, sizeof command, "$P eval $S/e.json --no-report --json --out $S/ev %s", more);
    r = cli_run(command);
    ck_assert_msg(r->code == 0, "%s: %s", command, r->err);
    ck_assert_uint_eq(cli_lines(r->out), 1);
    ck_assert_msg(pal_json_parse(&doc, r->out, strcspn(r->out, "\n"), command, &err) == PAL_OK, "%s", err.text);
    snprintf(digest, 40, "%s", pal_json_string(pal_json_get(pal_json_root(doc), "digest")));
    ck_assert_uint_eq(pal_json_size(pal_json_get(pal_json_root(doc), "models")), 2);
    pal_json_free(doc);
    ck_assert_uint_eq(strlen(digest), 32);
}

START_TEST(digest_does_not_depend_on_threads_but_on_the_seed)
{
    char one[40], other[40];

    digest_of(one, "--threads 1");
    digest_of(other, "--threads 3");
    ck_assert_str_eq(one, other);
    digest_of(other, "--set seed='\"3\"'");
    ck_assert_str_eq(one, other);
    digest_of(other, "--seed 4");
    ck_assert_str_ne(one, other);
}
END_TEST

START_TEST(the_table_is_sorted_and_the_report_is_drawn)
{
    const cli_result *r = cli_run("$P eval $S/e.json --out $S/drawn && ls $S/drawn $S/drawn/figures");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_str_eq(r->err, "");
    ck_assert_ptr_nonnull(strstr(r->out, "ndcg@10"));
    ck_assert_ptr_nonnull(strstr(r->out, "item_knn"));
    ck_assert(strstr(r->out, "\nitem_knn") < strstr(r->out, "\npopularity")); /* the better one first */
    ck_assert_ptr_nonnull(strstr(r->out, "/drawn/report.html"));
    ck_assert_ptr_nonnull(strstr(r->out, "scores.png"));
    ck_assert_ptr_nonnull(strstr(r->out, "recommendations.csv"));
    r = cli_run("rm $S/drawn/report.html && $P report $S/drawn --formats svg && ls $S/drawn");
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "report.html"));
}
END_TEST

START_TEST(quiet_prints_nothing_and_keys_lists_all)
{
    const cli_result *r = cli_run("$P eval $S/e.json --no-report --quiet --out $S/q");

    ck_assert_int_eq(r->code, 0);
    ck_assert_str_eq(r->out, "");
    r = cli_run("$P eval --keys");
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "keep_training_items"));
    ck_assert_ptr_nonnull(strstr(r->out, "ndcg@k"));
    ck_assert_ptr_nonnull(strstr(r->out, "item_knn"));
}
END_TEST

START_TEST(a_log_of_ones_own_works)
{
    const cli_result *r = cli_run("cd $S && palate=$P; case $palate in /*) ;; *) palate=$OLDPWD/$palate;; esac; "
                                  "$palate eval own.json --out own --no-report --json");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "\"items\": 3"));
}
END_TEST

START_TEST(an_evaluation_is_verified_from_its_directory)
{
    const cli_result *r = cli_run("$P eval $S/e.json --no-report --quiet --threads 1 --out $S/again && "
                                  "$P verify $S/again --threads 3 && ls $S");

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "/again: reproduced bit for bit: "));
    ck_assert_ptr_null(strstr(r->out, ".verify-")); /* the second one is gone */
    r = cli_run("$P verify $S/again --json");
    ck_assert_ptr_nonnull(strstr(r->out, "\"same\": true"));
    /* another config under the same files, then other files under the same config */
    r = cli_run("sed -i 's/\"mean_interactions\": 12/\"mean_interactions\": 13/' $S/again/manifest.json && "
                "$P verify $S/again");
    ck_assert(cli_failed_well(r, "verify", 1, "models.csv differs when run again"));
    r = cli_run("sed -i 's/popularity/popularitY/' $S/again/models.csv && $P verify $S/again");
    ck_assert(cli_failed_well(r, "verify", 2, "models.csv: changed since the run"));
}
END_TEST

START_TEST(signed_ranks_can_be_asked_for)
{
    const cli_result *r = cli_run("$P eval $S/e.json --quiet --set statistics.test=wilcoxon --out $S/ranks && "
                                  "grep -c 'signed-rank tests' $S/ranks/report.html && cat $S/ranks/summary.json");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "\"test\": \"wilcoxon\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"permutations\": 0"));
}
END_TEST

START_TEST(keys_are_lines_for_programs_too)
{
    const cli_result *r = cli_run("$P eval --keys --json");

    ck_assert_int_eq(r->code, 0);
    for (const char *line = r->out; *line != '\0'; line += strcspn(line, "\n") + 1) {
        pal_json_doc *doc = NULL;

        ck_assert_int_eq(pal_json_parse(&doc, line, strcspn(line, "\n"), "line", NULL), PAL_OK);
        ck_assert_ptr_nonnull(pal_json_get(pal_json_root(doc), "name"));
        pal_json_free(doc);
    }
    ck_assert_ptr_nonnull(strstr(r->out, "\"of\": \"statistics\", \"name\": \"test\", \"kind\": \"choice\""));
    r = cli_run("$P train ease --params --json && $P train logistic --params --json && $P cluster --params --json && "
                "$P data convert --params --json");
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "{\"command\": \"train\", \"of\": \"ease\", \"name\": \"lambda\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"of\": \"data\", \"name\": \"threshold\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"of\": \"logistic\", \"name\": \"l2\""));
}
END_TEST

START_TEST(other_results_are_not_replaced)
{
    const cli_result *r = cli_run("mkdir -p $S/other && echo '{\"format\": \"palate-sweep/1\"}' > $S/other/manifest.json && "
                                  "$P eval $S/e.json --quiet --out $S/other");

    ck_assert(cli_failed_well(r, "eval", 2, "/other: will not be replaced: it holds other results (\"palate-sweep/1\""));
    ck_assert_int_eq(cli_run("grep -q sweep $S/other/manifest.json")->code, 0);
}
END_TEST

static const struct {
    const char *command, *part;
} bad[] = {
    { "$P eval", "--keys" },
    { "$P eval $S/none.json", "none.json" },
    { "$P eval $S/far.json --out $S/far", "data.file: nowhere/u.data is not there; ask the librarian" },
    { "$P eval $S/e.json --set models.0.model=populariti --out $S/far", "models[0].model" },
    { "$P eval $S/e.json --set split.kind=time2 --out $S/far", "split.kind" },
    { "$P eval $S/e.json --set metrics.k=[0] --out $S/far", "metrics.k[0]" },
    { "$P eval $S/e.json --set metrics --out $S/far", "eval: --set needs PATH=VALUE" },
    { "$P eval $S/e.json --seed x --out $S/far", "--seed" },
    { "$P eval $S/e.json --thread 2", "--threads" },
    { "$P eval $S/own.json --set data.file=$S/low.csv --out $S/far",
      "low.csv: person 'a', item 'y': found value 0, wanted one above 0; \"data\": {\"threshold\": 4} leaves out" },
    { "$P eval $S/e.json $S/e.json", "eval" },
};

START_TEST(bad_input_is_named_in_one_line_and_leaves_nothing)
{
    ck_assert(cli_failed_well(cli_run(bad[_i].command), bad[_i].command, 2, bad[_i].part));
    ck_assert_int_ne(cli_run("test -e $S/far")->code, 0);
}
END_TEST

Suite *suite_cli_eval(void)
{
    Suite *suite = suite_create("cli/eval");
    TCase *tc = tcase_create("eval");

    tcase_add_unchecked_fixture(tc, write_inputs, cli_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, digest_does_not_depend_on_threads_but_on_the_seed);
    tcase_add_test(tc, the_table_is_sorted_and_the_report_is_drawn);
    tcase_add_test(tc, quiet_prints_nothing_and_keys_lists_all);
    tcase_add_test(tc, a_log_of_ones_own_works);
    tcase_add_test(tc, an_evaluation_is_verified_from_its_directory);
    tcase_add_test(tc, signed_ranks_can_be_asked_for);
    tcase_add_test(tc, keys_are_lines_for_programs_too);
    tcase_add_test(tc, other_results_are_not_replaced);
    tcase_add_loop_test(tc, bad_input_is_named_in_one_line_and_leaves_nothing, 0, (int)(sizeof bad / sizeof *bad));
    suite_add_tcase(suite, tc);
    return suite;
}

/* palate compare and palate power: tables, JSON lines, files, refusals. */
#include "tests/support/cli_shell.h"

#include "core/json.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_compare(void);

static void make_runs(void)
{
    cli_setup();
    cli_write("e.json",
              "{\"purpose\": \"test\", \"name\": \"t\", \"seed\": \"3\", \"rounds\": 3, \"slots\": 5,\n"
              " \"catalog\": {\"source\": \"synthetic\", \"items\": 300}, \"people\": {\"n\": 21},\n"
              " \"probe\": {\"items\": 5}, \"statistics\": {\"resamples\": 20, \"permutations\": 99},\n"
              " \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"popularity\"},\n"
              "            {\"name\": \"c\", \"stage\": \"oracle\"}]}\n");
    ck_assert_int_eq(cli_run("$P run $S/e.json --no-report --quiet --out $S/one && $P run $S/e.json --no-report --quiet "
                             "--seed 4 --out $S/two && $P run $S/e.json --no-report --quiet --seed 5 --set rounds=4 --out $S/far")
                         ->code, 0);
}

START_TEST(a_line_a_difference_and_each_is_json)
{
    const cli_result *r = cli_run("$P compare $S/one --metric like_rate --metric ctr --json");
    pal_json_doc *doc = NULL;
    const char *end;

    ck_assert_int_eq(r->code, 0);
    ck_assert_str_eq(r->err, "");
    ck_assert_uint_eq(cli_lines(r->out), 4); /* b and c against a, two metrics */
    end = strchr(r->out, '\n');
    ck_assert_int_eq(pal_json_parse(&doc, r->out, (size_t)(end - r->out), "line", NULL), PAL_OK);
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "arm")), "b");
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "against")), "a");
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "pairing")), "same people");
    ck_assert_double_eq_tol(pal_json_number(pal_json_get(pal_json_root(doc), "value_a")) -
                                pal_json_number(pal_json_get(pal_json_root(doc), "value_b")),
                            pal_json_number(pal_json_get(pal_json_root(doc), "diff")), 1e-12);
    pal_json_free(doc);
}
END_TEST

/* A number of a JSON line of the first row. */
static double number_of(const char *command, const char *key)
{
    const cli_result *r = cli_run(command);
    pal_json_doc *doc = NULL;
    double x;

    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_int_eq(pal_json_parse(&doc, r->out, strcspn(r->out, "\n"), "line", NULL), PAL_OK);
    x = pal_json_number(pal_json_get(pal_json_root(doc), key));
    pal_json_free(doc);
    return x;
}

START_TEST(the_test_that_is_asked_for_is_the_one_corrected)
{
    static const char *const name[] = { "permutation", "t", "wilcoxon" };
    char command[128], key[32];
    double p[3];
    const cli_result *r;

    for (size_t t = 0; t < 3; t++) {
        snprintf(command, sizeof command, "$P compare $S/one --metric like_rate --json --test %s", name[t]);
        snprintf(key, sizeof key, "p_%s", name[t]);
        p[t] = number_of(command, "p");
        ck_assert_double_eq(number_of(command, key), p[t]);
        ck_assert(p[t] > 0 && p[t] <= 1);
    }
    ck_assert(p[0] != p[1] && p[1] != p[2]);
    r = cli_run("$P compare $S/one --metric like_rate --test wilcoxon");
    ck_assert_ptr_nonnull(strstr(r->out, "p: wilcoxon, Holm"));
    ck_assert_ptr_nonnull(strstr(r->out, "reject a true mean of 0 too often"));
}
END_TEST

START_TEST(seeds_of_one_experiment_are_one_setting)
{
    const cli_result *r = cli_run("$P compare $S/one $S/two --metric like_rate");

    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "over 2 worlds"));
    ck_assert_ptr_nonnull(strstr(r->out, "Holm over 2 comparisons"));
}
END_TEST

START_TEST(files_are_drawn_and_the_same_again)
{
    const cli_result *r = cli_run("$P compare $S/one --out $S/cmp --formats svg,png --theme both && cp $S/cmp/report.html $S/first && "
                                  "cp $S/cmp/figures/comparisons.dark.svg $S/dark && "
                                  "$P compare $S/one --out $S/cmp --formats svg --theme both --threads 2 --quiet && "
                                  "cmp $S/first $S/cmp/report.html && cmp $S/dark $S/cmp/figures/comparisons.dark.svg && "
                                  "ls $S/cmp $S/cmp/figures && grep -c '<svg' $S/cmp/report.html");

    ck_assert_msg(r->code == 0, "%s%s", r->out, r->err);
    ck_assert_ptr_nonnull(strstr(r->out, "comparisons.csv"));
    ck_assert_ptr_nonnull(strstr(r->out, "manifest.json"));
    ck_assert_ptr_nonnull(strstr(r->out, "comparisons.svg"));
}
END_TEST

START_TEST(other_results_are_not_replaced)
{
    ck_assert(cli_failed_well(cli_run("$P compare $S/one --out $S/two"), "compare --out", 2, "holds other results"));
    ck_assert_int_eq(cli_run("test -f $S/two/summary.json")->code, 0);
}
END_TEST

typedef struct fault {
    const char *command, *part;
} fault;

static const fault faults[] = {
    { "$P compare", "usage: palate compare DIR..." },
    { "$P compare $S/nowhere", "manifest.json" },
    { "$P compare $S/one $S/one", "same experiment with the same seed 3" },
    { "$P compare $S/one --metric lik", "unknown metric 'lik'" },
    { "$P compare $S/one --metric ctr --metric ctr", "'ctr' is given twice" },
    { "$P compare $S/one --reference x", "has no arm named 'x'" },
    { "$P compare $S/one --arm x", "no run has an arm named 'x'" },
    { "$P compare $S/one --level 2", "--level: must be a number from 0.5 to 0.9999, found '2'" },
    { "$P compare $S/one --correction none", "--correction: must be holm or bh" },
    { "$P compare $S/one --resamples 3", "--resamples" },
    { "$P compare $S/one --test z", "--test: must be permutation, t or wilcoxon, found 'z'" },
    { "$P compare $S/one $S/far --reference a --test wilcoxon", "have no seed in common; take permutation" },
    { "$P power", "power: give --effect" },
    { "$P power --effect x", "--effect: must be a number" },
    { "$P power --difference 2", "--difference needs --sd" },
    { "$P power --difference 2 --sd 1 --effect 1", "say the same" },
    { "$P power --shares 0.1", "wanted two shares" },
    { "$P power --shares 0.1,0.2,0.3", "at most 2 numbers" },
    { "$P power --split 5", "1 arms, wanted two or more" },
    { "$P power --split 5,6 --meant 1", "1 shares for 2 arms" },
    { "$P power --split 0,0", "no people in any of 2 arms" },
    { "$P power --people 1", "--people must be a whole number from 2" },
};

START_TEST(bad_questions_are_refused)
{
    ck_assert(cli_failed_well(cli_run(faults[_i].command), faults[_i].command, 2, faults[_i].part));
}
END_TEST

typedef struct answer {
    const char *command, *key;
    double value;
} answer;

/* Cohen 1988 and G*Power for the first four; 2.8016 / sqrt(1000) with the t correction; Kohavi, Tang, Xu 2020 */
static const answer answers[] = {
    { "$P power --effect 0.5 --json", "pairs", 34 },
    { "$P power --effect 0.5 --json", "each", 64 },
    { "$P power --difference -0.4 --sd 2 --json", "pairs", 199 },
    { "$P power --effect 0.5 --people 64 --unpaired --json", "power", 0.8014595579287103 },
    { "$P power --people 1000 --sd 2 --json", "difference", 0.17736 },
    { "$P power --shares 0.6,0.7 --json", "each", 356 },
    { "$P power --split 821588,815482 --json", "chi2", 22.77436884189436 },
};

START_TEST(plans_are_those_of_the_textbooks)
{
    const cli_result *r = cli_run(answers[_i].command);
    pal_json_doc *doc = NULL;
    double value;

    ck_assert_msg(r->code == 0, "%s: %s", answers[_i].command, r->err);
    ck_assert_int_eq(pal_json_parse(&doc, r->out, strcspn(r->out, "\n"), "line", NULL), PAL_OK);
    value = pal_json_number(pal_json_get(pal_json_root(doc), answers[_i].key));
    ck_assert_double_eq_tol(value, answers[_i].value, 1e-4 * fabs(answers[_i].value));
    pal_json_free(doc);
}
END_TEST

START_TEST(plans_are_told_in_words_too)
{
    const cli_result *r = cli_run("$P power --effect 0.2; $P power --effect 0.2 --unpaired; $P power --people 50; "
                                  "$P power --effect 0.2 --people 50; $P power --shares 0.1,0.1; $P power --split 50,52");

    ck_assert_int_eq(r->code, 0);
    ck_assert_uint_eq(cli_lines(r->out), 6);
    ck_assert_ptr_nonnull(strstr(r->out, "199 people in pairs"));
    ck_assert_ptr_nonnull(strstr(r->out, "394 people in each arm"));
    ck_assert_ptr_nonnull(strstr(r->out, "endlessly many trials"));
    ck_assert_ptr_nonnull(strstr(r->out, "1 degree of freedom"));
    ck_assert_ptr_nonnull(strstr(r->out, "no sign of a mismatch"));
}
END_TEST

Suite *suite_cli_compare(void)
{
    Suite *s = suite_create("cli/compare");
    TCase *tc = tcase_create("compare"), *power = tcase_create("power");

    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, make_runs, cli_teardown);
    tcase_add_test(tc, a_line_a_difference_and_each_is_json);
    tcase_add_test(tc, the_test_that_is_asked_for_is_the_one_corrected);
    tcase_add_test(tc, seeds_of_one_experiment_are_one_setting);
    tcase_add_test(tc, files_are_drawn_and_the_same_again);
    tcase_add_test(tc, other_results_are_not_replaced);
    tcase_add_loop_test(tc, bad_questions_are_refused, 0, sizeof faults / sizeof faults[0]);
    suite_add_tcase(s, tc);
    tcase_add_unchecked_fixture(power, cli_setup, cli_teardown);
    tcase_add_loop_test(power, plans_are_those_of_the_textbooks, 0, sizeof answers / sizeof answers[0]);
    tcase_add_test(power, plans_are_told_in_words_too);
    suite_add_tcase(s, power);
    return s;
}

/* palate train and palate predict: what they print and write, and what they refuse. */
#include "tests/support/cli_shell.h"
#include "tests/support/logit_rows.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_cli_train(void);

#define D LOGIT_D

/* Rows of the peers' generator as CSV, with text first and a blank in a name. */
static void write_rows(const char *name, unsigned seed, size_t n, bool reversed)
{
    char path[256];
    double *x = calloc(n * D, sizeof *x), *y = calloc(n, sizeof *y);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", cli_scratch(), name);
    file = fopen(path, "wb");
    ck_assert(x != NULL && y != NULL && file != NULL);
    logit_rows(x, y, seed, n);
    fputs(reversed ? "liked" : "song", file);
    for (size_t j = 0; j < D; j++) fprintf(file, ",x %zu", reversed ? D - 1 - j : j);
    fputs(reversed ? "\n" : ",liked\n", file);
    for (size_t i = 0; i < n; i++) {
        if (reversed) fprintf(file, "%s", y[i] > 0 ? "True" : "False");
        else fprintf(file, "song %zu", i);
        for (size_t j = 0; j < D; j++) fprintf(file, ",%.17g", x[i * D + (reversed ? D - 1 - j : j)]);
        if (!reversed) fprintf(file, ",%g", y[i]);
        fputs("\n", file);
    }
    ck_assert_int_eq(fclose(file), 0);
    free(x);
    free(y);
}

static void setup(void)
{
    cli_setup();
    write_rows("train.csv", 20240603, 2000, false);
    write_rows("test.csv", 20240604, 3000, true);
    cli_write("missing.csv", "a,b,y\n1,NA,0\n2,3,1\n,4,0\n5,nan,1\n3,2,1\n2,1,0\n");
}

static const cli_result *run_well(const char *command)
{
    const cli_result *r = cli_run(command);

    ck_assert_msg(r->code == 0, "%s: exit code %d, %s", command, r->code, r->err);
    ck_assert_str_eq(r->err, "");
    return r;
}

/* The number behind "key": in the line of `out` that holds `line`. */
static double number_in(const char *out, const char *line, const char *key)
{
    const char *at = strstr(out, line);

    ck_assert_msg(at != NULL, "no line with %s in: %s", line, out);
    at = strstr(at, key);
    ck_assert_msg(at != NULL, "no %s behind %s in: %s", key, line, out);
    return strtod(at + strlen(key), NULL);
}

#define TRAIN "$P train logistic --data $S/train.csv --label liked --drop song --out $S/m.json "

/*
 * scikit-learn 1.2.1, X, y and T, z as tests/support/logit_rows.c makes them with seeds 20240603 (2,000 rows) and 20240604
 * (3,000): p = LogisticRegression(solver='newton-cholesky', tol=1e-12).fit(X, y).predict_proba(T)[:, 1];
 * roc_auc_score(z, p), log_loss(z, p); and the same of X, y.
 */
START_TEST(logistic_scores_are_those_of_scikit_learn)
{
    const cli_result *r = run_well(TRAIN "--test $S/test.csv --json");

    ck_assert_uint_eq(cli_lines(r->out), 3);
    ck_assert_double_eq_tol(number_in(r->out, "\"set\": \"train\"", "\"auc\": "), 0.819026020431, 1e-9);
    ck_assert_double_eq_tol(number_in(r->out, "\"set\": \"train\"", "\"log_loss\": "), 0.508251157093, 1e-9);
    ck_assert_double_eq_tol(number_in(r->out, "\"set\": \"test\"", "\"auc\": "), 0.808477186188, 1e-9);
    ck_assert_double_eq_tol(number_in(r->out, "\"set\": \"test\"", "\"log_loss\": "), 0.517682337646, 1e-9);
    ck_assert_double_lt(number_in(r->out, "\"set\": \"test\"", "\"ece\": "), 0.05);
    ck_assert_ptr_nonnull(strstr(r->out, "\"iterations\": 6"));
}
END_TEST

START_TEST(cross_validation_is_printed_with_its_spread)
{
    const cli_result *r = run_well(TRAIN "--cv 4 --json");
    double auc = number_in(r->out, "\"set\": \"cv\"", "\"auc\": "), sd = number_in(r->out, "\"set\": \"cv\"", "\"auc_sd\": ");

    ck_assert(auc > 0.79 && auc < number_in(r->out, "\"set\": \"train\"", "\"auc\": "));
    ck_assert(sd > 0.001 && sd < 0.05);
    ck_assert_ptr_nonnull(strstr(r->out, "\"folds\": 4"));
    r = run_well(TRAIN "--cv 4");
    ck_assert_ptr_nonnull(strstr(r->out, "cv, 4 folds "));
    ck_assert_ptr_nonnull(strstr(r->out, "\302\261"));
}
END_TEST

/* Train twice, at another thread count: the same files; another seed: other trees. */
START_TEST(same_seed_gives_the_same_file)
{
    run_well("$P train boosted --data $S/train.csv --label liked --drop song --threads 1 --out $S/a.txt >/dev/null");
    run_well("$P train boosted --data $S/train.csv --label liked --drop song --threads 2 --out $S/b.txt >/dev/null");
    run_well("$P train boosted --data $S/train.csv --label liked --drop song --seed 2 --out $S/c.txt >/dev/null");
    run_well("cmp $S/a.txt $S/b.txt");
    ck_assert_int_eq(cli_run("cmp $S/a.txt $S/c.txt")->code, 1);
    run_well("head -1 $S/a.txt | grep -x tree");
}
END_TEST

/* Columns are found by name, in any order, and blanks answer to the '_' of a model file. */
START_TEST(saved_models_predict_what_was_judged)
{
    static const char *const kinds[] = { "logistic", "boosted" };
    const cli_result *trained, *predicted;
    char command[512];

    snprintf(command, sizeof command, "$P train %s --data $S/train.csv --label liked --drop song --test $S/test.csv "
             "--out $S/m --json", kinds[_i]);
    trained = run_well(command);
    predicted = run_well("$P predict $S/m $S/test.csv --label liked --out $S/p.csv --json");
    ck_assert_double_eq_tol(number_in(predicted->out, "\"set\": \"predict\"", "\"auc\": "),
                            number_in(trained->out, "\"set\": \"test\"", "\"auc\": "), 1e-15);
    ck_assert_double_eq_tol(number_in(predicted->out, "\"set\": \"predict\"", "\"log_loss\": "),
                            number_in(trained->out, "\"set\": \"test\"", "\"log_loss\": "), 1e-15);
    ck_assert_ptr_nonnull(strstr(run_well("wc -l < $S/p.csv")->out, "3001"));
    /* contributions and base add up to the log-odds: columns 4 on against column 3 */
    run_well("$P predict $S/m $S/test.csv --contributions | awk -F, 'NR > 1 { s = 0; for (i = 4; i <= NF; i++) s += $i; "
             "d = s - $3; if (d > 1e-9 || d < -1e-9 || NF != 13) exit 1 }'");
}
END_TEST

START_TEST(missing_values_are_counted_and_survived)
{
    const cli_result *r = run_well("$P train logistic --data $S/missing.csv --label y --out $S/m.json --json");

    ck_assert_ptr_nonnull(strstr(r->out, "\"missing\": 3"));
    r = run_well("$P predict $S/m.json $S/missing.csv");
    ck_assert_uint_eq(cli_lines(r->out), 7);
    ck_assert_ptr_null(strstr(r->out, "nan"));
    ck_assert_ptr_nonnull(strstr(r->out, "row,probability,log_odds\n1,0."));
}
END_TEST

START_TEST(parameters_can_be_listed_and_set)
{
    const cli_result *r = run_well("$P train boosted --params");

    ck_assert_ptr_nonnull(strstr(r->out, "num_leaves"));
    r = run_well("$P train logistic --data $S/train.csv --label liked --feature 'x 0' --feature 'x 7' --set l2=1e6 "
                 "--set penalty=mean --out $S/m.json --quiet");
    ck_assert_str_eq(r->out, "");
    r = run_well("cat $S/m.json");
    ck_assert_ptr_nonnull(strstr(r->out, "\"penalty\": \"mean\""));
    ck_assert_double_lt(fabs(number_in(r->out, "\"x 7\"", "\"coefficient\": ")), 1e-5);
    ck_assert_ptr_null(strstr(r->out, "x 1"));
}
END_TEST

START_TEST(lightgbm_preset_grows_its_hundred_trees)
{
    const cli_result *r = run_well("$P train boosted --preset lightgbm --set num_iterations=7 --data $S/train.csv "
                                   "--label liked --drop song --out $S/m.txt --json");

    ck_assert_ptr_nonnull(strstr(r->out, "\"trees\": 7"));
    ck_assert_ptr_nonnull(strstr(run_well("grep -c '^num_leaves=31' $S/m.txt")->out, "7"));
}
END_TEST

/* One positive in twenty: weighted classes would stop the trees at once and shift the probabilities. */
START_TEST(rare_labels_keep_their_calibration)
{
    const cli_result *r = run_well("awk -F, -v OFS=, 'NR == 1 || $11 == 0 || NR % 14 == 0' $S/train.csv > $S/rare.csv; "
                                   "$P train boosted --data $S/rare.csv --label liked --drop song --out $S/m.txt --json");

    ck_assert_double_lt(number_in(r->out, "\"set\": \"train\"", "\"positives\": "), 80);
    ck_assert_double_gt(number_in(r->out, "\"features\"", "\"trees\": "), 10);
    ck_assert_double_lt(number_in(r->out, "\"set\": \"train\"", "\"ece\": "), 0.05);
}
END_TEST

typedef struct fault {
    const char *command;
    const char *part;
} fault;

#define BOOSTED "$P train boosted --data $S/train.csv --label liked --drop song "

static const fault faults[] = {
    { "$P train", "usage: palate train" },
    { "$P train logistc --data $S/train.csv --label liked", "did you mean logistic?" },
    { "$P train logistic --data $S/train.csv", "--data and --label are needed" },
    { "$P train logistic --data $S/none.csv --label y", "none.csv" },
    { "$P train logistic --data $S/train.csv --label like", "did you mean 'liked'?" },
    { "$P train logistic --data $S/train.csv --label liked", "row 1 (line 2), column 'song': found 'song 0', wanted a number" },
    { "$P train logistic --data $S/train.csv --label song", "label 'song': found 'song 0', wanted 0 or 1" },
    { "$P train logistic --data $S/train.csv --label 'x 0'", "wanted 0 or 1" },
    { TRAIN "--drop son", "there is no column 'son'" },
    { TRAIN "--feature 'x 1'", "either --feature or --drop" },
    { "$P train logistic --data $S/train.csv --label liked --feature liked", "is the label and a feature" },
    { "$P train logistic --data $S/train.csv --label liked --feature 'x 1' --feature x_1", "asked for twice" },
    { TRAIN "--set l3=1", "l3" },
    { TRAIN "--set l2=-1", "l2" },
    { TRAIN "--set l2", "--set needs KEY=VALUE" },
    { TRAIN "--cv 1", "--cv must be a whole number from 2" },
    { TRAIN "--preset lightgbm", "goes with boosted, not with logistic" },
    { TRAIN "--set data.format=table", "--set: data.format: unknown key" },
    { TRAIN "--hold-out 4", "goes with boosted" },
    { BOOSTED "--hold-out 1", "must be 0 or at least 2" },
    { BOOSTED "--preset xgboost", "found 'xgboost'" },
    { "$P train logistic --data $S/missing.csv --label y --out /dev/full", "no regular file" },
    { TRAIN "--test $S/missing.csv", "missing.csv: there is no column" },
    { "$P train logistic --data $S/twice.csv --label y", "two columns are named 'a'" },
    { "$P train logistic --data $S/empty.csv --label y", "empty.csv: no rows" },
    { "$P train logistic --data $S/only.csv --label y", "no column is left" },
    { "$P train logistic --data $S/one.csv --label y --out $S/m", "one.csv: logistic: one class only" },
    { "$P train boosted --data $S/one.csv --label y --out $S/m", "one.csv: boosted trees: all 2 labels are 1, both 0 and 1 are wanted" },
    { "$P train logistic --data $S/inf.csv --label y", "found 'inf', wanted a number" },
    { "$P train logistic --data $S/missing.csv --label y --cv 4 --out $S/m", "missing.csv: cross-validation: " },
    { "$P train logistic --data $S/apart.csv --label y --set l2=0 --out $S/m", "apart.csv: logistic: " },
    { "$P predict $S/none.json $S/train.csv", "none.json" },
    { "$P predict $S/train.csv $S/train.csv", "is no model" },
    { "$P predict $S/cut.json $S/train.csv", "cut.json" },
    { "$P predict $S/cut.txt $S/train.csv", "cut.txt" },
    { "$P predict $S/good.json $S/missing.csv", "there is no column 'c'" },
    { "$P predict $S/good.json $S/missing.csv --label y", "--label needs --out" },
    { "$P predict $S/good.json $S/missing.csv --json", "--json needs --out" },
    { "$P predict $S/good.json", "usage: palate predict MODEL CSV" },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(faults_are_named)
{
    const fault *f = &faults[_i];
    const cli_result *r;

    cli_write("twice.csv", "a,a,y\n1,2,0\n2,1,1\n");
    cli_write("empty.csv", "a,y\n");
    cli_write("only.csv", "y\n1\n0\n");
    cli_write("one.csv", "a,y\n1,1\n2,1\n");
    cli_write("inf.csv", "a,y\n1,1\ninf,0\n");
    cli_write("apart.csv", "a,y\n1,0\n2,0\n2.385,1\n4,1\n");
    cli_write("cut.json", "{\"format\": \"palate-logistic/1\", \"lab");
    cli_write("cut.txt", "tree\nversion=v4\nnum_class=1\n");
    cli_write("good.json", "{\"format\": \"palate-logistic/1\", \"label\": \"y\", \"rows\": 2, \"positives\": 1, \"intercept\": 0, "
              "\"features\": [{\"name\": \"c\", \"coefficient\": 1, \"mean\": 0, \"sd\": 1}], \"config\": {}}");
    r = cli_run(f->command);
    ck_assert(cli_failed_well(r, f->command, 2, f->part));
    ck_assert_int_ne(cli_run("test -e $S/m")->code, 0);
}
END_TEST

Suite *suite_cli_train(void)
{
    Suite *suite = suite_create("cli/train");
    TCase *tc = tcase_create("train");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, cli_teardown);
    tcase_add_test(tc, logistic_scores_are_those_of_scikit_learn);
    tcase_add_test(tc, cross_validation_is_printed_with_its_spread);
    tcase_add_test(tc, same_seed_gives_the_same_file);
    tcase_add_loop_test(tc, saved_models_predict_what_was_judged, 0, 2);
    tcase_add_test(tc, missing_values_are_counted_and_survived);
    tcase_add_test(tc, parameters_can_be_listed_and_set);
    tcase_add_test(tc, lightgbm_preset_grows_its_hundred_trees);
    tcase_add_test(tc, rare_labels_keep_their_calibration);
    tcase_add_loop_test(tc, faults_are_named, 0, N_FAULTS);
    suite_add_tcase(suite, tc);
    return suite;
}

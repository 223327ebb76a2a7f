/* palate train neural, its model file in palate predict, and palate bench net. */
#include "tests/support/cli_shell.h"
#include "tests/support/logit_rows.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_cli_train_neural(void);

#define D LOGIT_D
#define TRAIN "$P train neural --data $S/train.csv --label liked --set epochs=20 "

static void write_rows(const char *name, unsigned seed, size_t n)
{
    char path[256];
    double *x = calloc(n * D, sizeof *x), *y = calloc(n, sizeof *y);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", cli_scratch(), name);
    file = fopen(path, "wb");
    ck_assert(x != NULL && y != NULL && file != NULL);
    logit_rows(x, y, seed, n);
    for (size_t j = 0; j < D; j++) fprintf(file, "x %zu,", j);
    fputs("liked\n", file);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < D; j++) fprintf(file, "%.17g,", x[i * D + j]);
        fprintf(file, "%g\n", y[i]);
    }
    ck_assert_int_eq(fclose(file), 0);
    free(x);
    free(y);
}

static void setup(void)
{
    cli_setup();
    write_rows("train.csv", 20240603, 1000);
    write_rows("test.csv", 20240604, 1500);
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

/* The labels are those of a line, whose best AUC on such rows is 0.81 (scikit-learn, tests/cli/test_train.c). */
START_TEST(a_saved_network_predicts_what_was_judged)
{
    const cli_result *trained = run_well(TRAIN "--test $S/test.csv --cv 3 --out $S/m.safetensors --json"), *predicted;

    ck_assert_uint_eq(cli_lines(trained->out), 4);
    ck_assert_ptr_nonnull(strstr(trained->out, "\"model\": \"neural\""));
    ck_assert_double_gt(number_in(trained->out, "\"set\": \"test\"", "\"auc\": "), 0.78);
    ck_assert_double_gt(number_in(trained->out, "\"set\": \"cv\"", "\"auc\": "), 0.77);
    ck_assert_double_le(number_in(trained->out, "\"features\"", "\"epochs\": "), 20);
    predicted = run_well("$P predict $S/m.safetensors $S/test.csv --label liked --out $S/p.csv --json");
    ck_assert_double_eq(number_in(predicted->out, "\"set\": \"predict\"", "\"log_loss\": "),
                        number_in(trained->out, "\"set\": \"test\"", "\"log_loss\": "));
    ck_assert_ptr_nonnull(strstr(run_well("wc -l < $S/p.csv")->out, "1501"));
}
END_TEST

START_TEST(same_seed_gives_the_same_file_at_any_thread_count)
{
    run_well(TRAIN "--threads 1 --set batch=400 --quiet --out $S/a");
    run_well(TRAIN "--threads 3 --set batch=400 --quiet --out $S/b");
    run_well(TRAIN "--seed 2 --set batch=400 --quiet --out $S/c");
    run_well("cmp $S/a $S/b");
    ck_assert_int_eq(cli_run("cmp $S/a $S/c")->code, 1);
}
END_TEST

START_TEST(what_cannot_be_is_refused_in_one_line)
{
    static const struct {
        const char *command, *part;
    } cases[] = {
        { TRAIN "--out $S/x --set 'hidden=[3.5]'", "--set: hidden[0]: found 3.5; wanted a whole number" },
        { TRAIN "--out $S/x --set dropout=1", "dropout" },
        { TRAIN "--out $S/x --set units=4", "units" },
        { TRAIN "--out $S/x --preset lightgbm", "--preset is 'lightgbm' and goes with boosted" },
        { TRAIN "--out $S/x --exact", "--exact goes with a recommender" },
        { TRAIN "--out $S/x --hold-out 1", "--hold-out goes with boosted and neural" },
        { "$P train neurl --data $S/train.csv --label liked", "did you mean neural?" },
        { "$P train neural --data $S/one.csv --label y --out $S/x", "both classes are needed" },
        { "$P predict $S/m $S/test.csv --contributions", "no sum over features" },
        { "$P predict $S/broken $S/test.csv", "broken" },
        { "$P predict $S/short $S/test.csv", "short" },
    };

    cli_write("one.csv", "a,y\n1,1\n2,1\n3,1\n");
    run_well(TRAIN "--quiet --out $S/m");
    run_well("head -c 600 $S/m > $S/short; (head -c 3000 $S/m; printf x; tail -c +3002 $S/m) > $S/broken");
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const cli_result *r = cli_run(cases[c].command);

        ck_assert(cli_failed_well(r, cases[c].command, 2, cases[c].part));
    }
    ck_assert_int_eq(cli_run("test -e $S/x")->code, 1);
}
END_TEST

START_TEST(missing_values_stand_for_the_mean)
{
    cli_write("missing.csv", "a,b,y\n1,NA,0\n2,3,1\n,4,0\n5,nan,1\n3,2,1\n2,1,0\n");
    run_well("$P train neural --data $S/missing.csv --label y --quiet --out $S/m");
    cli_write("rows.csv", "b,a\n,2.6\n2.5,\n");
    ck_assert_ptr_nonnull(strstr(run_well("$P predict $S/m $S/rows.csv | cut -d, -f2 | sed 1d | uniq | wc -l")->out, "1"));
}
END_TEST

START_TEST(the_benchmark_prints_a_line_of_json)
{
    const cli_result *r = run_well("$P bench net --pairs 2048 --rows 1000 --alone --json");

    ck_assert_uint_eq(cli_lines(r->out), 1);
    ck_assert_double_gt(number_in(r->out, "palate_exact", "\"seconds\": "), 0);
    ck_assert_double_eq_tol(number_in(r->out, "palate_exact", "\"loss\": "),
                            number_in(r->out, "palate_openblas", "\"loss\": "), 1e-3);
    ck_assert_ptr_nonnull(strstr(r->out, "\"torch\": null"));
}
END_TEST

Suite *suite_cli_train_neural(void)
{
    Suite *suite = suite_create("cli/train_neural");
    TCase *tc = tcase_create("train_neural");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, cli_teardown);
    tcase_add_test(tc, a_saved_network_predicts_what_was_judged);
    tcase_add_test(tc, same_seed_gives_the_same_file_at_any_thread_count);
    tcase_add_test(tc, what_cannot_be_is_refused_in_one_line);
    tcase_add_test(tc, missing_values_stand_for_the_mean);
    tcase_add_test(tc, the_benchmark_prints_a_line_of_json);
    suite_add_tcase(suite, tc);
    return suite;
}

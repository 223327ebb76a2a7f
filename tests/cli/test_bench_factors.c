/* palate bench factors beside another's program, and the lines of palate bench index. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Suite *suite_cli_bench_factors(void);

#define SMALL "$P bench factors --interactions 1000 --factors 7 --threads 1"

/* A program of ours in place of LIBMF's. */
static void write_program(const char *text)
{
    char path[512];

    cli_write("mf-train", text);
    snprintf(path, sizeof path, "%s/mf-train", cli_scratch());
    ck_assert_int_eq(chmod(path, 0700), 0);
}

/* The line of a text that holds `part`. */
static const char *line_of(const char *text, const char *part)
{
    const char *found = strstr(text, part);

    ck_assert_msg(found != NULL, "no %s in: %s", part, text);
    while (found > text && found[-1] != '\n') found--;
    return found;
}

/* 1 ms an iteration, and as much again for the rest: only the first is told. */
START_TEST(libmf_is_timed_by_the_iterations_between_two_runs)
{
    const cli_result *r;
    const char *line, *at;
    char interactions[64];
    double ms;

    write_program("#!/bin/sh\n"
                  "[ \"$1 $2 $8 $9 ${12} ${13}\" = \"-f 10 -k 7 -s 1\" ] || exit 9\n"
                  "cp \"${14}\" $S/cells.txt; dirname \"${14}\" > $S/folder; echo ${11} >> $S/runs\n"
                  "sleep 0.0$(printf %02d ${11})\n");
    r = cli_run(SMALL " --json --libmf $S/mf-train");
    ck_assert_msg(r->code == 0, "%s", r->err);
    line = line_of(r->out, "\"LIBMF bpr\"");
    at = strstr(line, "\"epoch_ms\": ");
    ck_assert_ptr_nonnull(at);
    ms = strtod(at + strlen("\"epoch_ms\": "), NULL);
    ck_assert_msg(ms > 0.3 && ms < 10, "%g ms", ms);

    ck_assert_str_eq(cli_run("tr '\\n' ' ' < $S/runs")->out, "5 45 5 45 5 45 ");
    at = strstr(line, "\"interactions\": ");
    ck_assert_ptr_nonnull(at);
    snprintf(interactions, sizeof interactions, "%d\n", atoi(at + strlen("\"interactions\": ")));
    ck_assert_str_eq(cli_run("wc -l < $S/cells.txt")->out, interactions);
    ck_assert_int_eq(cli_run("grep -Evq '^[0-9]+ [0-9]+ 1$' $S/cells.txt")->code, 1);
    ck_assert_int_ne(cli_run("test -e \"$(cat $S/folder)\"")->code, 0); /* nothing is left behind */
}
END_TEST

START_TEST(a_line_of_text_stands_under_ours)
{
    const cli_result *r;

    write_program("#!/bin/sh\nexit 0\n");
    r = cli_run(SMALL " --libmf $S/mf-train");
    ck_assert_msg(r->code == 0, "%s", r->err);
    ck_assert_ptr_nonnull(strstr(line_of(r->out, "LIBMF bpr"), "  7 "));
    ck_assert(strstr(r->out, "bpr, lightfm") < strstr(r->out, "LIBMF bpr"));
    ck_assert_ptr_null(strstr(cli_run(SMALL)->out, "LIBMF"));
}
END_TEST

START_TEST(a_program_that_is_not_there_or_gives_up_is_named)
{
    const cli_result *r = cli_run(SMALL " --json --libmf $S/nowhere");

    ck_assert_int_eq(r->code, 2);
    ck_assert_ptr_nonnull(strstr(r->err, "--libmf: "));
    ck_assert_ptr_nonnull(strstr(r->err, "nowhere: No such file"));
    write_program("#!/bin/sh\nexit 3\n");
    r = cli_run(SMALL " --json --libmf $S/mf-train");
    ck_assert_int_eq(r->code, 2);
    ck_assert_ptr_nonnull(strstr(r->err, "mf-train gave up"));
}
END_TEST

START_TEST(interactions_of_a_file_or_generated_not_both)
{
    const cli_result *r = cli_run("$P bench factors --interactions 1000 --data $S/log.csv");

    ck_assert(cli_failed_well(r, "bench factors", 2, "--data and --interactions exclude each other"));
}
END_TEST

/* The ratio is that of the two speeds that stand above it, each rounded down to a whole number. */
START_TEST(the_index_says_how_exact_compares_to_a_plain_product)
{
    const cli_result *r = cli_run("$P bench index --vectors 1000 --dimensions 4 --threads 1 --alone");
    double exact = 0, plain = 0, ratio = 0;
    char text[CLI_TEXT], *comma;
    const char *at;

    ck_assert_msg(r->code == 0, "%s", r->err);
    snprintf(text, sizeof text, "%s", r->out);
    while ((comma = strchr(text, ',')) != NULL) memmove(comma, comma + 1, strlen(comma)); /* 12,345 */
    ck_assert_int_eq(sscanf(line_of(text, "exact  "), "exact %lf", &exact), 1);
    ck_assert_int_eq(sscanf(line_of(text, "plain  "), "plain %lf", &plain), 1);
    at = strstr(text, "exact takes ");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at, "exact takes %lf times as long", &ratio), 1);
    ck_assert_msg(ratio > plain / (exact + 1) - 0.006 && ratio < (plain + 1) / exact + 0.006, "%g of %g / %g", ratio,
                  plain, exact);
}
END_TEST

Suite *suite_cli_bench_factors(void)
{
    Suite *s = suite_create("cli/bench_factors");
    TCase *tc = tcase_create("bench factors");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, cli_setup, cli_teardown);
    tcase_add_test(tc, libmf_is_timed_by_the_iterations_between_two_runs);
    tcase_add_test(tc, a_line_of_text_stands_under_ours);
    tcase_add_test(tc, a_program_that_is_not_there_or_gives_up_is_named);
    tcase_add_test(tc, interactions_of_a_file_or_generated_not_both);
    tcase_add_test(tc, the_index_says_how_exact_compares_to_a_plain_product);
    suite_add_tcase(s, tc);
    return s;
}

/* palate data fit-people, data realism and --preset, by their outputs and exit codes. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_data_people(void);

static const cli_result *run_well(const char *command)
{
    const cli_result *r = cli_run(command);

    ck_assert_msg(r->code == 0, "%s: exit %d, %s", command, r->code, r->err);
    return r;
}

/* Forty people, each with some of thirty items of three genres. */
static void setup(void)
{
    static char log[65536];
    size_t n = (size_t)snprintf(log, sizeof log, "userId,movieId,rating,timestamp\n");
    char movies[2048];
    size_t m = (size_t)snprintf(movies, sizeof movies, "movieId,title,genres\n");

    cli_setup();
    for (int u = 0; u < 40; u++) {
        for (int i = 0; i < 30; i++) {
            if ((u * 37 + i * 11 + i * u) % 30 < 5 + u % 17) {
                n += (size_t)snprintf(log + n, sizeof log - n, "u%d,%d,%d,%d\n", u, i, 1 + (u + i * 7) % 5, 1000 * u + 10 * i);
            }
        }
    }
    for (int i = 0; i < 30; i++) m += (size_t)snprintf(movies + m, sizeof movies - m, "%d,T,%s\n", i, i % 3 == 0 ? "A" : i % 3 == 1 ? "B" : "C|A");
    cli_write("ratings.csv", log);
    cli_write("movies.csv", movies);
    cli_write("tiny.json", "{\"name\": \"t\", \"rounds\": 12, \"slots\": 5, \"catalog\": {\"items\": 120}, \"people\": {\"n\": 40}, "
                           "\"probe\": {\"items\": 0}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}], \"output\": {\"events\": \"csv\"}}");
    cli_write("preset.json", "{\"format\": \"palate-preset/1\", \"set\": {\"people.activity_median\": 0.2385, \"response.flip\": 0.01}}");
}

#define FIT "$P data fit-people $S/ratings.csv --experiment $S/tiny.json --evaluations 12 --worlds 1 --checks 2 --people 30 "

START_TEST(a_fit_prints_its_table_and_writes_a_preset_that_runs)
{
    const cli_result *r = run_well(FIT "--fit people.activity_median --fit response.like_base --moments activity_log_mean,like_mean "
                                       "--out $S/out.json --report $S/report --formats svg");

    ck_assert_ptr_nonnull(strstr(r->out, "activity_log_mean"));
    ck_assert_ptr_nonnull(strstr(r->out, "misfit"));
    ck_assert_ptr_nonnull(strstr(r->out, "people.activity_median"));
    run_well("grep -q palate-preset/1 $S/out.json && test -s $S/report/moments.csv && test -s $S/report/parameters.csv");
    run_well("test -s $S/report/figures/moments.svg && test -s $S/report/figures/moments.csv && test ! -e $S/report/figures/moments.png");
    run_well("rm $S/report/report.html && $P report $S/report --formats none --quiet && test -s $S/report/report.html");
    run_well("$P run $S/tiny.json --preset $S/out.json --no-report --quiet --out $S/run && "
             "v=$(sed -n 's/.*\"people.activity_median\": \\([0-9.]*\\),*$/\\1/p' $S/out.json | head -1) && "
             "grep -q \"\\\"activity_median\\\": $v\" $S/run/manifest.json");
}
END_TEST

START_TEST(the_same_fit_gives_the_same_preset_at_any_thread_count)
{
    run_well(FIT "--fit people.activity_median --moments like_mean --threads 1 --out $S/one.json --quiet");
    run_well(FIT "--fit people.activity_median --moments like_mean --threads 3 --out $S/three.json --quiet && cmp $S/one.json $S/three.json");
}
END_TEST

START_TEST(settings_win_over_presets_and_later_ones_over_earlier)
{
    run_well("$P run $S/tiny.json --preset $S/preset.json --set response.flip=0.3 --no-report --quiet --out $S/run");
    run_well("grep -q '\"activity_median\": 0.2385' $S/run/manifest.json && grep -q '\"flip\": 0.3' $S/run/manifest.json");
    cli_write("second.json", "{\"format\": \"palate-preset/1\", \"set\": {\"people.activity_median\": 0.5}}");
    run_well("$P run $S/tiny.json --preset $S/preset.json --preset $S/second.json --no-report --quiet --out $S/run && "
             "grep -q '\"activity_median\": 0.5' $S/run/manifest.json && grep -q '\"flip\": 0.01' $S/run/manifest.json");
    run_well("$P verify $S/run");
}
END_TEST

START_TEST(a_sweep_takes_a_preset_beside_its_own_settings)
{
    cli_write("sweep.json", "{\"name\": \"s\", \"experiment\": {\"rounds\": 3, \"slots\": 3, \"catalog\": {\"items\": 120}, \"people\": {\"n\": 20}, "
                            "\"probe\": {\"items\": 0}, \"arms\": [{\"name\": \"a\", \"stage\": \"random\"}]}, "
                            "\"set\": {\"response.flip\": 0.2, \"rounds\": 2}, \"metrics\": [\"ctr\"], "
                            "\"vary\": [{\"path\": \"people.n\", \"values\": [10, 20]}]}");
    run_well("$P sweep $S/sweep.json --preset $S/preset.json --out $S/sweep --cache $S/cache --quiet");
    run_well("cat $S/cache/*/manifest.json > $S/all; grep -q '\"activity_median\": 0.2385' $S/all && grep -q '\"flip\": 0.01' $S/all && "
             "grep -q '\"rounds\": 2' $S/all");
}
END_TEST

START_TEST(realism_tells_every_statistic_and_draws)
{
    const cli_result *r;

    run_well("$P run $S/tiny.json --no-report --quiet --out $S/run");
    r = run_well("$P data realism $S/run $S/ratings.csv --sample 3 --out $S/real --formats svg");
    ck_assert_ptr_nonnull(strstr(r->out, "like_spread"));
    ck_assert_ptr_nonnull(strstr(r->out, "alike"));
    run_well("test -s $S/real/realism.csv && test -s $S/real/report.html && test -s $S/real/figures/realism.svg");
    run_well("rm $S/real/report.html && $P report $S/real --formats none --quiet && test -s $S/real/report.html");
    r = run_well("$P data realism $S/run $S/ratings.csv --json");
    ck_assert_uint_eq(cli_lines(r->out), 33);
    ck_assert_ptr_nonnull(strstr(r->out, "{\"command\": \"data realism\", \"moment\": \"activity_log_mean\", \"real\": "));
}
END_TEST

static void failed(const char *command, const char *part)
{
    ck_assert(cli_failed_well(cli_run(command), command, 2, part));
}

START_TEST(bad_input_is_one_line)
{
    failed("$P data fit-people --out $S/x.json", "give either a LOG or --targets FILE");
    failed("$P data fit-people $S/ratings.csv --targets $S/x", "give either a LOG or --targets FILE");
    failed("$P data fit-people $S/nowhere.csv", "nowhere.csv");
    failed("$P data fit-people $S/ratings.csv --moments like_men", "did you mean 'like_mean'?");
    failed("$P data fit-people $S/ratings.csv --moments repeat_gap", "does not tell repeat_gap");
    failed("$P data fit-people $S/ratings.csv --as seen", "--as must be clicked, examined or liked");
    failed("$P data fit-people $S/ratings.csv --like much", "--like needs a number");
    failed("$P data fit-people $S/ratings.csv --fit people.nothing", "no such parameter");
    failed("$P data fit-people $S/ratings.csv --experiment $S/tiny.json --evaluations 10 --checks 2", "the simulated people do not tell");
    failed("$P data fit-people $S/ratings.csv --layout parchment", "format");
    failed("$P data realism $S/nowhere $S/ratings.csv", "events.csv");
    cli_write("no.json", "{\"set\": {}}");
    failed("$P run $S/tiny.json --preset $S/no.json", "is no preset");
    cli_write("no.json", "{\"format\": \"palate-preset/1\", \"sett\": {}}");
    failed("$P run $S/tiny.json --preset $S/no.json", "sett");
    cli_write("no.json", "{\"format\": \"palate-preset/1\", \"set\": {\"people.activity\": 1}}");
    failed("$P run $S/tiny.json --preset $S/no.json", "people.activity");
    ck_assert_int_ne(cli_run("test -e $S/x.json")->code, 0);
}
END_TEST

START_TEST(the_committed_presets_run)
{
    run_well("for p in ml-100k lastfm-2k; do $P run $S/tiny.json --preset sim/presets/$p.json --no-report --quiet --out $S/$p || exit 1; done");
}
END_TEST

Suite *suite_cli_data_people(void)
{
    Suite *s = suite_create("cli/data_people");
    TCase *tc = tcase_create("data_people");

    tcase_add_checked_fixture(tc, setup, cli_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_fit_prints_its_table_and_writes_a_preset_that_runs);
    tcase_add_test(tc, the_same_fit_gives_the_same_preset_at_any_thread_count);
    tcase_add_test(tc, settings_win_over_presets_and_later_ones_over_earlier);
    tcase_add_test(tc, a_sweep_takes_a_preset_beside_its_own_settings);
    tcase_add_test(tc, realism_tells_every_statistic_and_draws);
    tcase_add_test(tc, bad_input_is_one_line);
    tcase_add_test(tc, the_committed_presets_run);
    suite_add_tcase(s, tc);
    return s;
}

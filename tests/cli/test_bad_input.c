/* Bad command lines and bad inputs: one clear line on stderr, exit code 2, nothing left behind. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_cli_bad_input(void);

/* A whole small experiment with holes for faults: %s after the opening brace, in people, and in the arms. */
static const char experiment[] =
    "{\"purpose\": \"test\", \"name\": \"t\", \"seed\": \"3\", \"rounds\": 2, \"slots\": 4, %s\n"
    " \"catalog\": {\"source\": \"synthetic\", \"items\": 200}, \"people\": {%s},\n"
    " \"probe\": {\"items\": 5}, \"statistics\": {\"resamples\": 20, \"permutations\": 99},\n"
    " \"arms\": [{\"name\": \"a\", \"stage\": \"random\"%s}]}\n";

static void write_experiment(const char *name, const char *top, const char *people, const char *arm)
{
    char text[2048];

    snprintf(text, sizeof text, experiment, top, people, arm);
    cli_write(name, text);
}

typedef struct fault {
    const char *command, *part;
} fault;

static const fault usage[] = {
    { "$P", "no command given" },
    { "$P rnu x.json", "did you mean 'run'" },
    { "$P frobnicate", "unknown command 'frobnicate'" },
    { "$P data", "data: which one?" },
    { "$P data imporf x.csv", "did you mean 'data import'" },
    { "$P bench slates", "did you mean 'bench slate'" },
    { "$P run", "usage: palate run FILE" },
    { "$P run a.json b.json", "unexpected 'b.json'" },
    { "$P run a.json --sede 3", "did you mean --seed?" },
    { "$P run a.json --frobnicate", "unknown option '--frobnicate'; 'palate run --help' lists them" },
    { "$P run a.json -t 3", "options start with two dashes" },
    { "$P run a.json --seed", "--seed needs a value" },
    { "$P run a.json --seed x", "--seed must be a whole number from 0 to 18446744073709551615, found 'x'" },
    { "$P run a.json --seed 18446744073709551616", "found '18446744073709551616'" },
    { "$P run a.json --seed -1", "found '-1'" },
    { "$P run a.json --seed 1 --seed 2", "--seed is given twice" },
    { "$P run a.json --threads 0", "--threads must be a whole number from 1 to 1024" },
    { "$P run a.json --set people.n", "--set needs PATH=VALUE" },
    { "$P run a.json --quiet=yes", "--quiet takes no value" },
    { "$P describe stag", "did you mean 'stage'?" },
    { "$P describe stage rankin", "did you mean 'ranking'?" },
    { "$P describe metric nothing-like-it", "no metric is named" },
    { "$P describe experiment people", "takes no name" },
    { "$P bench slate --stage rankin", "rankin" },
    { "$P data describe", "give either a CSV or --synthetic N" },
    { "$P data describe x.csv --synthetic 100", "give either a CSV or --synthetic N" },
    { "$P data generate --items 0", "--items must be a whole number" },
    { "$P data generate --set items", "--set needs KEY=VALUE" },
    { "$P data generate --set itmes=3", "itmes" },
    { "$P data generate --out /dev/full", "no regular file" },
    { "$P data generate --out ''", "--out is empty" },
};

START_TEST(bad_command_lines_are_named)
{
    const fault *f = &usage[_i];

    ck_assert(cli_failed_well(cli_run(f->command), f->command, 2, f->part));
}
END_TEST

static const fault files[] = {
    { "$P run $S/none.json", "none.json" },
    { "$P run $S", "palate" },
    { "$P run $S/empty.json", "empty.json" },
    { "$P run $S/cut.json", "cut.json: line" },
    { "$P run $S/twice.json", "rounds" },
    { "$P run $S/unknown.json", "did you mean \"replicates\"" },
    { "$P run $S/type.json", "people.n" },
    { "$P run $S/zero.json", "people.n: must be a whole number from 1" },
    { "$P run $S/stage.json", "arms[0].stage" },
    { "$P run $S/param.json", "arms[0].params" },
    { "$P eval $S/good.json", "files like this one are read by 'palate run'" },
    { "$P run $S/sweep.json", "files like this one are read by 'palate sweep'" },
    { "$P sweep $S/models.json", "files like this one are read by 'palate eval'" },
    { "$P run $S/good.json --set slots=50 --set probe.items=151", "slots" },
    { "$P run $S/good.json --set seed=3", "seed" },
    { "$P run $S/good.json --set arms.7.name=x", "arms.7.name" },
    { "$P run $S/good.json --set 'catalog={\"source\": \"csv\"}'", "catalog.file" },
    { "$P run $S/good.json --set catalog={} --set catalog.source=csv --set catalog.file=$S/none.csv", "none.csv" },
    { "$P run $S/good.json --out $S/file", "is no directory" },
    { "$P run $S/good.json --out $S/file/run", "file" },
    { "$P run $S/good.json --out $S/foreign", "no manifest.json" },
    { "$P report $S/none", "none: holds no results" },
    { "$P report $S/foreign", "foreign: holds no results" },
    { "$P verify $S/none", "none: holds no results" },
    { "$P verify $S/foreign", "foreign: holds no results" },
    { "$P verify $S/trial", "trial: holds a trial (\"palate-trial/1\"), but a run is wanted" },
    { "$P compare $S/trial", "trial: holds a trial" },
    { "$P explain $S/trial --person 0 --round 0", "trial: holds a trial" },
    { "$P ope $S/foreign", "--arm says whose events are written and --out where to" },
    { "$P ope $S/foreign --arm a", "--arm says whose events are written and --out where to" },
    { "$P data import $S/none.csv --out $S/out.csv", "none.csv" },
    { "$P data import $S/bare.csv --out $S/out.csv", "bare.csv" },
    { "$P data import $S/empty.json --out $S/out.csv", "empty.json" },
    { "$P data import $S/bare.csv --layout spotify --out $S/out.csv", "layout" },
    { "$P data import $S/badrow.csv --layout palate --out $S/out.csv", "badrow.csv" },
    { "$P data fit $S/bare.csv --out $S/out.json", "bare.csv" },
    { "$P data describe $S/bare.csv", "bare.csv" },
    { "$P data generate --items 300 --out $S/none/out.csv", "none/out.csv" },
    { "$P data generate --items 300 --out $S/file/out.csv", "file/out.csv" },
    { "$P data generate --items 300 --set model=$S/empty.json --out $S/out.csv", "empty.json" },
    { "$P bench catalog --catalog $S/bare.csv", "bare.csv" },
};

static void write_inputs(void)
{
    cli_setup();
    write_experiment("good.json", "", "\"n\": 3", "");
    cli_write("empty.json", "");
    cli_write("cut.json", "{\"name\": \"t\", \"rounds\": ");
    write_experiment("twice.json", "\"rounds\": 3,", "\"n\": 3", "");
    write_experiment("unknown.json", "\"replicate\": 3,", "\"n\": 3", "");
    write_experiment("type.json", "", "\"n\": \"three\"", "");
    write_experiment("zero.json", "", "\"n\": 0", "");
    cli_write("stage.json", "{\"arms\": [{\"name\": \"a\", \"stage\": \"rnadom\"}]}");
    write_experiment("param.json", "", "\"n\": 3", ", \"params\": {\"nothing\": 1}");
    cli_write("sweep.json", "{\"experiment\": \"good.json\", \"vary\": []}");
    cli_write("models.json", "{\"data\": {}, \"vary\": \"split\", \"models\": []}");
    cli_write("file", "a file\n");
    cli_write("bare.csv", "track_id,artists,album_name,track_name,popularity,duration_ms,explicit,danceability,energy,"
              "key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo,time_signature,"
              "track_genre\n");
    cli_write("badrow.csv", "item,id,title,artist,cluster,genres,popularity,danceability,energy,valence,tempo,loudness,"
              "acousticness,instrumentalness,liveness,speechiness\n0,x,T,A,pop,pop,50,lots,.5,.5,120,-7,.1,.1,.1,.1\n");
    ck_assert_int_eq(cli_run("mkdir $S/trial && echo '{\"format\": \"palate-trial/1\"}' > $S/trial/manifest.json")->code, 0);
    ck_assert_int_eq(cli_run("mkdir $S/foreign && echo mine > $S/foreign/notes")->code, 0);
}

/* The names and sizes of everything in the scratch directory. */
static void listing(char *text)
{
    strcpy(text, cli_run("cd $S && find . -type f -exec wc -c {} + | sort")->out);
}

START_TEST(bad_inputs_are_named_and_leave_nothing_behind)
{
    const fault *f = &files[_i];
    static char before[CLI_TEXT], after[CLI_TEXT];

    listing(before);
    ck_assert(cli_failed_well(cli_run(f->command), f->command, 2, f->part));
    listing(after);
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(a_full_standard_output_is_an_error)
{
    const char *command = "[ -w /dev/full ] || exit 77; $P describe > /dev/full";
    const cli_result *r = cli_run(command);

    if (r->code == 77) {
        printf("skipped: no /dev/full here\n");
        return;
    }
    ck_assert(cli_failed_well(r, command, 1, "standard output"));
}
END_TEST

START_TEST(a_closed_pipe_is_no_error)
{
    const cli_result *r = cli_run("{ $P describe; echo $? > $S/code; } | head -n 1; cat $S/code");

    ck_assert_str_eq(r->err, "");
    ck_assert_uint_eq(cli_lines(r->out), 2);
    ck_assert_ptr_nonnull(strstr(r->out, "\n0\n"));
}
END_TEST

START_TEST(a_file_size_limit_leaves_no_half_of_a_run)
{
    const char *command = "ulimit -f 1; $P run $S/good.json --set people.n=60 --out $S/run";
    static char before[CLI_TEXT], after[CLI_TEXT];

    listing(before);
    ck_assert(cli_failed_well(cli_run(command), command, 2, "File too large"));
    listing(after);
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(cli_run("ls -d $S/run*")->code != 0, 1);
}
END_TEST

START_TEST(a_full_disk_leaves_no_half_of_a_run)
{
    const char *command = "$P run $S/good.json --set people.n=300 --set rounds=20 --out $S/small/run";
    const cli_result *r = cli_run("mkdir $S/small && mount -t tmpfs -o size=64k none $S/small || exit 77");
    bool well;

    if (r->code == 77) {
        printf("skipped: may not mount a small file system here\n");
        return;
    }
    well = cli_failed_well(cli_run(command), command, 2, "No space left on device");
    r = cli_run("ls -A $S/small; umount $S/small");
    ck_assert(well);
    ck_assert_str_eq(r->out, "");
}
END_TEST

Suite *suite_cli_bad_input(void)
{
    Suite *suite = suite_create("cli/bad_input");
    TCase *words = tcase_create("usage");
    TCase *inputs = tcase_create("files");

    tcase_set_timeout(words, 120);
    tcase_add_checked_fixture(words, cli_setup, cli_teardown);
    tcase_add_loop_test(words, bad_command_lines_are_named, 0, (int)(sizeof usage / sizeof usage[0]));
    tcase_add_test(words, a_full_standard_output_is_an_error);
    tcase_add_test(words, a_closed_pipe_is_no_error);
    suite_add_tcase(suite, words);

    tcase_set_timeout(inputs, 120);
    tcase_add_checked_fixture(inputs, write_inputs, cli_teardown);
    tcase_add_loop_test(inputs, bad_inputs_are_named_and_leave_nothing_behind, 0,
                        (int)(sizeof files / sizeof files[0]));
    tcase_add_test(inputs, a_file_size_limit_leaves_no_half_of_a_run);
    tcase_add_test(inputs, a_full_disk_leaves_no_half_of_a_run);
    suite_add_tcase(suite, inputs);
    return suite;
}

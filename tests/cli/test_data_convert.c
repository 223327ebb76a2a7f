/* palate data convert, by its outputs and exit codes. */
#include "tests/support/cli_shell.h"

#include <check.h>
#include <string.h>

Suite *suite_cli_data_convert(void);

static const cli_result *run_well(const char *command)
{
    const cli_result *r = cli_run(command);

    ck_assert_msg(r->code == 0, "%s: exit %d, %s", command, r->code, r->err);
    return r;
}

static void setup(void)
{
    cli_setup();
    cli_write("u.data", "7\t2\t3\t100\n7\t10\t4.5\t90\n9\t2\t1\t80\n10\t3\t5\t-5\n7\t2\t4\t120\n");
    cli_write("u.item", "2|Two, or not|d||u|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n");
}

START_TEST(csv_and_back_and_again_is_the_same_file)
{
    const cli_result *r = run_well("$P data convert $S/u.data --out $S/a.csv --json");

    ck_assert_ptr_nonnull(strstr(r->out, "\"format\": \"u.data\", \"rows\": 5, \"repeated\": 1"));
    ck_assert_ptr_nonnull(strstr(r->out, "\"interactions\": 4, \"people\": 3, \"items\": 3, \"times\": true"));
    ck_assert_str_eq(run_well("cat $S/a.csv")->out, "user,item,value,time\n7,10,4.5,90\n9,2,1,80\n10,3,5,-5\n7,2,4,120\n");
    run_well("$P data convert $S/a.csv --out $S/b.csv --quiet && cmp $S/a.csv $S/b.csv");
    run_well("$P data convert $S/a.csv --to inter --out $S/set --quiet && $P data convert $S/set/set.inter --out $S/c.csv --quiet && "
             "cmp $S/a.csv $S/c.csv");
    ck_assert_ptr_nonnull(strstr(run_well("$P data convert $S/u.data --out $S/a.csv")->out,
                                 ": 4 interactions of 3 people with 3 items, with times\n"));
}
END_TEST

START_TEST(atomic_files_are_those_of_recbole)
{
    run_well("$P data convert $S/u.data --to inter --out $S/ml --quiet");
    ck_assert_str_eq(run_well("head -2 $S/ml/ml.inter")->out, "user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\t10\t4.5\t90\n");
    ck_assert_ptr_nonnull(strstr(run_well("cat $S/ml/ml.item")->out, "2\tTwo, or not\tAction\n"));
    ck_assert_int_ne(cli_run("test -e $S/ml/ml.user")->code, 0);
}
END_TEST

START_TEST(settings_say_how_to_read)
{
    run_well("$P data convert $S/u.data --set threshold=4 --set implicit=true --set item_file=- --out $S/a.csv --quiet");
    ck_assert_str_eq(run_well("cat $S/a.csv")->out, "user,item,value,time\n7,10,1,90\n10,3,1,-5\n7,2,1,120\n");
    ck_assert_ptr_nonnull(strstr(run_well("$P data convert --params")->out, "core_user"));
}
END_TEST

/* Any run's log can be taken elsewhere: the likes of one arm, the round as time. */
START_TEST(a_run_is_exported_by_arm)
{
    run_well("$P run experiments/quickstart.json --set people.n=6 --set rounds=5 --set catalog.items=300 --no-report "
             "--out $S/run --quiet");
    run_well("$P data convert $S/run --set arm=random --set event=examined --out $S/r.csv --quiet");
    run_well("awk -F, '$1 == \"random\" && $11 == 1 && $2 == 0 { print $3 \",\" $7 \",1,\" $4 }' $S/run/events.csv | "
             "tac | awk -F, '!seen[$1 \",\" $2]++' | tac > $S/wanted; "
             "sed 1d $S/r.csv | cmp - $S/wanted");
    ck_assert(cli_failed_well(cli_run("$P data convert $S/run --out $S/r2.csv"), "convert", 2, "\"arm\" says which"));
    ck_assert_int_ne(cli_run("test -e $S/r2.csv")->code, 0);
}
END_TEST

typedef struct fault {
    const char *command, *part;
} fault;

static const fault faults[] = {
    { "$P data convert", "which file?" },
    { "$P data convert $S/none.csv", "none.csv" },
    { "$P data convert $S/u.data --to json", "--to is csv or inter, found 'json'" },
    { "$P data convert $S/u.data --set treshold=4 --out $S/m", "threshold" },
    { "$P data convert $S/u.data --set data.threshold=4 --out $S/m", "--set: data.threshold: unknown key" },
    { "$P data convert $S/u.data --set threshold --out $S/m", "--set needs KEY=VALUE" },
    { "$P data convert $S/u.data --set threshold=many --out $S/m", "threshold" },
    { "$P data convert $S/u.data --set user=#2 --set item=#2 --out $S/m", "palate: --set: \"user\" and \"item\" are the same" },
    { "$P data convert $S/u.data --set arm=a --out $S/m", "palate: --set: \"arm\" goes with the log of a run" },
    { "$P data convert $S/u.data --set duplicates=error --out $S/m", "row 5 (person '7', item '2') repeats row 1" },
    { "$P data convert $S/u.data --set core_user=5 --out $S/m", "no interaction is left of 5 rows" },
    { "$P data convert $S/u.data --to inter --out .", "by the folder's own name" },
    { "$P data convert $S/u.data --out /dev/null", "no regular file" },
    { "$P data convert $S --out $S/m", "there is no events.csv in it" },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(faults_are_named_and_leave_nothing)
{
    ck_assert(cli_failed_well(cli_run(faults[_i].command), faults[_i].command, 2, faults[_i].part));
    ck_assert_int_ne(cli_run("test -e $S/m")->code, 0);
}
END_TEST

Suite *suite_cli_data_convert(void)
{
    Suite *suite = suite_create("cli/data_convert");
    TCase *tc = tcase_create("convert");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, cli_teardown);
    tcase_add_test(tc, csv_and_back_and_again_is_the_same_file);
    tcase_add_test(tc, atomic_files_are_those_of_recbole);
    tcase_add_test(tc, settings_say_how_to_read);
    tcase_add_test(tc, a_run_is_exported_by_arm);
    tcase_add_loop_test(tc, faults_are_named_and_leave_nothing, 0, N_FAULTS);
    suite_add_tcase(suite, tc);
    return suite;
}

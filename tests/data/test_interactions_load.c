#include "data/interactions_load.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/log_rig.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <string.h>

Suite *suite_data_interactions_load(void);

/* The same four interactions in every format; item "2" has a comma in its title, one title is in ISO-8859-1. */
static const struct {
    const char *name, *text, *format;
} formats[] = {
    { "u.data", "7\t2\t3\t100\n7\t10\t4.5\t90\n9\t2\t1\t80\n10\t3\t5\t-5\n", "u.data" },
    { "ratings.dat", "7::2::3::100\r\n7::10::4.5::90\r\n9::2::1::80\r\n10::3::5::-5\r\n", "ratings.dat" },
    { "ratings.csv", "userId,movieId,rating,timestamp\n7,2,3,100\n7,10,4.5,90\n9,2,1,80\n10,3,5,-5\n", "ratings.csv" },
    { "user_artists.dat", "userID\tartistID\tweight\ttimestamp\n7\t2\t3\t100\n7\t10\t4.5\t90\n9\t2\t1\t80\n10\t3\t5\t-5\n", "hetrec" },
    { "x.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\t2\t3.0\t100.0\n7\t10\t4.5\t90.7\n"
                 "9\t2\t1\t8e1\n10\t3\t5\t-4.5\n", "inter" },
    { "a.txt", "7 2 3 100\n7 10 4.5 90\n\n9 2 1 80\n10 3 5 -5", "table" },
    { "b.csv", "\xef\xbb\xbfitem;stars;who;time\n2;3;7;100\n\"10\";4.5;7;90\n2;1;\"9\";80\n3;5;10;-5\n", "table" },
    { "c.tsv", "Track ID\tPlay Count\tUser\tUnix-Time\n2\t3\t7\t100\n10\t4.5\t7\t90\n2\t1\t9\t80\n3\t5\t10\t-5\n", "table" },
};
enum { N_FORMATS = sizeof formats / sizeof formats[0] };

static void check_four(const pal_interactions *log)
{
    static const struct {
        const char *user, *item;
        float value;
        int64_t time;
        size_t order;
    } wanted[] = { { "7", "2", 3, 100, 0 }, { "7", "10", 4.5f, 90, 1 }, { "9", "2", 1, 80, 2 }, { "10", "3", 5, -5, 3 } };

    ck_assert_uint_eq(log->n, 4);
    ck_assert_uint_eq(log->n_users, 3);
    ck_assert_uint_eq(log->n_items, 3);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(log->user_id[log->user[i]], wanted[i].user);
        ck_assert_str_eq(log->item_id[log->item[i]], wanted[i].item);
        ck_assert_float_eq(log->value[i], wanted[i].value);
        ck_assert_int_eq(log->time[i], wanted[i].time);
        ck_assert_uint_eq(log->order[i], wanted[i].order);
    }
}

START_TEST(every_format_gives_the_same_log)
{
    pal_interactions *log = NULL;
    pal_interactions_report report;
    pal_error err = { .status = PAL_OK };

    CK_OK(log_load_text(&log, &report, formats[_i].name, formats[_i].text,
                        _i == 6 ? "{\"user\": \"who\", \"value\": \"stars\"}" : "", &err));
    check_four(log);
    ck_assert_str_eq(report.format, formats[_i].format);
    ck_assert_uint_eq(report.rows, 4);
    pal_interactions_free(log);
}
END_TEST

START_TEST(gzip_and_plain_give_the_same_log)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(log_load_file(&log, NULL, scratch_gzip("u.data.gz", formats[0].text), "", &err)); /* the name still says u.data */
    check_four(log);
    pal_interactions_free(log);
}
END_TEST

START_TEST(a_gzipped_log_has_the_name_and_the_side_files_of_a_plain_one)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    char path[512];

    strcpy(path, scratch_gzip("x.inter.gz", "user_id:token\titem_id:token\n7\t2\n"));
    scratch_text("x.item", "item_id:token\tname:token_seq\n2\tTwo\n");
    CK_OK(log_load_file(&log, NULL, path, "", &err));
    ck_assert_str_eq(log->name, "x");
    ck_assert_ptr_nonnull(log->item_title);
    ck_assert_str_eq(log->item_title[0], "Two");
    pal_interactions_free(log);
}
END_TEST

START_TEST(a_table_needs_neither_values_nor_times)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(log_load_text(&log, NULL, "pairs.csv", "ann,\"song, the\"\nann,b\nbob,b\n", "", &err));
    ck_assert_uint_eq(log->n, 3);
    ck_assert_str_eq(log->name, "pairs");
    ck_assert_ptr_null(log->time);
    ck_assert_float_eq(log->value[log_at(log, "ann", "song, the")], 1);
    pal_interactions_free(log);
    CK_OK(log_load_text(&log, NULL, "pairs.csv", "user,item,rating,time\nann,b,2,3\n", "{\"value\": \"-\", \"time\": \"-\"}", &err));
    ck_assert_float_eq(log->value[0], 1);
    ck_assert_ptr_null(log->time);
    pal_interactions_free(log);
    CK_OK(log_load_text(&log, NULL, "p.csv", "9,b,2.385,ann\n", "{\"user\": \"#4\", \"item\": \"#2\", \"value\": \"#3\", \"time\": \"#1\"}",
                        &err));
    ck_assert_float_eq(log->value[log_at(log, "ann", "b")], 2.385f);
    ck_assert_int_eq(log->time[0], 9);
    pal_interactions_free(log);
}
END_TEST

START_TEST(the_rules_are_parameters)
{
    static const char text[] = "1,a,5\n1,b,2\n2,a,4\n2,b,4\n2,a,1\n3,c,5\n";
    pal_interactions *log = NULL;
    pal_interactions_report report;
    pal_error err = { .status = PAL_OK };

    CK_OK(log_load_text(&log, &report, "r.csv", text, "{\"threshold\": 4, \"implicit\": true, \"duplicates\": \"max\"}", &err));
    ck_assert_uint_eq(log->n, 4);
    ck_assert_uint_eq(report.repeated, 1);
    ck_assert_uint_eq(report.below, 1);
    ck_assert_float_eq(log->value[0], 1);
    pal_interactions_free(log);
    CK_OK(log_load_text(&log, &report, "r.csv", text, "{\"core_user\": 2, \"core_item\": 2}", &err));
    ck_assert_uint_eq(log->n, 4);
    ck_assert_uint_eq(report.rare, 1);
    pal_interactions_free(log);
    CK_OK(log_load_text(&log, &report, "r.csv", text, "{\"min_item\": 2, \"duplicates\": \"first\", \"keep_empty\": true}", &err));
    ck_assert_uint_eq(log->n, 4);
    ck_assert_uint_eq(log->n_items, 3);
    ck_assert_float_eq(log->value[log_at(log, "2", "a")], 4);
    pal_interactions_free(log);
}
END_TEST

#define EVENTS "arm,replicate,user,round,slot,item,examined,clicked,liked,disliked\n" \
               "a,0,4,0,0,17,1,1,1,0\na,0,4,0,1,9,1,1,0,0\nb,0,4,0,0,17,1,1,1,0\na,1,4,0,0,3,1,1,1,0\na,0,5,2,0,17,1,0,1,0\n"

START_TEST(a_run_directory_gives_the_log_of_one_arm)
{
    pal_interactions *log = NULL;
    pal_interactions_report report;
    pal_error err = { .status = PAL_OK };
    char folder[512];

    strcpy(folder, scratch_text("events.csv", EVENTS));
    *strrchr(folder, '/') = '\0';
    CK_OK(log_load_file(&log, &report, folder, "{\"arm\": \"a\"}", &err));
    ck_assert_uint_eq(log->n, 2);
    ck_assert_int_eq(log->time[log_at(log, "5", "17")], 2); /* the round */
    ck_assert_float_eq(log->value[0], 1);
    ck_assert_uint_eq(report.skipped, 3);
    pal_interactions_free(log);
    CK_OK(log_load_file(&log, NULL, folder, "{\"arm\": \"a\", \"event\": \"clicked\"}", &err));
    ck_assert_uint_eq(log->n, 2);
    ck_assert_uint_lt(log_at(log, "4", "9"), 2);
    pal_interactions_free(log);
    CK_OK(log_load_file(&log, NULL, folder, "{\"arm\": \"a\", \"replicate\": 1}", &err));
    ck_assert_str_eq(log->item_id[0], "3");
    pal_interactions_free(log);
    log = NULL;
    data_check_error(log_load_file(&log, NULL, folder, "", &err), &err, PAL_ERR_DATA,
                     "events.csv: holds several arms ('a', 'b' …)|\"arm\" says which");
    data_check_error(log_load_file(&log, NULL, folder, "{\"arm\": \"c\"}", &err), &err, PAL_ERR_DATA,
                     "none of 5 impressions is of arm 'c', replicate 0 and was liked");
    scratch_text("events.csv", "user,item\n1,2\n");
    data_check_error(log_load_file(&log, NULL, folder, "", &err), &err, PAL_ERR_DATA, "events.csv: \"arm\": no column is named 'arm'");
    ck_assert_int_eq(remove(scratch_path("events.csv")), 0);
    data_check_error(log_load_file(&log, NULL, folder, "", &err), &err, PAL_ERR_IO, "there is no events.csv in it");
}
END_TEST

START_TEST(the_events_of_a_run_are_known_by_their_header)
{
    pal_interactions *log = NULL;
    pal_interactions_report report;
    pal_error err = { .status = PAL_OK };

    CK_OK(log_load_text(&log, &report, "moved.csv", EVENTS, "{\"arm\": \"a\"}", &err));
    ck_assert_uint_eq(log->n, 2);
    ck_assert_uint_eq(report.skipped, 3);
    ck_assert_str_eq(report.format, "run");
    pal_interactions_free(log);
    log = NULL;
    data_check_error(log_load_text(&log, NULL, "moved.csv", EVENTS, "", &err), &err, PAL_ERR_DATA, "holds several arms");
    CK_OK(log_load_text(&log, &report, "moved.csv", EVENTS, "{\"format\": \"table\"}", &err)); /* asked for */
    ck_assert_uint_eq(report.rows, 5);
    pal_interactions_free(log);
}
END_TEST

static const struct {
    const char *name, *text, *json;
    pal_status status;
    const char *parts;
} faults[] = {
    { "u.data", "", "", PAL_ERR_DATA, "u.data: is empty" },
    { "u.data", "1\t2\t3\t4\n1\t3\tfive\t4\n", "", PAL_ERR_DATA, "u.data: row 2 (line 2), column 3 (value): found 'five', wanted a number" },
    { "u.data", "1\t2\t3\t4\n\n1\t3\t5\tnoon\n", "", PAL_ERR_DATA, "row 2 (line 3), column 4 (time): found 'noon', wanted a number" },
    { "u.data", "1\t2\t3\t4\n1\t3\t5\n", "", PAL_ERR_PARSE, "row 2 (line 2): 3 fields, wanted 4 as in the first row" },
    { "u.data", "1\t2\t3\t4\n\t3\t5\t4\n", "", PAL_ERR_DATA, "row 2 (line 2), column 1 (person): found '', wanted an id" },
    { "u.data", "1\t2\tnan\t4\n", "", PAL_ERR_DATA, "found 'nan', wanted a number" },
    { "u.data", "1\t2\t1e39\t4\n", "", PAL_ERR_DATA, "found '1e39', wanted a number within 3e38" },
    { "u.data", "1\t2\t1\t1e300\n", "", PAL_ERR_DATA, "found '1e300', wanted a number of seconds within 2^53" },
    { "u.data", "1\n", "", PAL_ERR_DATA, "u.data: there is no column of the item: a row has 1 field, and there is no header line" },
    { "t.csv", "user,item\n1,2\n", "{\"separator\": \"tab\"}", PAL_ERR_DATA, "there is no column of the item: a row has 1 field" },
    { "t.csv", "1,2,3\n", "{\"arm\": \"a\"}", PAL_ERR_CONFIG, "test: data: \"arm\" goes with the log of a run, and |t.csv is read as table" },
    { "u.data", "1\t2\t3\t4\n1\t\xff\t3\t4\n", "", PAL_ERR_PARSE, "u.data: line 2: holds bytes that are not UTF-8" },
    { "t.csv", "user,item,rating\n1,2,3\n1,\"2\n", "", PAL_ERR_PARSE, "t.csv: line 3: a quote that is opened in this row is never closed" },
    { "t.csv", "user,item,rating\n1,\"2\"x,3\n", "", PAL_ERR_PARSE, "line 2: text behind the closing quote" },
    { "t.csv", "user,item,rating\n1,2,3,4\n", "", PAL_ERR_PARSE, "row 1 (line 2): 4 fields, wanted 3 as in the header" },
    { "t.csv", "user,item,rating\n", "", PAL_ERR_DATA, "t.csv: there is no interaction" },
    { "t.csv", "user,item,movie\n1,2,3\n", "", PAL_ERR_DATA, "columns 'item' and 'movie' may both be the item; \"item\" says which" },
    { "t.csv", "who,what,x\n1,2,3\n", "", PAL_ERR_DATA, "none of the 3 columns (first: 'who') is known as the person; \"user\" says which" },
    { "t.csv", "user,item\n1,2\n", "{\"value\": \"ratin\"}", PAL_ERR_DATA, "\"value\": no column is named 'ratin'" },
    { "t.csv", "user,item,rating\n1,2,3\n", "{\"value\": \"ratng\"}", PAL_ERR_DATA, "did you mean 'rating'?" },
    { "t.csv", "user,a,a\n1,2,3\n", "{\"item\": \"a\"}", PAL_ERR_DATA, "\"item\": two columns are named 'a'" },
    { "t.csv", "1,2,3\n", "{\"item\": \"#4\"}", PAL_ERR_DATA, "there is no column #4; there are 3" },
    { "t.csv", "1,2,3\n", "{\"item\": \"song\"}", PAL_ERR_DATA, "there is no header line" },
    { "t.csv", "1,2,3\n", "{\"item\": \"#1\"}", PAL_ERR_CONFIG, "test: data: \"user\" and \"item\" are the same column" },
    { "t.csv", "1,2,3\n1,2,4\n", "{\"duplicates\": \"error\"}", PAL_ERR_DATA, "t.csv: row 2 (person '1', item '2') repeats row 1" },
    { "t.csv", "1,2,3\n1,3,4\n", "{\"threshold\": 5}", PAL_ERR_DATA, "t.csv: no interaction is left of 2 rows: 2 below the threshold" },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(faults_name_file_row_and_what_is_wanted)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc = log_load_text(&log, NULL, faults[_i].name, faults[_i].text, faults[_i].json, &err);

    data_check_error(rc, &err, faults[_i].status, faults[_i].parts);
    ck_assert_ptr_null(log);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    data_check_error(pal_interactions_load(&log, NULL, "build/no/u.data", NULL, "test", "data", &err), &err, PAL_ERR_IO,
                     "build/no/u.data");
}
END_TEST

START_TEST(a_failing_allocation_is_an_error_and_no_leak)
{
    pal_values *values = log_values(pal_interactions_params, "{\"item_file\": \"\"}");
    char path[512];
    size_t n_failed = 0;

    strcpy(path, scratch_text("u.data", formats[0].text));
    scratch_text("u.user", "7|20|M|artist|1\n9|30|F|poet|2\n");
    for (size_t fail = 1; fail < 150; fail++) {
        pal_interactions *log = NULL;
        pal_error err = { .status = PAL_OK };
        pal_status rc;

        pal_mem_fail_at(fail);
        rc = pal_interactions_load(&log, NULL, path, values, "test", "data", &err);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && log == NULL));
        n_failed += rc != PAL_OK;
        pal_interactions_free(log);
    }
    ck_assert_uint_gt(n_failed, 30);
    ck_assert_uint_lt(n_failed, 149);
    pal_values_free(values);
}
END_TEST

Suite *suite_data_interactions_load(void)
{
    Suite *suite = suite_create("data/interactions_load");
    TCase *tc = tcase_create("load");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, every_format_gives_the_same_log, 0, N_FORMATS);
    tcase_add_test(tc, gzip_and_plain_give_the_same_log);
    tcase_add_test(tc, a_gzipped_log_has_the_name_and_the_side_files_of_a_plain_one);
    tcase_add_test(tc, a_table_needs_neither_values_nor_times);
    tcase_add_test(tc, the_rules_are_parameters);
    tcase_add_test(tc, a_run_directory_gives_the_log_of_one_arm);
    tcase_add_test(tc, the_events_of_a_run_are_known_by_their_header);
    tcase_add_loop_test(tc, faults_name_file_row_and_what_is_wanted, 0, N_FAULTS);
    tcase_add_test(tc, a_file_that_is_not_there_is_named);
    tcase_add_test(tc, a_failing_allocation_is_an_error_and_no_leak);
    suite_add_tcase(suite, tc);
    return suite;
}

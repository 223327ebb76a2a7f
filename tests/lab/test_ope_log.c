/* Logs with propensities: read, written, read again; refusals by line. */
#include "lab/ope_log.h"

#include "tests/support/scratch.h"

#include <math.h>

Suite *suite_lab_ope_log(void);

#define HEAD "timestamp,item_id,position,click,propensity_score"
/* As pandas writes it: row numbers without a name; a feature of numbers with a gap, one of words. */
static const char written_by_pandas[] = "," HEAD ",user_feature_0,affinity\n"
                                        "0,2019-11-24 00:00:01,14,3,0,0.0294118,cef,0.5\n"
                                        "1,2019-11-24 00:00:02,7,1,1,0.25,\"a,b\",\n"
                                        "2,2019-11-24 00:00:02,14,2,0,1,cef,2\n";
static const char written_by_us[] = HEAD ",user_feature_0,affinity\n"
                                    "2019-11-24 00:00:01,14,3,0,0.0294118,cef,0.5\n"
                                    "2019-11-24 00:00:02,7,1,1,0.25,\"a,b\",\n"
                                    "2019-11-24 00:00:02,14,2,0,1,cef,2\n";

static pal_ope_log *load(const char *path, const pal_ope_layout *layout)
{
    pal_ope_log *log = NULL;
    pal_error err;

    if (pal_ope_log_load(&log, path, layout, &err) != PAL_OK) ck_abort_msg("%s", err.text);
    return log;
}

START_TEST(a_log_is_read_as_it_stands)
{
    pal_ope_log *log = load(scratch_text("log.csv", written_by_pandas), &pal_ope_open_bandit);

    ck_assert_uint_eq(log->n, 3);
    ck_assert_uint_eq(log->items.n, 2);
    ck_assert_uint_eq(log->positions.n, 3);
    ck_assert_uint_eq(log->n_features, 2);
    ck_assert_str_eq(pal_intern_text(&log->items, log->item[1]), "7");
    ck_assert_uint_eq(log->item[0], log->item[2]);
    ck_assert_double_eq(log->click[1], 1);
    ck_assert_double_eq(log->propensity[0], 0.0294118);
    ck_assert(!log->feature[0].numeric && log->feature[1].numeric);
    ck_assert_double_eq(log->x[0], log->x[4]); /* cef and cef */
    ck_assert_double_ne(log->x[0], log->x[2]);
    ck_assert(isnan(log->x[3]));
    pal_ope_log_free(log);
}
END_TEST

START_TEST(writing_and_reading_again_gives_the_same_file)
{
    pal_ope_log *log = load(scratch_text("log.csv", written_by_pandas), &pal_ope_open_bandit);
    const char *one = scratch_path("one.csv"), *two = scratch_path("two.csv");

    ck_assert_int_eq(pal_ope_log_save(log, one, NULL), PAL_OK);
    pal_ope_log_free(log);
    ck_assert(scratch_holds(one, written_by_us));
    log = load(one, &pal_ope_open_bandit);
    ck_assert_int_eq(pal_ope_log_save(log, two, NULL), PAL_OK);
    pal_ope_log_free(log);
    ck_assert(scratch_holds(two, written_by_us));
}
END_TEST

START_TEST(ids_of_people_are_words_where_that_is_asked_for)
{
    pal_ope_layout layout = pal_ope_open_bandit;
    pal_ope_log *log;

    layout.words = "affinity";
    log = load(scratch_gzip("log.csv.gz", written_by_pandas), &layout);
    ck_assert(!log->feature[1].numeric);
    ck_assert_uint_eq(log->feature[1].words.n, 3);
    ck_assert_double_eq(log->x[5], 2); /* the third word */
    pal_ope_log_free(log);
}
END_TEST

START_TEST(events_of_an_arm_leave_outcomes_and_truths_out)
{
    pal_ope_layout layout = pal_ope_run_events;
    pal_ope_log *log;

    layout.keep = "b";
    log = load(scratch_text("events.csv", "arm,replicate,user,round,slot,item,propensity,clicked,p_click\n"
                                          "a,0,4,0,0,9,0.5,1,0.9\nb,0,4,0,0,8,0.25,1,0.9\nb,0,5,1,1,9,0.125,0,0.1\n"), &layout);
    ck_assert_uint_eq(log->n, 2);
    ck_assert_uint_eq(log->n_features, 2);
    ck_assert_int_eq(pal_ope_log_save(log, scratch_path("b.csv"), NULL), PAL_OK);
    ck_assert(scratch_holds(scratch_path("b.csv"), HEAD ",replicate,user\n0,8,0,1,0.25,0,4\n1,9,1,0,0.125,0,5\n"));
    pal_ope_log_free(log);
    layout.keep = "c";
    log = NULL;
    {
        pal_error err;

        ck_assert_int_eq(pal_ope_log_load(&log, scratch_path("events.csv"), &layout, &err), PAL_ERR_DATA);
        ck_assert_has(err.text, "no rows of arm 'c'");
    }
}
END_TEST

typedef struct fault {
    const char *text, *part;
} fault;

static const fault faults[] = {
    { HEAD "\n", "has no rows" },
    { "timestamp,item_id,position,click\n1,2,3,0\n", "has no column \"propensity_score\"" },
    { HEAD ",click\n1,2,3,0,0.5,1\n", "column \"click\" stands there twice" },
    { HEAD "\n1,2,3,0,0.5\n1,2,3,yes,0.5\n", "line 3: click 'yes' is not a number" },
    { HEAD "\n1,2,3,0,0\n", "line 2: propensity_score 0, wanted above 0 and at most 1" },
    { HEAD "\n1,2,3,0,1.01\n", "line 2: propensity_score 1.01" },
    { HEAD "\n1,2,3,0,\n", "line 2: propensity_score '' is not a number" },
    { HEAD "\n1,2,3,0\n", "line 2" },
};

START_TEST(faults_are_named)
{
    pal_ope_log *log = NULL;
    pal_error err;

    ck_assert_int_ne(pal_ope_log_load(&log, scratch_text("bad.csv", faults[_i].text), &pal_ope_open_bandit, &err), PAL_OK);
    ck_assert_has(err.text, faults[_i].part);
    ck_assert_has(err.text, "bad.csv");
    ck_assert_int_eq(pal_status_exit_code(err.status), 2);
    ck_assert_ptr_null(log);
}
END_TEST

START_TEST(features_are_found_by_name)
{
    pal_ope_log *log = load(scratch_text("log.csv", written_by_pandas), &pal_ope_open_bandit);
    pal_error err;
    size_t f;

    ck_assert_int_eq(pal_ope_log_feature(&f, log, "affinity", NULL), PAL_OK);
    ck_assert_uint_eq(f, 1);
    ck_assert_int_eq(pal_ope_log_feature(&f, log, "x", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "no feature column \"x\"; there are: user_feature_0, affinity");
    pal_ope_log_free(log);
}
END_TEST

Suite *suite_lab_ope_log(void)
{
    Suite *s = suite_create("lab/ope_log");
    TCase *t = tcase_create("ope_log");

    tcase_add_checked_fixture(t, scratch_begin, scratch_end);
    tcase_add_test(t, a_log_is_read_as_it_stands);
    tcase_add_test(t, writing_and_reading_again_gives_the_same_file);
    tcase_add_test(t, ids_of_people_are_words_where_that_is_asked_for);
    tcase_add_test(t, events_of_an_arm_leave_outcomes_and_truths_out);
    tcase_add_loop_test(t, faults_are_named, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(t, features_are_found_by_name);
    suite_add_tcase(s, t);
    return s;
}

#include "data/split.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/holds.h"
#include "tests/support/log_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SEEDS 25

Suite *suite_data_split(void);

static pal_split *split_of(const pal_interactions *log, const char *json)
{
    pal_values *values = log_values(pal_split_params, json);
    pal_split *split = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_split_make(&split, log, values, "test", "split", &err));
    pal_values_free(values);
    return split;
}

static pal_status try_split(const pal_interactions *log, const char *json, pal_error *err)
{
    pal_values *values = log_values(pal_split_params, json);
    pal_split *split = NULL;
    pal_status rc = pal_split_make(&split, log, values, "test", "split", err);

    ck_assert(rc == PAL_OK || split == NULL);
    pal_split_free(split);
    pal_values_free(values);
    return rc;
}

static char *json_seed(const char *kind, int seed)
{
    static char json[256];

    snprintf(json, sizeof json, "{\"kind\": \"%s\", \"test\": 0.3, \"valid\": 0.1, \"valid_rows\": 1, \"seed\": %d}", kind, seed);
    return json;
}

static const char *const kinds[] = { "random", "random_user", "leave_last", "user_time", "time", "k_fold", "user_cold",
                                     "item_cold", "ua" };
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* Interactions of a person (or an item, or all: SIZE_MAX) in a part. */
static size_t count_in(const pal_interactions *log, const pal_split *s, size_t user, size_t item, pal_part part)
{
    size_t n = 0;

    for (size_t i = 0; i < log->n; i++) {
        n += (user == SIZE_MAX || log->user[i] == user) && (item == SIZE_MAX || log->item[i] == item) &&
             s->part[i] == (uint8_t)part;
    }
    return n;
}

START_TEST(counts_are_those_of_the_parts_and_a_seed_gives_one_split)
{
    pal_interactions *log = log_random(7, 40, 30, 600, true), *again = log_random(7, 40, 30, 600, true);

    for (size_t k = 0; k < N_KINDS; k++) {
        pal_split *a = split_of(log, json_seed(kinds[k], _i)), *b = split_of(again, json_seed(kinds[k], _i));
        size_t sum = 0;

        HOLDS(memcmp(a->part, b->part, a->n) == 0 && strcmp(a->digest, b->digest) == 0, "%s", kinds[k]);
        for (pal_part p = PAL_PART_TRAIN; p <= PAL_PART_NONE; p++) {
            ck_assert_uint_eq(a->count[p], count_in(log, a, SIZE_MAX, SIZE_MAX, p));
            sum += a->count[p];
        }
        ck_assert_uint_eq(sum, log->n);
        pal_split_free(a);
        pal_split_free(b);
    }
    pal_interactions_free(log);
    pal_interactions_free(again);
}
END_TEST

START_TEST(another_seed_draws_another_split)
{
    static const char *const drawn[] = { "random", "random_user", "k_fold", "user_cold", "item_cold" };
    pal_interactions *log = log_random(7, 40, 30, 600, true);
    pal_split *a = split_of(log, json_seed(drawn[_i], 1)), *b = split_of(log, json_seed(drawn[_i], 2));

    ck_assert_str_ne(a->digest, b->digest);
    pal_split_free(a);
    pal_split_free(b);
    pal_interactions_free(log);
}
END_TEST

START_TEST(random_takes_its_share_to_the_row)
{
    pal_interactions *log = log_random((uint64_t)_i, 30, 40, 500, false);
    pal_split *s = split_of(log, json_seed("random", _i));

    ck_assert_uint_eq(s->count[PAL_PART_TEST], (size_t)floor((double)log->n * 0.3 + 0.5));
    ck_assert_uint_eq(s->count[PAL_PART_VALID], (size_t)floor((double)log->n * 0.1 + 0.5));
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

START_TEST(random_user_takes_each_persons_share_and_leaves_one)
{
    pal_interactions *log = log_random((uint64_t)_i, 60, 40, 400, false);
    pal_split *s = split_of(log, json_seed("random_user", _i));

    for (size_t u = 0; u < log->n_users; u++) {
        size_t test = count_in(log, s, u, SIZE_MAX, PAL_PART_TEST), train = count_in(log, s, u, SIZE_MAX, PAL_PART_TRAIN);
        size_t n = test + train + count_in(log, s, u, SIZE_MAX, PAL_PART_VALID);
        size_t wanted = (size_t)floor((double)n * 0.3 + 0.5);

        HOLDS(train >= 1 && test == (wanted < n ? wanted : n - 1), "person %zu: %zu of %zu", u, test, n);
    }
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

/* Each row is held out about as often as the others: 25 seeds, share 0.3. */
START_TEST(drawn_shares_fall_evenly)
{
    pal_interactions *log = log_random(3, 30, 40, 400, false);
    double sum_first = 0, sum_last = 0;

    for (int seed = 0; seed < 60; seed++) {
        pal_split *s = split_of(log, json_seed("random", seed));

        for (size_t i = 0; i < log->n / 2; i++) {
            sum_first += s->part[i] == PAL_PART_TEST;
            sum_last += s->part[log->n - 1 - i] == PAL_PART_TEST;
        }
        pal_split_free(s);
    }
    /* halves of ~190 rows: 60 draws of hypergeometric counts with sd ~4.4 each, so sd of the difference ~ 70 */
    ck_assert_double_lt(fabs(sum_first - sum_last), 250);
    pal_interactions_free(log);
}
END_TEST

/* Later, or of the same instant and a higher item. */
static bool is_later(const pal_interactions *log, size_t i, size_t j)
{
    return log->time[i] > log->time[j] || (log->time[i] == log->time[j] && log->item[i] > log->item[j]);
}

START_TEST(kinds_by_time_hold_out_each_persons_latest)
{
    static const char *const by_time[] = { "leave_last", "user_time" };

    for (size_t k = 0; k < 2; k++) {
        pal_interactions *log = log_random((uint64_t)_i, 25, 40, 300, true);
        pal_split *s = split_of(log, json_seed(by_time[k], 1));

        for (size_t i = 0; i < log->n; i++) {
            for (size_t j = 0; j < log->n; j++) {
                if (log->user[i] == log->user[j] && s->part[i] == PAL_PART_TEST && s->part[j] != PAL_PART_TEST) {
                    HOLDS(is_later(log, i, j), "%s: %zu and %zu", by_time[k], i, j);
                }
                if (log->user[i] == log->user[j] && s->part[i] == PAL_PART_VALID && s->part[j] == PAL_PART_TRAIN) {
                    HOLDS(is_later(log, i, j), "%s: %zu and %zu", by_time[k], i, j);
                }
            }
        }
        for (size_t u = 0; u < log->n_users; u++) {
            size_t test = count_in(log, s, u, SIZE_MAX, PAL_PART_TEST);
            size_t n = test + count_in(log, s, u, SIZE_MAX, PAL_PART_TRAIN) + count_in(log, s, u, SIZE_MAX, PAL_PART_VALID);

            ck_assert_uint_eq(test, k == 0 ? (n > 2 ? 1 : 0) : n * 3 / 10);
        }
        pal_split_free(s);
        pal_interactions_free(log);
    }
}
END_TEST

START_TEST(time_never_trains_on_what_comes_after_a_test)
{
    pal_interactions *log = log_random((uint64_t)_i, 25, 40, 300, true);
    pal_split *s = split_of(log, json_seed("time", 1));
    int64_t last[5] = { INT64_MIN, INT64_MIN, INT64_MIN, 0, 0 }, first[5] = { INT64_MAX, INT64_MAX, INT64_MAX, 0, 0 };

    for (size_t i = 0; i < log->n; i++) {
        int64_t t = log->time[i];

        last[s->part[i]] = t > last[s->part[i]] ? t : last[s->part[i]];
        first[s->part[i]] = t < first[s->part[i]] ? t : first[s->part[i]];
    }
    ck_assert_int_lt(last[PAL_PART_TRAIN], first[PAL_PART_VALID]);
    ck_assert_int_lt(last[PAL_PART_VALID], first[PAL_PART_TEST]);
    ck_assert_uint_le(s->count[PAL_PART_TEST], log->n * 3 / 10 + 1);
    ck_assert_uint_gt(s->count[PAL_PART_TEST], log->n * 2 / 10); /* an instant holds about a hundredth */
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

START_TEST(folds_hold_out_each_interaction_once)
{
    pal_interactions *log = log_random((uint64_t)_i, 25, 40, 303, false);
    uint8_t *times = pal_calloc(log->n, 1);
    char json[128];

    for (int fold = 0; fold < 7; fold++) {
        pal_split *s;

        snprintf(json, sizeof json, "{\"kind\": \"k_fold\", \"folds\": 7, \"fold\": %d, \"seed\": %d, \"valid\": 0.2}", fold, _i);
        s = split_of(log, json);
        for (size_t i = 0; i < log->n; i++) {
            times[i] = (uint8_t)(times[i] + (s->part[i] == PAL_PART_TEST));
        }
        ck_assert_uint_ge(s->count[PAL_PART_TEST], log->n / 7);
        ck_assert_uint_le(s->count[PAL_PART_TEST], log->n / 7 + 1);
        ck_assert_uint_eq(s->count[PAL_PART_VALID], (size_t)floor((double)log->n * 0.2 + 0.5));
        pal_split_free(s);
    }
    for (size_t i = 0; i < log->n; i++) {
        ck_assert_uint_eq(times[i], 1);
    }
    pal_free(times);
    pal_interactions_free(log);
}
END_TEST

START_TEST(cold_people_are_never_trained_on_and_tell_their_share)
{
    pal_interactions *log = log_random((uint64_t)_i, 50, 40, 500, false);
    pal_split *s = split_of(log, json_seed("user_cold", _i));
    size_t n_test = 0, n_valid = 0;

    for (size_t u = 0; u < log->n_users; u++) {
        size_t train = count_in(log, s, u, SIZE_MAX, PAL_PART_TRAIN), test = count_in(log, s, u, SIZE_MAX, PAL_PART_TEST);
        size_t known = count_in(log, s, u, SIZE_MAX, PAL_PART_KNOWN), valid = count_in(log, s, u, SIZE_MAX, PAL_PART_VALID);
        size_t n = test + known + valid;

        HOLDS(train == 0 || n == 0, "person %zu is on both sides", u);
        HOLDS(test == 0 || valid == 0, "person %zu is in both held-out parts", u);
        if (n > 0) {
            size_t wanted = (n + 1) / 2; /* rounded up at a half, but one stays to test on */

            HOLDS(known == (wanted < n ? wanted : n - 1), "person %zu tells %zu of %zu", u, known, n);
        }
        n_test += test > 0;
        n_valid += valid > 0;
    }
    ck_assert_uint_eq(n_test, (size_t)floor((double)log->n_users * 0.3 + 0.5));
    ck_assert_uint_eq(n_valid, (size_t)floor((double)log->n_users * 0.1 + 0.5));
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

START_TEST(cold_items_are_never_trained_on)
{
    pal_interactions *log = log_random((uint64_t)_i, 50, 40, 500, false);
    pal_split *s = split_of(log, json_seed("item_cold", _i));
    size_t n_test = 0;

    for (size_t m = 0; m < log->n_items; m++) {
        size_t train = count_in(log, s, SIZE_MAX, m, PAL_PART_TRAIN), test = count_in(log, s, SIZE_MAX, m, PAL_PART_TEST);
        size_t valid = count_in(log, s, SIZE_MAX, m, PAL_PART_VALID);

        HOLDS((train > 0) + (test > 0) + (valid > 0) == 1, "item %zu is in several parts", m);
        n_test += test > 0;
    }
    ck_assert_uint_eq(n_test, (size_t)floor((double)log->n_items * 0.3 + 0.5));
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

START_TEST(ua_takes_the_first_rows_of_each_person_in_the_source)
{
    pal_interactions *log = NULL;
    pal_split *s;
    pal_error err = { .status = PAL_OK };

    /* rows of "1": c a d b; of "2": a b; the threshold leaves out the first of "1" after the counting */
    CK_OK(log_load_text(&log, NULL, "t.csv", "1,c,1\n2,a,5\n1,a,5\n1,d,5\n2,b,5\n1,b,5\n", "{\"threshold\": 2}", &err));
    s = split_of(log, "{\"kind\": \"ua\", \"first\": 2}");
    ck_assert_uint_eq(s->part[log_at(log, "1", "a")], PAL_PART_TEST);
    ck_assert_uint_eq(s->part[log_at(log, "1", "d")], PAL_PART_TRAIN);
    ck_assert_uint_eq(s->part[log_at(log, "1", "b")], PAL_PART_TRAIN);
    ck_assert_uint_eq(s->part[log_at(log, "2", "a")], PAL_PART_TEST);
    ck_assert_uint_eq(s->count[PAL_PART_TEST], 3);
    pal_split_free(s);
    s = split_of(log, "{\"kind\": \"ua\", \"first\": 2, \"skip\": 2}");
    ck_assert_uint_eq(s->count[PAL_PART_TEST], 2);
    ck_assert_uint_eq(s->part[log_at(log, "1", "d")], PAL_PART_TEST);
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

START_TEST(a_saved_split_comes_back_with_its_digest)
{
    pal_interactions *log = log_random((uint64_t)_i, 10, 40, 300, true);
    pal_split *a = split_of(log, json_seed(kinds[_i], 1)), *b = NULL, *c;
    char json[600];
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_split_save(a, log, scratch_path("split.csv"), &err));
    CK_OK(pal_split_load(&b, log, scratch_path("split.csv"), &err));
    ck_assert_mem_eq(a->part, b->part, a->n);
    ck_assert_mem_eq(a->count, b->count, sizeof a->count);
    ck_assert_str_eq(a->digest, b->digest);
    snprintf(json, sizeof json, "{\"kind\": \"file\", \"file\": \"%s\"}", scratch_path("split.csv"));
    c = split_of(log, json);
    ck_assert_str_eq(a->digest, c->digest);
    pal_split_free(a);
    pal_split_free(b);
    pal_split_free(c);
    pal_interactions_free(log);
}
END_TEST

static const struct {
    const char *text;
    pal_status status;
    const char *parts;
} files[] = {
    { "user,item,part\n1,a,train\n2,b,test\n", PAL_OK, "" },
    { "user,item,part\n2,b,known\n1,a,none\n", PAL_OK, "" }, /* rows in any order */
    { "user,item\n1,a\n", PAL_ERR_DATA, "split.csv: line 1: wanted the header user,item,part" },
    { "", PAL_ERR_DATA, "split.csv: line 1: wanted the header" },
    { "user,item,part\n1,a,train\n", PAL_ERR_DATA, "split.csv: after 1 rows: person '2' and item 'b'|are missing" },
    { "user,item,part\n1,a,train\n2,b,tset\n", PAL_ERR_DATA, "row 2 (line 3): found part 'tset', wanted train, valid, test" },
    { "user,item,part\n1,a,train\n2,a,test\n", PAL_ERR_DATA, "row 2 (line 3): person '2' and item 'a' are no interaction" },
    { "user,item,part\n1,a,train\n3,a,test\n", PAL_ERR_DATA, "person '3' and item 'a' are no interaction" },
    { "user,item,part\n1,a,train\n1,a,test\n", PAL_ERR_DATA, "row 2 (line 3): person '1' and item 'a' stand here twice" },
    { "user,item,part\n1,a\n", PAL_ERR_PARSE, "row 1 (line 2): 2 fields, wanted 3" },
};
enum { N_FILES = sizeof files / sizeof files[0] };

START_TEST(split_files_are_checked_row_by_row)
{
    pal_interactions *log = NULL;
    pal_split *split = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc;

    CK_OK(log_load_text(&log, NULL, "t.csv", "1,a\n2,b\n", "", &err));
    rc = pal_split_load(&split, log, scratch_text("split.csv", files[_i].text), &err);
    if (files[_i].status == PAL_OK) {
        CK_OK(rc);
        ck_assert_uint_eq(split->n, 2);
    } else {
        data_check_error(rc, &err, files[_i].status, files[_i].parts);
        ck_assert_ptr_null(split);
    }
    pal_split_free(split);
    pal_interactions_free(log);
}
END_TEST

static const struct {
    const char *json;
    pal_status status;
    const char *parts;
    bool times;
} faults[] = {
    { "{\"test\": 0.7, \"valid\": 0.3}", PAL_ERR_CONFIG, "test: split.test 0.7 and valid 0.3 leave nothing", true },
    { "{\"test\": 0}", PAL_ERR_CONFIG, "split.test: must be above 0 for kind \"random\"", true },
    { "{\"kind\": \"k_fold\", \"fold\": 5}", PAL_ERR_CONFIG, "split.fold: must be below folds (5), found 5", true },
    { "{\"kind\": \"k_fold\", \"folds\": 2, \"valid\": 0.5}", PAL_ERR_CONFIG, "split.valid 0.5 beside one fold of 2", true },
    { "{\"kind\": \"file\"}", PAL_ERR_CONFIG, "split.file: needed for kind \"file\"", true },
    { "{\"kind\": \"file\", \"file\": \"build/none.csv\"}", PAL_ERR_IO, "build/none.csv", true },
    { "{\"kind\": \"time\"}", PAL_ERR_DATA, "split \"time\" of random: needs times, and the log has none", false },
    { "{\"kind\": \"leave_last\"}", PAL_ERR_DATA, "needs times", false },
    { "{\"kind\": \"user_time\"}", PAL_ERR_DATA, "needs times", false },
    { "{\"kind\": \"ua\", \"first\": 1000}", PAL_ERR_DATA, "split \"ua\" of random: no interaction of|is left to train on", false },
    { "{\"kind\": \"ua\", \"skip\": 1000}", PAL_ERR_DATA, "is left to test on", false },
    { "{\"kind\": \"random\", \"test\": 0.001}", PAL_ERR_DATA, "is left to test on", false },
    { "{\"kind\": \"random\", \"valid\": 0.001}", PAL_ERR_DATA, "is left to validate on", false },
    { "{\"kind\": \"leave_last\", \"test_rows\": 50}", PAL_ERR_DATA, "is left to test on", true },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(splits_that_cannot_be_are_refused)
{
    pal_interactions *log = log_random(1, 9, 9, 60, faults[_i].times);
    pal_error err = { .status = PAL_OK };

    data_check_error(try_split(log, faults[_i].json, &err), &err, faults[_i].status, faults[_i].parts);
    pal_interactions_free(log);
}
END_TEST

START_TEST(a_failing_allocation_is_an_error_and_no_leak)
{
    pal_interactions *log = log_random(1, 9, 9, 60, true);
    pal_values *values = log_values(pal_split_params, json_seed(kinds[_i], 1));

    for (size_t fail = 1; fail < 12; fail++) {
        pal_split *split = NULL;
        pal_error err = { .status = PAL_OK };
        pal_status rc;

        pal_mem_fail_at(fail);
        rc = pal_split_make(&split, log, values, "test", "split", &err);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_ERR_MEMORY ? split == NULL : rc == PAL_OK || rc == PAL_ERR_DATA);
        ck_assert(fail > 2 || rc == PAL_ERR_MEMORY);
        pal_split_free(split);
    }
    pal_values_free(values);
    pal_interactions_free(log);
}
END_TEST

Suite *suite_data_split(void)
{
    Suite *suite = suite_create("data/split");
    TCase *tc = tcase_create("split");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, counts_are_those_of_the_parts_and_a_seed_gives_one_split, 0, 5);
    tcase_add_loop_test(tc, another_seed_draws_another_split, 0, 5);
    tcase_add_loop_test(tc, random_takes_its_share_to_the_row, 0, SEEDS);
    tcase_add_loop_test(tc, random_user_takes_each_persons_share_and_leaves_one, 0, SEEDS);
    tcase_add_test(tc, drawn_shares_fall_evenly);
    tcase_add_loop_test(tc, kinds_by_time_hold_out_each_persons_latest, 0, SEEDS);
    tcase_add_loop_test(tc, time_never_trains_on_what_comes_after_a_test, 0, SEEDS);
    tcase_add_loop_test(tc, folds_hold_out_each_interaction_once, 0, SEEDS);
    tcase_add_loop_test(tc, cold_people_are_never_trained_on_and_tell_their_share, 0, SEEDS);
    tcase_add_loop_test(tc, cold_items_are_never_trained_on, 0, SEEDS);
    tcase_add_test(tc, ua_takes_the_first_rows_of_each_person_in_the_source);
    tcase_add_loop_test(tc, a_saved_split_comes_back_with_its_digest, 0, N_KINDS);
    tcase_add_loop_test(tc, split_files_are_checked_row_by_row, 0, N_FILES);
    tcase_add_loop_test(tc, splits_that_cannot_be_are_refused, 0, N_FAULTS);
    tcase_add_loop_test(tc, a_failing_allocation_is_an_error_and_no_leak, 0, N_KINDS);
    suite_add_tcase(suite, tc);
    return suite;
}

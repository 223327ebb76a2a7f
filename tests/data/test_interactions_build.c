#include "data/interactions_build.h"

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/log_rig.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_data_interactions_build(void);

typedef struct row {
    const char *user, *item;
    float value;
    int64_t time;
} row;

static pal_status build(pal_interactions **out, pal_interactions_report *report, const row *rows, size_t n,
                        const pal_interactions_rules *rules, pal_error *err)
{
    pal_interactions_builder *builder = NULL;
    pal_status rc = pal_interactions_builder_new(&builder, err);

    for (size_t i = 0; i < n && rc == PAL_OK; i++) {
        rc = pal_interactions_builder_add(builder, rows[i].user, strlen(rows[i].user), rows[i].item,
                                          strlen(rows[i].item), rows[i].value, rows[i].time,
                                          PAL_ROW_VALUE | PAL_ROW_TIME, err);
    }
    if (rc == PAL_OK) {
        rc = pal_interactions_builder_finish(out, report, builder, "test", rules, err);
    }
    pal_interactions_builder_free(builder);
    return rc;
}

static const row repeated[] = { { "b", "x", 2.385f, 10 }, { "a", "x", 4, 11 }, { "b", "x", 4.5f, 12 },
                                { "a", "y", 1, 13 },      { "b", "x", 3, 14 } };

START_TEST(ids_are_numbered_whole_numbers_first_by_size_then_text)
{
    static const char *const ids[] = { "10", "9", "0", "010", "a", "B", "100", "10a", "-1" };
    static const char *const wanted[] = { "0", "9", "10", "100", "-1", "010", "10a", "B", "a" };
    pal_interactions_builder *builder = NULL;
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_interactions_builder_new(&builder, &err));
    for (size_t i = 0; i < 9; i++) {
        CK_OK(pal_interactions_builder_add(builder, ids[i], strlen(ids[i]), ids[8 - i], strlen(ids[8 - i]), 0, 0, 0, &err));
    }
    CK_OK(pal_interactions_builder_finish(&log, NULL, builder, "ids", NULL, &err));
    for (size_t i = 0; i < 9; i++) {
        ck_assert_str_eq(log->user_id[i], wanted[i]);
        ck_assert_str_eq(log->item_id[i], wanted[i]);
        ck_assert_uint_eq(pal_interactions_user(log, wanted[i]), i);
        ck_assert_uint_eq(pal_interactions_item(log, wanted[i]), i);
        ck_assert_float_eq(log->value[i], 1); /* a row without a value counts 1 */
    }
    ck_assert_uint_eq(pal_interactions_user(log, "1"), SIZE_MAX);
    ck_assert_uint_eq(pal_interactions_item(log, ""), SIZE_MAX);
    ck_assert_ptr_null(log->time);
    pal_interactions_free(log);
    pal_interactions_builder_free(builder);
}
END_TEST

START_TEST(each_policy_settles_a_repeated_pair_its_own_way)
{
    static const struct {
        pal_repeats repeats;
        float value;
        int64_t time;
        size_t order;
    } wanted[] = { { PAL_REPEATS_LAST, 3, 14, 4 },
                   { PAL_REPEATS_FIRST, 2.385f, 10, 0 },
                   { PAL_REPEATS_SUM, 9.885f, 14, 4 },
                   { PAL_REPEATS_MAX, 4.5f, 14, 4 } };
    pal_interactions_report report;
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(build(&log, &report, repeated, 5, &(pal_interactions_rules){ .repeats = wanted[_i].repeats }, &err));
    ck_assert_uint_eq(log->n, 3);
    ck_assert_uint_eq(report.rows, 5);
    ck_assert_uint_eq(report.repeated, 2);
    ck_assert_str_eq(log->user_id[log->user[2]], "b");
    ck_assert_float_eq_tol(log->value[2], wanted[_i].value, 1e-6f);
    ck_assert_int_eq(log->time[2], wanted[_i].time);
    ck_assert_uint_eq(log->order[2], wanted[_i].order);
    ck_assert_uint_eq(log->nth[2], wanted[_i].order == 0 ? 0 : 2); /* rows of b before it */
    ck_assert_uint_eq(log->nth[1], 1);
    pal_interactions_free(log);
}
END_TEST

START_TEST(error_policy_names_both_rows_and_the_ids)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc = build(&log, NULL, repeated, 5, &(pal_interactions_rules){ .repeats = PAL_REPEATS_ERROR }, &err);

    data_check_error(rc, &err, PAL_ERR_DATA, "row 3 (person 'b', item 'x') repeats row 1");
    ck_assert_ptr_null(log);
}
END_TEST

START_TEST(threshold_looks_at_the_settled_value_and_implicit_makes_it_one)
{
    pal_interactions_report report;
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(build(&log, &report, repeated, 5, &(pal_interactions_rules){ .threshold = 3.5, .implicit = true }, &err));
    ck_assert_uint_eq(log->n, 1); /* b's 4.5 for x was taken back */
    ck_assert_uint_eq(report.below, 2);
    ck_assert_uint_eq(log->n_users, 1);
    ck_assert_float_eq(log->value[0], 1);
    pal_interactions_free(log);
    CK_OK(build(&log, &report, repeated, 5, &(pal_interactions_rules){ .threshold = 3.5, .keep_empty = true }, &err));
    ck_assert_uint_eq(log->n, 1);
    ck_assert_uint_eq(log->n_users, 2);
    ck_assert_uint_eq(log->n_items, 2);
    ck_assert_float_eq(log->value[0], 4);
    pal_interactions_free(log);
}
END_TEST

/* A chain: each item has two people, each inner person two items; the 2-core eats it from the end, one link a pass. */
START_TEST(k_core_counts_again_until_nobody_has_fewer_and_min_counts_once)
{
    row rows[40];
    char names[20][2][8];
    pal_interactions_report report;
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    size_t n = 0;

    for (size_t i = 0; i < 20; i++) {
        snprintf(names[i][0], 8, "u%zu", i);
        snprintf(names[i][1], 8, "i%zu", i);
    }
    for (size_t i = 0; i < 18; i++) { /* person i has items i and i + 1; person 0 closes no ring */
        rows[n++] = (row){ names[i][0], names[i][1], 1, 0 };
        if (i < 17) {
            rows[n++] = (row){ names[i][0], names[i + 1][1], 1, 0 };
        }
    }
    rows[n++] = (row){ names[18][0], names[18][1], 1, 0 }; /* a 2 x 2 block that stays */
    rows[n++] = (row){ names[18][0], names[19][1], 1, 0 };
    rows[n++] = (row){ names[19][0], names[18][1], 1, 0 };
    rows[n++] = (row){ names[19][0], names[19][1], 1, 0 };
    CK_OK(build(&log, &report, rows, n, &(pal_interactions_rules){ .core_user = 2, .core_item = 2 }, &err));
    ck_assert_uint_eq(log->n, 4);
    ck_assert_uint_eq(report.rare, n - 4);
    ck_assert_str_eq(log->user_id[0], "u18");
    pal_interactions_free(log);
    CK_OK(build(&log, &report, rows, n, &(pal_interactions_rules){ .min_user = 2, .min_item = 2 }, &err));
    ck_assert_uint_eq(report.rare, 2); /* the single of u17, and the single one of i0 */
    pal_interactions_free(log);
}
END_TEST

/* Row by row, the slow way. */
static size_t brute_count(const row *rows, const bool *in, size_t n, const char *user, const char *item)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        count += in[i] && (user == NULL || strcmp(rows[i].user, user) == 0) &&
                 (item == NULL || strcmp(rows[i].item, item) == 0);
    }
    return count;
}

START_TEST(the_core_is_that_of_the_slow_way)
{
    pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    char ids[30][4];
    row rows[120];
    bool in[120], any = true;
    size_t n = 120, left;
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc;

    for (size_t i = 0; i < 30; i++) {
        snprintf(ids[i], sizeof ids[i], "%zu", i);
    }
    for (size_t i = 0; i < n; i++) {
        rows[i] = (row){ ids[pal_u64(key, (pal_at){ i, 0, 0 }, 0) % 30], ids[pal_u64(key, (pal_at){ i, 1, 0 }, 0) % 25],
                         1, 0 };
        in[i] = true;
    }
    for (size_t i = 0; i < n; i++) { /* the last row of a pair stays */
        for (size_t j = i + 1; j < n; j++) {
            in[i] = in[i] && !(strcmp(rows[i].user, rows[j].user) == 0 && strcmp(rows[i].item, rows[j].item) == 0);
        }
    }
    while (any) {
        bool out[120];

        any = false;
        for (size_t i = 0; i < n; i++) {
            out[i] = in[i] && (brute_count(rows, in, n, rows[i].user, NULL) < 3 ||
                               brute_count(rows, in, n, NULL, rows[i].item) < 4);
            any = any || out[i];
        }
        for (size_t i = 0; i < n; i++) {
            in[i] = in[i] && !out[i];
        }
    }
    left = brute_count(rows, in, n, NULL, NULL);
    rc = build(&log, NULL, rows, n, &(pal_interactions_rules){ .core_user = 3, .core_item = 4 }, &err);
    ck_assert_int_eq(rc, left > 0 ? PAL_OK : PAL_ERR_DATA);
    for (size_t i = 0; i < n && left > 0; i++) {
        if (in[i]) {
            ck_assert_uint_eq(log->order[log_at(log, rows[i].user, rows[i].item)], i);
        }
    }
    ck_assert_uint_eq(log != NULL ? log->n : 0, left);
    pal_interactions_free(log);
}
END_TEST

START_TEST(rows_may_come_in_any_order)
{
    row turned[5] = { repeated[3], repeated[1], repeated[0], repeated[2], repeated[4] };
    pal_interactions *a = NULL, *b = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(build(&a, NULL, repeated, 5, NULL, &err));
    CK_OK(build(&b, NULL, turned, 5, NULL, &err));
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        ck_assert_uint_eq(a->user[i], b->user[i]);
        ck_assert_uint_eq(a->item[i], b->item[i]);
        ck_assert_float_eq(a->value[i], b->value[i]);
    }
    ck_assert_uint_ne(pal_interactions_digest(a), pal_interactions_digest(b)); /* the source's order is part of it */
    pal_interactions_free(a);
    pal_interactions_free(b);
}
END_TEST

START_TEST(faults_name_the_row)
{
    pal_interactions_builder *builder = NULL;
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_interactions_builder_new(&builder, &err));
    data_check_error(pal_interactions_builder_finish(&log, NULL, builder, "x", NULL, &err), &err, PAL_ERR_DATA,
                     "there is no interaction");
    data_check_error(pal_interactions_builder_add(builder, "", 0, "i", 1, 1, 0, PAL_ROW_VALUE, &err), &err, PAL_ERR_DATA,
                     "row 1: the id of the person is empty");
    data_check_error(pal_interactions_builder_add(builder, "u", 1, "", 0, 1, 0, PAL_ROW_VALUE, &err), &err, PAL_ERR_DATA,
                     "row 1: the id of the item is empty");
    data_check_error(pal_interactions_builder_add(builder, "u", 1, "i", 1, NAN, 0, PAL_ROW_VALUE, &err), &err, PAL_ERR_DATA,
                     "row 1: the value is not finite");
    CK_OK(pal_interactions_builder_add(builder, "u", 1, "i", 1, 1, 7, PAL_ROW_TIME, &err));
    data_check_error(pal_interactions_builder_add(builder, "u", 1, "j", 1, 1, 0, 0, &err), &err, PAL_ERR_DATA,
                     "row 2 has no time");
    data_check_error(pal_interactions_builder_finish(&log, NULL, builder, "x", &(pal_interactions_rules){ .core_user = 2 },
                                                     &err), &err, PAL_ERR_DATA,
                     "no interaction is left of 1 rows|1 of people or items with too few");
    pal_interactions_builder_free(builder);
}
END_TEST

START_TEST(sums_beyond_a_float_are_refused)
{
    static const row rows[] = { { "u", "i", 3e38f, 0 }, { "u", "i", 3e38f, 0 } };
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    data_check_error(build(&log, NULL, rows, 2, &(pal_interactions_rules){ .repeats = PAL_REPEATS_SUM }, &err), &err,
                     PAL_ERR_DATA, "person 'u' and item 'i' add up to more than a float holds");
}
END_TEST

START_TEST(a_failing_allocation_is_an_error_and_no_leak)
{
    size_t n_failed = 0;

    for (size_t fail = 1; fail < 200; fail++) {
        pal_interactions *log = NULL;
        pal_error err = { .status = PAL_OK };
        pal_status rc;

        pal_mem_fail_at(fail);
        rc = build(&log, NULL, repeated, 5, &(pal_interactions_rules){ .core_user = 1, .min_item = 1 }, &err);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && log == NULL));
        n_failed += rc != PAL_OK;
        pal_interactions_free(log);
    }
    ck_assert_uint_gt(n_failed, 20);
    ck_assert_uint_lt(n_failed, 199); /* past the last allocation all is well */
}
END_TEST

Suite *suite_data_interactions_build(void)
{
    Suite *suite = suite_create("data/interactions_build");
    TCase *tc = tcase_create("build");

    tcase_add_test(tc, ids_are_numbered_whole_numbers_first_by_size_then_text);
    tcase_add_loop_test(tc, each_policy_settles_a_repeated_pair_its_own_way, 0, 4);
    tcase_add_test(tc, error_policy_names_both_rows_and_the_ids);
    tcase_add_test(tc, threshold_looks_at_the_settled_value_and_implicit_makes_it_one);
    tcase_add_test(tc, k_core_counts_again_until_nobody_has_fewer_and_min_counts_once);
    tcase_add_loop_test(tc, the_core_is_that_of_the_slow_way, 0, 20);
    tcase_add_test(tc, rows_may_come_in_any_order);
    tcase_add_test(tc, faults_name_the_row);
    tcase_add_test(tc, sums_beyond_a_float_are_refused);
    tcase_add_test(tc, a_failing_allocation_is_an_error_and_no_leak);
    suite_add_tcase(suite, tc);
    return suite;
}

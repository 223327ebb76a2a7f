/* Benchmarks: what they count and which stages they time. Times themselves are only checked to be times. */
#include "lab/bench.h"
#include "stages/stage.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_lab_bench(void);

static pal_experiment *small(size_t people, size_t rounds)
{
    const pal_bench_setup setup = { .items = 400, .people = people, .rounds = rounds };
    pal_experiment *experiment = NULL;
    pal_error err = { .status = PAL_OK };

    ck_assert_msg(pal_bench_experiment(&experiment, &setup, &err) == PAL_OK, "%s", err.text);
    return experiment;
}

START_TEST(experiment_has_an_arm_for_each_stage)
{
    pal_experiment *experiment = small(3, 2);

    ck_assert_uint_eq(experiment->n_arms, pal_stage_count());
    for (size_t i = 0; i < pal_stage_count(); i++) {
        ck_assert_str_eq(experiment->arm[i].name, pal_stage_at(i)->name);
        ck_assert_uint_eq(experiment->arm[i].stage, i);
    }
    pal_experiment_free(experiment);
}
END_TEST

START_TEST(each_stage_serves_every_person_in_every_pass)
{
    pal_experiment *experiment = small(7, 4);
    pal_bench_slate *row = calloc(pal_stage_count(), sizeof *row);
    size_t n = 0;

    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(pal_bench_slates(row, &n, experiment, NULL, 3, NULL), PAL_OK);
    ck_assert_uint_eq(n, pal_stage_count());
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(row[i].stage, pal_stage_at(i)->name);
        ck_assert_uint_eq(row[i].people, 7);
        ck_assert_uint_eq(row[i].items, 400);
        ck_assert_uint_eq(row[i].slates, 21);
        ck_assert_double_gt(row[i].per_s, 0);
        ck_assert_double_ge(row[i].median_us, 0);
        ck_assert_double_le(row[i].median_us, row[i].p95_us);
    }
    free(row);
    pal_experiment_free(experiment);
}
END_TEST

START_TEST(one_stage_may_be_timed_alone)
{
    pal_experiment *experiment = small(5, 2);
    pal_bench_slate *row = calloc(pal_stage_count(), sizeof *row);
    pal_error err = { .status = PAL_OK };
    size_t n = 0;

    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(pal_bench_slates(row, &n, experiment, "ranking", 1, NULL), PAL_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(row[0].stage, "ranking");
    ck_assert_int_eq(pal_bench_slates(row, &n, experiment, "rankin", 1, &err), PAL_ERR_USAGE);
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_nonnull(strstr(err.text, "--stage"));
    ck_assert_ptr_nonnull(strstr(err.text, "ranking"));
    free(row);
    pal_experiment_free(experiment);
}
END_TEST

START_TEST(simulated_impressions_are_the_same_at_any_thread_count)
{
    pal_experiment *experiment = small(41, 20);
    pal_bench_sim one, three;

    ck_assert_int_eq(pal_bench_simulate(&one, experiment, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_bench_simulate(&three, experiment, 3, NULL), PAL_OK);
    ck_assert_uint_eq(one.threads, 1);
    ck_assert_uint_eq(three.threads, 3);
    ck_assert_uint_gt(one.impressions, 0);
    ck_assert_uint_le(one.impressions, 41u * 18 * 10); /* the first two rounds of twenty are not timed */
    ck_assert_uint_eq(one.impressions % 10, 0);
    ck_assert_uint_eq(one.impressions, three.impressions);
    ck_assert_double_gt(one.per_s, 0);
    pal_experiment_free(experiment);
}
END_TEST

START_TEST(loading_counts_items_and_names_a_missing_file)
{
    const pal_bench_setup none = { .csv = "tests/fixtures/there-is-no-such-file.csv", .people = 1, .rounds = 1 };
    pal_experiment *experiment = small(1, 1);
    pal_bench_catalog row = { .rows = 0 };
    pal_error err = { .status = PAL_OK };

    ck_assert_int_eq(pal_bench_load(&row, experiment, 2, NULL), PAL_OK);
    ck_assert(row.synthetic);
    ck_assert_uint_eq(row.items, 400);
    ck_assert_uint_eq(row.rows, 400);
    ck_assert_double_gt(row.seconds, 0);
    pal_experiment_free(experiment);

    ck_assert_int_eq(pal_bench_experiment(&experiment, &none, NULL), PAL_OK);
    ck_assert_int_eq(pal_bench_load(&row, experiment, 1, &err), PAL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "there-is-no-such-file.csv"));
    pal_experiment_free(experiment);
}
END_TEST

Suite *suite_lab_bench(void)
{
    Suite *suite = suite_create("lab/bench");
    TCase *tcase = tcase_create("bench");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, experiment_has_an_arm_for_each_stage);
    tcase_add_test(tcase, each_stage_serves_every_person_in_every_pass);
    tcase_add_test(tcase, one_stage_may_be_timed_alone);
    tcase_add_test(tcase, simulated_impressions_are_the_same_at_any_thread_count);
    tcase_add_test(tcase, loading_counts_items_and_names_a_missing_file);
    suite_add_tcase(suite, tcase);
    return suite;
}

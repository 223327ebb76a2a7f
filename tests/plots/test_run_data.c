/* Run directories: read right, and refused with the place named. */
#include "plots/run_data.h"

#include "core/mem.h"
#include "plots/run_people.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_plots_run_data(void);

static pal_rundata *load(const char *dir)
{
    pal_rundata *run = NULL;
    pal_error err = { 0 };

    ck_assert_msg(pal_rundata_load(&run, dir, &err) == PAL_OK, "%s", err.text);
    return run;
}

static void refuse(const char *dir, pal_status status, const char *place, const char *what)
{
    pal_rundata *run = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_rundata_load(&run, dir, &err), status);
    ck_assert_ptr_null(run);
    ck_assert_has(err.text, place);
    ck_assert_has(err.text, what);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}

START_TEST(the_fixture_reads_as_it_was_written)
{
    pal_rundata *run = load(PLOTS_RUN);
    size_t focus = run->focus;
    const pal_series *likes;

    ck_assert_uint_eq(run->n_arms, 3);
    ck_assert_str_eq(run->arms[run->baseline].name, "popularity");
    ck_assert_str_eq(run->arms[focus].name, "progressive");
    ck_assert_str_eq(run->arms[run->oracle].name, "oracle");
    ck_assert_str_eq(run->correction, "Holm");
    ck_assert_double_eq(run->people, 2000);
    ck_assert_double_eq_tol(pal_arm_metric(&run->arms[focus], "like_rate").value, 0.335, 1e-12);
    ck_assert(isnan(pal_arm_metric(&run->arms[focus], "no such").value));
    ck_assert_ptr_null(pal_arm_comparison(&run->arms[run->baseline], "like_rate"));
    ck_assert_double_eq_tol(pal_arm_comparison(&run->arms[focus], "like_rate")->diff.value, 0.155, 1e-12);
    likes = pal_rundata_rounds(run, focus, "like_rate");
    ck_assert_uint_eq(likes->n, 6);
    ck_assert_double_eq(likes->x[5], 5);
    ck_assert_double_gt(likes->hi[0], likes->lo[0]);
    ck_assert_uint_eq(pal_rundata_rounds(run, focus, "no such")->n, 0);
    ck_assert_uint_eq(pal_rundata_slots(run, focus, "examination")->n, 10);
    ck_assert_uint_eq(run->arms[focus].coverage.n, 6);
    ck_assert_uint_eq(run->profiles->n_people, 2);
    ck_assert_uint_eq(run->profiles->n_features, 9);
    ck_assert_uint_eq(run->profiles->people[0].n_true, 3);
    ck_assert_uint_eq(run->n_groups, 3);
    pal_rundata_free(run);
}
END_TEST

START_TEST(an_empty_field_is_undefined_and_not_zero)
{
    pal_rundata *run = load(PLOTS_RUN);

    ck_assert(isnan(pal_rundata_rounds(run, run->baseline, "like_rate")->diff[0]));
    pal_rundata_free(run);
}
END_TEST

START_TEST(stage_shares_of_a_round_sum_to_one_in_stack_order)
{
    pal_rundata *run = load(PLOTS_RUN);
    const pal_plot_arm *arm = &run->arms[run->focus];

    ck_assert_uint_gt(arm->n_stage_kinds, 1);
    for (size_t t = 0; t < arm->n_stage_rounds; t++) {
        double sum = 0;

        for (size_t s = 0; s < arm->n_stage_kinds; s++) {
            sum += arm->stage_rounds[s].share[t];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-12);
    }
    for (size_t s = 1; s < arm->n_stage_kinds; s++) {
        ck_assert_int_lt(pal_stage_order(arm->stage_rounds[s - 1].stage), pal_stage_order(arm->stage_rounds[s].stage));
    }
    pal_rundata_free(run);
}
END_TEST

START_TEST(arms_keep_their_colours_and_differ)
{
    pal_rundata *run = load(PLOTS_RUN);

    ck_assert_int_eq(run->arms[run->baseline].role, PAL_BASE);
    ck_assert_int_eq(run->arms[run->oracle].role, PAL_TOP);
    ck_assert_int_eq(run->arms[run->oracle].dash, PAL_DASHED);
    ck_assert_int_eq(run->arms[run->focus].role, PAL_SERIES_0);
    pal_rundata_free(run);
}
END_TEST

START_TEST(arms_of_one_stage_are_told_apart_by_name)
{
    const char *dir = plots_copy_run("twins");
    pal_rundata *run;

    plots_replace(dir, "summary.json", "\"label\":\"Progressive\"", "\"label\":\"Popularity\"");
    run = load(dir);
    ck_assert_str_eq(run->arms[run->focus].label, "progressive");
    ck_assert_str_eq(run->arms[run->baseline].label, "popularity");
    ck_assert_str_eq(run->arms[run->oracle].label, "oracle"); /* a mixture would look careless */
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_long_run_is_averaged_to_what_a_page_can_show)
{
    const char *dir = plots_copy_run("long");
    char path[600];
    pal_rundata *run;
    const pal_series *likes;
    FILE *file;

    snprintf(path, sizeof path, "%s/rounds.csv", dir);
    file = fopen(path, "wb");
    fprintf(file, "arm,round,metric,value,lo,hi,n,diff,diff_lo,diff_hi\n");
    for (int t = 0; t < 1000; t++) {
        fprintf(file, "progressive,%d,like_rate,%d,%d,%d,9,0,0,0\n", t, t, t - 1, t + 1);
    }
    fclose(file);
    plots_replace(dir, "summary.json", "\"rounds\":6", "\"rounds\":1000");
    run = load(dir);
    likes = pal_rundata_rounds(run, run->focus, "like_rate");
    ck_assert_uint_eq(run->rounds_a_point, 5);
    ck_assert_uint_eq(likes->n, 200);
    ck_assert_double_eq(likes->x[0], 2);      /* mean of 0..4     */
    ck_assert_double_eq(likes->value[199], 997);
    ck_assert_double_eq(likes->hi[0], 3);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    static const char *const files[] = { "summary.json", "manifest.json", "profiles.json", "catalog.json",
                                         "rounds.csv", "slots.csv", "stages.csv", "coverage.csv", "training.csv" };
    const char *dir = plots_copy_run("missing");
    char path[600];

    snprintf(path, sizeof path, "%s/%s", dir, files[_i]);
    ck_assert_int_eq(remove(path), 0);
    refuse(dir, PAL_ERR_IO, files[_i], "missing/"); /* the folder, so the whole path */
}
END_TEST

START_TEST(a_missing_column_is_named_with_its_file)
{
    static const char *const cases[][3] = {
        { "rounds.csv", ",value,", "value" }, { "slots.csv", ",slot,", "slot" },
        { "stages.csv", ",impressions,", "impressions" }, { "coverage.csv", ",starved", "starved" },
        { "training.csv", ",kept,", "kept" },
    };
    const char *dir = plots_copy_run("column");

    plots_replace(dir, cases[_i][0], cases[_i][1], cases[_i][1][strlen(cases[_i][1]) - 1] == ',' ? ",other," : ",other");
    refuse(dir, PAL_ERR_DATA, cases[_i][0], cases[_i][2]);
}
END_TEST

START_TEST(a_field_that_is_no_number_is_named_with_row_and_column)
{
    const char *dir = plots_copy_run("number");

    plots_replace(dir, "rounds.csv", "popularity,0,auc,0.55", "popularity,0,auc,high");
    refuse(dir, PAL_ERR_DATA, "rounds.csv: row 1, column 'value'", "'high'");
}
END_TEST

START_TEST(an_arm_that_is_not_in_the_summary_is_refused)
{
    const char *dir = plots_copy_run("arm");

    plots_replace(dir, "rounds.csv", "popularity,0,auc,", "stranger,0,auc,");
    refuse(dir, PAL_ERR_DATA, "rounds.csv: row 1", "'stranger'");
}
END_TEST

START_TEST(broken_keys_are_named_with_their_path)
{
    static const char *const cases[][4] = {
        { "summary.json", "\"name\":\"small\",", "", "no key 'name'" },
        { "summary.json", "\"baseline\":\"popularity\"", "\"baseline\":\"nobody\"", "'nobody'" },
        { "summary.json", "\"people\":2000", "\"people\":\"many\"", "'people' is a string" },
        { "summary.json", "\"tpr\":[0.0,", "\"tpr\":[", "arms[0].roc" },
        { "profiles.json", "\"cluster\"", "\"klaster\"", "people[0].true_tastes[0]: no key 'cluster'" },
        { "profiles.json", "\"ring\":[", "\"ring\":[0.5,", "'ring' has 10 numbers, there are 9 features" },
        { "profiles.json", "\"true_taste\":0", "\"true_taste\":99", "'true_taste' is 99" },
    };
    const char *dir = plots_copy_run("keys");

    plots_replace(dir, cases[_i][0], cases[_i][1], cases[_i][2]);
    refuse(dir, PAL_ERR_DATA, cases[_i][0], cases[_i][3]);
}
END_TEST

START_TEST(models_curves_and_feedback_read_as_they_were_written)
{
    pal_rundata *run = load(PLOTS_RUN);
    const pal_plot_arm *arm = &run->arms[run->focus];
    const pal_kind *boosted = pal_arm_kind(arm, "boosted");
    const char *model[PAL_MAX_KINDS];

    ck_assert_uint_eq(pal_rundata_kinds(model, run), 2);
    ck_assert_str_eq(model[0], "logistic");
    ck_assert_uint_eq(pal_rundata_lead(run, "boosted"), run->focus);
    ck_assert_uint_eq(pal_rundata_lead(run, "nothing"), SIZE_MAX);
    ck_assert_ptr_null(pal_arm_kind(&run->arms[run->baseline], "boosted"));
    ck_assert_double_eq(boosted->auc.value, 0.655);
    ck_assert_double_eq(boosted->models, 4321);
    ck_assert_double_eq(boosted->auc_ceiling, 0.7713);
    ck_assert(isnan(pal_arm_kind(arm, "logistic")->auc_ceiling));
    ck_assert_uint_eq(boosted->roc.n, 21);
    ck_assert_double_eq(boosted->roc.fpr[20], 1);
    ck_assert_uint_eq(boosted->n_bins, 9);
    ck_assert_uint_eq(boosted->n_shares, 12);
    ck_assert_str_eq(boosted->shares[11].feature, "genre_share");
    ck_assert(isfinite(boosted->shares[11].splits));
    ck_assert(isnan(pal_arm_kind(arm, "logistic")->shares[0].splits));
    ck_assert_uint_eq(run->n_curves, 5);
    ck_assert_double_eq(run->curves[2].kept, 18);
    ck_assert_uint_eq(run->curves[2].n, 48);
    ck_assert_str_eq(run->curves[2].taste, "Classical piano");
    ck_assert(isnan(run->curves[4].valid[0]));
    ck_assert_uint_eq(arm->n_heard, 4);
    ck_assert_uint_eq(arm->heard[1].against, run->baseline);
    ck_assert(isinf(arm->heard[3].to) && arm->heard[3].against == SIZE_MAX && isnan(arm->heard[3].ahead.value));
    ck_assert_uint_eq(run->profiles->people[0].arms[0].learned[0].n_fits, 3);
    ck_assert(!run->profiles->people[0].arms[0].learned[0].fits[1].kept);
    ck_assert(isnan(run->profiles->people[0].arms[0].learned[1].fits[0].auc_ceiling));
    pal_rundata_free(run);
}
END_TEST

START_TEST(faults_in_files_of_models_are_named)
{
    static const char *const cases[][4] = {
        { "model_quality.csv", ",people\n", ",persons\n", "people" },
        { "model_quality.csv", "logistic,auc,,0.61,", "logistic,auc,,half,", "row 1, column 'value': 'half'" },
        { "importance.csv", "progressive,logistic", "stranger,logistic", "row 1: 'stranger'" },
        { "training_curves.csv", "boosted,1,0.", "boosted,one,0.", "row 1, column 'iteration': 'one'" },
        { "feedback.csv", ",progressive,0.0", ",nobody,0.0", "row 1: 'nobody'" },
    };
    const char *dir = plots_copy_run("models");

    plots_replace(dir, cases[_i][0], cases[_i][1], cases[_i][2]);
    refuse(dir, PAL_ERR_DATA, cases[_i][0], cases[_i][3]);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    size_t step = 1, failed = 0;

    for (size_t n = 1;; n += step) {
        pal_rundata *run = NULL;
        pal_error err = { 0 };
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_rundata_load(&run, PLOTS_RUN, &err);
        pal_mem_fail_at(0);
        if (rc == PAL_OK) {
            pal_rundata_free(run);
            break;
        }
        ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu: %s", n, err.text);
        ck_assert_ptr_null(run);
        failed++;
        /* The first hundred one by one, then thinned: JSON alone makes thousands alike. */
        step = n < 100 ? 1 : n / 10;
    }
    ck_assert_uint_gt(failed, 20);
}
END_TEST

Suite *suite_plots_run_data(void)
{
    Suite *suite = suite_create("plots/run_data");
    TCase *tc = tcase_create("run_data");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, the_fixture_reads_as_it_was_written);
    tcase_add_test(tc, an_empty_field_is_undefined_and_not_zero);
    tcase_add_test(tc, stage_shares_of_a_round_sum_to_one_in_stack_order);
    tcase_add_test(tc, arms_keep_their_colours_and_differ);
    tcase_add_test(tc, arms_of_one_stage_are_told_apart_by_name);
    tcase_add_test(tc, a_long_run_is_averaged_to_what_a_page_can_show);
    tcase_add_loop_test(tc, a_missing_file_is_named, 0, 9);
    tcase_add_loop_test(tc, a_missing_column_is_named_with_its_file, 0, 5);
    tcase_add_test(tc, a_field_that_is_no_number_is_named_with_row_and_column);
    tcase_add_test(tc, an_arm_that_is_not_in_the_summary_is_refused);
    tcase_add_loop_test(tc, broken_keys_are_named_with_their_path, 0, 7);
    tcase_add_test(tc, models_curves_and_feedback_read_as_they_were_written);
    tcase_add_loop_test(tc, faults_in_files_of_models_are_named, 0, 5);
    tcase_add_test(tc, every_allocation_may_fail);
    suite_add_tcase(suite, tc);
    return suite;
}

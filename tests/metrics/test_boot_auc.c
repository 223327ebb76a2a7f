/* The user-cluster bootstrap of AUC: against rows written out, and its coverage. */
#include "metrics/interval.h"

#include "core/mem.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_boot_auc(void);

enum { PEOPLE = 12, EACH = 5, ROWS = PEOPLE * EACH, B = 43 };

static pal_boot *boot_of(size_t n, size_t resamples, uint64_t seed)
{
    pal_boot *boot = NULL;

    ck_assert_int_eq(pal_boot_new(&boot, n, NULL, resamples, 0.95, pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP), 1, NULL),
                     PAL_OK);
    return boot;
}

/* Scores cut to a coarse grid, so that runs of ties cross people. */
static void rows_with_ties(uint32_t *person, float *score, uint8_t *label, uint64_t seed)
{
    metrics_people_scores(person, score, label, PEOPLE, EACH, seed);
    for (size_t r = 0; r < ROWS; r++) {
        score[r] = floorf(score[r] * 2);
        person[r] = (uint32_t)(r * 7 % PEOPLE);
    }
}

START_TEST(each_draw_is_the_auc_of_the_weighted_rows)
{
    uint32_t person[ROWS];
    float score[ROWS];
    uint8_t label[ROWS];
    double draws[B], weight[ROWS], value;
    pal_boot *boot = boot_of(PEOPLE, B, (uint64_t)_i);

    rows_with_ties(person, score, label, (uint64_t)_i);
    ck_assert_int_eq(pal_boot_auc_draws(draws, &value, boot, person, score, label, ROWS, 2, NULL), PAL_OK);
    ck_assert_double_eq_tol(value, metrics_slow_auc(score, label, NULL, ROWS), 1e-15);
    for (size_t b = 0; b < B; b++) {
        for (size_t r = 0; r < ROWS; r++) {
            weight[r] = pal_boot_row(boot, b)[person[r]];
        }
        ck_assert_double_eq_tol(draws[b], metrics_slow_auc(score, label, weight, ROWS), 1e-15);
    }
    pal_boot_free(boot);
}
END_TEST

START_TEST(intervals_are_the_same_bytes_at_any_thread_count_and_row_order)
{
    static const size_t threads[3] = { 1, 2, 7 };
    uint32_t person[ROWS], other_person[ROWS];
    float score[ROWS], other_score[ROWS];
    uint8_t label[ROWS], other_label[ROWS];
    pal_interval first, out;
    pal_boot *boot = boot_of(PEOPLE, B, 4);

    rows_with_ties(person, score, label, 4);
    for (size_t r = 0; r < ROWS; r++) {
        other_person[r] = person[r * 17 % ROWS];
        other_score[r] = score[r * 17 % ROWS];
        other_label[r] = label[r * 17 % ROWS];
    }
    ck_assert_int_eq(pal_boot_auc(&first, boot, person, score, label, ROWS, 1, NULL), PAL_OK);
    ck_assert(first.lo < first.value && first.value < first.hi);
    ck_assert_uint_eq(first.n, PEOPLE);
    for (size_t t = 0; t < 3; t++) {
        ck_assert_int_eq(pal_boot_auc(&out, boot, person, score, label, ROWS, threads[t], NULL), PAL_OK);
        ck_assert_mem_eq(&first, &out, sizeof out);
        ck_assert_int_eq(pal_boot_auc(&out, boot, other_person, other_score, other_label, ROWS, threads[t], NULL),
                         PAL_OK);
        ck_assert_mem_eq(&first, &out, sizeof out);
    }
    pal_boot_free(boot);
}
END_TEST

START_TEST(a_difference_is_taken_draw_by_draw)
{
    uint32_t person[ROWS];
    float score[ROWS], other[ROWS];
    uint8_t label[ROWS];
    double a[B], b[B], value_a, value_b;
    pal_interval out, expected, self;
    pal_boot *boot = boot_of(PEOPLE, B, 6);

    rows_with_ties(person, score, label, 6);
    for (size_t r = 0; r < ROWS; r++) {
        other[r] = (float)metrics_u01(6, r, 50);
    }
    ck_assert_int_eq(pal_boot_auc_draws(a, &value_a, boot, person, score, label, ROWS, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_boot_auc_draws(b, &value_b, boot, person, other, label, ROWS, 1, NULL), PAL_OK);
    for (size_t i = 0; i < B; i++) {
        a[i] -= b[i];
    }
    expected = pal_boot_interval(a, B, 0.95, value_a - value_b, PEOPLE);
    ck_assert_int_eq(pal_boot_auc_diff(&out, boot, person, score, other, label, ROWS, 2, NULL), PAL_OK);
    ck_assert_mem_eq(&out, &expected, sizeof out);
    ck_assert_int_eq(pal_boot_auc_diff(&self, boot, person, score, score, label, ROWS, 2, NULL), PAL_OK);
    ck_assert_double_eq(self.lo, 0);
    ck_assert_double_eq(self.hi, 0);
    pal_boot_free(boot);
}
END_TEST

/*
 * 300 worlds. Rows of a person hang together, so an interval over rows would be too narrow. The truth is the normal
 * model's AUC; a scorer that adds noise N(0, 1) of its own has Phi(0.8 / sqrt(2 * 2.36)).
 */
START_TEST(intervals_cover_the_truth)
{
    enum { U = 80, R = 4 * U };
    static uint32_t person[R];
    static float score[R], noisy[R];
    static uint8_t label[R];
    double truth = gsl_cdf_ugaussian_P(0.8 / sqrt(2 * 1.36)), worse = gsl_cdf_ugaussian_P(0.8 / sqrt(2 * 2.36));
    int covered = 0, difference = 0;

    for (uint64_t seed = 0; seed < 300; seed++) {
        pal_boot *boot = boot_of(U, 400, seed);
        pal_interval out;

        metrics_people_scores(person, score, label, U, 4, seed);
        for (size_t r = 0; r < R; r++) {
            noisy[r] = score[r] + (float)metrics_normal(seed, r, 60);
        }
        ck_assert_int_eq(pal_boot_auc(&out, boot, person, score, label, R, 1, NULL), PAL_OK);
        covered += out.lo <= truth && truth <= out.hi;
        ck_assert_int_eq(pal_boot_auc_diff(&out, boot, person, score, noisy, label, R, 1, NULL), PAL_OK);
        difference += out.lo <= truth - worse && truth - worse <= out.hi;
        pal_boot_free(boot);
    }
    ck_assert_int_ge(covered, 276);
    ck_assert_int_le(covered, 294);
    ck_assert_int_ge(difference, 276);
    ck_assert_int_le(difference, 294);
}
END_TEST

START_TEST(auc_of_one_class_has_no_interval)
{
    const uint32_t person[3] = { 0, 1, 1 };
    const float score[3] = { 1, 2, 3 };
    const uint8_t label[3] = { 1, 1, 1 };
    pal_boot *boot = boot_of(3, 20, 1);
    pal_interval out;

    ck_assert_int_eq(pal_boot_auc(&out, boot, person, score, label, 3, 1, NULL), PAL_OK);
    ck_assert(isnan(out.value) && isnan(out.lo) && isnan(out.hi) && isnan(out.se));
    ck_assert_uint_eq(out.n, 2);
    ck_assert_int_eq(pal_boot_auc(&out, boot, person, score, label, 0, 1, NULL), PAL_OK);
    ck_assert(isnan(out.value));
    ck_assert_uint_eq(out.n, 0);
    pal_boot_free(boot);
}
END_TEST

START_TEST(errors_name_the_row)
{
    uint32_t person[3] = { 0, 1, 4 };
    float score[3] = { 1, 2, 3 };
    uint8_t label[3] = { 1, 0, 1 };
    pal_boot *boot = boot_of(3, 20, 1);
    pal_interval out;
    pal_error err;

    ck_assert_int_eq(pal_boot_auc(&out, boot, person, score, label, 3, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "person of row 2 is 4"));
    person[2] = 2;
    label[0] = 9;
    ck_assert_int_eq(pal_boot_auc(&out, boot, person, score, label, 3, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "label of row 0 is 9"));
    label[0] = 1;
    score[1] = NAN;
    ck_assert_int_eq(pal_boot_auc_diff(&out, boot, person, score, score, label, 3, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "score of row 1"));
    pal_boot_free(boot);
}
END_TEST

START_TEST(running_out_of_memory_is_an_error_wherever_it_happens)
{
    uint32_t person[ROWS];
    float score[ROWS];
    uint8_t label[ROWS];
    pal_boot *boot = boot_of(PEOPLE, B, 1);
    pal_interval out;
    pal_status rc = PAL_ERR_MEMORY;
    size_t at;

    rows_with_ties(person, score, label, 1);
    for (at = 1; rc != PAL_OK && at < 100; at++) {
        pal_mem_fail_at(at);
        rc = pal_boot_auc_diff(&out, boot, person, score, score, label, ROWS, 1, NULL);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_OK);
    ck_assert_uint_gt(at, 10);
    pal_boot_free(boot);
}
END_TEST

Suite *suite_metrics_boot_auc(void)
{
    Suite *s = suite_create("metrics/boot_auc");
    TCase *t = tcase_create("boot_auc");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, each_draw_is_the_auc_of_the_weighted_rows, 0, 8);
    tcase_add_test(t, intervals_are_the_same_bytes_at_any_thread_count_and_row_order);
    tcase_add_test(t, a_difference_is_taken_draw_by_draw);
    tcase_add_test(t, intervals_cover_the_truth);
    tcase_add_test(t, auc_of_one_class_has_no_interval);
    tcase_add_test(t, errors_name_the_row);
    tcase_add_test(t, running_out_of_memory_is_an_error_wherever_it_happens);
    suite_add_tcase(s, t);
    return s;
}

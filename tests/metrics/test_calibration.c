/* Reliability, ECE and Platt scaling: against scikit-learn and an independent Newton. */
#include "metrics/calibration.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_metrics_calibration(void);

#define N 300

/* j = numpy.arange(300); P = numpy.float32(((j*97)%300+0.5)/300.0); Y = ((j*j*7+j)%13<5).astype(int) */
static void fixture(float p[N], uint8_t y[N])
{
    for (size_t j = 0; j < N; j++) {
        p[j] = (float)(((double)(j * 97 % 300) + 0.5) / 300);
        y[j] = (j * j * 7 + j) % 13 < 5;
    }
}

/*
 * r = j*53%101; S = numpy.float32((r-30.0)/17.0).astype(float); YY = ((j*j*7+j)%13 < 2+r//10).astype(int)
 * w = 1+(j%4)*0.75
 */
static void platt_fixture(float s[N], uint8_t y[N], double w[N])
{
    for (size_t j = 0; j < N; j++) {
        size_t r = j * 53 % 101;

        s[j] = (float)(((double)r - 30) / 17);
        y[j] = (j * j * 7 + j) % 13 < 2 + r / 10;
        w[j] = 1 + (double)(j % 4) * 0.75;
    }
}

START_TEST(table_and_error_are_those_of_scikit_learn)
{
    float p[N];
    uint8_t y[N];
    pal_reliability_bin bin[PAL_ECE_BINS];
    size_t used;
    double ece;

    fixture(p, y);
    ck_assert_int_eq(pal_reliability(bin, &used, p, y, N, PAL_ECE_BINS, NULL), PAL_OK);
    ck_assert_uint_eq(used, 15);
    for (size_t j = 0; j < 15; j++) {
        ck_assert_uint_eq(bin[j].n, 20);
        ck_assert_double_eq_tol(bin[j].lower, (20.0 * (double)j + 0.5) / 300, 1e-7);
        ck_assert_double_eq_tol(bin[j].upper, (20.0 * (double)j + 19.5) / 300, 1e-7);
    }
    /* scikit-learn 1.2.1: t, q = calibration_curve(Y, P, n_bins=15, strategy='quantile'); t[3], q[3];
     * mean(abs(t - q)). Its means are in single precision. */
    ck_assert_double_eq_tol(bin[3].mean_y, 0.65, 1e-15);
    ck_assert_double_eq_tol(bin[3].mean_p, 0.23333333134651185, 1e-7);
    ck_assert_int_eq(pal_ece(&ece, p, y, N, 15, NULL), PAL_OK);
    ck_assert_double_eq_tol(ece, 0.2944444446180326, 1e-7);
}
END_TEST

START_TEST(equal_predictions_are_never_parted)
{
    const float constant[5] = { 0.4F, 0.4F, 0.4F, 0.4F, 0.4F };
    const float few[7] = { 0.2F, 0.7F, 0.2F, 0.2F, 0.2F, 0.7F, 0.9F };
    const uint8_t y[7] = { 1, 0, 0, 1, 1, 0, 1 };
    pal_reliability_bin bin[4];
    size_t used;
    double ece;

    ck_assert_int_eq(pal_ece(&ece, constant, y, 5, 3, NULL), PAL_OK);
    ck_assert_double_eq_tol(ece, 0.2, 1e-7); /* |3/5 - 0.4|: one bin */
    ck_assert_int_eq(pal_reliability(bin, &used, few, y, 7, 4, NULL), PAL_OK);
    ck_assert_uint_eq(used, 3); /* ends at rows 2, 4, 6, 7 of 7: the first bin takes all four 0.2, the third both 0.7 */
    ck_assert_uint_eq(bin[0].n, 4);
    ck_assert_double_eq(bin[0].mean_y, 0.75);
    ck_assert_uint_eq(bin[1].n, 2);
    ck_assert_double_eq(bin[1].lower, (double)0.7F);
    ck_assert_double_eq(bin[1].upper, (double)0.7F);
    ck_assert_uint_eq(bin[2].n, 1);
    ck_assert_double_eq(bin[2].mean_y, 1);
}
END_TEST

START_TEST(rows_that_do_not_divide_go_to_the_early_bins)
{
    const float p[7] = { 0.7F, 0.1F, 0.3F, 0.2F, 0.5F, 0.4F, 0.6F };
    const uint8_t y[7] = { 1, 0, 0, 1, 1, 0, 1 };
    static const size_t rows[4] = { 2, 2, 2, 1 }; /* ends at ceil(7/4), ceil(14/4), ceil(21/4), 7 */
    pal_reliability_bin bin[9];
    size_t used;

    ck_assert_int_eq(pal_reliability(bin, &used, p, y, 7, 4, NULL), PAL_OK);
    ck_assert_uint_eq(used, 4);
    for (size_t j = 0; j < 4; j++) {
        ck_assert_uint_eq(bin[j].n, rows[j]);
    }
    ck_assert_int_eq(pal_reliability(bin, &used, p, y, 7, 9, NULL), PAL_OK);
    ck_assert_uint_eq(used, 7); /* more bins than rows: a row each, and the others vanish */
}
END_TEST

START_TEST(permuting_rows_leaves_the_error)
{
    float p[N], other_p[N];
    uint8_t y[N], other_y[N];
    double ece, other;

    for (size_t i = 0; i < N; i++) {
        p[i] = (float)(floor(metrics_u01((uint64_t)_i, i, 0) * 40) / 40);
        y[i] = metrics_u01((uint64_t)_i, i, 1) < (double)p[i];
    }
    for (size_t i = 0; i < N; i++) {
        other_p[i] = p[i * 77 % N];
        other_y[i] = y[i * 77 % N];
    }
    ck_assert_int_eq(pal_ece(&ece, p, y, N, 15, NULL), PAL_OK);
    ck_assert_int_eq(pal_ece(&other, other_p, other_y, N, 15, NULL), PAL_OK);
    ck_assert_double_eq(ece, other);
    ck_assert_double_gt(ece, 0);
    ck_assert_double_lt(ece, 0.15); /* true probabilities: of order sqrt(bins / n) */
}
END_TEST

START_TEST(ratio_is_predicted_over_observed)
{
    const float p[4] = { 0.2F, 0.4F, 0.5F, 0.1F };
    const uint8_t y[4] = { 1, 1, 0, 0 }, none[4] = { 0 };

    ck_assert_double_eq_tol(pal_calibration_ratio(p, y, 4), 0.6, 1e-7);
    ck_assert(isnan(pal_calibration_ratio(p, none, 4)));
}
END_TEST

START_TEST(nothing_has_no_error_and_no_bins)
{
    pal_reliability_bin bin[3];
    size_t used = 9;
    double ece = 0;

    ck_assert_int_eq(pal_reliability(bin, &used, NULL, NULL, 0, 3, NULL), PAL_OK);
    ck_assert_uint_eq(used, 0);
    ck_assert_int_eq(pal_ece(&ece, NULL, NULL, 0, 3, NULL), PAL_OK);
    ck_assert(isnan(ece));
}
END_TEST

/* A ridge of next to nothing: plain Platt scaling. Twelve digits come from a Newton of the same targets in numpy;
 * sklearn.calibration._sigmoid_calibration(S, YY) gives the same to its own tolerance, -0.39093901 and 0.34674642. */
START_TEST(platt_is_that_of_numpy_and_scikit_learn)
{
    float s[N];
    uint8_t y[N];
    double w[N], a, b;
    pal_platt_config config = pal_platt_defaults();

    config.ridge = 1e-13;
    platt_fixture(s, y, w);
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, N, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(a, -0.39093902097236211, 1e-10);
    ck_assert_double_eq_tol(b, 0.34674642363623331, 1e-10);
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, w, N, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(a, -0.41381223259074584, 1e-10);
    ck_assert_double_eq_tol(b, 0.35456405193018226, 1e-10);
}
END_TEST

START_TEST(platt_answers_for_one_class_one_score_no_rows_and_separation)
{
    const float s[6] = { -2, -1, -0.5F, 0.5F, 1, 2 }, same[6] = { 1e6F, 1e6F, 1e6F, 1e6F, 1e6F, 1e6F };
    const uint8_t ones[6] = { 1, 1, 1, 1, 1, 1 }, apart[6] = { 0, 0, 0, 1, 1, 1 };
    double a, b;
    pal_platt_config config = pal_platt_defaults();

    ck_assert_int_eq(pal_platt_fit(&a, &b, s, ones, NULL, 6, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(b, 0, 1e-9); /* all targets are 7/8, and so is the smoothed base rate */
    ck_assert_double_eq_tol(1 / (1 + exp(-a)), 7.0 / 8, 1e-6);
    ck_assert_int_eq(pal_platt_fit(&a, &b, same, apart, NULL, 6, NULL, NULL), PAL_OK);
    ck_assert_double_eq(b, 0);
    ck_assert_double_eq_tol(a, 0, 1e-9);
    config.base_rate = 0.2;
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, ones, NULL, 0, &config, NULL), PAL_OK);
    ck_assert_double_eq(b, 0);
    ck_assert_double_eq_tol(a, log(0.25), 1e-15);
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, apart, NULL, 6, NULL, NULL), PAL_OK);
    ck_assert(isfinite(a) && b > 0 && b < 10);
}
END_TEST

/* 3 s + 5000 says the same as s; -s turns the slope. */
START_TEST(platt_minds_only_the_order_and_spacing_of_scores)
{
    float s[N], moved[N];
    uint8_t y[N];
    double w[N], a, b, other_a, other_b;

    platt_fixture(s, y, w);
    for (size_t i = 0; i < N; i++) {
        s[i] = (float)(floor((double)s[i] * 64) / 64); /* so that the moved scores are exact */
        moved[i] = -4 * s[i] + 512;
    }
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, N, NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_platt_fit(&other_a, &other_b, moved, y, NULL, N, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(other_b, -b / 4, 1e-9);
    ck_assert_double_eq_tol(other_a, a + 128 * b, 1e-7);
}
END_TEST

/* Whole weights are repeated rows. (Doubling all weights does change the fit: smoothing and ridge are in rows.) */
START_TEST(a_weight_of_two_is_the_row_twice)
{
    float s[N], twice[2 * N];
    uint8_t y[N], twice_y[2 * N];
    double w[N], a, b, other_a, other_b;
    size_t n = 0;

    platt_fixture(s, y, w);
    for (size_t i = 0; i < N; i++) {
        w[i] = i % 3 == 0 ? 2 : 1;
        for (size_t k = 0; k < (size_t)w[i]; k++) {
            twice[n] = s[i];
            twice_y[n++] = y[i];
        }
    }
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, w, N, NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_platt_fit(&other_a, &other_b, twice, twice_y, NULL, n, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(a, other_a, 1e-9);
    ck_assert_double_eq_tol(b, other_b, 1e-9);
}
END_TEST

/* Logs as they grow from nothing, with scores of any size and classes of any rarity: always an answer, and
 * one that predicts as many positives as the smoothed labels hold. */
START_TEST(platt_settles_on_any_log)
{
    float s[64];
    uint8_t y[64];
    double a, b, scale = pow(10, (double)(_i % 13) - 6), rate = metrics_u01((uint64_t)_i, 99, 0);
    size_t n = (size_t)_i % 65;
    pal_error err;

    for (size_t i = 0; i < n; i++) {
        s[i] = (float)(scale * (metrics_normal((uint64_t)_i, i, 0) + 3));
        y[i] = metrics_u01((uint64_t)_i, i, 1) < rate * rate;
    }
    ck_assert_msg(pal_platt_fit(&a, &b, s, y, NULL, n, NULL, &err) == PAL_OK, "%s", err.text);
    ck_assert(isfinite(a) && isfinite(b));
    for (size_t i = 0; i < n; i++) {
        double p = 1 / (1 + exp(-(a + b * (double)s[i])));

        ck_assert(p > 0 && p < 1);
    }
    if (n >= 2) { /* the intercept's equation: predicted and smoothed positives agree, but for the ridge */
        double predicted = 0, smoothed = 0, positives = 0;

        for (size_t i = 0; i < n; i++) {
            positives += y[i];
        }
        for (size_t i = 0; i < n; i++) {
            predicted += 1 / (1 + exp(-(a + b * (double)s[i])));
            smoothed += y[i] ? (positives + 1) / (positives + 2) : 1 / ((double)n - positives + 2);
        }
        ck_assert_double_eq_tol(predicted, smoothed, 0.02);
    }
}
END_TEST

START_TEST(platt_finds_the_line_behind_the_labels)
{
    enum { M = 40000 };
    static float s[M];
    static uint8_t y[M];
    double a, b;

    for (size_t i = 0; i < M; i++) {
        s[i] = (float)metrics_normal(3, i, 0);
        y[i] = metrics_u01(3, i, 1) < 1 / (1 + exp(-(-0.7 + 1.3 * (double)s[i])));
    }
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, M, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(a, -0.7, 0.05); /* four standard errors */
    ck_assert_double_eq_tol(b, 1.3, 0.06);
}
END_TEST

START_TEST(errors_name_the_place)
{
    float s[4] = { 1, 2, 3, 4 };
    uint8_t y[4] = { 0, 1, 0, 1 };
    double w[4] = { 1, 1, 1, -0.5 }, a, b;
    pal_reliability_bin bin[2];
    size_t used;
    pal_platt_config config = pal_platt_defaults();
    pal_error err;

    ck_assert_int_eq(pal_reliability(bin, &used, s, y, 4, 0, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "0 bins"));
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, w, 4, NULL, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "weight of row 3 is -0.5"));
    config.ridge = 0;
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, 4, &config, &err), PAL_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "ridge"));
    config = pal_platt_defaults();
    config.base_rate = 1;
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, 4, &config, &err), PAL_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "base_rate"));
    config = pal_platt_defaults();
    config.tol = NAN;
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, 4, &config, &err), PAL_ERR_CONFIG);
    config = pal_platt_defaults();
    config.max_iter = 1;
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, 4, &config, &err), PAL_ERR_CONVERGE);
    ck_assert_ptr_nonnull(strstr(err.text, "after 1 steps"));
    config.max_iter = 0;
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, 4, &config, &err), PAL_ERR_CONFIG);
    y[2] = 3;
    ck_assert_int_eq(pal_ece(&a, s, y, 4, 2, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "label of row 2 is 3"));
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, 4, NULL, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "label of row 2 is 3"));
    s[1] = INFINITY;
    ck_assert_int_eq(pal_platt_fit(&a, &b, s, y, NULL, 4, NULL, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "score of row 1"));
}
END_TEST

START_TEST(running_out_of_memory_is_an_error_wherever_it_happens)
{
    float p[N];
    uint8_t y[N];
    double ece;
    pal_status rc = PAL_ERR_MEMORY;
    size_t at;

    fixture(p, y);
    for (at = 1; rc != PAL_OK && at < 50; at++) {
        pal_mem_fail_at(at);
        rc = pal_ece(&ece, p, y, N, 15, NULL);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_OK);
    ck_assert_uint_gt(at, 4);
}
END_TEST

/* 9,370 scores and likes of a run (experiments/stages.json with response.model=cluster-bernoulli) on which the gain of the
 * last step drowns in the rounding of the loss: row count, float scores, labels, base rate and ridge, as they stood. */
START_TEST(a_gain_below_the_rounding_of_the_loss_still_settles)
{
    static float score[16384];
    static uint8_t label[16384];
    FILE *f = fopen("tests/fixtures/platt_stall.bin", "rb");
    pal_platt_config c = pal_platt_defaults();
    pal_error err = { PAL_OK, "" };
    uint64_t n = 0;
    double a, b, observed = 0, predicted = 0;

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fread(&n, sizeof n, 1, f), 1);
    ck_assert_uint_eq(n, 9370);
    ck_assert_uint_eq(fread(score, sizeof *score, n, f), n);
    ck_assert_uint_eq(fread(label, 1, n, f), n);
    ck_assert_uint_eq(fread(&c.base_rate, sizeof c.base_rate, 1, f), 1);
    ck_assert_uint_eq(fread(&c.ridge, sizeof c.ridge, 1, f), 1);
    fclose(f);
    ck_assert_msg(pal_platt_fit(&a, &b, score, label, NULL, n, &c, &err) == PAL_OK, "%s", err.text);
    for (size_t i = 0; i < n; i++) {
        predicted += pal_sigmoid(a + b * (double)score[i]);
        observed += label[i];
    }
    ck_assert_double_eq_tol(predicted / observed, 1, 1e-3);
}
END_TEST

Suite *suite_metrics_calibration(void)
{
    Suite *s = suite_create("metrics/calibration");
    TCase *t = tcase_create("calibration");

    tcase_add_test(t, table_and_error_are_those_of_scikit_learn);
    tcase_add_test(t, equal_predictions_are_never_parted);
    tcase_add_test(t, rows_that_do_not_divide_go_to_the_early_bins);
    tcase_add_loop_test(t, permuting_rows_leaves_the_error, 0, 20);
    tcase_add_test(t, ratio_is_predicted_over_observed);
    tcase_add_test(t, nothing_has_no_error_and_no_bins);
    tcase_add_test(t, platt_is_that_of_numpy_and_scikit_learn);
    tcase_add_test(t, platt_answers_for_one_class_one_score_no_rows_and_separation);
    tcase_add_test(t, platt_minds_only_the_order_and_spacing_of_scores);
    tcase_add_test(t, a_weight_of_two_is_the_row_twice);
    tcase_add_loop_test(t, platt_settles_on_any_log, 0, 195);
    tcase_add_test(t, platt_finds_the_line_behind_the_labels);
    tcase_add_test(t, a_gain_below_the_rounding_of_the_loss_still_settles);
    tcase_add_test(t, errors_name_the_place);
    tcase_add_test(t, running_out_of_memory_is_an_error_wherever_it_happens);
    suite_add_tcase(s, t);
    return s;
}

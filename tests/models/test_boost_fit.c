/* Training: held-out quality beside LightGBM's, what the loss and its curves do. */
#include "models/boost.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "models/boost_model.h"
#include "tests/support/boost_data.h"
#include "tests/support/boost_sample.h"
#include "tests/support/holds.h"

#include <math.h>

Suite *suite_models_boost_fit(void);

#define N_TEST 100000

/* Row 0 and the first labels were printed by the Python that made LightGBM's data. */
START_TEST(the_generator_is_the_one_lightgbm_was_measured_on)
{
    static const float first[BOOST_D] = { -0.38595262f, 1.0722733f, -0.20983289f, 1.1824281f, 1.2966895f,
                                          -0.3163293f,  0.5097123f, 6.0f,         0.0f };
    static const double labels[8] = { 0, 0, 0, 1, 1, 1, 0, 1 };
    boost_sample s = boost_sample_make(BOOST_TEST, 8);

    for (size_t j = 0; j < BOOST_D; j++) {
        ck_assert_double_eq_tol(s.x[j], first[j], 1e-7);
    }
    for (size_t i = 0; i < 8; i++) {
        ck_assert_double_eq(s.y[i], labels[i]);
    }
    boost_sample_drop(&s);
}
END_TEST

/* LightGBM 4.6.0.99, C API, min_data_in_leaf 20, other settings its defaults; test seed, 100,000 rows. */
static const struct {
    size_t n;
    double auc, log_loss;
} lightgbm[] = { { 200, 0.7950, 0.6277 }, { 2000, 0.8376, 0.5190 }, { 20000, 0.8624, 0.4592 } };

START_TEST(held_out_auc_and_log_loss_are_lightgbms_within_0_002)
{
    pal_boost_config config = pal_boost_lightgbm();
    boost_sample test = boost_sample_make(BOOST_TEST, N_TEST), train = boost_sample_make(BOOST_TRAIN, lightgbm[_i].n);
    pal_boost *model = boost_sample_fit(&train, NULL, &config);
    double auc, log_loss;

    boost_sample_judge(&auc, &log_loss, model, &test);
    ck_assert_double_eq_tol(auc, lightgbm[_i].auc, 0.002);
    ck_assert_double_eq_tol(log_loss, lightgbm[_i].log_loss, 0.002);
    ck_assert_uint_eq(pal_boost_trees(model), 100);
    pal_boost_free(model);
    boost_sample_drop(&train);
    boost_sample_drop(&test);
}
END_TEST

/* The same on LightGBM's own data with holes: its predictions and ours, judged on the same rows. */
START_TEST(with_missing_values_we_are_as_good_as_lightgbm)
{
    pal_boost_config config = pal_boost_lightgbm();
    double *x, *y, *test_x, *test_y, ours[500], theirs[500];
    size_t n, n_test;
    pal_boost *model, *lgb = boost_fixture_model("missing");

    config.num_iterations = 30;
    config.num_leaves = 7;
    boost_fixture_rows(&x, &y, &n, "missing_train.csv");
    boost_fixture_rows(&test_x, &test_y, &n_test, "missing_test.csv");
    ck_assert_uint_eq(n_test, 500);
    model = boost_fit(x, y, n, BOOST_D, &config);
    ck_assert_int_eq(pal_boost_predict(NULL, ours, model, test_x, n_test, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_predict(NULL, theirs, lgb, test_x, n_test, 1, NULL), PAL_OK);
    ck_assert_double_eq_tol(boost_auc(ours, test_y, n_test), boost_auc(theirs, test_y, n_test), 0.005);
    ck_assert_double_eq_tol(boost_log_loss(ours, test_y, n_test), boost_log_loss(theirs, test_y, n_test), 0.003);
    pal_boost_free(model);
    pal_boost_free(lgb);
    pal_free(x);
    pal_free(y);
    pal_free(test_x);
    pal_free(test_y);
}
END_TEST

/* The settings of reference system R1 but for the sampling: L1, L2, depth 3, early stopping on rows 401 ... 600. */
START_TEST(with_r1s_settings_we_are_as_good_as_lightgbm)
{
    pal_boost_config config = pal_boost_defaults();
    double *test_x, *test_y, ours[500], theirs[500];
    size_t n_test;
    boost_sample all = boost_sample_make(BOOST_TRAIN, 600), train = all, valid = all;
    pal_boost *model, *lgb = boost_fixture_model("taste");

    train.n = 400;
    valid.x += 400 * BOOST_D;
    valid.y += 400;
    valid.n = 200;
    config.bagging_freq = 0;
    config.feature_fraction = 1;
    config.scale_pos_weight = 1;
    model = boost_sample_fit(&train, &valid, &config);
    boost_fixture_rows(&test_x, &test_y, &n_test, "taste_test.csv");
    ck_assert_uint_eq(n_test, 500);
    ck_assert_int_eq(pal_boost_predict(NULL, ours, model, test_x, n_test, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_predict(NULL, theirs, lgb, test_x, n_test, 1, NULL), PAL_OK);
    ck_assert_double_eq_tol(boost_auc(ours, test_y, n_test), boost_auc(theirs, test_y, n_test), 0.01);
    ck_assert_double_eq_tol(boost_log_loss(ours, test_y, n_test), boost_log_loss(theirs, test_y, n_test), 0.01);
    /* the first tree has a depth of three: the root and its thresholds are LightGBM's */
    ck_assert_int_eq(model->node[0].feature, lgb->node[0].feature);
    ck_assert_double_eq(model->node[0].threshold, lgb->node[0].threshold);
    pal_boost_free(model);
    pal_boost_free(lgb);
    pal_free(test_x);
    pal_free(test_y);
    boost_sample_drop(&all);
}
END_TEST

START_TEST(one_split_recovers_a_step_function)
{
    double x[100], y[100];
    pal_boost_config config = pal_boost_lightgbm();
    pal_boost *model;

    for (size_t i = 0; i < 100; i++) {
        x[i] = (double)i * 0.1173 - 3;
        y[i] = i >= 37;
    }
    config.num_iterations = 1;
    config.num_leaves = 2;
    config.min_data_in_bin = 1;
    model = boost_fit(x, y, 100, 1, &config);
    ck_assert_uint_eq(model->n_nodes, 1);
    ck_assert_double_eq_tol(model->node[0].threshold, (x[36] + x[37]) / 2, 1e-12);
    ck_assert_int_eq(model->node[0].count, 100);
    ck_assert_int_eq(model->leaf[0].count, 37);
    ck_assert_int_eq(model->leaf[1].count, 63);
    /* leaf: log-odds of the mean, plus rate times -G/H with G, H at p = 0.63 */
    ck_assert_double_eq_tol(model->leaf[0].value, pal_logit(0.63) - 0.1 * 0.63 / (0.63 * 0.37), 1e-6);
    ck_assert_double_eq_tol(model->leaf[1].value, pal_logit(0.63) + 0.1 * 0.37 / (0.63 * 0.37), 1e-6);
    pal_boost_free(model);
}
END_TEST

START_TEST(training_loss_falls_every_round)
{
    pal_boost_config config = pal_boost_lightgbm();
    boost_sample train = boost_sample_make(1000 + (uint64_t)_i, 500);
    const double *curve;
    pal_boost *model;
    size_t rounds;

    config.train_curve = true;
    config.num_iterations = 60;
    model = boost_sample_fit(&train, NULL, &config);
    rounds = pal_boost_curve(model, &curve, NULL);
    ck_assert_uint_eq(rounds, 60);
    HOLD(curve[0] < 0.69315);
    for (size_t r = 1; r < rounds; r++) {
        HOLDS(curve[r] < curve[r - 1], "round %zu: %g after %g", r, curve[r], curve[r - 1]);
    }
    pal_boost_free(model);
    boost_sample_drop(&train);
}
END_TEST

/* Two ways to the same number: the curve's last entry, and the loss of the predictions. */
START_TEST(the_curves_are_the_losses_of_the_predictions)
{
    pal_boost_config config = pal_boost_defaults();
    boost_sample train = boost_sample_make(31, 700), valid = boost_sample_make(32, 300);
    const double *on_train, *on_valid;
    double auc, loss;
    pal_boost *model;
    size_t rounds;

    config.early_stopping_round = 0;
    config.num_iterations = 25;
    model = boost_sample_fit(&train, &valid, &config);
    rounds = pal_boost_curve(model, &on_train, &on_valid);
    ck_assert_uint_eq(rounds, 25);
    boost_sample_judge(&auc, &loss, model, &train);
    ck_assert_double_eq_tol(on_train[24], loss, 1e-6);
    boost_sample_judge(&auc, &loss, model, &valid);
    ck_assert_double_eq_tol(on_valid[24], loss, 1e-12);
    pal_boost_free(model);
    boost_sample_drop(&train);
    boost_sample_drop(&valid);
}
END_TEST

START_TEST(early_stopping_keeps_the_best_round)
{
    pal_boost_config config = pal_boost_defaults(), shorter;
    boost_sample train = boost_sample_make(41 + (uint64_t)_i, 200), valid = boost_sample_make(141 + (uint64_t)_i, 150);
    const double *curve;
    size_t rounds, best = 0;
    pal_boost *model, *again;

    config.early_stopping_round = 10;
    model = boost_sample_fit(&train, &valid, &config);
    rounds = pal_boost_curve(model, NULL, &curve);
    for (size_t r = 1; r < rounds; r++) {
        best = curve[r] < curve[best] ? r : best;
    }
    ck_assert_uint_eq(pal_boost_trees(model), best + 1);
    ck_assert_uint_eq(rounds, best + 11);
    shorter = config;
    shorter.early_stopping_round = 0;
    shorter.num_iterations = (int)best + 1;
    again = boost_sample_fit(&train, &valid, &shorter);
    ck_assert(pal_boost_digest(model) == pal_boost_digest(again));
    pal_boost_free(model);
    pal_boost_free(again);
    boost_sample_drop(&train);
    boost_sample_drop(&valid);
}
END_TEST

Suite *suite_models_boost_fit(void)
{
    Suite *s = suite_create("models/boost_fit");
    TCase *tc = tcase_create("fit");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_generator_is_the_one_lightgbm_was_measured_on);
    tcase_add_loop_test(tc, held_out_auc_and_log_loss_are_lightgbms_within_0_002, 0, 3);
    tcase_add_test(tc, with_missing_values_we_are_as_good_as_lightgbm);
    tcase_add_test(tc, with_r1s_settings_we_are_as_good_as_lightgbm);
    tcase_add_test(tc, one_split_recovers_a_step_function);
    tcase_add_loop_test(tc, training_loss_falls_every_round, 0, 10);
    tcase_add_test(tc, the_curves_are_the_losses_of_the_predictions);
    tcase_add_loop_test(tc, early_stopping_keeps_the_best_round, 0, 6);
    suite_add_tcase(s, tc);
    return s;
}

/* Training: held-out quality beside LightGBM's, properties of the fit, bad input. */
#include "models/boost.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "models/boost_model.h"
#include "tests/support/boost_data.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_models_boost_fit(void);

#define N_TEST 100000

static const pal_key key = { 7, 6 };

/* The two samples of the measured data. */
typedef struct sample {
    float *x;
    double *y;
    size_t n;
} sample;

static sample make_sample(uint64_t seed, size_t n)
{
    sample s = { pal_calloc(n * BOOST_D, sizeof *s.x), pal_calloc(n, sizeof *s.y), n };

    ck_assert(s.x != NULL && s.y != NULL);
    boost_generate(s.x, s.y, seed, n);
    return s;
}

static void drop_sample(sample *s)
{
    pal_free(s->x);
    pal_free(s->y);
}

static pal_boost *fit_sample(const sample *train, const sample *valid, const pal_boost_config *config)
{
    const pal_boost_rows rows = { .x32 = train->x, .y = train->y, .n = train->n };
    const pal_boost_rows others = { .x32 = valid == NULL ? NULL : valid->x, .y = valid == NULL ? NULL : valid->y,
                                    .n = valid == NULL ? 0 : valid->n };
    pal_boost *model = NULL;
    pal_error err;

    if (pal_boost_fit(&model, &rows, valid == NULL ? NULL : &others, BOOST_D, config, key, &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    return model;
}

static void judge(double *auc, double *log_loss, const pal_boost *model, const sample *test)
{
    double *p = pal_calloc(test->n, sizeof *p);

    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(pal_boost_predict_f32(NULL, p, model, test->x, test->n, 1, NULL), PAL_OK);
    *auc = boost_auc(p, test->y, test->n);
    *log_loss = boost_log_loss(p, test->y, test->n);
    pal_free(p);
}

/* Row 0 and the first labels were printed by the Python that made LightGBM's data. */
START_TEST(the_generator_is_the_one_lightgbm_was_measured_on)
{
    static const float first[BOOST_D] = { -0.38595262f, 1.0722733f, -0.20983289f, 1.1824281f, 1.2966895f,
                                          -0.3163293f,  0.5097123f, 6.0f,         0.0f };
    static const double labels[8] = { 0, 0, 0, 1, 1, 1, 0, 1 };
    sample s = make_sample(BOOST_TEST, 8);

    for (size_t j = 0; j < BOOST_D; j++) {
        ck_assert_double_eq_tol(s.x[j], first[j], 1e-7);
    }
    for (size_t i = 0; i < 8; i++) {
        ck_assert_double_eq(s.y[i], labels[i]);
    }
    drop_sample(&s);
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
    sample test = make_sample(BOOST_TEST, N_TEST), train = make_sample(BOOST_TRAIN, lightgbm[_i].n);
    pal_boost *model = fit_sample(&train, NULL, &config);
    double auc, log_loss;

    judge(&auc, &log_loss, model, &test);
    ck_assert_double_eq_tol(auc, lightgbm[_i].auc, 0.002);
    ck_assert_double_eq_tol(log_loss, lightgbm[_i].log_loss, 0.002);
    ck_assert_uint_eq(pal_boost_trees(model), 100);
    pal_boost_free(model);
    drop_sample(&train);
    drop_sample(&test);
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
    sample all = make_sample(BOOST_TRAIN, 600), train = all, valid = all;
    pal_boost *model, *lgb = boost_fixture_model("taste");

    train.n = 400;
    valid.x += 400 * BOOST_D;
    valid.y += 400;
    valid.n = 200;
    config.bagging_freq = 0;
    config.feature_fraction = 1;
    config.scale_pos_weight = 1;
    model = fit_sample(&train, &valid, &config);
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
    drop_sample(&all);
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
    sample train = make_sample(1000 + (uint64_t)_i, 500);
    const double *curve;
    pal_boost *model;
    size_t rounds;

    config.train_curve = true;
    config.num_iterations = 60;
    model = fit_sample(&train, NULL, &config);
    rounds = pal_boost_curve(model, &curve, NULL);
    ck_assert_uint_eq(rounds, 60);
    HOLD(curve[0] < 0.69315);
    for (size_t r = 1; r < rounds; r++) {
        HOLDS(curve[r] < curve[r - 1], "round %zu: %g after %g", r, curve[r], curve[r - 1]);
    }
    pal_boost_free(model);
    drop_sample(&train);
}
END_TEST

/* Two ways to the same number: the curve's last entry, and the loss of the predictions. */
START_TEST(the_curves_are_the_losses_of_the_predictions)
{
    pal_boost_config config = pal_boost_defaults();
    sample train = make_sample(31, 700), valid = make_sample(32, 300);
    const double *on_train, *on_valid;
    double auc, loss;
    pal_boost *model;
    size_t rounds;

    config.early_stopping_round = 0;
    config.num_iterations = 25;
    model = fit_sample(&train, &valid, &config);
    rounds = pal_boost_curve(model, &on_train, &on_valid);
    ck_assert_uint_eq(rounds, 25);
    judge(&auc, &loss, model, &train);
    ck_assert_double_eq_tol(on_train[24], loss, 1e-6);
    judge(&auc, &loss, model, &valid);
    ck_assert_double_eq_tol(on_valid[24], loss, 1e-12);
    pal_boost_free(model);
    drop_sample(&train);
    drop_sample(&valid);
}
END_TEST

START_TEST(early_stopping_keeps_the_best_round)
{
    pal_boost_config config = pal_boost_defaults(), shorter;
    sample train = make_sample(41 + (uint64_t)_i, 200), valid = make_sample(141 + (uint64_t)_i, 150);
    const double *curve;
    size_t rounds, best = 0;
    pal_boost *model, *again;

    config.early_stopping_round = 10;
    model = fit_sample(&train, &valid, &config);
    rounds = pal_boost_curve(model, NULL, &curve);
    for (size_t r = 1; r < rounds; r++) {
        best = curve[r] < curve[best] ? r : best;
    }
    ck_assert_uint_eq(pal_boost_trees(model), best + 1);
    ck_assert_uint_eq(rounds, best + 11);
    shorter = config;
    shorter.early_stopping_round = 0;
    shorter.num_iterations = (int)best + 1;
    again = fit_sample(&train, &valid, &shorter);
    ck_assert(pal_boost_digest(model) == pal_boost_digest(again));
    pal_boost_free(model);
    pal_boost_free(again);
    drop_sample(&train);
    drop_sample(&valid);
}
END_TEST

START_TEST(threads_change_no_bit)
{
    static const size_t threads[] = { 2, 7 };
    pal_boost_config config = pal_boost_defaults();
    sample train = make_sample(51, 80000); /* large enough for threads to be used: 720,000 updates a histogram */
    double *one = pal_calloc(train.n, sizeof *one), *more = pal_calloc(train.n, sizeof *more);
    pal_boost *model;
    uint64_t digest;

    config.num_iterations = 6;
    config.max_depth = 0;
    model = fit_sample(&train, NULL, &config);
    digest = pal_boost_digest(model);
    ck_assert_int_eq(pal_boost_predict_f32(one, NULL, model, train.x, train.n, 1, NULL), PAL_OK);
    for (size_t t = 0; t < 2; t++) {
        pal_boost *other;

        config.n_threads = threads[t];
        other = fit_sample(&train, NULL, &config);
        ck_assert(pal_boost_digest(other) == digest);
        ck_assert_int_eq(pal_boost_predict_f32(more, NULL, other, train.x, train.n, threads[t], NULL), PAL_OK);
        ck_assert_mem_eq(one, more, train.n * sizeof *one);
        pal_boost_free(other);
    }
    pal_boost_free(model);
    pal_free(one);
    pal_free(more);
    drop_sample(&train);
}
END_TEST

/* Integer sums have no order. */
START_TEST(the_order_of_rows_does_not_matter)
{
    pal_boost_config config = pal_boost_lightgbm();
    sample train = make_sample(61 + (uint64_t)_i, 311), turned = make_sample(0, 311);
    pal_boost *a, *b;

    for (size_t i = 0; i < train.n; i++) {
        size_t from = (i * 100 + 17) % train.n; /* 311 is prime */

        turned.y[i] = train.y[from];
        for (size_t j = 0; j < BOOST_D; j++) {
            turned.x[i * BOOST_D + j] = train.x[from * BOOST_D + j];
        }
    }
    config.num_iterations = 30;
    a = fit_sample(&train, NULL, &config);
    b = fit_sample(&turned, NULL, &config);
    ck_assert(pal_boost_digest(a) == pal_boost_digest(b));
    pal_boost_free(a);
    pal_boost_free(b);
    drop_sample(&train);
    drop_sample(&turned);
}
END_TEST

START_TEST(a_doubled_weight_is_the_row_twice)
{
    double x[120 * 2], y[120], weight[120], p[120], q[120];
    double twice[240 * 2], label[240], single[240];
    pal_boost_config config = pal_boost_lightgbm();
    const pal_boost_rows weighted = { .x = x, .y = y, .weight = weight, .n = 120 };
    pal_boost_rows repeated = { .x = twice, .y = label, .weight = single };
    pal_boost *a = NULL, *b = NULL;

    for (size_t i = 0; i < 120; i++) {
        uint64_t seed = 71 + (uint64_t)_i;
        double w = 0.5 + boost_u01(seed, 4 * i + 3); /* uneven, so that no two splits gain the same */

        x[2 * i] = floor(20 * boost_u01(seed, 4 * i)) + 0.385;
        x[2 * i + 1] = floor(15 * boost_u01(seed, 4 * i + 1)) - 7.5;
        y[i] = boost_u01(seed, 4 * i + 2) < pal_sigmoid(0.2 * x[2 * i + 1] + 0.05 * x[2 * i] - 0.3);
        weight[i] = i % 3 == 0 ? 2 * w : w;
        for (int copy = 0; copy < (i % 3 == 0 ? 2 : 1); copy++) {
            twice[2 * repeated.n] = x[2 * i];
            twice[2 * repeated.n + 1] = x[2 * i + 1];
            single[repeated.n] = w;
            label[repeated.n++] = y[i];
        }
    }
    config.num_iterations = 10;
    config.min_data_in_leaf = config.min_data_in_bin = 1; /* these count rows */
    config.min_sum_hessian_in_leaf = 3;
    ck_assert_int_eq(pal_boost_fit(&a, &weighted, NULL, 2, &config, key, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_fit(&b, &repeated, NULL, 2, &config, key, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_predict(p, NULL, a, x, 120, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_predict(q, NULL, b, x, 120, 1, NULL), PAL_OK);
    for (size_t i = 0; i < 120; i++) {
        ck_assert_double_eq_tol(p[i], q[i], 1e-6);
    }
    pal_boost_free(a);
    pal_boost_free(b);
}
END_TEST

/* scale_pos_weight is a weight on the positives in all but the start, which is the mean label's. */
START_TEST(positive_weight_is_a_weight_on_the_positives)
{
    pal_boost_config config = pal_boost_lightgbm(), plain;
    sample train = make_sample(81, 400);
    double weight[400];
    const pal_boost_rows rows = { .x32 = train.x, .y = train.y, .weight = weight, .n = 400 };
    pal_boost *a, *b = NULL;

    config.boost_from_average = false;
    config.num_iterations = 8;
    plain = config;
    config.scale_pos_weight = 3;
    for (size_t i = 0; i < 400; i++) {
        weight[i] = train.y[i] > 0 ? 3 : 1;
    }
    a = fit_sample(&train, NULL, &config);
    ck_assert_int_eq(pal_boost_fit(&b, &rows, NULL, BOOST_D, &plain, key, NULL), PAL_OK);
    ck_assert(pal_boost_digest(a) == pal_boost_digest(b));
    pal_boost_free(a);
    pal_boost_free(b);
    drop_sample(&train);
}
END_TEST

START_TEST(missing_values_learn_their_side)
{
    double x[200], y[200];
    const double nan_row = NAN;
    pal_boost_config config = pal_boost_lightgbm();
    pal_boost *model;

    /* the label follows x > 0; the missing ones are all of label _i */
    for (size_t i = 0; i < 200; i++) {
        x[i] = i % 4 == 0 ? NAN : (double)(i % 37) - 18.385;
        y[i] = i % 4 == 0 ? _i : x[i] > 0;
    }
    config.num_iterations = 5;
    config.num_leaves = 2;
    model = boost_fit(x, y, 200, 1, &config);
    ck_assert((model->node[0].decision & PAL_BOOST_MISSING_NAN) != 0);
    ck_assert_int_eq((model->node[0].decision & PAL_BOOST_DEFAULT_LEFT) != 0, _i == 0);
    ck_assert((pal_boost_raw(model, &nan_row) > 0) == (_i == 1));
    pal_boost_free(model);
}
END_TEST

START_TEST(constant_empty_and_infinite_columns_are_no_trouble)
{
    double x[300 * 4], y[300], splits[4];
    pal_boost_config config = pal_boost_lightgbm();
    pal_boost *model;

    for (size_t i = 0; i < 300; i++) {
        x[4 * i] = 2.385;
        x[4 * i + 1] = NAN;
        x[4 * i + 2] = i % 10 == 0 ? INFINITY : i % 10 == 1 ? -INFINITY : boost_u01(5, i);
        x[4 * i + 3] = boost_u01(6, i);
        y[i] = x[4 * i + 3] > 0.6 || x[4 * i + 2] > 1;
    }
    config.num_iterations = 10;
    model = boost_fit(x, y, 300, 4, &config);
    pal_boost_importance(NULL, splits, model);
    ck_assert_double_eq(splits[0], 0);
    ck_assert_double_eq(splits[1], 0);
    ck_assert_double_gt(splits[3], 0);
    for (size_t i = 0; i < 300; i++) {
        HOLD(isfinite(pal_boost_raw(model, x + 4 * i)));
    }
    pal_boost_free(model);
}
END_TEST

START_TEST(with_nothing_to_split_on_the_model_is_the_mean)
{
    double x[50], y[50];
    pal_boost_config config = pal_boost_lightgbm();
    pal_boost *model;

    for (size_t i = 0; i < 50; i++) {
        x[i] = 1.5;
        y[i] = i < 11;
    }
    model = boost_fit(x, y, 50, 1, &config);
    ck_assert_uint_eq(pal_boost_trees(model), 1);
    ck_assert_double_eq_tol(pal_boost_probability(model, pal_boost_raw(model, x)), 0.22, 1e-15);
    pal_boost_free(model);
}
END_TEST

START_TEST(every_leaf_keeps_the_limits)
{
    pal_boost_config config = pal_boost_defaults();
    sample train = make_sample(91 + (uint64_t)_i, 400);
    pal_boost *model;

    config.num_iterations = 40;
    config.min_data_in_leaf = 7 + _i;
    config.min_sum_hessian_in_leaf = 1.385;
    config.min_gain_to_split = 0.1173;
    config.max_depth = 3;
    config.num_leaves = 6;
    config.bagging_freq = 3;
    model = fit_sample(&train, NULL, &config);
    for (size_t t = 0; t < model->n_trees; t++) {
        HOLD(model->tree[t].n_leaves <= 6 && model->depth[t] <= 3);
        for (size_t l = 0; model->tree[t].n_leaves > 1 && l < model->tree[t].n_leaves; l++) {
            const pal_boost_leaf *leaf = &model->leaf[model->tree[t].first_leaf + l];

            HOLD(leaf->count >= config.min_data_in_leaf && leaf->weight >= 1.385 - 1e-6);
        }
    }
    for (size_t i = 0; i < model->n_nodes; i++) {
        HOLD(model->node[i].gain > 0.1173f);
    }
    pal_boost_free(model);
    drop_sample(&train);
}
END_TEST

START_TEST(bags_hold_about_their_share_and_change_with_the_key)
{
    pal_boost_config config = pal_boost_lightgbm();
    sample train = make_sample(95, 5000);
    const pal_boost_rows rows = { .x32 = train.x, .y = train.y, .n = train.n };
    pal_boost *a = NULL, *b = NULL;
    double used[BOOST_D];

    config.num_iterations = 4;
    config.bagging_freq = 2;
    config.bagging_fraction = 0.7;
    config.feature_fraction = 0.34;
    a = fit_sample(&train, NULL, &config);
    for (size_t t = 0; t < 4; t++) {
        ck_assert_int_gt(a->node[a->tree[t].first_node].count, 3300); /* 3500 +- 6 standard deviations */
        ck_assert_int_lt(a->node[a->tree[t].first_node].count, 3700);
    }
    /* rows are drawn every second tree */
    ck_assert_int_eq(a->node[a->tree[0].first_node].count, a->node[a->tree[1].first_node].count);
    ck_assert_int_ne(a->node[a->tree[1].first_node].count, a->node[a->tree[2].first_node].count);
    for (size_t t = 0; t < 4; t++) { /* three of nine features a tree */
        size_t distinct = 0;

        for (size_t j = 0; j < BOOST_D; j++) {
            used[j] = 0;
        }
        for (size_t i = 0; i + 1 < a->tree[t].n_leaves; i++) {
            used[a->node[a->tree[t].first_node + i].feature] = 1;
        }
        for (size_t j = 0; j < BOOST_D; j++) {
            distinct += used[j] > 0;
        }
        ck_assert_uint_le(distinct, 3);
    }
    ck_assert_int_eq(pal_boost_fit(&b, &rows, NULL, BOOST_D, &config, (pal_key){ 8, 6 }, NULL), PAL_OK);
    ck_assert(pal_boost_digest(a) != pal_boost_digest(b));
    pal_boost_free(a);
    pal_boost_free(b);
    drop_sample(&train);
}
END_TEST

START_TEST(rows_at_once_and_one_by_one_score_the_same)
{
    pal_boost_config config = pal_boost_lightgbm();
    double *x, *y, raw[500];
    size_t n;
    pal_boost *model;

    boost_fixture_rows(&x, &y, &n, "missing_test.csv"); /* rows with and without holes, mixed */
    config.num_iterations = 20;
    config.min_data_in_leaf = 5;
    model = boost_fit(x, y, n, BOOST_D, &config);
    ck_assert_int_eq(pal_boost_predict(raw, NULL, model, x, n, 1, NULL), PAL_OK);
    for (size_t i = 0; i < n; i++) {
        double walked = 0;

        for (size_t t = 0; t < model->n_trees; t++) { /* the slow way */
            const pal_boost_tree *tree = &model->tree[t];
            int32_t at = tree->n_leaves > 1 ? 0 : -1;

            while (at >= 0) {
                const pal_boost_node *node = &model->node[tree->first_node + (size_t)at];

                at = pal_boost_next(node, x[i * BOOST_D + (size_t)node->feature]);
            }
            walked += model->leaf[tree->first_leaf + (size_t)~at].value;
        }
        HOLDS(raw[i] == walked && pal_boost_raw(model, x + i * BOOST_D) == walked, "row %zu", i);
    }
    pal_boost_free(model);
    pal_free(x);
    pal_free(y);
}
END_TEST

START_TEST(importance_counts_splits_and_sums_gains)
{
    pal_boost_config config = pal_boost_lightgbm();
    sample train = make_sample(99, 600);
    double gain[BOOST_D], splits[BOOST_D], all_gain = 0, all_splits = 0, gains = 0;
    pal_boost *model = fit_sample(&train, NULL, &config);

    pal_boost_importance(gain, splits, model);
    for (size_t i = 0; i < model->n_nodes; i++) {
        gains += (double)model->node[i].gain;
    }
    for (size_t j = 0; j < BOOST_D; j++) {
        all_gain += gain[j];
        all_splits += splits[j];
    }
    ck_assert_double_eq_tol(all_gain, gains, 1e-9 * gains);
    ck_assert_double_eq(all_splits, (double)model->n_nodes);
    ck_assert_double_gt(gain[0], gain[8]); /* x0 matters most, x8 hardly */
    pal_boost_free(model);
    drop_sample(&train);
}
END_TEST

/* ---- bad input ----------------------------------------------------------------------------- */

static pal_boost *untouched = (pal_boost *)&lightgbm;

static void refused(const pal_boost_rows *rows, const pal_boost_rows *valid, size_t d, const pal_boost_config *config,
                    pal_status wanted, const char *place)
{
    pal_boost *model = untouched;
    pal_error err;

    ck_assert_int_eq(pal_boost_fit(&model, rows, valid, d, config, key, &err), wanted);
    ck_assert_has(err.text, place);
    ck_assert_ptr_eq(model, untouched);
}

START_TEST(bad_rows_are_named)
{
    double x[20], y[20], weight[20];
    pal_boost_rows rows = { .x = x, .y = y, .n = 20 }, none = { .x = x, .y = y, .n = 0 };
    pal_boost_config config = pal_boost_lightgbm();

    for (size_t i = 0; i < 20; i++) {
        x[i] = (double)i;
        y[i] = i % 2 == 0;
        weight[i] = 1;
    }
    refused(&none, NULL, 1, &config, PAL_ERR_SHAPE, "0 rows");
    refused(&rows, NULL, 0, &config, PAL_ERR_SHAPE, "0 features");
    refused(&rows, &none, 1, &config, PAL_ERR_SHAPE, "validation");
    y[13] = 0.5;
    refused(&rows, NULL, 1, &config, PAL_ERR_DATA, "row 13 has label 0.5");
    y[13] = NAN;
    refused(&rows, NULL, 1, &config, PAL_ERR_DATA, "row 13");
    y[13] = 1;
    rows.weight = weight;
    weight[4] = 0;
    refused(&rows, NULL, 1, &config, PAL_ERR_DATA, "row 4 has weight 0");
    weight[4] = INFINITY;
    refused(&rows, NULL, 1, &config, PAL_ERR_DATA, "row 4 has weight inf");
    rows.weight = NULL;
    for (size_t i = 0; i < 20; i++) {
        y[i] = 1;
    }
    refused(&rows, NULL, 1, &config, PAL_ERR_DATA, "all 20 labels are 1");
    for (size_t i = 0; i < 20; i++) {
        y[i] = 0;
    }
    refused(&rows, NULL, 1, &config, PAL_ERR_DATA, "all 20 labels are 0");
}
END_TEST

START_TEST(bad_settings_are_named)
{
    double x[4] = { 1, 2, 3, 4 }, y[4] = { 0, 1, 0, 1 };
    pal_boost_rows rows = { .x = x, .y = y, .n = 4 };
    const pal_boost_config good = pal_boost_lightgbm();
    pal_boost_config bad;

#define BAD(field, value)                                        \
    bad = good;                                                  \
    bad.field = value;                                           \
    refused(&rows, NULL, 1, &bad, PAL_ERR_CONFIG, #field)
    BAD(num_iterations, 0);
    BAD(learning_rate, 0);
    BAD(learning_rate, 1.5);
    BAD(num_leaves, 1);
    BAD(max_depth, -1);
    BAD(min_data_in_leaf, 0);
    BAD(min_sum_hessian_in_leaf, -1);
    BAD(lambda_l1, -0.1);
    BAD(lambda_l2, (double)NAN);
    BAD(min_gain_to_split, -2);
    BAD(bagging_fraction, 0);
    BAD(bagging_freq, -1);
    BAD(feature_fraction, 1.01);
    BAD(scale_pos_weight, -1);
    BAD(max_bin, 256);
    BAD(max_bin, 1);
    BAD(min_data_in_bin, 0);
    BAD(early_stopping_round, -3);
    BAD(n_threads, 0);
#undef BAD
}
END_TEST

START_TEST(the_table_gives_the_defaults)
{
    pal_values *values = NULL;
    pal_boost_config from, direct = pal_boost_defaults();

    ck_assert_int_eq(pal_values_read(&values, pal_boost_params, NULL, "test", "", NULL, NULL), PAL_OK);
    from = pal_boost_config_from(values);
    ck_assert_int_eq(from.num_iterations, direct.num_iterations);
    ck_assert_double_eq(from.learning_rate, direct.learning_rate);
    ck_assert_int_eq(from.num_leaves, direct.num_leaves);
    ck_assert_int_eq(from.max_depth, direct.max_depth);
    ck_assert_int_eq(from.min_data_in_leaf, direct.min_data_in_leaf);
    ck_assert_double_eq(from.min_sum_hessian_in_leaf, direct.min_sum_hessian_in_leaf);
    ck_assert_double_eq(from.lambda_l1, direct.lambda_l1);
    ck_assert_double_eq(from.lambda_l2, direct.lambda_l2);
    ck_assert_double_eq(from.min_gain_to_split, direct.min_gain_to_split);
    ck_assert_double_eq(from.bagging_fraction, direct.bagging_fraction);
    ck_assert_int_eq(from.bagging_freq, direct.bagging_freq);
    ck_assert_double_eq(from.feature_fraction, direct.feature_fraction);
    ck_assert_double_eq(from.scale_pos_weight, direct.scale_pos_weight);
    ck_assert_int_eq(from.max_bin, direct.max_bin);
    ck_assert_int_eq(from.min_data_in_bin, direct.min_data_in_bin);
    ck_assert_int_eq(from.early_stopping_round, direct.early_stopping_round);
    ck_assert(from.boost_from_average == direct.boost_from_average);
    pal_values_free(values);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    sample train = make_sample(3, 60), valid = make_sample(4, 30);
    const pal_boost_rows rows = { .x32 = train.x, .y = train.y, .n = 60 },
                         others = { .x32 = valid.x, .y = valid.y, .n = 30 };
    pal_boost_config config = pal_boost_defaults();
    size_t n = 0;
    pal_status rc;

    config.num_iterations = 200; /* beyond the first room for trees */
    config.early_stopping_round = 0;
    do {
        pal_boost *model = untouched;
        pal_error err = { 0 };

        pal_mem_fail_at(++n);
        rc = pal_boost_fit(&model, &rows, &others, BOOST_D, &config, key, &err);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && err.status == rc && model == untouched));
        if (rc == PAL_OK) {
            pal_boost_free(model);
        }
    } while (rc != PAL_OK);
    ck_assert_uint_gt(n, 40);
    drop_sample(&train);
    drop_sample(&valid);
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
    tcase_add_test(tc, threads_change_no_bit);
    tcase_add_loop_test(tc, the_order_of_rows_does_not_matter, 0, 10);
    tcase_add_loop_test(tc, a_doubled_weight_is_the_row_twice, 0, 10);
    tcase_add_test(tc, positive_weight_is_a_weight_on_the_positives);
    tcase_add_loop_test(tc, missing_values_learn_their_side, 0, 2);
    tcase_add_test(tc, constant_empty_and_infinite_columns_are_no_trouble);
    tcase_add_test(tc, with_nothing_to_split_on_the_model_is_the_mean);
    tcase_add_loop_test(tc, every_leaf_keeps_the_limits, 0, 10);
    tcase_add_test(tc, bags_hold_about_their_share_and_change_with_the_key);
    tcase_add_test(tc, rows_at_once_and_one_by_one_score_the_same);
    tcase_add_test(tc, importance_counts_splits_and_sums_gains);
    suite_add_tcase(s, tc);
    tc = tcase_create("bad input");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, bad_rows_are_named);
    tcase_add_test(tc, bad_settings_are_named);
    tcase_add_test(tc, the_table_gives_the_defaults);
    tcase_add_test(tc, any_allocation_may_fail);
    suite_add_tcase(s, tc);
    return s;
}

/* Properties of the fit and of the trees it makes. */
#include "models/boost.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "models/boost_model.h"
#include "tests/support/boost_data.h"
#include "tests/support/boost_sample.h"
#include "tests/support/holds.h"

#include <math.h>

Suite *suite_models_boost_properties(void);

static const pal_key key = { 7, 6 };

START_TEST(threads_change_no_bit)
{
    static const size_t threads[] = { 2, 7 };
    pal_boost_config config = pal_boost_defaults();
    boost_sample train = boost_sample_make(51, 80000); /* more than PAL_BOOST_WORTH_THREADS */
    double *one = pal_calloc(train.n, sizeof *one), *more = pal_calloc(train.n, sizeof *more);
    pal_boost *model;
    uint64_t digest;

    config.num_iterations = 6;
    config.max_depth = 0;
    model = boost_sample_fit(&train, NULL, &config);
    digest = pal_boost_digest(model);
    ck_assert_int_eq(pal_boost_predict_f32(one, NULL, model, train.x, train.n, 1, NULL), PAL_OK);
    for (size_t t = 0; t < 2; t++) {
        pal_boost *other;

        config.n_threads = threads[t];
        other = boost_sample_fit(&train, NULL, &config);
        ck_assert(pal_boost_digest(other) == digest);
        ck_assert_int_eq(pal_boost_predict_f32(more, NULL, other, train.x, train.n, threads[t], NULL), PAL_OK);
        ck_assert_mem_eq(one, more, train.n * sizeof *one);
        pal_boost_free(other);
    }
    pal_boost_free(model);
    pal_free(one);
    pal_free(more);
    boost_sample_drop(&train);
}
END_TEST

/* Integer sums have no order. */
START_TEST(the_order_of_rows_does_not_matter)
{
    pal_boost_config config = pal_boost_lightgbm();
    boost_sample train = boost_sample_make(61 + (uint64_t)_i, 311), turned = boost_sample_make(0, 311);
    pal_boost *a, *b;

    for (size_t i = 0; i < train.n; i++) {
        size_t from = (i * 100 + 17) % train.n; /* 311 is prime */

        turned.y[i] = train.y[from];
        for (size_t j = 0; j < BOOST_D; j++) {
            turned.x[i * BOOST_D + j] = train.x[from * BOOST_D + j];
        }
    }
    config.num_iterations = 30;
    a = boost_sample_fit(&train, NULL, &config);
    b = boost_sample_fit(&turned, NULL, &config);
    ck_assert(pal_boost_digest(a) == pal_boost_digest(b));
    pal_boost_free(a);
    pal_boost_free(b);
    boost_sample_drop(&train);
    boost_sample_drop(&turned);
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
    boost_sample train = boost_sample_make(81, 400);
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
    a = boost_sample_fit(&train, NULL, &config);
    ck_assert_int_eq(pal_boost_fit(&b, &rows, NULL, BOOST_D, &plain, key, NULL), PAL_OK);
    ck_assert(pal_boost_digest(a) == pal_boost_digest(b));
    pal_boost_free(a);
    pal_boost_free(b);
    boost_sample_drop(&train);
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
    boost_sample train = boost_sample_make(91 + (uint64_t)_i, 400);
    pal_boost *model;

    config.num_iterations = 40;
    config.min_data_in_leaf = 7 + _i;
    config.min_sum_hessian_in_leaf = 1.385;
    config.min_gain_to_split = 0.1173;
    config.max_depth = 3;
    config.num_leaves = 6;
    config.bagging_freq = 3;
    model = boost_sample_fit(&train, NULL, &config);
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
    boost_sample_drop(&train);
}
END_TEST

START_TEST(bags_hold_about_their_share_and_change_with_the_key)
{
    pal_boost_config config = pal_boost_lightgbm();
    boost_sample train = boost_sample_make(95, 5000);
    const pal_boost_rows rows = { .x32 = train.x, .y = train.y, .n = train.n };
    pal_boost *a = NULL, *b = NULL;
    double used[BOOST_D];

    config.num_iterations = 4;
    config.bagging_freq = 2;
    config.bagging_fraction = 0.7;
    config.feature_fraction = 0.34;
    a = boost_sample_fit(&train, NULL, &config);
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
    boost_sample_drop(&train);
}
END_TEST

/* The slow way. */
static double walk(const pal_boost *model, const double *x)
{
    double sum = 0;

    for (size_t t = 0; t < model->n_trees; t++) {
        const pal_boost_tree *tree = &model->tree[t];
        int32_t at = tree->n_leaves > 1 ? 0 : -1;

        while (at >= 0) {
            const pal_boost_node *node = &model->node[tree->first_node + (size_t)at];

            at = pal_boost_next(node, x[node->feature]);
        }
        sum += model->leaf[tree->first_leaf + (size_t)~at].value;
    }
    return sum;
}

/* Small trees are predicted with masks, larger ones by walking: both must come to what the nodes say. */
static void hold_against_walks(const pal_boost *model, const double *x, size_t n)
{
    double *raw = pal_calloc(n, sizeof *raw);

    ck_assert_ptr_nonnull(raw);
    ck_assert_int_eq(pal_boost_predict(raw, NULL, model, x, n, 2, NULL), PAL_OK);
    for (size_t i = 0; i < n; i++) {
        double walked = walk(model, x + i * BOOST_D);

        HOLDS(raw[i] == walked && pal_boost_raw(model, x + i * BOOST_D) == walked, "row %zu", i);
    }
    pal_free(raw);
}

START_TEST(rows_at_once_and_one_by_one_score_as_walked)
{
    static const int leaves[] = { 31, 32, 33, 120, 2 }, trees[] = { 20, 90, 20, 4, 150 };
    pal_boost_config config = pal_boost_lightgbm();
    double *x, *y;
    size_t n;
    pal_boost *model;

    boost_fixture_rows(&x, &y, &n, "missing_test.csv"); /* rows with and without holes, mixed */
    config.num_iterations = trees[_i];
    config.num_leaves = leaves[_i];
    config.min_data_in_leaf = 3;
    model = boost_fit(x, y, n, BOOST_D, &config);
    ck_assert_int_eq(model->masks.value != NULL, leaves[_i] <= PAL_BOOST_MASK_LEAVES);
    hold_against_walks(model, x, n);
    for (size_t i = 0; i < n * BOOST_D; i++) { /* no holes; on the thresholds themselves, and far out */
        x[i] = x[i] != x[i] ? 0 : x[i];
        if (i % 7 == 0) x[i] = model->node[i % model->n_nodes].threshold;
        if (i % 61 == 0) x[i] = i % 2 == 0 ? INFINITY : -INFINITY;
    }
    hold_against_walks(model, x, n);
    pal_boost_free(model);
    pal_free(x);
    pal_free(y);
}
END_TEST

START_TEST(importance_counts_splits_and_sums_gains)
{
    pal_boost_config config = pal_boost_lightgbm();
    boost_sample train = boost_sample_make(99, 600);
    double gain[BOOST_D], splits[BOOST_D], all_gain = 0, all_splits = 0, gains = 0;
    pal_boost *model = boost_sample_fit(&train, NULL, &config);

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
    boost_sample_drop(&train);
}
END_TEST

Suite *suite_models_boost_properties(void)
{
    Suite *s = suite_create("models/boost_properties");
    TCase *tc = tcase_create("properties");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, threads_change_no_bit);
    tcase_add_loop_test(tc, the_order_of_rows_does_not_matter, 0, 10);
    tcase_add_loop_test(tc, a_doubled_weight_is_the_row_twice, 0, 10);
    tcase_add_test(tc, positive_weight_is_a_weight_on_the_positives);
    tcase_add_loop_test(tc, missing_values_learn_their_side, 0, 2);
    tcase_add_test(tc, constant_empty_and_infinite_columns_are_no_trouble);
    tcase_add_test(tc, with_nothing_to_split_on_the_model_is_the_mean);
    tcase_add_loop_test(tc, every_leaf_keeps_the_limits, 0, 10);
    tcase_add_test(tc, bags_hold_about_their_share_and_change_with_the_key);
    tcase_add_loop_test(tc, rows_at_once_and_one_by_one_score_as_walked, 0, 5);
    tcase_add_test(tc, importance_counts_splits_and_sums_gains);
    suite_add_tcase(s, tc);
    return s;
}

/* Bad rows and settings are named; memory may run out anywhere. */
#include "models/boost.h"

#include "core/mem.h"
#include "tests/support/boost_data.h"
#include "tests/support/boost_sample.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdint.h>

Suite *suite_models_boost_input(void);

static const pal_key key = { 7, 6 };

static const int nowhere;
static pal_boost *const untouched = (pal_boost *)(uintptr_t)&nowhere;

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
    boost_sample train = boost_sample_make(3, 60), valid = boost_sample_make(4, 30);
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
    boost_sample_drop(&train);
    boost_sample_drop(&valid);
}
END_TEST

Suite *suite_models_boost_input(void)
{
    Suite *s = suite_create("models/boost_input");
    TCase *tc = tcase_create("bad input");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, bad_rows_are_named);
    tcase_add_test(tc, bad_settings_are_named);
    tcase_add_test(tc, the_table_gives_the_defaults);
    tcase_add_test(tc, any_allocation_may_fail);
    suite_add_tcase(s, tc);
    return s;
}

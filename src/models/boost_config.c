/* Settings of boosted trees: defaults, parameter table. */
#include "models/boost.h"

/* R1: experiments of the progressive recommender; see also LightGBM's documentation of its parameters. */
#define R1 "R1 boosted stage"
#define LGB "LightGBM 4"

const pal_param pal_boost_params[] = {
    { "num_iterations", PAL_PARAM_INT, "1000", 1, 100000, NULL, "trees at most", R1 },
    { "learning_rate", PAL_PARAM_REAL, "0.05", 1e-6, 1, NULL, "factor on every leaf", R1 },
    { "num_leaves", PAL_PARAM_INT, "15", 2, 4096, NULL, "leaves of a tree at most", R1 },
    { "max_depth", PAL_PARAM_INT, "3", 0, 4096, NULL, "splits from root to leaf at most; 0 = no limit", R1 },
    { "min_data_in_leaf", PAL_PARAM_INT, "5", 1, 1e9, NULL, "rows in a leaf at least", R1 },
    { "min_sum_hessian_in_leaf", PAL_PARAM_REAL, "0.001", 0, 1e9, NULL, "sum of hessians in a leaf at least", LGB },
    { "lambda_l1", PAL_PARAM_REAL, "0.1", 0, 1e9, NULL, "L1: soft threshold on a leaf's gradient sum", R1 },
    { "lambda_l2", PAL_PARAM_REAL, "0.1", 0, 1e9, NULL, "L2: added to a leaf's hessian sum", R1 },
    { "min_gain_to_split", PAL_PARAM_REAL, "0", 0, 1e9, NULL, "a split must gain more than this", LGB },
    { "bagging_fraction", PAL_PARAM_REAL, "0.8", 1e-3, 1, NULL, "share of rows a tree sees", R1 },
    { "bagging_freq", PAL_PARAM_INT, "1", 0, 100000, NULL, "rows are drawn anew every so many trees; 0 = all rows always", R1 },
    { "feature_fraction", PAL_PARAM_REAL, "0.8", 1e-3, 1, NULL, "share of features a tree sees", R1 },
    { "scale_pos_weight", PAL_PARAM_REAL, "0", 0, 1e6, NULL, "weight of label 1; 0 = max(1, negatives / positives)", R1 },
    { "max_bin", PAL_PARAM_INT, "255", 2, 255, NULL, "bins of a feature at most", LGB },
    { "min_data_in_bin", PAL_PARAM_INT, "3", 1, 1e9, NULL, "rows in a bin at least", LGB },
    { "early_stopping_round", PAL_PARAM_INT, "30", 0, 100000, NULL,
      "stop after so many trees without a better validation LogLoss; 0 = never", R1 },
    { "boost_from_average", PAL_PARAM_BOOL, "true", 0, 0, NULL, "start from the log-odds of the mean label", LGB },
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
};

pal_boost_config pal_boost_defaults(void)
{
    return (pal_boost_config){
        .num_iterations = 1000, .learning_rate = 0.05, .num_leaves = 15, .max_depth = 3, .min_data_in_leaf = 5,
        .min_sum_hessian_in_leaf = 1e-3, .lambda_l1 = 0.1, .lambda_l2 = 0.1, .bagging_fraction = 0.8,
        .bagging_freq = 1, .feature_fraction = 0.8, .scale_pos_weight = 0, .max_bin = 255, .min_data_in_bin = 3,
        .early_stopping_round = 30, .boost_from_average = true, .train_curve = true, .n_threads = 1,
    };
}

pal_boost_config pal_boost_lightgbm(void)
{
    return (pal_boost_config){
        .num_iterations = 100, .learning_rate = 0.1, .num_leaves = 31, .max_depth = 0, .min_data_in_leaf = 20,
        .min_sum_hessian_in_leaf = 1e-3, .bagging_fraction = 1, .bagging_freq = 0, .feature_fraction = 1,
        .scale_pos_weight = 1, .max_bin = 255, .min_data_in_bin = 3, .early_stopping_round = 0,
        .boost_from_average = true, .train_curve = false, .n_threads = 1,
    };
}

pal_boost_config pal_boost_config_from(const pal_values *values)
{
    pal_boost_config c = pal_boost_defaults();

    c.num_iterations = (int)pal_values_int(values, "num_iterations");
    c.learning_rate = pal_values_real(values, "learning_rate");
    c.num_leaves = (int)pal_values_int(values, "num_leaves");
    c.max_depth = (int)pal_values_int(values, "max_depth");
    c.min_data_in_leaf = (int)pal_values_int(values, "min_data_in_leaf");
    c.min_sum_hessian_in_leaf = pal_values_real(values, "min_sum_hessian_in_leaf");
    c.lambda_l1 = pal_values_real(values, "lambda_l1");
    c.lambda_l2 = pal_values_real(values, "lambda_l2");
    c.min_gain_to_split = pal_values_real(values, "min_gain_to_split");
    c.bagging_fraction = pal_values_real(values, "bagging_fraction");
    c.bagging_freq = (int)pal_values_int(values, "bagging_freq");
    c.feature_fraction = pal_values_real(values, "feature_fraction");
    c.scale_pos_weight = pal_values_real(values, "scale_pos_weight");
    c.max_bin = (int)pal_values_int(values, "max_bin");
    c.min_data_in_bin = (int)pal_values_int(values, "min_data_in_bin");
    c.early_stopping_round = (int)pal_values_int(values, "early_stopping_round");
    c.boost_from_average = pal_values_bool(values, "boost_from_average");
    return c;
}

/* Settings of boosted trees: defaults, parameter table, limits, and as LightGBM writes them. */
#include "models/boost_model.h"

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
    { "bagging_freq", PAL_PARAM_INT, "1", 0, 100000, NULL,
      "rows are drawn anew every so many trees; 0 = all rows always", R1 },
    { "feature_fraction", PAL_PARAM_REAL, "0.8", 1e-3, 1, NULL, "share of features a tree sees", R1 },
    { "scale_pos_weight", PAL_PARAM_REAL, "0", 0, 1e6, NULL,
      "weight of label 1; 0 = max(1, negatives / positives)", R1 },
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

pal_status pal_boost_config_check(const pal_boost_config *c, pal_error *err)
{
    const struct {
        const char *name;
        double value, low, high;
    } field[] = {
        { "num_iterations", c->num_iterations, 1, 1e9 },
        { "learning_rate", c->learning_rate, 1e-300, 1 },
        { "num_leaves", c->num_leaves, 2, 4096 },
        { "max_depth", c->max_depth, 0, 1e9 },
        { "min_data_in_leaf", c->min_data_in_leaf, 1, 1e9 },
        { "min_sum_hessian_in_leaf", c->min_sum_hessian_in_leaf, 0, 1e300 },
        { "lambda_l1", c->lambda_l1, 0, 1e300 },
        { "lambda_l2", c->lambda_l2, 0, 1e300 },
        { "min_gain_to_split", c->min_gain_to_split, 0, 1e300 },
        { "bagging_fraction", c->bagging_fraction, 1e-300, 1 },
        { "bagging_freq", c->bagging_freq, 0, 1e9 },
        { "feature_fraction", c->feature_fraction, 1e-300, 1 },
        { "scale_pos_weight", c->scale_pos_weight, 0, 1e300 },
        { "max_bin", c->max_bin, 2, 255 },
        { "min_data_in_bin", c->min_data_in_bin, 1, 1e9 },
        { "early_stopping_round", c->early_stopping_round, 0, 1e9 },
        { "n_threads", (double)c->n_threads, 1, 4096 },
    };
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        if (!(field[i].value >= field[i].low && field[i].value <= field[i].high)) {
            PAL_FAIL(PAL_ERR_CONFIG, "boosted trees: %s is %g, outside %g ... %g", field[i].name, field[i].value,
                     field[i].low, field[i].high);
        }
    }

done:
    return rc;
}

pal_status pal_boost_config_text(char **out, const pal_boost_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };

    pal_text_add(&text, "[boosting: gbdt]\n[objective: binary]\n[metric: binary_logloss]\n[tree_learner: serial]\n");
    pal_text_addf(&text, "[num_iterations: %d]\n[learning_rate: %g]\n[num_leaves: %d]\n", c->num_iterations,
                  c->learning_rate, c->num_leaves);
    pal_text_addf(&text, "[max_depth: %d]\n[min_data_in_leaf: %d]\n[min_sum_hessian_in_leaf: %g]\n",
                  c->max_depth > 0 ? c->max_depth : -1, c->min_data_in_leaf, c->min_sum_hessian_in_leaf);
    pal_text_addf(&text, "[bagging_fraction: %g]\n[bagging_freq: %d]\n[feature_fraction: %g]\n", c->bagging_fraction,
                  c->bagging_freq, c->feature_fraction);
    pal_text_addf(&text, "[early_stopping_round: %d]\n[lambda_l1: %g]\n[lambda_l2: %g]\n[min_gain_to_split: %g]\n",
                  c->early_stopping_round, c->lambda_l1, c->lambda_l2, c->min_gain_to_split);
    pal_text_addf(&text, "[max_bin: %d]\n[min_data_in_bin: %d]\n[use_missing: 1]\n[zero_as_missing: 0]\n", c->max_bin,
                  c->min_data_in_bin);
    pal_text_addf(&text, "[scale_pos_weight: %g]\n[sigmoid: 1]\n[boost_from_average: %d]\n",
                  c->scale_pos_weight > 0 ? c->scale_pos_weight : 1, c->boost_from_average);
    PAL_TRY(pal_text_check(&text, err));
    *out = text.bytes;
    text.bytes = NULL;

done:
    pal_text_clear(&text);
    return rc;
}

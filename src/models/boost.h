/*
 * Boosted trees for a binary label: histogram gradient boosting as LightGBM does it, in exact arithmetic.
 *
 * Follows Ke et al., LightGBM, NeurIPS 2017, and the bins, defaults and text format of LightGBM 4; second-order gains
 * after Chen & Guestrin, XGBoost, KDD 2016. Ours differs in three ways: gradients are summed as integers, so that
 * sums and histogram differences have no rounding and do not depend on threads; the rows of a leaf are counted, where
 * LightGBM guesses them from the hessians; and draws are keyed, so that row order and threads do not move them.
 * Oracles: tests/models/test_boost*.c (LightGBM's own models, brute-force splits and Shapley values).
 */
#ifndef PAL_MODELS_BOOST_H
#define PAL_MODELS_BOOST_H

#include "core/error.h"
#include "core/param.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_boost pal_boost; /* a fitted or loaded model: const from there on */

typedef struct pal_boost_config { /* names and meaning are LightGBM's */
    int num_iterations;       /* trees at most; > 0                                              */
    double learning_rate;     /* factor on every leaf; (0, 1]                                    */
    int num_leaves;           /* leaves of a tree at most; 2 ... 4096                            */
    int max_depth;            /* splits on a way from root to leaf; 0 = no limit                 */
    int min_data_in_leaf;     /* rows in a leaf, counted; >= 1                                   */
    double min_sum_hessian_in_leaf; /* >= 0                                                      */
    double lambda_l1;         /* soft threshold on a leaf's gradient sum; >= 0                   */
    double lambda_l2;         /* added to a leaf's hessian sum; >= 0                             */
    double min_gain_to_split; /* a split must gain more than this; >= 0                          */
    double bagging_fraction;  /* share of rows a tree sees; (0, 1]                               */
    int bagging_freq;         /* rows are drawn anew every so many trees; 0 = all rows always    */
    double feature_fraction;  /* share of features a tree sees; (0, 1]                           */
    double scale_pos_weight;  /* weight of label 1; 0 = max(1, negatives / positives)            */
    int max_bin;              /* bins of a feature at most, missing values included; 2 ... 255   */
    int min_data_in_bin;      /* rows in a bin at least; >= 1                                    */
    int early_stopping_round; /* stop after so many trees without a better validation LogLoss; 0 = never */
    bool boost_from_average;  /* start from the log-odds of the mean label, not from 0           */
    bool train_curve;         /* record the training LogLoss of every round                      */
    size_t n_threads;         /* >= 1; no result depends on it                                   */
} pal_boost_config;

pal_boost_config pal_boost_defaults(void); /* reference system R1, one thread              */
pal_boost_config pal_boost_lightgbm(void); /* LightGBM's own defaults, one thread          */

/* The table of the fields above (without train_curve and n_threads), R1's defaults; ends with a zero. */
extern const pal_param pal_boost_params[];
/* A config from checked values of that table. */
pal_boost_config pal_boost_config_from(const pal_values *values);
/* PAL_ERR_CONFIG names a field outside its range. pal_boost_fit asks this first. */
PAL_MUST_USE pal_status pal_boost_config_check(const pal_boost_config *config, pal_error *err);

typedef struct pal_boost_rows { /* a labelled sample; all borrowed */
    const double *x;      /* n x d row-major; NaN = missing, infinity allowed; or NULL ...   */
    const float *x32;     /* ... and the same in floats: exactly one of the two              */
    const double *y;      /* n, each 0 or 1                                                  */
    const double *weight; /* n, between 1e-30 and 1e30; or NULL for all 1                    */
    size_t n;
} pal_boost_rows;

/*
 * Fit a model. `valid` (NULL: none) is never learned from; with early_stopping_round > 0 training stops on its
 * LogLoss and the model keeps the trees up to the best round, the first of equals. `key` feeds row and column
 * sampling and, above 200,000 rows, the choice of rows from which bins are made. Caller owns *out. On error *out is
 * left as it was.
 *   PAL_ERR_SHAPE   n or d is 0, or n is 2^24 or more
 *   PAL_ERR_CONFIG  a field outside its range
 *   PAL_ERR_DATA    one class only; a label not 0 or 1; a weight out of range: the text names the row
 *   PAL_ERR_MEMORY
 * Takes about 2 d + 40 bytes a row (4 d + 40 up to 262,144 rows), 4.3 d kilobytes a leaf and 4 d a thread; nothing is
 * allocated while a tree grows.
 * Source and oracles: top of this file.
 */
PAL_MUST_USE pal_status pal_boost_fit(pal_boost **out, const pal_boost_rows *train, const pal_boost_rows *valid,
                                      size_t d, const pal_boost_config *config, pal_key key, pal_error *err);
void pal_boost_free(pal_boost *model); /* accepts NULL */

size_t pal_boost_features(const pal_boost *model);       /* d                                  */
size_t pal_boost_trees(const pal_boost *model);          /* trees kept                         */
const char *pal_boost_name(const pal_boost *model, size_t feature); /* "Column_0" ... unless named; borrowed */
/* Give the d features names (copied): no blanks, not empty, no two alike. PAL_ERR_DATA names the fault. */
PAL_MUST_USE pal_status pal_boost_set_names(pal_boost *model, const char *const *names, pal_error *err);

/* LogLoss after each round run, those past the best included; NaN where not measured; borrowed. Loaded models: none. */
size_t pal_boost_curve(const pal_boost *model, const double **train, const double **valid);

/*
 * Raw scores (log-odds) and probabilities of n rows.
 *   raw, probability   out  n, either may be NULL
 *   x                  in   n x d row-major; NaN = missing, and 0 where training met no missing value (as LightGBM)
 * Same bytes at any thread count, and the same as row by row.
 *   PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_boost_predict(double *raw, double *probability, const pal_boost *model, const double *x,
                                          size_t n, size_t n_threads, pal_error *err);
PAL_MUST_USE pal_status pal_boost_predict_f32(double *raw, double *probability, const pal_boost *model,
                                              const float *x, size_t n, size_t n_threads, pal_error *err);
double pal_boost_raw(const pal_boost *model, const double *x); /* one row of d; no allocation */
double pal_boost_probability(const pal_boost *model, double raw);

/*
 * Contributions of each feature to the raw score, by path-dependent TreeSHAP, and the expected score; they add up to
 * the raw score. What LightGBM calls pred_contrib.
 *   out   n x (d + 1), row-major
 *   PAL_ERR_DATA    a loaded model without the rows of its nodes and leaves
 *   PAL_ERR_MEMORY
 * Source: Lundberg, Erion, Lee, "Consistent individualized feature attribution for tree ensembles", 2018.
 */
PAL_MUST_USE pal_status pal_boost_contributions(double *out, const pal_boost *model, const double *x, size_t n,
                                                size_t n_threads, pal_error *err);

/* Importance of the d features: sum of gains, and number of splits; either may be NULL. */
void pal_boost_importance(double *gain, double *splits, const pal_boost *model);

/* Digest of all that can change a prediction. */
uint64_t pal_boost_digest(const pal_boost *model);

/*
 * Save and load in LightGBM's text model format, version v4 (v3 and v2 are read too). Saving what was loaded and
 * loading it again keeps every prediction bit for bit. Not read: more than one class, categorical splits, linear
 * leaves, objectives other than binary (PAL_ERR_DATA says which).
 *   PAL_ERR_PARSE  damaged text, with file and line
 *   PAL_ERR_IO     names the path
 */
PAL_MUST_USE pal_status pal_boost_save(const pal_boost *model, const char *path, pal_error *err);
PAL_MUST_USE pal_status pal_boost_load(pal_boost **out, const char *path, pal_error *err);
/* The same on text in memory; `name` stands for the file in messages. */
PAL_MUST_USE pal_status pal_boost_write(const pal_boost *model, pal_text *text, pal_error *err);
PAL_MUST_USE pal_status pal_boost_parse(pal_boost **out, const char *text, size_t n, const char *name,
                                        pal_error *err);

#endif

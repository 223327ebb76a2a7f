/* A logistic regression to keep: names, what stands in for missing values, contributions, its file. */
#ifndef PAL_MODELS_LOGISTIC_MODEL_H
#define PAL_MODELS_LOGISTIC_MODEL_H

#include "models/logistic.h"

typedef struct pal_logistic_model {
    size_t d;
    double intercept;      /* log-odds                                                                    */
    double *coefficient;   /* d: log-odds per unit                                                        */
    double *mean, *sd;     /* d: of the known values in training; the mean stands in for a missing value  */
    char **name;           /* d: UTF-8, no two alike                                                      */
    char *label;           /* name of the label; may be empty                                             */
    size_t rows, positives; /* of the training                                                            */
    pal_logistic_config config;
    pal_logistic_report report; /* of the fit; not saved */
} pal_logistic_model;

/*
 * Fit. As pal_logistic_fit, but NaN in x is a missing value: it counts as the (weighted) mean of the known ones in its
 * column, and a column without a known value gets coefficient 0. Features are called "x0", "x1" … unless `name` (d of
 * them, copied) is given. Caller owns *out.
 * Errors of pal_logistic_fit; with PAL_ERR_CONVERGE there is no model.
 */
PAL_MUST_USE pal_status pal_logistic_model_fit(pal_logistic_model **out, const double *x, const double *y,
                                               const double *weight, size_t n, size_t d, const char *const *name,
                                               const char *label, const pal_logistic_config *config,
                                               pal_arena *scratch, pal_error *err);
void pal_logistic_model_free(pal_logistic_model *model); /* accepts NULL */

/* Log-odds and probabilities of n rows of d, NaN = missing; either output may be NULL. */
void pal_logistic_model_predict(double *raw, double *probability, const pal_logistic_model *model, const double *x,
                                size_t n);

/*
 * What each feature adds to the log-odds against the mean row: coefficient * (x - mean), and in the last column the
 * log-odds of the mean row. A row of n x (d + 1) adds up to the raw score. For a linear model these are its Shapley
 * values under independent features.
 */
void pal_logistic_model_contributions(double *out, const pal_logistic_model *model, const double *x, size_t n);

/*
 * JSON, format "palate-logistic/1": intercept, features (name, coefficient, mean, sd), label, rows, positives, config.
 * What was saved loads with the same bits. hex (may be NULL) gets the file's digest.
 *   PAL_ERR_PARSE  no JSON
 *   PAL_ERR_DATA   another format; a key that is missing, unknown or of another kind; names file and JSON path
 */
PAL_MUST_USE pal_status pal_logistic_model_save(const pal_logistic_model *model, const char *path, char hex[33],
                                                pal_error *err);
PAL_MUST_USE pal_status pal_logistic_model_load(pal_logistic_model **out, const char *path, pal_error *err);
/* The same on text in memory; `file` stands for it in messages. */
PAL_MUST_USE pal_status pal_logistic_model_parse(pal_logistic_model **out, const char *text, size_t n, const char *file,
                                                 pal_error *err);

#endif

/* One model for each taste of each person that has earned one: when it is learned, judged and replaced (R1). */
#ifndef PAL_STAGES_TASTE_MODELS_H
#define PAL_STAGES_TASTE_MODELS_H

#include "models/cross_validation_learners.h"
#include "models/neural_model.h"
#include "stages/stage.h"
#include "stages/taste_index.h"
#include "stages/taste_samples.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pal_taste_config {
    pal_taste_learner learner;
    pal_sample_rules rules;
    size_t min_samples;        /* a taste with fewer is locked out                                     */
    size_t every;              /* newly shown songs of a person between two lessons                    */
    size_t folds;              /* of the cross-validation; fewer where a class has fewer samples       */
    double min_auc;            /* a model below it is kept but not served                              */
    pal_logistic_config logistic;
    pal_boosted_config boost;
    pal_neural_model_config neural;
} pal_taste_config;

/* A kept model, as much of it as serving needs. */
typedef struct pal_taste_model {
    double auc, logloss; /* cross-validated, of the samples of its day                                 */
    bool linear;         /* log-odds = intercept + value . scaled features; else they stand in value   */
    float intercept;
    size_t n;            /* of value: linear the catalog's features, else the places of the cluster    */
    float *value;
} pal_taste_model;

typedef struct pal_taste_models {
    pal_taste_config config;
    const pal_catalog *catalog;
    pal_taste_index *index;
    float *scaled_t;          /* a cache: d x index->row, scaled features by member position           */
    size_t n_users, n_tastes, n_threads;
    uint8_t stage;            /* registry index                                                        */
    const char *name;         /* static: "logistic", "boosted" or "neural"                             */
    pal_key key;
    pal_training_log *log;    /* borrowed, may be NULL                                                 */
    pal_arena **scratch;      /* n_threads                                                             */

    /* The state. */
    pal_taste_model **model;  /* n_users x n_tastes, NULL: none                                        */
    uint32_t *taught_at;      /* n_users: songs shown at the last lesson                               */
    uint32_t *samples_at;     /* n_users x n_tastes: samples at the last fit: no news, no fit          */

    /* Places in the log, counted from 1: the newest judged and the newest kept row of a taste. Never decide anything. */
    size_t *judged_row, *kept_row; /* n_users x n_tastes; NULL without a log                           */
} pal_taste_models;

/* Caller owns *out. */
PAL_MUST_USE pal_status pal_taste_models_new(pal_taste_models **out, const pal_stage_env *env,
                                             const pal_taste_config *config, pal_error *err);
void pal_taste_models_free(pal_taste_models *models); /* accepts NULL */

/*
 * Teach those of the round's people who were shown `every` songs since their last lesson: for each taste with
 * min_samples or more, k-fold cross-validation, and a new model where that is better than what the kept one had: lower
 * LogLoss, or the same and a higher AUC. Each fit is a row of the log, people in order, tastes in order, and so is a
 * taste with samples enough but fewer than two of a class. Same bytes at any thread count.
 */
PAL_MUST_USE pal_status pal_taste_models_fit(pal_taste_models *models, const pal_feedback *round, pal_arena *scratch,
                                             pal_error *err);

/* A kept model goes, another one comes (both may be NULL). Takes `model`. */
void pal_taste_models_put(pal_taste_models *models, uint32_t user, size_t t, pal_taste_model *model);
/* The kept model of a taste, good or bad, or NULL. */
const pal_taste_model *pal_taste_models_kept(const pal_taste_models *models, uint32_t user, size_t t);
void pal_taste_model_free(pal_taste_model *model); /* accepts NULL */
/* Are the models linear in the catalog's features alone? Then nothing of a model is kept but its coefficients. */
bool pal_taste_models_linear(const pal_taste_models *models);

/* How many numbers the model of a taste holds. */
size_t pal_taste_model_size(const pal_taste_models *models, size_t t);

/* The model that may be served for a taste, or NULL. */
const pal_taste_model *pal_taste_models_get(const pal_taste_models *models, uint32_t user, size_t t);
/* Has any taste of the person one? */
bool pal_taste_models_any(const pal_taste_models *models, uint32_t user);

/*
 * Log-odds of the whole cluster t.
 *   out  index->begin[t + 1] - index->begin[t], 64-byte aligned; pad places hold anything
 */
void pal_taste_model_scan(float *out, const pal_taste_models *models, const pal_taste_model *model, size_t t);
/* Log-odds of one item of cluster t: the same bytes. */
float pal_taste_model_item(const pal_taste_models *models, const pal_taste_model *model, size_t t, uint32_t item);

/* Digest of the state. */
uint64_t pal_taste_models_digest(const pal_taste_models *models);

/* The state under the learner's name, and the places in the log; taste_models_save.c. */
PAL_MUST_USE pal_status pal_taste_models_save(const pal_taste_models *models, pal_tensors *file, pal_error *err);
/* Into a store without a model. PAL_ERR_DATA names the array that does not fit. */
PAL_MUST_USE pal_status pal_taste_models_restore(pal_taste_models *models, const pal_tensors *file, pal_error *err);

/* The scores of the cross-validation, as pal_score wants them: AUC of all pairs, ties one half (weights play no part),
 * NaN with one class only; weighted mean LogLoss, probabilities held inside [1e-15, 1 - 1e-15]. */
pal_status pal_taste_auc(double *out, const double *p, const double *y, const double *weight, size_t n,
                         pal_error *err);
pal_status pal_taste_logloss(double *out, const double *p, const double *y, const double *weight, size_t n,
                             pal_error *err);

#endif

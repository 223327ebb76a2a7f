/* The parameters that the logistic, boosted and neural stages share: rows of their tables, and how they are read. */
#ifndef PAL_STAGES_TASTE_PARAMS_H
#define PAL_STAGES_TASTE_PARAMS_H

#include "core/param.h"
#include "stages/stage_state.h"
#include "stages/taste_models.h"

/* The first rows of each stage's table; the weights' defaults and sources differ. */
#define PAL_TASTE_PARAMS(dislike_weight, dislike_source, unliked_source)                                           \
    { "negatives", PAL_PARAM_CHOICE, "\"disliked\"", 0, 0, "disliked|unliked",                                     \
      "what counts as a no: dislikes alone, or whatever was looked at and not liked", "R1: disliked" },            \
    { "features", PAL_PARAM_CHOICE, "\"audio\"", 0, 0, "audio|audio+derived",                                      \
      "the catalog's; derived: similarity to the centroid, popularity, genre share", "R1: audio" },                \
    { "min_samples", PAL_PARAM_INT, "60", 2, 1000000000, NULL, "samples under which a taste has no model",         \
      "R1: 60" },                                                                                                  \
    { "retrain_every", PAL_PARAM_INT, "50", 1, 1000000000, NULL, "newly seen songs between two lessons",           \
      "R1: 50" },                                                                                                  \
    { "folds", PAL_PARAM_INT, "5", 2, 100, NULL, "folds of the cross-validation", "R1: 5" },                       \
    { "min_auc", PAL_PARAM_REAL, "0", 0, 1, NULL, "a model of lower cross-validated AUC is not served",            \
      "R1: none" },                                                                                                \
    { "dislike_weight", PAL_PARAM_REAL, dislike_weight, 1e-6, 1000, NULL,                                          \
      "weight of a disliked song; a liked one has 1", dislike_source },                                            \
    { "unliked_weight", PAL_PARAM_REAL, "0.35", 1e-6, 1000, NULL, "unliked: weight of a song only looked at",      \
      unliked_source }

/* Keys of the params object that are no parameters: "model" holds the learner's own. */
extern const char *const pal_taste_also[];

/*
 * A config from checked values of a stage's table, and the learner's own settings from the object "model", checked
 * against the table of that learner (pal_logistic_params, pal_boost_params, pal_neural_model_params).
 *   values  in  of a table that begins with PAL_TASTE_PARAMS
 *   object  in  the params object, or NULL
 *   PAL_ERR_CONFIG  an unknown key, type or range in "model"; the text names its JSON path
 */
PAL_MUST_USE pal_status pal_taste_config_read(pal_taste_config *out, pal_taste_learner learner,
                                              const pal_stage_env *env, const pal_values *values,
                                              const pal_json *object, pal_error *err);

/* The same values and settings as the origin of a state. The caller clears *out. */
PAL_MUST_USE pal_status pal_taste_origin(pal_origin *out, pal_taste_learner learner, const pal_stage_env *env,
                                         const pal_values *values, const pal_json *object, pal_error *err);

#endif

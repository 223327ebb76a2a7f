/* The boosted stage: boosted trees for each taste, three quarters of the slate for strong tastes. */
#include "stages/builtin.h"
#include "stages/taste_slate.h"

#include <string.h>

#define STOP_PARTS 5 /* one sample in five is held out to stop early on */

static const char *const also[] = { "model", NULL };

static const pal_param params[] = {
    { "negatives", PAL_PARAM_CHOICE, "\"disliked\"", 0, 0, "disliked|unliked",
      "what counts as a no: dislikes alone, or whatever was looked at and not liked", "R1: disliked" },
    { "features", PAL_PARAM_CHOICE, "\"audio\"", 0, 0, "audio|audio+derived",
      "the catalog's; derived: similarity to the centroid, popularity, genre share", "R1: audio" },
    { "min_samples", PAL_PARAM_INT, "60", 2, 1000000000, NULL, "samples under which a taste has no model", "R1: 60" },
    { "retrain_every", PAL_PARAM_INT, "50", 1, 1000000000, NULL, "newly seen songs between two lessons", "R1: 50" },
    { "folds", PAL_PARAM_INT, "5", 2, 100, NULL, "folds of the cross-validation", "R1: 5" },
    { "min_auc", PAL_PARAM_REAL, "0", 0, 1, NULL, "a model of lower cross-validated AUC is not served", "R1: none" },
    { "dislike_weight", PAL_PARAM_REAL, "1", 1e-6, 1000, NULL, "weight of a disliked song; a liked one has 1",
      "R1: trees weigh all alike" },
    { "unliked_weight", PAL_PARAM_REAL, "0.35", 1e-6, 1000, NULL, "unliked: weight of a song only looked at",
      "R1's weight of a dislike in its logistic stage" },
    { "strong_confidence", PAL_PARAM_REAL, "1.5", 0, 1e9, NULL, "confidence from which a taste is strong", "R1: 1.5" },
    { "weak_share", PAL_PARAM_REAL, "0.25", 0, 1, NULL, "share of the slate for weak tastes", "R1: 25 %" },
    { 0 }
};

static pal_status init(void **self, const pal_stage_env *env, const pal_values *v, const pal_json *object,
                       pal_error *err)
{
    pal_taste_config config = {
        .boosted = true,
        .rules = { .derived = strcmp(pal_values_text(v, "features"), "audio") != 0,
                   .unliked = strcmp(pal_values_text(v, "negatives"), "unliked") == 0,
                   .dislike_weight = pal_values_real(v, "dislike_weight"),
                   .unliked_weight = pal_values_real(v, "unliked_weight") },
        .min_samples = (size_t)pal_values_int(v, "min_samples"),
        .every = (size_t)pal_values_int(v, "retrain_every"),
        .folds = (size_t)pal_values_int(v, "folds"),
        .min_auc = pal_values_real(v, "min_auc"),
        .boost = { .valid_parts = STOP_PARTS },
    };
    const pal_taste_rules rules = { .strong_confidence = pal_values_real(v, "strong_confidence"),
                                    .weak_share = pal_values_real(v, "weak_share") };
    const pal_json *own = object != NULL ? pal_json_get(object, "model") : NULL;
    pal_text path = { 0 };
    pal_values *values = NULL;
    pal_status rc = PAL_OK;

    pal_text_addf(&path, "%s.model", env->json_path);
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(pal_values_read(&values, pal_boost_params, own, env->file, path.bytes, NULL, err));
    config.boost.boost = pal_boost_config_from(values);
    config.boost.boost.train_curve = false; /* nobody looks at it */
    PAL_TRY(pal_taste_stage_new(self, env, &config, &rules, err));

done:
    pal_values_free(values);
    pal_text_clear(&path);
    return rc;
}

const pal_stage_type pal_stage_boosted = {
    .name = "boosted", .label = "Boosted",
    .summary = "boosted trees for each taste, three quarters of the slots to strong tastes, the rest to weak ones",
    .source = "R1 boosted stage; negatives unliked and derived features are ours. \"model\": {…} holds the "
              "learner's own parameters: `palate train boosted --params`",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_PROPENSITY, .params = params, .also = also,
    .init = init, .fit = pal_taste_stage_fit, .serve = pal_taste_stage_serve, .score = pal_taste_stage_score,
    .digest = pal_taste_stage_digest, .free = pal_taste_stage_free,
};

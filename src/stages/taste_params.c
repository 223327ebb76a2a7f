/* From parameters to the settings of a stage of models. */
#include "stages/taste_params.h"

#include <string.h>

#define STOP_PARTS 5 /* one sample in five is held out to stop trees early on */

const char *const pal_taste_also[] = { "model", NULL };

/* The learner's own settings. The caller frees *out, and clears *path: where they stand. */
static pal_status read_own(pal_values **out, pal_text *path, pal_taste_learner learner, const pal_stage_env *env,
                           const pal_json *object, pal_error *err)
{
    static const pal_param *const tables[] = { [PAL_TASTE_LOGISTIC] = pal_logistic_params,
                                               [PAL_TASTE_BOOSTED] = pal_boost_params,
                                               [PAL_TASTE_NEURAL] = pal_neural_model_params };
    const pal_json *own = object != NULL ? pal_json_get(object, pal_taste_also[0]) : NULL;
    pal_status rc = PAL_OK;

    pal_text_addf(path, "%s.%s", env->json_path, pal_taste_also[0]);
    PAL_TRY(pal_text_check(path, err));
    PAL_TRY(pal_values_read(out, tables[learner], own, env->file, path->bytes, NULL, err));

done:
    return rc;
}

static pal_status read_learner(pal_taste_config *config, const pal_stage_env *env, const pal_json *object,
                               pal_error *err)
{
    pal_text path = { 0 };
    pal_values *values = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(read_own(&values, &path, config->learner, env, object, err));
    if (config->learner == PAL_TASTE_NEURAL) {
        PAL_TRY(pal_neural_model_config_from(&config->neural, values, env->file, path.bytes, err));
    } else if (config->learner == PAL_TASTE_BOOSTED) {
        config->boost = (pal_boosted_config){ pal_boost_config_from(values), STOP_PARTS };
        config->boost.boost.train_curve = false; /* only that of a kept model is looked at */
    } else {
        config->logistic = pal_logistic_config_from(values);
    }

done:
    pal_values_free(values);
    pal_text_clear(&path);
    return rc;
}

pal_status pal_taste_origin(pal_origin *out, pal_taste_learner learner, const pal_stage_env *env,
                            const pal_values *values, const pal_json *object, pal_error *err)
{
    pal_text path = { 0 };
    pal_values *own = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(read_own(&own, &path, learner, env, object, err));
    PAL_TRY(pal_origin_of(out, env->n_users, env->catalog->n_items, values, pal_taste_also[0], own, err));

done:
    pal_values_free(own);
    pal_text_clear(&path);
    return rc;
}

pal_status pal_taste_config_read(pal_taste_config *out, pal_taste_learner learner, const pal_stage_env *env,
                                 const pal_values *v, const pal_json *object, pal_error *err)
{
    *out = (pal_taste_config){
        .learner = learner,
        .rules = { .derived = strcmp(pal_values_text(v, "features"), "audio") != 0,
                   .unliked = strcmp(pal_values_text(v, "negatives"), "unliked") == 0,
                   .dislike_weight = pal_values_real(v, "dislike_weight"),
                   .unliked_weight = pal_values_real(v, "unliked_weight") },
        .min_samples = (size_t)pal_values_int(v, "min_samples"),
        .every = (size_t)pal_values_int(v, "retrain_every"),
        .folds = (size_t)pal_values_int(v, "folds"),
        .min_auc = pal_values_real(v, "min_auc"),
    };
    return read_learner(out, env, object, err);
}

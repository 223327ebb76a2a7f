/* The neural stage: a small network for each taste; the slate is split as the boosted stage splits it. */
#include "stages/builtin.h"
#include "stages/taste_params.h"
#include "stages/taste_slate.h"

static const pal_param params[] = {
    PAL_TASTE_PARAMS("1", "as boosted", "R1's weight of a dislike in its logistic stage"),
    { "strong_confidence", PAL_PARAM_REAL, "1.5", 0, 1e9, NULL, "confidence from which a taste is strong",
      "as boosted" },
    { "weak_share", PAL_PARAM_REAL, "0.25", 0, 1, NULL, "share of the slate for weak tastes", "as boosted" },
    { 0 }
};

static pal_status init(void **self, const pal_stage_env *env, const pal_values *v, const pal_json *object,
                       pal_error *err)
{
    const pal_taste_rules rules = { .strong_confidence = pal_values_real(v, "strong_confidence"),
                                    .weak_share = pal_values_real(v, "weak_share") };
    pal_taste_config config;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_taste_config_read(&config, PAL_TASTE_NEURAL, env, v, object, err));
    PAL_TRY(pal_taste_stage_new(self, env, &config, &rules, v, object, err));

done:
    return rc;
}

const pal_stage_type pal_stage_neural = {
    .name = "neural", .label = "Neural",
    .summary = "a small network for each taste, three quarters of the slots to strong tastes, the rest to weak ones",
    .source = "ours, beside R1's boosted stage; networks as in models/neural_model.h",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_PROPENSITY, .params = params, .also = pal_taste_also,
    .init = init, .fit = pal_taste_stage_fit, .serve = pal_taste_stage_serve, .score = pal_taste_stage_score,
    .digest = pal_taste_stage_digest, .free = pal_taste_stage_free,
    .save = pal_taste_stage_save, .restore = pal_taste_stage_restore,
};

/* The logistic stage: a logistic regression for each taste, the slate split evenly over the tastes. */
#include "stages/builtin.h"
#include "stages/taste_params.h"
#include "stages/taste_slate.h"

static const pal_param params[] = {
    PAL_TASTE_PARAMS("0.35", "R1: 0.35", "R1's weight of a dislike"),
    { "strong_confidence", PAL_PARAM_REAL, "1", 0, 1e9, NULL, "confidence from which a taste gets its even share",
      "R1: 1" },
    { "weak_slots", PAL_PARAM_INT, "2", 0, PAL_MAX_SLOTS, NULL, "slots for the weakest tastes", "R1: 2" },
    { 0 }
};

static pal_status init(void **self, const pal_stage_env *env, const pal_values *v, const pal_json *object,
                       pal_error *err)
{
    const pal_taste_rules rules = { .strong_confidence = pal_values_real(v, "strong_confidence"),
                                    .weak_slots = (size_t)pal_values_int(v, "weak_slots"), .weakest_first = true };
    pal_taste_config config;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_taste_config_read(&config, PAL_TASTE_LOGISTIC, env, v, object, err));
    PAL_TRY(pal_taste_stage_new(self, env, &config, &rules, v, object, err));

done:
    return rc;
}

const pal_stage_type pal_stage_logistic = {
    .name = "logistic", .label = "Logistic",
    .summary = "a logistic regression for each taste, slots split evenly over confident tastes, two for the weakest",
    .source = "R1 logistic stage; negatives unliked and derived features are ours",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_PROPENSITY, .params = params, .also = pal_taste_also,
    .init = init, .fit = pal_taste_stage_fit, .serve = pal_taste_stage_serve, .score = pal_taste_stage_score,
    .digest = pal_taste_stage_digest, .free = pal_taste_stage_free,
    .save = pal_taste_stage_save, .restore = pal_taste_stage_restore,
};

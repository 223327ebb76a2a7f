/* Alternating least squares: parameter table and entry of the registry. */
#include "models/als.h"

#include "core/mem.h"
#include "models/rec_builtin.h"

#define HU "Hu, Koren, Volinsky, ICDM 2008"
#define RENDLE "Rendle et al., RecSys 2022"
#define ML1M "iALS on MovieLens-1M (google-research/ials)"
#define IMPLICIT "implicit 0.7"

static const pal_param params[] = {
    { "factors", PAL_PARAM_INT, "32", 1, PAL_ALS_MOST_D, NULL, "factors of a person and of an item", NULL },
    { "epochs", PAL_PARAM_INT, "15", 1, 10000, NULL, "turns of items, then people", IMPLICIT },
    { "confidence", PAL_PARAM_CHOICE, "\"constant\"", 0, 0, "linear|log|constant",
      "extra weight of an interaction: alpha r, alpha log(1 + r / epsilon), or alpha", HU },
    { "alpha", PAL_PARAM_REAL, "1", 1e-9, 1e9, NULL, "scale of the extra weight", RENDLE },
    { "epsilon", PAL_PARAM_REAL, "1", 1e-9, 1e9, NULL, "log: value r at which the weight turns logarithmic", HU },
    { "unobserved", PAL_PARAM_REAL, "0.3", 0, 1e6, NULL, "weight of every cell (Hu: 1; alpha0 of iALS)", ML1M },
    { "base_on", PAL_PARAM_CHOICE, "\"all\"", 0, 0, "unobserved|all",
      "the weight of every cell also pulls interactions to 0 (all, as in iALS) or raises theirs (unobserved, as in Hu)",
      RENDLE },
    { "reg", PAL_PARAM_REAL, "0.007", 0, 1e6, NULL, "L2 of a row", ML1M },
    { "reg_power", PAL_PARAM_REAL, "1", 0, 2, NULL,
      "L2 grows with (interactions + unobserved x others) to this power; 0: the same for all, as in Hu", RENDLE },
    { "init_sd", PAL_PARAM_REAL, "0.1", 1e-9, 10, NULL, "length of a person's factors at the start", RENDLE },
    { "solver", PAL_PARAM_CHOICE, "\"cholesky\"", 0, 0, "cholesky|cg", "exact, or conjugate gradients", IMPLICIT },
    { "cg_steps", PAL_PARAM_INT, "3", 1, 1000, NULL, "cg: steps from the row as it was", IMPLICIT },
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
};

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_als *model = NULL;

    PAL_NEW(model, 1);
    model->config = (pal_als_config){
        .d = (size_t)pal_values_int(values, "factors"), .epochs = (size_t)pal_values_int(values, "epochs"),
        .confidence = (pal_als_confidence)pal_values_choice(values, "confidence"),
        .base_on_all = pal_values_choice(values, "base_on") == 1, .alpha = pal_values_real(values, "alpha"),
        .epsilon = pal_values_real(values, "epsilon"), .unobserved = pal_values_real(values, "unobserved"),
        .reg = pal_values_real(values, "reg"), .reg_power = pal_values_real(values, "reg_power"),
        .init_sd = pal_values_real(values, "init_sd"), .solver = (pal_als_solver)pal_values_choice(values, "solver"),
        .cg_steps = (size_t)pal_values_int(values, "cg_steps"),
    };
    *self = model;

done:
    return rc;
}

const pal_rec_type pal_rec_als = {
    .name = "als",
    .label = "ALS factors",
    .summary = "factors by alternating least squares over every cell, seen or not",
    .source = "Hu, Koren, Volinsky, ICDM 2008 (base_on unobserved, unobserved 1, reg_power 0), with the penalties of "
              "iALS (Rendle et al., RecSys 2022) as defaults; dislikes are cells with target 0",
    .flags = PAL_REC_FACTORS,
    .params = params,
    .init = init,
    .fit = pal_als_fit,
    .score = pal_als_score,
    .similar = pal_als_similar,
    .explain = pal_als_explain,
    .factors = pal_als_factors,
    .save = pal_als_save,
    .load = pal_als_load,
    .shape = pal_als_shape,
    .digest = pal_als_digest,
    .free = pal_als_free,
};

/* The neural hybrid: parameter table and entry of the registry. */
#include "models/hybrid.h"

#include "core/mem.h"
#include "models/rec_builtin.h"

#define HE "He et al., WWW 2017"
#define R3 "reference system R3"

static const pal_param params[] = {
    { "factors", PAL_PARAM_INT, "32", 1, 1024, NULL, "numbers of an embedding", NULL },
    { "hidden", PAL_PARAM_INT, "64", 0, 4096, NULL,
      "ReLU units of the first layer, half as many in the second; 0: only the dot product", HE },
    { "last", PAL_PARAM_INT, "50", 1, 100000, NULL, "latest items of the past that are told", R3 },
    { "ids", PAL_PARAM_CHOICE, "\"both\"", 0, 0, "both|items|none",
      "who has an embedding of their own: people and items, items (the past's, too), nobody", R3 },
    { "content", PAL_PARAM_BOOL, "true", 0, 0, NULL, "side features of items are used, where they are given", R3 },
    { "demographics", PAL_PARAM_BOOL, "true", 0, 0, NULL, "side features of people are used, where they are given",
      R3 },
    { "past", PAL_PARAM_BOOL, "true", 0, 0, NULL, "the last items are used", R3 },
    { "id_dropout", PAL_PARAM_REAL, "0.5", 0, 1, NULL, "share of training rows that do not tell the person's number",
      NULL },
    { "negatives", PAL_PARAM_INT, "4", 1, 100, NULL, "drawn items a positive; a person's dislikes are taken first",
      HE },
    { "dropout", PAL_PARAM_REAL, "0.1", 0, 0.95, NULL, "share of units that are left out in training", "RecBole" },
    { "init_sd", PAL_PARAM_REAL, "0.1", 1e-6, 10, NULL, "spread of embeddings at the start", NULL },
    { "epochs", PAL_PARAM_INT, "20", 1, 100000, NULL, "passes over the interactions, at most", NULL },
    { "batch", PAL_PARAM_INT, "256", 1, 65536, NULL, "interactions a step", NULL },
    { "learning_rate", PAL_PARAM_REAL, "0.003", 1e-9, 10, NULL, "of Adam", NULL },
    { "weight_decay", PAL_PARAM_REAL, "0", 0, 10, NULL, "of Adam, decoupled", NULL },
    { "valid", PAL_PARAM_REAL, "0.1", 0, 0.5, NULL, "share of interactions held out to judge epochs by", NULL },
    { "patience", PAL_PARAM_INT, "3", 0, 1000, NULL,
      "epochs without a better judgement before it stops; 0: all interactions are trained on, for all epochs", NULL },
    { "predictor", PAL_PARAM_CHOICE, "\"blend\"", 0, 0, "blend|model|demographic|popularity",
      "what answers: all three by their confidence, or one alone", R3 },
    { "model_trust", PAL_PARAM_REAL, "2", 0, 1e9, NULL,
      "interactions of a person at which half of the answer is the model's",
      NULL },
    { "demographic_trust", PAL_PARAM_REAL, "20", 0, 1e9, NULL,
      "people who share a person's side features at which demographics have half of what the model leaves", NULL },
    { "half_life", PAL_PARAM_REAL, "2592000", 1e-6, 1e18, NULL,
      "popularity: time after which an interaction counts half, in the unit of the data's times (30 days in seconds)",
          NULL },
    { "bins", PAL_PARAM_INT, "5", 1, 1000, NULL, "demographics: levels that a number is cut into", NULL },
    { "prior", PAL_PARAM_REAL, "200", 0, 1e9, NULL,
      "demographics: interactions at the wider group's rates that every cell starts with", NULL },
    { 0 }
};

static size_t whole_of(const pal_values *values, const char *name)
{
    return (size_t)pal_values_int(values, name);
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hybrid *model = NULL;

    PAL_NEW(model, 1);
    model->config = (pal_hybrid_config){
        .d = whole_of(values, "factors"), .hidden = whole_of(values, "hidden"), .last = whole_of(values, "last"),
        .ids = (pal_hybrid_ids)pal_values_choice(values, "ids"), .content = pal_values_bool(values, "content"),
        .demographics = pal_values_bool(values, "demographics"), .past = pal_values_bool(values, "past"),
        .id_dropout = pal_values_real(values, "id_dropout"), .dropout = pal_values_real(values, "dropout"),
        .init_sd = pal_values_real(values, "init_sd"), .negatives = whole_of(values, "negatives"),
        .predictor = (pal_hybrid_predictor)pal_values_choice(values, "predictor"),
        .model_trust = pal_values_real(values, "model_trust"),
        .demographic_trust = pal_values_real(values, "demographic_trust"),
        .half_life = pal_values_real(values, "half_life"), .bins = whole_of(values, "bins"),
        .prior = pal_values_real(values, "prior"),
        .fit = { .epochs = whole_of(values, "epochs"), .batch = whole_of(values, "batch"),
                 .valid = pal_values_real(values, "valid"), .patience = whole_of(values, "patience") },
        .adam = pal_adam_defaults(),
    };
    model->config.adam.rate = pal_values_real(values, "learning_rate");
    model->config.adam.weight_decay = pal_values_real(values, "weight_decay");
    *self = model;

done:
    return rc;
}

void pal_hybrid_shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const pal_hybrid *model = self;

    *n_rows = model->n_rows;
    *n_cols = model->n_cols;
}

void pal_hybrid_free(void *self)
{
    pal_hybrid *model = self;

    if (model == NULL) return;
    pal_net_free(model->net);
    pal_csr_free(model->content);
    pal_free(model->known);
    pal_csr_free(model->traits);
    pal_tensors_free(model->moments);
    pal_demographic_clear(&model->demographic);
    pal_free(model->p);
    pal_free(model->p_hidden);
    pal_free(model->q);
    pal_free(model->q_hidden);
    pal_free(model->item_bias);
    pal_free(model->known_by);
    pal_free(model->popular);
    pal_free(model);
}

const pal_rec_type pal_rec_hybrid = {
    .name = "hybrid",
    .label = "Neural hybrid",
    .summary = "ids, content, demographics and the last items into a network; blended with what similar people have "
               "and what is popular",
    .source = "reference system R3; He et al., WWW 2017 (NeuMF); ours keeps a dot product beside the layers, and mixes "
              "distributions by confidence",
    .flags = PAL_REC_FEATURES | PAL_REC_TIME | PAL_REC_CONTINUES,
    .params = params,
    .init = init,
    .fit = pal_hybrid_fit,
    .score = pal_hybrid_score,
    .similar = pal_hybrid_similar,
    .factors = pal_hybrid_factors,
    .save = pal_hybrid_save,
    .load = pal_hybrid_load,
    .shape = pal_hybrid_shape,
    .digest = pal_hybrid_digest,
    .free = pal_hybrid_free,
};

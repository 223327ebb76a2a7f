/* Two towers: parameter table and entry of the registry. */
#include "models/two_tower.h"

#include "core/mem.h"
#include "models/interests.h"
#include "models/rec_builtin.h"

#define YI "Yi et al., RecSys 2019"
#define R5 "reference system R5"

static const pal_param params[] = {
    { "factors", PAL_PARAM_INT, "64", 1, 1024, NULL, "numbers of a person's and an item's vector", R5 },
    { "hidden", PAL_PARAM_INT, "0", 0, 4096, NULL,
      "ReLU units of each input's own tower (R5: 128); 0: inputs are embedded and added", NULL },
    { "embedding", PAL_PARAM_INT, "64", 1, 1024, NULL, "hidden > 0: numbers of an id before its tower", NULL },
    { "interests", PAL_PARAM_INT, "1", 1, PAL_INTERESTS_MOST, NULL,
      "vectors a person: the past is split into so many tastes and the best score counts", NULL },
    { "last", PAL_PARAM_INT, "200", 1, 100000, NULL, "latest items of the past that are pooled", NULL },
    { "tied", PAL_PARAM_BOOL, "true", 0, 0, NULL, "the past's items have the embeddings of the items themselves",
      NULL },
    { "person_ids", PAL_PARAM_BOOL, "false", 0, 0, NULL, "people have an embedding of their own beside their past",
      NULL },
    { "id_dropout", PAL_PARAM_REAL, "0.2", 0, 1, NULL, "person_ids: share of training rows that do without it", NULL },
    { "normalise", PAL_PARAM_BOOL, "true", 0, 0, NULL, "vectors have length 1", YI },
    { "item_bias", PAL_PARAM_BOOL, "true", 0, 0, NULL, "softmax: each item has a bias beside its vector", NULL },
    { "loss", PAL_PARAM_CHOICE, "\"softmax\"", 0, 0, "softmax|cosine",
      "softmax over the batch's items, corrected for how often they are in it; or cosine with a margin, as in R5", YI },
    { "temperature", PAL_PARAM_REAL, "0.2", 1e-3, 100, NULL, "softmax: what scores are divided by", YI },
    { "margin", PAL_PARAM_REAL, "0.2", -1, 1, NULL, "cosine: similarity that a negative may have at no cost", NULL },
    { "negatives", PAL_PARAM_INT, "4", 1, 100, NULL, "cosine: items drawn for each positive", NULL },
    { "hard_negatives", PAL_PARAM_INT, "0", 0, 20, NULL,
      "items a positive that the last epoch's net put in front though the person does not have them", NULL },
    { "hard_pool", PAL_PARAM_INT, "100", 1, 10000, NULL, "how many of the best-scored items they are drawn from",
      NULL },
    { "hard_weight", PAL_PARAM_REAL, "0.1", 0, 100, NULL, "softmax: weight of their term", NULL },
    { "dropout", PAL_PARAM_REAL, "0.1", 0, 0.95, NULL, "share of a joined input that is left out in training", NULL },
    { "init_sd", PAL_PARAM_REAL, "0.1", 1e-6, 10, NULL, "spread of embeddings at the start", NULL },
    { "epochs", PAL_PARAM_INT, "20", 1, 100000, NULL, "passes over the interactions, at most", NULL },
    { "batch", PAL_PARAM_INT, "256", 1, 65536, NULL, "interactions a step", NULL },
    { "learning_rate", PAL_PARAM_REAL, "0.003", 1e-9, 10, NULL, "of Adam", NULL },
    { "weight_decay", PAL_PARAM_REAL, "0", 0, 10, NULL, "of Adam, decoupled", NULL },
    { "valid", PAL_PARAM_REAL, "0.1", 0, 0.5, NULL, "share of interactions held out to judge epochs by", NULL },
    { "patience", PAL_PARAM_INT, "3", 0, 1000, NULL,
      "epochs without a better judgement before it stops; 0: all interactions are trained on, for all epochs", NULL },
    { 0 }
};

static size_t whole_of(const pal_values *values, const char *name)
{
    return (size_t)pal_values_int(values, name);
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_two_tower *model = NULL;
    pal_tower_config *c;

    PAL_NEW(model, 1);
    c = &model->config;
    *c = (pal_tower_config){
        .d = whole_of(values, "factors"), .hidden = whole_of(values, "hidden"),
            .embedding = whole_of(values, "embedding"),
        .interests = whole_of(values, "interests"), .last = whole_of(values, "last"),
        .tied = pal_values_bool(values, "tied"), .person_ids = pal_values_bool(values, "person_ids"),
        .normalise = pal_values_bool(values, "normalise"), .item_bias = pal_values_bool(values, "item_bias"),
        .id_dropout = pal_values_real(values, "id_dropout"), .loss = (pal_tower_loss)pal_values_choice(values, "loss"),
        .temperature = pal_values_real(values, "temperature"), .margin = pal_values_real(values, "margin"),
        .negatives = whole_of(values, "negatives"), .hard = whole_of(values, "hard_negatives"),
        .pool = whole_of(values, "hard_pool"), .hard_weight = pal_values_real(values, "hard_weight"),
        .dropout = pal_values_real(values, "dropout"), .init_sd = pal_values_real(values, "init_sd"),
        .fit = { .epochs = whole_of(values, "epochs"), .batch = whole_of(values, "batch"),
                 .valid = pal_values_real(values, "valid"), .patience = whole_of(values, "patience") },
        .adam = pal_adam_defaults(),
    };
    c->adam.rate = pal_values_real(values, "learning_rate");
    c->adam.weight_decay = pal_values_real(values, "weight_decay");
    if (c->loss == PAL_TOWER_COSINE) c->item_bias = false; /* an angle knows no bias */
    if (c->hidden == 0) c->embedding = c->d;
    *self = model;

done:
    return rc;
}

void pal_tower_shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const pal_two_tower *model = self;

    *n_rows = model->n_rows;
    *n_cols = model->n_cols;
}

void pal_tower_free(void *self)
{
    pal_two_tower *model = self;

    if (model == NULL) return;
    pal_net_free(model->net);
    pal_csr_free(model->content);
    pal_free(model->known);
    pal_tensors_free(model->moments);
    pal_free(model->vector);
    pal_free(model->item_bias);
    pal_free(model->whole);
    pal_free(model->taste);
    pal_free(model->n_tastes);
    pal_free(model);
}

const pal_rec_type pal_rec_two_tower = {
    .name = "two_tower",
    .label = "Two towers",
    .summary = "a network for people (past, content, demographics) and one for items, compared by their dot product",
    .source = "reference system R5; Yi et al., RecSys 2019 (softmax with log q); Covington et al., RecSys 2016; ours "
              "adds several vectors a person, keyed draws and an item bias",
    .flags = PAL_REC_FEATURES | PAL_REC_TIME | PAL_REC_CONTINUES,
    .params = params,
    .init = init,
    .fit = pal_tower_fit,
    .score = pal_tower_score,
    .similar = pal_tower_similar,
    .factors = pal_tower_factors,
    .save = pal_tower_save,
    .load = pal_tower_load,
    .shape = pal_tower_shape,
    .digest = pal_tower_digest,
    .free = pal_tower_free,
};

/* WARP, BPR and logistic factors: parameter tables and entries of the registry. */
#include "models/mf.h"

#include "core/mem.h"
#include "models/rec_builtin.h"

#include <string.h>

#define KULA "LightFM (Kula, CBRecSys 2015)"

/* clang-format off */
/* Parameters of all: the schedule, its first steps and the decay are what a loss does best with. */
#define FIRST(schedule, rate, l2) \
    { "factors", PAL_PARAM_INT, "30", 1, PAL_MF_MOST_D, NULL, "factors of a person and of an item", \
      "LightFM has 10; 30 rank better on MovieLens-100k" }, \
    { "epochs", PAL_PARAM_INT, "20", 1, 100000, NULL, "passes over the interactions", "LightFM has 1" }, \
    { "schedule", PAL_PARAM_CHOICE, schedule, 0, 0, "adagrad|adadelta|adagrad_rows", \
      "how steps are scaled: each number of its own, or all of a row alike", \
      KULA "; by rows: Chin et al., PAKDD 2015 (LIBMF)" }, \
    { "learning_rate", PAL_PARAM_REAL, rate, 1e-6, 10, NULL, "adagrad: length of the first steps", KULA }, \
    { "rho", PAL_PARAM_REAL, "0.95", 0, 0.999999, NULL, "adadelta: decay of its means", KULA }, \
    { "epsilon", PAL_PARAM_REAL, "1e-6", 1e-12, 1, NULL, "adadelta: added under its roots", KULA }, \
    { "user_l2", PAL_PARAM_REAL, l2, 0, 1, NULL, "L2 of people, in each step of theirs", \
      "LightFM has 0, and another kind of decay" }, \
    { "item_l2", PAL_PARAM_REAL, l2, 0, 1, NULL, "L2 of items, in each step of theirs", \
      "LightFM has 0, and another kind of decay" }, \
    { "user_identity", PAL_PARAM_BOOL, "true", 0, 0, NULL, "people have factors beside their features'", KULA }, \
    { "item_identity", PAL_PARAM_BOOL, "true", 0, 0, NULL, "items have factors beside their features'", KULA }, \
    { "use_values", PAL_PARAM_BOOL, "false", 0, 0, NULL, "weigh an interaction by its value", KULA }
#define LAST \
    { "fold_epochs", PAL_PARAM_INT, "20", 1, 1000, NULL, "passes over a new person's interactions", NULL }, \
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
/* clang-format on */

static const pal_param warp_params[] = {
    FIRST("\"adagrad\"", "0.05", "0"),
    { "max_sampled", PAL_PARAM_INT, "10", 1, PAL_MF_MOST_TRIES, NULL,
      "items drawn at most to find one that ranks too high", KULA },
    LAST,
};

static const pal_param bpr_params[] = {
    FIRST("\"adagrad_rows\"", "0.2", "0.01"),
    { "pairs", PAL_PARAM_CHOICE, "\"both\"", 0, 0, "items|people|both",
      "compare two items for a person, two people for an item, or now one and now the other",
      "Rendle et al., UAI 2009: items; people: LIBMF's columns" },
    { "negatives", PAL_PARAM_CHOICE, "\"uniform\"", 0, 0, "uniform|popular",
      "draw the other one from all alike, or as often as it has interactions",
      "uniform: Rendle et al., UAI 2009, and LIBMF; popular: " KULA },
    LAST,
};

static const pal_param logistic_params[] = {
    FIRST("\"adagrad\"", "0.05", "0"),
    { "negatives", PAL_PARAM_INT, "4", 0, PAL_MF_MOST_TRIES, NULL,
      "items drawn beside each interaction and taken for disliked", "LightFM draws none: it is given dislikes" },
    LAST,
};

static pal_status init_as(void **self, const char *name, pal_mf_loss loss, const pal_values *values, pal_error *err)
{
    static const size_t parts[] = { [PAL_MF_ADAGRAD] = 2, [PAL_MF_ADADELTA] = 3, [PAL_MF_ADAGRAD_ROWS] = 1 };
    pal_status rc = PAL_OK;
    pal_mf *model = NULL;
    pal_mf_config *c;

    PAL_NEW(model, 1);
    model->name = name;
    c = &model->config;
    c->loss = loss;
    c->d = (size_t)pal_values_int(values, "factors");
    c->epochs = (size_t)pal_values_int(values, "epochs");
    c->tries = loss == PAL_MF_WARP ? (size_t)pal_values_int(values, "max_sampled")
             : loss == PAL_MF_LOGISTIC ? (size_t)pal_values_int(values, "negatives") : 1;
    c->rate.schedule = (pal_mf_schedule)pal_values_choice(values, "schedule");
    c->rate.share = 1 / (float)c->d;
    if (loss == PAL_MF_BPR) {
        c->pairs = (pal_mf_pairs)pal_values_choice(values, "pairs");
        c->popular = pal_values_choice(values, "negatives") == 1;
    }
    c->rate.rate = (float)pal_values_real(values, "learning_rate");
    c->rate.rho = (float)pal_values_real(values, "rho");
    c->rate.epsilon = (float)pal_values_real(values, "epsilon");
    c->person_l2 = (float)pal_values_real(values, "user_l2");
    c->item_l2 = (float)pal_values_real(values, "item_l2");
    c->person_identity = pal_values_bool(values, "user_identity");
    c->item_identity = pal_values_bool(values, "item_identity");
    c->use_values = pal_values_bool(values, "use_values");
    c->fold_epochs = (size_t)pal_values_int(values, "fold_epochs");
    for (size_t s = 0; s < 2; s++) {
        model->own[s].width = model->shared[s].width = pal_mf_width(c->d);
        model->own[s].parts = model->shared[s].parts = parts[c->rate.schedule];
    }
    *self = model;

done:
    return rc;
}

static pal_status load_as(void **self, const pal_rec_type *type, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *model = NULL;

    PAL_TRY(pal_rec_reopen(&model, type, file, err));
    PAL_TRY(pal_mf_read(model, file, err));
    *self = model;
    model = NULL;

done:
    pal_mf_free(model);
    return rc;
}

static pal_status warp_init(void **self, const pal_values *values, pal_error *err)
{
    return init_as(self, "warp", PAL_MF_WARP, values, err);
}

static pal_status warp_load(void **self, const pal_tensors *file, pal_error *err)
{
    return load_as(self, &pal_rec_warp, file, err);
}

static pal_status bpr_init(void **self, const pal_values *values, pal_error *err)
{
    return init_as(self, "bpr", PAL_MF_BPR, values, err);
}

static pal_status bpr_load(void **self, const pal_tensors *file, pal_error *err)
{
    return load_as(self, &pal_rec_bpr, file, err);
}

static pal_status logistic_init(void **self, const pal_values *values, pal_error *err)
{
    return init_as(self, "logistic_mf", PAL_MF_LOGISTIC, values, err);
}

static pal_status logistic_load(void **self, const pal_tensors *file, pal_error *err)
{
    return load_as(self, &pal_rec_logistic_mf, file, err);
}

#define FLAGS (PAL_REC_FACTORS | PAL_REC_FEATURES | PAL_REC_EXACT | PAL_REC_CONTINUES)
#define SHARED                                                                                              \
    .flags = FLAGS, .fit = pal_mf_fit, .score = pal_mf_score, .similar = pal_mf_similar,                     \
    .factors = pal_mf_factors, .save = pal_mf_save, .shape = pal_mf_shape, .digest = pal_mf_digest, .free = pal_mf_free

const pal_rec_type pal_rec_warp = {
    .name = "warp", .label = "WARP factors",
    .summary = "factors that push liked items to the top: weighted approximate-rank pairwise loss",
    .source = "Weston, Bengio, Usunier, IJCAI 2011, as in LightFM (Kula, CBRecSys 2015); parallel by strata as in DSGD "
              "(Gemulla et al., KDD 2011), so threads change no byte; people get no bias: it cancels",
    .params = warp_params, .init = warp_init, .load = warp_load, SHARED,
};

const pal_rec_type pal_rec_bpr = {
    .name = "bpr", .label = "BPR factors",
    .summary = "factors that rank liked items above others: Bayesian personalised ranking",
    .source = "Rendle et al., UAI 2009, with LIBMF's step lengths (Chin et al., PAKDD 2015) and people compared beside "
              "items; parallel by strata as in DSGD, so threads change no byte",
    .params = bpr_params, .init = bpr_init, .load = bpr_load, SHARED,
};

const pal_rec_type pal_rec_logistic_mf = {
    .name = "logistic_mf", .label = "Logistic factors",
    .summary = "factors whose score is the log-odds of liking; learns from dislikes too",
    .source = "LightFM's logistic loss (Kula, CBRecSys 2015) with drawn negatives (Johnson, NIPS workshop 2014, weighs "
              "all others instead); parallel by strata as in DSGD, so threads change no byte",
    .params = logistic_params, .init = logistic_init, .load = logistic_load, SHARED,
};

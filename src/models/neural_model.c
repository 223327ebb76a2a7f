/* A neural classifier: settings, the net they stand for, prediction. The fit: neural_model_fit.c. */
#include "models/neural_model.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS 256 /* rows a block of prediction; never depends on the thread count */

/* ---- settings ------------------------------------------------------------------------------- */

const pal_param pal_neural_model_params[] = {
    { "hidden", PAL_PARAM_REALS, "[32, 16]", 1, 4096, NULL,
      "units of each hidden layer, at most 8 layers; []: a logistic regression", NULL },
    { "activation", PAL_PARAM_CHOICE, "\"relu\"", 0, 0, "relu|gelu", "of hidden units", NULL },
    { "dropout", PAL_PARAM_REAL, "0.1", 0, 0.95, NULL, "share of hidden units left out of a training step", NULL },
    { "learning_rate", PAL_PARAM_REAL, "0.003", 1e-7, 1, NULL, "of AdamW", "scikit-learn, PyTorch: 0.001" },
    { "weight_decay", PAL_PARAM_REAL, "0.1", 0, 10, NULL, "decoupled, of AdamW", "PyTorch: 0.01" },
    { "batch", PAL_PARAM_INT, "0", 0, 1000000, NULL, "rows a step; 0: a fiftieth of the rows, 16 to 256", NULL },
    { "epochs", PAL_PARAM_INT, "200", 1, 100000, NULL, "passes over the rows at most", "scikit-learn: 200" },
    { "patience", PAL_PARAM_INT, "10", 1, 100000, NULL,
      "epochs without a lower LogLoss on held-out rows after which to stop", "scikit-learn: 10" },
    { "valid_parts", PAL_PARAM_INT, "5", 0, 1000000, NULL,
      "one row in so many is held out to stop on; 0: none, all epochs run", "scikit-learn: 10" },
    { 0 }
};

pal_neural_model_config pal_neural_model_defaults(void)
{
    return (pal_neural_model_config){ .hidden = { 32, 16 }, .n_hidden = 2, .dropout = 0.1, .learning_rate = 0.003,
                                .weight_decay = 0.1, .epochs = 200, .patience = 10, .valid_parts = 5,
                                .n_threads = 1 };
}

pal_status pal_neural_model_config_from(pal_neural_model_config *out, const pal_values *values, const char *file,
                                        const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *dot = path[0] == '\0' ? "" : ".";
    size_t n = 0;
    const double *hidden = pal_values_reals(values, "hidden", &n);

    *out = (pal_neural_model_config){
        .gelu = strcmp(pal_values_text(values, "activation"), "gelu") == 0,
        .dropout = pal_values_real(values, "dropout"),
        .learning_rate = pal_values_real(values, "learning_rate"),
        .weight_decay = pal_values_real(values, "weight_decay"),
        .batch = (size_t)pal_values_int(values, "batch"),
        .epochs = (size_t)pal_values_int(values, "epochs"),
        .patience = (size_t)pal_values_int(values, "patience"),
        .valid_parts = (size_t)pal_values_int(values, "valid_parts"),
        .n_threads = 1,
    };
    if (n > PAL_NEURAL_LAYERS) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%shidden: found %zu layers; allowed: %d at most", file, path, dot, n,
                 PAL_NEURAL_LAYERS);
    }
    for (size_t i = 0; i < n; i++) {
        if (hidden[i] != floor(hidden[i])) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%shidden[%zu]: found %g; wanted a whole number", file, path, dot, i,
                     hidden[i]);
        }
        out->hidden[i] = (size_t)hidden[i];
    }
    out->n_hidden = n;
    if (out->valid_parts == 1) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%svalid_parts: found 1; allowed: 0, or 2 and more", file, path, dot);
    }

done:
    return rc;
}

/* ---- the model ------------------------------------------------------------------------------ */

pal_status pal_neural_model_new(pal_neural_model **out, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neural_model *model = NULL;

    PAL_NEW(model, 1);
    model->d = d;
    PAL_NEW(model->mean, d);
    PAL_NEW(model->sd, d);
    PAL_NEW(model->name, d);
    *out = model;
    model = NULL;

done:
    pal_neural_model_free(model);
    return rc;
}

void pal_neural_model_free(pal_neural_model *model)
{
    if (model == NULL) {
        return;
    }
    for (size_t j = 0; model->name != NULL && j < model->d; j++) {
        pal_free(model->name[j]);
    }
    pal_free(model->mean);
    pal_free(model->sd);
    pal_free(model->name);
    pal_free(model->label);
    pal_free(model->train);
    pal_free(model->valid);
    pal_net_free(model->net);
    pal_free(model);
}

pal_status pal_neural_model_build(pal_neural_model *model, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_neural_model_config *c = &model->config;
    pal_net_node x;
    char name[32];

    PAL_TRY(pal_net_new(&model->net, PAL_PORTABLE, err));
    x = pal_net_input(model->net, model->d);
    for (size_t i = 0; i < c->n_hidden; i++) {
        snprintf(name, sizeof name, "hidden.%zu", i);
        x = pal_net_dense(model->net, pal_net_weights(model->net, name, pal_net_width(model->net, x), c->hidden[i]), x);
        x = c->gelu ? pal_net_gelu(model->net, x) : pal_net_relu(model->net, x);
        if (c->dropout > 0) {
            x = pal_net_dropout(model->net, x, c->dropout);
        }
    }
    model->logit = pal_net_dense(model->net, pal_net_weights(model->net, "out", pal_net_width(model->net, x), 1), x);
    PAL_TRY(pal_net_start(model->net, key, err));

done:
    return rc;
}

void pal_neural_model_standardise(float *out, const pal_neural_model *model, const double *row)
{
    for (size_t j = 0; j < model->d; j++) {
        out[j] = isnan(row[j]) || model->sd[j] == 0 ? 0.0f : (float)((row[j] - model->mean[j]) / model->sd[j]);
    }
}

/* ---- prediction ----------------------------------------------------------------------------- */

typedef struct prediction {
    const pal_neural_model *model;
    const double *x;
    double *raw, *probability;
    pal_net_work **work; /* one a worker       */
    float *input;        /* workers x ROWS x d */
} prediction;

static pal_status predict_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const prediction *p = ctx;
    const size_t d = p->model->d;
    float *x = p->input + worker * ROWS * d;
    const float *const input[] = { x };
    const pal_net_batch batch = { .n = end - begin, .input = input };
    const float *z;

    (void)block;
    (void)err;
    for (size_t i = begin; i < end; i++) {
        pal_neural_model_standardise(x + (i - begin) * d, p->model, p->x + i * d);
    }
    pal_net_predict(p->model->net, p->work[worker], &batch);
    z = pal_net_value(p->work[worker], p->model->logit);
    for (size_t i = begin; i < end; i++) {
        if (p->raw != NULL) p->raw[i] = (double)z[i - begin];
        if (p->probability != NULL) p->probability[i] = pal_sigmoid((double)z[i - begin]);
    }
    return PAL_OK;
}

pal_status pal_neural_model_predict(double *raw, double *probability, const pal_neural_model *model, const double *x,
                                    size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    prediction p = { .model = model, .x = x, .raw = raw, .probability = probability };
    size_t rows = n < ROWS ? n : ROWS;

    PAL_ASSERT(n_threads > 0);
    PAL_NEW(p.work, n_threads);
    PAL_NEW(p.input, n_threads * ROWS * model->d);
    for (size_t t = 0; t < n_threads; t++) {
        PAL_TRY(pal_net_work_new(&p.work[t], model->net, rows, false, err));
    }
    PAL_TRY(pal_parallel_for(n, ROWS, n_threads, predict_block, &p, err));

done:
    for (size_t t = 0; p.work != NULL && t < n_threads; t++) {
        pal_net_work_free(p.work[t]);
    }
    pal_free(p.work);
    pal_free(p.input);
    return rc;
}

pal_status pal_neural_model_slopes(double *out, const pal_neural_model *model, const double *x, size_t n,
                                   pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t d = model->d;
    double *moved = NULL, *raw = NULL;

    PAL_NEW(moved, 2 * n * d);
    PAL_NEW(raw, 2 * n);
    for (size_t j = 0; j < d; j++) {
        double sum = 0;

        memcpy(moved, x, n * d * sizeof *x);
        memcpy(moved + n * d, x, n * d * sizeof *x);
        for (size_t i = 0; i < n; i++) {
            moved[i * d + j] += model->sd[j] / 2;
            moved[(n + i) * d + j] -= model->sd[j] / 2;
        }
        PAL_TRY(pal_neural_model_predict(raw, NULL, model, moved, 2 * n, 1, err));
        for (size_t i = 0; i < n; i++) {
            sum += fabs(raw[i] - raw[n + i]);
        }
        out[j] = n > 0 ? sum / (double)n : 0;
    }

done:
    pal_free(moved);
    pal_free(raw);
    return rc;
}

/* ---- as cross-validation knows it ----------------------------------------------------------- */

static pal_status learner_fit(void **model, const pal_samples *train, const void *config, pal_key key,
                              pal_arena *scratch, pal_error *err)
{
    pal_neural_model *out = NULL;
    pal_status rc = pal_neural_model_fit(&out, train->x, train->y, train->weight, train->n, train->d, NULL, NULL,
                                         config, key, scratch, err);

    *model = out;
    return rc;
}

static pal_status learner_predict(double *p, const void *model, const double *x, size_t n, size_t d,
                                  pal_arena *scratch, pal_error *err)
{
    (void)d;
    (void)scratch;
    return pal_neural_model_predict(NULL, p, model, x, n, 1, err);
}

static void learner_free(void *model)
{
    pal_neural_model_free(model);
}

const pal_learner pal_learner_neural = {
    .name = "neural", .fit = learner_fit, .predict = learner_predict, .free = learner_free,
};

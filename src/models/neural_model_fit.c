/* The fit of a neural classifier: what stands in for missing values, held-out rows, epochs, the best of them. */
#include "models/neural_model.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "models/net_train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SMALLEST_BATCH 16
#define LARGEST_BATCH 256
#define BATCHES 50 /* of an epoch, between the two */

/* Everything one fit needs. Rows lie with those to learn from first, the held-out ones after them. */
typedef struct fitting {
    pal_neural_model *model;
    size_t n, n_train, batch;
    float *x;                /* n x d, standardised               */
    float *y, *weight;       /* n; weights relative to their mean */
    uint32_t *order;         /* n_train: shuffled in each epoch   */
    float *batch_x, *batch_y, *batch_weight;
    pal_net_trainer *trainer;
    pal_net_work *work;      /* of the held-out rows              */
    float *best;             /* parameters                        */
    pal_key key;
} fitting;

/* ---- what is refused ------------------------------------------------------------------------ */

static pal_status check_config(const pal_neural_model_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < c->n_hidden && i < PAL_NEURAL_LAYERS; i++) {
        if (c->hidden[i] == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "neural: hidden layer %zu has no units", i);
        }
    }
    if (c->n_hidden > PAL_NEURAL_LAYERS || !(c->dropout >= 0 && c->dropout < 1) || !(c->learning_rate > 0)
        || !(c->weight_decay >= 0) || c->epochs == 0 || c->valid_parts == 1 || c->n_threads == 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "neural: a setting is out of its range (%zu layers, dropout %g, learning_rate %g, "
                 "weight_decay %g, %zu epochs, valid_parts %zu)", c->n_hidden, c->dropout, c->learning_rate,
                 c->weight_decay, c->epochs, c->valid_parts);
    }

done:
    return rc;
}

static pal_status check_data(const double *x, const double *y, const double *weight, size_t n, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool there[2] = { false, false };

    for (size_t i = 0; i < n; i++) {
        if (y[i] != 0 && y[i] != 1) {
            PAL_FAIL(PAL_ERR_DATA, "neural: row %zu: y is %g, wanted 0 or 1", i, y[i]);
        }
        if (weight != NULL && !(weight[i] >= 0 && isfinite(weight[i]))) {
            PAL_FAIL(PAL_ERR_DATA, "neural: row %zu: weight is %g, wanted a finite number of 0 or more", i, weight[i]);
        }
        for (size_t j = 0; j < d; j++) {
            if (isinf(x[i * d + j])) {
                PAL_FAIL(PAL_ERR_DATA, "neural: row %zu, column %zu: %g is not finite", i, j, x[i * d + j]);
            }
        }
        there[y[i] > 0] = there[y[i] > 0] || weight == NULL || weight[i] > 0;
    }
    if (!there[0] || !there[1]) {
        PAL_FAIL(PAL_ERR_DATA, "neural: no row of weight above 0 has y = %d; both classes are needed",
                 there[1] ? 0 : 1);
    }

done:
    return rc;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Weighted mean and spread of the known values of column j; both 0 when there is none. */
static void measure_column(pal_neural_model *model, size_t j, const double *x, const double *weight, size_t n)
{
    pal_acc total = { 0 }, sum = { 0 }, square = { 0 };
    const size_t d = model->d;

    for (size_t i = 0; i < n; i++) {
        const double w = isnan(x[i * d + j]) ? 0 : weight == NULL ? 1 : weight[i];

        pal_acc_add(&total, w);
        pal_acc_add(&sum, w > 0 ? w * x[i * d + j] : 0);
    }
    if (!(pal_acc_value(&total) > 0)) {
        return;
    }
    model->mean[j] = pal_acc_value(&sum) / pal_acc_value(&total);
    for (size_t i = 0; i < n; i++) {
        const double w = isnan(x[i * d + j]) ? 0 : weight == NULL ? 1 : weight[i];
        const double off = w > 0 ? x[i * d + j] - model->mean[j] : 0;

        pal_acc_add(&square, w * off * off);
    }
    model->sd[j] = sqrt(pal_acc_value(&square) / pal_acc_value(&total));
}

static pal_status measure(pal_neural_model *model, const double *x, const double *weight, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t j = 0; j < model->d; j++) {
        measure_column(model, j, x, weight, n);
        if (!isfinite(model->mean[j]) || !isfinite(model->sd[j])) {
            PAL_FAIL(PAL_ERR_DATA, "neural: the spread of column %zu ('%s') does not fit a double", j, model->name[j]);
        }
        /* What rounding leaves of a column of one value. */
        model->sd[j] = model->sd[j] > 1e-12 * fabs(model->mean[j]) ? model->sd[j] : 0;
    }

done:
    return rc;
}

/* As many parts as the rarer class has rows, at most; fewer than 2: nothing can be held out. */
static size_t parts_of(const fitting *f)
{
    const size_t positives = f->model->positives, negatives = f->n - positives;
    const size_t rarer = positives < negatives ? positives : negatives;

    return f->model->config.valid_parts < rarer ? f->model->config.valid_parts : rarer;
}

/* Rows in their order to learn from, then those of fold 0. */
static pal_status deal_rows(fitting *f, const double *x, const double *y, const double *weight, pal_arena *arena,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t d = f->model->d, n = f->n, parts = parts_of(f);
    uint32_t *fold = NULL;
    double mean = 1;
    size_t to = 0;

    PAL_TAKE(f->x, n * d, arena);
    PAL_TAKE(f->y, n, arena);
    PAL_TAKE(f->weight, n, arena);
    if (parts >= 2) {
        PAL_TAKE(fold, n, arena);
        PAL_TRY(pal_stratified_folds(fold, y, n, parts, pal_key_named(f->key, "hold out"), arena, err));
    }
    if (weight != NULL) {
        mean = pal_mean(weight, n);
    }
    for (size_t held = 0; held < 2; held++) {
        f->n_train = held == 1 ? to : 0;
        for (size_t i = 0; i < n; i++) {
            if ((fold != NULL && fold[i] == 0) != (held == 1)) continue;
            pal_neural_model_standardise(f->x + to * d, f->model, x + i * d);
            f->y[to] = (float)y[i];
            f->weight[to++] = weight == NULL ? 1.0f : (float)(weight[i] / mean);
        }
    }

done:
    return rc;
}

/* ---- epochs --------------------------------------------------------------------------------- */

static void shuffle(const fitting *f, size_t epoch)
{
    const pal_key key = pal_key_named(f->key, "order");

    for (size_t i = f->n_train; i-- > 1;) {
        uint64_t draw = 0;
        size_t j = (size_t)pal_below(key, (pal_at){ epoch, 0, i }, &draw, i + 1);
        uint32_t swap = f->order[i];

        f->order[i] = f->order[j];
        f->order[j] = swap;
    }
}

/* One pass over the rows; *loss is the mean of the batches' losses, by their weight. */
static pal_status run_epoch(double *loss, fitting *f, size_t epoch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t d = f->model->d;
    const float *const input[] = { f->batch_x };
    double sum = 0, total = 0;

    shuffle(f, epoch);
    for (size_t begin = 0; begin < f->n_train; begin += f->batch) {
        const size_t rows = f->n_train - begin < f->batch ? f->n_train - begin : f->batch;
        const pal_net_batch batch = { .n = rows, .input = input };
        pal_net_bce bce = { f->model->logit, f->batch_y, f->batch_weight };
        double value = 0, weight = 0;

        for (size_t r = 0; r < rows; r++) {
            const size_t from = f->order[begin + r];

            memcpy(f->batch_x + r * d, f->x + from * d, d * sizeof *f->x);
            f->batch_y[r] = f->y[from];
            f->batch_weight[r] = f->weight[from];
            weight += (double)f->weight[from];
        }
        if (weight > 0) {
            PAL_TRY(pal_net_step(f->trainer, &batch, pal_net_loss_bce, &bce, &value, err));
        }
        sum += weight * value;
        total += weight;
    }
    *loss = sum / total;

done:
    return rc;
}

/* LogLoss of the held-out rows, by weight. */
static double valid_loss(const fitting *f)
{
    const size_t n = f->n - f->n_train;
    const float *const input[] = { f->x + f->n_train * f->model->d };
    const pal_net_batch batch = { .n = n, .input = input };
    const float *z, *y = f->y + f->n_train, *weight = f->weight + f->n_train;
    pal_acc loss = { 0 }, total = { 0 };

    pal_net_predict(f->model->net, f->work, &batch);
    z = pal_net_value(f->work, f->model->logit);
    for (size_t i = 0; i < n; i++) {
        const double w = (double)weight[i], x = (double)z[i];

        pal_acc_add(&loss, w * (pal_softplus(x) - (double)y[i] * x));
        pal_acc_add(&total, w);
    }
    return pal_acc_value(&loss) / pal_acc_value(&total);
}

static bool all_finite(const fitting *f, size_t n)
{
    bool finite = true;

    pal_net_copy_out(f->best, f->model->net);
    for (size_t i = 0; i < n; i++) {
        finite = finite && isfinite(f->best[i]);
    }
    return finite;
}

/* Epochs until patience is at its end; the parameters of the best one stay. */
static pal_status run_epochs(fitting *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neural_model *model = f->model;
    const bool blind = f->work == NULL && model->config.valid_parts > 0; /* nothing tells when it is enough */
    const size_t epochs = blind && model->config.patience < model->config.epochs ? model->config.patience
                                                                                 : model->config.epochs;
    double best = HUGE_VAL;

    for (size_t epoch = 1; epoch <= epochs; epoch++) {
        double *train = &model->train[epoch - 1], *valid = &model->valid[epoch - 1];

        PAL_TRY(run_epoch(train, f, epoch, err));
        *valid = f->work != NULL ? valid_loss(f) : (double)NAN;
        model->n_epochs = epoch;
        if (f->work == NULL || *valid < best) {
            best = *valid;
            model->best = epoch;
            if (f->work != NULL) {
                pal_net_copy_out(f->best, model->net);
            }
        } else if (epoch - model->best >= model->config.patience) {
            break;
        }
    }
    if (f->work != NULL && model->best > 0) {
        pal_net_copy_in(model->net, f->best);
    }
    if (!all_finite(f, pal_net_size(model->net))) {
        PAL_FAIL(PAL_ERR_CONVERGE, "neural: the parameters left the finite numbers; a learning_rate below %g may help",
                 model->config.learning_rate);
    }

done:
    return rc;
}

/* ---- the fit -------------------------------------------------------------------------------- */

static size_t batch_of(const pal_neural_model_config *c, size_t n)
{
    size_t batch = c->batch > 0 ? c->batch : n / BATCHES;

    if (c->batch == 0) {
        batch = batch < SMALLEST_BATCH ? SMALLEST_BATCH : batch > LARGEST_BATCH ? LARGEST_BATCH : batch;
    }
    return batch < n ? batch : n;
}

static pal_status prepare(fitting *f, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neural_model *model = f->model;
    pal_adam_config adam = pal_adam_defaults();
    const size_t held = f->n - f->n_train;
    double weight = 0;

    adam.rate = model->config.learning_rate;
    adam.weight_decay = model->config.weight_decay;
    f->batch = batch_of(&model->config, f->n_train);
    PAL_TRY(pal_neural_model_build(model, pal_key_named(f->key, "weights"), err));
    PAL_TRY(pal_net_trainer_new(&f->trainer, model->net, f->batch, &adam, pal_key_named(f->key, "dropout"),
                                model->config.n_threads, err));
    PAL_TAKE(f->batch_x, f->batch * model->d, arena);
    PAL_TAKE(f->batch_y, f->batch, arena);
    PAL_TAKE(f->batch_weight, f->batch, arena);
    PAL_TAKE(f->order, f->n_train, arena);
    PAL_TAKE(f->best, pal_net_size(model->net), arena);
    PAL_NEW(model->train, model->config.epochs);
    PAL_NEW(model->valid, model->config.epochs);
    for (size_t i = 0; i < f->n_train; i++) {
        f->order[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < held; i++) {
        weight += (double)f->weight[f->n_train + i];
    }
    if (weight > 0) {
        PAL_TRY(pal_net_work_new(&f->work, model->net, held, false, err));
    }

done:
    return rc;
}

/* Names given, or x0, x1 ... */
static pal_status give_names(pal_neural_model *model, const char *const *name, const char *label, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t j = 0; j <= model->d; j++) { /* the last one is the label's */
        char number[32];
        char **to = j < model->d ? &model->name[j] : &model->label;

        snprintf(number, sizeof number, "x%zu", j);
        *to = pal_strdup(j == model->d ? label != NULL ? label : "" : name != NULL ? name[j] : number);
        if (*to == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory for names");
        }
    }

done:
    return rc;
}

pal_status pal_neural_model_fit(pal_neural_model **out, const double *x, const double *y, const double *weight,
                                size_t n, size_t d, const char *const *name, const char *label,
                                const pal_neural_model_config *config, pal_key key, pal_arena *scratch,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    const pal_neural_model_config settings = config != NULL ? *config : pal_neural_model_defaults();
    fitting f = { .n = n, .key = key };

    if (n == 0 || d == 0 || n > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "neural: %zu rows of %zu columns, wanted at least 1 of both and rows below 2^32", n, d);
    }
    PAL_TRY(check_config(&settings, err));
    PAL_TRY(check_data(x, y, weight, n, d, err));
    PAL_TRY(pal_neural_model_new(&f.model, d, err));
    f.model->config = settings;
    f.model->rows = n;
    for (size_t i = 0; i < n; i++) {
        f.model->positives += y[i] > 0;
    }
    PAL_TRY(give_names(f.model, name, label, err));
    PAL_TRY(measure(f.model, x, weight, n, err));
    PAL_TRY(deal_rows(&f, x, y, weight, scratch, err));
    PAL_TRY(prepare(&f, scratch, err));
    PAL_TRY(run_epochs(&f, err));
    *out = f.model;
    f.model = NULL;

done:
    pal_net_trainer_free(f.trainer);
    pal_net_work_free(f.work);
    pal_neural_model_free(f.model);
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* The store of models, one for each taste of each person, and serving from them. Lessons: stages/taste_lessons.c. */
#include "stages/taste_models.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "core/vector.h"
#include "stages/builtin.h"
#include "stages/scan.h"

#include <math.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)1 << 18)

static const struct {
    uint8_t stage;
    const char *name;
} kinds[] = {
    [PAL_TASTE_LOGISTIC] = { PAL_AT_LOGISTIC, "logistic" },
    [PAL_TASTE_BOOSTED] = { PAL_AT_BOOSTED, "boosted" },
    [PAL_TASTE_NEURAL] = { PAL_AT_NEURAL, "neural" },
};

pal_status pal_taste_auc(double *out, const double *p, const double *y, const double *weight, size_t n,
                         pal_error *err)
{
    double wins = 0, pairs = 0;

    (void)weight;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n && y[i] > 0; j++) {
            if (!(y[j] > 0)) {
                wins += p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
                pairs += 1;
            }
        }
    }
    *out = pairs > 0 ? wins / pairs : (double)NAN;
    return PAL_OK;
}

pal_status pal_taste_logloss(double *out, const double *p, const double *y, const double *weight, size_t n,
                             pal_error *err)
{
    pal_acc loss = { 0 }, total = { 0 };

    (void)err;
    for (size_t i = 0; i < n; i++) {
        const double w = weight != NULL ? weight[i] : 1, right = y[i] > 0 ? p[i] : 1 - p[i];

        pal_acc_add(&loss, -w * pal_log(right < 1e-15 ? 1e-15 : right > 1 - 1e-15 ? 1 - 1e-15 : right));
        pal_acc_add(&total, w);
    }
    *out = pal_acc_value(&loss) / pal_acc_value(&total);
    return PAL_OK;
}

static pal_taste_model **slot_of(const pal_taste_models *models, uint32_t user, size_t t)
{
    return &models->model[(size_t)user * models->n_tastes + t];
}

void pal_taste_model_free(pal_taste_model *model)
{
    if (model != NULL) {
        pal_free(model->value);
        pal_free(model);
    }
}

/* ---- the store -------------------------------------------------------------------------------------------- */

bool pal_taste_models_linear(const pal_taste_models *models)
{
    return models->config.learner == PAL_TASTE_LOGISTIC && !models->config.rules.derived;
}

size_t pal_taste_model_size(const pal_taste_models *models, size_t t)
{
    return pal_taste_models_linear(models) ? models->catalog->d
                                           : models->index->begin[t + 1] - models->index->begin[t];
}

static pal_status lay_out(pal_taste_models *models, pal_error *err)
{
    const pal_catalog *catalog = models->catalog;
    const pal_taste_index *index = models->index;
    pal_status rc = PAL_OK;

    PAL_NEW(models->scaled_t, catalog->d * index->row);
    for (size_t t = 0; t < index->n_tastes; t++) {
        for (size_t at = index->begin[t]; at < index->begin[t] + index->n[t]; at++) {
            for (size_t f = 0; f < catalog->d; f++) {
                models->scaled_t[f * index->row + at] = catalog->scaled[index->member[at] * catalog->stride + f];
            }
        }
    }

done:
    return rc;
}

pal_status pal_taste_models_new(pal_taste_models **out, const pal_stage_env *env, const pal_taste_config *config,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_taste_models *models = NULL;

    PAL_NEW(models, 1);
    models->config = *config;
    models->catalog = env->catalog;
    models->n_users = env->n_users;
    models->n_tastes = env->catalog->clusters->n;
    models->n_threads = env->n_threads > 0 ? env->n_threads : 1;
    models->stage = kinds[config->learner].stage;
    models->name = kinds[config->learner].name;
    models->key = env->train;
    models->log = env->training;
    PAL_TRY(pal_taste_index_new(&models->index, env->catalog, err));
    if (pal_taste_models_linear(models)) {
        PAL_TRY(lay_out(models, err));
    }
    PAL_NEW(models->model, models->n_users * models->n_tastes);
    PAL_NEW(models->taught_at, models->n_users);
    PAL_NEW(models->samples_at, models->n_users * models->n_tastes);
    if (models->log != NULL) {
        PAL_NEW(models->judged_row, models->n_users * models->n_tastes);
        PAL_NEW(models->kept_row, models->n_users * models->n_tastes);
    }
    PAL_NEW(models->scratch, models->n_threads);
    for (size_t i = 0; i < models->n_threads; i++) {
        PAL_TRY(pal_arena_new(&models->scratch[i], SCRATCH_BYTES, err));
    }
    *out = models;
    models = NULL;

done:
    pal_taste_models_free(models);
    return rc;
}

void pal_taste_models_free(pal_taste_models *models)
{
    if (models == NULL) {
        return;
    }
    for (size_t i = 0; models->model != NULL && i < models->n_users * models->n_tastes; i++) {
        pal_taste_model_free(models->model[i]);
    }
    for (size_t i = 0; models->scratch != NULL && i < models->n_threads; i++) {
        pal_arena_free(models->scratch[i]);
    }
    pal_taste_index_free(models->index);
    pal_free(models->scaled_t);
    pal_free(models->model);
    pal_free(models->taught_at);
    pal_free(models->samples_at);
    pal_free(models->judged_row);
    pal_free(models->kept_row);
    pal_free(models->scratch);
    pal_free(models);
}

void pal_taste_models_put(pal_taste_models *models, uint32_t user, size_t t, pal_taste_model *model)
{
    pal_taste_model **kept = slot_of(models, user, t);

    pal_taste_model_free(*kept);
    *kept = model;
}

const pal_taste_model *pal_taste_models_kept(const pal_taste_models *models, uint32_t user, size_t t)
{
    return *slot_of(models, user, t);
}

const pal_taste_model *pal_taste_models_get(const pal_taste_models *models, uint32_t user, size_t t)
{
    const pal_taste_model *model = *slot_of(models, user, t);

    return model != NULL && model->auc >= models->config.min_auc ? model : NULL;
}

bool pal_taste_models_any(const pal_taste_models *models, uint32_t user)
{
    for (size_t t = 0; t < models->n_tastes; t++) {
        if (pal_taste_models_get(models, user, t) != NULL) {
            return true;
        }
    }
    return false;
}

PAL_VECTOR static void add_to_all(float *x, float y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] += y;
    }
}

void pal_taste_model_scan(float *out, const pal_taste_models *models, const pal_taste_model *model, size_t t)
{
    const pal_taste_index *index = models->index;
    const size_t n_pad = index->begin[t + 1] - index->begin[t];

    if (model->linear) {
        pal_scan_dots(out, models->scaled_t + index->begin[t], index->row, model->value, n_pad, models->catalog->d);
        add_to_all(out, model->intercept, n_pad);
    } else {
        memcpy(out, model->value, n_pad * sizeof *out);
    }
}

/* Where an item stands among the rising members of cluster t. */
static size_t place_of(const pal_taste_index *index, size_t t, uint32_t item)
{
    const uint32_t *member = index->member + index->begin[t];
    size_t low = 0, high = index->n[t];

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;

        if (member[middle] <= item) {
            low = middle;
        } else {
            high = middle;
        }
    }
    PAL_DCHECK(low < index->n[t] && member[low] == item);
    return low;
}

float pal_taste_model_item(const pal_taste_models *models, const pal_taste_model *model, size_t t, uint32_t item)
{
    const pal_catalog *catalog = models->catalog;

    if (model->linear) {
        return pal_scan_dot(catalog->scaled + (size_t)item * catalog->stride, model->value, catalog->d)
               + model->intercept;
    }
    return model->value[place_of(models->index, t, item)];
}

uint64_t pal_taste_models_digest(const pal_taste_models *models)
{
    const size_t n = models->n_users * models->n_tastes;
    uint64_t digest = pal_hash_text(models->name);

    digest = pal_hash_mix(digest, pal_hash(models->taught_at, models->n_users * sizeof *models->taught_at));
    digest = pal_hash_mix(digest, pal_hash(models->samples_at, n * sizeof *models->samples_at));
    for (size_t i = 0; i < n; i++) {
        const pal_taste_model *model = models->model[i];

        if (model != NULL) {
            const double known[] = { (double)i, model->auc, model->logloss, (double)model->intercept };

            digest = pal_hash_mix(digest, pal_hash_doubles(known, sizeof known / sizeof *known));
            digest = pal_hash_mix(digest, pal_hash_floats(model->value, model->n));
        }
    }
    return digest;
}

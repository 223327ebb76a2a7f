/* The store of models in a file: which tastes have one, what each is worth, and all their numbers end to end. */
#include "stages/taste_models.h"

#include "core/mem.h"
#include "stages/stage_state.h"

#include <string.h>

/* The kept models as columns: one entry each, in the order of person and taste. */
typedef struct columns {
    size_t n, n_values;
    uint64_t *place; /* user x n_tastes + taste */
    double *auc, *logloss;
    float *intercept, *value;
} columns;

static void columns_clear(columns *c)
{
    pal_free(c->place);
    pal_free(c->auc);
    pal_free(c->logloss);
    pal_free(c->intercept);
    pal_free(c->value);
}

static void count_models(columns *c, const pal_taste_models *models)
{
    for (size_t i = 0; i < models->n_users * models->n_tastes; i++) {
        if (models->model[i] != NULL) {
            c->n++;
            c->n_values += models->model[i]->n;
        }
    }
}

static void fill_columns(columns *c, const pal_taste_models *models)
{
    size_t k = 0, at = 0;

    for (size_t i = 0; i < models->n_users * models->n_tastes; i++) {
        const pal_taste_model *model = models->model[i];

        if (model != NULL) {
            c->place[k] = i;
            c->auc[k] = model->auc;
            c->logloss[k] = model->logloss;
            c->intercept[k++] = model->intercept;
            memcpy(c->value + at, model->value, model->n * sizeof *model->value);
            at += model->n;
        }
    }
}

/* Places in the log; the count may have another width in memory. */
static pal_status save_places(const size_t *place, size_t n, const char *stage, const char *name, pal_tensors *file,
                              pal_error *err)
{
    uint64_t *wide = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(wide, n);
    for (size_t i = 0; i < n; i++) {
        wide[i] = place[i];
    }
    PAL_TRY(pal_state_put(file, stage, name, PAL_U64, n, wide, err));

done:
    pal_free(wide);
    return rc;
}

pal_status pal_taste_models_save(const pal_taste_models *models, pal_tensors *file, pal_error *err)
{
    const size_t n = models->n_users * models->n_tastes;
    columns c = { 0 };
    pal_status rc = PAL_OK;

    count_models(&c, models);
    PAL_NEW(c.place, c.n);
    PAL_NEW(c.auc, c.n);
    PAL_NEW(c.logloss, c.n);
    PAL_NEW(c.intercept, c.n);
    PAL_NEW(c.value, c.n_values);
    fill_columns(&c, models);
    PAL_TRY(pal_state_put(file, models->name, "taught_at", PAL_U32, models->n_users, models->taught_at, err));
    PAL_TRY(pal_state_put(file, models->name, "samples_at", PAL_U32, n, models->samples_at, err));
    PAL_TRY(pal_state_put(file, models->name, "place", PAL_U64, c.n, c.place, err));
    PAL_TRY(pal_state_put(file, models->name, "auc", PAL_F64, c.n, c.auc, err));
    PAL_TRY(pal_state_put(file, models->name, "logloss", PAL_F64, c.n, c.logloss, err));
    PAL_TRY(pal_state_put(file, models->name, "intercept", PAL_F32, c.n, c.intercept, err));
    PAL_TRY(pal_state_put(file, models->name, "value", PAL_F32, c.n_values, c.value, err));
    if (models->log != NULL) {
        PAL_TRY(save_places(models->judged_row, n, models->name, "judged_row", file, err));
        PAL_TRY(save_places(models->kept_row, n, models->name, "kept_row", file, err));
    }

done:
    columns_clear(&c);
    return rc;
}

/* ---- back ------------------------------------------------------------------------------------------------- */

/* Columns borrowed from a file. */
typedef struct borrowed {
    size_t n, n_values;
    const uint64_t *place;
    const double *auc, *logloss;
    const float *intercept, *value;
} borrowed;

static pal_status borrow(borrowed *b, const pal_taste_models *models, const pal_tensors *file, pal_error *err)
{
    const void *data[5];
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_get(&data[0], &b->n, file, models->name, "place", PAL_U64, err));
    PAL_TRY(pal_state_get_n(&data[1], file, models->name, "auc", PAL_F64, b->n, err));
    PAL_TRY(pal_state_get_n(&data[2], file, models->name, "logloss", PAL_F64, b->n, err));
    PAL_TRY(pal_state_get_n(&data[3], file, models->name, "intercept", PAL_F32, b->n, err));
    PAL_TRY(pal_state_get(&data[4], &b->n_values, file, models->name, "value", PAL_F32, err));
    b->place = data[0];
    b->auc = data[1];
    b->logloss = data[2];
    b->intercept = data[3];
    b->value = data[4];

done:
    return rc;
}

/* Places ascend and exist, and there are as many numbers as their models hold. */
static pal_status check_places(const borrowed *b, const pal_taste_models *models, const pal_tensors *file,
                               pal_error *err)
{
    const size_t n = models->n_users * models->n_tastes;
    size_t wanted = 0;
    pal_status rc = PAL_OK;

    for (size_t k = 0; k < b->n; k++) {
        if (b->place[k] >= n) {
            PAL_TRY(pal_state_bad(file, models->name, "place", k, b->place[k], n, err));
        }
        if (k > 0 && b->place[k] <= b->place[k - 1]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %s/place: entry %zu does not ascend", pal_tensors_file(file), models->name, k);
        }
        wanted += pal_taste_model_size(models, (size_t)b->place[k] % models->n_tastes);
    }
    if (wanted != b->n_values) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s/value holds %zu numbers, %zu models of this catalog have %zu",
                 pal_tensors_file(file), models->name, b->n_values, b->n, wanted);
    }

done:
    return rc;
}

static pal_status take_model(pal_taste_models *models, const borrowed *b, size_t k, const float *value,
                             pal_error *err)
{
    const size_t place = (size_t)b->place[k];
    pal_taste_model *model = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(model, 1);
    *model = (pal_taste_model){ .auc = b->auc[k], .logloss = b->logloss[k], .intercept = b->intercept[k],
                                .linear = pal_taste_models_linear(models),
                                .n = pal_taste_model_size(models, place % models->n_tastes) };
    PAL_NEW(model->value, model->n);
    memcpy(model->value, value, model->n * sizeof *value);
    pal_taste_models_put(models, (uint32_t)(place / models->n_tastes), place % models->n_tastes, model);
    model = NULL;

done:
    pal_taste_model_free(model);
    return rc;
}

static pal_status restore_places(size_t *place, size_t n, const char *stage, const char *name, const pal_tensors *file,
                                 pal_error *err)
{
    const void *data;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_get_n(&data, file, stage, name, PAL_U64, n, err));
    for (size_t i = 0; i < n; i++) {
        place[i] = (size_t)((const uint64_t *)data)[i];
    }

done:
    return rc;
}

/* Places in the log of a run that kept none were never saved. */
static bool has_places(const pal_taste_models *models, const pal_tensors *file)
{
    return models->log != NULL && (pal_state_has(file, models->name, "judged_row")
                                   || pal_state_has(file, models->name, "kept_row"));
}

pal_status pal_taste_models_restore(pal_taste_models *models, const pal_tensors *file, pal_error *err)
{
    const size_t n = models->n_users * models->n_tastes;
    const void *taught_at, *samples_at;
    borrowed b;
    size_t at = 0;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_get_n(&taught_at, file, models->name, "taught_at", PAL_U32, models->n_users, err));
    PAL_TRY(pal_state_get_n(&samples_at, file, models->name, "samples_at", PAL_U32, n, err));
    PAL_TRY(borrow(&b, models, file, err));
    PAL_TRY(check_places(&b, models, file, err));
    if (has_places(models, file)) {
        PAL_TRY(restore_places(models->judged_row, n, models->name, "judged_row", file, err));
        PAL_TRY(restore_places(models->kept_row, n, models->name, "kept_row", file, err));
    }
    memcpy(models->taught_at, taught_at, models->n_users * sizeof *models->taught_at);
    memcpy(models->samples_at, samples_at, n * sizeof *models->samples_at);
    for (size_t i = 0; i < n; i++) {
        pal_taste_models_put(models, (uint32_t)(i / models->n_tastes), i % models->n_tastes, NULL);
    }
    for (size_t k = 0; k < b.n; k++) {
        PAL_TRY(take_model(models, &b, k, b.value + at, err));
        at += pal_taste_model_size(models, (size_t)b.place[k] % models->n_tastes);
    }

done:
    return rc;
}

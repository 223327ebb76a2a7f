/* The list of collaborative models, and the checks that all of them start with. */
#include "models/rec_builtin.h"

#include "core/text.h"

#include <string.h>

static const pal_rec_type *const models[] = {
    [PAL_REC_AT_RANDOM] = &pal_rec_random,
    [PAL_REC_AT_POPULARITY] = &pal_rec_popularity,
    [PAL_REC_AT_ITEM_KNN] = &pal_rec_item_knn,
    [PAL_REC_AT_USER_KNN] = &pal_rec_user_knn,
    [PAL_REC_AT_WARP] = &pal_rec_warp,
    [PAL_REC_AT_BPR] = &pal_rec_bpr,
    [PAL_REC_AT_LOGISTIC_MF] = &pal_rec_logistic_mf,
    [PAL_REC_AT_ALS] = &pal_rec_als,
    [PAL_REC_AT_EASE] = &pal_rec_ease,
    [PAL_REC_AT_SLIM] = &pal_rec_slim,
    [PAL_REC_AT_TWO_TOWER] = &pal_rec_two_tower,
    [PAL_REC_AT_HYBRID] = &pal_rec_hybrid,
};

enum { N_MODELS = sizeof models / sizeof *models };

size_t pal_rec_count(void)
{
    return N_MODELS;
}

const pal_rec_type *pal_rec_at(size_t index)
{
    PAL_ASSERT(index < N_MODELS);
    return models[index];
}

pal_status pal_rec_find(size_t *index, const char *name, const char *file, const char *json_path, pal_error *err)
{
    const char *names[N_MODELS], *near;
    pal_text known = { 0 };
    pal_status rc = PAL_OK;

    for (size_t m = 0; m < N_MODELS; m++) {
        if (strcmp(models[m]->name, name) == 0) {
            *index = m;
            return PAL_OK;
        }
        names[m] = models[m]->name;
    }
    for (size_t m = 0; m < N_MODELS; m++) {
        pal_text_addf(&known, "%s%s", m == 0 ? "" : ", ", names[m]);
    }
    PAL_TRY(pal_text_check(&known, err));
    near = pal_nearest_name(name, names, N_MODELS);
    if (near != NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: no model \"%s\"; did you mean \"%s\"? known: %s", file, json_path, name,
                 near, known.bytes);
    }
    PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: no model \"%s\"; known: %s", file, json_path, name, known.bytes);

done:
    pal_text_clear(&known);
    return rc;
}

pal_status pal_rec_check(const char *model, const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *rows = data->rows;

    PAL_ASSERT(data->cols->n_rows == rows->n_cols && data->cols->n_cols == rows->n_rows && data->cols->n == rows->n);
    if (rows->n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: nothing to learn from: %zu people, %zu items and no interaction", model,
                 rows->n_rows, rows->n_cols);
    }
    for (size_t u = 0; u < rows->n_rows; u++) {
        for (size_t i = rows->begin[u]; i < rows->begin[u + 1]; i++) {
            if (!(rows->value[i] > 0)) {
                PAL_FAIL(PAL_ERR_DATA, "%s: person %zu, item %u: value %g, wanted above 0", model, u, rows->col[i],
                         (double)rows->value[i]);
            }
        }
    }

done:
    return rc;
}

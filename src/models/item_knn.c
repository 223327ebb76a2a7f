/*
 * Item neighbours: an item is scored by its similarity to what the person had.
 *
 *   score_j = sum over own i among the k nearest of j of  s(j, i) value_i   [ / sum over the k nearest of s(j, i) ]
 *
 * Neighbours are those of the target j. Similarities are computed sparsely, one target after the other: a pass over the
 * people of j and what else they had. Similarities: knn.c. Scores, explanations, files: item_weights.c.
 */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "models/item_weights.h"
#include "models/knn.h"
#include "models/row_blocks.h"

#define BLOCK 16 /* targets a block: similar costs, and enough blocks for many threads */

typedef struct item_knn {
    pal_item_weights weights; /* first: its functions serve */
    pal_knn_config config;
} item_knn;

static void item_knn_free(void *self)
{
    item_knn *model = self;

    if (model != NULL) {
        pal_item_weights_clear(&model->weights);
        pal_free(model);
    }
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    item_knn *model = NULL;

    PAL_NEW(model, 1);
    model->config = pal_knn_config_from(values);
    *self = model;

done:
    return rc;
}

/* ---- neighbours of all items ------------------------------------------------------------------------------ */

static pal_status search_rows(void *ctx, pal_row_blocks *blocks, size_t begin, size_t end, pal_arena *scratch,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_knn_space *space = ctx;
    const pal_csr *things = space->things;
    pal_knn_work work = { 0 };
    uint32_t *near = NULL;
    float *similarity = NULL;

    PAL_TRY(pal_knn_work_take(&work, space, scratch, err));
    PAL_TAKE(near, things->n_rows, scratch);
    PAL_TAKE(similarity, things->n_rows, scratch);
    for (size_t j = begin; j < end; j++) {
        size_t at = things->begin[j];
        size_t n = pal_knn_nearest(near, similarity, &work, space, things->col + at, things->value + at,
                                   pal_csr_count(things, j), (uint32_t)j);

        PAL_TRY(pal_row_blocks_add(blocks, j, near, similarity, n, err));
    }

done:
    return rc;
}

/* Similarity to itself, and the sum over the neighbours (1 for an item without any). */
static pal_status measure(pal_item_weights *weights, const pal_knn_space *space, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *near = weights->near;

    PAL_NEW(weights->own, near->n_rows);
    for (size_t j = 0; j < near->n_rows; j++) weights->own[j] = pal_knn_own(space, (uint32_t)j);
    if (space->config.normalise) {
        PAL_NEW(weights->divide, near->n_rows);
        for (size_t j = 0; j < near->n_rows; j++) {
            double sum = 0;

            for (size_t i = near->begin[j]; i < near->begin[j + 1]; i++) sum += (double)near->value[i];
            weights->divide[j] = sum > 0 ? (float)sum : 1;
        }
    }

done:
    return rc;
}

static pal_status fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    item_knn *model = self;
    pal_knn_space space = { 0 };
    pal_item_weights fitted = { 0 };
    pal_csr *near = NULL;

    PAL_TRY(pal_rec_check("item_knn", data, err));
    PAL_TRY(pal_knn_space_fit(&space, data->rows, &model->config, err));
    PAL_TRY(pal_row_blocks_make(&near, space.n_things, space.n_things, BLOCK, env->n_threads, search_rows, &space,
                                err));
    PAL_TRY(pal_item_weights_set(&fitted, data->rows->n_rows, near, err));
    near = NULL;
    PAL_TRY(measure(&fitted, &space, err));
    pal_item_weights_clear(&model->weights);
    model->weights = fitted;
    fitted = (pal_item_weights){ 0 };

done:
    pal_csr_free(near);
    pal_item_weights_clear(&fitted);
    pal_knn_space_clear(&space);
    return rc;
}

static pal_status load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *opened = NULL;

    PAL_TRY(pal_rec_reopen(&opened, &pal_rec_item_knn, file, err));
    PAL_TRY(pal_item_weights_load(&((item_knn *)opened)->weights, file, err));
    *self = opened;
    opened = NULL;

done:
    item_knn_free(opened);
    return rc;
}

const pal_rec_type pal_rec_item_knn = {
    .name = "item_knn",
    .label = "Item neighbours",
    .summary = "items similar to what the person had, by the people they share",
    .source = "Sarwar et al., WWW 2001; Deshpande and Karypis, TOIS 2004; weightings as in implicit",
    .flags = PAL_REC_EXACT | PAL_REC_ITEMS_ONLY,
    .params = pal_knn_params,
    .init = init,
    .fit = fit,
    .score = pal_item_weights_score,
    .similar = pal_item_weights_similar,
    .explain = pal_item_weights_explain,
    .save = pal_item_weights_save,
    .load = load,
    .shape = pal_item_weights_shape,
    .digest = pal_item_weights_digest,
    .free = item_knn_free,
};

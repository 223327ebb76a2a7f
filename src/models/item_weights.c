/* Sparse item-to-item weights: scores walk the transpose, so that only what a person had is touched. */
#include "models/item_weights.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/rec_arrays.h"

#include <string.h>

void pal_item_weights_clear(pal_item_weights *weights)
{
    pal_csr_free(weights->near);
    pal_csr_free(weights->from);
    pal_free(weights->divide);
    pal_free(weights->own);
    memset(weights, 0, sizeof *weights);
}

pal_status pal_item_weights_set(pal_item_weights *weights, size_t n_rows, pal_csr *near, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_csr_transpose(&weights->from, near, err));
    weights->near = near;
    weights->n_rows = n_rows;
    weights->n_cols = near->n_rows;

done:
    return rc;
}

static void score_one(const pal_item_weights *weights, const pal_rec_query *query, float *score)
{
    const pal_csr *from = weights->from;

    memset(score, 0, weights->n_cols * sizeof *score);
    for (size_t q = 0; q < query->n; q++) {
        const float value = query->value[q];

        for (size_t c = from->begin[query->item[q]]; c < from->begin[query->item[q] + 1]; c++) {
            score[from->col[c]] += value * from->value[c];
        }
    }
    for (size_t i = 0; weights->divide != NULL && i < weights->n_cols; i++) score[i] /= weights->divide[i];
}

pal_status pal_item_weights_score(const void *self, const pal_rec_query *query, size_t n, float *score,
                                  pal_arena *scratch, pal_error *err)
{
    const pal_item_weights *weights = self;

    (void)scratch;
    (void)err;
    for (size_t q = 0; q < n; q++) score_one(weights, &query[q], score + q * weights->n_cols);
    return PAL_OK;
}

pal_status pal_item_weights_explain(const void *self, const pal_rec_query *query, uint32_t item, float *part,
                                    float *rest, pal_arena *scratch, pal_error *err)
{
    const pal_item_weights *weights = self;
    const float divide = weights->divide != NULL ? weights->divide[item] : 1;

    (void)scratch;
    (void)err;
    for (size_t q = 0; q < query->n; q++) {
        size_t at = pal_csr_find(weights->near, item, query->item[q]);

        part[q] = at == SIZE_MAX ? 0 : query->value[q] * weights->near->value[at] / divide;
    }
    *rest = 0;
    return PAL_OK;
}

pal_status pal_item_weights_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                                    pal_error *err)
{
    const pal_item_weights *weights = self;
    const pal_csr *near = weights->near;

    (void)scratch;
    if (people) {
        return pal_error_set(err, PAL_ERR_DATA, "knows similar items, not similar people");
    }
    memset(score, 0, weights->n_cols * sizeof *score);
    for (size_t c = near->begin[id]; c < near->begin[id + 1]; c++) score[near->col[c]] = near->value[c];
    if (weights->own != NULL) score[id] = weights->own[id];
    return PAL_OK;
}

void pal_item_weights_shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const pal_item_weights *weights = self;

    *n_rows = weights->n_rows;
    *n_cols = weights->n_cols;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

pal_status pal_item_weights_save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_item_weights *weights = self;

    PAL_TRY(pal_rec_put_sizes(file, "shape", weights->n_rows, weights->n_cols, err));
    PAL_TRY(pal_rec_put_csr(file, "near", weights->near, err));
    if (weights->divide != NULL) {
        PAL_TRY(pal_rec_put_floats(file, "divide", weights->divide, weights->n_cols, 0, err));
    }
    if (weights->own != NULL) {
        PAL_TRY(pal_rec_put_floats(file, "own", weights->own, weights->n_cols, 0, err));
    }

done:
    return rc;
}

static pal_status load_divide(pal_item_weights *weights, size_t n_cols, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_rec_get_floats(&weights->divide, file, "divide", n_cols, 0, err));
    for (size_t i = 0; i < n_cols; i++) {
        if (!(weights->divide[i] > 0)) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"divide\", entry %zu: %g, wanted above 0", pal_tensors_file(file), i,
                     (double)weights->divide[i]);
        }
    }

done:
    return rc;
}

pal_status pal_item_weights_load(pal_item_weights *weights, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_rows = 0, n_cols = 0;
    pal_csr *near = NULL;

    PAL_TRY(pal_rec_get_sizes(&n_rows, &n_cols, file, "shape", err));
    PAL_TRY(pal_rec_get_csr(&near, file, "near", n_cols, n_cols, err));
    if (pal_tensors_has(file, "divide")) PAL_TRY(load_divide(weights, n_cols, file, err));
    if (pal_tensors_has(file, "own")) PAL_TRY(pal_rec_get_floats(&weights->own, file, "own", n_cols, 0, err));
    PAL_TRY(pal_item_weights_set(weights, n_rows, near, err));
    near = NULL;

done:
    pal_csr_free(near);
    return rc;
}

uint64_t pal_item_weights_digest(const void *self)
{
    const pal_item_weights *weights = self;
    uint64_t digest = pal_hash_mix((uint64_t)weights->n_rows, (uint64_t)weights->n_cols);

    if (weights->near != NULL) digest = pal_hash_mix(digest, pal_csr_digest(weights->near));
    if (weights->divide != NULL) {
        digest = pal_hash_mix(digest, pal_hash_floats(weights->divide, weights->n_cols));
    }
    if (weights->own != NULL) digest = pal_hash_mix(digest, pal_hash_floats(weights->own, weights->n_cols));
    return digest;
}

/* Factor models in files: parameters with the sums that scale their steps, so that a fit can go on. */
#include "models/mf.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/rec_arrays.h"

#include <string.h>

static const char *const own_name[2] = { "people", "items" };
static const char *const shared_name[2] = { "people.features", "items.features" };
static const char *const sum_name[2] = { "people.sum", "items.sum" };

pal_status pal_mf_save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_mf *model = self;
    const uint64_t state[3] = { model->key.seed, model->key.stream, model->epoch }, three = 3;
    const size_t n[2] = { model->n_rows, model->n_cols };

    PAL_TRY(pal_rec_put_sizes(file, "shape", n[0], n[1], err));
    PAL_TRY(pal_tensors_put(file, "state", PAL_U64, 1, &three, state, err));
    for (size_t s = 0; s < 2; s++) {
        if (model->own[s].n > 0) PAL_TRY(pal_mf_table_save(&model->own[s], file, own_name[s], err));
        if (model->shared[s].n > 0) PAL_TRY(pal_mf_table_save(&model->shared[s], file, shared_name[s], err));
        if (model->sum[s] != NULL) {
            PAL_TRY(pal_rec_put_floats(file, sum_name[s], model->sum[s], n[s], pal_mf_model_width(model), err));
        }
    }

done:
    return rc;
}

static pal_status read_side(pal_mf *model, const pal_tensors *file, size_t s, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool identity = s == 0 ? model->config.person_identity : model->config.item_identity;

    if (pal_tensors_has(file, own_name[s])) PAL_TRY(pal_mf_table_load(&model->own[s], file, own_name[s], err));
    if (model->own[s].n != (identity ? n : 0)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array '%s' has %zu rows, wanted %zu", pal_tensors_file(file), own_name[s],
                 model->own[s].n, identity ? n : 0);
    }
    if (pal_tensors_has(file, shared_name[s])) {
        PAL_TRY(pal_mf_table_load(&model->shared[s], file, shared_name[s], err));
    }
    if (model->shared[s].n > 0 || !identity) {
        PAL_TRY(pal_rec_get_floats(&model->sum[s], file, sum_name[s], n, pal_mf_model_width(model), err));
    }

done:
    return rc;
}

pal_status pal_mf_read(pal_mf *model, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    uint64_t state[3], n;

    PAL_TRY(pal_rec_get_sizes(&model->n_rows, &model->n_cols, file, "shape", err));
    PAL_TRY(pal_tensors_get(&data, &n, file, "state", PAL_U64, 1, err));
    if (n != 3) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array 'state' has %llu entries, wanted 3", pal_tensors_file(file),
                 (unsigned long long)n);
    }
    memcpy(state, data, sizeof state);
    model->key = (pal_key){ state[0], state[1] };
    model->epoch = state[2];
    PAL_TRY(read_side(model, file, 0, model->n_rows, err));
    PAL_TRY(read_side(model, file, 1, model->n_cols, err));
    PAL_TRY(pal_mf_finish(model, err));

done:
    return rc;
}

void pal_mf_shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const pal_mf *model = self;

    *n_rows = model->n_rows;
    *n_cols = model->n_cols;
}

uint64_t pal_mf_digest(const void *self)
{
    const pal_mf *model = self;
    uint64_t digest = pal_hash_mix(pal_hash_mix(model->key.seed, model->key.stream), model->epoch);
    const size_t n[2] = { model->n_rows, model->n_cols };

    for (size_t s = 0; s < 2; s++) {
        digest = pal_hash_mix(digest, (uint64_t)n[s]);
        digest = pal_hash_mix(digest, pal_mf_table_digest(&model->own[s]));
        digest = pal_hash_mix(digest, pal_mf_table_digest(&model->shared[s]));
        if (model->sum[s] != NULL) {
            digest = pal_hash_mix(digest, pal_hash_floats(model->sum[s], n[s] * pal_mf_model_width(model)));
        }
    }
    return digest;
}

void pal_mf_free(void *self)
{
    pal_mf *model = self;

    if (model == NULL) return;
    for (size_t s = 0; s < 2; s++) {
        pal_mf_table_clear(&model->own[s]);
        pal_mf_table_clear(&model->shared[s]);
        pal_free(model->sum[s]);
        pal_free(model->factor[s]);
    }
    pal_free(model);
}

/* Files and digest of a fitted ALS model. */
#include "models/als.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/rec_arrays.h"
#include "models/rec_builtin.h"

#include <math.h>
#include <string.h>

pal_status pal_als_save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_als *model = self;
    size_t d = model->config.d;
    const uint64_t square[2] = { d, d }, backend = model->backend == PAL_OPENBLAS, one = 1;

    PAL_TRY(pal_rec_put_sizes(file, "shape", model->n_rows, model->n_cols, err));
    PAL_TRY(pal_tensors_put(file, "openblas", PAL_U64, 1, &one, &backend, err));
    PAL_TRY(pal_rec_put_floats(file, "people", model->factor[0], model->n_rows, d, err));
    PAL_TRY(pal_rec_put_floats(file, "items", model->factor[1], model->n_cols, d, err));
    PAL_TRY(pal_tensors_put(file, "gram", PAL_F64, 2, square, model->gram, err));
    if (model->disliked != NULL) PAL_TRY(pal_rec_put_csr(file, "disliked", model->disliked, err));

done:
    return rc;
}

static pal_status read_gram(pal_als *model, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = model->config.d;
    uint64_t shape[2];
    const void *data;

    PAL_TRY(pal_tensors_get(&data, shape, file, "gram", PAL_F64, 2, err));
    if (shape[0] != d || shape[1] != d) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array 'gram' is %llu x %llu, wanted %zu x %zu", pal_tensors_file(file),
                 (unsigned long long)shape[0], (unsigned long long)shape[1], d, d);
    }
    PAL_NEW(model->gram, d * d);
    memcpy(model->gram, data, d * d * sizeof *model->gram);
    for (size_t i = 0; i < d * d; i++) {
        if (!isfinite(model->gram[i])) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array 'gram' holds a value that is not finite", pal_tensors_file(file));
        }
    }

done:
    return rc;
}

static pal_status read_model(pal_als *model, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = model->config.d;
    const void *data;
    uint64_t backend, n;

    PAL_TRY(pal_rec_get_sizes(&model->n_rows, &model->n_cols, file, "shape", err));
    PAL_TRY(pal_tensors_get(&data, &n, file, "openblas", PAL_U64, 1, err));
    if (n != 1) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array 'openblas' has %llu entries, wanted 1", pal_tensors_file(file),
                 (unsigned long long)n);
    }
    memcpy(&backend, data, sizeof backend);
    model->backend = backend != 0 ? PAL_OPENBLAS : PAL_PORTABLE;
    PAL_TRY(pal_rec_get_floats(&model->factor[0], file, "people", model->n_rows, d, err));
    PAL_TRY(pal_rec_get_floats(&model->factor[1], file, "items", model->n_cols, d, err));
    PAL_TRY(read_gram(model, file, err));
    if (pal_tensors_has(file, "disliked.begin")) {
        PAL_TRY(pal_rec_get_csr(&model->disliked, file, "disliked", model->n_rows, model->n_cols, err));
    }

done:
    return rc;
}

pal_status pal_als_load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *model = NULL;

    PAL_TRY(pal_rec_reopen(&model, &pal_rec_als, file, err));
    PAL_TRY(read_model(model, file, err));
    *self = model;
    model = NULL;

done:
    pal_als_free(model);
    return rc;
}

void pal_als_shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const pal_als *model = self;

    *n_rows = model->n_rows;
    *n_cols = model->n_cols;
}

uint64_t pal_als_digest(const void *self)
{
    const pal_als *model = self;
    size_t d = model->config.d;
    uint64_t digest = pal_hash_mix((uint64_t)model->n_rows, (uint64_t)model->n_cols);

    if (model->gram == NULL) return digest; /* not fitted */
    digest = pal_hash_mix(digest, pal_hash_floats(model->factor[0], model->n_rows * d));
    digest = pal_hash_mix(digest, pal_hash_floats(model->factor[1], model->n_cols * d));
    digest = pal_hash_mix(digest, pal_hash_doubles(model->gram, d * d));
    return model->disliked == NULL ? digest : pal_hash_mix(digest, pal_csr_digest(model->disliked));
}

void pal_als_free(void *self)
{
    pal_als *model = self;

    if (model == NULL) return;
    pal_free(model->factor[0]);
    pal_free(model->factor[1]);
    pal_free(model->gram);
    pal_csr_free(model->disliked);
    pal_free(model);
}

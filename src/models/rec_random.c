/*
 * Random scores: the floor under every other model. The score of an item for a person is a draw of its own, keyed by
 * both, so it depends on no other person or item, and new data changes none of it.
 */
#include "models/rec_builtin.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/rec_arrays.h"

#include <string.h>

#define NEW_PERSON (UINT64_C(1) << 63) /* keys of people without a row never meet those with one */

typedef struct random_model {
    pal_key key;
    size_t n_rows, n_cols; /* 0 before the first fit */
} random_model;

static const pal_param params[] = { { 0 } };

static void random_free(void *self)
{
    pal_free(self);
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    random_model *model = NULL;

    (void)values;
    PAL_NEW(model, 1);
    *self = model;

done:
    return rc;
}

static pal_status fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    random_model *model = self;

    PAL_TRY(pal_rec_check("random", data, err));
    model->key = env->key;
    model->n_rows = data->rows->n_rows;
    model->n_cols = data->rows->n_cols;

done:
    return rc;
}

/* Whose draws: the row, or a digest of what a new person brings. */
static uint64_t person_of(const pal_rec_query *query)
{
    return query->row != PAL_REC_NEW ? query->row : pal_hash(query->item, query->n * sizeof *query->item) | NEW_PERSON;
}

static pal_status score(const void *self, const pal_rec_query *query, size_t n, float *out, pal_arena *scratch,
                        pal_error *err)
{
    const random_model *model = self;

    (void)scratch;
    (void)err;
    for (size_t q = 0; q < n; q++) {
        const pal_at at = { .who = person_of(&query[q]) };
        float *row = out + q * model->n_cols;
        uint64_t word[4];

        for (size_t i = 0; i < model->n_cols; i++) {
            if (i % 4 == 0) pal_block(model->key, at, (uint64_t)i / 4, word);
            row[i] = (float)(word[i % 4] >> 40) * 0x1p-24f; /* draw i of the person, 24 bits: exact in a float */
        }
    }
    return PAL_OK;
}

static pal_status explain(const void *self, const pal_rec_query *query, uint32_t item, float *part, float *rest,
                          pal_arena *scratch, pal_error *err)
{
    const random_model *model = self;

    (void)scratch;
    (void)err;
    for (size_t i = 0; i < query->n; i++) part[i] = 0;
    *rest = (float)(pal_u64(model->key, (pal_at){ .who = person_of(query) }, item) >> 40) * 0x1p-24f;
    return PAL_OK;
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const random_model *model = self;
    const uint64_t key[2] = { model->key.seed, model->key.stream }, shape = 2;

    PAL_TRY(pal_rec_put_sizes(file, "shape", model->n_rows, model->n_cols, err));
    PAL_TRY(pal_tensors_put(file, "key", PAL_U64, 1, &shape, key, err));

done:
    return rc;
}

static pal_status load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *opened = NULL;
    random_model *model = NULL;
    const void *key = NULL;
    uint64_t words = 0;

    PAL_TRY(pal_rec_reopen(&opened, &pal_rec_random, file, err));
    model = opened;
    PAL_TRY(pal_rec_get_sizes(&model->n_rows, &model->n_cols, file, "shape", err));
    PAL_TRY(pal_tensors_get(&key, &words, file, "key", PAL_U64, 1, err));
    if (words != 2) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"key\" has %ju entries, wanted 2", pal_tensors_file(file),
                 (uintmax_t)words);
    }
    memcpy(&model->key, key, sizeof model->key);
    *self = model;
    model = NULL;

done:
    pal_free(model);
    return rc;
}

static void shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const random_model *model = self;

    *n_rows = model->n_rows;
    *n_cols = model->n_cols;
}

static uint64_t digest(const void *self)
{
    const random_model *model = self;
    const uint64_t all[4] = { model->key.seed, model->key.stream, (uint64_t)model->n_rows, (uint64_t)model->n_cols };

    return pal_hash(all, sizeof all);
}

const pal_rec_type pal_rec_random = {
    .name = "random",
    .label = "Random",
    .summary = "a random score for every person and item: the floor under every other model",
    .source = "ours",
    .flags = PAL_REC_EXACT,
    .params = params,
    .init = init,
    .fit = fit,
    .score = score,
    .explain = explain,
    .save = save,
    .load = load,
    .shape = shape,
    .digest = digest,
    .free = random_free,
};

/*
 * EASE: the linear item model with a closed form.
 *
 *   min over B with zero diagonal of  |X - X B|^2 + lambda |B|^2
 *   G = X'X + lambda I,   P = G^-1,   B_ij = -P_ij / P_jj,   score = x B
 *
 * One inverse of a dense matrix, no iterations, nothing random. Memory: 12 bytes a pair of items while it is fitted, 4
 * afterwards.
 */
#include "models/rec_builtin.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/spd.h"
#include "core/vector.h"
#include "models/gram.h"
#include "models/rec_arrays.h"

#include <math.h>
#include <string.h>

#define BYTES_A_PAIR 12 /* G in double, B in float */

typedef struct ease {
    double lambda, memory_gib;
    size_t n_rows, n_cols;
    float *weight; /* n_cols x n_cols: row i is what having i adds to every item's score */
} ease;

static const pal_param params[] = {
    { "lambda", PAL_PARAM_REAL, "500", 1e-6, 1e12, NULL, "penalty on the squared weights",
      "Ferrari Dacrema et al., TOIS 2021: 458 to 1320 on MovieLens" },
    { "memory_gib", PAL_PARAM_REAL, "4", 1e-3, 1e6, NULL, "GiB the matrices may take: 12 bytes a pair of items", NULL },
    { 0 }
};

static void ease_free(void *self)
{
    ease *model = self;

    if (model != NULL) {
        pal_free(model->weight);
        pal_free(model);
    }
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    ease *model = NULL;

    PAL_NEW(model, 1);
    model->lambda = pal_values_real(values, "lambda");
    model->memory_gib = pal_values_real(values, "memory_gib");
    *self = model;

done:
    return rc;
}

/* B from P. A weight that no float holds means a penalty too small for the data. */
static pal_status weights_from(float *weight, const double *p, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *corner = NULL; /* -P_jj, in one place: down the diagonal each would be a cache miss */

    PAL_NEW(corner, n);
    for (size_t j = 0; j < n; j++) corner[j] = -p[j * n + j];
    for (size_t i = 0; i < n; i++) {
        float *row = weight + i * n;

        for (size_t j = 0; j < n; j++) row[j] = (float)(p[i * n + j] / corner[j]);
        row[i] = 0;
        for (size_t j = 0; j < n; j++) {
            if (!isfinite(row[j])) {
                PAL_FAIL(PAL_ERR_CONVERGE, "ease: weight %zu, %zu is not finite: raise lambda", i, j);
            }
        }
    }

done:
    pal_free(corner);
    return rc;
}

static pal_status fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    ease *model = self;
    size_t n = data->rows->n_cols;
    double *g = NULL;
    float *weight = NULL;

    PAL_TRY(pal_rec_check("ease", data, err));
    PAL_TRY(pal_gram_fits("ease", n, BYTES_A_PAIR, model->memory_gib, err));
    PAL_NEW(g, n * n);
    PAL_TRY(pal_gram(g, data->rows, data->cols, env->n_threads, err));
    for (size_t i = 0; i < n; i++) g[i * n + i] += model->lambda;
    PAL_TRY(pal_spd_inverse(g, n, env->backend, env->n_threads, err));
    PAL_NEW(weight, n * n);
    PAL_TRY(weights_from(weight, g, n, err));
    pal_free(model->weight);
    model->weight = weight;
    weight = NULL;
    model->n_rows = data->rows->n_rows;
    model->n_cols = n;

done:
    pal_free(weight);
    pal_free(g);
    return rc;
}

/* ---- serving ---------------------------------------------------------------------------------------------- */

/* score += value * row, four rows a pass; the order of the additions is that of the rows. */
PAL_VECTOR static void add_rows(float *score, const float *weight, size_t n, const uint32_t *item, const float *value,
                                size_t n_own)
{
    size_t q = 0;

    for (; n_own - q >= 4; q += 4) {
        const float *w0 = weight + item[q] * n, *w1 = weight + item[q + 1] * n;
        const float *w2 = weight + item[q + 2] * n, *w3 = weight + item[q + 3] * n;
        const float v0 = value[q], v1 = value[q + 1], v2 = value[q + 2], v3 = value[q + 3];

        for (size_t i = 0; i < n; i++) {
            score[i] = (((score[i] + v0 * w0[i]) + v1 * w1[i]) + v2 * w2[i]) + v3 * w3[i];
        }
    }
    for (; q < n_own; q++) {
        const float *w = weight + item[q] * n, v = value[q];

        for (size_t i = 0; i < n; i++) score[i] += v * w[i];
    }
}

static pal_status score(const void *self, const pal_rec_query *query, size_t n, float *out, pal_arena *scratch,
                        pal_error *err)
{
    const ease *model = self;

    (void)scratch;
    (void)err;
    memset(out, 0, n * model->n_cols * sizeof *out);
    for (size_t q = 0; q < n; q++) {
        add_rows(out + q * model->n_cols, model->weight, model->n_cols, query[q].item, query[q].value, query[q].n);
    }
    return PAL_OK;
}

/* What each item adds to the score of one: a column of B. */
static pal_status similar(const void *self, bool people, uint32_t id, float *out, pal_arena *scratch, pal_error *err)
{
    const ease *model = self;

    (void)scratch;
    if (people) {
        return pal_error_set(err, PAL_ERR_DATA, "knows similar items, not similar people");
    }
    for (size_t i = 0; i < model->n_cols; i++) out[i] = model->weight[i * model->n_cols + id];
    return PAL_OK;
}

static pal_status explain(const void *self, const pal_rec_query *query, uint32_t item, float *part, float *rest,
                          pal_arena *scratch, pal_error *err)
{
    const ease *model = self;

    (void)scratch;
    (void)err;
    for (size_t q = 0; q < query->n; q++) {
        part[q] = query->value[q] * model->weight[query->item[q] * model->n_cols + item];
    }
    *rest = 0;
    return PAL_OK;
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const ease *model = self;

    PAL_TRY(pal_rec_put_sizes(file, "shape", model->n_rows, model->n_cols, err));
    PAL_TRY(pal_rec_put_floats(file, "weight", model->weight, model->n_cols, model->n_cols, err));

done:
    return rc;
}

static pal_status load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *opened = NULL;
    ease *model;

    PAL_TRY(pal_rec_reopen(&opened, &pal_rec_ease, file, err));
    model = opened;
    PAL_TRY(pal_rec_get_sizes(&model->n_rows, &model->n_cols, file, "shape", err));
    if (model->n_cols == 0) PAL_FAIL(PAL_ERR_DATA, "%s: array \"shape\": no items", pal_tensors_file(file));
    PAL_TRY(pal_rec_get_floats(&model->weight, file, "weight", model->n_cols, model->n_cols, err));
    *self = opened;
    opened = NULL;

done:
    ease_free(opened);
    return rc;
}

static void shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const ease *model = self;

    *n_rows = model->n_rows;
    *n_cols = model->n_cols;
}

static uint64_t digest(const void *self)
{
    const ease *model = self;

    return pal_hash_mix(pal_hash_mix((uint64_t)model->n_rows, (uint64_t)model->n_cols),
                        pal_hash_floats(model->weight, model->n_cols * model->n_cols));
}

const pal_rec_type pal_rec_ease = {
    .name = "ease",
    .label = "EASE",
    .summary = "a linear item model in closed form: one inverse, no iterations",
    .source = "Steck, WWW 2019",
    .flags = PAL_REC_ITEMS_ONLY,
    .params = params,
    .init = init,
    .fit = fit,
    .score = score,
    .similar = similar,
    .explain = explain,
    .save = save,
    .load = load,
    .shape = shape,
    .digest = digest,
    .free = ease_free,
};

/*
 * Neighbours among people: an item is scored by the similarity of the people who had it.
 *
 *   score_i = sum over the k people v nearest to the query of  s(query, v) value_vi   [ / sum of their s(query, v) ]
 *
 * Nothing is learned of a person: who is near is found when a query comes, from the interactions it tells, so new
 * people are served like old ones. A person of the training data is never a neighbour of their own.
 */
#include "models/rec_builtin.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/knn.h"
#include "models/rec_arrays.h"

#include <string.h>

typedef struct user_knn {
    pal_knn_config config;
    pal_csr *rows;       /* people x items as they came: all that is learned */
    pal_knn_space space; /* things are people, terms are items: a cache      */
} user_knn;

static void user_knn_free(void *self)
{
    user_knn *model = self;

    if (model != NULL) {
        pal_csr_free(model->rows);
        pal_knn_space_clear(&model->space);
        pal_free(model);
    }
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    user_knn *model = NULL;

    PAL_NEW(model, 1);
    model->config = pal_knn_config_from(values);
    *self = model;

done:
    return rc;
}

/* Take the matrix and build the cache; on error the model is as it was and the matrix stays the caller's. */
static pal_status remember(user_knn *model, pal_csr *rows, const pal_csr *cols, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_knn_space space = { 0 };

    PAL_TRY(pal_knn_space_fit(&space, cols, &model->config, err));
    pal_knn_space_clear(&model->space);
    model->space = space;
    space = (pal_knn_space){ 0 };
    pal_csr_free(model->rows);
    model->rows = rows;

done:
    pal_knn_space_clear(&space);
    return rc;
}

static pal_status fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *rows = NULL;

    (void)env;
    PAL_TRY(pal_rec_check("user_knn", data, err));
    PAL_TRY(pal_csr_transpose(&rows, data->cols, err)); /* a copy: the data is borrowed */
    PAL_TRY(remember(self, rows, data->cols, err));
    rows = NULL;

done:
    pal_csr_free(rows);
    return rc;
}

/* ---- serving ---------------------------------------------------------------------------------------------- */

/* The neighbours of a query: n of them, ascending. */
typedef struct company {
    pal_knn_work work;
    float *weight;     /* of the query's items */
    uint32_t *near;
    float *similarity;
    size_t n;
} company;

static pal_status company_take(company *c, const user_knn *model, size_t n_items, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_knn_work_take(&c->work, &model->space, scratch, err));
    PAL_TAKE(c->weight, n_items, scratch);
    PAL_TAKE(c->near, model->rows->n_rows, scratch);
    PAL_TAKE(c->similarity, model->rows->n_rows, scratch);

done:
    return rc;
}

static void find(company *c, const user_knn *model, const pal_rec_query *query)
{
    uint32_t skip = query->row == PAL_REC_NEW ? PAL_KNN_NONE : query->row;

    pal_knn_weigh(c->weight, &model->space, query->item, query->value, query->n);
    c->n = pal_knn_nearest(c->near, c->similarity, &c->work, &model->space, query->item, c->weight, query->n, skip);
}

/* What scores are divided by. */
static float divisor(const company *c, const user_knn *model)
{
    double sum = 0;

    for (size_t v = 0; v < c->n; v++) sum += (double)c->similarity[v];
    return model->config.normalise && sum > 0 ? (float)sum : 1;
}

static pal_status score(const void *self, const pal_rec_query *query, size_t n, float *out, pal_arena *scratch,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    const user_knn *model = self;
    const pal_csr *rows = model->rows;
    pal_arena_mark mark = pal_arena_here(scratch);
    company c = { 0 };

    PAL_TRY(company_take(&c, model, rows->n_cols, scratch, err));
    for (size_t q = 0; q < n; q++) {
        float *row = out + q * rows->n_cols, divide;

        find(&c, model, &query[q]);
        divide = divisor(&c, model);
        memset(row, 0, rows->n_cols * sizeof *row);
        for (size_t v = 0; v < c.n; v++) {
            for (size_t i = rows->begin[c.near[v]]; i < rows->begin[c.near[v] + 1]; i++) {
                row[rows->col[i]] += c.similarity[v] * rows->value[i];
            }
        }
        for (size_t i = 0; divide != 1 && i < rows->n_cols; i++) row[i] /= divide;
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/*
 * The similarity of a neighbour v is (dot product) * (a factor), and the dot product a sum over shared items: so is the
 * score. pull_v = value_v,item * s_v / dot_v is what one unit of dot product with v is worth.
 */
static pal_status explain(const void *self, const pal_rec_query *query, uint32_t item, float *part, float *rest,
                          pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const user_knn *model = self;
    const pal_csr *terms = model->space.terms;
    pal_arena_mark mark = pal_arena_here(scratch);
    company c = { 0 };
    double *pull = NULL;

    PAL_TRY(company_take(&c, model, query->n, scratch, err));
    PAL_TAKE(pull, model->rows->n_rows, scratch);
    memset(pull, 0, model->rows->n_rows * sizeof *pull);
    find(&c, model, query);
    pal_knn_dots(&c.work, &model->space, query->item, c.weight, query->n);
    for (size_t v = 0; v < c.n; v++) {
        size_t at = pal_csr_find(model->rows, c.near[v], item);

        if (at != SIZE_MAX) {
            pull[c.near[v]] = (double)model->rows->value[at] * (double)c.similarity[v] / c.work.dot[c.near[v]];
        }
    }
    for (size_t q = 0; q < query->n; q++) {
        double sum = 0;

        for (size_t t = terms->begin[query->item[q]]; t < terms->begin[query->item[q] + 1]; t++) {
            sum += (double)terms->value[t] * pull[terms->col[t]];
        }
        part[q] = (float)((double)c.weight[q] * sum / (double)divisor(&c, model));
    }
    *rest = 0;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static pal_status similar(const void *self, bool people, uint32_t id, float *out, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const user_knn *model = self;
    const pal_csr *rows = model->rows;
    pal_arena_mark mark = pal_arena_here(scratch);
    company c = { 0 };
    size_t at;

    if (!people) PAL_FAIL(PAL_ERR_DATA, "knows similar people, not similar items");
    at = rows->begin[id];
    PAL_TRY(company_take(&c, model, pal_csr_count(rows, id), scratch, err));
    find(&c, model, &(pal_rec_query){ .row = id, .n = pal_csr_count(rows, id), .item = rows->col + at,
                                      .value = rows->value + at });
    memset(out, 0, rows->n_rows * sizeof *out);
    for (size_t v = 0; v < c.n; v++) out[c.near[v]] = c.similarity[v];
    out[id] = pal_knn_own(&model->space, id);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const user_knn *model = self;

    PAL_TRY(pal_rec_put_sizes(file, "shape", model->rows->n_rows, model->rows->n_cols, err));
    PAL_TRY(pal_rec_put_csr(file, "rows", model->rows, err));

done:
    return rc;
}

static pal_status load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *opened = NULL;
    pal_csr *rows = NULL, *cols = NULL;
    size_t n_rows = 0, n_cols = 0;

    PAL_TRY(pal_rec_reopen(&opened, &pal_rec_user_knn, file, err));
    PAL_TRY(pal_rec_get_sizes(&n_rows, &n_cols, file, "shape", err));
    PAL_TRY(pal_rec_get_csr(&rows, file, "rows", n_rows, n_cols, err));
    PAL_TRY(pal_csr_transpose(&cols, rows, err));
    if (pal_rec_check("user_knn", &(pal_rec_data){ .rows = rows, .cols = cols }, NULL) != PAL_OK) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"rows.value\": empty, or a value not above 0", pal_tensors_file(file));
    }
    PAL_TRY(remember(opened, rows, cols, err));
    rows = NULL;
    *self = opened;
    opened = NULL;

done:
    pal_csr_free(rows);
    pal_csr_free(cols);
    user_knn_free(opened);
    return rc;
}

static void shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const user_knn *model = self;

    *n_rows = model->rows == NULL ? 0 : model->rows->n_rows;
    *n_cols = model->rows == NULL ? 0 : model->rows->n_cols;
}

static uint64_t digest(const void *self)
{
    const user_knn *model = self;

    return model->rows == NULL ? 0 : pal_csr_digest(model->rows);
}

const pal_rec_type pal_rec_user_knn = {
    .name = "user_knn",
    .label = "Neighbours among people",
    .summary = "what people with similar histories had",
    .source = "Resnick et al., CSCW 1994; Herlocker et al., SIGIR 1999; weightings as in implicit",
    .flags = PAL_REC_EXACT | PAL_REC_PEOPLE_ONLY,
    .params = pal_knn_params,
    .init = init,
    .fit = fit,
    .score = score,
    .similar = similar,
    .explain = explain,
    .save = save,
    .load = load,
    .shape = shape,
    .digest = digest,
    .free = user_knn_free,
};

/* Scores, new people, similarities, and which past interaction a score comes from. */
#include "models/als.h"

#include "core/mem.h"
#include "core/sum.h"
#include "models/mf_cosine.h"

#include <string.h>

pal_als_side pal_als_items(const pal_als *model)
{
    return (pal_als_side){ &model->config, model->backend, model->factor[1], model->n_cols, model->gram };
}

static pal_status check_query(const pal_als *model, const pal_rec_query *query, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_ASSERT(query->row == PAL_REC_NEW || query->row < model->n_rows);
    for (size_t i = 0; i < query->n; i++) {
        if (query->item[i] >= model->n_cols) {
            PAL_FAIL(PAL_ERR_DATA, "als: a person has item %u, but the model knows %zu", query->item[i], model->n_cols);
        }
        if (!(query->value[i] > 0)) {
            PAL_FAIL(PAL_ERR_DATA, "als: item %u of a person: value %g, wanted above 0", query->item[i],
                     (double)query->value[i]);
        }
    }

done:
    return rc;
}

static pal_als_cells told(const pal_rec_query *query)
{
    return (pal_als_cells){ query->n, query->item, query->value };
}

/* A person's factors: those learned, or the best ones for what the person brings. */
static pal_status person_row(float *row, const pal_als *model, const pal_rec_query *query, double *room, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_als_side items = pal_als_items(model);
    size_t d = model->config.d;

    if (query->row != PAL_REC_NEW) {
        memcpy(row, model->factor[0] + query->row * d, d * sizeof *row);
        return PAL_OK;
    }
    PAL_TRY(check_query(model, query, err));
    memset(row, 0, d * sizeof *row);
    PAL_TRY(pal_als_solve(row, &items, told(query), (pal_als_cells){ 0, NULL, NULL }, room, err));

done:
    return rc;
}

pal_status pal_als_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_als *model = self;
    pal_arena_mark mark = pal_arena_here(scratch);
    size_t d = model->config.d;
    float *row;
    double *room;

    PAL_TAKE(row, n * d, scratch);
    PAL_TAKE(room, pal_als_room(d), scratch);
    for (size_t q = 0; q < n; q++) PAL_TRY(person_row(row + q * d, model, &query[q], room, err));
    pal_gemm_f32(model->backend, false, true, n, model->n_cols, d, 1, row, d, model->factor[1], d, 0, score,
                 model->n_cols);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

pal_status pal_als_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                           pal_error *err)
{
    const pal_als *model = self;
    size_t n, d;
    const float *factor = pal_als_factors(model, people, &n, &d);

    (void)scratch;
    if (id >= n) {
        return pal_error_set(err, PAL_ERR_DATA, "als: %s %u, but the model knows %zu",
                             people ? "person" : "item", id, n);
    }
    pal_mf_cosines(score, factor, n, d, id);
    return PAL_OK;
}

/*
 * The score of item i is y_i' A^-1 b with b a sum over the person's interactions j: the share of j is its weight times
 * y_j' A^-1 y_i. Source: Hu, Koren, Volinsky, ICDM 2008, section 5. What conjugate gradients leave unsolved is `rest`.
 */
pal_status pal_als_explain(const void *self, const pal_rec_query *query, uint32_t item, float *part, float *rest,
                           pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_als *model = self;
    const pal_als_side items = pal_als_items(model);
    pal_arena_mark mark = pal_arena_here(scratch);
    size_t d = model->config.d;
    double *room, *z, sum = 0;
    float *row;

    PAL_TAKE(room, pal_als_room(d), scratch);
    PAL_TAKE(z, d, scratch);
    PAL_TAKE(row, d, scratch);
    if (item >= model->n_cols) {
        PAL_FAIL(PAL_ERR_DATA, "als: item %u, but the model knows %zu", item, model->n_cols);
    }
    PAL_TRY(check_query(model, query, err));
    PAL_TRY(person_row(row, model, query, room, err));
    PAL_TRY(pal_als_factorise(room, &items, told(query),
                              pal_als_row(query->row == PAL_REC_NEW ? NULL : model->disliked, query->row), err));
    for (size_t j = 0; j < d; j++) z[j] = (double)model->factor[1][item * d + j];
    pal_cholesky_solve(room, d, z);
    for (size_t i = 0; i < query->n; i++) {
        const float *y = model->factor[1] + query->item[i] * d;
        double dot = 0;

        for (size_t j = 0; j < d; j++) dot += z[j] * (double)y[j];
        part[i] = (float)(pal_als_target(&model->config, query->value[i]) * dot);
        sum += (double)part[i];
    }
    *rest = (float)(pal_dot_f32(row, model->factor[1] + item * d, d) - sum);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

const float *pal_als_factors(const void *self, bool people, size_t *n, size_t *d)
{
    const pal_als *model = self;

    *n = people ? model->n_rows : model->n_cols;
    *d = model->config.d;
    return model->factor[people ? 0 : 1];
}

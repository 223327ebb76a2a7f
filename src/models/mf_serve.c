/* Scores, similarities, and people who were not there when the model was fitted. */
#include "models/mf.h"

#include "core/mem.h"
#include "models/mf_cosine.h"

#include <string.h>

#define WHO_NEW 17 /* counter word of the key that new people are folded in with */

size_t pal_mf_served_stride(const pal_mf *model, bool items)
{
    return model->sum[items] != NULL ? pal_mf_model_width(model) : pal_mf_floats(&model->own[items]);
}

const float *pal_mf_served(const pal_mf *model, bool items, size_t row)
{
    const float *first = model->sum[items] != NULL ? model->sum[items] : model->own[items].x;

    return first + row * pal_mf_served_stride(model, items);
}

pal_status pal_mf_finish(pal_mf *model, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n[2] = { model->n_rows, model->n_cols }, d = model->config.d;

    for (size_t s = 0; s < 2; s++) {
        pal_free(model->factor[s]);
        model->factor[s] = NULL;
        PAL_NEW(model->factor[s], n[s] * d);
        for (size_t r = 0; r < n[s]; r++) {
            memcpy(model->factor[s] + r * d, pal_mf_served(model, s == 1, r), d * sizeof(float));
        }
    }

done:
    return rc;
}

/* ---- new people ------------------------------------------------------------------------------------------- */

/* The sum of a new person's features; without any, only the lane of the items' biases. */
static pal_status start_row(float *row, const pal_mf *model, const pal_rec_query *query, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_mf_table *shared = &model->shared[0];
    size_t width = pal_mf_model_width(model);

    memset(row, 0, width * sizeof *row);
    for (size_t f = 0; f < query->n_features; f++) {
        if (query->feature[f] >= shared->n) {
            PAL_FAIL(PAL_ERR_DATA, "%s: a new person has side feature %u, but the model knows %zu", model->name,
                     query->feature[f], shared->n);
        }
        for (size_t i = 0; i < width; i++) row[i] += query->feature_value[f] * pal_mf_row(shared, query->feature[f])[i];
    }
    row[model->config.d] = 1;

done:
    return rc;
}

/* The person's own interactions as a matrix of one row. Borrowed: nothing writes through it. */
static pal_csr one_row(size_t begin[2], const pal_mf *model, const pal_rec_query *query)
{
    begin[0] = 0;
    begin[1] = query->n;
    return (pal_csr){ .n_rows = 1, .n_cols = model->n_cols, .n = query->n, .begin = begin,
                      .col = (uint32_t *)(uintptr_t)query->item, .value = (float *)(uintptr_t)query->value };
}

/* Train a row of its own on the person's interactions, the items held fast: the same steps as in a fit. BPR draws all
 * items alike, since their counts are not kept, and compares items alone. */
static pal_status fold_in(float *row, const pal_mf *model, const pal_rec_query *query, pal_arena *scratch,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_mf_config *c = &model->config;
    size_t width = pal_mf_model_width(model), begin[2], floats = pal_mf_floats(&model->own[0]);
    pal_csr liked = one_row(begin, model, query);
    float *mask, *decay, *weight, *state, *room;
    uint32_t *item;
    pal_mf_pair *pair;
    pal_mf_task task = { .loss = c->loss, .rate = c->rate, .width = width, .liked = &liked,
                         .use_values = c->use_values && query->value != NULL, .n_pairs = query->n,
                         .n_items = model->n_cols, .tries = c->tries };

    PAL_TAKE(mask, width, scratch);
    PAL_TAKE(decay, width, scratch);
    PAL_TAKE(weight, c->tries + 1, scratch);
    PAL_TAKE(state, floats, scratch);
    PAL_TAKE(room, PAL_MF_SCRATCH, scratch);
    PAL_TAKE(item, model->n_cols, scratch);
    PAL_TAKE(pair, query->n, scratch);
    memcpy(state, row, width * sizeof *row);
    pal_mf_fill_sums(state, width, model->own[0].parts, pal_mf_first_square(c));
    for (size_t i = 0; i < model->n_cols; i++) item[i] = (uint32_t)i;
    pal_mf_lanes(mask, decay, model, false);
    pal_mf_rank_weights(weight, model);
    task.people = (pal_mf_side){ .own = state, .stride = floats, .mask = mask, .decay = decay, .one = c->d };
    task.items = (pal_mf_side){ .own = (float *)(uintptr_t)pal_mf_served(model, true, 0),
                                .stride = pal_mf_served_stride(model, true), .one = c->d + 1, .frozen = true };
    task.item = item;
    task.pair = pair;
    task.rank_weight = weight;
    for (size_t e = 0; e < c->fold_epochs; e++) {
        task.key = pal_u64(model->key, (pal_at){ WHO_NEW, e, 0 }, 0);
        for (size_t i = 0; i < query->n; i++) pair[i] = (pal_mf_pair){ 0, query->item[i] };
        pal_mf_shuffle(pair, query->n, task.key);
        pal_mf_train(&task, room);
    }
    memcpy(row, state, width * sizeof *row);

done:
    return rc;
}

static pal_status person_row(float *row, const pal_mf *model, const pal_rec_query *query, pal_arena *scratch,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);

    if (query->row != PAL_REC_NEW) {
        PAL_ASSERT(query->row < model->n_rows);
        memcpy(row, pal_mf_served(model, false, query->row), pal_mf_model_width(model) * sizeof *row);
        return PAL_OK;
    }
    for (size_t i = 0; i < query->n; i++) {
        if (query->item[i] >= model->n_cols) {
            PAL_FAIL(PAL_ERR_DATA, "%s: a new person has item %u, but the model knows %zu", model->name,
                     query->item[i], model->n_cols);
        }
    }
    PAL_TRY(start_row(row, model, query, err));
    if (query->n > 0 && model->config.person_identity) PAL_TRY(fold_in(row, model, query, scratch, err));

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

pal_status pal_mf_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_mf *model = self;
    pal_arena_mark mark = pal_arena_here(scratch);
    size_t width = pal_mf_model_width(model);
    float *row;

    PAL_TAKE(row, n * width, scratch);
    for (size_t q = 0; q < n; q++) PAL_TRY(person_row(row + q * width, model, &query[q], scratch, err));
    pal_gemm_f32(PAL_PORTABLE, false, true, n, model->n_cols, model->config.d + 2, 1, row, width,
                 pal_mf_served(model, true, 0), pal_mf_served_stride(model, true), 0, score, model->n_cols);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

pal_status pal_mf_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                          pal_error *err)
{
    const pal_mf *model = self;
    size_t n, d;
    const float *factor = pal_mf_factors(self, people, &n, &d);

    (void)scratch;
    if (id >= n) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: %s %u, but the model knows %zu", model->name,
                             people ? "person" : "item", id, n);
    }
    pal_mf_cosines(score, factor, n, d, id);
    return PAL_OK;
}

const float *pal_mf_factors(const void *self, bool people, size_t *n, size_t *d)
{
    const pal_mf *model = self;

    *n = people ? model->n_rows : model->n_cols;
    *d = model->config.d;
    return model->factor[people ? 0 : 1];
}

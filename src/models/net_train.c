/* A training step: shards forward, the loss, shards back, tables, Adam. */
#include "models/net_train.h"

#include "models/net_parts.h"

#include "core/mem.h"
#include "core/text.h"
#include "core/threads.h"
#include "models/floats.h"

#include <string.h>

#define SHARD 128    /* rows a shard: part of the result, so it never depends on the thread count */
#define ROW_BLOCK 64 /* rows of a table a block of parallel work                                  */
#define NOBODY UINT32_MAX

/* One use of a row of a table: node `node` read it in row `row` with this weight. */
typedef struct use {
    uint32_t node, row;
    float weight;
} use;

/* The rows of one table that a batch reads, and where. */
typedef struct touched {
    uint32_t *place;     /* rows of the table: index into id, or NOBODY          */
    uint32_t *id;        /* n: rows in the order in which they were first met    */
    size_t *begin;       /* n + 1, into use                                      */
    use *use;
    float *gradient;     /* n x d                                                */
    double *square;      /* n: squared length of a row's gradient, for clipping  */
    size_t n, capacity, use_capacity;
} touched;

struct pal_net_trainer {
    pal_net *net;
    pal_net_work *work;
    pal_adam_config config;
    pal_key key;
    size_t max_rows, n_threads, n_params;
    uint64_t step;
    float *dense_m, *dense_v, *table_m, *table_v;
    size_t n_table;
    float *shard;        /* shards x n_dense: gradients of dense parameters      */
    float *dense;        /* n_dense: merged                                      */
    touched *touched;    /* n_params; used for tables                            */
};

/* Whole groups. */
static size_t shard_rows(const pal_net *net)
{
    return net->most_group < SHARD ? SHARD / net->most_group * net->most_group : net->most_group;
}

pal_status pal_net_trainer_new(pal_net_trainer **out, pal_net *net, size_t max_rows, const pal_adam_config *config,
                               pal_key key, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_net_trainer *t = NULL;

    PAL_ASSERT(max_rows > 0 && n_threads > 0);
    PAL_NEW(t, 1);
    t->net = net;
    t->config = *config;
    t->key = key;
    t->max_rows = max_rows;
    t->n_threads = n_threads;
    t->n_params = net->n_params;
    PAL_TRY(pal_net_work_new(&t->work, net, max_rows, true, err));
    PAL_NEW(t->dense_m, net->n_dense);
    PAL_NEW(t->dense_v, net->n_dense);
    PAL_NEW(t->dense, net->n_dense);
    PAL_NEW(t->shard, pal_blocks(max_rows, shard_rows(net)) * net->n_dense);
    PAL_NEW(t->touched, net->n_params);
    PAL_TRY(pal_net_trainer_grow(t, err));
    *out = t;
    t = NULL;

done:
    pal_net_trainer_free(t);
    return rc;
}

void pal_net_trainer_free(pal_net_trainer *t)
{
    if (t != NULL) {
        for (size_t p = 0; p < t->n_params && t->touched != NULL; p++) {
            pal_free(t->touched[p].place);
            pal_free(t->touched[p].id);
            pal_free(t->touched[p].begin);
            pal_free(t->touched[p].use);
            pal_free(t->touched[p].gradient);
            pal_free(t->touched[p].square);
        }
        pal_free(t->touched);
        pal_net_work_free(t->work);
        pal_free(t->dense_m);
        pal_free(t->dense_v);
        pal_free(t->table_m);
        pal_free(t->table_v);
        pal_free(t->dense);
        pal_free(t->shard);
        pal_free(t);
    }
}

/* A table's places are sized by its rows, its moments by its floats; a table that grew in the middle moves what
 * stands behind it, as pal_net_grow does, so moments are laid out by parameter here. */
static pal_status grow_moments(float **moments, const pal_net_trainer *t, const size_t *old_at, const size_t *old_size,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    float *grown = NULL;

    PAL_NEW(grown, t->net->n_table);
    for (size_t p = 0; p < t->n_params && *moments != NULL; p++) {
        if (t->net->param[p].kind == NET_TABLE) {
            memcpy(grown + t->net->param[p].at, *moments + old_at[p], old_size[p] * sizeof *grown);
        }
    }
    pal_free(*moments);
    *moments = grown;

done:
    return rc;
}

pal_status pal_net_trainer_grow(pal_net_trainer *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *old_at = NULL, *old_size = NULL, at = 0;

    PAL_NEW(old_at, t->n_params);
    PAL_NEW(old_size, t->n_params);
    for (size_t p = 0; p < t->n_params; p++) { /* tables lie behind one another in the order they were added */
        const net_param *param = &t->net->param[p];
        touched *in = &t->touched[p];
        uint32_t *place;

        if (param->kind == NET_TABLE) {
            old_at[p] = at;
            old_size[p] = in->place == NULL ? 0 : in->capacity * param->cols;
            at += old_size[p];
            PAL_NEW(place, param->rows);
            memset(place, 0xff, param->rows * sizeof *place);
            pal_free(in->place);
            in->place = place;
        }
    }
    PAL_TRY(grow_moments(&t->table_m, t, old_at, old_size, err));
    PAL_TRY(grow_moments(&t->table_v, t, old_at, old_size, err));
    for (size_t p = 0; p < t->n_params; p++) {
        t->touched[p].capacity = t->net->param[p].kind == NET_TABLE ? t->net->param[p].rows : 0;
    }
    t->n_table = t->net->n_table;

done:
    pal_free(old_at);
    pal_free(old_size);
    return rc;
}

/* ---- shards --------------------------------------------------------------------------------- */

typedef struct pass {
    pal_net_trainer *t;
    const pal_net_batch *batch;
    net_masks masks;
} pass;

static pal_status forward_shard(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const pass *p = ctx;

    (void)block;
    (void)worker;
    (void)err;
    net_forward(p->t->net, p->t->work, p->batch, &p->masks, begin, end);
    for (size_t i = 0; i < p->t->net->n_nodes; i++) {
        size_t d = p->t->net->node[i].width, group = p->t->net->node[i].group;

        memset(p->t->work->gradient[i] + begin / group * d, 0, (end - begin) / group * d * sizeof(float));
    }
    return PAL_OK;
}

static pal_status backward_shard(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const pass *p = ctx;
    float *to = p->t->shard + block * p->t->net->n_dense;

    (void)worker;
    (void)err;
    memset(to, 0, p->t->net->n_dense * sizeof *to);
    net_backward(p->t->net, p->t->work, &p->masks, to, begin, end);
    return PAL_OK;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Give an array room for n elements; the content need not stay. */
static pal_status room(void **array, size_t *capacity, size_t n, size_t size, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (n > *capacity) {
        pal_free(*array);
        *capacity = 0;
        *array = pal_calloc(n + n / 2, size);
        if (*array == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu objects of %zu bytes", n, size);
        }
        *capacity = n + n / 2;
    }

done:
    return rc;
}

static size_t uses_of(const pal_net *net, const pal_net_batch *batch, uint32_t param)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n_nodes; i++) {
        if (net->node[i].kind == NET_BAG && net->node[i].param == param) {
            const pal_net_ids *ids = &batch->bag[net->node[i].slot];

            n += ids->begin[batch->n / net->node[i].group] - ids->begin[0];
        }
    }
    return n;
}

/* Every (node, row, weight) of the batch by row of the table: two passes of a counting sort, in the order of nodes and
 * rows, so that sums have one order. */
static void collect(touched *in, const pal_net *net, const pal_net_batch *batch, uint32_t param)
{
    size_t at = 0;

    in->n = 0;
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = 0; i < net->n_nodes; i++) {
            const net_node *node = &net->node[i];
            const pal_net_ids *ids = node->kind == NET_BAG && node->param == param ? &batch->bag[node->slot] : NULL;

            for (size_t r = 0; ids != NULL && r < batch->n / node->group; r++) {
                float factor = fill ? net_pool_factor(ids, node->pool, r) : 0.0f;

                for (size_t k = ids->begin[r]; k < ids->begin[r + 1]; k++) {
                    uint32_t *place = &in->place[ids->id[k]];

                    if (fill) {
                        in->use[in->begin[*place + 1]++] =
                            (use){ (uint32_t)i, (uint32_t)r, ids->weight == NULL ? factor : factor * ids->weight[k] };
                        continue;
                    }
                    if (*place == NOBODY) {
                        *place = (uint32_t)in->n;
                        in->id[in->n++] = ids->id[k];
                        in->begin[in->n] = 0;
                    }
                    in->begin[*place + 1]++;
                }
            }
        }
        if (!fill) { /* counts become starts, shifted by one so that filling turns them into ends */
            for (size_t k = 0; k < in->n; k++) {
                size_t count = in->begin[k + 1];

                in->begin[k + 1] = at;
                at += count;
            }
            in->begin[0] = 0;
        }
    }
    for (size_t k = 0; k < in->n; k++) {
        in->place[in->id[k]] = NOBODY;
    }
}

typedef struct table_pass {
    pal_net_trainer *t;
    touched *in;
    const net_param *param;
    pal_adam_step step;
} table_pass;

/* Added up from the first on: only clipping wants to know, and a step without it does not wait for these chains. */
static double squared_length(const float *x, size_t n)
{
    double square = 0.0;

    for (size_t i = 0; i < n; i++) {
        square += (double)x[i] * (double)x[i];
    }
    return square;
}

static pal_status sum_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const table_pass *p = ctx;
    size_t d = p->param->cols;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t k = begin; k < end; k++) {
        float *g = p->in->gradient + k * d;

        memset(g, 0, d * sizeof *g);
        for (size_t i = p->in->begin[k]; i < p->in->begin[k + 1]; i++) {
            const use *u = &p->in->use[i];

            pal_floats_add_scaled(g, p->t->work->gradient[u->node] + u->row * d, u->weight, d);
        }
        if (p->t->config.clip > 0.0) {
            p->in->square[k] = squared_length(g, d);
        }
    }
    return PAL_OK;
}

static pal_status apply_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const table_pass *p = ctx;
    size_t d = p->param->cols;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t k = begin; k < end; k++) {
        size_t at = p->param->at + p->in->id[k] * d;

        pal_adam_apply(p->t->net->table + at, p->t->table_m + at, p->t->table_v + at, p->in->gradient + k * d, d,
                       &p->step);
    }
    return PAL_OK;
}

/* Gradients of the rows of one table. */
static pal_status table_gradient(pal_net_trainer *t, const pal_net_batch *batch, uint32_t param, pal_error *err)
{
    pal_status rc = PAL_OK;
    touched *in = &t->touched[param];
    size_t n_uses = uses_of(t->net, batch, param), capacity = in->use_capacity;
    table_pass p = { .t = t, .in = in, .param = &t->net->param[param] };

    if (n_uses > in->use_capacity) { /* all arrays are sized by the uses of a batch */
        size_t same[4] = { capacity, capacity, capacity, capacity };

        PAL_TRY(room((void **)&in->use, &in->use_capacity, n_uses, sizeof *in->use, err));
        PAL_TRY(room((void **)&in->id, &same[0], in->use_capacity, sizeof *in->id, err));
        PAL_TRY(room((void **)&in->begin, &same[1], in->use_capacity + 1, sizeof *in->begin, err));
        PAL_TRY(room((void **)&in->square, &same[2], in->use_capacity, sizeof *in->square, err));
        PAL_TRY(room((void **)&in->gradient, &same[3], in->use_capacity * p.param->cols, sizeof *in->gradient, err));
    }
    in->n = 0;
    if (n_uses > 0) {
        collect(in, t->net, batch, param);
        PAL_TRY(pal_parallel_for(in->n, ROW_BLOCK, t->n_threads, sum_rows, &p, err));
    }

done:
    return rc;
}

/* ---- the step ------------------------------------------------------------------------------- */

/* *square: squared length of the whole gradient; 0 where none is clipped. */
static pal_status gradients(pal_net_trainer *t, const pal_net_batch *batch, pal_net_loss loss, void *ctx, double *value,
                            double *square, pal_error *err)
{
    pal_status rc = PAL_OK;
    pass p = { .t = t, .batch = batch, .masks = { t->key, t->step } };
    size_t shard = shard_rows(t->net);

    PAL_ASSERT(batch->n > 0 && batch->n <= t->max_rows && batch->n % t->net->most_group == 0);
    PAL_ASSERT(t->n_table == t->net->n_table);
    PAL_TRY(pal_parallel_for(batch->n, shard, t->n_threads, forward_shard, &p, err));
    PAL_TRY(loss(ctx, t->net, t->work, batch->n, t->n_threads, value, err));
    PAL_TRY(pal_parallel_for(batch->n, shard, t->n_threads, backward_shard, &p, err));
    memset(t->dense, 0, t->net->n_dense * sizeof *t->dense);
    for (size_t s = 0; s < pal_blocks(batch->n, shard); s++) {
        pal_floats_add(t->dense, t->shard + s * t->net->n_dense, t->net->n_dense);
    }
    *square = t->config.clip > 0.0 ? squared_length(t->dense, t->net->n_dense) : 0.0;
    for (size_t q = 0; q < t->n_params; q++) {
        if (t->net->param[q].kind == NET_TABLE) {
            PAL_TRY(table_gradient(t, batch, (uint32_t)q, err));
            for (size_t k = 0; t->config.clip > 0.0 && k < t->touched[q].n; k++) {
                *square += t->touched[q].square[k];
            }
        }
    }

done:
    return rc;
}

pal_status pal_net_step(pal_net_trainer *t, const pal_net_batch *batch, pal_net_loss loss, void *ctx, double *value,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    double got = 0.0, square = 0.0;
    table_pass p = { .t = t };

    t->step++;
    PAL_TRY(gradients(t, batch, loss, ctx, &got, &square, err));
    p.step = pal_adam_begin(&t->config, t->step, pal_adam_clip(&t->config, square));
    pal_adam_apply(t->net->dense, t->dense_m, t->dense_v, t->dense, t->net->n_dense, &p.step);
    for (size_t q = 0; q < t->n_params; q++) {
        p.param = &t->net->param[q];
        p.in = &t->touched[q];
        if (p.param->kind == NET_TABLE) {
            PAL_TRY(pal_parallel_for(p.in->n, ROW_BLOCK, t->n_threads, apply_rows, &p, err));
        }
    }
    if (value != NULL) {
        *value = got;
    }

done:
    return rc;
}

pal_status pal_net_gradients(float *gradient, double *value, pal_net_trainer *t, const pal_net_batch *batch,
                             pal_net_loss loss, void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;
    double square;

    PAL_TRY(gradients(t, batch, loss, ctx, value, &square, err));
    memcpy(gradient, t->dense, t->net->n_dense * sizeof *gradient);
    memset(gradient + t->net->n_dense, 0, t->net->n_table * sizeof *gradient);
    for (size_t q = 0; q < t->n_params; q++) {
        const net_param *p = &t->net->param[q];

        for (size_t k = 0; p->kind == NET_TABLE && k < t->touched[q].n; k++) {
            memcpy(gradient + t->net->n_dense + p->at + t->touched[q].id[k] * p->cols,
                   t->touched[q].gradient + k * p->cols, p->cols * sizeof *gradient);
        }
    }

done:
    return rc;
}

/* ---- the moments as arrays ------------------------------------------------------------------ */

static pal_status put(pal_tensors *file, const char *prefix, const char *name, const float *x, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text full = { 0 };
    uint64_t size = n;

    pal_text_addf(&full, "%s%s", prefix, name);
    PAL_TRY(pal_text_check(&full, err));
    PAL_TRY(pal_tensors_put(file, full.bytes, PAL_F32, 1, &size, x, err));

done:
    pal_text_clear(&full);
    return rc;
}

static pal_status take(float *x, size_t n, const pal_tensors *file, const char *prefix, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text full = { 0 };
    uint64_t size = 0;
    const void *data = NULL;

    pal_text_addf(&full, "%s%s", prefix, name);
    PAL_TRY(pal_text_check(&full, err));
    PAL_TRY(pal_tensors_get(&data, &size, file, full.bytes, PAL_F32, 1, err));
    if (size != n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" has %llu values; wanted: %zu", pal_tensors_file(file), full.bytes,
                 (unsigned long long)size, n);
    }
    if (n > 0) {
        memcpy(x, data, n * sizeof *x);
    }

done:
    pal_text_clear(&full);
    return rc;
}

pal_status pal_net_trainer_save(const pal_net_trainer *t, pal_tensors *file, const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text full = { 0 };

    pal_text_addf(&full, "%sadam.step", prefix);
    PAL_TRY(pal_text_check(&full, err));
    PAL_TRY(pal_tensors_put(file, full.bytes, PAL_U64, 0, NULL, &t->step, err));
    PAL_TRY(put(file, prefix, "adam.dense.m", t->dense_m, t->net->n_dense, err));
    PAL_TRY(put(file, prefix, "adam.dense.v", t->dense_v, t->net->n_dense, err));
    PAL_TRY(put(file, prefix, "adam.table.m", t->table_m, t->n_table, err));
    PAL_TRY(put(file, prefix, "adam.table.v", t->table_v, t->n_table, err));

done:
    pal_text_clear(&full);
    return rc;
}

pal_status pal_net_trainer_load(pal_net_trainer *t, const pal_tensors *file, const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text full = { 0 };
    const void *step = NULL;

    pal_text_addf(&full, "%sadam.step", prefix);
    PAL_TRY(pal_text_check(&full, err));
    PAL_TRY(pal_tensors_get(&step, NULL, file, full.bytes, PAL_U64, 0, err));
    PAL_TRY(take(t->dense_m, t->net->n_dense, file, prefix, "adam.dense.m", err));
    PAL_TRY(take(t->dense_v, t->net->n_dense, file, prefix, "adam.dense.v", err));
    PAL_TRY(take(t->table_m, t->n_table, file, prefix, "adam.table.m", err));
    PAL_TRY(take(t->table_v, t->n_table, file, prefix, "adam.table.v", err));
    memcpy(&t->step, step, sizeof t->step);

done:
    pal_text_clear(&full);
    return rc;
}

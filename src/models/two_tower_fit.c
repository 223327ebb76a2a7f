/* Fitting two towers: batches of interactions against each other's items, or against drawn ones. */
#include "models/two_tower.h"

#include "core/arena.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"
#include "models/interests.h"
#include "models/nearest.h"
#include "models/rec_builtin.h"

#include <string.h>

#define WHO_NEGATIVE 49 /* counter words of the fit's key */
#define WHO_HARD 50
#define WHO_TELL 51
#define MOST_DRAWS 8    /* tries to find an item that the person does not have */
#define PEOPLE_BLOCK 32

typedef struct run {
    pal_two_tower *model;
    const pal_rec_env *env;
    pal_neural_data data;
    const pal_neural_data *told; /* what people are known by for the moment  */
    pal_net_trainer *trainer;
    pal_feed *feed;
    pal_arena *scratch;
    float *item_log_q;     /* n_cols: log of the item's share of a batch       */
    float *log_q, *label, *one; /* of a batch's rows                           */
    uint32_t *id, *past;   /* of a batch's rows; the longest past              */
    uint8_t *part;         /* rows->n: part of each of data.recent, when split */
    uint32_t *hard;        /* n_rows x pool: best-scored items; NULL: none yet */
    bool split;
} run;

/* ---- who is asked for ------------------------------------------------------------------------------------- */

static pal_feed_person person_of(const run *r, uint32_t u)
{
    return pal_neural_person(r->told, u, r->model->config.last);
}

static pal_status make_people(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const run *r = ctx;
    pal_two_tower *m = r->model;
    size_t d = m->config.d;
    pal_feed_person person[PEOPLE_BLOCK];

    (void)block;
    (void)worker;
    for (size_t u = begin; u < end; u++) person[u - begin] = person_of(r, (uint32_t)u);
    PAL_TRY(pal_tower_people(m->whole + begin * d, m->taste == NULL ? NULL : m->taste + begin * m->config.interests * d,
                             m->taste == NULL ? NULL : m->n_tastes + begin, m, person, end - begin, err));

done:
    return rc;
}

/* Vectors of items and people from the net as it is. */
static pal_status ready(void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;
    run *r = ctx;

    PAL_TRY(pal_tower_items(r->model, r->env->n_threads, err));
    PAL_TRY(pal_parallel_for(r->model->n_rows, PEOPLE_BLOCK, r->env->n_threads, make_people, r, err));

done:
    return rc;
}

static pal_status score_person(void *ctx, uint32_t u, size_t worker, float *score, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_two_tower *m = ((const run *)ctx)->model;
    size_t n = m->taste == NULL ? 1 : m->n_tastes[u], d = m->config.d;
    float *room = NULL;

    (void)worker;
    PAL_NEW(room, n * m->n_cols);
    pal_tower_best(score, m, m->taste == NULL ? m->whole + u * d : m->taste + u * m->config.interests * d, n, room);

done:
    pal_free(room);
    return rc;
}

/* ---- before an epoch -------------------------------------------------------------------------------------- */

static pal_status split_people(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const run *r = ctx;
    double *centre = NULL;

    (void)block;
    (void)worker;
    PAL_NEW(centre, r->model->config.interests * r->model->config.d);
    for (size_t u = begin; u < end; u++) {
        const pal_feed_person person = person_of(r, (uint32_t)u);

        pal_tower_split(r->part + r->told->rows->begin[u], r->model, r->model->vector, &person, centre);
    }

done:
    pal_free(centre);
    return rc;
}

/* The best-scored items of everyone, bias included: (u, 1).(v, b). */
static pal_status mine(run *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_two_tower *m = r->model;
    size_t d = m->config.d, wide = d + 1;
    float *item = NULL, *person = NULL, *score = NULL;

    PAL_NEW(item, m->n_cols * wide);
    PAL_NEW(person, m->n_rows * wide);
    PAL_NEW(score, m->n_rows * m->config.pool);
    if (r->hard == NULL) PAL_NEW(r->hard, m->n_rows * m->config.pool);
    for (size_t i = 0; i < m->n_cols; i++) {
        memcpy(item + i * wide, m->vector + i * d, d * sizeof *item);
        item[i * wide + d] = m->item_bias[i];
    }
    for (size_t u = 0; u < m->n_rows; u++) {
        memcpy(person + u * wide, m->whole + u * d, d * sizeof *person);
        person[u * wide + d] = 1;
    }
    PAL_TRY(pal_nearest_exact(r->hard, score, item, m->n_cols, wide, person, m->n_rows, m->config.pool, PAL_NEAR_DOT,
                              m->backend, r->env->n_threads, err));

done:
    pal_free(item);
    pal_free(person);
    pal_free(score);
    return rc;
}

static pal_status begin_epoch(void *ctx, uint64_t epoch, pal_error *err)
{
    pal_status rc = PAL_OK;
    run *r = ctx;
    const pal_tower_config *c = &r->model->config;

    if (c->interests > 1 && epoch >= c->fit.epochs / 3) {
        PAL_TRY(pal_tower_items(r->model, r->env->n_threads, err));
        PAL_TRY(pal_parallel_for(r->model->n_rows, PEOPLE_BLOCK, r->env->n_threads, split_people, r, err));
        r->split = true;
    }
    if (c->hard > 0 && epoch > 0) {
        PAL_TRY(ready(r, err));
        PAL_TRY(mine(r, err));
    }

done:
    return rc;
}

/* ---- a step ----------------------------------------------------------------------------------------------- */

/* Of a split past, the items beside `item` in its part; of a past that is whole, or a part of one item, all of it. */
static pal_feed_person who_likes(run *r, uint32_t cell, uint64_t epoch)
{
    const pal_csr *rows = r->data.rows;
    uint32_t u = r->data.person[cell], item = rows->col[cell];
    pal_feed_person p = person_of(r, u);
    const uint8_t *part = r->split ? r->part + rows->begin[u] : NULL;
    size_t own = 0, n = 0;

    p.skip = item;
    if (pal_u01(r->env->key, (pal_at){ WHO_TELL, epoch, cell }, 0) < r->model->config.id_dropout) p.id = PAL_FEED_NONE;
    if (part == NULL) return p;
    while (p.item[own] != item) own++;
    for (size_t i = 0; i < p.n; i++) {
        if (part[i] == part[own] && i != own) r->past[n++] = p.item[i];
    }
    if (n > 0) {
        p.item = r->past;
        p.n = n;
    }
    return p;
}

/* An item that the person does not have: among the best-scored ones, or among all. */
static uint32_t draw_negative(const run *r, uint32_t cell, uint64_t epoch, size_t nth, bool hard)
{
    const pal_csr *rows = r->data.rows;
    uint32_t u = r->data.person[cell];
    size_t pool = r->model->config.pool;

    for (size_t t = 0; hard && t < MOST_DRAWS; t++) {
        uint64_t word = pal_u64(r->env->key, (pal_at){ WHO_HARD, epoch, cell }, nth * MOST_DRAWS + t);
        uint32_t item = r->hard[u * pool + word % pool];

        if (item != UINT32_MAX && pal_csr_find(rows, u, item) == SIZE_MAX) return item;
    }
    return pal_neural_draw(rows, u, r->env->key, (pal_at){ WHO_NEGATIVE, epoch, cell }, nth);
}

/* Adds share times softplus of the gap between a negative and a positive, and its gradients (sets gn). */
static double pull_apart(float *gu, float *gp, float *gn, const float *u, const float *p, const float *n, size_t d,
                         double temperature, double share)
{
    double gap = 0, slope;

    for (size_t i = 0; i < d; i++) gap += (double)u[i] * ((double)n[i] - (double)p[i]);
    gap /= temperature;
    slope = share * pal_sigmoid(gap) / temperature;
    for (size_t i = 0; i < d; i++) {
        gu[i] += (float)(slope * ((double)n[i] - (double)p[i]));
        gp[i] -= (float)(slope * (double)u[i]);
        gn[i] = (float)(slope * (double)u[i]);
    }
    return share * pal_softplus(gap);
}

pal_status pal_tower_loss_hard(void *ctx, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                               double *loss, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tower_hard *h = ctx;
    size_t d = pal_net_width(net, h->softmax.user);
    const float *u = pal_net_value(work, h->softmax.user), *v = pal_net_value(work, h->softmax.item);
    float *gu = pal_net_gradient(work, h->softmax.user), *gv = pal_net_gradient(work, h->softmax.item);

    PAL_TRY(pal_net_loss_softmax(&h->softmax, net, work, h->n, n_threads, loss, err));
    memset(gu + h->n * d, 0, (n - h->n) * d * sizeof *gu);
    for (size_t r = h->n; r < n; r++) {
        size_t own = (r - h->n) / h->hard;

        *loss += pull_apart(gu + own * d, gv + own * d, gv + r * d, u + own * d, v + own * d, v + r * d, d,
                            h->softmax.temperature, h->weight / (double)(n - h->n));
    }

done:
    return rc;
}

static pal_status step_softmax(run *r, const uint32_t *cell, size_t n, uint64_t epoch, double *loss, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_two_tower *m = r->model;
    size_t hard = r->hard != NULL ? m->config.hard : 0;
    const float *input[1] = { r->one };
    pal_tower_hard h = { { m->user_side, m->item_side, r->id, r->log_q, m->config.temperature, r->scratch }, n, hard,
                       m->config.hard_weight };
    pal_net_batch batch;

    for (size_t i = 0; i < n; i++) {
        const pal_feed_person person = who_likes(r, cell[i], epoch);

        r->id[i] = r->data.rows->col[cell[i]];
        r->log_q[i] = r->item_log_q[r->id[i]];
        PAL_TRY(pal_feed_put(r->feed, &person, r->id[i], err));
    }
    for (size_t i = 0; i < n * hard; i++) {
        PAL_TRY(pal_feed_put(r->feed, NULL, draw_negative(r, cell[i / hard], epoch, i % hard, true), err));
    }
    batch = pal_feed_batch(r->feed, input);
    PAL_TRY(pal_net_step(r->trainer, &batch, pal_tower_loss_hard, &h, loss, err));

done:
    return rc;
}

static pal_status step_cosine(run *r, const uint32_t *cell, size_t n, uint64_t epoch, double *loss, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_two_tower *m = r->model;
    size_t hard = r->hard != NULL ? m->config.hard : 0, each = m->config.negatives + hard, row = 0;
    pal_net_cosine cosine = { m->person, m->item, r->label, m->config.margin };
    pal_net_batch batch;

    for (size_t i = 0; i < n; i++) {
        const pal_feed_person person = who_likes(r, cell[i], epoch);

        r->label[row++] = 1;
        PAL_TRY(pal_feed_put(r->feed, &person, r->data.rows->col[cell[i]], err));
        for (size_t k = 0; k < each; k++) {
            r->label[row++] = -1;
            PAL_TRY(pal_feed_put(r->feed, &person, draw_negative(r, cell[i], epoch, k, k < hard), err));
        }
    }
    batch = pal_feed_batch(r->feed, NULL);
    PAL_TRY(pal_net_step(r->trainer, &batch, pal_net_loss_cosine, &cosine, loss, err));

done:
    return rc;
}

static pal_status step(void *ctx, const uint32_t *cell, size_t n, uint64_t epoch, double *loss, pal_error *err)
{
    run *r = ctx;
    double value = 0;
    pal_status rc;

    pal_feed_clear(r->feed);
    rc = (r->model->config.loss == PAL_TOWER_SOFTMAX ? step_softmax : step_cosine)(r, cell, n, epoch, &value, err);
    *loss += value;
    return rc;
}

/* ---- beginning and end ------------------------------------------------------------------------------------ */

/* Room for what serves. */
static pal_status make_room(pal_two_tower *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = m->config.d;

    pal_free(m->vector);
    pal_free(m->item_bias);
    pal_free(m->whole);
    pal_free(m->taste);
    pal_free(m->n_tastes);
    m->vector = m->item_bias = m->whole = m->taste = NULL;
    m->n_tastes = NULL;
    PAL_NEW(m->vector, m->n_cols * d);
    PAL_NEW(m->item_bias, m->n_cols);
    PAL_NEW(m->whole, m->n_rows * d);
    if (m->config.interests > 1) {
        PAL_NEW(m->taste, m->n_rows * m->config.interests * d);
        PAL_NEW(m->n_tastes, m->n_rows);
    }

done:
    return rc;
}

/* A net for the data: a new one, or the old one with larger tables; and its trainer with the moments it had. */
static pal_status open_net(run *r, const pal_rec_data *data, size_t max_rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_two_tower *m = r->model;
    size_t n_people = data->rows->n_rows, n_items = data->rows->n_cols;
    const pal_rec_env *env = r->env;

    if (m->net == NULL) {
        m->key = env->key;
        m->backend = env->backend;
        m->tables.n_traits = data->row_features != NULL ? data->row_features->n_cols : 0;
        m->tables.n_features = data->col_features != NULL ? data->col_features->n_cols : 0;
        m->tables.used = pal_tower_bags(m);
        PAL_TRY(pal_tower_build(m, n_people, n_items, env->key, err));
    }
    PAL_TRY(pal_net_trainer_new(&r->trainer, m->net, max_rows, &m->config.adam, env->key, env->n_threads, err));
    if (m->moments != NULL) PAL_TRY(pal_net_trainer_load(r->trainer, m->moments, "", err));
    if (m->tables.n_traits > 0) m->tables.n_traits = data->row_features->n_cols;
    if (m->tables.n_features > 0) m->tables.n_features = data->col_features->n_cols;
    PAL_TRY(pal_neural_tables_grow(&m->tables, m->net, n_people, n_items, m->key, err));
    PAL_TRY(pal_net_trainer_grow(r->trainer, err));
    m->n_rows = n_people;
    m->n_cols = n_items;
    PAL_TRY(make_room(m, err));
    PAL_TRY(pal_neural_keep(&m->content, data->col_features, err));

done:
    return rc;
}

static pal_status begin(run *r, const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_tower_config *c = &r->model->config;
    const pal_csr *known;
    size_t n_before;
    size_t each = 1 + c->hard + (c->loss == PAL_TOWER_COSINE ? c->negatives : 0), rows = c->fit.batch * each,
        longest = 0;

    n_before = r->model->n_cols;
    PAL_TRY(open_net(r, data, rows, err));
    PAL_TRY(pal_neural_data_init(&r->data, data, &c->fit, r->model->key, err));
    r->told = &r->data;
    PAL_TRY(pal_neural_known(&r->model->known, n_before, r->data.rows, err));
    known = r->data.rows;
    PAL_TRY(pal_feed_new(&r->feed, r->model->tables.used, r->model->content, NULL, err));
    PAL_TRY(pal_arena_new(&r->scratch, 1 << 20, err));
    for (size_t u = 0; u < known->n_rows; u++) {
        longest = pal_csr_count(known, u) > longest ? pal_csr_count(known, u) : longest;
    }
    PAL_NEW(r->item_log_q, data->rows->n_cols);
    PAL_NEW(r->log_q, c->fit.batch);
    PAL_NEW(r->id, c->fit.batch);
    PAL_NEW(r->label, rows);
    PAL_NEW(r->one, rows);
    PAL_NEW(r->past, longest);
    PAL_NEW(r->part, known->n);
    for (size_t i = 0; i < rows; i++) r->one[i] = 1;
    for (size_t cell = 0; cell < known->n; cell++) r->item_log_q[known->col[cell]]++;
    for (size_t i = 0; i < data->rows->n_cols; i++) {
        r->item_log_q[i] = r->item_log_q[i] > 0 ? pal_logf(r->item_log_q[i] / (float)known->n) : 0;
    }

done:
    return rc;
}

static void end(run *r)
{
    pal_neural_data_clear(&r->data);
    pal_net_trainer_free(r->trainer);
    pal_feed_free(r->feed);
    pal_arena_free(r->scratch);
    pal_free(r->item_log_q);
    pal_free(r->log_q);
    pal_free(r->label);
    pal_free(r->one);
    pal_free(r->id);
    pal_free(r->past);
    pal_free(r->part);
    pal_free(r->hard);
}

/* People as they will be served: by all they have, what was held out included. */
static pal_status serve_all(run *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_neural_config none = { .patience = 0 };
    pal_neural_data all = { 0 };

    PAL_TRY(pal_neural_data_init(&all, r->data.all, &none, r->model->key, err));
    r->told = &all;
    PAL_TRY(ready(r, err));

done:
    pal_neural_data_clear(&all);
    return rc;
}

pal_status pal_tower_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_two_tower *model = self;
    run r = { .model = model, .env = env };
    const pal_neural_task task = { .name = "two_tower", .ctx = &r, .begin = begin_epoch, .step = step, .ready = ready,
                                   .score = score_person };

    PAL_TRY(pal_neural_check("two_tower", data, &model->tables, model->n_rows, model->n_cols, model->net == NULL, err));
    PAL_TRY(begin(&r, data, err));
    PAL_TRY(pal_neural_fit(model->net, &model->epoch, &r.data, &model->config.fit, &task, env, err));
    PAL_TRY(pal_neural_moments_keep(&model->moments, r.trainer, err));
    PAL_TRY(serve_all(&r, err));

done:
    end(&r);
    return rc;
}

/* Fitting the hybrid: the network on likes and drawn items, then the counts of the two plainer predictors. */
#include "models/hybrid.h"

#include "core/mem.h"
#include "core/threads.h"
#include "models/popular_shares.h"

#include <string.h>

#define WHO_NEGATIVE 49 /* counter words of the fit's key */
#define WHO_TELL 51
#define WHO_DISLIKED 52
#define PEOPLE_BLOCK 32

typedef struct run {
    pal_hybrid *model;
    const pal_rec_env *env;
    pal_neural_data data;
    const pal_neural_data *told; /* what people are known by for the moment */
    pal_net_trainer *trainer;
    pal_feed *people, *items;    /* of a batch: one row a positive, and pal_hybrid_group of them */
    float *label;                /* rows of items */
} run;

/* ---- judging ---------------------------------------------------------------------------------------------- */

static pal_status make_people(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const run *r = ctx;
    pal_hybrid *m = r->model;
    pal_feed_person person[PEOPLE_BLOCK];

    (void)block;
    (void)worker;
    for (size_t u = begin; u < end; u++) person[u - begin] = pal_neural_person(r->told, (uint32_t)u, m->config.last);
    return pal_hybrid_people(m->p + begin * m->config.d, m->p_hidden + begin * m->config.hidden, m, person, end - begin,
                             err);
}

static pal_status ready(void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;
    run *r = ctx;

    PAL_TRY(pal_hybrid_items(r->model, r->env->n_threads, err));
    PAL_TRY(pal_parallel_for(r->model->n_rows, PEOPLE_BLOCK, r->env->n_threads, make_people, r, err));

done:
    return rc;
}

static pal_status score_person(void *ctx, uint32_t u, size_t worker, float *score, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_hybrid *m = ((const run *)ctx)->model;
    float *room = NULL;

    (void)worker;
    PAL_NEW(room, pal_hybrid_room(m));
    pal_hybrid_logits(score, m, m->p + u * m->config.d, m->p_hidden + u * m->config.hidden, room);

done:
    pal_free(room);
    return rc;
}

/* ---- a step ----------------------------------------------------------------------------------------------- */

/* The nth item that the person is taken not to like: a dislike for the first half of them, when there are any. */
static uint32_t draw_other(const run *r, uint32_t u, uint32_t cell, uint64_t epoch, size_t nth)
{
    const pal_csr *disliked = r->data.all->disliked;
    const pal_at at = { WHO_NEGATIVE, epoch, cell };
    size_t n = disliked != NULL ? pal_csr_count(disliked, u) : 0;

    if (n > 0 && 2 * nth < r->model->config.negatives) {
        return disliked->col[disliked->begin[u] + pal_u64(r->env->key, (pal_at){ WHO_DISLIKED, epoch, cell }, nth) % n];
    }
    return pal_neural_draw(r->data.rows, u, r->env->key, at, nth);
}

/* Is this row to do without the person's number? */
static bool is_untold(const run *r, uint32_t cell, uint64_t epoch)
{
    return pal_u01(r->env->key, (pal_at){ WHO_TELL, epoch, cell }, 0) < r->model->config.id_dropout;
}

static pal_status step(void *ctx, const uint32_t *cell, size_t n, uint64_t epoch, double *loss, pal_error *err)
{
    pal_status rc = PAL_OK;
    run *r = ctx;
    const pal_hybrid *m = r->model;
    pal_net_bce bce = { m->logit, r->label, NULL };
    pal_net_ids view[PAL_FEED_BAGS];
    pal_net_batch batch;
    double value = 0;
    size_t row = 0;

    pal_feed_clear(r->people);
    pal_feed_clear(r->items);
    for (size_t i = 0; i < n; i++) {
        uint32_t u = r->data.person[cell[i]], item = r->data.rows->col[cell[i]];
        pal_feed_person person = pal_neural_person(&r->data, u, m->config.last);

        person.skip = item;
        if (is_untold(r, cell[i], epoch)) person.id = PAL_FEED_NONE;
        r->label[row++] = 1;
        PAL_TRY(pal_feed_put(r->people, &person, PAL_FEED_NONE, err));
        PAL_TRY(pal_feed_put(r->items, NULL, item, err));
        for (size_t k = 0; k < m->config.negatives; k++) {
            r->label[row++] = 0;
            PAL_TRY(pal_feed_put(r->items, NULL, draw_other(r, u, cell[i], epoch, k), err));
        }
    }
    batch = pal_feed_join(view, r->people, r->items);
    PAL_TRY(pal_net_step(r->trainer, &batch, pal_net_loss_bce, &bce, &value, err));
    *loss += value;

done:
    return rc;
}

/* ---- beginning and end ------------------------------------------------------------------------------------ */

static pal_status check(const pal_hybrid *m, const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_hybrid_config *c = &m->config;
    const pal_csr *disliked = data->disliked;
    bool content = c->content && data->col_features != NULL, traits = c->demographics && data->row_features != NULL;

    PAL_TRY(pal_neural_check("hybrid", data, &m->tables, m->n_rows, m->n_cols, m->net == NULL, err));
    if (disliked != NULL && (disliked->n_rows != data->rows->n_rows || disliked->n_cols != data->rows->n_cols)) {
        PAL_FAIL(PAL_ERR_DATA, "hybrid: dislikes of %zu people and %zu items, interactions of %zu and %zu",
                 disliked->n_rows, disliked->n_cols, data->rows->n_rows, data->rows->n_cols);
    }
    if (c->ids == PAL_HYBRID_NO_IDS && !content) {
        PAL_FAIL(PAL_ERR_DATA, "hybrid: items have neither ids (ids is \"none\") nor content (side features of items)");
    }
    if (c->ids != PAL_HYBRID_BOTH && !c->past && !traits) {
        PAL_FAIL(PAL_ERR_DATA,
                 "hybrid: nothing tells people apart: no ids (ids is not \"both\"), no past, no demographics "
                               "(side features of people)");
    }

done:
    return rc;
}

static pal_status make_room(pal_hybrid *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = m->config.d, hidden = m->config.hidden;

    pal_free(m->p);
    pal_free(m->p_hidden);
    pal_free(m->q);
    pal_free(m->q_hidden);
    pal_free(m->item_bias);
    pal_free(m->known_by);
    pal_free(m->popular);
    m->p = m->p_hidden = m->q = m->q_hidden = m->item_bias = NULL;
    m->known_by = NULL;
    m->popular = NULL;
    PAL_NEW(m->p, m->n_rows * d);
    PAL_NEW(m->p_hidden, m->n_rows * hidden);
    PAL_NEW(m->q, m->n_cols * d);
    PAL_NEW(m->q_hidden, m->n_cols * hidden);
    PAL_NEW(m->item_bias, m->n_cols);
    PAL_NEW(m->known_by, m->n_rows);
    PAL_NEW(m->popular, m->n_cols);

done:
    return rc;
}

static pal_status begin(run *r, const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hybrid *m = r->model;
    const pal_hybrid_config *c = &m->config;
    const pal_rec_env *env = r->env;
    size_t n_people = data->rows->n_rows, n_items = data->rows->n_cols, rows = c->fit.batch * pal_hybrid_group(m);
    size_t n_before = m->n_cols;

    if (m->net == NULL) {
        m->key = env->key;
        m->backend = env->backend;
        m->tables.n_traits = data->row_features != NULL ? data->row_features->n_cols : 0;
        m->tables.n_features = data->col_features != NULL ? data->col_features->n_cols : 0;
        m->tables.used = pal_hybrid_bags(m);
        PAL_TRY(pal_hybrid_build(m, n_people, n_items, env->key, err));
    }
    PAL_TRY(pal_net_trainer_new(&r->trainer, m->net, rows, &c->adam, env->key, env->n_threads, err));
    if (m->moments != NULL) PAL_TRY(pal_net_trainer_load(r->trainer, m->moments, "", err));
    if (m->tables.n_traits > 0) m->tables.n_traits = data->row_features->n_cols;
    if (m->tables.n_features > 0) m->tables.n_features = data->col_features->n_cols;
    PAL_TRY(pal_neural_tables_grow(&m->tables, m->net, n_people, n_items, m->key, err));
    PAL_TRY(pal_net_trainer_grow(r->trainer, err));
    m->n_rows = n_people;
    m->n_cols = n_items;
    PAL_TRY(make_room(m, err));
    PAL_TRY(pal_neural_keep(&m->content, c->content ? data->col_features : NULL, err));
    PAL_TRY(pal_neural_keep(&m->traits, c->demographics ? data->row_features : NULL, err));
    PAL_TRY(pal_neural_data_init(&r->data, data, &c->fit, m->key, err));
    r->told = &r->data;
    PAL_TRY(pal_neural_known(&m->known, n_before, r->data.rows, err));
    PAL_TRY(pal_feed_new(&r->people, m->tables.used & PAL_FEED_PEOPLE, m->content, NULL, err));
    PAL_TRY(pal_feed_new(&r->items, m->tables.used & ~PAL_FEED_PEOPLE, m->content, NULL, err));
    PAL_NEW(r->label, rows);

done:
    return rc;
}

/* People by all they have, what was held out included; counts for the two other predictors. */
static pal_status serve_all(run *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hybrid *m = r->model;
    const pal_rec_data *data = r->data.all;
    const pal_neural_config none = { .patience = 0 };
    pal_neural_data all = { 0 };

    PAL_TRY(pal_neural_data_init(&all, data, &none, m->key, err));
    r->told = &all;
    PAL_TRY(ready(r, err));
    for (size_t u = 0; u < m->n_rows; u++) m->known_by[u] = (uint32_t)pal_csr_count(data->rows, u);
    PAL_TRY(pal_popular_shares(m->popular, data, m->config.half_life, r->env, err));
    if (m->traits != NULL) {
        pal_demographic_clear(&m->demographic);
        PAL_TRY(pal_demographic_fit(&m->demographic, data->rows, m->traits, m->config.bins, m->config.prior, err));
    }

done:
    pal_neural_data_clear(&all);
    return rc;
}

pal_status pal_hybrid_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hybrid *model = self;
    run r = { .model = model, .env = env };
    bool needs_net = model->config.predictor == PAL_HYBRID_BLEND || model->config.predictor == PAL_HYBRID_MODEL;
    const pal_neural_task task = { .name = "hybrid", .ctx = &r, .step = step, .ready = ready, .score = score_person };

    PAL_TRY(check(model, data, err));
    PAL_TRY(begin(&r, data, err));
    if (needs_net) PAL_TRY(pal_neural_fit(model->net, &model->epoch, &r.data, &model->config.fit, &task, env, err));
    PAL_TRY(pal_neural_moments_keep(&model->moments, r.trainer, err));
    PAL_TRY(serve_all(&r, err));

done:
    pal_neural_data_clear(&r.data);
    pal_net_trainer_free(r.trainer);
    pal_feed_free(r.people);
    pal_feed_free(r.items);
    pal_free(r.label);
    return rc;
}

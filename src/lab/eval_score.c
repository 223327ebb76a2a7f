/* Fit one model, score people in blocks, measure each full row. */
#include "lab/eval_score.h"

#include "core/mem.h"
#include "core/threads.h"

#include <string.h>

#define ROW_FLOATS ((size_t)1 << 18) /* of scores at once: a megabyte a worker   */
#define MOST_PEOPLE 64               /* a block, so that few items still spread over threads */
#define SCRATCH_BYTES ((size_t)1 << 18)

void pal_eval_scores_clear(pal_eval_scores *s)
{
    pal_free(s->value);
    pal_free(s->item);
    pal_free(s->score);
    *s = (pal_eval_scores){ 0 };
}

pal_key pal_eval_key(const pal_eval_config *c, const pal_eval_model *m, uint32_t replicate)
{
    return pal_key_named(pal_key_for(c->seed, c->vary_model ? replicate : 0, PAL_FOR_TRAIN), m->name);
}

/* Put the model's name before what it said. */
static pal_status name_fault(pal_status rc, const pal_eval_model *m, const pal_error *said, pal_error *err)
{
    return pal_error_set(err, rc, "model %s: %.900s", m->name, said->text);
}

pal_status pal_eval_fit(void **self, const pal_eval_model *m, const pal_values *params, const pal_eval_view *view,
                        const pal_interactions *log, const pal_eval_config *c, uint32_t replicate, size_t n_threads,
                        pal_error *err)
{
    pal_error said = { .text = "" };
    pal_status rc;
    void *made = NULL;
    const pal_rec_data data = {
        .rows = view->fit, .cols = view->fit_cols, .time = view->fit_time,
        .row_features = m->people_features ? log->user_side->cell : NULL,
        .col_features = m->item_features ? log->item_side->cell : NULL,
    };
    const pal_rec_env env = { .key = pal_eval_key(c, m, replicate), .n_threads = n_threads,
                              .backend = c->exact_numerics ? PAL_PORTABLE : PAL_OPENBLAS };

    rc = m->type->init(&made, params, &said);
    if (rc == PAL_OK) rc = m->type->fit(made, &data, &env, &said);
    if (rc != PAL_OK) {
        if (made != NULL) m->type->free(made);
        return name_fault(rc, m, &said, err);
    }
    *self = made;
    return PAL_OK;
}

typedef struct job {
    const pal_eval_model *model;
    const void *self;
    const pal_eval_view *view;
    const pal_interactions *log;
    const pal_eval_config *config;
    pal_topn_context context;
    pal_eval_scores *out;
    pal_arena **scratch;     /* one a worker */
    pal_topn_cache *cache;   /* one a worker */
} job;

static pal_rec_query query_of(const job *j, uint32_t u)
{
    const pal_csr *own = j->view->own;
    size_t from = own->begin[u];
    bool known = pal_csr_count(j->view->fit, u) > 0;
    pal_rec_query q = { .row = known ? u : PAL_REC_NEW, .n = pal_csr_count(own, u), .item = own->col + from,
                        .value = own->value + from,
                        .time = j->view->own_time != NULL ? j->view->own_time + from : NULL };

    if (!known && j->model->people_features) {
        const pal_csr *cell = j->log->user_side->cell;

        q.n_features = pal_csr_count(cell, u);
        q.feature = cell->col + cell->begin[u];
        q.feature_value = cell->value + cell->begin[u];
    }
    return q;
}

static pal_status measure_one(const job *j, size_t p, const float *row, size_t worker, pal_error *err)
{
    const pal_csr *own = j->view->own, *wanted = j->view->wanted;
    uint32_t u = j->view->person[p];
    pal_error said = { .text = "" };
    bool unseen = j->config->unseen_only; /* then what the person has is left out with all that was seen */
    const pal_topn_person who = {
        .score = row,
        .n_without = unseen ? j->view->n_seen : j->config->keep_training_items ? 0 : pal_csr_count(own, u),
        .without = unseen ? j->view->seen : own->col + own->begin[u], .n_wanted = pal_csr_count(wanted, u),
        .wanted = wanted->col + wanted->begin[u], .n_own = pal_csr_count(own, u), .own = own->col + own->begin[u],
    };
    pal_status rc = pal_topn_measure(j->out->value + p * j->out->n_columns, j->out->item + p * j->out->k_max,
                                     j->out->score + p * j->out->k_max, &j->context, &who,
                                     j->cache != NULL ? &j->cache[worker] : NULL, j->scratch[worker], &said);

    return rc == PAL_OK ? rc : pal_error_set(err, rc, "model %s: person %s: %.600s", j->model->name,
                                             j->log->user_id[u], said.text);
}

static pal_status score_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const job *j = ctx;
    pal_arena *scratch = j->scratch[worker];
    pal_arena_mark mark = pal_arena_here(scratch);
    size_t n = end - begin, n_items = j->context.n_items;
    pal_error said = { .text = "" };
    pal_rec_query *query;
    float *score;

    (void)block;
    PAL_TAKE(query, n, scratch);
    PAL_TAKE(score, n * n_items, scratch);
    for (size_t i = 0; i < n; i++) query[i] = query_of(j, j->view->person[begin + i]);
    rc = j->model->type->score(j->self, query, n, score, scratch, &said);
    if (rc != PAL_OK) {
        rc = name_fault(rc, j->model, &said, err);
        goto done;
    }
    for (size_t i = 0; i < n; i++) PAL_TRY(measure_one(j, begin + i, score + i * n_items, worker, err));

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* People a block: as many rows as fit the budget, whatever the number of threads. */
static size_t people_a_block(size_t n_items)
{
    size_t n = ROW_FLOATS / n_items;

    return n < 1 ? 1 : n > MOST_PEOPLE ? MOST_PEOPLE : n;
}

pal_status pal_eval_score(pal_eval_scores *out, const pal_eval_model *m, const void *self, const pal_eval_view *view,
                          const pal_interactions *log, const pal_eval_config *c, bool brief, size_t n_threads,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    job j = { .model = m, .self = self, .view = view, .log = log, .config = c, .context = pal_eval_context(view, c),
              .out = out };

    *out = (pal_eval_scores){ .n_people = view->n_people, .n_columns = pal_topn_columns(c->n_k),
                              .k_max = c->k[c->n_k - 1] };
    if (brief) {
        j.context.likeness = NULL;
        j.context.popularity = NULL;
        j.context.genres = NULL;
    }
    PAL_NEW(out->value, out->n_people * out->n_columns);
    PAL_NEW(out->item, out->n_people * out->k_max);
    PAL_NEW(out->score, out->n_people * out->k_max);
    PAL_NEW(j.scratch, n_threads);
    for (size_t t = 0; t < n_threads; t++) PAL_TRY(pal_arena_new(&j.scratch[t], SCRATCH_BYTES, err));
    if (j.context.likeness != NULL) {
        PAL_NEW(j.cache, n_threads);
        for (size_t t = 0; t < n_threads; t++) PAL_TRY(pal_topn_cache_make(&j.cache[t], err));
    }
    PAL_TRY(pal_parallel_for(view->n_people, people_a_block(j.context.n_items), n_threads, score_block, &j, err));

done:
    for (size_t t = 0; j.scratch != NULL && t < n_threads; t++) pal_arena_free(j.scratch[t]);
    for (size_t t = 0; j.cache != NULL && t < n_threads; t++) pal_topn_cache_clear(&j.cache[t]);
    pal_free(j.scratch);
    pal_free(j.cache);
    if (rc != PAL_OK) pal_eval_scores_clear(out);
    return rc;
}

/* Fitting: tables grow to the data, then epochs of parallel steps (models/mf_plan.h). */
#include "models/mf.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/stop.h"
#include "core/threads.h"
#include "models/rec_builtin.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#define MOST_TASKS (PAL_MF_ROUNDS * PAL_MF_MOST_STRATA * PAL_MF_MOST_STRATA) /* of an epoch */
#define WHO_EPOCH 16 /* counter word of an epoch's key; the tables have 0..3 */
#define MOST_WEIGHT 10 /* LightFM's bound on WARP's weight */

typedef struct side_run {
    const pal_csr *features;
    float *mask, *decay;
    float *copy;      /* n strata x rows x stride of shared: each task's own; NULL with one stratum */
    uint8_t *touched; /* n strata x rows */
} side_run;

/* One fit. */
typedef struct run {
    pal_mf *model;
    pal_mf_plan plan;
    side_run side[2];      /* people, items */
    float *rank_weight;
    float *scratch;        /* PAL_MF_SCRATCH a task */
    bool measure;
    uint64_t key;          /* of the epoch */
    size_t first_task;     /* of those that run now; task step * n + shard */
    atomic_bool done[MOST_TASKS];
    double loss[PAL_MF_MOST_STRATA];
    size_t n_steps[PAL_MF_MOST_STRATA];
} run;

void pal_mf_lanes(float *mask, float *decay, const pal_mf *model, bool items)
{
    size_t d = model->config.d, people_bias = model->config.loss == PAL_MF_LOGISTIC ? d + 1 : SIZE_MAX;

    for (size_t i = 0; i < pal_mf_model_width(model); i++) {
        mask[i] = i < d || i == (items ? d : people_bias);
        decay[i] = i >= d ? 0 : items ? model->config.item_l2 : model->config.person_l2;
    }
}

void pal_mf_rank_weights(float *weight, const pal_mf *model)
{
    weight[0] = 0;
    for (size_t t = 1; t <= model->config.tries; t++) {
        size_t rank = model->n_cols > 1 ? (model->n_cols - 1) / t : 1;
        double w = pal_log((double)(rank > 1 ? rank : 1));

        weight[t] = (float)(w < MOST_WEIGHT ? w : MOST_WEIGHT);
    }
}

static size_t shared_floats(const pal_mf *model, size_t side)
{
    return model->shared[side].n * pal_mf_floats(&model->shared[side]);
}

/* ---- data and tables -------------------------------------------------------------------------------------- */

static pal_status check_features(const pal_mf *model, const pal_csr *features, size_t n, size_t side, pal_error *err)
{
    static const char *const who[2] = { "people", "items" };
    pal_status rc = PAL_OK;
    bool identity = side == 0 ? model->config.person_identity : model->config.item_identity;
    size_t before = model->shared[side].n;

    if (features == NULL && !identity) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s have neither side features nor factors of their own (%s_identity is false)",
                 model->name, who[side], side == 0 ? "user" : "item");
    }
    if ((features != NULL ? features->n_cols : 0) < before) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu side features of %s, but %zu in an earlier fit", model->name,
                 features != NULL ? features->n_cols : 0, who[side], before);
    }
    if (features != NULL && features->n_rows != n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: side features for %zu %s of %zu", model->name, features->n_rows, who[side], n);
    }

done:
    return rc;
}

static pal_status check_data(const pal_mf *model, const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *rows = data->rows, *disliked = data->disliked;

    PAL_TRY(pal_rec_check(model->name, data, err));
    if (rows->n_rows < model->n_rows || rows->n_cols < model->n_cols) {
        PAL_FAIL(PAL_ERR_DATA, "%s: fitted to %zu people and %zu items before, now given %zu and %zu", model->name,
                 model->n_rows, model->n_cols, rows->n_rows, rows->n_cols);
    }
    if (rows->n_cols >= PAL_MF_DISLIKED) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu items are too many: at most %u", model->name, rows->n_cols,
                 PAL_MF_DISLIKED - 1);
    }
    if (disliked != NULL && (disliked->n_rows != rows->n_rows || disliked->n_cols != rows->n_cols)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: dislikes of %zu people and %zu items, interactions of %zu and %zu", model->name,
                 disliked->n_rows, disliked->n_cols, rows->n_rows, rows->n_cols);
    }
    PAL_TRY(check_features(model, data->row_features, rows->n_rows, 0, err));
    PAL_TRY(check_features(model, data->col_features, rows->n_cols, 1, err));

done:
    return rc;
}

static pal_status grow(pal_mf *model, const pal_rec_data *data, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_mf_config *c = &model->config;
    const size_t n[2] = { data->rows->n_rows, data->rows->n_cols };
    const pal_csr *features[2] = { data->row_features, data->col_features };
    const bool identity[2] = { c->person_identity, c->item_identity };
    float squares = pal_mf_first_square(c);

    for (size_t s = 0; s < 2; s++) {
        if (identity[s]) {
            PAL_TRY(pal_mf_table_grow(&model->own[s], n[s], c->d, squares, key, s == 0 ? PAL_MF_PEOPLE : PAL_MF_ITEMS,
                                      err));
        }
        if (features[s] != NULL) {
            PAL_TRY(pal_mf_table_grow(&model->shared[s], features[s]->n_cols, c->d, squares, key,
                                      s == 0 ? PAL_MF_PEOPLE_FEATURES : PAL_MF_ITEM_FEATURES, err));
        }
    }
    model->n_rows = n[0];
    model->n_cols = n[1];
    model->key = key;

done:
    return rc;
}

static pal_status begin(run *r, pal_mf *model, const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *disliked = model->config.loss == PAL_MF_LOGISTIC ? data->disliked : NULL;

    r->model = model;
    PAL_TRY(pal_mf_plan_init(&r->plan, data->rows, disliked, model->shared[0].n + model->shared[1].n, err));
    r->side[0].features = data->row_features;
    r->side[1].features = data->col_features;
    for (size_t s = 0; s < 2; s++) {
        PAL_NEW(r->side[s].mask, pal_mf_model_width(model));
        PAL_NEW(r->side[s].decay, pal_mf_model_width(model));
        pal_mf_lanes(r->side[s].mask, r->side[s].decay, model, s == 1);
        if (r->plan.n > 1 && model->shared[s].n > 0) {
            PAL_NEW(r->side[s].copy, r->plan.n * shared_floats(model, s));
            PAL_NEW(r->side[s].touched, r->plan.n * model->shared[s].n);
        }
    }
    PAL_NEW(r->rank_weight, model->config.tries + 1);
    PAL_NEW(r->scratch, r->plan.n * PAL_MF_SCRATCH);
    pal_mf_rank_weights(r->rank_weight, model);

done:
    return rc;
}

static void end(run *r)
{
    for (size_t s = 0; s < 2; s++) {
        pal_free(r->side[s].mask);
        pal_free(r->side[s].decay);
        pal_free(r->side[s].copy);
        pal_free(r->side[s].touched);
    }
    pal_free(r->rank_weight);
    pal_free(r->scratch);
    pal_mf_plan_clear(&r->plan);
}

/* ---- epochs ----------------------------------------------------------------------------------------------- */

/* People or items as task `task` sees them; it gets its own copy of what all tasks move. */
static pal_mf_side side_of(const run *r, size_t s, size_t task)
{
    pal_mf *model = r->model;
    const pal_mf_table *own = &model->own[s], *shared = &model->shared[s];
    const side_run *from = &r->side[s];
    pal_mf_side side = {
        .own = own->x, .stride = pal_mf_floats(own), .features = from->features, .shared = shared->x,
        .shared_stride = pal_mf_floats(shared), .mask = from->mask, .decay = from->decay,
        .one = model->config.d + s,
    };

    if (from->copy != NULL) {
        side.shared = from->copy + task * shared_floats(model, s);
        side.touched = from->touched + task * shared->n;
        memcpy(side.shared, shared->x, shared_floats(model, s) * sizeof *side.shared);
        memset(side.touched, 0, shared->n);
    }
    return side;
}

static void run_task(run *r, size_t step, size_t shard)
{
    const pal_mf_plan *plan = &r->plan;
    const pal_mf_config *c = &r->model->config;
    size_t stratum = (shard + step) % plan->n, bucket = stratum * plan->n + shard, round = step / plan->n;
    size_t first = plan->begin[bucket], n_pairs = plan->begin[bucket + 1] - first;
    size_t from = n_pairs * round / PAL_MF_ROUNDS, to = n_pairs * (round + 1) / PAL_MF_ROUNDS;
    pal_mf_task task = {
        .loss = c->loss, .rate = c->rate, .width = pal_mf_model_width(r->model), .liked = plan->rows,
        .people = side_of(r, 0, shard), .items = side_of(r, 1, shard), .use_values = c->use_values,
        .pair = plan->pair + first + from, .n_pairs = to - from, .item = plan->item + plan->item_begin[stratum],
        .n_items = plan->item_begin[stratum + 1] - plan->item_begin[stratum],
        .person = plan->person + plan->person_begin[shard],
        .n_people = plan->person_begin[shard + 1] - plan->person_begin[shard],
        .drawn = plan->pair + plan->begin[stratum * plan->n],
        .n_drawn = plan->begin[(stratum + 1) * plan->n] - plan->begin[stratum * plan->n],
        .met = plan->pair + first, .n_met = n_pairs, .bit = plan->bit, .bit_words = plan->bit_words,
        .pairs = c->pairs, .popular = c->popular, .tries = c->tries,
        .rank_weight = r->rank_weight, .key = r->key, .measure = r->measure,
    };

    if (round == 0) pal_mf_shuffle(plan->pair + first, n_pairs, pal_mf_draw(r->key, 2 + bucket));
    pal_mf_train(&task, r->scratch + shard * PAL_MF_SCRATCH);
    r->loss[shard] += task.loss_sum;
    r->n_steps[shard] += task.n_steps;
}

static void wait_for(run *r, size_t task)
{
    while (!atomic_load_explicit(&r->done[task], memory_order_acquire)) sched_yield();
}

/* A task may start when the two tasks of the step before that had its shard and its stratum are done. Both have lower
 * numbers, and tasks are handed out by rising number, so the lowest one under way never waits. A meeting of all threads
 * after each step cost two threads a third of what they gained. */
static pal_status run_tasks(void *ctx, size_t first, size_t last, size_t block, size_t worker, pal_error *err)
{
    run *r = ctx;
    size_t n = r->plan.n;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t i = first; i < last; i++) {
        size_t task = r->first_task + i, step = task / n, shard = task % n;

        if (step > 0) {
            wait_for(r, task - n);
            wait_for(r, (step - 1) * n + (shard + 1) % n);
        }
        run_task(r, step, shard);
        atomic_store_explicit(&r->done[task], true, memory_order_release);
    }
    return PAL_OK;
}

/* A feature becomes the mean of what the tasks that moved it made of it, in task order. A sum of their moves would
 * overshoot as often as there are tasks. */
static void merge_shared(run *r, size_t s)
{
    pal_mf_table *shared = &r->model->shared[s];
    const side_run *side = &r->side[s];
    size_t stride = pal_mf_floats(shared);

    if (side->copy == NULL) return;
    for (size_t f = 0; f < shared->n; f++) {
        float *row = shared->x + f * stride;
        size_t n = 0;

        for (size_t t = 0; t < r->plan.n; t++) n += side->touched[t * shared->n + f];
        for (size_t i = 0; n > 0 && i < stride; i++) {
            float sum = 0;

            for (size_t t = 0; t < r->plan.n; t++) {
                if (side->touched[t * shared->n + f]) sum += side->copy[(t * shared->n + f) * stride + i] - row[i];
            }
            row[i] += sum / (float)n;
        }
    }
}

static pal_status run_epoch(run *r, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool merges = r->side[0].copy != NULL || r->side[1].copy != NULL; /* after each step */
    size_t n = r->plan.n, n_tasks = PAL_MF_ROUNDS * n * n, at_once = merges ? n : n_tasks;

    if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "%s: interrupted", r->model->name);
    r->key = pal_u64(env->key, (pal_at){ WHO_EPOCH, r->model->epoch, 0 }, 0);
    memset(r->loss, 0, sizeof r->loss);
    memset(r->n_steps, 0, sizeof r->n_steps);
    pal_mf_plan_deal(&r->plan, r->key);
    for (size_t t = 0; t < n_tasks; t++) atomic_store_explicit(&r->done[t], false, memory_order_relaxed);
    for (r->first_task = 0; r->first_task < n_tasks; r->first_task += at_once) {
        PAL_TRY(pal_parallel_for(at_once, 1, env->n_threads, run_tasks, r, err));
        merge_shared(r, 0);
        merge_shared(r, 1);
    }
    r->model->epoch++;

done:
    return rc;
}

static double mean_loss(const run *r)
{
    double loss = 0;
    size_t n = 0;

    for (size_t s = 0; s < r->plan.n; s++) {
        loss += r->loss[s];
        n += r->n_steps[s];
    }
    return n > 0 ? loss / (double)n : 0;
}

/* ---- what serves ------------------------------------------------------------------------------------------ */

/* Sums of identity and features, for a side that has more than rows of its own. */
static pal_status sum_side(pal_mf *model, const pal_csr *features, size_t s, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = s == 0 ? model->n_rows : model->n_cols, width = pal_mf_model_width(model);
    const pal_mf_side side = {
        .own = model->own[s].x, .stride = pal_mf_floats(&model->own[s]), .features = features,
        .shared = model->shared[s].x, .shared_stride = pal_mf_floats(&model->shared[s]),
        .one = model->config.d + s,
    };

    pal_free(model->sum[s]);
    model->sum[s] = NULL;
    if (features == NULL) return PAL_OK;
    PAL_NEW(model->sum[s], n * width);
    for (size_t r = 0; r < n; r++) pal_mf_represent(model->sum[s] + r * width, &side, r, width);

done:
    return rc;
}

pal_status pal_mf_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_mf *model = self;
    run r = { .measure = env->progress != NULL };

    PAL_TRY(check_data(model, data, err));
    PAL_TRY(grow(model, data, env->key, err));
    PAL_TRY(begin(&r, model, data, err));
    for (size_t e = 0; e < model->config.epochs; e++) {
        PAL_TRY(run_epoch(&r, env, err));
        if (env->progress != NULL) env->progress(env->ctx, e + 1, model->config.epochs, mean_loss(&r));
    }
    for (size_t s = 0; s < 2; s++) {
        if (!pal_mf_table_is_finite(&model->own[s]) || !pal_mf_table_is_finite(&model->shared[s])) {
            PAL_FAIL(PAL_ERR_CONVERGE, "%s: factors grew beyond all bounds; try a learning_rate below %g",
                     model->name, (double)model->config.rate.rate);
        }
        PAL_TRY(sum_side(model, r.side[s].features, s, err));
    }
    PAL_TRY(pal_mf_finish(model, err));

done:
    end(&r);
    return rc;
}

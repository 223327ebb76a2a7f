/* Epochs, and the judgement that ends them. */
#include "models/neural_fit.h"

#include "core/dist.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/stop.h"
#include "core/threads.h"
#include "models/neural_feed.h"

#include <math.h>
#include <string.h>

#define WHO_HELD 32    /* counter words of the keys; the nets' own are names */
#define WHO_SHUFFLE 33
#define WHO_JUDGED 34
#define MOST_JUDGED 1000
#define JUDGE_BLOCK 8
#define ROW_BLOCK 64

/* ---- data ------------------------------------------------------------------------------------------------- */

static pal_status split(pal_neural_data *d, double valid, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *rows = d->all->rows;
    pal_csr_cell *cell[2] = { NULL, NULL };
    size_t n[2] = { 0, 0 };

    PAL_NEW(cell[0], rows->n);
    PAL_NEW(cell[1], rows->n);
    for (size_t u = 0; u < rows->n_rows; u++) {
        size_t left = pal_csr_count(rows, u);

        for (size_t c = rows->begin[u]; c < rows->begin[u + 1]; c++) {
            bool held = left > 1 && pal_u01(key, (pal_at){ WHO_HELD, u, rows->col[c] }, 0) < valid;

            cell[held][n[held]++] = (pal_csr_cell){ (uint32_t)u, rows->col[c], rows->value[c] };
            left -= held;
        }
    }
    PAL_TRY(pal_csr_new(&d->kept, rows->n_rows, rows->n_cols, cell[0], n[0], PAL_TWICE_LAST, err));
    PAL_TRY(pal_csr_new(&d->held, rows->n_rows, rows->n_cols, cell[1], n[1], PAL_TWICE_LAST, err));

done:
    pal_free(cell[0]);
    pal_free(cell[1]);
    return rc;
}

static pal_status recent_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neural_data *d = ctx;
    const pal_csr *rows = d->rows, *all = d->all->rows;
    int64_t *time = NULL;

    (void)block;
    (void)worker;
    for (size_t u = begin; u < end; u++) {
        size_t at = rows->begin[u], n = pal_csr_count(rows, u);

        pal_free(time);
        time = NULL;
        if (d->all->time != NULL) {
            PAL_NEW(time, n);
            for (size_t c = 0; c < n; c++) time[c] = d->all->time[pal_csr_find(all, u, rows->col[at + c])];
        }
        for (size_t c = at; c < at + n; c++) d->person[c] = (uint32_t)u;
        PAL_TRY(pal_feed_recent(d->recent + at, rows->col + at, time, n, err));
    }

done:
    pal_free(time);
    return rc;
}

pal_status pal_neural_data_init(pal_neural_data *out, const pal_rec_data *all, const pal_neural_config *config,
                                pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;

    *out = (pal_neural_data){ .all = all, .rows = all->rows };
    if (config->patience > 0 && config->valid > 0) {
        PAL_TRY(split(out, config->valid, key, err));
        out->rows = out->kept;
    }
    PAL_NEW(out->person, out->rows->n);
    PAL_NEW(out->recent, out->rows->n);
    PAL_TRY(pal_parallel_for(out->rows->n_rows, ROW_BLOCK, 1, recent_rows, out, err));

done:
    return rc;
}

void pal_neural_data_clear(pal_neural_data *data)
{
    pal_csr_free(data->kept);
    pal_csr_free(data->held);
    pal_free(data->person);
    pal_free(data->recent);
    *data = (pal_neural_data){ 0 };
}

/* ---- judging ---------------------------------------------------------------------------------------------- */

typedef struct judge {
    const pal_neural_data *data;
    const pal_neural_task *task;
    uint32_t *person;   /* n: who is judged by */
    size_t n;
    float *score;       /* items a worker      */
    double *gain;       /* n                   */
} judge;

static pal_status choose_judged(judge *j, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *held = j->data->held;
    size_t n_with = 0;

    PAL_NEW(j->person, held->n_rows);
    PAL_NEW(j->gain, held->n_rows);
    for (size_t u = 0; u < held->n_rows; u++) n_with += pal_csr_count(held, u) > 0;
    for (size_t u = 0; u < held->n_rows && j->n < MOST_JUDGED; u++) {
        double share = n_with > MOST_JUDGED ? (double)MOST_JUDGED / (double)n_with : 1;

        if (pal_csr_count(held, u) > 0 && pal_u01(key, (pal_at){ WHO_JUDGED, u, 0 }, 0) < share) {
            j->person[j->n++] = (uint32_t)u;
        }
    }

done:
    return rc;
}

/* Sum over the held items of 1 / log2(1 + rank). Equal scores: the lower item first. */
static double gain_of(float *score, const pal_neural_data *d, uint32_t u)
{
    const pal_csr *held = d->held, *rows = d->rows;
    double gain = 0;

    for (size_t c = rows->begin[u]; c < rows->begin[u + 1]; c++) score[rows->col[c]] = -INFINITY;
    for (size_t c = held->begin[u]; c < held->begin[u + 1]; c++) {
        uint32_t own = held->col[c];
        size_t rank = 1;

        for (size_t i = 0; i < rows->n_cols; i++) rank += score[i] > score[own] || (score[i] == score[own] && i < own);
        gain += 1 / pal_log2(1 + (double)rank);
    }
    return gain;
}

static pal_status judge_people(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    judge *j = ctx;
    float *score = j->score + worker * j->data->rows->n_cols;

    (void)block;
    for (size_t p = begin; p < end; p++) {
        PAL_TRY(j->task->score(j->task->ctx, j->person[p], worker, score, err));
        j->gain[p] = gain_of(score, j->data, j->person[p]);
    }

done:
    return rc;
}

static pal_status judge_net(double *value, judge *j, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    double sum = 0;
    size_t n = 0;

    PAL_TRY(j->task->ready(j->task->ctx, err));
    PAL_TRY(pal_parallel_for(j->n, JUDGE_BLOCK, n_threads, judge_people, j, err));
    for (size_t p = 0; p < j->n; p++) {
        sum += j->gain[p];
        n += pal_csr_count(j->data->held, j->person[p]);
    }
    *value = n > 0 ? sum / (double)n : 0;

done:
    return rc;
}

/* ---- epochs ----------------------------------------------------------------------------------------------- */

static pal_status run_epoch(uint32_t *order, double *mean, const pal_neural_data *d, const pal_neural_config *config,
                            const pal_neural_task *task, uint64_t epoch, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = d->rows->n, n_steps = 0;
    uint64_t draw = 0;
    double loss = 0;

    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    pal_draw_shuffle(order, n, key, (pal_at){ WHO_SHUFFLE, epoch, 0 }, &draw);
    if (task->begin != NULL) PAL_TRY(task->begin(task->ctx, epoch, err));
    for (size_t from = 0; from < n; from += config->batch) {
        size_t size = n - from < config->batch ? n - from : config->batch;

        if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "%s: interrupted", task->name);
        PAL_TRY(task->step(task->ctx, order + from, size, epoch, &loss, err));
        n_steps++;
    }
    *mean = loss / (double)n_steps;
    if (!isfinite(*mean)) {
        PAL_FAIL(PAL_ERR_CONVERGE, "%s: the loss of epoch %ju is not finite: a smaller learning_rate may help",
                 task->name,
                 (uintmax_t)epoch);
    }

done:
    return rc;
}

pal_status pal_neural_fit(pal_net *net, uint64_t *epoch, const pal_neural_data *d, const pal_neural_config *config,
                          const pal_neural_task *task, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    judge j = { .data = d, .task = task };
    uint32_t *order = NULL;
    float *best = NULL;
    double best_value = -1, value = 0, loss = 0;
    size_t waited = 0;

    PAL_NEW(order, d->rows->n);
    if (d->held != NULL && d->held->n > 0) {
        PAL_NEW(best, pal_net_size(net));
        PAL_NEW(j.score, env->n_threads * d->rows->n_cols);
        PAL_TRY(choose_judged(&j, env->key, err));
    }
    for (size_t e = 0; e < config->epochs; e++) {
        PAL_TRY(run_epoch(order, &loss, d, config, task, *epoch, env->key, err));
        ++*epoch;
        if (env->progress != NULL) env->progress(env->ctx, e + 1, config->epochs, loss);
        if (best == NULL) continue;
        PAL_TRY(judge_net(&value, &j, env->n_threads, err));
        if (value > best_value) {
            best_value = value;
            waited = 0;
            pal_net_copy_out(best, net);
        } else if (++waited >= config->patience) {
            break;
        }
    }
    if (best != NULL && best_value >= 0) pal_net_copy_in(net, best);

done:
    pal_free(order);
    pal_free(best);
    pal_free(j.person);
    pal_free(j.gain);
    pal_free(j.score);
    return rc;
}

/* ---- moments ---------------------------------------------------------------------------------------------- */

pal_status pal_neural_moments_keep(pal_tensors **out, const pal_net_trainer *trainer, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *kept = NULL;

    PAL_TRY(pal_tensors_new(&kept, err));
    PAL_TRY(pal_net_trainer_save(trainer, kept, "", err));
    pal_tensors_free(*out);
    *out = kept;
    kept = NULL;

done:
    pal_tensors_free(kept);
    return rc;
}

static const char *const moment_name[] = { "adam.dense.m", "adam.dense.v", "adam.table.m", "adam.table.v" };
enum { N_MOMENTS = sizeof moment_name / sizeof *moment_name };

pal_status pal_neural_moments_copy(pal_tensors *to, const pal_tensors *from, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    uint64_t n;

    PAL_TRY(pal_tensors_get(&data, NULL, from, "adam.step", PAL_U64, 0, err));
    PAL_TRY(pal_tensors_put(to, "adam.step", PAL_U64, 0, NULL, data, err));
    for (size_t i = 0; i < N_MOMENTS; i++) {
        PAL_TRY(pal_tensors_get(&data, &n, from, moment_name[i], PAL_F32, 1, err));
        PAL_TRY(pal_tensors_put(to, moment_name[i], PAL_F32, 1, &n, data, err));
    }

done:
    return rc;
}

uint64_t pal_neural_moments_digest(const pal_tensors *moments)
{
    uint64_t digest = 0, n;
    const void *data;

    for (size_t i = 0; i < N_MOMENTS; i++) {
        if (pal_tensors_get(&data, &n, moments, moment_name[i], PAL_F32, 1, NULL) != PAL_OK) continue;
        digest = pal_hash_mix(digest, pal_hash(data, (size_t)n * sizeof(float)));
    }
    return digest;
}

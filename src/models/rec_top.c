/*
 * The best items of many people. A block of people is scored at once, each row is looked through once with a heap of
 * k, and the scores are thrown away: memory is that of one block a thread, whatever the numbers of people and items.
 */
#include "models/recommender.h"

#include "core/mem.h"
#include "core/threads.h"
#include "core/vector.h"
#include "models/best.h"

#include <math.h>

#define BLOCK_SCORES ((size_t)1 << 20) /* 4 MiB a thread, as long as that makes at least FEWEST people */
#define FEWEST 8
#define MOST 256

typedef struct top_job {
    uint32_t *item;
    float *score;
    const pal_rec_type *type;
    const void *self;
    const pal_rec_query *query;
    size_t n_items, k, block;
    const pal_csr *seen;
    const uint64_t *allowed;
    float **scores;      /* n_threads: block x n_items */
    pal_arena **scratch; /* n_threads                  */
} top_job;

/* The k best entries of x above -infinity, best first; the rest of the row is filled up. */
static void select_best(float *score, uint32_t *item, size_t k, const float *x, size_t n)
{
    pal_best best = { score, item, k, 0 };
    size_t i = 0;

    for (; i < n && best.n < k; i++) {
        if (x[i] > -HUGE_VALF) pal_best_offer(&best, x[i], (uint32_t)i);
    }
    for (; i < n; i++) { /* a later item with an equal score is worse: strictly above is enough */
        if (x[i] > score[0]) pal_best_sink(score, item, k, x[i], (uint32_t)i);
    }
    pal_best_sort(&best);
    for (i = best.n; i < k; i++) {
        item[i] = UINT32_MAX;
        score[i] = 0;
    }
}

/* 0 when all are finite, else NaN. */
PAL_VECTOR static float finite_sum(const float *x, size_t n)
{
    float lane[16] = { 0 }, sum = 0;
    size_t i = 0;

    for (; n - i >= 16; i += 16) {
        for (size_t l = 0; l < 16; l++) lane[l] += x[i + l] - x[i + l];
    }
    for (; i < n; i++) lane[0] += x[i] - x[i];
    for (size_t l = 0; l < 16; l++) sum += lane[l];
    return sum;
}

static void leave_out(float *x, const top_job *job, const pal_rec_query *query)
{
    const pal_csr *seen = job->seen;

    if (seen != NULL && query->row == PAL_REC_NEW) {
        for (size_t i = 0; i < query->n; i++) x[query->item[i]] = -HUGE_VALF;
    } else if (seen != NULL && query->row < seen->n_rows) {
        for (size_t i = seen->begin[query->row]; i < seen->begin[query->row + 1]; i++) x[seen->col[i]] = -HUGE_VALF;
    }
    for (size_t i = 0; job->allowed != NULL && i < job->n_items; i++) {
        if ((job->allowed[i / 64] >> (i % 64) & 1) == 0) x[i] = -HUGE_VALF;
    }
}

static pal_status serve_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const top_job *job = ctx;
    pal_arena *scratch = job->scratch[worker];
    pal_arena_mark mark = pal_arena_here(scratch);
    float *scores = job->scores[worker];

    (void)block;
    PAL_TRY(job->type->score(job->self, job->query + begin, end - begin, scores, scratch, err));
    for (size_t q = begin; q < end; q++) {
        float *x = scores + (q - begin) * job->n_items;

        if (finite_sum(x, job->n_items) != 0) {
            PAL_FAIL(PAL_ERR_CONVERGE, "%s: a score of query %zu is not finite: the model has diverged",
                     job->type->name, q);
        }
        leave_out(x, job, &job->query[q]);
        select_best(job->score + q * job->k, job->item + q * job->k, job->k, x, job->n_items);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static size_t people_at_once(size_t n_items)
{
    size_t fit = BLOCK_SCORES / (n_items == 0 ? 1 : n_items);

    return fit < FEWEST ? FEWEST : fit > MOST ? MOST : fit;
}

pal_status pal_rec_top(uint32_t *item, float *score, const pal_rec_type *type, const void *self,
    const pal_rec_query *query, size_t n, size_t k, const pal_csr *seen, const uint64_t *allowed, size_t n_threads,
    pal_error *err)
{
    pal_status rc = PAL_OK;
    top_job job = { .item = item, .score = score, .type = type, .self = self, .query = query, .k = k, .seen = seen,
                    .allowed = allowed };
    size_t n_rows = 0, workers;

    if (n == 0 || k == 0) return PAL_OK;
    type->shape(self, &n_rows, &job.n_items);
    PAL_ASSERT(seen == NULL || seen->n_cols <= job.n_items);
    job.block = people_at_once(job.n_items);
    workers = n_threads < pal_blocks(n, job.block) ? n_threads : pal_blocks(n, job.block);
    PAL_NEW(job.scores, workers);
    PAL_NEW(job.scratch, workers);
    for (size_t w = 0; w < workers; w++) {
        PAL_NEW(job.scores[w], (n < job.block ? n : job.block) * job.n_items);
        PAL_TRY(pal_arena_new(&job.scratch[w], (size_t)1 << 16, err));
    }
    PAL_TRY(pal_parallel_for(n, job.block, workers, serve_block, &job, err));

done:
    for (size_t w = 0; w < workers; w++) {
        if (job.scores != NULL) pal_free(job.scores[w]);
        if (job.scratch != NULL) pal_arena_free(job.scratch[w]);
    }
    pal_free(job.scores);
    pal_free(job.scratch);
    return rc;
}

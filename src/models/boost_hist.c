/* Sums of gradients by bin. */
#include "core/threads.h"
#include "models/boost_grow.h"

#include <string.h>

/* Updates below which threads cost more than they give. */
#define WORTH_THREADS ((size_t)1 << 19)

typedef struct build_job {
    pal_boost_sum *hist;
    const pal_boost_bins *bins;
    const uint32_t *active;
    const uint8_t *by_row;
    const pal_boost_sum *row_sum;
    const uint32_t *rows;
    size_t m;
} build_job;

/* Up to eight features a sweep: their histograms stay in the first-level cache and their addresses in registers. */
#define SWEEP 8

static inline void sweep(const build_job *job, const uint32_t *feature, size_t n_features)
{
    pal_boost_sum *at[SWEEP] = { 0 };
    size_t column[SWEEP] = { 0 };
    size_t d = job->bins->d;

    for (size_t a = 0; a < n_features; a++) {
        const pal_boost_feature *f = &job->bins->feature[feature[a]];

        at[a] = job->hist + f->first;
        column[a] = feature[a];
        memset(at[a], 0, pal_boost_feature_bins(f) * sizeof *at[a]);
    }
    for (size_t i = 0; i < job->m; i++) {
        size_t row = job->rows == NULL ? i : job->rows[i];
        const uint8_t *bin = job->by_row + row * d;
        pal_boost_sum s = job->row_sum[row];

        for (size_t a = 0; a < n_features; a++) {
            at[a][bin[column[a]]] += s;
        }
    }
}

static pal_status build_features(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const build_job *job = ctx;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t a = begin; a < end; a += SWEEP) {
        size_t n = end - a < SWEEP ? end - a : SWEEP;

        switch (n) { /* a constant count lets the compiler unroll */
        case 8: sweep(job, job->active + a, 8); break;
        case 5: sweep(job, job->active + a, 5); break;
        case 4: sweep(job, job->active + a, 4); break;
        default: sweep(job, job->active + a, n); break;
        }
    }
    return PAL_OK;
}

pal_status pal_boost_hist_build(pal_boost_sum *hist, const pal_boost_bins *bins, const uint32_t *active,
                                size_t n_active, const uint8_t *by_row, const pal_boost_sum *row_sum,
                                const uint32_t *rows, size_t m, size_t n_threads, pal_error *err)
{
    build_job job = { hist, bins, active, by_row, row_sum, rows, m };
    size_t block = 1 + (n_active - 1) / 2;

    if (n_threads < 2 || m * n_active < WORTH_THREADS) {
        return build_features(&job, 0, n_active, 0, 0, err);
    }
    /* features, not rows, are divided: nothing is left to merge */
    block = block > 4 ? 4 : block;
    return pal_parallel_for(n_active, block, n_threads, build_features, &job, err);
}

void pal_boost_hist_subtract(pal_boost_sum *parent, const pal_boost_sum *child, size_t total)
{
    for (size_t b = 0; b < total; b++) {
        parent[b] -= child[b];
    }
}

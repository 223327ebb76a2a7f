/* Sums of gradients by bin. */
#include "core/threads.h"
#include "models/boost_grow.h"

#include <string.h>

/* Updates below which threads cost more than they give. */
#define WORTH_THREADS ((size_t)1 << 19)

typedef struct build_job {
    pal_boost_hist *hist;
    const pal_boost_bins *bins;
    const uint32_t *active;
    const uint8_t *by_row;
    const pal_boost_sum *row_sum;
    const uint32_t *rows;
    size_t m;
} build_job;

void pal_boost_hist_list_all(pal_boost_hist *hist, const pal_boost_bins *bins)
{
    for (size_t j = 0; j < bins->d; j++) {
        const pal_boost_feature *f = &bins->feature[j];

        hist->n[j] = (uint16_t)f->n_values;
        for (size_t b = 0; b < f->n_values; b++) {
            hist->bin[f->first + b] = (uint8_t)b;
        }
    }
}

void pal_boost_hist_list_as(pal_boost_hist *hist, const pal_boost_hist *parent, const pal_boost_bins *bins,
                            const uint32_t *active, size_t n_active)
{
    for (size_t a = 0; a < n_active; a++) {
        size_t first = bins->feature[active[a]].first;

        hist->n[active[a]] = parent->n[active[a]];
        memcpy(hist->bin + first, parent->bin + first, parent->n[active[a]]);
    }
}

/* Only listed bins need clearing, but clearing all in one go is faster while a third is listed. */
static void clear(pal_boost_hist *hist, const pal_boost_feature *f, size_t j)
{
    pal_boost_sum *sum = hist->sum + f->first;
    const uint8_t *bin = hist->bin + f->first;

    if (3 * (size_t)hist->n[j] >= f->n_values) {
        memset(sum, 0, pal_boost_feature_bins(f) * sizeof *sum);
        return;
    }
    for (size_t i = 0; i < hist->n[j]; i++) {
        sum[bin[i]] = (pal_boost_sum){ 0, 0 };
    }
    if (f->missing) {
        sum[f->n_values] = (pal_boost_sum){ 0, 0 };
    }
}

/* So many features at a time: their addresses stay at hand, and a row's sums are loaded once for all. */
#define SWEEP 10
/* Rows of a leaf lie scattered in a large table: they are called for so many rows before their turn. */
#define AHEAD 24

static inline void sweep(const build_job *job, const uint32_t *feature, size_t n_features)
{
    pal_boost_sum *at[SWEEP] = { 0 };
    size_t column[SWEEP] = { 0 };
    size_t d = job->bins->d;

    for (size_t a = 0; a < n_features; a++) {
        const pal_boost_feature *f = &job->bins->feature[feature[a]];

        at[a] = job->hist->sum + f->first;
        column[a] = feature[a];
        clear(job->hist, f, feature[a]);
    }
    if (job->rows == NULL) {
        for (size_t i = 0; i < job->m; i++) {
            const uint8_t *bin = job->by_row + i * d;
            pal_boost_sum s = job->row_sum[i];

            for (size_t a = 0; a < n_features; a++) {
                at[a][bin[column[a]]] += s;
            }
        }
        return;
    }
    for (size_t i = 0; i < job->m; i++) {
        size_t row = job->rows[i], later = job->rows[i + AHEAD < job->m ? i + AHEAD : i];
        const uint8_t *bin = job->by_row + row * d;
        pal_boost_sum s = job->row_sum[row];

        __builtin_prefetch(&job->row_sum[later]);
        __builtin_prefetch(job->by_row + later * d);
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
        const uint32_t *feature = job->active + a;
        size_t n = end - a < SWEEP ? end - a : SWEEP;

        switch (n) { /* a constant count lets the compiler unroll */
        case 10: sweep(job, feature, 10); break;
        case 9: sweep(job, feature, 9); break;
        case 8: sweep(job, feature, 8); break;
        case 7: sweep(job, feature, 7); break;
        case 6: sweep(job, feature, 6); break;
        case 5: sweep(job, feature, 5); break;
        case 4: sweep(job, feature, 4); break;
        default: sweep(job, feature, n); break;
        }
    }
    return PAL_OK;
}

pal_status pal_boost_hist_build(pal_boost_hist *hist, const pal_boost_bins *bins, const uint32_t *active,
                                size_t n_active, const uint8_t *by_row, const pal_boost_sum *row_sum,
                                const uint32_t *rows, size_t m, size_t n_threads, pal_error *err)
{
    build_job job = { hist, bins, active, by_row, row_sum, rows, m };
    size_t block = 1 + (n_active - 1) / 2;

    if (n_threads < 2 || m * n_active < WORTH_THREADS) {
        return build_features(&job, 0, n_active, 0, 0, err);
    }
    /* features, not rows, are divided: nothing is left to merge */
    block = block > SWEEP ? SWEEP : block;
    return pal_parallel_for(n_active, block, n_threads, build_features, &job, err);
}

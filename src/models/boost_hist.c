/* Sums of gradients by bin. */
#include "core/threads.h"
#include "core/vector.h"
#include "models/boost_grow.h"

#include <string.h>

/* Rows that a worker takes at a time. */
#define BLOCK ((size_t)1 << 12)

typedef struct build_job {
    pal_boost_sum *sum, *partial;
    const pal_boost_bins *bins;
    const uint32_t *active;
    size_t n_active;
    const uint16_t *slots;
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

/* Slots count from the first bin of so many features: 16 bits are enough. */
#define GROUP ((size_t)64)

static inline pal_boost_sum *group_base(const build_job *job, size_t feature)
{
    return job->sum + job->bins->feature[feature / GROUP * GROUP].first;
}

/* So many features at a time: their addresses stay at hand, and a row's sums are loaded once for all. */
#define SWEEP 10
/* Rows of a leaf lie scattered in a large table: they are called for so many rows before their turn. */
#define AHEAD 24

/* `beside`: neighbours of one group, so that columns and tables are known to the compiler and need no registers. */
static inline void sweep_some(const build_job *job, const uint32_t *feature, size_t n_features, bool beside)
{
    pal_boost_sum *at[SWEEP] = { 0 }, *base = group_base(job, feature[0]);
    size_t column[SWEEP] = { 0 };
    const size_t d = job->bins->d;
    const uint16_t *slots = job->slots + (beside ? feature[0] : 0);

    for (size_t a = 0; a < n_features; a++) {
        at[a] = group_base(job, feature[a]);
        column[a] = feature[a];
    }
    if (job->rows == NULL) {
        for (size_t i = 0; i < job->m; i++) {
            const uint16_t *slot = slots + i * d;
            pal_boost_sum s = job->row_sum[i];

            for (size_t a = 0; a < n_features; a++) {
                (beside ? base : at[a])[slot[beside ? a : column[a]]] += s;
            }
        }
        return;
    }
    for (size_t i = 0; i < job->m; i++) {
        size_t row = job->rows[i], later = job->rows[i + AHEAD < job->m ? i + AHEAD : i];
        const uint16_t *slot = slots + row * d;
        pal_boost_sum s = job->row_sum[row];

        __builtin_prefetch(&job->row_sum[later]);
        __builtin_prefetch(slots + later * d);
        for (size_t a = 0; a < n_features; a++) {
            (beside ? base : at[a])[slot[beside ? a : column[a]]] += s;
        }
    }
}

PAL_VECTOR static void sweep(const build_job *job, const uint32_t *feature, size_t n)
{
    bool beside = feature[n - 1] - feature[0] == n - 1
        && group_base(job, feature[0]) == group_base(job, feature[n - 1]);

    if (!beside) {
        switch (n) { /* a constant count lets the compiler unroll */
        case 9: sweep_some(job, feature, 9, false); break;
        case 8: sweep_some(job, feature, 8, false); break;
        case 7: sweep_some(job, feature, 7, false); break;
        case 6: sweep_some(job, feature, 6, false); break;
        default: sweep_some(job, feature, n, false); break;
        }
        return;
    }
    switch (n) {
    case 10: sweep_some(job, feature, 10, true); break;
    case 9: sweep_some(job, feature, 9, true); break;
    case 8: sweep_some(job, feature, 8, true); break;
    case 7: sweep_some(job, feature, 7, true); break;
    case 6: sweep_some(job, feature, 6, true); break;
    case 5: sweep_some(job, feature, 5, true); break;
    case 4: sweep_some(job, feature, 4, true); break;
    default: sweep_some(job, feature, n, true); break;
    }
}

static void sweep_all(const build_job *job)
{
    for (size_t a = 0; a < job->n_active; a += SWEEP) {
        sweep(job, job->active + a, job->n_active - a < SWEEP ? job->n_active - a : SWEEP);
    }
}

/* Each worker sums into a table of its own: sums of integers are the same whoever adds what, and in whatever order. */
static pal_status sweep_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    build_job job = *(const build_job *)ctx;

    (void)block;
    (void)err;
    if (worker > 0) {
        job.sum = job.partial + (worker - 1) * job.bins->total;
    }
    if (job.rows != NULL) {
        job.rows += begin;
    } else {
        job.row_sum += begin;
        job.slots += begin * job.bins->d;
    }
    job.m = end - begin;
    sweep_all(&job);
    return PAL_OK;
}

void pal_boost_slots(uint16_t *slot, const uint8_t *by_row, const pal_boost_bins *bins, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < bins->d; j++) {
            slot[i * bins->d + j] = (uint16_t)(bins->feature[j].first - bins->feature[j / GROUP * GROUP].first
                                               + by_row[i * bins->d + j]);
        }
    }
}

pal_status pal_boost_hist_build(pal_boost_hist *hist, pal_boost_sum *partial, const pal_boost_bins *bins,
                                const uint32_t *active, size_t n_active, const uint16_t *slots,
                                const pal_boost_sum *row_sum, const uint32_t *rows, size_t m, size_t n_threads,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    build_job job = { hist->sum, partial, bins, active, n_active, slots, row_sum, rows, m };

    for (size_t a = 0; a < n_active; a++) {
        clear(hist, &bins->feature[active[a]], active[a]);
    }
    if (n_threads < 2 || partial == NULL || m < PAL_BOOST_WORTH_THREADS) {
        sweep_all(&job);
        goto done;
    }
    memset(partial, 0, (n_threads - 1) * bins->total * sizeof *partial);
    PAL_TRY(pal_parallel_for(m, BLOCK, n_threads, sweep_block, &job, err));
    for (size_t w = 0; w + 1 < n_threads; w++) {
        for (size_t b = 0; b < bins->total; b++) {
            hist->sum[b] += partial[w * bins->total + b];
        }
    }

done:
    return rc;
}

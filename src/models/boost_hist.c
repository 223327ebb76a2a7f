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
    const uint8_t *by_row;
    const uint16_t *slots; /* or NULL */
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

typedef enum way { /* how sums are found; each way is compiled for itself */
    BY_BIN,   /* a byte a bin, and each feature's own table                                          */
    BY_SLOT,  /* two bytes, and one table for a group of features                                    */
    BESIDE    /* the same for neighbours of one group: the compiler knows columns and table, and
                 registers are left                                                                  */
} way;

static inline void add_row(pal_boost_sum *const at[SWEEP], const size_t column[SWEEP], size_t n_features,
                           const uint8_t *bin, const uint16_t *slot, pal_boost_sum s, way how)
{
    for (size_t a = 0; a < n_features; a++) {
        at[how == BESIDE ? 0 : a][how == BY_BIN ? bin[column[a]] : slot[how == BESIDE ? a : column[a]]] += s;
    }
}

static inline void sweep_some(const build_job *job, const uint32_t *feature, size_t n_features, way how)
{
    pal_boost_sum *at[SWEEP] = { 0 };
    size_t column[SWEEP] = { 0 };
    const size_t d = job->bins->d;
    const uint8_t *bins = job->by_row;
    const uint16_t *slots = how == BESIDE ? job->slots + feature[0] : job->slots;

    for (size_t a = 0; a < n_features; a++) {
        at[a] = how == BY_BIN ? job->sum + job->bins->feature[feature[a]].first : group_base(job, feature[a]);
        column[a] = feature[a];
    }
    if (job->rows == NULL) {
        for (size_t i = 0; i < job->m; i++) {
            add_row(at, column, n_features, bins + i * d, how == BY_BIN ? NULL : slots + i * d, job->row_sum[i], how);
        }
        return;
    }
    for (size_t i = 0; i < job->m; i++) {
        size_t row = job->rows[i], later = job->rows[i + AHEAD < job->m ? i + AHEAD : i];

        __builtin_prefetch(&job->row_sum[later]);
        __builtin_prefetch(how == BY_BIN ? (const void *)(bins + later * d) : (const void *)(slots + later * d));
        add_row(at, column, n_features, bins + row * d, how == BY_BIN ? NULL : slots + row * d, job->row_sum[row], how);
    }
}

/* A constant count lets the compiler unroll. */
static inline void sweep_unrolled(const build_job *job, const uint32_t *feature, size_t n, way how)
{
    switch (n) {
    case 10: sweep_some(job, feature, 10, how); break;
    case 9: sweep_some(job, feature, 9, how); break;
    case 8: sweep_some(job, feature, 8, how); break;
    case 7: sweep_some(job, feature, 7, how); break;
    case 6: sweep_some(job, feature, 6, how); break;
    case 5: sweep_some(job, feature, 5, how); break;
    case 4: sweep_some(job, feature, 4, how); break;
    default: sweep_some(job, feature, n, how); break;
    }
}

PAL_VECTOR static void sweep(const build_job *job, const uint32_t *feature, size_t n)
{
    if (job->slots == NULL) {
        sweep_unrolled(job, feature, n, BY_BIN);
    } else if (feature[n - 1] - feature[0] == n - 1 && feature[0] / GROUP == feature[n - 1] / GROUP) {
        sweep_unrolled(job, feature, n, BESIDE);
    } else {
        sweep_unrolled(job, feature, n, BY_SLOT);
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
        job.by_row += begin * job.bins->d;
        job.slots += job.slots != NULL ? begin * job.bins->d : 0;
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
                                const uint32_t *active, size_t n_active, const uint8_t *by_row,
                                const uint16_t *slots, const pal_boost_sum *row_sum, const uint32_t *rows, size_t m,
                                size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    build_job job = { hist->sum, partial, bins, active, n_active, by_row, slots, row_sum, rows, m };

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

/* Bootstrap over people of coverage and Gini: the exposure is counted anew in each resample. */
#include "metrics/diversity.h"

#include "core/mem.h"
#include "core/sum.h"
#include "core/threads.h"
#include "metrics/rank_order.h"

#include <math.h>
#include <string.h>

#define RESAMPLES_A_BLOCK 8

typedef struct spread_job {
    const pal_boot *boot;
    const pal_exposure *exposure;
    double *coverage, *gini; /* a draw a resample */
} spread_job;

static pal_status check_exposure(const pal_exposure *e, size_t n_people, pal_error *err)
{
    if (e->n_items == 0) {
        return pal_error_set(err, PAL_ERR_SHAPE, "exposure: a catalog of 0 items");
    }
    for (size_t u = 0; u < n_people; u++) {
        for (size_t r = e->start[u]; r < e->start[u + 1]; r++) {
            if (e->items[r] >= e->n_items) {
                return pal_error_set(err, PAL_ERR_DATA, "exposure: person %zu, row %zu: item %u, wanted below %zu",
                                     u, r, (unsigned)e->items[r], e->n_items);
            }
        }
    }
    return PAL_OK;
}

/* count (zeroed) of each item when person u counts times[u] times; NULL = once. */
static void count_items(uint32_t *count, const pal_exposure *e, const uint8_t *times, size_t n_people)
{
    for (size_t u = 0; u < n_people; u++) {
        uint32_t w = times == NULL ? 1 : times[u];

        if (w == 0) {
            continue;
        }
        for (size_t r = e->start[u]; r < e->start[u + 1]; r++) {
            count[e->items[r]] += w;
        }
    }
}

/* Both statistics of one resample; count has 2 n_items entries. */
static void measure(double *coverage, double *gini, uint32_t *count, const pal_exposure *e, const uint8_t *times,
                    size_t n_people)
{
    memset(count, 0, e->n_items * sizeof *count);
    count_items(count, e, times, n_people);
    *coverage = pal_coverage(count, e->n_items);
    pal_sort_counts(count, count + e->n_items, e->n_items);
    *gini = pal_gini_sorted(count, e->n_items);
}

static pal_status spread_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const spread_job *job = ctx;
    uint32_t *count = NULL;

    (void)block, (void)worker;
    PAL_NEW(count, 2 * job->exposure->n_items);
    for (size_t b = begin; b < end; b++) {
        measure(&job->coverage[b], &job->gini[b], count, job->exposure, pal_boot_row(job->boot, b),
                pal_boot_people(job->boot));
    }

done:
    pal_free(count);
    return rc;
}

/* Draws and values of one arm. */
static pal_status spread_draws(double *coverage, double *gini, double value[2], const pal_boot *boot,
                               const pal_exposure *e, size_t n_resamples, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    spread_job job = { boot, e, coverage, gini };
    uint32_t *count = NULL;

    PAL_TRY(check_exposure(e, pal_boot_people(boot), err));
    PAL_NEW(count, 2 * e->n_items);
    measure(&value[0], &value[1], count, e, NULL, pal_boot_people(boot));
    PAL_TRY(pal_parallel_for(n_resamples, RESAMPLES_A_BLOCK, n_threads, spread_block, &job, err));

done:
    pal_free(count);
    return rc;
}

/* Percentile interval after the draws are moved to have the value as their mean. */
static pal_interval centred(double *draws, size_t n, double level, double value, size_t people)
{
    pal_acc sum = { 0 };
    size_t defined = 0;
    double move;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(draws[i])) {
            pal_acc_add(&sum, draws[i]);
            defined++;
        }
    }
    move = defined > 0 ? value - pal_acc_value(&sum) / (double)defined : 0;
    for (size_t i = 0; i < n; i++) {
        draws[i] += move;
    }
    return pal_boot_interval(draws, n, level, value, people);
}

static size_t resamples_used(const pal_boot *boot, size_t wanted)
{
    size_t most = pal_boot_resamples(boot);

    wanted = wanted == 0 ? PAL_SPREAD_RESAMPLES : wanted;
    return wanted < most ? wanted : most;
}

static size_t people_shown(const pal_exposure *a, const pal_exposure *b, size_t n_people)
{
    size_t n = 0;

    for (size_t u = 0; u < n_people; u++) {
        n += a->start[u] < a->start[u + 1] || (b != NULL && b->start[u] < b->start[u + 1]);
    }
    return n;
}

pal_status pal_boot_spread(pal_interval *coverage, pal_interval *gini, const pal_boot *boot,
                           const pal_exposure *exposure, size_t n_resamples, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = resamples_used(boot, n_resamples), people;
    double *draws = NULL, value[2], level = pal_boot_level(boot);

    PAL_NEW(draws, 2 * n);
    PAL_TRY(spread_draws(draws, draws + n, value, boot, exposure, n, n_threads, err));
    people = people_shown(exposure, NULL, pal_boot_people(boot));
    *coverage = centred(draws, n, level, value[0], people);
    *gini = centred(draws + n, n, level, value[1], people);

done:
    pal_free(draws);
    return rc;
}

pal_status pal_boot_spread_diff(pal_interval *coverage, pal_interval *gini, const pal_boot *boot,
                                const pal_exposure *a, const pal_exposure *b, size_t n_resamples, size_t n_threads,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = resamples_used(boot, n_resamples), people;
    double *draws = NULL, value_a[2], value_b[2], level = pal_boot_level(boot);

    PAL_NEW(draws, 4 * n);
    PAL_TRY(spread_draws(draws, draws + n, value_a, boot, a, n, n_threads, err));
    PAL_TRY(spread_draws(draws + 2 * n, draws + 3 * n, value_b, boot, b, n, n_threads, err));
    for (size_t i = 0; i < 2 * n; i++) {
        draws[i] -= draws[2 * n + i];
    }
    people = people_shown(a, b, pal_boot_people(boot));
    *coverage = centred(draws, n, level, value_a[0] - value_b[0], people);
    *gini = centred(draws + n, n, level, value_a[1] - value_b[1], people);

done:
    pal_free(draws);
    return rc;
}

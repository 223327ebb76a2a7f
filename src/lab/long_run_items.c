/* The end of a window, item by item: where exposure gathers, and whether it follows the exposure before. */
#include "lab/long_run.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"
#include "metrics/concentration.h"
#include "metrics/diversity.h"
#include "metrics/rank_order.h"

#include <math.h>
#include <string.h>

#define RESAMPLES_A_BLOCK 4
#define TOP_ONE_IN 100 /* the 1 % of items shown most */

/* Counts of one resample of people in one window. */
typedef struct exposures {
    uint32_t *shown;     /* n_items: people it was shown to in the window                          */
    uint32_t *shown_to;  /* n_items: people in the window to whom it had been shown before it      */
    uint64_t people;     /* to whom anything was shown in the window                               */
} exposures;

typedef struct scratch {
    exposures now, before;
    uint32_t *sorted, *room; /* n_items each */
    double *x, *y;           /* n_items: log rates before and now */
    uint8_t *stratum;        /* n_items */
} scratch;

typedef struct items_job {
    const pal_long_run *l;
    const pal_arm *arm;
    size_t window;
    scratch *scratch; /* one a worker */
} items_job;

/* times: how often each person of the replicate counts; NULL: once. */
static void count_window(exposures *e, const pal_long_run *l, size_t window, const uint8_t *times)
{
    memset(e->shown, 0, l->catalog->n_items * sizeof *e->shown);
    memset(e->shown_to, 0, l->catalog->n_items * sizeof *e->shown_to);
    e->people = 0;
    for (size_t u = 0; u < l->n_users; u++) {
        const uint32_t *begin = l->begin + u * (l->n_windows + 1) + window, *item = l->item + u * l->room;
        const uint32_t w = times == NULL ? 1 : times[u];

        if (w == 0 || begin[0] == begin[1]) continue;
        e->people += w;
        for (size_t i = 0; i < begin[0]; i++) e->shown_to[item[i]] += w;
        for (size_t i = begin[0]; i < begin[1]; i++) e->shown[item[i]] += w;
    }
}

/*
 * ln of an item's exposure rate: people it was shown to / people to whom it could be shown, both with a little added so that
 * an item never shown has a rate (Agresti's 1/2). Nobody is shown an item twice: without the second count an arm that shows
 * the best items to everybody would seem to flee from its own past. NaN when nobody is left to be shown it.
 */
static double log_rate(const exposures *e, size_t i)
{
    const double open = (double)e->people - (double)e->shown_to[i];

    return open > 0 ? pal_log(((double)e->shown[i] + 0.5) / (open + 1)) : NAN;
}

static double feedback(scratch *s, const uint8_t *decile, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        s->x[i] = log_rate(&s->before, i);
        s->y[i] = log_rate(&s->now, i);
        s->stratum[i] = isnan(s->x[i]) || isnan(s->y[i]) ? UINT8_MAX : decile[i];
    }
    return pal_slope_within(s->x, s->y, s->stratum, n, PAL_APPEAL_DECILES);
}

/* All measures of one resample (times NULL: of the people as they are), each at `stride`. */
static void measure(double *out, size_t stride, scratch *s, const items_job *job, const uint8_t *times)
{
    const pal_long_run *l = job->l;
    const size_t n = l->catalog->n_items, world = job->arm->world->replicate * n;

    count_window(&s->now, l, job->window, times);
    memcpy(s->sorted, s->now.shown, n * sizeof *s->sorted);
    pal_sort_counts(s->sorted, s->room, n);
    out[PAL_LONG_GINI * stride] = pal_gini_sorted(s->sorted, n);
    out[PAL_LONG_TOP * stride] = pal_top_share(s->sorted, n, (n + TOP_ONE_IN - 1) / TOP_ONE_IN);
    out[PAL_LONG_POPULAR * stride] = pal_count_share(s->now.shown, l->popular + world, n);
    out[PAL_LONG_FEEDBACK * stride] = NAN;
    if (job->window > 0) {
        count_window(&s->before, l, job->window - 1, times);
        out[PAL_LONG_FEEDBACK * stride] = feedback(s, l->decile + world, n);
    }
}

static pal_status draw_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const items_job *job = ctx;
    const pal_long_run *l = job->l;
    const size_t replicate = job->arm->world->replicate, stride = 1 + pal_boot_resamples(l->boot);
    double *out = pal_long_items(l, job->arm->index, replicate, job->window, 0);

    (void)block;
    (void)err;
    for (size_t b = begin; b < end; b++) { /* row 0 holds the value, row 1 + b resample b */
        const uint8_t *times = b == 0 ? NULL : pal_boot_row(l->boot, b - 1) + replicate * l->n_users;

        measure(out + b, stride, &job->scratch[worker], job, times);
    }
    return PAL_OK;
}

/* Resampled Gini and top shares are too high by a third of the people missing: move the draws to the value (as
 * metrics/diversity.h does), and the slope with them. */
static void recenter(double *v, size_t n)
{
    double sum = 0;
    size_t defined = 0;

    for (size_t b = 1; b <= n; b++) {
        if (isnan(v[b])) continue;
        sum += v[b];
        defined++;
    }
    for (size_t b = 1; b <= n && defined > 0; b++) v[b] += v[0] - sum / (double)defined;
}

static pal_status scratch_new(scratch *s, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(s->now.shown, n);
    PAL_NEW(s->now.shown_to, n);
    PAL_NEW(s->before.shown, n);
    PAL_NEW(s->before.shown_to, n);
    PAL_NEW(s->sorted, n);
    PAL_NEW(s->room, n);
    PAL_NEW(s->x, n);
    PAL_NEW(s->y, n);
    PAL_NEW(s->stratum, n);
done:
    return rc;
}

static void scratch_clear(scratch *s)
{
    pal_free(s->now.shown);
    pal_free(s->now.shown_to);
    pal_free(s->before.shown);
    pal_free(s->before.shown_to);
    pal_free(s->sorted);
    pal_free(s->room);
    pal_free(s->x);
    pal_free(s->y);
    pal_free(s->stratum);
}

pal_status pal_long_run_exposure(pal_long_run *l, const pal_arm *arm, size_t window, pal_error *err)
{
    pal_status rc = PAL_OK;
    items_job job = { .l = l, .arm = arm, .window = window };
    const size_t n = pal_boot_resamples(l->boot);

    PAL_NEW(job.scratch, l->n_threads);
    for (size_t i = 0; i < l->n_threads; i++) PAL_TRY(scratch_new(&job.scratch[i], l->catalog->n_items, err));
    PAL_TRY(pal_parallel_for(1 + n, RESAMPLES_A_BLOCK, l->n_threads, draw_block, &job, err));
    for (size_t f = 0; f < PAL_LONG_ITEMS; f++) {
        recenter(pal_long_items(l, arm->index, arm->world->replicate, window, f), n);
    }
done:
    for (size_t i = 0; job.scratch != NULL && i < l->n_threads; i++) scratch_clear(&job.scratch[i]);
    pal_free(job.scratch);
    return rc;
}

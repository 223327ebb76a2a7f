/* Bootstrap of ratios: a blocked product of multiplicities (resamples x people) with data (people x columns). */
#include "metrics/interval.h"

#include "core/mem.h"
#include "core/sum.h"
#include "core/threads.h"
#include "metrics/bca.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

#define LANES 8 /* columns side by side in one vector                       */
#define QUAD 4  /* resamples that share a load of the data                  */
#define TILE 16 /* columns a block: two panels of LANES, packed for the cache */
#define PANELS (TILE / LANES)

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* One arm's data; a difference has two. */
typedef struct side {
    const double *num, *den;
} side;

typedef struct ratio_job {
    const pal_boot *boot;
    side arm[2];
    size_t n_arms; /* 1: ratio, 2: first minus second */
    size_t n_columns;
    pal_interval *out;
} ratio_job;

/* What a block of columns needs; panels are people x LANES. */
typedef struct tile {
    double *panel[2][2][PANELS]; /* arm, num or den, panel */
    double *times;               /* people x QUAD          */
    double *draws;               /* TILE x resamples       */
    double value[TILE];
    size_t n[TILE];
    double *store;
} tile;

static void tile_clear(tile *t)
{
    pal_free(t->store);
    pal_free(t->draws);
}

static pal_status tile_new(tile *t, const ratio_job *job, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = pal_boot_people(job->boot), panel = n * LANES;
    double *next;

    memset(t, 0, sizeof *t);
    PAL_NEW(t->store, job->n_arms * 2 * PANELS * panel + n * QUAD);
    PAL_NEW(t->draws, pal_boot_resamples(job->boot) * TILE);
    next = t->store;
    for (size_t a = 0; a < job->n_arms; a++) {
        for (size_t p = 0; p < PANELS; p++) {
            t->panel[a][0][p] = next;
            t->panel[a][1][p] = next + panel;
            next += 2 * panel;
        }
    }
    t->times = next;

done:
    return rc;
}

static pal_status check_cell(double num, double den, size_t person, size_t column, pal_error *err)
{
    if (!isfinite(num) || !isfinite(den) || den < 0) {
        return pal_error_set(err, PAL_ERR_DATA,
                             "ratio metric: person %zu, column %zu: num %g, den %g; wanted finite and den >= 0",
                             person, column, num, den);
    }
    return PAL_OK;
}

/* Columns [first, first + width) of one arm into panels, checked; lanes past the width stay 0. */
static pal_status pack(tile *t, const ratio_job *job, size_t arm, size_t first, size_t width, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = pal_boot_people(job->boot);

    for (size_t u = 0; u < n; u++) {
        const double *num = job->arm[arm].num + u * job->n_columns + first;
        const double *den = job->arm[arm].den + u * job->n_columns + first;

        for (size_t c = 0; c < width; c++) {
            PAL_TRY(check_cell(num[c], den[c], u, first + c, err));
            t->panel[arm][0][c / LANES][u * LANES + c % LANES] = num[c];
            t->panel[arm][1][c / LANES][u * LANES + c % LANES] = den[c];
        }
    }

done:
    return rc;
}

static double column_sum(const double *panel, size_t n, size_t lane)
{
    pal_acc acc = { 0 };

    for (size_t u = 0; u < n; u++) {
        pal_acc_add(&acc, panel[u * LANES + lane]);
    }
    return pal_acc_value(&acc);
}

static double ratio_or_nan(double num, double den)
{
    return den > 0 ? num / den : NAN;
}

/* The value on all people (compensated), and how many count. */
static void measure(tile *t, const ratio_job *job, size_t width)
{
    size_t n = pal_boot_people(job->boot);

    for (size_t c = 0; c < width; c++) {
        size_t p = c / LANES, lane = c % LANES;
        double ratio[2] = { 0, 0 };

        for (size_t a = 0; a < job->n_arms; a++) {
            ratio[a] = ratio_or_nan(column_sum(t->panel[a][0][p], n, lane), column_sum(t->panel[a][1][p], n, lane));
        }
        t->value[c] = job->n_arms == 1 ? ratio[0] : ratio[0] - ratio[1];
        for (size_t u = 0; u < n; u++) {
            bool counts = t->panel[0][1][p][u * LANES + lane] > 0;

            counts = counts || (job->n_arms == 2 && t->panel[1][1][p][u * LANES + lane] > 0);
            t->n[c] += counts;
        }
    }
}

/* sums (QUAD x LANES) = times' panel: people in order, so each sum is a fixed chain of additions. */
PAL_VECTOR static void product(double *sums, const double *times, const double *panel, size_t n)
{
    lanes s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };

    for (size_t u = 0; u < n; u++) {
        lanes x;

        memcpy(&x, panel + u * LANES, sizeof x);
        s0 += times[u * QUAD] * x;
        s1 += times[u * QUAD + 1] * x;
        s2 += times[u * QUAD + 2] * x;
        s3 += times[u * QUAD + 3] * x;
    }
    memcpy(sums, &s0, sizeof s0);
    memcpy(sums + LANES, &s1, sizeof s1);
    memcpy(sums + 2 * LANES, &s2, sizeof s2);
    memcpy(sums + 3 * LANES, &s3, sizeof s3);
}

static void unpack_times(double *times, const pal_boot *boot, size_t b)
{
    size_t n = pal_boot_people(boot), last = pal_boot_resamples(boot) - 1;

    for (size_t q = 0; q < QUAD; q++) {
        /* Past the end the last resample is taken again and its sums thrown away. */
        const uint8_t *row = pal_boot_row(boot, b + q <= last ? b + q : last);

        for (size_t u = 0; u < n; u++) {
            times[u * QUAD + q] = row[u];
        }
    }
}

/* Ratios of resamples b .. b + QUAD - 1 for the LANES columns of panel p. */
static void draw_quad(tile *t, const ratio_job *job, size_t b, size_t p)
{
    size_t n = pal_boot_people(job->boot), n_resamples = pal_boot_resamples(job->boot);
    double num[QUAD * LANES], den[QUAD * LANES], ratio[2][QUAD * LANES];

    for (size_t a = 0; a < job->n_arms; a++) {
        product(num, t->times, t->panel[a][0][p], n);
        product(den, t->times, t->panel[a][1][p], n);
        for (size_t i = 0; i < QUAD * LANES; i++) {
            ratio[a][i] = ratio_or_nan(num[i], den[i]);
        }
    }
    for (size_t q = 0; q < QUAD && b + q < n_resamples; q++) {
        for (size_t lane = 0; lane < LANES; lane++) {
            size_t i = q * LANES + lane;
            double x = job->n_arms == 1 ? ratio[0][i] : ratio[0][i] - ratio[1][i];

            t->draws[(p * LANES + lane) * n_resamples + b + q] = x;
        }
    }
}

static pal_status draw_tile(tile *t, const ratio_job *job, size_t first, size_t width, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t a = 0; a < job->n_arms; a++) {
        PAL_TRY(pack(t, job, a, first, width, err));
    }
    measure(t, job, width);
    for (size_t b = 0; b < pal_boot_resamples(job->boot); b += QUAD) {
        unpack_times(t->times, job->boot, b);
        for (size_t p = 0; p * LANES < width; p++) {
            draw_quad(t, job, b, p);
        }
    }

done:
    return rc;
}

static pal_status ratio_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const ratio_job *job = ctx;
    size_t n_resamples = pal_boot_resamples(job->boot);
    tile t;

    (void)block, (void)worker;
    PAL_TRY(tile_new(&t, job, err));
    PAL_TRY(draw_tile(&t, job, begin, end - begin, err));
    for (size_t c = 0; c < end - begin; c++) {
        job->out[begin + c] = pal_boot_interval(t.draws + c * n_resamples, n_resamples, pal_boot_level(job->boot),
                                                t.value[c], t.n[c]);
    }

done:
    tile_clear(&t);
    return rc;
}

pal_status pal_boot_ratio_many(pal_interval *out, const pal_boot *boot, const double *num, const double *den,
                               size_t n_columns, size_t n_threads, pal_error *err)
{
    ratio_job job = { boot, { { num, den } }, 1, n_columns, out };

    return pal_parallel_for(n_columns, TILE, n_threads, ratio_block, &job, err);
}

pal_status pal_boot_ratio(pal_interval *out, const pal_boot *boot, const double *num, const double *den,
                          pal_error *err)
{
    return pal_boot_ratio_many(out, boot, num, den, 1, 1, err);
}

pal_status pal_boot_ratio_diff_many(pal_interval *out, const pal_boot *boot, const double *num_a,
                                    const double *den_a, const double *num_b, const double *den_b, size_t n_columns,
                                    size_t n_threads, pal_error *err)
{
    ratio_job job = { boot, { { num_a, den_a }, { num_b, den_b } }, 2, n_columns, out };

    return pal_parallel_for(n_columns, TILE, n_threads, ratio_block, &job, err);
}

/* Jackknife deviations: the mean minus the ratio without person u; NaN for those who do not count. */
static void jackknife(double *push, const double *num, const double *den, size_t n)
{
    double all_num = pal_sum(num, n), all_den = pal_sum(den, n), mean;
    pal_acc sum = { 0 };
    size_t counted = 0;

    for (size_t u = 0; u < n; u++) {
        push[u] = den[u] > 0 ? ratio_or_nan(all_num - num[u], all_den - den[u]) : NAN;
        if (den[u] > 0) {
            pal_acc_add(&sum, push[u]);
            counted++;
        }
    }
    mean = pal_acc_value(&sum) / (double)counted;
    for (size_t u = 0; u < n; u++) {
        push[u] = mean - push[u];
    }
}

pal_status pal_boot_bca_ratio(pal_interval *out, const pal_boot *boot, const double *num, const double *den,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    ratio_job job = { boot, { { num, den } }, 1, 1, out };
    size_t n_people = pal_boot_people(boot);
    double *push = NULL;
    tile t = { 0 };

    PAL_NEW(push, n_people);
    PAL_TRY(tile_new(&t, &job, err));
    PAL_TRY(draw_tile(&t, &job, 0, 1, err));
    jackknife(push, num, den, n_people);
    *out = pal_bca_interval(t.draws, pal_boot_resamples(boot), pal_boot_level(boot), t.value[0], push, n_people, t.n[0]);

done:
    tile_clear(&t);
    pal_free(push);
    return rc;
}

/*
 * The inverse of a symmetric positive definite matrix in three passes over blocks of the lower triangle, each in place:
 *
 *   A = L L'      column of blocks by column: what stands left of it is subtracted, the diagonal block is factored
 *   M = L^-1      row of blocks by row:       M_ij = -L_ii^-1 sum over j <= p < i of L_ip M_pj
 *   A^-1 = M'M    row of blocks by row:       P_ij = sum over p >= i of M_pi' M_pj
 *
 * Blocks of one step are independent and go to threads; nothing depends on their number. The diagonal blocks' inverses
 * are kept, so that all solves are matrix products.
 */
#include "core/spd.h"

#include "core/mem.h"
#include "core/threads.h"

#include <math.h>
#include <string.h>

#define SIDE ((size_t)128) /* rows of a block */

typedef struct spd_job {
    double *a;       /* d x d                                                       */
    size_t d, step;  /* step: the column or row of blocks being worked on           */
    pal_backend backend;
    double *corner;  /* d x SIDE: block b holds the inverse of the b-th diagonal block of L, side by side, ld SIDE */
    double *row;     /* SIDE x d: a copy of the row of blocks being overwritten     */
    double *scratch; /* a thread SIDE x SIDE                                        */
} spd_job;

static size_t side_of(const spd_job *job, size_t block)
{
    return job->d - block * SIDE < SIDE ? job->d - block * SIDE : SIDE;
}

static double *block_at(const spd_job *job, size_t row, size_t col)
{
    return job->a + row * SIDE * job->d + col * SIDE;
}

static double *corner_at(const spd_job *job, size_t block)
{
    return job->corner + block * SIDE * SIDE;
}

static void copy_block(double *to, size_t to_stride, const double *from, size_t stride, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++) memcpy(to + i * to_stride, from + i * stride, columns * sizeof *to);
}

/* ---- A = L L' --------------------------------------------------------------------------------------------- */

/* Subtract from block (i, k) the product of the finished blocks left of it in rows i and k. */
static void subtract_left(const spd_job *job, size_t i, size_t k)
{
    pal_gemm_f64(job->backend, false, true, side_of(job, i), side_of(job, k), k * SIDE, -1, block_at(job, i, 0), job->d,
                 block_at(job, k, 0), job->d, 1, block_at(job, i, k), job->d);
}

/* inverse (n x n, ld SIDE) of a lower triangle (n x n, packed). */
static void invert_triangle(double *inverse, const double *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *row = inverse + i * SIDE;

        memset(row, 0, n * sizeof *row);
        for (size_t p = 0; p < i; p++) {
            const double *above = inverse + p * SIDE;

            for (size_t j = 0; j <= p; j++) row[j] -= l[i * n + p] * above[j];
        }
        for (size_t j = 0; j < i; j++) row[j] /= l[i * n + i];
        row[i] = 1 / l[i * n + i];
    }
}

static pal_status factor_corner(const spd_job *job, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = side_of(job, k);
    double *packed = job->scratch; /* no other thread is at work */

    subtract_left(job, k, k);
    copy_block(packed, n, block_at(job, k, k), job->d, n, n);
    if (pal_cholesky(packed, n, NULL) != PAL_OK) {
        PAL_FAIL(PAL_ERR_CONVERGE, "matrix of %zu x %zu is not positive definite: a pivot in rows %zu to %zu", job->d,
                 job->d, k * SIDE, k * SIDE + n - 1);
    }
    copy_block(block_at(job, k, k), job->d, packed, n, n, n);
    invert_triangle(corner_at(job, k), packed, n);

done:
    return rc;
}

/* Blocks below the diagonal of column `step`: L_ik = (A_ik - ...) (L_kk^-1)'. */
static pal_status factor_below(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const spd_job *job = ctx;
    size_t k = job->step, n = side_of(job, k);
    double *copy = job->scratch + worker * SIDE * SIDE;

    (void)block;
    (void)err;
    for (size_t b = begin; b < end; b++) {
        size_t i = k + 1 + b, m = side_of(job, i);

        subtract_left(job, i, k);
        copy_block(copy, SIDE, block_at(job, i, k), job->d, m, n);
        pal_gemm_f64(job->backend, false, true, m, n, n, 1, copy, SIDE, corner_at(job, k), SIDE, 0,
                     block_at(job, i, k), job->d);
    }
    return PAL_OK;
}

/* ---- M = L^-1 --------------------------------------------------------------------------------------------- */

/* Blocks left of the diagonal of row `step`; job->row holds L's row, rows above are done. */
static pal_status invert_left(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const spd_job *job = ctx;
    size_t i = job->step, m = side_of(job, i);
    double *sum = job->scratch + worker * SIDE * SIDE;

    (void)block;
    (void)err;
    for (size_t j = begin; j < end; j++) {
        pal_gemm_f64(job->backend, false, false, m, SIDE, (i - j) * SIDE, 1, job->row + j * SIDE, job->d,
                     block_at(job, j, j), job->d, 0, sum, SIDE);
        pal_gemm_f64(job->backend, false, false, m, SIDE, m, -1, corner_at(job, i), SIDE, sum, SIDE, 0,
                     block_at(job, i, j), job->d);
    }
    return PAL_OK;
}

/* ---- P = M'M ---------------------------------------------------------------------------------------------- */

/* Blocks (step, j) with j <= step; job->row holds M's row, rows below are untouched. */
static pal_status square_row(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const spd_job *job = ctx;
    size_t i = job->step, m = side_of(job, i), below = (i + 1) * SIDE;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t j = begin; j < end; j++) {
        size_t n = side_of(job, j);

        pal_gemm_f64(job->backend, true, false, m, n, m, 1, job->row + i * SIDE, job->d, job->row + j * SIDE, job->d, 0,
                     block_at(job, i, j), job->d);
        if (below < job->d) {
            pal_gemm_f64(job->backend, true, false, m, n, job->d - below, 1, block_at(job, i + 1, i), job->d,
                         block_at(job, i + 1, j), job->d, 1, block_at(job, i, j), job->d);
        }
    }
    return PAL_OK;
}

/* The upper triangle, tile by tile, so that both sides stay in cache. */
static void mirror(double *a, size_t d)
{
    for (size_t i0 = 0; i0 < d; i0 += 32) {
        for (size_t j0 = 0; j0 <= i0; j0 += 32) {
            for (size_t i = i0; i < d && i < i0 + 32; i++) {
                for (size_t j = j0; j < i && j < j0 + 32; j++) a[j * d + i] = a[i * d + j];
            }
        }
    }
}

/* A row of blocks, its diagonal block included, into job->row. */
static void keep_row(const spd_job *job, size_t i)
{
    copy_block(job->row, job->d, block_at(job, i, 0), job->d, side_of(job, i), i * SIDE + side_of(job, i));
}

static pal_status run(spd_job *job, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_blocks = pal_blocks(job->d, SIDE);

    for (job->step = 0; job->step < n_blocks; job->step++) {
        PAL_TRY(factor_corner(job, job->step, err));
        PAL_TRY(pal_parallel_for(n_blocks - job->step - 1, 1, n_threads, factor_below, job, err));
    }
    for (job->step = 0; job->step < n_blocks; job->step++) {
        size_t i = job->step, n = side_of(job, i);

        keep_row(job, i);
        PAL_TRY(pal_parallel_for(i, 1, n_threads, invert_left, job, err));
        copy_block(block_at(job, i, i), job->d, corner_at(job, i), SIDE, n, n);
    }
    for (job->step = 0; job->step < n_blocks; job->step++) {
        keep_row(job, job->step);
        PAL_TRY(pal_parallel_for(job->step + 1, 1, n_threads, square_row, job, err));
    }
    mirror(job->a, job->d);

done:
    return rc;
}

pal_status pal_spd_inverse(double *a, size_t d, pal_backend backend, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    spd_job job = { .a = a, .d = d, .backend = backend };

    PAL_ASSERT(n_threads > 0);
    PAL_NEW(job.corner, pal_blocks(d, SIDE) * SIDE * SIDE);
    PAL_NEW(job.row, SIDE * d);
    PAL_NEW(job.scratch, n_threads * SIDE * SIDE);
    PAL_TRY(run(&job, n_threads, err));

done:
    pal_free(job.corner);
    pal_free(job.row);
    pal_free(job.scratch);
    return rc;
}

/* One row of alternating least squares: its system, exactly or by conjugate gradients. In double throughout: sums of
 * squares of floats lose positive definiteness from some 250 factors on. */
#include "models/als.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "core/threads.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

#define CHUNK 64         /* rows of y gathered for one matrix product */
#define GRAM_BLOCK 1024  /* rows of a partial sum; does not depend on threads */
#define CG_ENOUGH 1e-20  /* |residual|^2 below which no step is worth it, as in implicit */

size_t pal_als_room(size_t d)
{
    return d * d + 2 * CHUNK * d + 4 * d;
}

double pal_als_extra(const pal_als_config *config, float value)
{
    switch (config->confidence) {
    case PAL_ALS_LINEAR: return config->alpha * (double)value;
    case PAL_ALS_LOG: return config->alpha * pal_log1p((double)value / config->epsilon);
    case PAL_ALS_CONSTANT: break;
    }
    return config->alpha;
}

double pal_als_target(const pal_als_config *config, float value)
{
    return pal_als_extra(config, value) + (config->base_on_all ? 0 : config->unobserved);
}

double pal_als_penalty(const pal_als_config *config, size_t n, size_t m)
{
    if (config->reg_power == 0) return config->reg;
    return config->reg * pal_pow((double)n + config->unobserved * (double)m, config->reg_power);
}

PAL_VECTOR static void add_scaled(double *out, double scale, const float *y, size_t d)
{
    for (size_t j = 0; j < d; j++) out[j] += scale * (double)y[j];
}

/* The dot product of doubles and floats, in eight lanes like pal_dot. */
PAL_VECTOR static double dot_mixed(const double *x, const float *y, size_t d)
{
    double s[8] = { 0 };
    size_t j = 0;

    for (; d - j >= 8; j += 8) {
        for (size_t l = 0; l < 8; l++) s[l] += x[j + l] * (double)y[j + l];
    }
    for (size_t l = 0; j + l < d; l++) s[l] += x[j + l] * (double)y[j + l];
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

PAL_VECTOR static void widen(double *plain, double *scaled, const float *y, double scale, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        plain[j] = (double)y[j];
        scaled[j] = scale * (double)y[j];
    }
}

/* a += sum over cells of e y y'. */
static void add_cells(double *a, double *rows, const pal_als_side *side, pal_als_cells cells)
{
    size_t d = side->config->d;
    double *plain = rows, *scaled = rows + CHUNK * d;

    for (size_t first = 0; first < cells.n; first += CHUNK) {
        size_t n = cells.n - first < CHUNK ? cells.n - first : CHUNK;

        for (size_t i = 0; i < n; i++) {
            const float *y = side->y + cells.col[first + i] * d;

            widen(plain + i * d, scaled + i * d, y, pal_als_extra(side->config, cells.value[first + i]), d);
        }
        pal_gemm_f64(side->backend, true, false, d, d, n, 1, plain, d, scaled, d, 1, a, d);
    }
}

pal_status pal_als_factorise(double *room, const pal_als_side *side, pal_als_cells liked, pal_als_cells disliked,
                             pal_error *err)
{
    const pal_als_config *config = side->config;
    size_t d = config->d;
    double penalty = pal_als_penalty(config, liked.n + disliked.n, side->n);

    for (size_t i = 0; i < d * d; i++) room[i] = config->unobserved * side->gram[i];
    for (size_t i = 0; i < d; i++) room[i * d + i] += penalty;
    add_cells(room, room + d * d, side, liked);
    add_cells(room, room + d * d, side, disliked);
    return pal_cholesky(room, d, err);
}

static void right_side(double *b, const pal_als_side *side, pal_als_cells liked)
{
    size_t d = side->config->d;

    memset(b, 0, d * sizeof *b);
    for (size_t i = 0; i < liked.n; i++) {
        add_scaled(b, pal_als_target(side->config, liked.value[i]), side->y + liked.col[i] * d, d);
    }
}

static void apply_cells(double *out, const double *p, const pal_als_side *side, pal_als_cells cells)
{
    size_t d = side->config->d;

    for (size_t i = 0; i < cells.n; i++) {
        const float *y = side->y + cells.col[i] * d;

        add_scaled(out, pal_als_extra(side->config, cells.value[i]) * dot_mixed(p, y, d), y, d);
    }
}

/* out = system times p, without ever making the system. */
static void apply(double *out, const double *p, const pal_als_side *side, pal_als_cells liked, pal_als_cells disliked)
{
    size_t d = side->config->d;
    double penalty = pal_als_penalty(side->config, liked.n + disliked.n, side->n);

    for (size_t j = 0; j < d; j++) {
        out[j] = side->config->unobserved * pal_dot(side->gram + j * d, p, d) + penalty * p[j];
    }
    apply_cells(out, p, side, liked);
    apply_cells(out, p, side, disliked);
}

static void solve_cg(float *x, const pal_als_side *side, pal_als_cells liked, pal_als_cells disliked, double *room)
{
    size_t d = side->config->d;
    double *at = room, *left = at + d, *p = left + d, *ap = p + d, before, now;

    for (size_t j = 0; j < d; j++) at[j] = (double)x[j];
    right_side(left, side, liked);
    apply(ap, at, side, liked, disliked);
    for (size_t j = 0; j < d; j++) p[j] = left[j] -= ap[j];
    before = pal_dot(left, left, d);
    for (size_t step = 0; step < side->config->cg_steps && before > CG_ENOUGH; step++) {
        double length;

        apply(ap, p, side, liked, disliked);
        length = before / pal_dot(p, ap, d);
        for (size_t j = 0; j < d; j++) {
            at[j] += length * p[j];
            left[j] -= length * ap[j];
        }
        now = pal_dot(left, left, d);
        for (size_t j = 0; j < d; j++) p[j] = left[j] + now / before * p[j];
        before = now;
    }
    for (size_t j = 0; j < d; j++) x[j] = (float)at[j];
}

pal_status pal_als_solve(float *x, const pal_als_side *side, pal_als_cells liked, pal_als_cells disliked, double *room,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = side->config->d;
    double *b = room + d * d + 2 * CHUNK * d;

    if (liked.n == 0) {
        memset(x, 0, d * sizeof *x);
        return PAL_OK;
    }
    if (side->config->solver == PAL_ALS_CG) {
        solve_cg(x, side, liked, disliked, room);
    } else {
        PAL_TRY(pal_als_factorise(room, side, liked, disliked, err));
        right_side(b, side, liked);
        pal_cholesky_solve(room, d, b);
        for (size_t j = 0; j < d; j++) x[j] = (float)b[j];
    }
    for (size_t j = 0; j < d; j++) {
        if (!isfinite(x[j])) {
            PAL_FAIL(PAL_ERR_CONVERGE, "als: a row's system has no finite solution; try a reg above %g",
                     side->config->reg);
        }
    }

done:
    return rc;
}

/* ---- sums of outer products --------------------------------------------------------------------------------- */

typedef struct gram_job {
    const float *y;
    size_t d;
    pal_backend backend;
    double *part; /* d x d a block                  */
    double *wide; /* GRAM_BLOCK x d a worker        */
} gram_job;

static pal_status gram_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const gram_job *job = ctx;
    size_t d = job->d, n = end - begin;
    double *wide = job->wide + worker * GRAM_BLOCK * d;

    (void)err;
    for (size_t i = 0; i < n * d; i++) wide[i] = (double)job->y[begin * d + i];
    pal_gemm_f64(job->backend, true, false, d, d, n, 1, wide, d, wide, d, 0, job->part + block * d * d, d);
    return PAL_OK;
}

pal_status pal_als_gram(double *gram, const float *y, size_t n, size_t d, pal_backend backend, size_t n_threads,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    gram_job job = { y, d, backend, NULL, NULL };
    size_t group = 64; /* blocks at a time: memory stays bounded, the order of the sum the same */

    PAL_NEW(job.part, group * d * d);
    PAL_NEW(job.wide, n_threads * GRAM_BLOCK * d);
    memset(gram, 0, d * d * sizeof *gram);
    for (size_t first = 0; first < n; first += group * GRAM_BLOCK) {
        size_t here = n - first < group * GRAM_BLOCK ? n - first : group * GRAM_BLOCK;

        job.y = y + first * d;
        PAL_TRY(pal_parallel_for(here, GRAM_BLOCK, n_threads, gram_block, &job, err));
        for (size_t b = 0; b < pal_blocks(here, GRAM_BLOCK); b++) {
            for (size_t i = 0; i < d * d; i++) gram[i] += job.part[b * d * d + i];
        }
    }

done:
    pal_free(job.part);
    pal_free(job.wide);
    return rc;
}

/*
 * Thick-restart Lanczos. Rows of `basis`: first the locked eigenvectors, then the active ones v_0 ... v_used.
 * Between active vectors A is diagonal for those that a restart kept (alpha), they are coupled to the next one by their
 * spokes, and from there on the matrix is tridiagonal (alpha, beta).
 */
#include "models/lanczos.h"

#include "core/linalg.h"
#include "core/mem.h"
#include "core/sum.h"
#include "core/threads.h"
#include "core/vector.h"
#include "models/spectral_ql.h"

#include <math.h>
#include <string.h>

#define BLOCK 2048         /* elements of a vector that a thread works on: 16 KiB                              */
#define THREADS_FROM 65536 /* n from which a pass over the basis takes longer than the making of threads      */
#define CHECK_EVERY 8      /* steps between looks at the residuals before the first restart                    */
#define NOTHING 1e-13      /* a remainder this small beside an A of size 1 is rounding: the space is invariant */
#define KEPT_NORM 0.7      /* orthogonal enough when a pass leaves that much of the length (Daniel et al.)     */
#define MOST_PASSES 5
#define MOSTLY_THERE 1e-3  /* a remainder longer than that has lost at most three digits                       */
#define SURE 0.01          /* a search for missed eigenvalues ends at this part of the distance to the locked  */
#define SMALL_N 4096       /* below it a large basis is cheaper than restarts                                  */

typedef struct solver {
    const pal_operator *matrix;
    const pal_lanczos_config *config;
    pal_key key;
    size_t n_threads;
    size_t n, most;                /* most: active vectors that A was applied to, before a restart */
    size_t locked, kept, used;     /* rows of `basis`; kept of `used` come from the last restart  */
    size_t steps, starts;
    bool full;                     /* locked and active vectors span everything                    */
    double *basis;                 /* (wanted + most + 2) x n                                      */
    double *spare;                 /* most x n                                                     */
    double *alpha, *beta, *spoke;  /* most each                                                    */
    double *theta, *y;             /* Ritz values, descending, and rows of their vectors           */
    double *residual;              /* most                                                         */
    double *dense, *work;          /* most x most; 3 most                                          */
    double *dot, *partial;         /* rows + 1, the last for w.w; the same for each block          */
    double *locked_value;          /* wanted + 1                                                   */
} solver;

static double *row(const solver *s, size_t i)
{
    return s->basis + i * s->n;
}

/* ---- kernels ---------------------------------------------------------------------------------------------- */

#define LANES 8
#define TOGETHER 4
typedef double lanes __attribute__((vector_size(64)));

static inline double fold(const lanes *x)
{
    double s[LANES];

    memcpy(s, x, sizeof s);
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* out[r] = rows[r] . w for four rows at a time: w is loaded once. */
PAL_VECTOR static void dots(double *out, const double *rows, size_t stride, size_t n_rows, const double *w, size_t n)
{
    size_t r = 0;

    for (; r + TOGETHER <= n_rows; r += TOGETHER) {
        const double *at = rows + r * stride;
        lanes sum[TOGETHER] = { { 0 } }, x, line;
        size_t i = 0;

        for (; i + LANES <= n; i += LANES) {
            memcpy(&x, w + i, sizeof x);
            for (size_t t = 0; t < TOGETHER; t++) {
                memcpy(&line, at + t * stride + i, sizeof line);
                sum[t] += line * x;
            }
        }
        for (size_t t = 0; t < TOGETHER; t++) {
            for (size_t l = 0; i + l < n; l++) sum[t][l] += at[t * stride + i + l] * w[i + l];
            out[r + t] = fold(&sum[t]);
        }
    }
    for (; r < n_rows; r++) out[r] = pal_dot(rows + r * stride, w, n);
}

/* w -= sum of h[r] rows[r], four rows at a time. */
PAL_VECTOR static void subtract(double *w, const double *rows, size_t stride, size_t n_rows, const double *h, size_t n)
{
    size_t r = 0;

    for (; r + TOGETHER <= n_rows; r += TOGETHER) {
        const double *a = rows + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
        double ha = h[r], hb = h[r + 1], hc = h[r + 2], hd = h[r + 3];

        for (size_t i = 0; i < n; i++) w[i] -= (ha * a[i] + hb * b[i]) + (hc * c[i] + hd * d[i]);
    }
    for (; r < n_rows; r++) {
        for (size_t i = 0; i < n; i++) w[i] -= h[r] * rows[r * stride + i];
    }
}

PAL_VECTOR static void scale(double *x, double a, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] *= a;
}

typedef struct orthogonal {
    solver *s;
    double *w;
    size_t n_rows;
} orthogonal;

static pal_status block_dots(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const orthogonal *o = ctx;
    double *out = o->s->partial + block * (o->n_rows + 1);

    (void)worker;
    (void)err;
    dots(out, o->s->basis + begin, o->s->n, o->n_rows, o->w + begin, end - begin);
    out[o->n_rows] = pal_dot(o->w + begin, o->w + begin, end - begin);
    return PAL_OK;
}

static pal_status block_subtract(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const orthogonal *o = ctx;

    (void)block;
    (void)worker;
    (void)err;
    subtract(o->w + begin, o->s->basis + begin, o->s->n, o->n_rows, o->s->dot, end - begin);
    return PAL_OK;
}

/* s->dot = the first n_rows of the basis times w, and w.w behind them. */
static pal_status all_dots(orthogonal *o, pal_error *err)
{
    pal_status rc = PAL_OK;
    solver *s = o->s;
    size_t n_blocks = pal_blocks(s->n, BLOCK), m = o->n_rows + 1;

    PAL_TRY(pal_parallel_for(s->n, BLOCK, s->n_threads, block_dots, o, err));
    memcpy(s->dot, s->partial, m * sizeof *s->dot);
    for (size_t b = 1; b < n_blocks; b++) {
        for (size_t r = 0; r < m; r++) s->dot[r] += s->partial[b * m + r];
    }

done:
    return rc;
}

/* ---- steps ------------------------------------------------------------------------------------------------ */

/*
 * Take the first n_rows of the basis out of w, again until hardly anything is left to take. *length is that of what
 * remains, 0 when it is rounding; *last (may be NULL) is what was taken of the last row.
 */
static pal_status orthogonalise(solver *s, double *w, size_t n_rows, double *length, double *last, pal_error *err)
{
    pal_status rc = PAL_OK;
    orthogonal o = { s, w, n_rows };
    double taken = 0;

    for (int i = 0; i < MOST_PASSES; i++) {
        double before;

        PAL_TRY(all_dots(&o, err));
        PAL_TRY(pal_parallel_for(s->n, BLOCK, s->n_threads, block_subtract, &o, err));
        before = sqrt(s->dot[n_rows]);
        taken += n_rows > 0 ? s->dot[n_rows - 1] : 0;
        *length = sqrt(pal_dot(w, w, s->n));
        if (*length <= NOTHING || *length > KEPT_NORM * before) {
            break;
        }
    }
    if (*length <= NOTHING) *length = 0;
    if (last != NULL) *last = taken;

done:
    return rc;
}

/*
 * Scale w, of `*length`, to length 1. What cancellation left of it is mended first: rounding would lean towards the
 * basis and into what `project` takes out. *length 0: nothing but rounding.
 */
static pal_status normalise(solver *s, double *w, size_t n_rows, double *length, pal_error *err)
{
    pal_status rc = PAL_OK;
    double now = *length;

    for (int i = 0; i < MOST_PASSES && now > 0; i++) {
        scale(w, 1 / now, s->n);
        if (now > MOSTLY_THERE) goto done;
        if (s->matrix->project != NULL) s->matrix->project(w, s->matrix->ctx);
        PAL_TRY(orthogonalise(s, w, n_rows, &now, NULL, err));
        *length *= now;
    }
    *length = 0;

done:
    return rc;
}

/* Row n_rows of the basis becomes a new random direction. s->full when there is none. */
static pal_status start(solver *s, size_t n_rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *w = row(s, n_rows), length = 0;

    s->full = n_rows >= s->matrix->rank;
    while (!s->full && length == 0) {
        for (size_t i = 0; i < s->n; i += 4) {
            uint64_t word[4];

            pal_block(s->key, (pal_at){ s->starts, 0, 0 }, i / 4, word);
            for (size_t l = 0; l < 4 && i + l < s->n; l++) w[i + l] = pal_unit_open(word[l]) - 0.5;
        }
        if (s->starts++ > s->matrix->rank + s->config->max_steps) {
            PAL_FAIL(PAL_ERR_CONVERGE, "Lanczos: no direction is left after %zu of %zu", n_rows, s->matrix->rank);
        }
        if (s->matrix->project != NULL) s->matrix->project(w, s->matrix->ctx);
        PAL_TRY(orthogonalise(s, w, n_rows, &length, NULL, err));
        PAL_TRY(normalise(s, w, n_rows, &length, err));
    }

done:
    return rc;
}

/* v_(used + 1) from v_used: A v less what the basis holds of it already. */
static pal_status step(solver *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t j = s->used, at = s->locked + j;
    double *v = row(s, at), *w = row(s, at + 1), length, rest = 0;

    if (s->steps++ == s->config->max_steps) {
        PAL_FAIL(PAL_ERR_CONVERGE, "Lanczos: %zu eigenvalues did not converge to %g in %zu steps", s->config->wanted,
                 s->config->tolerance, s->config->max_steps);
    }
    PAL_TRY(s->matrix->multiply(w, v, s->matrix->ctx, err));

    /* the large parts are taken first, so that one pass over the whole basis does for the rest; `project` comes behind
     * them: what rounding has left in them of its directions would grow with every division by a small beta */
    s->alpha[j] = pal_dot(v, w, s->n);
    subtract(w, v, 0, 1, &s->alpha[j], s->n);
    if (j > s->kept) {
        subtract(w, row(s, at - 1), 0, 1, &s->beta[j - 1], s->n);
    } else if (j > 0) {
        subtract(w, row(s, s->locked), s->n, s->kept, s->spoke, s->n);
    }
    if (s->matrix->project != NULL) s->matrix->project(w, s->matrix->ctx);
    PAL_TRY(orthogonalise(s, w, at + 1, &length, &rest, err));
    s->alpha[j] += rest;
    s->used++;
    s->beta[j] = 0;
    s->full = at + 1 == s->matrix->rank; /* then the rest is rounding */
    if (s->full) {
        goto done;
    }
    PAL_TRY(normalise(s, w, at + 1, &length, err));
    s->beta[j] = length;
    if (length <= 0) {
        PAL_TRY(start(s, at + 1, err)); /* an invariant space: go on in what is left */
    }

done:
    return rc;
}

/* ---- Ritz pairs ------------------------------------------------------------------------------------------- */

/* The small matrix of A between the active vectors, both triangles. */
static void fill_dense(solver *s)
{
    size_t m = s->used;
    double *t = s->dense;

    memset(t, 0, m * m * sizeof *t);
    for (size_t i = 0; i < m; i++) t[i * m + i] = s->alpha[i];
    for (size_t i = 0; i < s->kept; i++) t[i * m + s->kept] = t[s->kept * m + i] = s->spoke[i];
    for (size_t i = s->kept; i + 1 < m; i++) t[i * m + i + 1] = t[(i + 1) * m + i] = s->beta[i];
}

/* theta, residuals, and the rows y unless only_last: then y holds the last entry of each. */
static pal_status ritz(solver *s, bool only_last, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t m = s->used, width = only_last ? 1 : m;

    if (s->kept == 0) {
        memcpy(s->theta, s->alpha, m * sizeof *s->theta);
        memcpy(s->work, s->beta, m * sizeof *s->work);
        memset(s->y, 0, m * width * sizeof *s->y);
        for (size_t i = 0; i < m; i++) {
            s->y[i * width + width - 1] = i + 1 == m;
            if (!only_last) s->y[i * m + i] = 1;
        }
        PAL_TRY(pal_ql(s->theta, s->work, m, s->y, width, err));
        pal_ql_sort(s->theta, s->y, m, width);
    } else {
        fill_dense(s);
        width = m;
        PAL_TRY(pal_ql_dense(s->theta, s->y, s->dense, m, s->work, err));
    }
    for (size_t i = 0; i < m; i++) s->residual[i] = fabs(s->beta[m - 1] * s->y[i * width + width - 1]);

done:
    return rc;
}

/* Are the first `need` pairs found? With `above` (a number) one pair is looked for, and only if it is larger. */
static bool settled(const solver *s, size_t need, const double *above)
{
    if (s->full) return true;
    if (s->used < need) return false;
    if (above != NULL && s->residual[0] <= SURE * (*above - s->theta[0])) return true;
    for (size_t i = 0; i < need; i++) {
        if (s->residual[i] > s->config->tolerance / 2) return false;
    }
    return true;
}

typedef struct combination {
    solver *s;
    size_t n_rows;
} combination;

static pal_status block_combine(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const combination *c = ctx;
    solver *s = c->s;

    (void)block;
    (void)worker;
    (void)err;
    pal_gemm_f64(PAL_PORTABLE, false, false, c->n_rows, end - begin, s->used, 1, s->y, s->used,
                 row(s, s->locked) + begin, s->n, 0, s->spare + begin, s->n);
    return PAL_OK;
}

/* spare = the first n_rows Ritz vectors. */
static pal_status combine(solver *s, size_t n_rows, pal_error *err)
{
    combination c = { s, n_rows };

    return pal_parallel_for(s->n, BLOCK, s->n_threads, block_combine, &c, err);
}

/* Go on with the best Ritz vectors and the last residual direction. */
static pal_status restart(solver *s, size_t need, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t keep = need + 2 * (s->used - need) / 5, last = s->used - 1;

    PAL_TRY(combine(s, keep, err));
    memcpy(row(s, s->locked + keep), row(s, s->locked + s->used), s->n * sizeof *s->basis);
    memcpy(row(s, s->locked), s->spare, keep * s->n * sizeof *s->basis);
    for (size_t i = 0; i < keep; i++) {
        s->alpha[i] = s->theta[i];
        s->spoke[i] = s->beta[last] * s->y[i * s->used + last];
    }
    s->kept = s->used = keep;

done:
    return rc;
}

/* The `need` largest Ritz pairs that are orthogonal to the locked ones; left in theta and y. */
static pal_status search(solver *s, size_t need, const double *above, pal_error *err)
{
    pal_status rc = PAL_OK;

    s->kept = s->used = 0;
    PAL_TRY(start(s, s->locked, err));
    while (!s->full) {
        PAL_TRY(step(s, err));
        if (s->full || s->used == s->most) {
            PAL_TRY(ritz(s, false, err));
            if (settled(s, need, above)) {
                break;
            }
            PAL_TRY(restart(s, need, err));
        } else if (s->kept == 0 && s->used >= need && s->used % CHECK_EVERY == 0) {
            PAL_TRY(ritz(s, true, err));
            if (settled(s, need, above)) {
                PAL_TRY(ritz(s, false, err));
                break;
            }
        }
    }

done:
    return rc;
}

/* ---- locking ---------------------------------------------------------------------------------------------- */

/* Add the first `count` Ritz vectors to the locked ones. */
static pal_status lock(solver *s, size_t count, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(combine(s, count, err));
    memcpy(row(s, s->locked), s->spare, count * s->n * sizeof *s->basis);
    memcpy(s->locked_value + s->locked, s->theta, count * sizeof *s->theta);
    s->locked += count;
    pal_ql_sort(s->locked_value, s->basis, s->locked, s->n);

done:
    return rc;
}

/* The copies of multiple eigenvalues that one Krylov space cannot hold. */
static pal_status find_missed(solver *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted = s->config->wanted;

    while (s->locked < s->matrix->rank) {
        double smallest = s->locked_value[wanted - 1];

        PAL_TRY(search(s, 1, &smallest, err));
        if (s->used == 0 || s->theta[0] <= smallest + s->config->tolerance) {
            break;
        }
        PAL_TRY(lock(s, 1, err));
        s->locked = wanted; /* the smallest goes */
    }

done:
    return rc;
}

/* What was promised, measured: the estimates of Lanczos are not taken on trust. */
static pal_status check_residuals(solver *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *w = row(s, s->config->wanted);

    for (size_t i = 0; i < s->config->wanted; i++) {
        double off;

        PAL_TRY(s->matrix->multiply(w, row(s, i), s->matrix->ctx, err));
        subtract(w, row(s, i), 0, 1, &s->locked_value[i], s->n);
        off = sqrt(pal_dot(w, w, s->n));
        if (!(off <= s->config->tolerance)) {
            PAL_FAIL(PAL_ERR_CONVERGE, "Lanczos: eigenvalue %zu (%.6g) has residual %g, wanted %g", i,
                     s->locked_value[i], off, s->config->tolerance);
        }
    }

done:
    return rc;
}

/* ---- the solver ------------------------------------------------------------------------------------------- */

static size_t choose_basis(const pal_operator *matrix, const pal_lanczos_config *c)
{
    size_t basis = c->basis;

    if (basis == 0) basis = matrix->n < SMALL_N ? 3 * c->wanted + 80 : 2 * c->wanted + 40;
    if (basis < c->wanted + 4) basis = c->wanted + 4;
    return basis < matrix->rank ? basis : matrix->rank;
}

static pal_status solver_init(solver *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted = s->config->wanted, rows = wanted + s->most + 2;

    PAL_NEW(s->basis, rows * s->n);
    PAL_NEW(s->spare, s->most * s->n);
    PAL_NEW(s->alpha, s->most);
    PAL_NEW(s->beta, s->most);
    PAL_NEW(s->spoke, s->most);
    PAL_NEW(s->theta, s->most);
    PAL_NEW(s->residual, s->most);
    PAL_NEW(s->y, s->most * s->most);
    PAL_NEW(s->dense, s->most * s->most);
    PAL_NEW(s->work, 3 * s->most);
    PAL_NEW(s->dot, rows + 1);
    PAL_NEW(s->partial, pal_blocks(s->n, BLOCK) * (rows + 1));
    PAL_NEW(s->locked_value, wanted + 1);

done:
    return rc;
}

static void solver_clear(solver *s)
{
    double *const all[] = { s->basis, s->spare, s->alpha, s->beta, s->spoke, s->theta, s->residual,
                            s->y, s->dense, s->work, s->dot, s->partial, s->locked_value };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) pal_free(all[i]);
}

pal_status pal_lanczos(double *value, double *vector, size_t *steps, const pal_operator *matrix,
                       const pal_lanczos_config *config, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    solver s = { .matrix = matrix, .config = config, .key = key, .n = matrix->n,
                 .n_threads = matrix->n < THREADS_FROM ? 1 : config->n_threads,
                 .most = choose_basis(matrix, config) };

    PAL_ASSERT(config->wanted <= matrix->rank && config->tolerance > 0 && config->n_threads > 0);
    if (config->wanted > 0) {
        PAL_TRY(solver_init(&s, err));
        PAL_TRY(search(&s, config->wanted, NULL, err));
        PAL_TRY(lock(&s, config->wanted, err));
        PAL_TRY(find_missed(&s, err));
        PAL_TRY(check_residuals(&s, err));
    }
    for (size_t i = 0; i < config->wanted; i++) {
        value[i] = s.locked_value[i];
        memcpy(vector + i * s.n, row(&s, i), s.n * sizeof *vector);
        pal_fix_sign(vector + i * s.n, s.n);
    }
    if (steps != NULL) *steps = s.steps;

done:
    solver_clear(&s);
    return rc;
}

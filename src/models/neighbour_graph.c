/*
 * The graph of nearest neighbours, by exact search. Floats from a matrix product give a lower bound of each squared
 * distance; only a pair whose bound is not above the worst neighbour held so far is measured in double. So the answer
 * is that of the plain double loop, at the speed of the float product.
 */
#include "models/spectral.h"

#include "core/mem.h"
#include "core/threads.h"
#include "core/vector.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define QUERIES 64  /* rows of a block: also what a thread takes at a time */
#define POINTS 256  /* columns of a tile: 64 x 256 floats stay in the second-level cache */
#define LANES 16

typedef struct neighbour {
    double distance; /* squared */
    uint32_t point;
} neighbour;

typedef struct finder {
    size_t n, d, k; /* k: others that each point gets */
    const double *x;
    float *unit;    /* n x d: centred and scaled into -1..1                     */
    float *bound;   /* n: squared length there, less what rounding may have added */
    double factor;  /* squared: from distances of x to those of unit            */
    neighbour *found; /* n x k: ascending by distance, then point               */
} finder;

/* ---- preparation ------------------------------------------------------------------------------------------ */

static pal_status check_points(const double *x, size_t n, size_t d, size_t neighbours, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (n == 0 || d == 0 || n > UINT32_MAX || neighbours == 0) {
        PAL_FAIL(PAL_ERR_SHAPE, "neighbour graph: %zu points of %zu coordinates with %zu neighbours; all must be above "
                 "0 and at most %u points", n, d, neighbours, UINT32_MAX);
    }
    for (size_t i = 0; i < n * d; i++) {
        if (!(fabs(x[i]) <= 1e150)) { /* its square must be finite too */
            PAL_FAIL(PAL_ERR_DATA, "neighbour graph: point %zu, coordinate %zu is %g, wanted a number within 1e150",
                     i / d, i % d, x[i]);
        }
    }

done:
    return rc;
}

/*
 * Every rounding of unit, of the products and of the lengths is within (d + 8) half-ulps of (|a| + |b|)^2 <=
 * 2 |a|^2 + 2 |b|^2. Lengths shortened by twice that turn the float distance into a lower bound of the true one.
 */
static void shrink(finder *f)
{
    double slack = 1 - 4 * ((double)f->d + 8) * (double)FLT_EPSILON;

    for (size_t i = 0; i < f->n; i++) {
        double length = 0;

        for (size_t j = 0; j < f->d; j++) {
            double v = (double)f->unit[i * f->d + j];

            length += v * v;
        }
        f->bound[i] = (float)(slack * length - (double)f->d * 1e-36); /* what is below the smallest float is lost */
    }
}

static pal_status prepare(finder *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *mean = NULL, most = 0, scale = 1;

    PAL_NEW(f->unit, f->n * f->d);
    PAL_NEW(f->bound, f->n);
    PAL_NEW(f->found, f->n * f->k);
    PAL_NEW(mean, f->d);
    for (size_t i = 0; i < f->n; i++) {
        for (size_t j = 0; j < f->d; j++) mean[j] += f->x[i * f->d + j] / (double)f->n;
    }
    for (size_t i = 0; i < f->n * f->d; i++) {
        double size = fabs(f->x[i] - mean[i % f->d]);

        most = size > most ? size : most;
    }
    while (most * scale > 1) scale /= 2; /* powers of two: exact */
    while (most * scale > 0 && most * scale <= 0.5 && scale < 1e150) scale *= 2;
    for (size_t i = 0; i < f->n * f->d; i++) f->unit[i] = (float)((f->x[i] - mean[i % f->d]) * scale);
    f->factor = scale * scale;
    shrink(f);

done:
    pal_free(mean);
    return rc;
}

/* ---- search ----------------------------------------------------------------------------------------------- */

static double distance(const double *a, const double *b, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++) {
        double gap = a[j] - b[j];

        sum += gap * gap;
    }
    return sum;
}

/* Points come in ascending order, so one as far as the worst stays outside. */
static void offer(neighbour *list, size_t *held, size_t k, double far, uint32_t point)
{
    size_t at = *held;

    if (at == k && far >= list[k - 1].distance) return;
    if (at < k) ++*held;
    else at = k - 1;
    for (; at > 0 && list[at - 1].distance > far; at--) list[at] = list[at - 1];
    list[at] = (neighbour){ far, point };
}

/* A float not below v. */
static float above(double v)
{
    return v >= (double)FLT_MAX ? HUGE_VALF : (float)(v + 2 * (double)FLT_EPSILON * fabs(v) + 1e-36);
}

/* Lanes whose bound |b|^2 - 2 a.b is within the limit, as bits from lane 0 up. */
static inline unsigned within(const float *product, const float *bound, float limit)
{
    int any = 0;
    unsigned bits = 0;

    for (size_t l = 0; l < LANES; l++) any |= bound[l] - 2 * product[l] <= limit;
    if (any == 0) return 0;
    for (size_t l = 0; l < LANES; l++) bits |= (unsigned)(bound[l] - 2 * product[l] <= limit) << l;
    return bits;
}

typedef struct query {
    const finder *f;
    size_t row, held;
    neighbour *list;
    float limit; /* on |b|^2 - 2 a.b */
} query;

static void set_limit(query *q)
{
    const finder *f = q->f;

    q->limit = q->held < f->k ? HUGE_VALF
                              : above(q->list[f->k - 1].distance * f->factor - (double)f->bound[q->row]);
}

static void measure(query *q, size_t point)
{
    const finder *f = q->f;

    if (point == q->row) return;
    offer(q->list, &q->held, f->k, distance(f->x + q->row * f->d, f->x + point * f->d, f->d), (uint32_t)point);
    set_limit(q);
}

/* One query against the points of a tile. */
PAL_VECTOR static void scan(query *q, const float *product, size_t first, size_t count)
{
    const float *bound = q->f->bound + first;
    size_t j = 0;

    for (; j + LANES <= count; j += LANES) {
        unsigned bits = within(product + j, bound + j, q->limit);

        for (size_t l = 0; bits != 0; l++, bits >>= 1) {
            if (bits & 1) measure(q, first + j + l);
        }
    }
    for (; j < count; j++) {
        if (bound[j] - 2 * product[j] <= q->limit) measure(q, first + j);
    }
}

static pal_status find_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const finder *f = ctx;
    float product[QUERIES * POINTS];
    query q[QUERIES];

    (void)block;
    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++) {
        q[i - begin] = (query){ f, i, 0, f->found + i * f->k, HUGE_VALF };
    }
    for (size_t first = 0; first < f->n; first += POINTS) {
        size_t count = f->n - first < POINTS ? f->n - first : POINTS;

        pal_gemm_f32(PAL_PORTABLE, false, true, end - begin, count, f->d, 1, f->unit + begin * f->d, f->d,
                     f->unit + first * f->d, f->d, 0, product, POINTS);
        for (size_t i = 0; i < end - begin; i++) scan(&q[i], product + i * POINTS, first, count);
    }
    return PAL_OK;
}

/* ---- the graph -------------------------------------------------------------------------------------------- */

/* Half of what i finds in j and half of what j finds in i. */
static pal_status average(pal_csr **out, const finder *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    PAL_NEW(cell, 2 * f->n * f->k);
    for (size_t i = 0; i < f->n; i++) {
        for (size_t s = 0; s < f->k; s++) {
            uint32_t j = f->found[i * f->k + s].point;

            cell[n++] = (pal_csr_cell){ (uint32_t)i, j, 0.5f };
            cell[n++] = (pal_csr_cell){ j, (uint32_t)i, 0.5f };
        }
    }
    PAL_TRY(pal_csr_new(out, f->n, f->n, cell, n, PAL_TWICE_SUM, err));

done:
    pal_free(cell);
    return rc;
}

pal_status pal_neighbour_graph(pal_csr **out, const double *x, size_t n, size_t d, size_t neighbours,
                               size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    finder f = { .n = n, .d = d, .k = neighbours - 1 < n - 1 ? neighbours - 1 : n - 1, .x = x };

    PAL_TRY(check_points(x, n, d, neighbours, err));
    if (f.k > 0) {
        PAL_TRY(prepare(&f, err));
        PAL_TRY(pal_parallel_for(n, QUERIES, n_threads, find_block, &f, err));
    }
    PAL_TRY(average(out, &f, err));

done:
    pal_free(f.unit);
    pal_free(f.bound);
    pal_free(f.found);
    return rc;
}

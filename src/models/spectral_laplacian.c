/* The normalised graph: checked once, multiplied many times. */
#include "models/spectral_laplacian.h"

#include "core/mem.h"
#include "core/sum.h"
#include "core/threads.h"
#include "core/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 4096                        /* a block of the product                                              */
#define THREADS_FROM ((size_t)1 << 21)   /* cells from which a product takes longer than the making of threads */

/* ---- checks ----------------------------------------------------------------------------------------------- */

static pal_status check_cells(const pal_csr *g, double floor, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (g->n_rows == 0 || g->n_rows != g->n_cols) {
        PAL_FAIL(PAL_ERR_SHAPE, "a graph must be square and not empty, found %zu x %zu", g->n_rows, g->n_cols);
    }
    if (!(floor >= 0 && floor < HUGE_VAL)) {
        PAL_FAIL(PAL_ERR_DATA, "the floor of a graph must be a number >= 0, found %g", floor);
    }
    for (size_t r = 0; r < g->n_rows; r++) {
        for (size_t i = g->begin[r]; i < g->begin[r + 1]; i++) {
            if (!(g->value[i] >= 0 && isfinite(g->value[i]))) {
                PAL_FAIL(PAL_ERR_DATA, "graph: cell (%zu, %u) has weight %g, wanted >= 0", r, g->col[i],
                         (double)g->value[i]);
            }
        }
    }

done:
    return rc;
}

static size_t skip_zeros(const pal_csr *g, size_t r, size_t i)
{
    while (i < g->begin[r + 1] && !(g->value[i] > 0)) i++;
    return i;
}

/* Rows ascend, so the cells (., j) come in the order of row j: one finger a row finds each counterpart at once. */
static pal_status check_symmetry(const pal_csr *g, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *finger = NULL;

    PAL_NEW(finger, g->n_rows);
    for (size_t r = 0; r < g->n_rows; r++) finger[r] = skip_zeros(g, r, g->begin[r]);
    for (size_t r = 0; r < g->n_rows; r++) {
        for (size_t i = skip_zeros(g, r, g->begin[r]); i < g->begin[r + 1]; i = skip_zeros(g, r, i + 1)) {
            uint32_t c = g->col[i];
            size_t at = finger[c];

            if (at == g->begin[c + 1] || g->col[at] != r || g->value[at] < g->value[i] || g->value[at] > g->value[i]) {
                size_t other = pal_csr_find(g, c, (uint32_t)r);

                PAL_FAIL(PAL_ERR_DATA, "graph: not symmetric: cell (%zu, %u) is %g, cell (%u, %zu) is %g", r, c,
                         (double)g->value[i], c, r, other == SIZE_MAX ? 0.0 : (double)g->value[other]);
            }
            finger[c] = skip_zeros(g, c, at + 1);
        }
    }

done:
    pal_free(finger);
    return rc;
}

/* ---- components ------------------------------------------------------------------------------------------- */

/* part[i] = the smallest point of i's component; with a floor all pairs are linked. Breadth first. */
static pal_status find_parts(pal_laplacian *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *g = l->graph;
    uint32_t *queue = NULL;

    PAL_NEW(queue, g->n_rows);
    for (size_t i = 0; i < g->n_rows; i++) l->part[i] = l->floor > 0 && g->n_rows > 1 ? 0 : PAL_ISOLATED;
    for (size_t from = 0; from < g->n_rows && !(l->floor > 0); from++) {
        size_t head = 0, tail = 0;

        if (l->part[from] != PAL_ISOLATED || !(l->scale[from] > 0)) continue;
        queue[tail++] = (uint32_t)from;
        l->part[from] = (uint32_t)from;
        while (head < tail) {
            size_t r = queue[head++];

            for (size_t i = g->begin[r]; i < g->begin[r + 1]; i++) {
                if (g->value[i] > 0 && l->part[g->col[i]] == PAL_ISOLATED) {
                    l->part[g->col[i]] = (uint32_t)from;
                    queue[tail++] = g->col[i];
                }
            }
        }
    }

done:
    pal_free(queue);
    return rc;
}

typedef struct component {
    uint32_t first; /* smallest member */
    size_t size;
} component;

static int larger_first(const void *a, const void *b)
{
    const component *x = a, *y = b;

    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

/* From smallest members to numbers, the largest component first. */
static pal_status number_parts(pal_laplacian *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = l->graph->n_rows;
    component *list = NULL;
    uint32_t *number = NULL; /* by smallest member */

    PAL_NEW(number, n);
    for (size_t i = 0; i < n; i++) {
        if (l->part[i] == PAL_ISOLATED) continue;
        l->n_active++;
        if (l->part[i] == i) number[i] = (uint32_t)l->n_parts++;
    }
    PAL_NEW(list, l->n_parts);
    for (size_t i = 0; i < n; i++) {
        if (l->part[i] == PAL_ISOLATED) continue;
        list[number[l->part[i]]].first = l->part[i];
        list[number[l->part[i]]].size++;
    }
    qsort(list, l->n_parts, sizeof *list, larger_first);
    for (size_t p = 0; p < l->n_parts; p++) number[list[p].first] = (uint32_t)p;
    for (size_t i = 0; i < n; i++) {
        if (l->part[i] != PAL_ISOLATED) l->part[i] = number[l->part[i]];
    }

done:
    pal_free(list);
    pal_free(number);
    return rc;
}

/* ---- preparation ------------------------------------------------------------------------------------------ */

/* scale holds the degrees until the components are known. */
static void sum_degrees(pal_laplacian *l)
{
    const pal_csr *g = l->graph;

    for (size_t r = 0; r < g->n_rows; r++) {
        double degree = l->floor * (double)(g->n_rows - 1);

        for (size_t i = g->begin[r]; i < g->begin[r + 1]; i++) {
            degree += g->col[i] == r ? 0 : (double)g->value[i];
        }
        l->scale[r] = degree;
    }
}

static void scale_degrees(pal_laplacian *l)
{
    size_t n = l->graph->n_rows;

    for (size_t i = 0; i < n; i++) {
        if (l->part[i] != PAL_ISOLATED) l->sum[l->part[i]] += l->scale[i];
    }
    for (size_t i = 0; i < n; i++) {
        l->trivial[i] = l->part[i] == PAL_ISOLATED ? 0 : sqrt(l->scale[i] / l->sum[l->part[i]]);
        l->scale[i] = l->part[i] == PAL_ISOLATED ? 0 : 1 / sqrt(l->scale[i]);
    }
}

/* The cells (r, r). */
static pal_status find_diagonal(pal_laplacian *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *g = l->graph;

    PAL_NEW(l->diagonal, g->n_rows);
    for (size_t r = 0; r < g->n_rows; r++) {
        size_t at = pal_csr_find(g, r, (uint32_t)r);

        if (at != SIZE_MAX) l->diagonal[l->n_diagonal++] = at;
    }

done:
    return rc;
}

pal_status pal_laplacian_init(pal_laplacian *l, const pal_csr *graph, double floor, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;

    *l = (pal_laplacian){ .graph = graph, .floor = floor, .n_threads = graph->n < THREADS_FROM ? 1 : n_threads };
    PAL_TRY(check_cells(graph, floor, err));
    PAL_TRY(check_symmetry(graph, err));
    PAL_NEW(l->part, graph->n_rows);
    PAL_NEW(l->scale, graph->n_rows);
    PAL_NEW(l->trivial, graph->n_rows);
    PAL_NEW(l->spread, graph->n_rows);
    sum_degrees(l);
    PAL_TRY(find_diagonal(l, err));
    PAL_TRY(find_parts(l, err));
    PAL_TRY(number_parts(l, err));
    PAL_NEW(l->sum, l->n_parts);
    scale_degrees(l);

done:
    return rc;
}

void pal_laplacian_clear(pal_laplacian *l)
{
    pal_free(l->part);
    pal_free(l->diagonal);
    pal_free(l->scale);
    pal_free(l->trivial);
    pal_free(l->spread);
    pal_free(l->sum);
}

/* ---- use -------------------------------------------------------------------------------------------------- */

typedef struct product {
    const pal_laplacian *l;
    double *y;
    double total; /* of spread */
} product;

#define LANES 8

/* value . z[col] of one row in eight running sums: one alone would wait for each addition. */
static inline double row_sum(const float *value, const uint32_t *col, const double *z, size_t n)
{
    double s[LANES] = { 0 };
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) s[l] += (double)value[i + l] * z[col[i + l]];
    }
    for (size_t l = 0; i + l < n; l++) s[l] += (double)value[i + l] * z[col[i + l]];
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

PAL_VECTOR static void multiply_range(const product *p, size_t begin, size_t end)
{
    const pal_laplacian *l = p->l;
    const pal_csr *g = l->graph;

    for (size_t r = begin; r < end; r++) {
        size_t first = g->begin[r];
        double sum = row_sum(g->value + first, g->col + first, l->spread, g->begin[r + 1] - first);

        p->y[r] = l->scale[r] * (sum + l->floor * (p->total - l->spread[r]));
    }
}

static pal_status multiply_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    (void)block;
    (void)worker;
    (void)err;
    multiply_range(ctx, begin, end);
    return PAL_OK;
}

/* The diagonal is part of the rows: it is taken off afterwards, where there is one. */
static void leave_diagonal(double *y, const pal_laplacian *l)
{
    for (size_t k = 0; k < l->n_diagonal; k++) {
        size_t r = l->graph->col[l->diagonal[k]];

        y[r] -= l->scale[r] * ((double)l->graph->value[l->diagonal[k]] * l->spread[r]);
    }
}

pal_status pal_laplacian_multiply(double *y, const double *x, void *laplacian, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_laplacian *l = laplacian;
    product p = { l, y, 0 };

    for (size_t i = 0; i < l->graph->n_rows; i++) l->spread[i] = l->scale[i] * x[i];
    if (l->floor > 0) p.total = pal_sum(l->spread, l->graph->n_rows);
    PAL_TRY(pal_parallel_for(l->graph->n_rows, ROWS, l->n_threads, multiply_rows, &p, err));
    leave_diagonal(y, l);

done:
    return rc;
}

void pal_laplacian_project(double *x, void *laplacian)
{
    pal_laplacian *l = laplacian;
    size_t n = l->graph->n_rows;

    for (size_t p = 0; p < l->n_parts; p++) l->sum[p] = 0;
    if (l->n_parts == 1) {
        l->sum[0] = pal_dot(x, l->trivial, n);
    } else {
        for (size_t i = 0; i < n; i++) {
            if (l->part[i] != PAL_ISOLATED) l->sum[l->part[i]] += x[i] * l->trivial[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = l->part[i] == PAL_ISOLATED ? 0 : x[i] - l->sum[l->part[i]] * l->trivial[i];
    }
}

pal_operator pal_laplacian_operator(pal_laplacian *l)
{
    return (pal_operator){ .n = l->graph->n_rows, .rank = l->n_active - l->n_parts, .ctx = l,
                           .multiply = pal_laplacian_multiply, .project = pal_laplacian_project };
}

void pal_laplacian_dense(double *out, const pal_laplacian *l)
{
    const pal_csr *g = l->graph;
    size_t m = l->n_active, a = 0;

    /* row by row: the stored cells in l->spread, then the active columns of it */
    for (size_t r = 0; r < g->n_rows; r++) {
        size_t b = 0;

        if (l->part[r] == PAL_ISOLATED) continue;
        for (size_t c = 0; c < g->n_rows; c++) l->spread[c] = c == r ? 0 : l->floor;
        for (size_t i = g->begin[r]; i < g->begin[r + 1]; i++) {
            if (g->col[i] != r) l->spread[g->col[i]] += (double)g->value[i];
        }
        for (size_t c = 0; c < g->n_rows; c++) {
            if (l->part[c] == PAL_ISOLATED) continue;
            out[a * m + b] = l->scale[r] * l->scale[c] * l->spread[c];
            if (l->part[c] == l->part[r]) out[a * m + b] -= 3 * l->trivial[r] * l->trivial[c];
            b++;
        }
        a++;
    }
}

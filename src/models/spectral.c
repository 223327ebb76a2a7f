/* Spectral clustering: graph, eigenvectors, unit rows, k-means. */
#include "models/spectral.h"

#include "core/lapack.h"
#include "core/mem.h"
#include "core/sum.h"
#include "models/kmeans.h"
#include "models/spectral_laplacian.h"
#include "models/spectral_ql.h"
#include "models/spectral_start.h"

#include <math.h>
#include <string.h>

/* ---- settings --------------------------------------------------------------------------------------------- */

const pal_param pal_spectral_params[] = {
    { "k", PAL_PARAM_INT, "0", 0, 100000, NULL, "clusters; 0: by the largest eigengap among 2..max_k",
      "von Luxburg, Stat. Comput. 17 (2007), 8.3" },
    { "max_k", PAL_PARAM_INT, "20", 2, 1000, NULL, "most clusters looked at when k is 0", NULL },
    { "neighbours", PAL_PARAM_INT, "10", 2, 10000, NULL,
      "neighbours of a point in the graph, the point itself counted", "scikit-learn SpectralClustering" },
    { "solver", PAL_PARAM_CHOICE, "\"auto\"", 0, 0, "auto|dense|lanczos",
      "eigensolver; auto: dense up to dense_below points", NULL },
    { "dense_below", PAL_PARAM_INT, "48", 0, 20000, NULL, "points up to which auto takes the dense solver",
      "palate bench cluster: Lanczos is faster above" },
    { "restarts", PAL_PARAM_INT, "10", 0, 10000, NULL, "random starts of k-means beside the one from QR",
      "scikit-learn SpectralClustering, n_init" },
    { "tolerance", PAL_PARAM_REAL, "1e-8", 1e-12, 0.1, NULL, "residual |L v - lambda v| of the eigenvectors", NULL },
    { "extra", PAL_PARAM_INT, "0", 0, 1000, NULL, "eigenvalues found beyond k, to see the gap", NULL },
    { "max_steps", PAL_PARAM_INT, "20000", 10, 10000000, NULL, "steps of Lanczos before it gives up", NULL },
    { NULL, PAL_PARAM_INT, NULL, 0, 0, NULL, NULL, NULL },
};

pal_spectral_config pal_spectral_defaults(void)
{
    return (pal_spectral_config){
        .k = 0, .max_k = 20, .neighbours = 10, .solver = PAL_SOLVER_AUTO, .dense_below = 48, .restarts = 10,
        .tolerance = 1e-8, .backend = PAL_PORTABLE, .n_threads = 1, .extra = 0, .max_steps = 20000,
    };
}

pal_spectral_config pal_spectral_config_from(const pal_values *values)
{
    pal_spectral_config c = pal_spectral_defaults();

    c.k = (size_t)pal_values_int(values, "k");
    c.max_k = (size_t)pal_values_int(values, "max_k");
    c.neighbours = (size_t)pal_values_int(values, "neighbours");
    c.solver = (pal_spectral_solver)pal_values_choice(values, "solver");
    c.dense_below = (size_t)pal_values_int(values, "dense_below");
    c.restarts = (size_t)pal_values_int(values, "restarts");
    c.tolerance = pal_values_real(values, "tolerance");
    c.extra = (size_t)pal_values_int(values, "extra");
    c.max_steps = (size_t)pal_values_int(values, "max_steps");
    return c;
}

void pal_spectral_clear(pal_spectral_result *result)
{
    pal_free(result->label);
    pal_free(result->value);
    pal_free(result->vector);
    *result = (pal_spectral_result){ 0 };
}

/* ---- eigenvectors ----------------------------------------------------------------------------------------- */

typedef struct work {
    const pal_spectral_config *config;
    pal_key key;
    pal_laplacian graph;
    pal_spectral_result result;
    double *column;   /* n_values x n: eigenvectors as rows, before they become columns of the map */
    size_t n_trivial; /* of them known beforehand                                                  */
} work;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The eigenvectors of the active points alone, spread over all points. */
static pal_status solve_dense(work *w, double *value, double *vector, size_t wanted, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t m = w->graph.n_active, n = w->result.n;
    double *a = NULL, *all = NULL, *values = NULL, *tmp = NULL;

    PAL_NEW(a, m * m);
    PAL_NEW(all, m * m);
    PAL_NEW(values, m);
    PAL_NEW(tmp, 3 * m);
    pal_laplacian_dense(a, &w->graph);
    if (w->config->backend == PAL_OPENBLAS) {
        PAL_TRY(pal_lapack_largest(values, all, a, m, wanted, err));
    } else {
        PAL_TRY(pal_ql_dense(values, all, a, m, tmp, err));
    }
    for (size_t e = 0; e < wanted; e++) {
        size_t at = 0;

        value[e] = values[e];
        for (size_t i = 0; i < n; i++) {
            vector[e * n + i] = w->graph.part[i] == PAL_ISOLATED ? 0 : all[e * m + at++];
        }
        pal_fix_sign(vector + e * n, n);
    }

done:
    pal_free(a);
    pal_free(all);
    pal_free(values);
    pal_free(tmp);
    return rc;
}

static pal_status solve(work *w, double *value, double *vector, size_t wanted, pal_error *err)
{
    const pal_spectral_config *c = w->config;
    pal_operator matrix = pal_laplacian_operator(&w->graph);
    pal_lanczos_config lanczos = { .wanted = wanted, .max_steps = c->max_steps, .tolerance = c->tolerance,
                                   .n_threads = c->n_threads };

    if (c->solver == PAL_SOLVER_DENSE || (c->solver == PAL_SOLVER_AUTO && w->graph.n_active <= c->dense_below)) {
        return solve_dense(w, value, vector, wanted, err);
    }
    return pal_lanczos(value, vector, &w->result.steps, &matrix, &lanczos, w->key, err);
}

/* column and value: the trivial pairs (eigenvalue 0 of the Laplacian), then those of the solver. */
static pal_status find_map(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_spectral_result *r = &w->result;
    const pal_spectral_config *c = w->config;
    size_t n = r->n;

    r->n_values = smaller(c->k > 0 ? c->k + c->extra : c->max_k + 1, w->graph.n_active);
    w->n_trivial = smaller(r->n_values, w->graph.n_parts);
    PAL_NEW(r->value, r->n_values);
    PAL_NEW(r->vector, n * r->n_values);
    PAL_NEW(w->column, r->n_values * n);
    for (size_t i = 0; i < n; i++) {
        if (w->graph.part[i] < w->n_trivial) w->column[w->graph.part[i] * n + i] = w->graph.trivial[i];
    }
    if (w->n_trivial < r->n_values) {
        PAL_TRY(solve(w, r->value + w->n_trivial, w->column + w->n_trivial * n, r->n_values - w->n_trivial, err));
    }
    for (size_t e = w->n_trivial; e < r->n_values; e++) {
        r->value[e] = r->value[e] < 1 ? 1 - r->value[e] : 0;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t e = 0; e < r->n_values; e++) r->vector[i * r->n_values + e] = w->column[e * n + i];
    }

done:
    return rc;
}

/* The k in 2..max_k behind which the eigenvalues leap farthest; ties by the lowest. */
static size_t choose_k(const work *w)
{
    const pal_spectral_result *r = &w->result;
    size_t most = smaller(w->config->max_k, r->n_values), best = smaller(2, r->n_values);
    double widest = -1;

    if (w->graph.n_parts >= most) return most; /* as many separate parts: no gap inside is seen */
    for (size_t k = 2; k <= most && k < r->n_values; k++) {
        double gap = r->value[k] - r->value[k - 1];

        if (gap > widest) {
            widest = gap;
            best = k;
        }
    }
    return best;
}

/* ---- partition -------------------------------------------------------------------------------------------- */

/* Unit rows of the first k columns for the points that have any; *m of them, `point` says whose. */
static void unit_rows(double *x, uint32_t *point, size_t *m, const pal_spectral_result *r, size_t k)
{
    *m = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double *row = r->vector + i * r->n_values;
        double length = sqrt(pal_dot(row, row, k));

        if (!(length > 0)) continue;
        for (size_t f = 0; f < k; f++) x[*m * k + f] = row[f] / length;
        point[(*m)++] = (uint32_t)i;
    }
}

#define NO_LABEL UINT32_MAX

static pal_status partition(work *w, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_spectral_result *r = &w->result;
    pal_kmeans_config config = pal_kmeans_defaults();
    double *x = NULL;
    uint32_t *point = NULL, *label = NULL, *start = NULL;
    size_t m;

    PAL_NEW(x, r->n * k);
    PAL_NEW(point, r->n);
    PAL_NEW(label, r->n);
    PAL_NEW(start, r->n);
    unit_rows(x, point, &m, r, k);
    PAL_TRY(pal_spectral_start(start, x, m, k, err));
    config.k = k;
    config.restarts = w->config->restarts;
    config.start = start;
    config.n_threads = w->config->n_threads;
    PAL_TRY(pal_kmeans(label, NULL, &r->inertia, x, m, k, &config, w->key, err));
    for (size_t i = 0; i < m; i++) r->label[point[i]] = label[i];

done:
    pal_free(x);
    pal_free(point);
    pal_free(label);
    pal_free(start);
    return rc;
}

/* Labels by smallest member; points without one join the largest cluster. */
static pal_status number_labels(work *w, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_spectral_result *r = &w->result;
    uint32_t *number = NULL, largest = 0;
    size_t *count = NULL;

    PAL_NEW(number, k);
    PAL_NEW(count, k);
    for (size_t j = 0; j < k; j++) number[j] = NO_LABEL;
    r->k = 0;
    for (size_t i = 0; i < r->n; i++) {
        uint32_t old = r->label[i];

        if (old == NO_LABEL) continue;
        if (number[old] == NO_LABEL) number[old] = (uint32_t)r->k++;
        r->label[i] = number[old];
        count[number[old]]++;
    }
    for (size_t j = 1; j < r->k; j++) {
        if (count[j] > count[largest]) largest = (uint32_t)j;
    }
    for (size_t i = 0; i < r->n; i++) {
        if (r->label[i] == NO_LABEL) r->label[i] = largest;
    }
    if (r->k == 0) r->k = 1; /* no edge at all: one cluster */

done:
    pal_free(number);
    pal_free(count);
    return rc;
}

static pal_status cluster(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_spectral_result *r = &w->result;
    size_t k = w->config->k > 0 ? w->config->k : choose_k(w), next = 0;

    PAL_NEW(r->label, r->n);
    for (size_t i = 0; i < r->n; i++) r->label[i] = NO_LABEL;
    if (r->n <= k || w->graph.n_active <= k) { /* each a cluster of its own */
        for (size_t i = 0; i < r->n; i++) {
            if (r->n <= k || w->graph.part[i] != PAL_ISOLATED) r->label[i] = (uint32_t)next++;
        }
        k = next;
    } else {
        PAL_TRY(partition(w, k, err));
    }
    PAL_TRY(number_labels(w, k, err));

done:
    return rc;
}

/* ---- the whole -------------------------------------------------------------------------------------------- */

pal_status pal_spectral_graph(pal_spectral_result *result, const pal_csr *graph, double floor,
                              const pal_spectral_config *config, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    work w = { .config = config, .key = key };

    *result = (pal_spectral_result){ 0 };
    PAL_TRY(pal_laplacian_init(&w.graph, graph, floor, config->n_threads, err));
    w.result.n = graph->n_rows;
    w.result.n_isolated = graph->n_rows - w.graph.n_active;
    w.result.n_components = w.graph.n_parts + w.result.n_isolated;
    PAL_TRY(find_map(&w, err));
    PAL_TRY(cluster(&w, err));
    *result = w.result;
    w.result = (pal_spectral_result){ 0 };

done:
    pal_spectral_clear(&w.result);
    pal_laplacian_clear(&w.graph);
    pal_free(w.column);
    return rc;
}

pal_status pal_spectral_points(pal_spectral_result *result, const double *x, size_t n, size_t d,
                               const pal_spectral_config *config, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *graph = NULL;

    *result = (pal_spectral_result){ 0 };
    PAL_TRY(pal_neighbour_graph(&graph, x, n, d, config->neighbours, config->n_threads, err));
    PAL_TRY(pal_spectral_graph(result, graph, 0, config, key, err));

done:
    pal_csr_free(graph);
    return rc;
}

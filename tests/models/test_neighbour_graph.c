/* The nearest-neighbour graph against the plain double loop and scikit-learn's. */
#include "models/spectral.h"

#include "core/mem.h"
#include "models/spectral_bench.h"

#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_neighbour_graph(void);

enum { MOST = 700, WIDEST = 70 };
static double x[MOST * WIDEST];
static uint8_t found[MOST][MOST]; /* found[i][j]: j is a neighbour of i */
static pal_error err;

static double draw(int seed, size_t i)
{
    return pal_u01(pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0) - 0.5;
}

/* The definition: the k - 1 others with the smallest distance, ties by lower index. */
static void search(size_t n, size_t d, size_t k)
{
    static double far[MOST];

    memset(found, 0, sizeof found);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            far[j] = 0;
            for (size_t f = 0; f < d; f++) far[j] += (x[i * d + f] - x[j * d + f]) * (x[i * d + f] - x[j * d + f]);
        }
        for (size_t round = 1; round < k && round < n; round++) {
            size_t best = MOST;

            for (size_t j = 0; j < n; j++) {
                if (j != i && found[i][j] == 0 && (best == MOST || far[j] < far[best])) best = j;
            }
            found[i][best] = 1;
        }
    }
}

static void check_graph(size_t n, size_t d, size_t k, size_t n_threads)
{
    pal_csr *graph = NULL;
    size_t cells = 0;

    HOLDS(pal_neighbour_graph(&graph, x, n, d, k, n_threads, &err) == PAL_OK, "%s", err.text);
    HOLD(graph->n_rows == n && graph->n_cols == n);
    search(n, d, k);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double wanted = 0.5 * (found[i][j] + found[j][i]);
            size_t at = pal_csr_find(graph, i, (uint32_t)j);

            cells += wanted > 0;
            HOLDS(wanted > 0 ? at != SIZE_MAX && (double)graph->value[at] == wanted : at == SIZE_MAX,
                  "%zu points, %zu coordinates, k %zu: pair %zu %zu", n, d, k, i, j);
        }
    }
    ck_assert_uint_eq(graph->n, cells);
    pal_csr_free(graph);
}

START_TEST(graph_is_that_of_the_plain_search)
{
    static const size_t sizes[] = { 1, 2, 3, 17, 64, 65, 130, 700 }, widths[] = { 1, 2, 9, 16, 70 };

    for (size_t w = 0; w < 5; w++) {
        size_t n = sizes[_i], d = widths[w];

        for (size_t i = 0; i < n * d; i++) x[i] = draw(_i, i);
        check_graph(n, d, 2 + w * 3, 1 + w % 2);
    }
}
END_TEST

/* Points on a small grid: most distances are shared by many. */
START_TEST(ties_go_to_the_lower_index)
{
    for (size_t i = 0; i < 300 * 2; i++) x[i] = floor(draw(_i + 20, i) * 6);
    check_graph(300, 2, 6, 2);
    for (size_t i = 0; i < 300 * 2; i++) x[i] = 2.385; /* all the same */
    check_graph(300, 2, 5, 1);
}
END_TEST

/* Scales that floats do not hold: the answer must not notice. */
START_TEST(extreme_scales_change_nothing)
{
    static const double scales[] = { 1e-140, 1e-30, 1e30, 1e140 };

    for (size_t s = 0; s < 4; s++) {
        for (size_t i = 0; i < 200 * 3; i++) x[i] = draw(5, i) * scales[s];
        check_graph(200, 3, 7, 1);
    }
    for (size_t i = 0; i < 200 * 3; i++) x[i] = 1e9 + draw(5, i) * 1e-3; /* far from the origin, near each other */
    check_graph(200, 3, 7, 1);
    for (size_t i = 0; i < 200 * 3; i++) x[i] = i < 3 ? 1e25 : draw(5, i) * (i % 2 == 0 ? 1 : 1e-12); /* an outlier */
    check_graph(200, 3, 7, 1);
}
END_TEST

/*
 * scikit-learn 1.2.1: g = kneighbors_graph(x, 10, include_self=True); w = .5 * (g + g.T); w.setdiag(0);
 * w.eliminate_zeros(); w.nnz and ((row * 31 + column * 17) * (2 * value)).sum() over the cells.
 */
START_TEST(graph_is_that_of_scikit_learn)
{
    static const struct {
        size_t n;
        double separation;
        size_t cells;
        uint64_t checksum;
    } references[] = {
        { 2000, 1, 27096, 1718905584 }, { 2000, 0.6, 27780, 1724126976 }, { 10000, 1, 139750, 43109975904 },
    };
    size_t n = references[_i].n;
    double *points = calloc(n * PAL_BENCH_CLUSTER_D, sizeof *points);
    uint32_t *label = calloc(n, sizeof *label);
    uint64_t checksum = 0;
    pal_csr *graph = NULL;

    pal_bench_clusters(points, label, NULL, n, references[_i].separation);
    HOLDS(pal_neighbour_graph(&graph, points, n, PAL_BENCH_CLUSTER_D, 10, 2, &err) == PAL_OK, "%s", err.text);
    for (size_t i = 0; i < n; i++) {
        for (size_t at = graph->begin[i]; at < graph->begin[i + 1]; at++) {
            checksum += (i * 31 + (uint64_t)graph->col[at] * 17) * (uint64_t)(2 * graph->value[at]);
        }
    }
    ck_assert_uint_eq(graph->n, references[_i].cells);
    ck_assert_uint_eq(checksum, references[_i].checksum);
    pal_csr_free(graph);
    free(points);
    free(label);
}
END_TEST

START_TEST(bad_points_are_named)
{
    pal_csr *graph = NULL;

    for (size_t i = 0; i < 12; i++) x[i] = (double)i;
    x[7] = (double)NAN;
    ck_assert_int_eq(pal_neighbour_graph(&graph, x, 4, 3, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "point 2, coordinate 1 is"));
    x[7] = 1e151;
    ck_assert_int_eq(pal_neighbour_graph(&graph, x, 4, 3, 2, 1, &err), PAL_ERR_DATA);
    x[7] = 7;
    ck_assert_int_eq(pal_neighbour_graph(&graph, x, 0, 3, 2, 1, &err), PAL_ERR_SHAPE);
    ck_assert_int_eq(pal_neighbour_graph(&graph, x, 4, 0, 2, 1, &err), PAL_ERR_SHAPE);
    ck_assert_int_eq(pal_neighbour_graph(&graph, x, 4, 3, 0, 1, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "with 0 neighbours"));
    ck_assert_ptr_null(graph);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    size_t failed = 0;

    for (size_t i = 0; i < 90; i++) x[i] = draw(1, i);
    for (size_t at = 1;; at++) {
        pal_csr *graph = NULL;
        pal_status rc;

        pal_mem_fail_at(at);
        rc = pal_neighbour_graph(&graph, x, 30, 3, 4, 1, &err);
        pal_mem_fail_at(0);
        HOLD(rc == PAL_OK || (rc == PAL_ERR_MEMORY && graph == NULL));
        pal_csr_free(graph);
        if (rc == PAL_OK) break;
        failed++;
    }
    ck_assert_uint_ge(failed, 9);
}
END_TEST

Suite *suite_models_neighbour_graph(void)
{
    Suite *suite = suite_create("models/neighbour_graph");
    TCase *tc = tcase_create("graph");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, graph_is_that_of_the_plain_search, 0, 8);
    tcase_add_loop_test(tc, ties_go_to_the_lower_index, 0, 4);
    tcase_add_test(tc, extreme_scales_change_nothing);
    tcase_add_loop_test(tc, graph_is_that_of_scikit_learn, 0, 3);
    tcase_add_test(tc, bad_points_are_named);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tc);
    return suite;
}

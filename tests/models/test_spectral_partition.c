/* Partitions of spectral clustering: planted ones, Zachary's club, components, corners, failing memory. */
#include "models/spectral.h"

#include "core/mem.h"
#include "core/partition.h"
#include "models/spectral_bench.h"
#include "models/spectral_start.h"

#include "tests/support/holds.h"
#include "tests/support/spectral_graphs.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_spectral_partition(void);

static pal_error err;

/* ARI with blocks i % k. */
static double recovered(const pal_spectral_result *r, size_t k)
{
    uint32_t *truth = calloc(r->n, sizeof *truth);
    double ari = -7;

    for (size_t i = 0; i < r->n; i++) truth[i] = (uint32_t)(i % k);
    HOLD(pal_adjusted_rand(&ari, truth, r->label, r->n, &err) == PAL_OK);
    free(truth);
    return ari;
}

/* ---- partitions ---- */

START_TEST(planted_blocks_are_recovered)
{
    pal_csr *graph = spectral_blocks(_i, 300, 5, 0.25, 0.02);
    pal_spectral_config config = spectral_config_of(5);
    pal_spectral_result r = spectral_cluster(graph, 0, &config);

    ck_assert_double_ge(recovered(&r, 5), 0.95);
    pal_spectral_clear(&r);
    config.k = 0; /* and their number by the eigengap */
    config.restarts = 0;
    r = spectral_cluster(graph, 0.01, &config);
    ck_assert_uint_eq(r.k, 5);
    ck_assert_uint_eq(r.n_values, config.max_k + 1);
    ck_assert_double_ge(recovered(&r, 5), 0.95);
    pal_spectral_clear(&r);
    pal_csr_free(graph);
}
END_TEST

/* Zachary, J. Anthropological Research 33 (1977): who spoke with whom, and who stayed with the instructor. */
START_TEST(the_karate_club_splits_as_it_did)
{
    static const uint8_t edges[][2] = {
        { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 }, { 0, 5 }, { 0, 6 }, { 0, 7 }, { 0, 8 }, { 0, 10 }, { 0, 11 }, { 0, 12 },
        { 0, 13 }, { 0, 17 }, { 0, 19 }, { 0, 21 }, { 0, 31 }, { 1, 2 }, { 1, 3 }, { 1, 7 }, { 1, 13 }, { 1, 17 },
        { 1, 19 }, { 1, 21 }, { 1, 30 }, { 2, 3 }, { 2, 7 }, { 2, 8 }, { 2, 9 }, { 2, 13 }, { 2, 27 }, { 2, 28 },
        { 2, 32 }, { 3, 7 }, { 3, 12 }, { 3, 13 }, { 4, 6 }, { 4, 10 }, { 5, 6 }, { 5, 10 }, { 5, 16 }, { 6, 16 },
        { 8, 30 }, { 8, 32 }, { 8, 33 }, { 9, 33 }, { 13, 33 }, { 14, 32 }, { 14, 33 }, { 15, 32 }, { 15, 33 },
        { 18, 32 }, { 18, 33 }, { 19, 33 }, { 20, 32 }, { 20, 33 }, { 22, 32 }, { 22, 33 }, { 23, 25 }, { 23, 27 },
        { 23, 29 }, { 23, 32 }, { 23, 33 }, { 24, 25 }, { 24, 27 }, { 24, 31 }, { 25, 31 }, { 26, 29 }, { 26, 33 },
        { 27, 33 }, { 28, 31 }, { 28, 33 }, { 29, 32 }, { 29, 33 }, { 30, 32 }, { 30, 33 }, { 31, 32 }, { 31, 33 },
        { 32, 33 },
    };
    static const uint8_t instructor[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21 };
    uint32_t truth[34];
    pal_spectral_config config = spectral_config_of(2);
    pal_spectral_result r;
    pal_csr *graph;
    size_t wrong = 0;

    spectral_no_edges();
    for (size_t i = 0; i < sizeof edges / 2; i++) spectral_link(edges[i][0], edges[i][1], 1);
    ck_assert_uint_eq(spectral_cells, 2 * 78);
    for (size_t i = 0; i < 34; i++) truth[i] = 1;
    for (size_t i = 0; i < sizeof instructor; i++) truth[instructor[i]] = 0;
    graph = spectral_graph_of(34);
    r = spectral_cluster(graph, 0, &config);
    for (size_t i = 0; i < 34; i++) wrong += r.label[i] != truth[i]; /* the instructor, 0, is in cluster 0 */
    ck_assert_uint_le(wrong, 2);
    pal_spectral_clear(&r);
    pal_csr_free(graph);
}
END_TEST

START_TEST(order_of_points_does_not_matter)
{
    size_t n = 120;
    pal_csr *graph = spectral_blocks(_i, n, 4, 0.4, 0.05), *moved;
    pal_spectral_config config = spectral_config_of(4);
    pal_spectral_result a = spectral_cluster(graph, 0.01, &config), b;
    uint32_t *label = calloc(n, sizeof *label);
    double ari = 0;

    for (size_t i = 0; i < spectral_cells; i++) {
        spectral_cell[i].row = (spectral_cell[i].row * 77 + 5) % 120;
        spectral_cell[i].col = (spectral_cell[i].col * 77 + 5) % 120;
    }
    moved = spectral_graph_of(n);
    b = spectral_cluster(moved, 0.01, &config);
    for (size_t i = 0; i < n; i++) label[i] = b.label[(i * 77 + 5) % n];
    ck_assert_int_eq(pal_adjusted_rand(&ari, a.label, label, n, &err), PAL_OK);
    ck_assert_double_eq_tol(ari, 1, 1e-15);
    for (size_t e = 0; e < 4; e++) ck_assert_double_eq_tol(a.value[e], b.value[e], 1e-12);
    free(label);
    pal_spectral_clear(&a);
    pal_spectral_clear(&b);
    pal_csr_free(graph);
    pal_csr_free(moved);
}
END_TEST

START_TEST(labels_are_numbered_by_smallest_member)
{
    pal_csr *graph = spectral_blocks(_i, 80, 4, 0.5, 0.05);
    pal_spectral_config config = spectral_config_of(4);
    pal_spectral_result r = spectral_cluster(graph, 0, &config);
    uint32_t next = 0;

    for (size_t i = 0; i < r.n; i++) {
        HOLD(r.label[i] <= next);
        next += r.label[i] == next;
    }
    ck_assert_uint_eq(next, r.k);
    pal_spectral_clear(&r);
    pal_csr_free(graph);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    enum { N = 3000 };
    static double x[N * PAL_BENCH_CLUSTER_D];
    static uint32_t truth[N];
    static const size_t threads[] = { 1, 2, 7 };
    pal_spectral_result first = { 0 };

    pal_bench_clusters(x, truth, NULL, N, 0.6);
    for (size_t t = 0; t < 3; t++) {
        pal_spectral_config config = spectral_config_of(PAL_BENCH_CLUSTERS);
        pal_spectral_result r;

        config.n_threads = threads[t];
        HOLDS(pal_spectral_points(&r, x, N, PAL_BENCH_CLUSTER_D, &config, spectral_key, &err) == PAL_OK, "%s",
              err.text);
        if (t == 0) {
            first = r;
            continue;
        }
        ck_assert_int_eq(memcmp(first.label, r.label, N * sizeof *r.label), 0);
        ck_assert_int_eq(memcmp(first.vector, r.vector, N * r.n_values * sizeof *r.vector), 0);
        pal_spectral_clear(&r);
    }
    pal_spectral_clear(&first);
}
END_TEST

/* ---- corners ---- */

/* Cliques of 9, 7, 5 and 3 points (i % 4 names the clique), then points 24 to 26 without an edge. */
static pal_csr *cliques(void)
{
    static const size_t size[] = { 9, 7, 5, 3 };
    static size_t member[4][9];
    size_t next = 0;

    spectral_no_edges();
    for (size_t round = 0; round < 9; round++) {
        for (size_t c = 0; c < 4; c++) {
            if (round < size[c]) member[c][round] = next++;
        }
    }
    for (size_t c = 0; c < 4; c++) {
        for (size_t i = 0; i < size[c]; i++) {
            for (size_t j = 0; j < i; j++) spectral_link(member[c][i], member[c][j], 1 + (double)c);
        }
    }
    return spectral_graph_of(27);
}

static size_t members(const pal_spectral_result *r, uint32_t label)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) n += r->label[i] == label;
    return n;
}

START_TEST(components_are_clusters)
{
    pal_csr *graph = cliques();
    pal_spectral_config config = spectral_config_of(4);

    config.solver = spectral_solvers[_i];
    config.backend = spectral_backends[_i];
    for (size_t pass = 0; pass < 2; pass++) {
        pal_spectral_result r;

        config.k = pass == 0 ? 4 : 0; /* given, and by the gap */
        r = spectral_cluster(graph, 0, &config);
        HOLD(r.k == 4 && r.n_components == 7 && r.n_isolated == 3);
        for (size_t e = 0; e < 4; e++) HOLD(r.value[e] == 0);
        HOLD(r.label[0] == 0 && r.label[1] == 1 && r.label[2] == 2 && r.label[3] == 3);
        HOLD(members(&r, 0) == 9 + 3 && members(&r, 1) == 7 && members(&r, 2) == 5 && members(&r, 3) == 3);
        for (size_t e = 0; e < r.n_values; e++) HOLD(r.vector[25 * r.n_values + e] == 0);
        HOLD(spectral_worst_pair(graph, 0, &r) < 1e-8);
        pal_spectral_clear(&r);
    }
    pal_csr_free(graph);
}
END_TEST

START_TEST(more_components_than_clusters_keep_the_largest)
{
    pal_csr *graph = cliques();
    pal_spectral_config config = spectral_config_of(2);
    pal_spectral_result r = spectral_cluster(graph, 0, &config);

    HOLD(r.k == 2 && r.n_values == 2 && r.value[1] == 0);
    HOLD(members(&r, 0) == 27 - 7 && members(&r, 1) == 7); /* all others join the largest */
    pal_spectral_clear(&r);
    config.k = 0;
    config.max_k = 3;
    r = spectral_cluster(graph, 0, &config);
    HOLD(r.k == 3);
    pal_spectral_clear(&r);
    pal_csr_free(graph);
}
END_TEST

START_TEST(few_points_are_clusters_of_their_own)
{
    pal_spectral_config config = spectral_config_of(5);
    pal_spectral_result r;
    pal_csr *graph;

    spectral_no_edges();
    spectral_link(0, 2, 1);
    graph = spectral_graph_of(4);
    r = spectral_cluster(graph, 0, &config);
    ck_assert_uint_eq(r.k, 4);
    for (uint32_t i = 0; i < 4; i++) ck_assert_uint_eq(r.label[i], i);
    pal_spectral_clear(&r);
    config.k = 2; /* two points with an edge, two without: these join cluster 0 */
    r = spectral_cluster(graph, 0, &config);
    HOLD(r.k == 2 && r.label[0] == 0 && r.label[2] == 1 && r.label[1] == 0 && r.label[3] == 0);
    pal_spectral_clear(&r);
    pal_csr_free(graph);

    spectral_no_edges();
    graph = spectral_graph_of(6); /* no edge at all */
    r = spectral_cluster(graph, 0, &config);
    HOLD(r.k == 1 && r.n_values == 0 && r.n_isolated == 6 && members(&r, 0) == 6);
    pal_spectral_clear(&r);
    r = spectral_cluster(graph, 0.01, &config); /* the floor makes them all alike */
    HOLD(r.n_components == 1 && r.n_isolated == 0);
    ck_assert_double_eq_tol(r.value[1], 6.0 / 5, 1e-12);
    pal_spectral_clear(&r);
    pal_csr_free(graph);

    graph = spectral_graph_of(1);
    config.k = 0;
    r = spectral_cluster(graph, 0.01, &config);
    HOLD(r.k == 1 && r.n_isolated == 1 && r.label[0] == 0);
    pal_spectral_clear(&r);
    pal_csr_free(graph);
}
END_TEST

START_TEST(one_cluster_holds_all)
{
    pal_csr *graph = spectral_blocks(2, 50, 2, 0.5, 0.1);
    pal_spectral_config config = spectral_config_of(1);
    pal_spectral_result r = spectral_cluster(graph, 0, &config);

    HOLD(r.k == 1 && r.n_values == 1 && members(&r, 0) == 50);
    pal_spectral_clear(&r);
    pal_csr_free(graph);
}
END_TEST

/* Rows along turned axes, each with a little noise. */
START_TEST(first_partition_follows_the_axes)
{
    enum { N = 60, K = 4 };
    static double x[N * K];
    uint32_t label[N], named[K];
    double c = 0.6, s = 0.8;

    for (size_t i = 0; i < N; i++) {
        double row[K] = { 0 }, turned;

        row[i % K] = i % 3 == 0 ? -1 : 1;
        for (size_t f = 0; f < K; f++) row[f] += 0.1 * (pal_u01(spectral_key, (pal_at){ i, 0, 0 }, f) - 0.5);
        for (size_t f = 0; f + 1 < K; f++) {
            turned = c * row[f] - s * row[f + 1];
            row[f + 1] = s * row[f] + c * row[f + 1];
            row[f] = turned;
        }
        memcpy(x + i * K, row, sizeof row);
    }
    ck_assert_int_eq(pal_spectral_start(label, x, N, K, &err), PAL_OK);
    for (size_t j = 0; j < K; j++) named[j] = label[j];
    for (size_t i = 0; i < N; i++) ck_assert_uint_eq(label[i], named[i % K]);
    for (size_t j = 0; j < K; j++) HOLD(named[j] < K && (j == 0 || named[j] != named[j - 1]));
    memset(x, 0, sizeof x); /* nothing to lean to */
    ck_assert_int_eq(pal_spectral_start(label, x, N, K, &err), PAL_OK);
    for (size_t i = 0; i < N; i++) ck_assert_uint_eq(label[i], 0);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    pal_csr *graph = cliques();
    pal_spectral_config config = spectral_config_of(5);
    size_t failed = 0;

    config.restarts = 2;
    config.solver = spectral_solvers[_i];
    config.backend = spectral_backends[_i];
    for (size_t at = 1;; at++) {
        pal_spectral_result r;
        pal_status rc;

        pal_mem_fail_at(at);
        rc = pal_spectral_graph(&r, graph, 0, &config, spectral_key, &err);
        pal_mem_fail_at(0);
        HOLD(rc == PAL_OK || (rc == PAL_ERR_MEMORY && r.label == NULL));
        pal_spectral_clear(&r);
        if (rc == PAL_OK) break;
        failed++;
    }
    ck_assert_uint_ge(failed, 40);
    pal_csr_free(graph);
}
END_TEST

Suite *suite_models_spectral_partition(void)
{
    Suite *suite = suite_create("models/spectral_partition");
    TCase *tc = tcase_create("spectral_partition");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, planted_blocks_are_recovered, 0, 6);
    tcase_add_test(tc, the_karate_club_splits_as_it_did);
    tcase_add_loop_test(tc, order_of_points_does_not_matter, 0, 5);
    tcase_add_loop_test(tc, labels_are_numbered_by_smallest_member, 0, 5);
    tcase_add_test(tc, threads_do_not_change_a_byte);
    tcase_add_loop_test(tc, components_are_clusters, 0, 3);
    tcase_add_test(tc, more_components_than_clusters_keep_the_largest);
    tcase_add_test(tc, few_points_are_clusters_of_their_own);
    tcase_add_test(tc, one_cluster_holds_all);
    tcase_add_test(tc, first_partition_follows_the_axes);
    tcase_add_loop_test(tc, every_failing_allocation_is_reported, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Eigenvalues of spectral clustering: closed forms, scipy's, the definition; settings and faults. */
#include "models/spectral.h"

#include "core/partition.h"
#include "core/pmath.h"
#include "models/spectral_bench.h"

#include "tests/support/holds.h"
#include "tests/support/spectral_graphs.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_models_spectral(void);

static pal_error err;

/* ---- eigenvalues ---- */

/* Complete graph: 0, then n / (n - 1). Ring: 1 - cos(2 pi j / n). Complete bipartite: 0, 1 ..., 2. */
START_TEST(simple_graphs_have_their_closed_forms)
{
    pal_spectral_config config = spectral_config_of(6);
    pal_spectral_result r;
    pal_csr *graph;

    config.solver = spectral_solvers[_i];
    config.backend = spectral_backends[_i];
    spectral_no_edges();
    for (size_t i = 0; i < 12; i++) {
        for (size_t j = 0; j < i; j++) spectral_link(i, j, 2.385);
    }
    graph = spectral_graph_of(12);
    r = spectral_cluster(graph, 0, &config);
    for (size_t e = 0; e < 6; e++) ck_assert_double_eq_tol(r.value[e], e == 0 ? 0 : 12.0 / 11, 1e-12);
    HOLD(spectral_worst_pair(graph, 0, &r) < 1e-8);
    pal_spectral_clear(&r);
    pal_csr_free(graph);

    spectral_no_edges();
    for (size_t i = 0; i < 60; i++) spectral_link(i, (i + 1) % 60, 0.1173);
    graph = spectral_graph_of(60);
    r = spectral_cluster(graph, 0, &config);
    for (size_t e = 0; e < 6; e++) {
        ck_assert_double_eq_tol(r.value[e], 1 - pal_cos(6.283185307179586 * (double)((e + 1) / 2) / 60), 1e-10);
    }
    HOLD(spectral_worst_pair(graph, 0, &r) < 1e-8);
    pal_spectral_clear(&r);
    pal_csr_free(graph);

    spectral_no_edges();
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 4; j < 7; j++) spectral_link(i, j, 1);
    }
    graph = spectral_graph_of(7);
    config.k = 6;
    config.extra = 1;
    r = spectral_cluster(graph, 0, &config);
    ck_assert_uint_eq(r.n_values, 7);
    for (size_t e = 0; e < 7; e++) ck_assert_double_eq_tol(r.value[e], e == 0 ? 0 : e == 6 ? 2 : 1, 1e-12);
    pal_spectral_clear(&r);
    pal_csr_free(graph);
}
END_TEST

START_TEST(pairs_satisfy_their_equation)
{
    double floor = _i % 2 == 0 ? 0 : 0.01;
    pal_csr *graph = spectral_blocks(_i, 60 + 10 * (size_t)_i, 4, 0.3, 0.05);
    pal_spectral_config config = spectral_config_of(7);

    config.tolerance = 1e-10;
    for (size_t s = 0; s < 3; s++) {
        pal_spectral_result r;

        config.solver = spectral_solvers[s];
        config.backend = spectral_backends[s];
        r = spectral_cluster(graph, floor, &config);
        ck_assert_double_lt(spectral_worst_pair(graph, floor, &r), 1e-9);
        for (size_t e = 1; e < r.n_values; e++) HOLD(r.value[e] >= r.value[e - 1]);
        pal_spectral_clear(&r);
    }
    pal_csr_free(graph);
}
END_TEST

START_TEST(all_solvers_agree)
{
    pal_csr *graph = spectral_blocks(_i + 30, 90, 3, 0.4, 0.08);
    pal_spectral_config config = spectral_config_of(3);
    pal_spectral_result r[3];

    for (size_t s = 0; s < 3; s++) {
        config.solver = spectral_solvers[s];
        config.backend = spectral_backends[s];
        r[s] = spectral_cluster(graph, 0.01, &config);
        for (size_t e = 0; e < 3; e++) ck_assert_double_eq_tol(r[s].value[e], r[0].value[e], 1e-10);
        for (size_t i = 0; i < 90 * 3; i++) HOLD(fabs(r[s].vector[i] - r[0].vector[i]) < 1e-6); /* signs too */
        HOLD((r[s].steps > 0) == (s == 1));
    }
    ck_assert_int_eq(memcmp(r[0].label, r[1].label, 90 * sizeof(uint32_t)), 0);
    ck_assert_int_eq(memcmp(r[0].label, r[2].label, 90 * sizeof(uint32_t)), 0);
    for (size_t s = 0; s < 3; s++) pal_spectral_clear(&r[s]);
    pal_csr_free(graph);
}
END_TEST

/* Graphs of every kind: in pieces, with isolated points, cliques, equal weights, weights over 20 orders of magnitude, a
 * floor or none. A projection in the wrong place lost Lanczos every twentieth of them. */
START_TEST(lanczos_keeps_up_with_the_dense_solver_on_odd_graphs)
{
    for (uint64_t at = 0; at < 40; at++) {
        pal_key own = pal_key_for(40 * (uint64_t)_i + at, 0, PAL_FOR_TEST);
        double u[10], p, q, floor;
        size_t n, b;
        pal_spectral_config config;
        pal_spectral_result r[2];
        pal_csr *graph;

        for (uint64_t i = 0; i < 10; i++) u[i] = pal_u01(own, (pal_at){ 9, 9, 9 }, i);
        n = 1 + (size_t)(u[0] * 70);
        b = 1 + (size_t)(u[1] * 6);
        p = u[2] < 0.2 ? 1 : u[2] * u[3];
        q = u[4] < 0.5 ? 0 : p * u[4] / 2;
        floor = u[5] < 0.5 ? 0 : u[5] < 0.75 ? 0.01 : 1;
        spectral_no_edges();
        for (size_t i = 0; i < n; i++) {
            for (size_t j = i + 1; j < n; j++) {
                double w = u[6] < 0.5 ? 1 : 0.01 + pal_u01(own, (pal_at){ i, j, 0 }, 1);

                if (u[7] < 0.15) w *= pal_pow(10, 20 * pal_u01(own, (pal_at){ i, j, 0 }, 2) - 10);
                if (pal_u01(own, (pal_at){ i, j, 0 }, 0) < (i % b == j % b ? p : q)) spectral_link(i, j, w);
            }
        }
        graph = spectral_graph_of(n);
        config = spectral_config_of((size_t)(u[8] * (double)n * 0.7));
        config.extra = (size_t)(u[9] * 3);
        config.restarts = 1;
        config.tolerance = 1e-11;
        for (size_t s = 0; s < 2; s++) {
            config.solver = spectral_solvers[s];
            r[s] = spectral_cluster(graph, floor, &config);
        }
        HOLD(r[0].n_values == r[1].n_values);
        for (size_t e = 0; e < r[0].n_values; e++) {
            HOLDS(fabs(r[0].value[e] - r[1].value[e]) < 2e-11, "graph %d.%d, eigenvalue %zu: %g and %g", _i, (int)at, e,
                  r[0].value[e], r[1].value[e]);
        }
        for (size_t s = 0; s < 2; s++) pal_spectral_clear(&r[s]);
        pal_csr_free(graph);
    }
}
END_TEST

/* A floor is the same as its cells written out; stored zeros and the diagonal count for nothing. */
START_TEST(floor_is_a_weight_on_every_pair)
{
    size_t n = 70;
    pal_csr *plain = spectral_blocks(3, n, 3, 0.3, 0.05), *full;
    pal_spectral_config config = spectral_config_of(5);
    pal_spectral_result a, b;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) spectral_link(i, j, 0.0625);
        spectral_cell[spectral_cells++] = (pal_csr_cell){ (uint32_t)i, (uint32_t)i, 3.5f };
    }
    full = spectral_graph_of(n);
    a = spectral_cluster(plain, 0.0625, &config);
    b = spectral_cluster(full, 0, &config);
    for (size_t e = 0; e < 5; e++) ck_assert_double_eq_tol(a.value[e], b.value[e], 1e-7);
    ck_assert_int_eq(memcmp(a.label, b.label, n * sizeof(uint32_t)), 0);
    HOLD(a.n_components == 1);
    pal_spectral_clear(&a);
    pal_spectral_clear(&b);
    pal_csr_free(plain);
    pal_csr_free(full);
}
END_TEST

/*
 * scipy 1.10.1 on scikit-learn's graph of the same points (tests/models/test_neighbour_graph.c) with degrees d:
 * m = diags(d**-.5) @ w @ diags(d**-.5); 1 - eigsh(m, k=12, which='LA', tol=1e-12).
 * scikit-learn 1.2.1: SpectralClustering(12, affinity='nearest_neighbors', random_state=0): ARI .9172 and .4238, by
 * cluster_qr .9195 and .4856.
 */
static const double scipy_values[2][12] = {
    { 0, 0.014697146009086892, 0.01862875653762619, 0.02585889006720199, 0.03532075617850994, 0.038064974579482214,
      0.04444215709654742, 0.04841320146611228, 0.05317047189191826, 0.05691698816422053, 0.09642929052923654,
      0.1150372342624354 },
    { 0, 0.09516628657968718, 0.11690383817241279, 0.14480653639736285, 0.1735055397091222, 0.18159298420816483,
      0.1898022165837211, 0.20997412975639795, 0.22952023457783455, 0.22985770517638826, 0.2715677584478915,
      0.2982815520442097 },
};

START_TEST(generated_clusters_are_found_as_well_as_by_scikit_learn)
{
    static const double separation[] = { 1, 0.6 }, least[] = { 0.9172, 0.4856 };
    enum { N = 2000 };
    static double x[N * PAL_BENCH_CLUSTER_D];
    static uint32_t truth[N];
    pal_spectral_config config = spectral_config_of(PAL_BENCH_CLUSTERS);
    pal_spectral_result r;
    double ari = 0;

    pal_bench_clusters(x, truth, NULL, N, separation[_i]);
    HOLDS(pal_spectral_points(&r, x, N, PAL_BENCH_CLUSTER_D, &config, spectral_key, &err) == PAL_OK, "%s", err.text);
    for (size_t e = 0; e < 12; e++) ck_assert_double_eq_tol(r.value[e], scipy_values[_i][e], 1e-12);
    ck_assert_int_eq(pal_adjusted_rand(&ari, truth, r.label, N, &err), PAL_OK);
    ck_assert_double_gt(ari, least[_i]);
    pal_spectral_clear(&r);
}
END_TEST

/* ---- settings and faults ---- */

START_TEST(table_and_defaults_agree)
{
    pal_values *values = NULL;
    pal_spectral_config a = pal_spectral_defaults(), b;

    ck_assert_int_eq(pal_values_read(&values, pal_spectral_params, NULL, "", "", NULL, &err), PAL_OK);
    b = pal_spectral_config_from(values);
    HOLD(a.k == b.k && a.max_k == b.max_k && a.neighbours == b.neighbours && a.solver == b.solver &&
         a.dense_below == b.dense_below && a.restarts == b.restarts && a.tolerance == b.tolerance &&
         a.backend == b.backend && a.n_threads == b.n_threads && a.extra == b.extra && a.max_steps == b.max_steps);
    pal_values_free(values);
}
END_TEST

START_TEST(bad_graphs_are_named)
{
    static const pal_csr_cell negative[] = { { 0, 1, -0.5f }, { 1, 0, -0.5f } }, lopsided[] = { { 1, 2, 0.5f } },
                              unequal[] = { { 1, 2, 0.5f }, { 2, 1, 0.25f } };
    static const struct {
        const pal_csr_cell *cell;
        size_t n;
        const char *part;
    } faults[] = {
        { negative, 2, "cell (0, 1) has weight -0.5, wanted >= 0" },
        { lopsided, 1, "not symmetric: cell (1, 2) is 0.5, cell (2, 1) is 0" },
        { unequal, 2, "not symmetric: cell (1, 2) is 0.5, cell (2, 1) is 0.25" },
    };
    pal_spectral_config config = spectral_config_of(2);
    pal_spectral_result r;
    pal_csr *graph = NULL;

    for (size_t f = 0; f < 3; f++) {
        ck_assert_int_eq(pal_csr_new(&graph, 3, 3, faults[f].cell, faults[f].n, PAL_TWICE_SUM, &err), PAL_OK);
        ck_assert_int_eq(pal_spectral_graph(&r, graph, 0, &config, spectral_key, &err), PAL_ERR_DATA);
        ck_assert_msg(strstr(err.text, faults[f].part) != NULL, "%s", err.text);
        HOLD(r.label == NULL && r.vector == NULL);
        pal_csr_free(graph);
    }
    ck_assert_int_eq(pal_csr_new(&graph, 3, 4, NULL, 0, PAL_TWICE_SUM, &err), PAL_OK);
    ck_assert_int_eq(pal_spectral_graph(&r, graph, 0, &config, spectral_key, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "found 3 x 4"));
    pal_csr_free(graph);
    ck_assert_int_eq(pal_csr_new(&graph, 0, 0, NULL, 0, PAL_TWICE_SUM, &err), PAL_OK);
    ck_assert_int_eq(pal_spectral_graph(&r, graph, 0, &config, spectral_key, &err), PAL_ERR_SHAPE);
    pal_csr_free(graph);
    graph = spectral_blocks(1, 70, 2, 0.3, 0.1);
    ck_assert_int_eq(pal_spectral_graph(&r, graph, -0.01, &config, spectral_key, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "floor"));
    config.max_steps = 10;
    ck_assert_int_eq(pal_spectral_graph(&r, graph, 0, &config, spectral_key, &err), PAL_ERR_CONVERGE);
    pal_csr_free(graph);
}
END_TEST

Suite *suite_models_spectral(void)
{
    Suite *suite = suite_create("models/spectral");
    TCase *tc = tcase_create("spectral");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, simple_graphs_have_their_closed_forms, 0, 3);
    tcase_add_loop_test(tc, pairs_satisfy_their_equation, 0, 8);
    tcase_add_loop_test(tc, all_solvers_agree, 0, 5);
    tcase_add_loop_test(tc, lanczos_keeps_up_with_the_dense_solver_on_odd_graphs, 0, 20);
    tcase_add_test(tc, floor_is_a_weight_on_every_pair);
    tcase_add_loop_test(tc, generated_clusters_are_found_as_well_as_by_scikit_learn, 0, 2);
    tcase_add_test(tc, table_and_defaults_agree);
    tcase_add_test(tc, bad_graphs_are_named);
    suite_add_tcase(suite, tc);
    return suite;
}

/* k-means against scikit-learn's inertia, against the plain definition, and at its corners. */
#include "models/kmeans.h"

#include "core/mem.h"
#include "core/partition.h"
#include "models/spectral_bench.h"

#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_kmeans(void);

#define D PAL_BENCH_CLUSTER_D
#define K PAL_BENCH_CLUSTERS

static pal_error err;
static const pal_key key = { 11, 12 };

static double draw(int seed, size_t i)
{
    return pal_u01(pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0);
}

static double gap2(const double *a, const double *b, size_t d)
{
    double sum = 0;

    for (size_t f = 0; f < d; f++) sum += (a[f] - b[f]) * (a[f] - b[f]);
    return sum;
}

typedef struct reference {
    size_t n;
    double separation, inertia, ari;
} reference;

/*
 * scikit-learn 1.2.1 on the points of pal_bench_clusters: m = KMeans(12, n_init=10, random_state=0).fit(x); m.inertia_
 * and adjusted_rand_score(y, m.labels_).
 */
static const reference references[] = {
    { 2000, 1, 30978.343495761063, 0.9372460512553937 },
    { 2000, 0.6, 29564.435032307265, 0.5448214058945317 },
    { 10000, 1, 156721.73161071818, 0.932530537259443 },
    { 10000, 0.6, 149939.21579119435, 0.5626394960819119 },
};

START_TEST(inertia_is_that_of_scikit_learn)
{
    const reference *r = &references[_i];
    double *x = calloc(r->n * D, sizeof *x), inertia = 0, ari = 0;
    uint32_t *truth = calloc(r->n, sizeof *truth), *label = calloc(r->n, sizeof *label);
    pal_kmeans_config config = pal_kmeans_defaults();

    config.k = K;
    pal_bench_clusters(x, truth, NULL, r->n, r->separation);
    HOLDS(pal_kmeans(label, NULL, &inertia, x, r->n, D, &config, key, &err) == PAL_OK, "%s", err.text);
    ck_assert_double_lt(fabs(inertia / r->inertia - 1), 1e-4);
    ck_assert_int_eq(pal_adjusted_rand(&ari, truth, label, r->n, &err), PAL_OK);
    ck_assert_double_lt(fabs(ari - r->ari), 0.006);
    free(x);
    free(truth);
    free(label);
}
END_TEST

/* What a local optimum must be: labels of the nearest centre (ties low), centres the means, inertia their sum. */
START_TEST(result_is_a_fixed_point_of_lloyd)
{
    enum { MOST = 300 };
    size_t n = 5 + (size_t)_i * 23, d = 1 + (size_t)_i % 7, k = 1 + (size_t)_i % 9;
    static double x[MOST * 7], centre[9 * 7], mean[9 * 7];
    static uint32_t label[MOST];
    double inertia, sum = 0, count[9] = { 0 };
    pal_kmeans_config config = pal_kmeans_defaults();

    for (size_t i = 0; i < n * d; i++) x[i] = draw(_i, i) + (i / d % 3 == 0);
    config.k = k;
    config.restarts = 3;
    HOLDS(pal_kmeans(label, centre, &inertia, x, n, d, &config, key, &err) == PAL_OK, "%s", err.text);
    memset(mean, 0, sizeof mean);
    for (size_t i = 0; i < n; i++) {
        double best = HUGE_VAL;
        size_t nearest = 0;

        for (size_t j = 0; j < k; j++) {
            double far = gap2(x + i * d, centre + j * d, d);

            if (far < best) {
                best = far;
                nearest = j;
            }
        }
        ck_assert_uint_eq(label[i], nearest);
        sum += best;
        count[nearest] += 1;
        for (size_t f = 0; f < d; f++) mean[nearest * d + f] += x[i * d + f];
    }
    ck_assert_double_eq_tol(inertia, sum, 1e-10);
    for (size_t j = 0; j < k; j++) {
        HOLD(count[j] > 0); /* all points differ */
        for (size_t f = 0; f < d; f++) ck_assert_double_eq_tol(centre[j * d + f], mean[j * d + f] / count[j], 1e-12);
    }
}
END_TEST

/* Eight points, two clusters: every split of them tried. */
START_TEST(small_cases_reach_the_best_of_all_splits)
{
    double x[16], best = HUGE_VAL, inertia;
    uint32_t label[8];
    pal_kmeans_config config = pal_kmeans_defaults();

    for (size_t i = 0; i < 16; i++) x[i] = draw(_i + 50, i);
    for (unsigned split = 0; split < 128; split++) {
        double mean[2][2] = { { 0 } }, count[2] = { 0 }, sum = 0;

        for (size_t i = 0; i < 8; i++) {
            count[split >> i & 1] += 1;
            for (size_t f = 0; f < 2; f++) mean[split >> i & 1][f] += x[2 * i + f];
        }
        for (size_t i = 0; i < 8; i++) {
            for (size_t f = 0; f < 2; f++) {
                double gap = x[2 * i + f] - mean[split >> i & 1][f] / count[split >> i & 1];

                sum += gap * gap;
            }
        }
        best = sum < best ? sum : best;
    }
    config.k = 2;
    ck_assert_int_eq(pal_kmeans(label, NULL, &inertia, x, 8, 2, &config, key, &err), PAL_OK);
    ck_assert_double_eq_tol(inertia, best, 1e-12);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    enum { N = 1500 };
    static double x[N * D], centre[2][K * D];
    static uint32_t truth[N], label[2][N];
    pal_kmeans_config config = pal_kmeans_defaults();

    pal_bench_clusters(x, truth, NULL, N, 0.6);
    config.k = K;
    for (size_t t = 0; t < 3; t++) {
        static const size_t threads[] = { 1, 2, 7 };

        config.n_threads = threads[t];
        ck_assert_int_eq(pal_kmeans(label[t > 0], centre[t > 0], NULL, x, N, D, &config, key, &err), PAL_OK);
        HOLD(t == 0 || memcmp(label[0], label[1], sizeof label[0]) == 0);
        HOLD(t == 0 || memcmp(centre[0], centre[1], sizeof centre[0]) == 0);
    }
}
END_TEST

/* More restarts never lose: the first ones are the same. */
START_TEST(more_restarts_are_never_worse)
{
    enum { N = 400 };
    static double x[N * D];
    static uint32_t truth[N], label[N];
    double before = HUGE_VAL;
    pal_kmeans_config config = pal_kmeans_defaults();

    pal_bench_clusters(x, truth, NULL, N, 0.5);
    config.k = K;
    config.tolerance = 0;
    for (config.restarts = 1; config.restarts < 20; config.restarts += 3) {
        double inertia;

        ck_assert_int_eq(pal_kmeans(label, NULL, &inertia, x, N, D, &config, key, &err), PAL_OK);
        HOLD(inertia <= before);
        before = inertia;
    }
}
END_TEST

START_TEST(a_given_start_is_used)
{
    static const double x[] = { 0, 1, 10, 11, 20, 21 };
    static const uint32_t start[] = { 0, 0, 0, 0, 1, 1 };
    uint32_t label[6];
    double inertia, centre[2];
    pal_kmeans_config config = pal_kmeans_defaults();

    config.k = 2;
    config.restarts = 0;
    config.start = start;
    ck_assert_int_eq(pal_kmeans(label, centre, &inertia, x, 6, 1, &config, key, &err), PAL_OK);
    HOLD(centre[0] == 5.5 && centre[1] == 20.5); /* its own optimum, not the mirror image */
    ck_assert_double_eq_tol(inertia, 101.5, 1e-12);
}
END_TEST

/* The second centre starts where no point is and loses all: the farthest point, the lower of two, takes it. */
START_TEST(an_empty_cluster_takes_the_farthest_point)
{
    static const double x[] = { -3, 0, 0.25, 3 };
    static const uint32_t start[] = { 0, 0, 0, 0 };
    uint32_t label[4];
    double centre[2];
    pal_kmeans_config config = pal_kmeans_defaults();

    config.k = 2;
    config.restarts = 0;
    config.start = start;
    config.max_iter = 1;
    ck_assert_int_eq(pal_kmeans(label, centre, NULL, x, 4, 1, &config, key, &err), PAL_OK);
    HOLD(label[0] != label[3]);
}
END_TEST

START_TEST(fewer_different_points_than_clusters_leave_some_empty)
{
    double x[20];
    uint32_t label[20];
    double inertia;
    pal_kmeans_config config = pal_kmeans_defaults();

    for (size_t i = 0; i < 20; i++) x[i] = i % 2 == 0 ? 2.385 : 0.1173;
    config.k = 5;
    ck_assert_int_eq(pal_kmeans(label, NULL, &inertia, x, 20, 1, &config, key, &err), PAL_OK);
    ck_assert_double_eq_tol(inertia, 0, 1e-25);
    for (size_t i = 0; i < 20; i++) HOLD(label[i] < 5 && (label[i] == label[0]) == (i % 2 == 0));
    config.k = 30;
    ck_assert_int_eq(pal_kmeans(label, NULL, &inertia, x, 3, 1, &config, key, &err), PAL_OK);
    ck_assert_double_eq_tol(inertia, 0, 1e-25);
}
END_TEST

START_TEST(bad_shapes_and_failing_memory_are_errors)
{
    static double x[64];
    uint32_t label[64];
    pal_kmeans_config config = pal_kmeans_defaults();
    pal_status rc;
    size_t at = 1;

    ck_assert_int_eq(pal_kmeans(label, NULL, NULL, x, 4, 1, &config, key, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "4 points of 1 coordinates, 0 clusters"));
    config.k = 2;
    ck_assert_int_eq(pal_kmeans(label, NULL, NULL, x, 0, 1, &config, key, &err), PAL_ERR_SHAPE);
    ck_assert_int_eq(pal_kmeans(label, NULL, NULL, x, 4, 0, &config, key, &err), PAL_ERR_SHAPE);
    config.restarts = 0;
    ck_assert_int_eq(pal_kmeans(label, NULL, NULL, x, 4, 1, &config, key, &err), PAL_ERR_SHAPE);
    config.restarts = 2;
    do {
        pal_mem_fail_at(at++);
        rc = pal_kmeans(label, NULL, NULL, x, 64, 1, &config, key, &err);
        HOLD(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    } while (rc != PAL_OK);
    pal_mem_fail_at(0);
    ck_assert_uint_eq(at, 18);
}
END_TEST

Suite *suite_models_kmeans(void)
{
    Suite *suite = suite_create("models/kmeans");
    TCase *tc = tcase_create("kmeans");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, inertia_is_that_of_scikit_learn, 0, 4);
    tcase_add_loop_test(tc, result_is_a_fixed_point_of_lloyd, 0, 13);
    tcase_add_loop_test(tc, small_cases_reach_the_best_of_all_splits, 0, 20);
    tcase_add_test(tc, threads_do_not_change_a_byte);
    tcase_add_test(tc, more_restarts_are_never_worse);
    tcase_add_test(tc, a_given_start_is_used);
    tcase_add_test(tc, an_empty_cluster_takes_the_farthest_point);
    tcase_add_test(tc, fewer_different_points_than_clusters_leave_some_empty);
    tcase_add_test(tc, bad_shapes_and_failing_memory_are_errors);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Lanczos against closed forms with multiple eigenvalues, dense solvers, and its own promises. */
#include "models/lanczos.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_lanczos(void);

static pal_error err;
static const pal_key key = { 7, 12 };

/* ---- operators ---- */

/* A ring of n points, weights 1/2: eigenvalues cos(2 pi j / n), all but the first in pairs. */
static pal_status ring(double *y, const double *x, void *ctx, pal_error *e)
{
    size_t n = *(const size_t *)ctx;

    (void)e;
    for (size_t i = 0; i < n; i++) y[i] = (x[(i + 1) % n] + x[(i + n - 1) % n]) / 2;
    return PAL_OK;
}

/* A diagonal matrix. */
typedef struct diagonal {
    size_t n;
    double *d;
    size_t hidden; /* project takes this coordinate out */
} diagonal;

static pal_status scale(double *y, const double *x, void *ctx, pal_error *e)
{
    const diagonal *m = ctx;

    (void)e;
    for (size_t i = 0; i < m->n; i++) y[i] = m->d[i] * x[i];
    return PAL_OK;
}

static void hide(double *x, void *ctx)
{
    const diagonal *m = ctx;

    x[m->hidden] = 0;
}

static pal_status refuse(double *y, const double *x, void *ctx, pal_error *e)
{
    (void)y;
    (void)x;
    (void)ctx;
    return pal_error_set(e, PAL_ERR_DATA, "this matrix does not multiply");
}

static pal_lanczos_config config_of(size_t wanted)
{
    return (pal_lanczos_config){ .wanted = wanted, .max_steps = 20000, .tolerance = 1e-9, .n_threads = 1 };
}

static void check_orthogonal(const double *v, size_t k, size_t n)
{
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b <= a; b++) HOLD(fabs(pal_dot(v + a * n, v + b * n, n) - (a == b)) < 1e-10);
    }
}

/* ---- tests ---- */

START_TEST(rings_have_their_pairs)
{
    static const size_t sizes[] = { 3, 4, 10, 57, 300, 1000 };
    size_t n = sizes[_i], k = n < 9 ? n : 9, steps = 0;
    pal_operator matrix = { .n = n, .rank = n, .ctx = &n, .multiply = ring };
    pal_lanczos_config config = config_of(k);
    double *v = calloc(k * n, sizeof *v), value[9];

    HOLDS(pal_lanczos(value, v, &steps, &matrix, &config, key, &err) == PAL_OK, "%s", err.text);
    for (size_t j = 0; j < k; j++) {
        ck_assert_double_eq_tol(value[j], pal_cos(6.283185307179586 * (double)((j + 1) / 2) / (double)n), 1e-10);
    }
    check_orthogonal(v, k, n);
    ck_assert_uint_gt(steps, 0);
    free(v);
}
END_TEST

/* Twelve copies of the largest eigenvalue: far more than one Krylov space holds. */
START_TEST(eigenvalues_of_high_multiplicity_are_found_in_full)
{
    size_t n = 400, k = 15;
    double *d = calloc(n, sizeof *d), *v = calloc(k * n, sizeof *v), value[15];
    diagonal m = { n, d, 0 };
    pal_operator matrix = { .n = n, .rank = n, .ctx = &m, .multiply = scale };
    pal_lanczos_config config = config_of(k);

    for (size_t i = 0; i < n; i++) d[i] = i % 33 == 5 ? 0.9 : 0.8 * (double)i / (double)n; /* 12 of 0.9 */
    HOLDS(pal_lanczos(value, v, NULL, &matrix, &config, key, &err) == PAL_OK, "%s", err.text);
    for (size_t j = 0; j < 12; j++) ck_assert_double_eq_tol(value[j], 0.9, 1e-12);
    for (size_t j = 12; j < k; j++) ck_assert_double_eq_tol(value[j], 0.8 * (double)(411 - j) / (double)n, 1e-10);
    check_orthogonal(v, k, n);
    free(d);
    free(v);
}
END_TEST

/* Crowded values make restarts necessary; each answer is a coordinate axis. */
START_TEST(crowded_spectra_converge_through_restarts)
{
    size_t n = 5000, k = 10, steps = 0;
    double *d = calloc(n, sizeof *d), *v = calloc(k * n, sizeof *v), value[10];
    diagonal m = { n, d, 0 };
    pal_operator matrix = { .n = n, .rank = n, .ctx = &m, .multiply = scale };
    pal_lanczos_config config = config_of(k);

    for (size_t i = 0; i < n; i++) d[i] = 1 - 2 * sqrt((double)((i * 1237) % n) / (double)n);
    HOLDS(pal_lanczos(value, v, &steps, &matrix, &config, key, &err) == PAL_OK, "%s", err.text);
    for (size_t j = 0; j < k; j++) ck_assert_double_eq_tol(value[j], 1 - 2 * sqrt((double)j / (double)n), 1e-12);
    check_orthogonal(v, k, n);
    for (size_t j = 0; j < k; j++) {
        for (size_t i = 0; i < n; i++) {
            if (i * 1237 % n == j) HOLD(v[j * n + i] > 1 - 1e-12); /* and the sign is positive */
        }
    }
    free(d);
    free(v);
}
END_TEST

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

START_TEST(small_bases_restart_to_the_same_values)
{
    size_t n = 600, k = 6, few = 0, many = 0;
    double *d = calloc(n, sizeof *d), *v = calloc(k * n, sizeof *v), tight[6], wide[6];
    diagonal m = { n, d, 0 };
    pal_operator matrix = { .n = n, .rank = n, .ctx = &m, .multiply = scale };
    pal_lanczos_config config = config_of(k);

    for (size_t i = 0; i < n; i++) d[i] = pal_u01(key, (pal_at){ i, 0, 0 }, 0) * 2 - 1;
    config.basis = 14;
    HOLDS(pal_lanczos(tight, v, &many, &matrix, &config, key, &err) == PAL_OK, "%s", err.text);
    config.basis = 200;
    HOLDS(pal_lanczos(wide, v, &few, &matrix, &config, key, &err) == PAL_OK, "%s", err.text);
    qsort(d, n, sizeof *d, descending);
    for (size_t j = 0; j < k; j++) {
        ck_assert_double_eq_tol(tight[j], d[j], 1e-12);
        ck_assert_double_eq_tol(wide[j], d[j], 1e-12);
    }
    ck_assert_uint_gt(many, few);
    free(d);
    free(v);
}
END_TEST

/* Everything that `project` leaves, and none of what it hides. */
START_TEST(hidden_directions_stay_out)
{
    size_t n = 40, k = 39;
    double d[40], *v = calloc(k * n, sizeof *v), value[39];
    diagonal m = { n, d, 17 };
    pal_operator matrix = { .n = n, .rank = n - 1, .ctx = &m, .multiply = scale, .project = hide };
    pal_lanczos_config config = config_of(k);

    for (size_t i = 0; i < n; i++) d[i] = i == 17 ? 5 : 1 - (double)i / 40;
    HOLDS(pal_lanczos(value, v, NULL, &matrix, &config, key, &err) == PAL_OK, "%s", err.text);
    for (size_t j = 0; j < k; j++) {
        ck_assert_double_eq_tol(value[j], 1 - (double)(j < 17 ? j : j + 1) / 40, 1e-12);
        HOLD(fabs(v[j * n + 17]) < 1e-15);
    }
    check_orthogonal(v, k, n);
    free(v);
}
END_TEST

START_TEST(nothing_wanted_is_nothing_done)
{
    pal_operator matrix = { .n = 3, .rank = 3, .multiply = refuse };
    pal_lanczos_config config = config_of(0);
    size_t steps = 9;

    ck_assert_int_eq(pal_lanczos(NULL, NULL, &steps, &matrix, &config, key, &err), PAL_OK);
    ck_assert_uint_eq(steps, 0);
}
END_TEST

/* More rows than a block and than the limit for threads. */
START_TEST(bytes_do_not_depend_on_threads)
{
    size_t n = 70001, k = 3, threads[] = { 1, 2, 7 };
    double *d = calloc(n, sizeof *d), *v = calloc(k * n, sizeof *v), *first = calloc(k * n, sizeof *v), value[3];
    diagonal m = { n, d, 0 };
    pal_operator matrix = { .n = n, .rank = n, .ctx = &m, .multiply = scale };
    pal_lanczos_config config = config_of(k);

    config.tolerance = 1e-5;
    for (size_t i = 0; i < n; i++) d[i] = i < 5 ? 1 - 0.1 * (double)i : 0.3 * pal_u01(key, (pal_at){ i, 0, 0 }, 0);
    for (size_t t = 0; t < 3; t++) {
        config.n_threads = threads[t];
        HOLDS(pal_lanczos(value, v, NULL, &matrix, &config, key, &err) == PAL_OK, "%s", err.text);
        if (t == 0) memcpy(first, v, k * n * sizeof *v);
        ck_assert_int_eq(memcmp(first, v, k * n * sizeof *v), 0);
    }
    free(d);
    free(v);
    free(first);
}
END_TEST

START_TEST(limits_and_failures_are_reported)
{
    size_t n = 2000, k = 5;
    double *v = calloc(k * n, sizeof *v), value[5];
    pal_operator matrix = { .n = n, .rank = n, .ctx = &n, .multiply = ring };
    pal_lanczos_config config = config_of(k);
    pal_status rc;
    size_t at = 1;

    config.max_steps = 20;
    ck_assert_int_eq(pal_lanczos(value, v, NULL, &matrix, &config, key, &err), PAL_ERR_CONVERGE);
    ck_assert_ptr_nonnull(strstr(err.text, "5 eigenvalues did not converge to 1e-09 in 20 steps"));
    matrix.multiply = refuse;
    ck_assert_int_eq(pal_lanczos(value, v, NULL, &matrix, &config, key, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "this matrix does not multiply");

    n = 30;
    matrix = (pal_operator){ .n = n, .rank = n, .ctx = &n, .multiply = ring };
    config = config_of(k);
    do {
        pal_mem_fail_at(at++);
        rc = pal_lanczos(value, v, NULL, &matrix, &config, key, &err);
        HOLD(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    } while (rc != PAL_OK);
    pal_mem_fail_at(0);
    ck_assert_uint_eq(at, 15);
    free(v);
}
END_TEST

Suite *suite_models_lanczos(void)
{
    Suite *suite = suite_create("models/lanczos");
    TCase *tc = tcase_create("lanczos");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, rings_have_their_pairs, 0, 6);
    tcase_add_test(tc, eigenvalues_of_high_multiplicity_are_found_in_full);
    tcase_add_test(tc, crowded_spectra_converge_through_restarts);
    tcase_add_test(tc, small_bases_restart_to_the_same_values);
    tcase_add_test(tc, hidden_directions_stay_out);
    tcase_add_test(tc, nothing_wanted_is_nothing_done);
    tcase_add_test(tc, bytes_do_not_depend_on_threads);
    tcase_add_test(tc, limits_and_failures_are_reported);
    suite_add_tcase(suite, tc);
    return suite;
}

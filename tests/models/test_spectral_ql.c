/* Householder and QL against Jacobi, closed forms and the definition of an eigenvector. */
#include "models/spectral_ql.h"

#include "core/linalg.h"
#include "core/pmath.h"
#include "core/rng.h"
#include "core/sum.h"

#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_models_spectral_ql(void);

enum { MOST = 90 };
static double a[MOST * MOST], copy[MOST * MOST], value[MOST], vector[MOST * MOST], work[3 * MOST];
static double wanted[MOST], rows[MOST * MOST];
static pal_error err;

static void solve(size_t n)
{
    memcpy(copy, a, n * n * sizeof *a);
    HOLDS(pal_ql_dense(value, vector, a, n, work, &err) == PAL_OK, "%s", err.text);
}

/* A v = lambda v, unit and orthogonal rows, descending values. */
static void check_pairs(size_t n, double tolerance)
{
    for (size_t e = 0; e < n; e++) {
        HOLD(e == 0 || value[e] <= value[e - 1]);
        for (size_t i = 0; i < n; i++) {
            double off = pal_dot(copy + i * n, vector + e * n, n) - value[e] * vector[e * n + i];

            HOLDS(fabs(off) < tolerance, "pair %zu row %zu is off by %g", e, i, off);
        }
        for (size_t f = 0; f <= e; f++) {
            HOLD(fabs(pal_dot(vector + e * n, vector + f * n, n) - (e == f)) < 1e-13);
        }
    }
}

START_TEST(random_matrices_agree_with_jacobi)
{
    size_t n = 1 + (size_t)_i * 5;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double v = pal_u01(pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST), (pal_at){ i, j, 0 }, 0) - 0.5;

            a[i * n + j] = a[j * n + i] = v;
        }
    }
    solve(n);
    check_pairs(n, 1e-13 * (double)n);
    ck_assert_int_eq(pal_eigen_symmetric(wanted, rows, copy, n, &err), PAL_OK);
    for (size_t e = 0; e < n; e++) ck_assert_double_eq_tol(value[e], wanted[e], 1e-13 * (double)n);
}
END_TEST

/* The path of n points: 2 cos(pi j / (n + 1)). */
START_TEST(tridiagonal_matrix_of_a_path_has_its_closed_form)
{
    size_t n = 50;
    double d[50] = { 0 }, e[50], last[50];

    for (size_t i = 0; i < n; i++) {
        e[i] = 1;
        last[i] = i + 1 == n;
    }
    ck_assert_int_eq(pal_ql(d, e, n, last, 1, &err), PAL_OK);
    pal_ql_sort(d, last, n, 1);
    for (size_t j = 0; j < n; j++) {
        double angle = 3.141592653589793 * (double)(j + 1) / 51, entry = sqrt(2.0 / 51) * pal_sin(50 * angle);

        ck_assert_double_eq_tol(d[j], 2 * pal_cos(angle), 1e-13);
        ck_assert_double_eq_tol(fabs(last[j]), fabs(entry), 1e-12);
    }
}
END_TEST

START_TEST(multiple_and_zero_eigenvalues_are_found)
{
    size_t n = 30;

    for (size_t i = 0; i < n * n; i++) a[i] = i / n / 10 == i % n / 10; /* three blocks of ones */
    solve(n);
    check_pairs(n, 1e-12);
    for (size_t e = 0; e < n; e++) ck_assert_double_eq_tol(value[e], e < 3 ? 10 : 0, 1e-12);
    memset(a, 0, n * n * sizeof *a);
    solve(n);
    check_pairs(n, 1e-15);
    for (size_t i = 0; i < n; i++) a[i * n + i] = (double)i; /* diagonal already */
    solve(n);
    check_pairs(n, 1e-15);
    HOLD(value[0] == 29 && value[29] == 0);
}
END_TEST

START_TEST(signs_follow_the_largest_entry)
{
    double x[] = { 0.5, -0.7, 0.7 }, y[] = { 0.1, 0.9, -0.3 }, none[] = { 0 };

    pal_fix_sign(x, 3); /* the first of two as large decides */
    HOLD(x[0] == -0.5 && x[1] == 0.7 && x[2] == -0.7);
    pal_fix_sign(y, 3);
    HOLD(y[0] == 0.1 && y[1] == 0.9);
    pal_fix_sign(none, 0);
}
END_TEST

START_TEST(not_a_number_is_an_error)
{
    double d[3] = { 1, (double)NAN, 2 }, e[3] = { 1, 1, 0 };

    ck_assert_int_eq(pal_ql(d, e, 3, NULL, 0, &err), PAL_ERR_CONVERGE);
    ck_assert_ptr_nonnull(strstr(err.text, "not finite"));
    d[0] = 1;
    d[1] = d[2] = 2;
    e[0] = HUGE_VAL;
    e[1] = 1;
    ck_assert_int_eq(pal_ql(d, e, 3, NULL, 0, &err), PAL_ERR_CONVERGE);
    ck_assert_int_eq(pal_ql(d, e, 0, NULL, 0, &err), PAL_OK);
}
END_TEST

Suite *suite_models_spectral_ql(void)
{
    Suite *suite = suite_create("models/spectral_ql");
    TCase *tc = tcase_create("ql");

    tcase_add_loop_test(tc, random_matrices_agree_with_jacobi, 0, 18);
    tcase_add_test(tc, tridiagonal_matrix_of_a_path_has_its_closed_form);
    tcase_add_test(tc, multiple_and_zero_eigenvalues_are_found);
    tcase_add_test(tc, signs_follow_the_largest_entry);
    tcase_add_test(tc, not_a_number_is_an_error);
    suite_add_tcase(suite, tc);
    return suite;
}

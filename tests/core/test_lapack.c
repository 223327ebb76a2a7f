/* LAPACK's largest eigenvalues against Jacobi. */
#include "core/lapack.h"

#include "core/linalg.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/sum.h"

#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_core_lapack(void);

enum { MOST = 60 };
static double a[MOST * MOST], copy[MOST * MOST], value[MOST], vector[MOST * MOST], wanted[MOST], rows[MOST * MOST];
static pal_error err;

static void fill(int seed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double v = pal_u01(pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST), (pal_at){ i, j, 0 }, 0) - 0.5;

            a[i * n + j] = a[j * n + i] = v;
        }
    }
    memcpy(copy, a, n * n * sizeof *a);
}

START_TEST(largest_eigenvalues_are_those_of_jacobi)
{
    size_t n = 1 + (size_t)_i * 4, k = 1 + (size_t)_i % 5;

    if (k > n) k = n;
    fill(_i, n);
    pal_blas_single_thread();
    ck_assert_int_eq(pal_lapack_largest(value, vector, a, n, k, &err), PAL_OK);
    memcpy(a, copy, n * n * sizeof *a);
    ck_assert_int_eq(pal_eigen_symmetric(wanted, rows, a, n, &err), PAL_OK);
    for (size_t e = 0; e < k; e++) {
        ck_assert_double_eq_tol(value[e], wanted[e], 1e-12);
        ck_assert_double_eq_tol(fabs(pal_dot(vector + e * n, rows + e * n, n)), 1, 1e-9);
        for (size_t i = 0; i < n; i++) {
            HOLD(fabs(pal_dot(copy + i * n, vector + e * n, n) - value[e] * vector[e * n + i]) < 1e-12);
        }
    }
}
END_TEST

/* "The lower triangle is read": what stands above it does not matter. */
START_TEST(only_the_lower_triangle_is_read)
{
    fill(3, 10);
    for (size_t i = 0; i < 10; i++) {
        for (size_t j = i + 1; j < 10; j++) a[i * 10 + j] = 1e6;
    }
    ck_assert_int_eq(pal_lapack_largest(value, vector, a, 10, 2, &err), PAL_OK);
    memcpy(a, copy, sizeof(double) * 100);
    ck_assert_int_eq(pal_eigen_symmetric(wanted, rows, a, 10, &err), PAL_OK);
    ck_assert_double_eq_tol(value[1], wanted[1], 1e-12);
}
END_TEST

START_TEST(impossible_requests_are_errors)
{
    ck_assert_int_eq(pal_lapack_largest(value, vector, a, 3, 4, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "4 eigenvalues of a matrix of 3 x 3"));
    ck_assert_int_eq(pal_lapack_largest(value, vector, a, 3, 0, &err), PAL_ERR_SHAPE);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    pal_status rc;
    size_t n = 1;

    do {
        fill(5, 8);
        pal_mem_fail_at(n++);
        rc = pal_lapack_largest(value, vector, a, 8, 2, &err);
        HOLD(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    } while (rc != PAL_OK);
    pal_mem_fail_at(0);
    ck_assert_uint_eq(n, 7);
}
END_TEST

Suite *suite_core_lapack(void)
{
    Suite *suite = suite_create("core/lapack");
    TCase *tc = tcase_create("lapack");

    tcase_add_loop_test(tc, largest_eigenvalues_are_those_of_jacobi, 0, 14);
    tcase_add_test(tc, only_the_lower_triangle_is_read);
    tcase_add_test(tc, impossible_requests_are_errors);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tc);
    return suite;
}

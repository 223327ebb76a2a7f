/* The blocked inverse: LAPACK, the definition, and what must be refused. */
#include "core/spd.h"

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <string.h>

Suite *suite_core_spd(void);

/* LAPACK as OpenBLAS brings it: column-major, so the lower triangle of ours is its upper one. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

static const size_t sizes[] = { 1, 2, 7, 127, 128, 129, 255, 256, 300, 385 };
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static double *room(size_t n)
{
    double *x = pal_calloc(n, sizeof *x);

    HOLD(x != NULL);
    return x;
}

/* B'B + shift I of a random d x d matrix B; the upper triangle is left as NaN: it must not be read. */
static double *positive_definite(size_t d, double shift)
{
    double *b = room(d * d), *a = room(d * d);

    for (size_t i = 0; i < d * d; i++) {
        b[i] = pal_u01(pal_key_for(11, 0, PAL_FOR_TEST), (pal_at){ .who = i, .round = d }, 0) - 0.5;
    }
    pal_gemm_f64(PAL_PORTABLE, true, false, d, d, d, 1, b, d, b, d, 0, a, d);
    for (size_t i = 0; i < d; i++) {
        a[i * d + i] += shift;
        for (size_t j = i + 1; j < d; j++) a[i * d + j] = (double)NAN;
    }
    pal_free(b);
    return a;
}

static double *copy_of(const double *a, size_t d)
{
    double *b = room(d * d);

    memcpy(b, a, d * d * sizeof *b);
    return b;
}

START_TEST(inverse_is_that_of_lapack)
{
    size_t d = sizes[_i % N_SIZES];
    pal_backend backend = _i < N_SIZES ? PAL_PORTABLE : PAL_OPENBLAS;
    double *a = positive_definite(d, 0.5), *b = copy_of(a, d), most = 0;
    int n = (int)d, info = 1;

    pal_blas_single_thread();
    ck_assert_int_eq(pal_spd_inverse(a, d, backend, 2, NULL), PAL_OK);
    dpotrf_("U", &n, b, &n, &info);
    ck_assert_int_eq(info, 0);
    dpotri_("U", &n, b, &n, &info);
    ck_assert_int_eq(info, 0);
    for (size_t i = 0; i < d; i++) most = fabs(b[i * d + i]) > most ? fabs(b[i * d + i]) : most;
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) {
            HOLDS(fabs(a[i * d + j] - b[i * d + j]) <= 1e-12 * most, "%zu, %zu: %g instead of %g", i, j,
                  a[i * d + j], b[i * d + j]);
            HOLD(a[i * d + j] == a[j * d + i]);
        }
    }
    pal_free(a);
    pal_free(b);
}
END_TEST

START_TEST(product_with_the_matrix_is_the_identity)
{
    size_t d = 200;
    double *a = positive_definite(d, 1), *inverse = copy_of(a, d), *product = room(d * d);

    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < i; j++) a[j * d + i] = a[i * d + j];
    }
    ck_assert_int_eq(pal_spd_inverse(inverse, d, PAL_PORTABLE, 1, NULL), PAL_OK);
    pal_gemm_f64(PAL_PORTABLE, false, false, d, d, d, 1, a, d, inverse, d, 0, product, d);
    for (size_t i = 0; i < d * d; i++) HOLD(fabs(product[i] - (i / d == i % d)) < 1e-12);
    pal_free(a);
    pal_free(inverse);
    pal_free(product);
}
END_TEST

START_TEST(threads_change_no_bit)
{
    size_t d = 700;
    pal_backend backend = _i == 0 ? PAL_PORTABLE : PAL_OPENBLAS;
    double *a = positive_definite(d, 0.1), *one = copy_of(a, d), *many = copy_of(a, d);

    pal_blas_single_thread();
    ck_assert_int_eq(pal_spd_inverse(one, d, backend, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_spd_inverse(many, d, backend, 7, NULL), PAL_OK);
    ck_assert_int_eq(memcmp(one, many, d * d * sizeof *one), 0);
    pal_free(a);
    pal_free(one);
    pal_free(many);
}
END_TEST

START_TEST(what_is_not_positive_definite_is_refused)
{
    size_t d = 300, at = _i == 0 ? 0 : _i == 1 ? 150 : 299;
    double *a = positive_definite(d, 1);
    pal_error err = { 0 };

    a[at * d + at] = _i == 1 ? (double)NAN : -1;
    ck_assert_int_eq(pal_spd_inverse(a, d, PAL_PORTABLE, 2, &err), PAL_ERR_CONVERGE);
    ck_assert_has(err.text, _i == 0 ? "rows 0 to 127" : _i == 1 ? "rows 128 to 255" : "rows 256 to 299");
    pal_free(a);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    pal_status rc = PAL_ERR_MEMORY;
    size_t k = 0;

    while (rc != PAL_OK) {
        double a[4] = { 2, 0, 1, 2 };

        pal_mem_fail_at(++k);
        rc = pal_spd_inverse(a, 2, PAL_PORTABLE, 1, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    }
    ck_assert_uint_eq(k, 4);
}
END_TEST

Suite *suite_core_spd(void)
{
    Suite *suite = suite_create("core/spd");
    TCase *tc = tcase_create("spd");

    tcase_add_loop_test(tc, inverse_is_that_of_lapack, 0, 2 * N_SIZES);
    tcase_add_test(tc, product_with_the_matrix_is_the_identity);
    tcase_add_loop_test(tc, threads_change_no_bit, 0, 2);
    tcase_add_loop_test(tc, what_is_not_positive_definite_is_refused, 0, 3);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tc);
    return suite;
}

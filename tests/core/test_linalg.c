/* Linear algebra: the plain triple loop, GSL, and each backend against the other. */
#include "core/linalg.h"

#include "core/rng.h"

#include <check.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 160 * 310 };
static double a[MOST], b[MOST], c[MOST], wanted[MOST];
static float fa[MOST], fb[MOST], fc[MOST], fwanted[MOST];

static double draw(uint64_t who, uint64_t i)
{
    return pal_u01(pal_key_for(5, 0, PAL_FOR_TEST), (pal_at){ who, 0, i }, 0) - 0.5;
}

static void fill(uint64_t who)
{
    for (size_t i = 0; i < MOST; i++) {
        a[i] = draw(who, 3 * i);
        b[i] = draw(who, 3 * i + 1);
        c[i] = wanted[i] = draw(who, 3 * i + 2);
        fa[i] = (float)a[i];
        fb[i] = (float)b[i];
        fc[i] = fwanted[i] = (float)c[i];
    }
}

/* The definition of the portable product: scale by beta, then add (alpha a) b with p ascending. */
static void plain_f64(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, size_t lda, size_t ldb, double beta,
                      size_t ldc)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double s = beta == 0 ? 0 : beta * wanted[i * ldc + j];

            for (size_t p = 0; p < k; p++) {
                double left = alpha * (ta ? a[p * lda + i] : a[i * lda + p]);

                s += left * (tb ? b[j * ldb + p] : b[p * ldb + j]);
            }
            wanted[i * ldc + j] = s;
        }
    }
}

static void plain_f32(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, size_t lda, size_t ldb, float beta,
                      size_t ldc)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            float s = beta == 0 ? 0 : beta * fwanted[i * ldc + j];

            for (size_t p = 0; p < k; p++) {
                float left = alpha * (ta ? fa[p * lda + i] : fa[i * lda + p]);

                s += left * (tb ? fb[j * ldb + p] : fb[p * ldb + j]);
            }
            fwanted[i * ldc + j] = s;
        }
    }
}

static const size_t SHAPE[][3] = { /* m, n, k */
    { 1, 1, 1 },   { 1, 9, 9 },    { 3, 5, 2 },     { 4, 8, 16 },   { 4, 16, 7 },     { 5, 17, 33 },   { 9, 9, 1000 },
    { 64, 64, 64 }, { 65, 129, 10 }, { 63, 130, 129 }, { 2, 300, 128 }, { 150, 2, 257 }, { 128, 128, 128 }, { 7, 3, 0 }
};
enum { SHAPES = sizeof SHAPE / sizeof SHAPE[0] };

typedef struct product {
    bool ta, tb;
    size_t m, n, k, lda, ldb, ldc;
    double alpha, beta;
} product;

/* Loop index to case: shape, transposes, scalars; rows are longer than they need to be. */
static product product_of(int i)
{
    static const double alphas[] = { 1, 0.1173, -2.5, 0 }, betas[] = { 0, 1, 2.385, -0.5 };
    const size_t *s = SHAPE[i / 4];
    product p = { .ta = i & 1, .tb = i >> 1 & 1, .m = s[0], .n = s[1], .k = s[2] };

    p.lda = (p.ta ? p.m : p.k) + (size_t)(i % 3) + (p.k == 0);
    p.ldb = (p.tb ? p.k : p.n) + (size_t)(i % 2) + (p.k == 0);
    p.ldc = p.n + (size_t)(i % 4);
    p.alpha = alphas[i % 4];
    p.beta = betas[(i / 3) % 4];
    return p;
}

START_TEST(portable_product_has_the_bytes_of_the_plain_loop)
{
    product p = product_of(_i);

    fill((uint64_t)_i);
    plain_f64(p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.lda, p.ldb, p.beta, p.ldc);
    pal_gemm_f64(PAL_PORTABLE, p.ta, p.tb, p.m, p.n, p.k, p.alpha, a, p.lda, b, p.ldb, p.beta, c, p.ldc);
    ck_assert(memcmp(c, wanted, sizeof c) == 0); /* what lies beyond the columns is left alone, too */

    plain_f32(p.ta, p.tb, p.m, p.n, p.k, (float)p.alpha, p.lda, p.ldb, (float)p.beta, p.ldc);
    pal_gemm_f32(PAL_PORTABLE, p.ta, p.tb, p.m, p.n, p.k, (float)p.alpha, fa, p.lda, fb, p.ldb, (float)p.beta, fc,
                 p.ldc);
    ck_assert(memcmp(fc, fwanted, sizeof fc) == 0);
}
END_TEST

START_TEST(backends_agree)
{
    product p = product_of(_i);
    double room = 1e-15 * (double)(p.k + 4), room_f = 4e-7 * (double)(p.k + 4);

    pal_blas_single_thread();
    fill((uint64_t)_i + 1000);
    pal_gemm_f64(PAL_PORTABLE, p.ta, p.tb, p.m, p.n, p.k, p.alpha, a, p.lda, b, p.ldb, p.beta, c, p.ldc);
    pal_gemm_f64(PAL_OPENBLAS, p.ta, p.tb, p.m, p.n, p.k, p.alpha, a, p.lda, b, p.ldb, p.beta, wanted, p.ldc);
    pal_gemm_f32(PAL_PORTABLE, p.ta, p.tb, p.m, p.n, p.k, (float)p.alpha, fa, p.lda, fb, p.ldb, (float)p.beta, fc,
                 p.ldc);
    pal_gemm_f32(PAL_OPENBLAS, p.ta, p.tb, p.m, p.n, p.k, (float)p.alpha, fa, p.lda, fb, p.ldb, (float)p.beta, fwanted,
                 p.ldc);
    for (size_t i = 0; i < p.m * p.ldc; i++) {
        ck_assert_double_eq_tol(c[i], wanted[i], room);
        ck_assert_double_eq_tol((double)fc[i], (double)fwanted[i], room_f);
    }
}
END_TEST

START_TEST(beta_zero_does_not_read_c)
{
    for (int backend = 0; backend < 2; backend++) {
        for (size_t i = 0; i < 4; i++) {
            a[i] = (double)(i + 1);
            b[i] = (double)(i + 5);
            c[i] = (double)NAN;
        }
        pal_gemm_f64((pal_backend)backend, false, false, 2, 2, 2, 1, a, 2, b, 2, 0, c, 2);
        ck_assert(c[0] == 19 && c[1] == 22 && c[2] == 43 && c[3] == 50);
    }
}
END_TEST

START_TEST(empty_products_touch_nothing)
{
    c[0] = 2.385;
    pal_gemm_f64(PAL_PORTABLE, false, false, 0, 3, 3, 1, a, 3, b, 3, 0, c, 3);
    pal_gemm_f64(PAL_PORTABLE, false, false, 3, 0, 3, 1, a, 3, b, 1, 0, c, 1);
    pal_gemm_f64(PAL_OPENBLAS, false, false, 0, 3, 3, 1, a, 3, b, 3, 0, c, 3);
    ck_assert(c[0] == 2.385);
}
END_TEST

/* a = g g' + d I for a random g: positive definite. */
static void fill_definite(size_t d, uint64_t who)
{
    fill(who);
    pal_gemm_f64(PAL_PORTABLE, false, true, d, d, d, 1, b, d, b, d, 0, a, d);
    for (size_t i = 0; i < d; i++) a[i * d + i] += 0.01;
}

START_TEST(cholesky_matches_gsl)
{
    size_t d = (size_t)_i + 1;
    gsl_matrix *m = gsl_matrix_alloc(d, d);
    pal_error err;

    gsl_set_error_handler_off();
    fill_definite(d, (uint64_t)_i);
    for (size_t i = 0; i < d * d; i++) m->data[i / d * m->tda + i % d] = a[i];
    ck_assert_int_eq(gsl_linalg_cholesky_decomp1(m), GSL_SUCCESS);
    ck_assert_int_eq(pal_cholesky(a, d, &err), PAL_OK);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++) {
            if (j > i) ck_assert(a[i * d + j] == 0);
            else ck_assert_double_eq_tol(a[i * d + j], gsl_matrix_get(m, i, j), 1e-12);
        }
    }
    gsl_matrix_free(m);
}
END_TEST

START_TEST(cholesky_solve_solves)
{
    size_t d = (size_t)_i + 1;

    fill_definite(d, (uint64_t)_i + 50);
    memcpy(wanted, a, d * d * sizeof a[0]);
    for (size_t i = 0; i < d; i++) {
        c[i] = 0;
        for (size_t j = 0; j < d; j++) c[i] += a[i * d + j] * (draw(77, j) + 0.6);
    }
    ck_assert_int_eq(pal_cholesky(a, d, NULL), PAL_OK);
    pal_cholesky_solve(a, d, c);
    for (size_t i = 0; i < d; i++) ck_assert_double_eq_tol(c[i], draw(77, i) + 0.6, 1e-9);
}
END_TEST

START_TEST(cholesky_names_the_pivot_that_is_not_positive)
{
    double m[9] = { 4, 0, 0, 2, 5, 0, 1, 3, -2.385 }, none[1] = { (double)NAN };
    pal_error err;

    ck_assert_int_eq(pal_cholesky(m, 3, &err), PAL_ERR_CONVERGE);
    ck_assert_msg(strstr(err.text, "pivot 2") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "positive definite") != NULL, "%s", err.text);
    ck_assert_int_eq(pal_cholesky(none, 1, NULL), PAL_ERR_CONVERGE);
    ck_assert_int_eq(pal_cholesky(none, 0, NULL), PAL_OK);
}
END_TEST

/* Symmetric, entries in (-1/2, 1/2). */
static void fill_symmetric(size_t d, uint64_t who)
{
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) a[i * d + j] = a[j * d + i] = draw(who, i * d + j);
    }
}

START_TEST(eigenvalues_match_gsl_and_vectors_fit)
{
    size_t d = _i < 12 ? (size_t)_i + 1 : 40 + 30 * (size_t)(_i - 12);
    gsl_matrix *m = gsl_matrix_alloc(d, d), *v = gsl_matrix_alloc(d, d);
    gsl_vector *e = gsl_vector_alloc(d);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(d);
    double *values = c, *vectors = b;
    pal_error err;

    fill_symmetric(d, (uint64_t)_i);
    memcpy(wanted, a, d * d * sizeof a[0]);
    for (size_t i = 0; i < d * d; i++) gsl_matrix_set(m, i / d, i % d, a[i]);
    ck_assert_int_eq(gsl_eigen_symmv(m, e, v, work), GSL_SUCCESS);
    ck_assert_int_eq(gsl_eigen_symmv_sort(e, v, GSL_EIGEN_SORT_VAL_DESC), GSL_SUCCESS);
    ck_assert_int_eq(pal_eigen_symmetric(values, vectors, a, d, &err), PAL_OK);

    for (size_t r = 0; r < d; r++) {
        double largest = 0, inner = 0;

        ck_assert_double_eq_tol(values[r], gsl_vector_get(e, r), 1e-12);
        ck_assert(r == 0 || values[r] <= values[r - 1]);
        for (size_t i = 0; i < d; i++) { /* A v = lambda v */
            double s = 0;

            for (size_t j = 0; j < d; j++) s += wanted[i * d + j] * vectors[r * d + j];
            ck_assert_double_eq_tol(s, values[r] * vectors[r * d + i], 1e-12);
            if (fabs(vectors[r * d + i]) > fabs(largest)) largest = vectors[r * d + i];
            inner += vectors[r * d + i] * gsl_matrix_get(v, i, r);
        }
        ck_assert(largest > 0);
        ck_assert_double_eq_tol(fabs(inner), 1, 1e-7); /* random matrices have eigenvalues apart */
        for (size_t q = 0; q <= r; q++) { /* orthonormal */
            double s = 0;

            for (size_t j = 0; j < d; j++) s += vectors[r * d + j] * vectors[q * d + j];
            ck_assert_double_eq_tol(s, q == r, 1e-13);
        }
    }
    gsl_eigen_symmv_free(work);
    gsl_vector_free(e);
    gsl_matrix_free(m);
    gsl_matrix_free(v);
}
END_TEST

static uint64_t fold_bits(uint64_t fold, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        fold = (fold ^ bits) * UINT64_C(0x9E3779B97F4A7C15);
        fold ^= fold >> 29;
    }
    return fold;
}

/* Folded bits of an eigensystem and a Cholesky factor: gcc 12 -O3, x86-64; every other build must agree. */
START_TEST(decompositions_have_the_same_bytes_everywhere)
{
    enum { D = 37 };
    uint64_t fold = 0;

    fill_symmetric(D, 4242);
    ck_assert_int_eq(pal_eigen_symmetric(c, b, a, D, NULL), PAL_OK);
    fold = fold_bits(fold_bits(fold, c, D), b, D * D);
    fill_definite(D, 4243);
    ck_assert_int_eq(pal_cholesky(a, D, NULL), PAL_OK);
    fold = fold_bits(fold, a, D * D);
    ck_assert_msg(fold == UINT64_C(0x33f74aecd9c2a8e7), "fold is 0x%016llx", (unsigned long long)fold);
}
END_TEST

/* The path of n nodes: eigenvalues 2 cos(pi k / (n + 1)) in closed form. */
START_TEST(path_graph_has_its_known_spectrum)
{
    enum { D = 60 };

    memset(a, 0, sizeof a);
    for (size_t i = 0; i + 1 < D; i++) a[i * D + i + 1] = a[(i + 1) * D + i] = 1;
    ck_assert_int_eq(pal_eigen_symmetric(c, b, a, D, NULL), PAL_OK);
    for (size_t k = 0; k < D; k++) {
        ck_assert_double_eq_tol(c[k], 2 * cos(3.14159265358979323846 * (double)(k + 1) / (D + 1)), 1e-13);
    }
}
END_TEST

START_TEST(awkward_matrices_are_decomposed)
{
    double v[9], e[3];
    double same[9] = { 2.385, 0, 0, 0, 2.385, 0, 0, 0, 2.385 };
    double ones[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    double spread[9] = { 1e150, 1e-150, 0, 1e-150, 1e-300, 1e-320, 0, 1e-320, 0 };
    double zero[9] = { 0 };

    ck_assert_int_eq(pal_eigen_symmetric(e, v, same, 3, NULL), PAL_OK);
    for (int i = 0; i < 9; i++) ck_assert(v[i] == (i % 4 == 0)); /* ties keep their order */
    ck_assert_int_eq(pal_eigen_symmetric(e, v, ones, 3, NULL), PAL_OK);
    ck_assert_double_eq_tol(e[0], 3, 1e-14);
    ck_assert_double_eq_tol(e[1], 0, 1e-14);
    ck_assert_double_eq_tol(v[1], sqrt(1.0 / 3), 1e-14);
    ck_assert_int_eq(pal_eigen_symmetric(e, v, spread, 3, NULL), PAL_OK);
    ck_assert(e[0] == 1e150);
    ck_assert_int_eq(pal_eigen_symmetric(e, v, zero, 3, NULL), PAL_OK);
    ck_assert(e[0] == 0 && e[2] == 0);
    ck_assert_int_eq(pal_eigen_symmetric(e, v, zero, 0, NULL), PAL_OK);
}
END_TEST

START_TEST(eigen_names_an_entry_that_is_not_finite)
{
    double m[4] = { 1, 2, 2, (double)NAN }, v[4], e[2];
    pal_error err;

    ck_assert_int_eq(pal_eigen_symmetric(e, v, m, 2, &err), PAL_ERR_DATA);
    ck_assert_msg(strstr(err.text, "[1][1]") != NULL, "%s", err.text);
}
END_TEST

START_TEST(openblas_says_its_core)
{
    ck_assert_ptr_nonnull(pal_blas_core());
    ck_assert_uint_gt(strlen(pal_blas_core()), 0);
}
END_TEST

Suite *suite_core_linalg(void);

Suite *suite_core_linalg(void)
{
    Suite *suite = suite_create("core/linalg");
    TCase *tests = tcase_create("linalg");

    tcase_add_loop_test(tests, portable_product_has_the_bytes_of_the_plain_loop, 0, 4 * SHAPES);
    tcase_add_loop_test(tests, backends_agree, 0, 4 * SHAPES);
    tcase_add_test(tests, beta_zero_does_not_read_c);
    tcase_add_test(tests, empty_products_touch_nothing);
    tcase_add_loop_test(tests, cholesky_matches_gsl, 0, 30);
    tcase_add_loop_test(tests, cholesky_solve_solves, 0, 30);
    tcase_add_test(tests, cholesky_names_the_pivot_that_is_not_positive);
    tcase_add_loop_test(tests, eigenvalues_match_gsl_and_vectors_fit, 0, 15);
    tcase_add_test(tests, decompositions_have_the_same_bytes_everywhere);
    tcase_add_test(tests, path_graph_has_its_known_spectrum);
    tcase_add_test(tests, awkward_matrices_are_decomposed);
    tcase_add_test(tests, eigen_names_an_entry_that_is_not_finite);
    tcase_add_test(tests, openblas_says_its_core);
    suite_add_tcase(suite, tests);
    return suite;
}

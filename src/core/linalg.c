/* Matrix products, Cholesky and Jacobi; the only caller of CBLAS. */
#include "core/linalg.h"

#include "core/sum.h"
#include "core/vector.h"

#include <cblas.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline)) /* into every clone of the caller */
#else
#define INLINE inline
#endif

#define ROWS 4       /* rows of a tile: 4 x 64 bytes of sums stay in registers */
#define BLOCK_M 64   /* multiples of ROWS and of 16, so that packed blocks fit */
#define BLOCK_N 128
#define BLOCK_K 128

#define REAL double
#define WIDTH 8
#define OF(name) name##_f64
#include "core/linalg_gemm.inc"
#undef REAL
#undef WIDTH
#undef OF

#define REAL float
#define WIDTH 16
#define OF(name) name##_f32
#include "core/linalg_gemm.inc"
#undef REAL
#undef WIDTH
#undef OF

void pal_gemm_f64(pal_backend backend, bool ta, bool tb, size_t m, size_t n, size_t k, double alpha,
                  const double *a, size_t lda, const double *b, size_t ldb, double beta, double *c, size_t ldc)
{
    if (m == 0 || n == 0) return;
    if (backend == PAL_OPENBLAS) {
        PAL_ASSERT(m <= INT32_MAX && n <= INT32_MAX && k <= INT32_MAX);
        PAL_ASSERT(lda <= INT32_MAX && ldb <= INT32_MAX && ldc <= INT32_MAX);
        cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (blasint)m,
                    (blasint)n, (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
        return;
    }
    gemm_f64(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void pal_gemm_f32(pal_backend backend, bool ta, bool tb, size_t m, size_t n, size_t k, float alpha,
                  const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    if (m == 0 || n == 0) return;
    if (backend == PAL_OPENBLAS) {
        PAL_ASSERT(m <= INT32_MAX && n <= INT32_MAX && k <= INT32_MAX);
        PAL_ASSERT(lda <= INT32_MAX && ldb <= INT32_MAX && ldc <= INT32_MAX);
        cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (blasint)m,
                    (blasint)n, (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
        return;
    }
    gemm_f32(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/* Row by row (Cholesky-Banachiewicz): l[i][j] = (a[i][j] - l[i] . l[j]) / l[j][j] over the first j columns. */
pal_status pal_cholesky(double *a, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < d; i++) {
        double *row = a + i * d, pivot;

        for (size_t j = 0; j < i; j++) row[j] = (row[j] - pal_dot(row, a + j * d, j)) / a[j * d + j];
        pivot = row[i] - pal_dot(row, row, i);
        if (!(pivot > 0 && pivot < HUGE_VAL)) {
            PAL_FAIL(PAL_ERR_CONVERGE, "matrix of %zu x %zu is not positive definite: pivot %zu is %g", d, d, i, pivot);
        }
        row[i] = sqrt(pivot);
        for (size_t j = i + 1; j < d; j++) row[j] = 0;
    }

done:
    return rc;
}

void pal_cholesky_solve(const double *l, size_t d, double *b)
{
    for (size_t i = 0; i < d; i++) b[i] = (b[i] - pal_dot(l + i * d, b, i)) / l[i * d + i];
    for (size_t i = d; i-- > 0;) {
        b[i] /= l[i * d + i];
        for (size_t j = 0; j < i; j++) b[j] -= l[i * d + j] * b[i];
    }
}

#define JACOBI_SWEEPS 100
#define JACOBI_PLAIN 3 /* sweeps that pass over small entries, as in Rutishauser */

/* x and y of length n become c x - s y and s x + c y. */
static inline void rotate(double *x, double *y, size_t n, double c, double s)
{
    for (size_t j = 0; j < n; j++) {
        double xj = x[j], yj = y[j];

        x[j] = c * xj - s * yj;
        y[j] = s * xj + c * yj;
    }
}

/* Rotate rows and columns p < q of a (and rows p, q of v) so that a[p][q] becomes 0. */
PAL_VECTOR static void annihilate(double *a, double *v, size_t d, size_t p, size_t q)
{
    double *row_p = a + p * d, *row_q = a + q * d;
    double apq = row_p[q], app = row_p[p], aqq = row_q[q];
    double theta = (aqq - app) / (2 * apq);
    double t = 1 / (fabs(theta) + sqrt(theta * theta + 1)); /* 0 when theta^2 overflows: then apq is nothing */
    double c, s;

    if (theta < 0) t = -t;
    c = 1 / sqrt(t * t + 1);
    s = t * c;
    rotate(row_p, row_q, d, c, s);
    for (size_t i = 0; i < d; i++) { /* the columns are the rows: a stays symmetric to the bit */
        a[i * d + p] = row_p[i];
        a[i * d + q] = row_q[i];
    }
    row_p[p] = app - t * apq;
    row_q[q] = aqq + t * apq;
    row_p[q] = row_q[p] = 0;
    rotate(v + p * d, v + q * d, d, c, s);
}

/* Sum of |entries| above the diagonal. */
static double off_diagonal(const double *a, size_t d)
{
    pal_acc sum = { 0 };

    for (size_t i = 0; i < d; i++) {
        for (size_t j = i + 1; j < d; j++) pal_acc_add(&sum, fabs(a[i * d + j]));
    }
    return pal_acc_value(&sum);
}

/* One pass over all pairs. Small entries wait in the first sweeps; later, those that no longer change the
 * diagonal are dropped. */
static void sweep(double *a, double *v, size_t d, int number, double off)
{
    double threshold = number < JACOBI_PLAIN ? 0.2 * off / ((double)d * (double)d) : 0;

    for (size_t p = 0; p + 1 < d; p++) {
        for (size_t q = p + 1; q < d; q++) {
            double x = fabs(a[p * d + q]), dp = fabs(a[p * d + p]), dq = fabs(a[q * d + q]);

            if (number > JACOBI_PLAIN && dp + x * 0x1p7 == dp && dq + x * 0x1p7 == dq) {
                a[p * d + q] = a[q * d + p] = 0;
            } else if (x > threshold) {
                annihilate(a, v, d, p, q);
            }
        }
    }
}

/* Selection sort of values with their rows, the largest first, equal ones in the order they came. */
static void sort_descending(double *values, double *vectors, size_t d)
{
    for (size_t i = 0; i + 1 < d; i++) {
        size_t best = i;

        for (size_t j = i + 1; j < d; j++) {
            if (values[j] > values[best]) best = j;
        }
        for (size_t j = best; j > i; j--) { /* move down by one, so that ties keep their order */
            double x = values[j];

            values[j] = values[j - 1];
            values[j - 1] = x;
            for (size_t c = 0; c < d; c++) {
                x = vectors[j * d + c];
                vectors[j * d + c] = vectors[(j - 1) * d + c];
                vectors[(j - 1) * d + c] = x;
            }
        }
    }
}

static void fix_sign(double *x, size_t d)
{
    size_t best = 0;

    for (size_t j = 1; j < d; j++) {
        if (fabs(x[j]) > fabs(x[best])) best = j;
    }
    if (x[best] >= 0) return;
    for (size_t j = 0; j < d; j++) x[j] = -x[j];
}

pal_status pal_eigen_symmetric(double *values, double *vectors, double *a, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    double off = 0;
    int number;

    for (size_t i = 0; i < d * d; i++) {
        if (!isfinite(a[i])) {
            PAL_FAIL(PAL_ERR_DATA, "matrix of %zu x %zu: entry [%zu][%zu] is %g, not finite", d, d, i / d, i % d, a[i]);
        }
        vectors[i] = i / d == i % d;
    }
    for (number = 0; number < JACOBI_SWEEPS; number++) {
        off = off_diagonal(a, d);
        if (off == 0) break;
        sweep(a, vectors, d, number, off);
    }
    if (off != 0) PAL_FAIL(PAL_ERR_CONVERGE, "Jacobi: %g left off the diagonal after %d sweeps", off, JACOBI_SWEEPS);

    for (size_t i = 0; i < d; i++) values[i] = a[i * d + i];
    sort_descending(values, vectors, d);
    for (size_t i = 0; i < d; i++) fix_sign(vectors + i * d, d);

done:
    return rc;
}

const char *pal_blas_core(void)
{
    return openblas_get_corename();
}

void pal_blas_single_thread(void)
{
    openblas_set_num_threads(1);
}

/* dsyevr behind a row-major door. */
#include "core/lapack.h"

#include "core/mem.h"

#include <limits.h>

/* Fortran: everything by address, the lengths of the three letters behind all else. Integers are 32 bits wide in the
 * OpenBLAS that is linked (as blasint is). */
void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda,
             const double *vl, const double *vu, const int *il, const int *iu, const double *abstol, int *m, double *w,
             double *z, const int *ldz, int *isuppz, double *work, const int *lwork, int *iwork, const int *liwork,
             int *info, size_t jobz_length, size_t range_length, size_t uplo_length);

/* Our rows are Fortran's columns: a symmetric matrix does not mind, but its lower triangle is their upper one, and the
 * eigenvectors come as rows. */
static int call(double *w, double *z, int *isuppz, double *a, int n, int first, double *work, int lwork, int *iwork,
                int liwork)
{
    double none = 0, tolerance = 0; /* 0: the safe minimum */
    int found = 0, info = 0;

    dsyevr_("V", "I", "U", &n, a, &n, &none, &none, &first, &n, &tolerance, &found, w, z, &n, isuppz, work, &lwork,
            iwork, &liwork, &info, 1, 1, 1);
    return info != 0 || (lwork > 0 && found != n - first + 1) ? -1 : 0;
}

pal_status pal_lapack_largest(double *value, double *vector, double *a, size_t n, size_t wanted, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *w = NULL, *z = NULL, *work = NULL, work_size = 0;
    int *isuppz = NULL, *iwork = NULL, iwork_size = 0, first;

    if (wanted == 0 || wanted > n || n > INT_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "%zu eigenvalues of a matrix of %zu x %zu: 1 to its size are possible", wanted, n, n);
    }
    first = (int)(n - wanted) + 1;
    PAL_NEW(w, n);
    PAL_NEW(z, n * wanted);
    PAL_NEW(isuppz, 2 * wanted);
    if (call(w, z, isuppz, a, (int)n, first, &work_size, -1, &iwork_size, -1) != 0) {
        PAL_FAIL(PAL_ERR_CONVERGE, "LAPACK does not take a matrix of %zu x %zu", n, n);
    }
    PAL_NEW(work, work_size);
    PAL_NEW(iwork, iwork_size);
    if (call(w, z, isuppz, a, (int)n, first, work, (int)work_size, iwork, iwork_size) != 0) {
        PAL_FAIL(PAL_ERR_CONVERGE, "LAPACK finds no eigenvalues of a matrix of %zu x %zu", n, n);
    }
    for (size_t i = 0; i < wanted; i++) { /* they come ascending */
        value[i] = w[wanted - 1 - i];
        for (size_t j = 0; j < n; j++) vector[i * n + j] = z[(wanted - 1 - i) * n + j];
    }

done:
    pal_free(w);
    pal_free(z);
    pal_free(work);
    pal_free(isuppz);
    pal_free(iwork);
    return rc;
}

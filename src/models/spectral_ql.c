/* Householder and implicit QL, with rows for vectors so that every inner loop runs along memory. */
#include "models/spectral_ql.h"

#include "core/sum.h"
#include "core/vector.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST_PASSES 60 /* an eigenvalue takes about 2; 30 is what the source allows */

/* upper, lower = c upper - s lower, s upper + c lower. */
PAL_VECTOR static void turn(double *upper, double *lower, size_t n, double c, double s)
{
    for (size_t j = 0; j < n; j++) {
        double x = upper[j], y = lower[j];

        upper[j] = c * x - s * y;
        lower[j] = s * x + c * y;
    }
}

/* First i >= from whose coupling to i + 1 is nothing beside the diagonal. */
static size_t block_end(const double *d, const double *e, size_t n, size_t from)
{
    size_t i = from;

    while (i + 1 < n && fabs(e[i]) > DBL_EPSILON * (fabs(d[i]) + fabs(d[i + 1]))) i++;
    return i;
}

/* One QL pass over the unreduced block first..last, its bulge chased upwards. */
static void pass(double *d, double *e, size_t first, size_t last, double *z, size_t width)
{
    double half = (d[first + 1] - d[first]) / (2 * e[first]);
    double root = sqrt(half * half + 1);
    double g = d[last] - d[first] + e[first] / (half + (half < 0 ? -root : root));
    double s = 1, c = 1, p = 0;

    for (size_t i = last; i-- > first;) {
        double f = s * e[i], b = c * e[i], r = sqrt(f * f + g * g), gap;

        e[i + 1] = r;
        if (r == 0) { /* the block falls apart here: the next pass finds the pieces */
            d[i + 1] -= p;
            e[last] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        gap = (d[i] - g) * s + 2 * c * b;
        p = s * gap;
        d[i + 1] = g + p;
        g = c * gap - b;
        if (width > 0) turn(z + i * width, z + (i + 1) * width, width, c, s);
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0;
}

pal_status pal_ql(double *d, double *e, size_t n, double *z, size_t width, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (n > 0) e[n - 1] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t last, passes = 0;

        while ((last = block_end(d, e, n, i)) != i) {
            if (passes++ == MOST_PASSES) {
                PAL_FAIL(PAL_ERR_CONVERGE, "QL: eigenvalue %zu of %zu not found in %d passes", i, n, MOST_PASSES);
            }
            pass(d, e, i, last, z, width);
        }
        if (!isfinite(d[i])) {
            PAL_FAIL(PAL_ERR_CONVERGE, "QL: eigenvalue %zu of %zu is %g: an entry is not finite", i, n, d[i]);
        }
    }

done:
    return rc;
}

PAL_VECTOR static void add_multiple(double *y, const double *x, double a, size_t n)
{
    for (size_t j = 0; j < n; j++) y[j] += a * x[j];
}

/* row -= v q_i + q v_i */
PAL_VECTOR static void rank_two(double *row, const double *v, const double *q, double v_i, double q_i, size_t n)
{
    for (size_t j = 0; j < n; j++) row[j] -= v[j] * q_i + q[j] * v_i;
}

/* A = Q T Q': v of reflection k, scaled to v.v = 2, stays in row k right of the diagonal. */
static void tridiagonal(double *d, double *e, double *a, size_t n, double *q)
{
    for (size_t k = 0; k + 1 < n; k++) {
        double *v = a + k * n + k + 1, *below = a + (k + 1) * n + k + 1;
        size_t m = n - k - 1;
        double norm = sqrt(pal_dot(v, v, m)), length, half;

        d[k] = a[k * n + k];
        if (v[0] > 0) norm = -norm;
        e[k] = norm;
        v[0] -= norm;
        length = sqrt(pal_dot(v, v, m) / 2);
        if (length == 0) { /* nothing to reflect: v = 0 stands for the identity */
            e[k] = 0;
            continue;
        }
        for (size_t j = 0; j < m; j++) v[j] /= length;
        for (size_t i = 0; i < m; i++) q[i] = pal_dot(below + i * n, v, m);
        half = pal_dot(q, v, m) / 2;
        for (size_t i = 0; i < m; i++) q[i] -= half * v[i];
        for (size_t i = 0; i < m; i++) rank_two(below + i * n, v, q, v[i], q[i], m);
    }
    if (n > 0) d[n - 1] = a[n * n - 1];
}

/* Rows of z = Q': the identity times the reflections, the last first; rows above k + 1 are not touched by it. */
static void gather(double *z, const double *a, size_t n)
{
    memset(z, 0, n * n * sizeof *z);
    for (size_t i = 0; i < n; i++) z[i * n + i] = 1;
    for (size_t k = n < 2 ? 0 : n - 1; k-- > 0;) {
        const double *v = a + k * n + k + 1;
        size_t m = n - k - 1;

        for (size_t i = k + 1; i < n; i++) {
            double *row = z + i * n + k + 1;

            add_multiple(row, v, -pal_dot(row, v, m), m);
        }
    }
}

void pal_ql_sort(double *value, double *vector, size_t n, size_t width)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t best = i;
        double kept = value[i];

        for (size_t j = i + 1; j < n; j++) {
            if (value[j] > value[best]) best = j;
        }
        if (best == i) continue;
        value[i] = value[best];
        value[best] = kept;
        for (size_t j = 0; j < width; j++) {
            kept = vector[i * width + j];
            vector[i * width + j] = vector[best * width + j];
            vector[best * width + j] = kept;
        }
    }
}

pal_status pal_ql_dense(double *value, double *vector, double *a, size_t n, double *work, pal_error *err)
{
    pal_status rc = PAL_OK;

    tridiagonal(value, work, a, n, work + n);
    gather(vector, a, n);
    PAL_TRY(pal_ql(value, work, n, vector, n, err));
    pal_ql_sort(value, vector, n, n);

done:
    return rc;
}

void pal_fix_sign(double *x, size_t n)
{
    size_t best = 0;

    for (size_t j = 1; j < n; j++) {
        if (fabs(x[j]) > fabs(x[best])) best = j;
    }
    if (n == 0 || x[best] >= 0) return;
    for (size_t j = 0; j < n; j++) x[j] = -x[j];
}

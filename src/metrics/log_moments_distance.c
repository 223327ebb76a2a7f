/* Distances between samples. */
#include "metrics/log_moments_distance.h"

#include "core/sum.h"

#include <math.h>
#include <stdlib.h>

double pal_ks_distance(const double *a, size_t n_a, const double *b, size_t n_b)
{
    double most = 0;
    size_t i = 0, j = 0;

    if (n_a == 0 || n_b == 0) return NAN;
    while (i < n_a && j < n_b) {
        const double x = a[i] < b[j] ? a[i] : b[j];

        while (i < n_a && a[i] == x) i++;
        while (j < n_b && b[j] == x) j++;

        const double apart = fabs((double)i / (double)n_a - (double)j / (double)n_b);

        most = apart > most ? apart : most;
    }
    return most;
}

double pal_wasserstein(const double *a, size_t n_a, const double *b, size_t n_b)
{
    pal_acc area = { 0 };
    size_t i = 0, j = 0;
    double x;

    if (n_a == 0 || n_b == 0) return NAN;
    x = a[0] < b[0] ? a[0] : b[0];
    while (i < n_a || j < n_b) {
        const double next = j == n_b || (i < n_a && a[i] <= b[j]) ? a[i] : b[j];

        pal_acc_add(&area, (next - x) * fabs((double)i / (double)n_a - (double)j / (double)n_b));
        x = next;
        while (i < n_a && a[i] == x) i++;
        while (j < n_b && b[j] == x) j++;
    }
    return pal_acc_value(&area);
}

double pal_quantile_of(const double *x, size_t n, double p)
{
    if (n == 0) return NAN;

    const double at = (double)(n - 1) * p, below = floor(at);
    const size_t k = (size_t)below;

    return k + 1 < n ? x[k] + (at - below) * (x[k + 1] - x[k]) : x[n - 1];
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void pal_sort_doubles(double *x, size_t n)
{
    if (n > 1) qsort(x, n, sizeof *x, compare);
}

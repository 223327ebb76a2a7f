/* Labels pushed apart: isotonic regression by pooling adjacent violators. */
#include "plots/label.h"

#include "core/error.h"

#include <math.h>

/* Indices of the finite positions, ascending; insertion sort is stable, so ties stay in index order. */
static size_t ordered(size_t *order, const double *y, size_t n)
{
    size_t m = 0;

    for (size_t i = 0; i < n; i++) {
        size_t j = m;

        if (!isfinite(y[i])) {
            continue;
        }
        for (; j > 0 && y[order[j - 1]] > y[i]; j--) {
            order[j] = order[j - 1];
        }
        order[j] = i;
        m++;
    }
    return m;
}

void pal_labels_spread(double *y, size_t n, double gap, double lo, double hi)
{
    size_t order[PAL_MAX_LABELS], size[PAL_MAX_LABELS];
    double mean[PAL_MAX_LABELS];
    size_t blocks = 0, m, at = 0;

    PAL_ASSERT(n <= PAL_MAX_LABELS && lo <= hi);
    m = ordered(order, y, n);
    if (m == 0) {
        return;
    }
    gap = m > 1 ? fmin(gap, (hi - lo) / (double)(m - 1)) : gap;
    for (size_t k = 0; k < m; k++) {
        mean[blocks] = y[order[k]] - (double)k * gap;
        size[blocks++] = 1;
        while (blocks > 1 && mean[blocks - 2] > mean[blocks - 1]) {
            double a = (double)size[blocks - 2], b = (double)size[blocks - 1];

            mean[blocks - 2] = (mean[blocks - 2] * a + mean[blocks - 1] * b) / (a + b);
            size[blocks - 2] += size[blocks - 1];
            blocks--;
        }
    }
    for (size_t b = 0; b < blocks; b++) {
        double level = fmin(fmax(mean[b], lo), hi - (double)(m - 1) * gap);

        for (size_t i = 0; i < size[b]; i++, at++) {
            y[order[at]] = level + (double)at * gap;
        }
    }
}

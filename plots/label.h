/* Labels pushed apart just enough not to touch. */
#ifndef PAL_PLOTS_LABEL_H
#define PAL_PLOTS_LABEL_H

#include <stddef.h>

#define PAL_MAX_LABELS 64

/*
 * Move n <= PAL_MAX_LABELS positions so that neighbours are at least `gap` apart and all lie in [lo, hi], with the
 * least sum of squared moves and the order kept (ties by index). When they cannot all fit, the gap shrinks to what
 * fits. The least squares answer is isotonic regression of y[i] - i * gap (pool adjacent violators: Barlow et al.,
 * Statistical Inference under Order Restrictions, 1972). NaN positions are left alone.
 */
void pal_labels_spread(double *y, size_t n, double gap, double lo, double hi);

#endif

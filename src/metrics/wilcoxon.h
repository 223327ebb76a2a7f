/* Wilcoxon's signed-rank test of paired differences: exact while there are few, normal beyond. */
#ifndef PAL_METRICS_WILCOXON_H
#define PAL_METRICS_WILCOXON_H

#include "core/error.h"

#include <stddef.h>

#define PAL_WILCOXON_EXACT 50 /* differences other than 0: up to here all 2^n sign patterns count */

typedef struct pal_wilcoxon {
    double p;             /* two-sided; NaN without a difference to look at, 1 when all are 0     */
    double w;             /* sum of the ranks of positive differences                             */
    double rank_biserial; /* effect in [-1, 1]: (ranks of the positive less the others) / all     */
    size_t n;             /* differences other than 0                                             */
    bool exact;
} pal_wilcoxon;

/*
 * Are n paired differences placed symmetrically about 0? Zeros are left out (Wilcoxon's own way),
 * |d| is ranked, equal ones share the mean of their ranks. |d| within 1e-12 of the largest count as
 * equal, since differences that ought to be equal part in their last bits. With ties the exact
 * distribution is that of the shared ranks. Beyond PAL_WILCOXON_EXACT, with t the sizes of groups
 * of equal |d|:
 *
 *   z = (|W - n(n+1)/4| - 1/2) / sqrt(n(n+1)(2n+1)/24 - sum (t^3 - t)/48)
 *
 * It asks another question than a test of the mean: a few large losses against many small gains are
 * no draw to it. And where differences are skewed, which those of most ranking metrics are, it
 * rejects a true mean of 0 too often, ever more so the larger n: at many people prefer sign flips,
 * and judge by the effect.
 *   PAL_ERR_DATA  a difference is not finite; PAL_ERR_MEMORY
 * Source: Wilcoxon 1945; Pratt and Gibbons 1981 (ties); Kerby 2014 (rank-biserial correlation); the
 * warning: Ihemelandu and Ekstrand, SIGIR 2023. Oracles (SciPy): tests/metrics/test_wilcoxon.c.
 */
PAL_MUST_USE pal_status pal_wilcoxon_paired(pal_wilcoxon *out, const double *d, size_t n,
                                            pal_error *err);

#endif

/* Sorting floats and reading quantiles off the sorted values. */
#ifndef PAL_DATA_QUANTILE_H
#define PAL_DATA_QUANTILE_H

#include <stddef.h>

/* Ascending sort of n floats (no NaN) in place, -0 before 0; scratch holds n floats. Radix sort: O(n). */
void pal_sort_floats(float *x, float *scratch, size_t n);

/*
 * The p-quantile of n >= 1 ascending values by linear interpolation between the order statistics at (n - 1) p:
 * type 7 of Hyndman and Fan (American Statistician 50, 1996), the default of R and NumPy. p in 0..1.
 */
double pal_quantile_sorted(const float *ascending, size_t n, double p);

#endif

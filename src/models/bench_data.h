/* Labelled rows that benchmarks and tests agree on: a portable generator, so that figures compare across programs. */
#ifndef PAL_MODELS_BENCH_DATA_H
#define PAL_MODELS_BENCH_DATA_H

#include <stddef.h>
#include <stdint.h>

#define PAL_BENCH_D 9
#define PAL_BENCH_TRAIN UINT64_C(20240601) /* seeds of the samples LightGBM was measured on */
#define PAL_BENCH_TEST UINT64_C(20240602)
#define PAL_BENCH_LINEAR UINT64_C(20240603) /* and scikit-learn's logistic regression */

/* Uniform number k of a stream: splitmix64 of seed + (k + 1) golden ratios, 53 bits. */
double pal_bench_u01(uint64_t seed, uint64_t k);

/* The first n rows, x n x 9 and y n: six normals (Box-Muller), a uniform, a tenth and a flag; the log-odds are nonlinear
 * with interactions. */
void pal_bench_rows(float *x, double *y, uint64_t seed, size_t n);

/* The same with log-odds -0.5 + x . (1, -.7, .5, .3, -.2, .1, .8, -1.2, .6) and the tenth in 0..0.9. */
void pal_bench_linear_rows(double *x, double *y, uint64_t seed, size_t n);

#endif

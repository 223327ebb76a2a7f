/* Points in overlapping Gaussian clusters that benchmarks and tests agree on. */
#ifndef PAL_MODELS_SPECTRAL_BENCH_H
#define PAL_MODELS_SPECTRAL_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define PAL_BENCH_CLUSTERS 12
#define PAL_BENCH_CLUSTER_D 16

/*
 * The first n points: 12 centres of 16 normals times `separation`, a centre drawn for each point, and 16 normals more.
 *
 *   x       out  n x 16  row-major
 *   label   out  n       the centre, 0..11
 *   centre  out  12 x 16 may be NULL
 */
void pal_bench_clusters(double *x, uint32_t *label, double *centre, size_t n, double separation);

#endif

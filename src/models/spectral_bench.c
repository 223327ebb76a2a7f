/* The generator of clustered points: streams of normals over the uniforms of models/bench_data.h. */
#include "models/spectral_bench.h"

#include "core/pmath.h"
#include "models/bench_data.h"

#include <math.h>

#define K PAL_BENCH_CLUSTERS
#define D PAL_BENCH_CLUSTER_D
#define CENTRES UINT64_C(20240605)
#define LABELS UINT64_C(20240606)
#define NOISE UINT64_C(20240607)

/* Normals 2 j and 2 j + 1 of a stream (Box-Muller). */
static void normals(double pair[2], uint64_t seed, uint64_t j)
{
    double r = sqrt(-2 * pal_log(1 - pal_bench_u01(seed, 2 * j)));
    double turn = 6.283185307179586 * pal_bench_u01(seed, 2 * j + 1);

    pair[0] = r * pal_cos(turn);
    pair[1] = r * pal_sin(turn);
}

void pal_bench_clusters(double *x, uint32_t *label, double *centre, size_t n, double separation)
{
    double middle[K * D];

    for (size_t j = 0; j < K * D; j += 2) {
        normals(middle + j, CENTRES, j / 2);
        middle[j] *= separation;
        middle[j + 1] *= separation;
    }
    for (size_t i = 0; i < n; i++) {
        label[i] = (uint32_t)floor(K * pal_bench_u01(LABELS, i));
        for (size_t f = 0; f < D; f += 2) {
            normals(x + i * D + f, NOISE, (i * D + f) / 2);
            x[i * D + f] += middle[label[i] * D + f];
            x[i * D + f + 1] += middle[label[i] * D + f + 1];
        }
    }
    for (size_t j = 0; centre != NULL && j < K * D; j++) centre[j] = middle[j];
}

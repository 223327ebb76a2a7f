/* Samplers built on counter-based draws and core/pmath (exact grade: same bytes everywhere). */
#ifndef PAL_CORE_DIST_H
#define PAL_CORE_DIST_H

#include "core/rng.h"

#include <stddef.h>

/* Every sampler starts at *draw and leaves *draw at the next unused one; rejections count it up. */
double pal_draw_normal(pal_key key, pal_at at, uint64_t *draw);                  /* N(0, 1), by inversion */
double pal_draw_gamma(pal_key key, pal_at at, uint64_t *draw, double shape);     /* scale 1; shape > 0 (Marsaglia-Tsang) */
double pal_draw_beta(pal_key key, pal_at at, uint64_t *draw, double a, double b);
uint64_t pal_draw_poisson(pal_key key, pal_at at, uint64_t *draw, double mean);  /* 0 <= mean <= 1e12 */
uint64_t pal_draw_negbin(pal_key key, pal_at at, uint64_t *draw, double mean, double r); /* gamma-Poisson */
/* All alpha >= 0, at least one > 0; where alpha is 0 the share is 0 (and costs no draw). */
void pal_draw_dirichlet(double *out, pal_key key, pal_at at, uint64_t *draw, const double *alpha, size_t n);
/* Index i with probability weight[i] / sum; all weights >= 0, sum > 0. */
size_t pal_draw_index(pal_key key, pal_at at, uint64_t *draw, const double *weight, size_t n);
/* Fisher-Yates in place over n 32-bit values. */
void pal_draw_shuffle(uint32_t *value, size_t n, pal_key key, pal_at at, uint64_t *draw);

#endif

/* Cosine similarity of one row of factors to every row. */
#ifndef PAL_MODELS_MF_COSINE_H
#define PAL_MODELS_MF_COSINE_H

#include <stddef.h>

/* out is n: cosine of row `id` of x (n x d, row-major) and each row; 0 where a row is all 0. Exact grade. */
void pal_mf_cosines(float *out, const float *x, size_t n, size_t d, size_t id);

#endif

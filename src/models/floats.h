/* Vectorised sums of float rows: element by element, so the same bytes at any vector width. */
#ifndef PAL_MODELS_FLOATS_H
#define PAL_MODELS_FLOATS_H

#include <stddef.h>

/* y += x, and y += factor x, over n floats; y and x do not overlap. */
void pal_floats_add(float *restrict y, const float *restrict x, size_t n);
void pal_floats_add_scaled(float *restrict y, const float *restrict x, float factor, size_t n);

#endif

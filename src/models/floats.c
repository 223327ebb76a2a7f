/* Sums of float rows. */
#include "models/floats.h"

#include "core/vector.h"

PAL_VECTOR void pal_floats_add(float *restrict y, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        y[i] += x[i];
    }
}

PAL_VECTOR void pal_floats_add_scaled(float *restrict y, const float *restrict x, float factor, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        y[i] += factor * x[i];
    }
}

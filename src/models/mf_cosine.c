/* Cosines in double lanes: a length near zero keeps its digits. */
#include "models/mf_cosine.h"

#include "core/sum.h"

#include <math.h>

void pal_mf_cosines(float *out, const float *x, size_t n, size_t d, size_t id)
{
    const float *one = x + id * d;
    double length = sqrt(pal_dot_f32(one, one, d));

    for (size_t r = 0; r < n; r++) {
        const float *row = x + r * d;
        double both = length * sqrt(pal_dot_f32(row, row, d));

        out[r] = both > 0 ? (float)(pal_dot_f32(one, row, d) / both) : 0;
    }
}

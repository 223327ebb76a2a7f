/* Vector kernels of the factor models: dot products and the adaptive steps. Widths are multiples of PAL_MF_LANES. */
#ifndef PAL_MODELS_MF_STEP_H
#define PAL_MODELS_MF_STEP_H

#include "models/mf_table.h"

#include <math.h>
#include <string.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#if defined(__GNUC__)
#define PAL_MF_INLINE inline __attribute__((always_inline)) /* into every clone of the caller */
#else
#define PAL_MF_INLINE inline
#endif

/* Four lanes at a time are enough where square roots and divisions are: wider ones take as long a lane. */
typedef float pal_mf_four __attribute__((vector_size(16)));

static PAL_MF_INLINE pal_mf_four pal_mf_get(const float *x)
{
    pal_mf_four v;

    memcpy(&v, x, sizeof v);
    return v;
}

static PAL_MF_INLINE void pal_mf_put(float *x, pal_mf_four v)
{
    memcpy(x, &v, sizeof v);
}

/* Exact square roots. Compilers keep sqrtf apart, lane by lane, for the sake of errno. */
static PAL_MF_INLINE pal_mf_four pal_mf_root(pal_mf_four v)
{
#if defined(__SSE__)
    return _mm_sqrt_ps(v);
#else
    return (pal_mf_four){ sqrtf(v[0]), sqrtf(v[1]), sqrtf(v[2]), sqrtf(v[3]) };
#endif
}

/* x . y: sixteen lanes folded by halves to four, to which what is left over is added; the same bytes at every vector
 * width. The vector types only say which lanes go together. */
static PAL_MF_INLINE float pal_mf_dot(const float *x, const float *y, size_t width)
{
    typedef float vec16 __attribute__((vector_size(64)));
    typedef float vec8 __attribute__((vector_size(32)));
    vec16 sum = { 0 };
    vec8 eight;
    pal_mf_four four;
    size_t i = 0;

    for (; width - i >= 16; i += 16) {
        vec16 a, b;

        memcpy(&a, x + i, sizeof a);
        memcpy(&b, y + i, sizeof b);
        sum += a * b;
    }
    eight = __builtin_shufflevector(sum, sum, 0, 1, 2, 3, 4, 5, 6, 7)
          + __builtin_shufflevector(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15);
    four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    for (; i < width; i += PAL_MF_LANES) four += pal_mf_get(x + i) * pal_mf_get(y + i);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/* How a step is scaled. */
typedef struct pal_mf_rate {
    float rate;         /* AdaGrad: learning rate            */
    float rho, epsilon; /* AdaDelta: decay; floor of a mean  */
    bool adadelta;
} pal_mf_rate;

/*
 * One row moves against the gradient g = (scale other + l2 row) mask, lane by lane.
 *   AdaGrad   row -= rate g / sqrt(G), then G += g^2.
 *             Source: Duchi, Hazan, Singer, JMLR 12 (2011); the order is LightFM's
 *   AdaDelta  G = rho G + (1 - rho) g^2; s = g sqrt(X + eps) / sqrt(G + eps); row -= s; X = rho X + (1 - rho) s^2.
 *             Source: Zeiler, arXiv 1212.5701
 */
static PAL_MF_INLINE void pal_mf_adagrad(float *row, const float *other, const float *mask, float scale, float l2,
                                         float rate, size_t width)
{
    float *square = row + width;

    for (size_t i = 0; i < width; i += PAL_MF_LANES) {
        pal_mf_four x = pal_mf_get(row + i), sum = pal_mf_get(square + i);
        pal_mf_four g = (scale * pal_mf_get(other + i) + l2 * x) * pal_mf_get(mask + i);

        pal_mf_put(row + i, x - rate * g / pal_mf_root(sum));
        pal_mf_put(square + i, sum + g * g);
    }
}

static PAL_MF_INLINE void pal_mf_adadelta(float *row, const float *other, const float *mask, float scale, float l2,
                                          const pal_mf_rate *r, size_t width)
{
    float *square = row + width, *moved = square + width;

    for (size_t i = 0; i < width; i += PAL_MF_LANES) {
        pal_mf_four x = pal_mf_get(row + i), sum = pal_mf_get(square + i), mean = pal_mf_get(moved + i);
        pal_mf_four g = (scale * pal_mf_get(other + i) + l2 * x) * pal_mf_get(mask + i), s;

        sum = r->rho * sum + (1 - r->rho) * g * g;
        s = g * pal_mf_root(mean + r->epsilon) / pal_mf_root(sum + r->epsilon);
        pal_mf_put(row + i, x - s);
        pal_mf_put(square + i, sum);
        pal_mf_put(moved + i, r->rho * mean + (1 - r->rho) * s * s);
    }
}

#endif

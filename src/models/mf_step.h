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

/*
 * Sums over a row: sixteen lanes folded by halves to four, to which what is left over is added; the same bytes at every
 * vector width. The vector types only say which lanes go together. They are macros because gcc warns of a function that
 * returns a vector wider than the processor's, inlined or not.
 */
typedef float pal_mf_sixteen __attribute__((vector_size(64)));
typedef float pal_mf_eight __attribute__((vector_size(32)));

#define PAL_MF_GET16(v, x) memcpy(&(v), (x), sizeof(pal_mf_sixteen))
#define PAL_MF_PUT16(x, v) memcpy((x), &(v), sizeof(pal_mf_sixteen))
#define PAL_MF_HALF16(v) \
    (__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15))
#define PAL_MF_HALF8(v) (__builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7))

static PAL_MF_INLINE float pal_mf_total(pal_mf_four four)
{
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/* x . y. */
static PAL_MF_INLINE float pal_mf_dot(const float *x, const float *y, size_t width)
{
    pal_mf_sixteen sum = { 0 }, a, b;
    pal_mf_eight eight;
    pal_mf_four four;
    size_t i = 0;

    for (; width - i >= 16; i += 16) {
        PAL_MF_GET16(a, x + i);
        PAL_MF_GET16(b, y + i);
        sum += a * b;
    }
    eight = PAL_MF_HALF16(sum);
    four = PAL_MF_HALF8(eight);
    for (; i < width; i += PAL_MF_LANES) four += pal_mf_get(x + i) * pal_mf_get(y + i);
    return pal_mf_total(four);
}

/* x . (y - z). */
static PAL_MF_INLINE float pal_mf_dot_gap(const float *x, const float *y, const float *z, size_t width)
{
    pal_mf_sixteen sum = { 0 }, a, b, c;
    pal_mf_eight eight;
    pal_mf_four four;
    size_t i = 0;

    for (; width - i >= 16; i += 16) {
        PAL_MF_GET16(a, x + i);
        PAL_MF_GET16(b, y + i);
        PAL_MF_GET16(c, z + i);
        sum += a * (b - c);
    }
    eight = PAL_MF_HALF16(sum);
    four = PAL_MF_HALF8(eight);
    for (; i < width; i += PAL_MF_LANES) four += pal_mf_get(x + i) * (pal_mf_get(y + i) - pal_mf_get(z + i));
    return pal_mf_total(four);
}

/* How a step is scaled. */
typedef enum pal_mf_schedule { PAL_MF_ADAGRAD, PAL_MF_ADADELTA, PAL_MF_ADAGRAD_ROWS } pal_mf_schedule;

typedef struct pal_mf_rate {
    pal_mf_schedule schedule;
    float rate;         /* AdaGrad: learning rate                                     */
    float rho, epsilon; /* AdaDelta: decay; floor of a mean                           */
    float share;        /* AdaGrad by rows: what a squared gradient weighs, 1 / factors */
} pal_mf_rate;

/*
 * One row moves against the gradient g = scale other mask + decay row, lane by lane.
 *   AdaGrad   row -= rate g / sqrt(G), then G += g^2.
 *             Source: Duchi, Hazan, Singer, JMLR 12 (2011); the order is LightFM's
 *   AdaDelta  G = rho G + (1 - rho) g^2; s = g sqrt(X + eps) / sqrt(G + eps); row -= s; X = rho X + (1 - rho) s^2.
 *             Source: Zeiler, arXiv 1212.5701
 *   by rows   AdaGrad with one G for the whole row: after the step G += share (sum of g^2). One root and one division a
 *             row instead of one a lane. Source: Chin et al., PAKDD 2015 (LIBMF's schedule, which has two G a row)
 */
static PAL_MF_INLINE void pal_mf_adagrad(float *row, const float *other, const float *mask, const float *decay,
                                         float scale, float rate, size_t width)
{
    float *square = row + width;

    for (size_t i = 0; i < width; i += PAL_MF_LANES) {
        pal_mf_four x = pal_mf_get(row + i), sum = pal_mf_get(square + i);
        pal_mf_four g = scale * pal_mf_get(other + i) * pal_mf_get(mask + i) + pal_mf_get(decay + i) * x;

        pal_mf_put(row + i, x - rate * g / pal_mf_root(sum));
        pal_mf_put(square + i, sum + g * g);
    }
}

static PAL_MF_INLINE void pal_mf_adadelta(float *row, const float *other, const float *mask, const float *decay,
                                          float scale, const pal_mf_rate *r, size_t width)
{
    float *square = row + width, *moved = square + width;

    for (size_t i = 0; i < width; i += PAL_MF_LANES) {
        pal_mf_four x = pal_mf_get(row + i), sum = pal_mf_get(square + i), mean = pal_mf_get(moved + i);
        pal_mf_four g = scale * pal_mf_get(other + i) * pal_mf_get(mask + i) + pal_mf_get(decay + i) * x, s;

        sum = r->rho * sum + (1 - r->rho) * g * g;
        s = g * pal_mf_root(mean + r->epsilon) / pal_mf_root(sum + r->epsilon);
        pal_mf_put(row + i, x - s);
        pal_mf_put(square + i, sum);
        pal_mf_put(moved + i, r->rho * mean + (1 - r->rho) * s * s);
    }
}

/* A row on its way: its values are read and written once, and its squares summed between. */
typedef struct pal_mf_mover {
    float *row;
    const float *mask, *decay;
    float scale, rate;
} pal_mf_mover;

static PAL_MF_INLINE float pal_mf_row_rate(const float *row, const pal_mf_rate *r, size_t width)
{
    return r->rate / pal_mf_root(pal_mf_get(row + width))[0];
}

/* Lanes i.. of scale other mask, of a mover m. */
#define PAL_MF_PULL(pull, GET, m, i, other)     \
    do {                                        \
        GET(mask, (m).mask + (i));              \
        (pull) = (m).scale * (other) * mask;    \
    } while (0)
/* Lanes i.. of a mover m move against pull + decay x; squares go to sum. */
#define PAL_MF_MOVE(GET, PUT, m, i, x, pull, sum)      \
    do {                                               \
        GET(decay, (m).decay + (i));                   \
        g = (pull) + decay * (x);                      \
        (sum) += g * g;                                \
        (x) -= (m).rate * g;                           \
        PUT((m).row + (i), (x));                       \
    } while (0)
#define PAL_MF_GET4(v, x) memcpy(&(v), (x), sizeof(pal_mf_four))
#define PAL_MF_PUT4(x, v) memcpy((x), &(v), sizeof(pal_mf_four))

/* Fold the sixteen lanes of squares into the four. */
#define PAL_MF_FOLD(sum, four)                \
    do {                                      \
        pal_mf_eight eight = PAL_MF_HALF16(sum); \
                                              \
        (four) += PAL_MF_HALF8(eight);        \
    } while (0)

static PAL_MF_INLINE void pal_mf_adagrad_row(const pal_mf_mover *m, const float *other, const pal_mf_rate *r,
                                             size_t width)
{
    pal_mf_sixteen sum = { 0 };
    pal_mf_four four = { 0 };
    size_t i = 0;

    for (; width - i >= 16; i += 16) {
        pal_mf_sixteen x, o, mask, decay, pull, g;

        PAL_MF_GET16(x, m->row + i);
        PAL_MF_GET16(o, other + i);
        PAL_MF_PULL(pull, PAL_MF_GET16, *m, i, o);
        PAL_MF_MOVE(PAL_MF_GET16, PAL_MF_PUT16, *m, i, x, pull, sum);
    }
    for (; i < width; i += PAL_MF_LANES) {
        pal_mf_four x, o, mask, decay, pull, g;

        PAL_MF_GET4(x, m->row + i);
        PAL_MF_GET4(o, other + i);
        PAL_MF_PULL(pull, PAL_MF_GET4, *m, i, o);
        PAL_MF_MOVE(PAL_MF_GET4, PAL_MF_PUT4, *m, i, x, pull, four);
    }
    PAL_MF_FOLD(sum, four);
    m->row[width] += r->share * pal_mf_total(four);
}

/* pal_mf_total of each of four vectors. */
static PAL_MF_INLINE pal_mf_four pal_mf_totals(pal_mf_four a, pal_mf_four b, pal_mf_four c, pal_mf_four d)
{
    pal_mf_four ab = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    pal_mf_four cd = __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);

    return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

/*
 * Three rows of a comparison in one pass, each by the gradient of the old ones: the judge against below - above, above
 * and below against the judge; their rates are set here, by one root and one division for all. The bytes are those of
 * three calls of the function before.
 */
static PAL_MF_INLINE void pal_mf_adagrad_rows(pal_mf_mover *judge, pal_mf_mover *above, pal_mf_mover *below,
                                              const pal_mf_rate *r, size_t width)
{
    pal_mf_four squares = { judge->row[width], above->row[width], below->row[width], 1 };
    pal_mf_four rate = r->rate / pal_mf_root(squares);
    pal_mf_sixteen sum[3] = { { 0 } };
    pal_mf_four four[3] = { { 0 } };
    size_t i = 0;

    judge->rate = rate[0];
    above->rate = rate[1];
    below->rate = rate[2];
    for (; width - i >= 16; i += 16) {
        pal_mf_sixteen x, y, z, to_judge, to_others, mask, decay, g;

        PAL_MF_GET16(x, judge->row + i);
        PAL_MF_GET16(y, above->row + i);
        PAL_MF_GET16(z, below->row + i);
        PAL_MF_PULL(to_judge, PAL_MF_GET16, *judge, i, z - y);
        PAL_MF_PULL(to_others, PAL_MF_GET16, *below, i, x);
        PAL_MF_MOVE(PAL_MF_GET16, PAL_MF_PUT16, *judge, i, x, to_judge, sum[0]);
        PAL_MF_MOVE(PAL_MF_GET16, PAL_MF_PUT16, *above, i, y, -to_others, sum[1]);
        PAL_MF_MOVE(PAL_MF_GET16, PAL_MF_PUT16, *below, i, z, to_others, sum[2]);
    }
    for (; i < width; i += PAL_MF_LANES) {
        pal_mf_four x, y, z, to_judge, to_others, mask, decay, g;

        PAL_MF_GET4(x, judge->row + i);
        PAL_MF_GET4(y, above->row + i);
        PAL_MF_GET4(z, below->row + i);
        PAL_MF_PULL(to_judge, PAL_MF_GET4, *judge, i, z - y);
        PAL_MF_PULL(to_others, PAL_MF_GET4, *below, i, x);
        PAL_MF_MOVE(PAL_MF_GET4, PAL_MF_PUT4, *judge, i, x, to_judge, four[0]);
        PAL_MF_MOVE(PAL_MF_GET4, PAL_MF_PUT4, *above, i, y, -to_others, four[1]);
        PAL_MF_MOVE(PAL_MF_GET4, PAL_MF_PUT4, *below, i, z, to_others, four[2]);
    }
    for (size_t k = 0; k < 3; k++) PAL_MF_FOLD(sum[k], four[k]);
    squares += r->share * pal_mf_totals(four[0], four[1], four[2], four[2]);
    judge->row[width] = squares[0];
    above->row[width] = squares[1];
    below->row[width] = squares[2];
}

#endif

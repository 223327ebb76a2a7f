/*
 * Lower triangles stored row by row: entry (i, j), j <= i, stands at i (i + 1) / 2 + j. What the bandits need of them.
 * Plain loops in a fixed order: exact.
 */
#ifndef PAL_MODELS_BANDIT_PACKED_H
#define PAL_MODELS_BANDIT_PACKED_H

#include <math.h>
#include <stddef.h>

static inline size_t pal_packed_size(size_t d)
{
    return d * (d + 1) / 2;
}

/* a += weight * x x'. */
static inline void pal_packed_add(double *a, const double *x, double weight, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        const double scaled = weight * x[i];

        for (size_t j = 0; j <= i; j++) {
            *a++ += scaled * x[j];
        }
    }
}

/* out = a x, a symmetric. */
static inline void pal_packed_times(double *out, const double *a, const double *x, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        out[i] = 0;
    }
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < i; j++, a++) {
            out[i] += *a * x[j];
            out[j] += *a * x[i];
        }
        out[i] += *a++ * x[i];
    }
}

/* Solve L y = b in place of b. */
static inline void pal_packed_forward(const double *l, size_t d, double *b)
{
    for (size_t i = 0; i < d; i++) {
        double sum = b[i];

        for (size_t j = 0; j < i; j++) {
            sum -= *l++ * b[j];
        }
        b[i] = sum / *l++;
    }
}

/* Solve L' y = b in place of b. */
static inline void pal_packed_backward(const double *l, size_t d, double *b)
{
    for (size_t i = d; i-- > 0;) {
        const double *row = l + pal_packed_size(i);

        b[i] /= row[i];
        for (size_t j = 0; j < i; j++) {
            b[j] -= row[j] * b[i];
        }
    }
}

/*
 * L of a + x x' from the L of a, in place; x is lost.
 * Source: Golub and Van Loan, Matrix Computations, 4th ed., 6.5.4 (one Givens rotation a column).
 */
static inline void pal_packed_rank_one(double *l, size_t d, double *x)
{
    for (size_t j = 0; j < d; j++) {
        double *diagonal = l + pal_packed_size(j) + j, *below = diagonal;
        const double r = sqrt(*diagonal * *diagonal + x[j] * x[j]), c = r / *diagonal, s = x[j] / *diagonal;

        *diagonal = r;
        for (size_t i = j + 1; i < d; i++) {
            below += i;
            *below = (*below + s * x[i]) / c;
            x[i] = c * x[i] - s * *below;
        }
    }
}

/* To and from a full square (the upper part of `full` is zeroed). */
static inline void pal_packed_to_full(double *full, const double *a, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++) {
            full[i * d + j] = j <= i ? *a++ : 0;
        }
    }
}

static inline void pal_packed_from_full(double *a, const double *full, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) {
            *a++ = full[i * d + j];
        }
    }
}

#endif

/* Pivoted Gram-Schmidt over rows, the polar factor of the pivots, and the largest coordinate after the turn. */
#include "models/spectral_start.h"

#include "core/mem.h"
#include "core/sum.h"
#include "models/spectral_ql.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct starter {
    const double *x;
    size_t n, k;
    double *left;   /* n: squared length of a row outside of the directions picked so far */
    double *axis;   /* k x k: those directions                                            */
    double *pivot;  /* k x k: the rows picked                                             */
    double *gram, *vector, *turn; /* k x k */
    double *value, *work;         /* k, 3 k */
} starter;

/* The row that sticks out farthest; its part outside the axes becomes axis j. */
static void pick_row(starter *s, size_t j)
{
    size_t k = s->k, best = 0;
    double *axis = s->axis + j * k, length;

    for (size_t i = 1; i < s->n; i++) {
        if (s->left[i] > s->left[best]) best = i;
    }
    memcpy(s->pivot + j * k, s->x + best * k, k * sizeof *s->pivot);
    memcpy(axis, s->x + best * k, k * sizeof *axis);
    for (int twice = 0; twice < 2; twice++) {
        for (size_t a = 0; a < j; a++) {
            double along = pal_dot(axis, s->axis + a * k, k);

            for (size_t f = 0; f < k; f++) axis[f] -= along * s->axis[a * k + f];
        }
    }
    length = sqrt(pal_dot(axis, axis, k));
    for (size_t f = 0; f < k; f++) axis[f] = length > 0 ? axis[f] / length : 0;
    for (size_t i = 0; i < s->n; i++) {
        double along = pal_dot(s->x + i * k, axis, k);

        s->left[i] -= along * along;
    }
    s->left[best] = -1;
}

/* turn = P' (P P')^-1/2 of the pivots P, by the eigenvectors of P P'. */
static pal_status nearest_orthogonal(starter *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t k = s->k;

    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) s->gram[i * k + j] = pal_dot(s->pivot + i * k, s->pivot + j * k, k);
    }
    PAL_TRY(pal_ql_dense(s->value, s->vector, s->gram, k, s->work, err));

    /* gram = W' v^-1/2 W, where tiny v say that the rows do not span the space: those directions are dropped */
    for (size_t i = 0; i < k; i++) {
        double v = s->value[i];

        s->work[i] = v > (double)k * DBL_EPSILON * s->value[0] ? 1 / sqrt(v) : 0;
    }
    memset(s->gram, 0, k * k * sizeof *s->gram);
    for (size_t e = 0; e < k; e++) {
        for (size_t i = 0; i < k; i++) {
            double part = s->work[e] * s->vector[e * k + i];

            for (size_t j = 0; j < k; j++) s->gram[i * k + j] += part * s->vector[e * k + j];
        }
    }
    memset(s->turn, 0, k * k * sizeof *s->turn); /* rows: the axes, one for each pivot */
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            for (size_t f = 0; f < k; f++) s->turn[i * k + f] += s->gram[i * k + j] * s->pivot[j * k + f];
        }
    }

done:
    return rc;
}

static uint32_t largest_coordinate(const starter *s, const double *row)
{
    double best = -1;
    uint32_t label = 0;

    for (size_t j = 0; j < s->k; j++) {
        double size = fabs(pal_dot(row, s->turn + j * s->k, s->k));

        if (size > best) {
            best = size;
            label = (uint32_t)j;
        }
    }
    return label;
}

pal_status pal_spectral_start(uint32_t *label, const double *x, size_t n, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    starter s = { .x = x, .n = n, .k = k };

    PAL_ASSERT(k > 0 && n >= k);
    PAL_NEW(s.left, n);
    PAL_NEW(s.axis, k * k);
    PAL_NEW(s.pivot, k * k);
    PAL_NEW(s.gram, k * k);
    PAL_NEW(s.vector, k * k);
    PAL_NEW(s.turn, k * k);
    PAL_NEW(s.value, k);
    PAL_NEW(s.work, 3 * k);
    for (size_t i = 0; i < n; i++) s.left[i] = pal_dot(x + i * k, x + i * k, k);
    for (size_t j = 0; j < k; j++) pick_row(&s, j);
    PAL_TRY(nearest_orthogonal(&s, err));
    for (size_t i = 0; i < n; i++) label[i] = largest_coordinate(&s, x + i * k);

done:
    pal_free(s.left);
    pal_free(s.axis);
    pal_free(s.pivot);
    pal_free(s.gram);
    pal_free(s.vector);
    pal_free(s.turn);
    pal_free(s.value);
    pal_free(s.work);
    return rc;
}

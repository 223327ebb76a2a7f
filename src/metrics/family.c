/* p-values adjusted for a family of comparisons. */
#include "metrics/compare.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>

typedef struct ranked {
    double p;
    size_t place; /* in the caller's array */
} ranked;

static int by_p(const void *x, const void *y)
{
    const ranked *a = x, *b = y;

    if (a->p != b->p) {
        return a->p < b->p ? -1 : 1;
    }
    return (a->place > b->place) - (a->place < b->place);
}

/* The defined p-values in ascending order, ties by place. */
static pal_status rank(ranked **out, size_t *n_defined, const double *p, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    ranked *r = NULL;
    size_t m = 0;

    PAL_NEW(r, n);
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i])) {
            continue;
        }
        if (!(p[i] >= 0 && p[i] <= 1)) {
            PAL_FAIL(PAL_ERR_DATA, "p-value %zu is %g, wanted in [0, 1]", i, p[i]);
        }
        r[m++] = (ranked){ p[i], i };
    }
    qsort(r, m, sizeof *r, by_p);
    *out = r;
    *n_defined = m;
    r = NULL;

done:
    pal_free(r);
    return rc;
}

static void keep_undefined(double *adjusted, const double *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i])) {
            adjusted[i] = NAN;
        }
    }
}

/* Step down: the i-th smallest of m times (m - i), never below the one before. */
pal_status pal_p_holm(double *adjusted, const double *p, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    ranked *r = NULL;
    size_t m;
    double so_far = 0;

    PAL_TRY(rank(&r, &m, p, n, err));
    keep_undefined(adjusted, p, n);
    for (size_t i = 0; i < m; i++) {
        so_far = fmax(so_far, fmin(1, (double)(m - i) * r[i].p));
        adjusted[r[i].place] = so_far;
    }

done:
    pal_free(r);
    return rc;
}

/* Step up: the i-th smallest times m / i, never above the one after. */
pal_status pal_p_benjamini_hochberg(double *adjusted, const double *p, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    ranked *r = NULL;
    size_t m;
    double so_far = 1;

    PAL_TRY(rank(&r, &m, p, n, err));
    keep_undefined(adjusted, p, n);
    for (size_t i = m; i-- > 0;) {
        so_far = fmin(so_far, (double)m / (double)(i + 1) * r[i].p);
        adjusted[r[i].place] = so_far;
    }

done:
    pal_free(r);
    return rc;
}

/* Signed ranks. Ranks are kept doubled: shared ones are halves, and whole numbers add up exactly.
 * */
#include "metrics/wilcoxon.h"

#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define EQUAL_WITHIN 1e-12 /* of the largest |d| */

typedef struct signed_rank {
    double size; /* |d| */
    bool positive;
    uint64_t rank; /* doubled */
} signed_rank;

/* By size; equal ones share their ranks, so their order plays no part. */
static int by_size(const void *a, const void *b)
{
    const signed_rank *x = a, *y = b;

    return (x->size > y->size) - (x->size < y->size);
}

/* The differences other than 0, with their sizes. */
static pal_status gather(signed_rank *r, size_t *n_left, const double *d, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    double largest = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isfinite(d[i])) {
            PAL_FAIL(PAL_ERR_DATA, "signed ranks: difference %zu is not finite", i);
        }
        largest = fmax(largest, fabs(d[i]));
    }
    *n_left = 0;
    for (size_t i = 0; i < n; i++) {
        if (fabs(d[i]) > EQUAL_WITHIN * largest) {
            r[(*n_left)++] = (signed_rank){ fabs(d[i]), d[i] > 0, 0 };
        }
    }

done:
    return rc;
}

/* Doubled ranks of sorted sizes; returns sum t^3 - t over groups of equals. */
static double give_ranks(signed_rank *r, size_t n)
{
    const double near = n > 0 ? EQUAL_WITHIN * r[n - 1].size : 0;
    double ties = 0;

    for (size_t first = 0, end; first < n; first = end) {
        double t;

        for (end = first + 1; end < n && r[end].size <= r[first].size + near; end++) {
        }
        t = (double)(end - first);
        ties += t * t * t - t;
        for (size_t i = first; i < end; i++) {
            r[i].rank = (uint64_t)(first + 1 + end); /* twice the mean of first + 1 … end */
        }
    }
    return ties;
}

/* P(W as far out or further): ways[s] of the 2^n sign patterns have doubled rank sum s. Below 2^53:
 * exact. */
static pal_status exact_p(double *p, const signed_rank *r, size_t n, uint64_t doubled_w,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t top = n * (n + 1); /* twice n (n + 1) / 2 */
    double *ways = NULL, below = 0, above = 0, all = 1;
    size_t reached = 0;

    PAL_NEW(ways, top + 1);
    ways[0] = 1;
    for (size_t i = 0; i < n; i++) {
        reached += r[i].rank;
        all *= 2;
        for (size_t s = reached; s >= r[i].rank; s--) {
            ways[s] += ways[s - r[i].rank];
        }
    }
    for (size_t s = 0; s <= top; s++) {
        below += s <= doubled_w ? ways[s] : 0;
        above += s >= doubled_w ? ways[s] : 0;
    }
    *p = fmin(1, 2 * fmin(below, above) / all);

done:
    pal_free(ways);
    return rc;
}

static double normal_p(double w, double n, double ties)
{
    const double mean = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
    const double z = fmax(0, fabs(w - mean) - 0.5) / sqrt(variance);

    return fmin(1, 2 * pal_normal_cdf(-z));
}

pal_status pal_wilcoxon_paired(pal_wilcoxon *out, const double *d, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_wilcoxon made = { .p = n > 0 ? 1 : NAN, .exact = true };
    signed_rank *r = NULL;
    uint64_t doubled = 0;
    double ties, all;

    PAL_NEW(r, n);
    PAL_TRY(gather(r, &made.n, d, n, err));
    qsort(r, made.n, sizeof *r, by_size);
    ties = give_ranks(r, made.n);
    for (size_t i = 0; i < made.n; i++) {
        doubled += r[i].positive ? r[i].rank : 0;
    }
    made.w = (double)doubled / 2;
    all = (double)made.n * ((double)made.n + 1) / 2;
    made.rank_biserial = made.n > 0 ? (2 * made.w - all) / all : 0;
    made.exact = made.n <= PAL_WILCOXON_EXACT;
    if (made.n > 0 && made.exact) {
        PAL_TRY(exact_p(&made.p, r, made.n, doubled, err));
    } else if (made.n > 0) {
        made.p = normal_p(made.w, (double)made.n, ties);
    }
    *out = made;

done:
    pal_free(r);
    return rc;
}

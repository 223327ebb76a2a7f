/* Exact and random permutation tests of one and two samples. */
#include "metrics/permutation.h"

#include "core/mem.h"
#include "core/sum.h"

#include <math.h>

#define EQUAL_WITHIN 1e-12 /* statistics this near count as equal: sums differ in their last bits by order */

/* table[pattern] = sum of d, those whose bit is set with their sign turned; 2^n entries. */
static void signed_sums(double *table, const double *d, size_t n)
{
    table[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t half = (size_t)1 << i;

        for (size_t pattern = 0; pattern < half; pattern++) {
            table[half + pattern] = table[pattern] - d[i];
            table[pattern] += d[i];
        }
    }
}

/* All patterns as the sums of two halves. */
static pal_status flip_all(pal_permutation *out, const double *d, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t low = n / 2, n_low = (size_t)1 << low, n_high = (size_t)1 << (n - low), extreme = 0;
    double *table = NULL, size = 0, observed;

    PAL_NEW(table, n_low + n_high);
    signed_sums(table, d, low);
    signed_sums(table + n_low, d + low, n - low);
    for (size_t i = 0; i < n; i++) {
        size += fabs(d[i]);
    }
    observed = fabs(table[0] + table[n_low]) - EQUAL_WITHIN * size;
    for (size_t i = 0; i < n_low; i++) {
        for (size_t j = 0; j < n_high; j++) {
            extreme += fabs(table[i] + table[n_low + j]) >= observed;
        }
    }
    *out = (pal_permutation){ (double)extreme / ((double)n_low * (double)n_high), true, (double)n_low * (double)n_high };

done:
    pal_free(table);
    return rc;
}

pal_status pal_permutation_paired(pal_permutation *out, const double *d, size_t n, const pal_compare_config *config,
                                  pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t flips = config->n_permutations == 0 ? PAL_PERMUTATIONS : config->n_permutations;
    bool finite = true;

    for (size_t i = 0; i < n; i++) {
        finite = finite && isfinite(d[i]);
    }
    if (n > 0 && n <= PAL_EXACT_PAIRS && finite) {
        return flip_all(out, d, n, err);
    }
    *out = (pal_permutation){ NAN, false, (double)flips };
    PAL_TRY(pal_sign_flip_p(&out->p, d, n, config, err));

done:
    return rc;
}

/* ---- two samples ---- */

/* The values of both, from their common mean; those of a come first. */
typedef struct pool {
    double *x;
    size_t n, n_a; /* all, and in the first sample */
    double sum, square;
} pool;

/* Welch's t squared of the split whose first sample has these sums; infinite without spread. */
static double welch(const pool *p, double sum, double square)
{
    double n_a = (double)p->n_a, n_b = (double)(p->n - p->n_a), sum_b = p->sum - sum, square_b = p->square - square;
    double gap = sum / n_a - sum_b / n_b;
    double var = fmax(0, square - sum * sum / n_a) / (n_a * (n_a - 1)) +
                 fmax(0, square_b - sum_b * sum_b / n_b) / (n_b * (n_b - 1));

    return gap * gap <= EQUAL_WITHIN * EQUAL_WITHIN * p->square ? 0 : var > 0 ? gap * gap / var : INFINITY;
}

static bool as_far(double t, double observed)
{
    return t >= observed || t >= observed * (1 - EQUAL_WITHIN * 1e3);
}

/* choose(n, k), or a number above `most`. */
static double choose(size_t n, size_t k, double most)
{
    double c = 1;

    for (size_t i = 1; i <= k && c <= most; i++) {
        c = c * (double)(n - k + i) / (double)i;
    }
    return floor(c + 0.5);
}

/* The next k-subset of 0..n-1 in lexicographic order; false after the last. */
static bool next_subset(size_t *member, size_t n, size_t k)
{
    size_t i = k;

    while (i > 0 && member[i - 1] == n - k + i - 1) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    member[i - 1]++;
    for (; i < k; i++) {
        member[i] = member[i - 1] + 1;
    }
    return true;
}

static double split_t(const pool *p, const size_t *member)
{
    double sum = 0, square = 0;

    for (size_t i = 0; i < p->n_a; i++) {
        sum += p->x[member[i]];
        square += p->x[member[i]] * p->x[member[i]];
    }
    return welch(p, sum, square);
}

static void split_all(pal_permutation *out, const pool *p, size_t *member)
{
    size_t extreme = 0, all = 0;
    double observed = split_t(p, member);

    do {
        extreme += as_far(split_t(p, member), observed);
        all++;
    } while (next_subset(member, p->n, p->n_a));
    *out = (pal_permutation){ (double)extreme / (double)all, true, (double)all };
}

static void split_some(pal_permutation *out, const pool *p, size_t *member, const pal_compare_config *config)
{
    size_t n_splits = config->n_permutations == 0 ? PAL_PERMUTATIONS : config->n_permutations, extreme = 0;
    double observed = split_t(p, member);

    for (size_t s = 0; s < n_splits; s++) {
        for (size_t i = 0; i < p->n_a; i++) { /* any arrangement may start a Fisher-Yates shuffle, so the last one does */
            uint64_t draw = 0;
            size_t j = i + (size_t)pal_below(config->key, (pal_at){ s, 0, i }, &draw, p->n - i), keep = member[i];

            member[i] = member[j];
            member[j] = keep;
        }
        extreme += as_far(split_t(p, member), observed);
    }
    *out = (pal_permutation){ (1 + (double)extreme) / (1 + (double)n_splits), false, (double)n_splits };
}

static pal_status fill(pool *p, const double *a, size_t n_a, const double *b, size_t n_b, pal_error *err)
{
    double mean;

    for (size_t i = 0; i < n_a + n_b; i++) {
        p->x[i] = i < n_a ? a[i] : b[i - n_a];
        if (!isfinite(p->x[i])) {
            return pal_error_set(err, PAL_ERR_DATA, "permutation: value %zu of the %s sample is not finite",
                                 i < n_a ? i : i - n_a, i < n_a ? "first" : "second");
        }
    }
    p->n = n_a + n_b;
    p->n_a = n_a;
    mean = pal_mean(p->x, p->n);
    for (size_t i = 0; i < p->n; i++) {
        p->x[i] -= mean;
    }
    p->sum = pal_sum(p->x, p->n);
    p->square = pal_dot(p->x, p->x, p->n);
    return PAL_OK;
}

pal_status pal_permutation_unpaired(pal_permutation *out, const double *a, size_t n_a, const double *b, size_t n_b,
                                    const pal_compare_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    pool p = { .n = 0 };
    size_t *member = NULL;

    if (n_a > n_b) { /* the smaller sample is drawn: fewer draws, the same test */
        return pal_permutation_unpaired(out, b, n_b, a, n_a, config, err);
    }
    if (n_b >= (size_t)1 << 31) {
        PAL_FAIL(PAL_ERR_SHAPE, "permutation: %zu values are too many", n_b);
    }
    PAL_NEW(p.x, n_a + n_b);
    PAL_NEW(member, n_a + n_b);
    PAL_TRY(fill(&p, a, n_a, b, n_b, err));
    for (size_t i = 0; i < p.n; i++) {
        member[i] = i;
    }
    if (n_a < 2) {
        *out = (pal_permutation){ NAN, false, 0 };
    } else if (choose(p.n, n_a, PAL_EXACT_SPLITS) <= PAL_EXACT_SPLITS) {
        split_all(out, &p, member);
    } else {
        split_some(out, &p, member, config);
    }

done:
    pal_free(p.x);
    pal_free(member);
    return rc;
}

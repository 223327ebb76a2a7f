/* Agreement of two partitions, from their contingency table: the cells are found by sorting pairs of labels. */
#include "core/partition.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <stdlib.h>

__extension__ typedef __int128 i128; /* pairs of pairs: up to 2^127 with fewer than 2^32 things */

/* Runs of equal values in a sorted array. */
static size_t run_at(const uint64_t *sorted, size_t n, size_t from)
{
    size_t end = from + 1;

    while (end < n && sorted[end] == sorted[from]) end++;
    return end - from;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* What both measures are made of: the labels of a, of b, and both together, each sorted. */
typedef struct table {
    uint64_t *a, *b, *cell; /* n; a cell is a << 32 | b */
    size_t n;
} table;

static void table_clear(table *t)
{
    pal_free(t->a);
    pal_free(t->b);
    pal_free(t->cell);
}

static pal_status table_fill(table *t, const uint32_t *a, const uint32_t *b, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    *t = (table){ .n = n };
    if (n == 0 || n > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "partitions of %zu things cannot be compared: 1 to %u are wanted", n, UINT32_MAX);
    }
    PAL_NEW(t->a, n);
    PAL_NEW(t->b, n);
    PAL_NEW(t->cell, n);
    for (size_t i = 0; i < n; i++) {
        t->a[i] = a[i];
        t->b[i] = b[i];
        t->cell[i] = (uint64_t)a[i] << 32 | b[i];
    }
    qsort(t->a, n, sizeof *t->a, by_value);
    qsort(t->b, n, sizeof *t->b, by_value);
    qsort(t->cell, n, sizeof *t->cell, by_value);

done:
    return rc;
}

/* Pairs of things inside the same class. */
static uint64_t pairs_inside(const uint64_t *sorted, size_t n)
{
    uint64_t pairs = 0;

    for (size_t i = 0, run; i < n; i += run) {
        run = run_at(sorted, n, i);
        pairs += (uint64_t)run * (run - 1) / 2;
    }
    return pairs;
}

/* With T pairs, A and B inside the classes of each and S inside both: (S - AB/T) / ((A + B)/2 - AB/T). */
pal_status pal_adjusted_rand(double *index, const uint32_t *a, const uint32_t *b, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    table t = { 0 };
    i128 all, in_a, in_b, in_both, above, below;

    PAL_TRY(table_fill(&t, a, b, n, err));
    all = (i128)n * (i128)(n - 1) / 2;
    in_a = pairs_inside(t.a, n);
    in_b = pairs_inside(t.b, n);
    in_both = pairs_inside(t.cell, n);
    above = in_both * all - in_a * in_b;
    below = in_a * (all - in_b) + in_b * (all - in_a); /* 0 only when both are all or both are nothing */
    *index = below == 0 ? 1.0 : 2 * (double)above / (double)below;

done:
    table_clear(&t);
    return rc;
}

/* H = sum p log(1 / p) over classes, in nats. */
static double entropy(const uint64_t *sorted, size_t n)
{
    pal_acc sum = { 0 };

    for (size_t i = 0, run; i < n; i += run) {
        run = run_at(sorted, n, i);
        pal_acc_add(&sum, (double)run * pal_log((double)n / (double)run));
    }
    return pal_acc_value(&sum) / (double)n;
}

/* Things of a label in a sorted array: those of cells come in ascending order of a, but not of b. */
static size_t count_of(const uint64_t *sorted, size_t n, uint64_t label)
{
    size_t low = 0, high = n, first;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sorted[middle] < label) low = middle + 1;
        else high = middle;
    }
    first = low;
    high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sorted[middle] <= label) low = middle + 1;
        else high = middle;
    }
    return low - first;
}

/* I = sum p_ab log(p_ab / (p_a p_b)). */
static double information(const table *t)
{
    pal_acc sum = { 0 };
    double n = (double)t->n;

    for (size_t i = 0, run; i < t->n; i += run) {
        double in_a = (double)count_of(t->a, t->n, t->cell[i] >> 32);
        double in_b = (double)count_of(t->b, t->n, t->cell[i] & UINT32_MAX);

        run = run_at(t->cell, t->n, i);
        pal_acc_add(&sum, (double)run * pal_log((double)run * n / (in_a * in_b)));
    }
    return pal_acc_value(&sum) / n;
}

pal_status pal_mutual_information(double *nmi, const uint32_t *a, const uint32_t *b, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    table t = { 0 };
    double entropies, shared;

    PAL_TRY(table_fill(&t, a, b, n, err));
    entropies = entropy(t.a, n) + entropy(t.b, n);
    shared = entropies > 0 ? 2 * information(&t) / entropies : 1.0;
    *nmi = shared < 0 ? 0.0 : shared > 1 ? 1.0 : shared; /* beyond by rounding only */

done:
    table_clear(&t);
    return rc;
}

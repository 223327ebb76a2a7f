/* Ceilings from true probabilities. */
#include "lab/ceiling.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>
#include <stdlib.h>

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Over ordered pairs of two rows, one liked and one not: those the truth puts in the right order, ties one half. */
static double expected_auc(const double *p, size_t n)
{
    pal_acc right = { 0 }, pairs = { 0 };
    double not_liked = 0, below = 0, sum = 0;

    for (size_t i = 0; i < n; i++) not_liked += 1 - p[i];
    for (size_t i = 0; i < n;) {
        double tied = 0;
        size_t end = i;

        for (; end < n && p[end] <= p[i]; end++) tied += 1 - p[end];
        for (size_t j = i; j < end; j++) {
            pal_acc_add(&right, p[j] * (below + 0.5 * (tied - (1 - p[j]))));
            pal_acc_add(&pairs, p[j] * (not_liked - (1 - p[j])));
        }
        below += tied;
        i = end;
    }
    sum = pal_acc_value(&pairs);
    return sum > 0 ? pal_acc_value(&right) / sum : NAN;
}

/* -x log y, 0 where x is 0. */
static double part(double x, double y)
{
    return x > 0 ? -x * pal_log(y) : 0;
}

pal_ceiling pal_ceiling_of(double *p, size_t n, double no_weight)
{
    pal_acc loss = { 0 }, weight = { 0 };

    if (n == 0) return (pal_ceiling){ NAN, NAN };
    qsort(p, n, sizeof *p, rising);
    for (size_t i = 0; i < n; i++) {
        double yes = p[i], no = (1 - p[i]) * no_weight, all = yes + no;

        pal_acc_add(&loss, part(yes, yes / all) + part(no, no / all));
        pal_acc_add(&weight, all);
    }
    return (pal_ceiling){ expected_auc(p, n), pal_acc_value(&loss) / pal_acc_value(&weight) };
}

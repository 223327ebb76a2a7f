/* Pairs of people, and what they share. */
#include "metrics/homogeneity.h"

#include "core/threads.h"

#include <math.h>
#include <stdlib.h>

#define RESAMPLES_A_BLOCK 16

static int by_item(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

size_t pal_item_set(uint32_t *item, size_t n)
{
    size_t kept = 0;

    if (n > 1) {
        qsort(item, n, sizeof *item, by_item);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || item[i] != item[kept - 1]) {
            item[kept++] = item[i];
        }
    }
    return kept;
}

double pal_jaccard(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
    size_t both = 0;

    if (n_a == 0 || n_b == 0) {
        return NAN;
    }
    for (size_t i = 0, j = 0; i < n_a && j < n_b;) {
        const uint32_t x = a[i], y = b[j];

        both += x == y;
        i += x <= y;
        j += y <= x;
    }
    return (double)both / (double)(n_a + n_b - both);
}

size_t pal_pair_partners(size_t n_people, size_t wanted)
{
    const size_t most = n_people > 0 ? (n_people - 1) / 2 : 0;

    return wanted < most ? wanted : most;
}

size_t pal_pairs_draw(uint32_t *person, uint32_t *order, size_t n_people, size_t partners, pal_key key)
{
    size_t n = 0;

    for (size_t i = 0; i < n_people; i++) {
        uint64_t draw = 0;
        const size_t j = (size_t)pal_below(key, (pal_at){ i, 0, 0 }, &draw, i + 1); /* Fisher and Yates, inside out */

        order[i] = order[j];
        order[j] = (uint32_t)i;
    }
    for (size_t i = 0; i < n_people; i++) {
        for (size_t k = 1; k <= partners; k++, n++) {
            person[2 * n] = order[i];
            person[2 * n + 1] = order[(i + k) % n_people];
        }
    }
    return n;
}

double pal_mix_overlap(const double *p, const double *q, size_t n)
{
    double shared = 0;

    for (size_t i = 0; i < n; i++) {
        shared += p[i] < q[i] ? p[i] : q[i];
    }
    return shared;
}

/* ---- means over pairs ---- */

typedef struct pair_job {
    const pal_boot *boot;
    const pal_pair_set *pairs;
    const float *x;
    double *draws;
} pair_job;

/* mean[g] over the pairs of each group; times: how often each person counts, NULL: once. */
static void means(double *mean, size_t *count, const pal_pair_set *pairs, const float *x, const uint8_t *times)
{
    double sum[PAL_PAIR_GROUPS] = { 0 }, weight[PAL_PAIR_GROUPS] = { 0 };
    size_t n[PAL_PAIR_GROUPS] = { 0 };

    for (size_t i = 0; i < pairs->n; i++) {
        const uint32_t *who = pairs->person + 2 * i;
        const double w = times == NULL ? 1 : (double)((unsigned)times[who[0]] * times[who[1]]);

        if (w > 0 && !isnan(x[i])) {
            const size_t g = pairs->group[i];

            sum[g] += w * (double)x[i];
            weight[g] += w;
            n[g]++;
        }
    }
    sum[0] += sum[1] + sum[2]; /* a pair of a group is one of all pairs, too */
    weight[0] += weight[1] + weight[2];
    n[0] += n[1] + n[2];
    for (size_t g = 0; g < PAL_PAIR_GROUPS; g++) {
        mean[g] = weight[g] > 0 ? sum[g] / weight[g] : NAN;
        if (count != NULL) {
            count[g] = n[g];
        }
    }
}

static pal_status resample(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const pair_job *job = ctx;
    const size_t n = pal_boot_resamples(job->boot);

    (void)block;
    (void)worker;
    (void)err;
    for (size_t b = begin; b < end; b++) {
        double mean[PAL_PAIR_GROUPS];

        means(mean, NULL, job->pairs, job->x, pal_boot_row(job->boot, b));
        for (size_t g = 0; g < PAL_PAIR_GROUPS; g++) {
            job->draws[g * n + b] = mean[g];
        }
    }
    return PAL_OK;
}

pal_status pal_pair_means(double *draws, double *value, size_t *n, const pal_boot *boot, const pal_pair_set *pairs,
                          const float *x, size_t n_threads, pal_error *err)
{
    pair_job job = { boot, pairs, x, draws };

    means(value, n, pairs, x, NULL);
    return pal_parallel_for(pal_boot_resamples(boot), RESAMPLES_A_BLOCK, n_threads, resample, &job, err);
}

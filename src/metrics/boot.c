/* The resamples themselves, and intervals from resampled values. */
#include "metrics/interval.h"

#include "core/mem.h"
#include "core/sum.h"
#include "core/threads.h"

#include <math.h>
#include <stdlib.h>

#define RESAMPLES_A_BLOCK 16

struct pal_boot {
    size_t n_people, n_resamples;
    double level;
    uint8_t *times; /* n_resamples x n_people */
};

/* People of each stratum side by side. */
typedef struct strata {
    uint64_t *member; /* stratum << 32 | person, ascending */
    size_t n;
} strata;

typedef struct draw_job {
    const strata *strata;
    pal_boot *boot;
    pal_key key;
} draw_job;

/* A stream of 32-bit draws: eight to a Philox block. */
typedef struct halves {
    pal_key key;
    pal_at at;
    uint64_t block;
    uint64_t word[4];
    unsigned next; /* 8 = empty */
} halves;

static uint32_t next_half(halves *h)
{
    if (h->next == 8) {
        pal_block(h->key, h->at, h->block++, h->word);
        h->next = 0;
    }
    uint64_t word = h->word[h->next >> 1];
    uint32_t half = (uint32_t)((h->next & 1) != 0 ? word >> 32 : word);

    h->next++;
    return half;
}

/* Unbiased in [0, n), n > 0: Lemire 2019 with 32-bit words. */
static uint32_t half_below(halves *h, uint32_t n)
{
    uint64_t m = (uint64_t)next_half(h) * n;

    if ((uint32_t)m < n) {
        uint32_t floor_of_bias = (uint32_t)(0u - n) % n;

        while ((uint32_t)m < floor_of_bias) {
            m = (uint64_t)next_half(h) * n;
        }
    }
    return (uint32_t)(m >> 32);
}

static int by_value(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

    return (a > b) - (a < b);
}

static void draw_stratum(uint8_t *times, halves *h, const uint64_t *member, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t person = (uint32_t)member[half_below(h, n)];

        if (times[person] < PAL_BOOT_MOST) {
            times[person]++;
        }
    }
}

static pal_status draw_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const draw_job *job = ctx;
    const strata *s = job->strata;

    (void)block, (void)worker, (void)err;
    for (size_t b = begin; b < end; b++) {
        uint8_t *times = job->boot->times + b * job->boot->n_people;
        size_t first = 0;

        while (first < s->n) {
            uint64_t stratum = s->member[first] >> 32;
            size_t last = first + 1;
            halves h = { .key = job->key, .at = { b, stratum, 0 }, .next = 8 };

            while (last < s->n && s->member[last] >> 32 == stratum) {
                last++;
            }
            draw_stratum(times, &h, s->member + first, (uint32_t)(last - first));
            first = last;
        }
    }
    return PAL_OK;
}

static pal_status check_sizes(size_t n_people, size_t n_resamples, double level, pal_error *err)
{
    if (n_people == 0 || n_people > (size_t)1 << 31) {
        return pal_error_set(err, PAL_ERR_SHAPE, "bootstrap: %zu people, wanted 1 to 2^31", n_people);
    }
    if (n_resamples < 2) {
        return pal_error_set(err, PAL_ERR_SHAPE, "bootstrap: %zu resamples, wanted at least 2", n_resamples);
    }
    if (!(level > 0 && level < 1)) {
        return pal_error_set(err, PAL_ERR_DATA, "bootstrap: level %g, wanted inside (0, 1)", level);
    }
    return PAL_OK;
}

pal_status pal_boot_new(pal_boot **out, size_t n_people, const uint32_t *stratum, size_t n_resamples, double level,
                        pal_key key, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boot *boot = NULL;
    strata s = { NULL, n_people };
    draw_job job;

    PAL_TRY(check_sizes(n_people, n_resamples, level, err));
    if (n_resamples > SIZE_MAX / n_people) {
        PAL_FAIL(PAL_ERR_MEMORY, "bootstrap: %zu resamples of %zu people", n_resamples, n_people);
    }
    PAL_NEW(boot, 1);
    boot->n_people = n_people;
    boot->n_resamples = n_resamples;
    boot->level = level;
    PAL_NEW(boot->times, n_resamples * n_people);
    PAL_NEW(s.member, n_people);
    for (size_t u = 0; u < n_people; u++) {
        s.member[u] = (uint64_t)(stratum == NULL ? 0 : stratum[u]) << 32 | u;
    }
    if (stratum != NULL) {
        qsort(s.member, n_people, sizeof *s.member, by_value);
    }
    job = (draw_job){ &s, boot, key };
    PAL_TRY(pal_parallel_for(n_resamples, RESAMPLES_A_BLOCK, n_threads, draw_block, &job, err));

    *out = boot;
    boot = NULL;

done:
    pal_free(s.member);
    pal_boot_free(boot);
    return rc;
}

void pal_boot_free(pal_boot *boot)
{
    if (boot != NULL) {
        pal_free(boot->times);
        pal_free(boot);
    }
}

size_t pal_boot_people(const pal_boot *boot)
{
    return boot->n_people;
}

size_t pal_boot_resamples(const pal_boot *boot)
{
    return boot->n_resamples;
}

double pal_boot_level(const pal_boot *boot)
{
    return boot->level;
}

const uint8_t *pal_boot_row(const pal_boot *boot, size_t b)
{
    PAL_DCHECK(b < boot->n_resamples);
    return boot->times + b * boot->n_people;
}

static void swap(double *x, size_t i, size_t j)
{
    double t = x[i];

    x[i] = x[j];
    x[j] = t;
}

/* Hoare's selection: afterwards x[k] is in its sorted place, nothing before it is above, nothing after it below. */
static void select_place(double *x, size_t n, size_t k)
{
    size_t lo = 0, hi = n - 1;

    while (lo < hi) {
        double pivot = x[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;

        for (;;) {
            while (x[i] < pivot) {
                i++;
            }
            while (x[j] > pivot) {
                j--;
            }
            if (i >= j) {
                break;
            }
            swap(x, i++, j--);
        }
        /* x[lo..i-1] <= pivot <= x[j+1..hi]; i is j or j + 1, and when they are the same x[i] is the pivot. */
        if (i == j) {
            if (k == i) {
                return;
            }
            i++;
            j--;
        }
        if (k >= i) {
            lo = i;
        } else {
            hi = j;
        }
    }
}

double pal_boot_quantile(double *draws, size_t n, double p)
{
    double place = ((double)n + 1) * p, fraction;
    size_t k;
    double above;

    PAL_ASSERT(n > 0);
    place = place < 1 ? 1 : place > (double)n ? (double)n : place;
    k = (size_t)place;
    fraction = place - (double)k;
    select_place(draws, n, k - 1);
    if (k == n || fraction == 0) {
        return draws[k - 1];
    }
    above = draws[k];
    for (size_t i = k + 1; i < n; i++) {
        above = draws[i] < above ? draws[i] : above;
    }
    return draws[k - 1] + fraction * (above - draws[k - 1]);
}

pal_interval pal_boot_interval(double *draws, size_t n_draws, double level, double value, size_t people)
{
    pal_interval out = { value, NAN, NAN, NAN, people };
    size_t n = 0;

    for (size_t i = 0; i < n_draws; i++) {
        if (!isnan(draws[i])) {
            swap(draws, n++, i);
        }
    }
    if (people < 2 || n < 2 || 2 * n < n_draws || isnan(value)) {
        return out;
    }
    out.se = sqrt(pal_variance(draws, n));
    out.lo = pal_boot_quantile(draws, n, (1 - level) / 2);
    out.hi = pal_boot_quantile(draws, n, 1 - (1 - level) / 2);
    return out;
}

void pal_people_sums(double *num, double *den, size_t n_people, const uint32_t *person, const double *value,
                     size_t n)
{
    for (size_t u = 0; u < n_people; u++) {
        num[u] = 0;
        den[u] = 0;
    }
    for (size_t r = 0; r < n; r++) {
        PAL_DCHECK(person[r] < n_people);
        if (!isnan(value[r])) {
            num[person[r]] += value[r];
            den[person[r]] += 1;
        }
    }
}

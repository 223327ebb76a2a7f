/*
 * Bin edges as LightGBM finds them (src/io/bin.cpp, GreedyFindBin and FindBinWithZeroAsOneBin): zero has a bin of its
 * own, negative and positive values share the rest by their numbers, heavy values get bins of their own, the others
 * are filled to an even size; an edge lies halfway between neighbours.
 */
#include "models/boost_bins.h"

#include "core/mem.h"
#include "core/pmath_kernel.h"
#include "core/threads.h"
#include "core/vector.h"
#include "models/boost_model.h"

#include <math.h>
#include <string.h>

#define BLOCK ((size_t)4096)

/* Scratch for one feature; every array holds the rows looked at. */
typedef struct scratch {
    uint64_t *key, *spare; /* values as ordered integers  */
    double *value;         /* distinct, ascending         */
    uint32_t *count;       /* of each                     */
    size_t n;              /* distinct values             */
} scratch;

/* ---- sorting ------------------------------------------------------------------------------- */

/* Doubles as integers of the same order; -0 is 0. */
static uint64_t ordered(double x)
{
    uint64_t bits = pal_bits(x + 0.0);

    return (bits >> 63) != 0 ? ~bits : bits | UINT64_C(1) << 63;
}

static double unordered(uint64_t key)
{
    return pal_from_bits((key >> 63) != 0 ? key & ~(UINT64_C(1) << 63) : ~key);
}

/* Least digit first; digits in which all agree are skipped (floats have three empty ones). Sorts s->key. */
static void sort_keys(scratch *s, size_t n)
{
    size_t counts[8][256];

    memset(counts, 0, sizeof counts);
    for (size_t i = 0; i < n; i++) {
        for (unsigned digit = 0; digit < 8; digit++) {
            counts[digit][s->key[i] >> (8 * digit) & 255]++;
        }
    }
    for (unsigned digit = 0; digit < 8; digit++) {
        size_t *at = counts[digit], sum = 0;
        uint64_t *swap = s->spare;

        if (n == 0 || at[s->key[0] >> (8 * digit) & 255] == n) {
            continue;
        }
        for (size_t b = 0; b < 256; b++) {
            size_t c = at[b];

            at[b] = sum;
            sum += c;
        }
        for (size_t i = 0; i < n; i++) {
            s->spare[at[s->key[i] >> (8 * digit) & 255]++] = s->key[i];
        }
        s->spare = s->key;
        s->key = swap;
    }
}

/* The next double above a finite one. */
static double next_up(double x)
{
    uint64_t bits = pal_bits(x + 0.0);

    if (x == 0) return 0x1p-1074;
    return pal_from_bits((bits >> 63) != 0 ? bits - 1 : bits + 1);
}

/* Equal, or neighbours: LightGBM takes them for one value, the larger. */
static bool same_value(double a, double b)
{
    return a == b || b <= next_up(a); /* the first for infinity */
}

static void find_distinct(scratch *s, size_t n)
{
    double before = 0;

    s->n = 0;
    for (size_t i = 0; i < n; i++) {
        double x = unordered(s->key[i]);

        if (i > 0 && same_value(before, x)) {
            s->value[s->n - 1] = x;
            s->count[s->n - 1]++;
        } else {
            s->value[s->n] = x;
            s->count[s->n++] = 1;
        }
        before = x;
    }
}

/* ---- edges --------------------------------------------------------------------------------- */

static void push_edge(double *edge, size_t *n, double low, double high)
{
    double middle = low / 2 + high / 2; /* halves first: the sum may overflow */

    if (low + high <= 0x1.fffffffffffffp1023 && low + high >= -0x1.fffffffffffffp1023) {
        middle = (low + high) / 2;
    }
    middle = middle < HUGE_VAL && middle > -HUGE_VAL ? next_up(middle) : low;
    if (*n == 0 || !same_value(edge[*n - 1], middle)) {
        edge[(*n)++] = middle;
    }
}

/* Few distinct values: an edge between neighbours once a bin holds enough. */
static void edges_of_few(double *edge, size_t *n, const double *value, const uint32_t *count, size_t m,
                         size_t min_data)
{
    size_t filled = 0;

    for (size_t i = 0; i + 1 < m; i++) {
        size_t before = *n;

        filled += count[i];
        if (filled >= min_data) {
            push_edge(edge, n, value[i], value[i + 1]);
            filled = *n > before ? 0 : filled;
        }
    }
}

/* Many: values heavier than a mean bin stand alone, the rest is filled evenly. */
static void edges_of_many(double *edge, size_t *n, const double *value, const uint32_t *count, size_t m,
                          size_t max_bin, size_t total, size_t min_data)
{
    double mean, rest_bins, rest;
    size_t bins = 0, filled = 0;

    max_bin = total / min_data < max_bin ? total / min_data : max_bin;
    max_bin = max_bin < 1 ? 1 : max_bin;
    mean = (double)total / (double)max_bin;
    rest_bins = (double)max_bin;
    rest = (double)total;
    for (size_t i = 0; i < m; i++) {
        if (count[i] >= mean) {
            rest_bins -= 1;
            rest -= count[i];
        }
    }
    {
        const double heavy = mean;

        mean = rest / rest_bins;
        for (size_t i = 0; i + 1 < m && bins + 1 < max_bin; i++) {
            bool big = count[i] >= heavy, big_next = count[i + 1] >= heavy;
            double half = mean * 0.5 > 1 ? mean * 0.5 : 1;

            rest -= big ? 0 : count[i];
            filled += count[i];
            if (big || (double)filled >= mean || (big_next && (double)filled >= half)) {
                push_edge(edge, n, value[i], value[i + 1]);
                bins++;
                filled = 0;
                if (!big) {
                    rest_bins -= 1;
                    mean = rest / rest_bins;
                }
            }
        }
    }
}

/* Edges inside one side of zero; the side's last edge is the caller's. */
static void side_edges(double *edge, size_t *n, const double *value, const uint32_t *count, size_t m,
                       size_t max_bin, size_t min_data)
{
    size_t total = 0, before = 0;
    double inner[256];

    for (size_t i = 0; i < m; i++) {
        total += count[i];
    }
    if (m <= max_bin) {
        edges_of_few(inner, &before, value, count, m, min_data);
    } else {
        edges_of_many(inner, &before, value, count, m, max_bin, total, min_data);
    }
    memcpy(edge + *n, inner, before * sizeof *edge);
    *n += before;
}

static void find_edges(pal_boost_feature *f, const scratch *s, size_t max_bin, size_t min_data)
{
    size_t n = 0, negative = 0, positive, in_negative = 0, in_zero = 0, total = 0;

    for (size_t i = 0; i < s->n; i++) {
        total += s->count[i];
    }
    while (negative < s->n && s->value[negative] <= -PAL_BOOST_ZERO) {
        in_negative += s->count[negative++];
    }
    for (positive = negative; positive < s->n && s->value[positive] <= PAL_BOOST_ZERO; positive++) {
        in_zero += s->count[positive];
    }
    if (negative > 0 && max_bin > 1) {
        double share = (double)in_negative / (double)(total - in_zero) * (double)(max_bin - 1);

        side_edges(f->upper, &n, s->value, s->count, negative, share < 1 ? 1 : (size_t)share, min_data);
        f->upper[n++] = -PAL_BOOST_ZERO;
    }
    if (positive < s->n && max_bin > n + 1) {
        size_t room = max_bin - 1 - n;

        f->upper[n++] = PAL_BOOST_ZERO;
        side_edges(f->upper, &n, s->value + positive, s->count + positive, s->n - positive, room, min_data);
    }
    f->n_values = n + 1;
    for (size_t i = n; i < 256; i++) {
        f->upper[i] = HUGE_VAL;
    }
}

/* ---- all features -------------------------------------------------------------------------- */

/* The i-th of m rows looked at: one from each of m equal stretches. */
static size_t sampled_row(size_t i, size_t m, size_t n, pal_key key)
{
    if (m == n) {
        return i;
    }
    return (size_t)(((double)i + pal_u01(key, (pal_at){ i, 0, 1 }, 0)) * ((double)n / (double)m));
}

static void bin_feature(pal_boost_feature *f, scratch *s, const size_t *row, size_t m, const pal_boost_rows *rows,
                        size_t d, size_t j, const pal_boost_config *config)
{
    size_t n = 0;

    for (size_t i = 0; i < m; i++) {
        double x = pal_boost_value(rows, (row == NULL ? i : row[i]) * d + j);

        if (x == x) {
            s->key[n++] = ordered(x);
        }
    }
    f->missing = n < m;
    sort_keys(s, n);
    find_distinct(s, n);
    f->low = s->n > 0 ? s->value[0] : 1;
    f->high = s->n > 0 ? s->value[s->n - 1] : 0;
    find_edges(f, s, (size_t)config->max_bin - f->missing, (size_t)config->min_data_in_bin);
}

pal_status pal_boost_bins_init(pal_boost_bins *bins, const pal_boost_rows *rows, size_t d,
                               const pal_boost_config *config, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t m = rows->n < PAL_BOOST_BIN_SAMPLE ? rows->n : PAL_BOOST_BIN_SAMPLE;
    scratch s = { 0 };
    size_t *row = NULL;

    memset(bins, 0, sizeof *bins);
    bins->d = d;
    PAL_NEW(bins->feature, d);
    PAL_NEW(s.key, m);
    PAL_NEW(s.spare, m);
    PAL_NEW(s.value, m);
    PAL_NEW(s.count, m);
    if (m < rows->n) {
        PAL_NEW(row, m);
        for (size_t i = 0; i < m; i++) {
            row[i] = sampled_row(i, m, rows->n, key);
        }
    }
    for (size_t j = 0; j < d; j++) {
        bin_feature(&bins->feature[j], &s, row, m, rows, d, j, config);
        bins->feature[j].first = bins->total;
        bins->total += pal_boost_feature_bins(&bins->feature[j]);
    }

done:
    pal_free(s.key);
    pal_free(s.spare);
    pal_free(s.value);
    pal_free(s.count);
    pal_free(row);
    if (rc != PAL_OK) {
        pal_boost_bins_clear(bins);
    }
    return rc;
}

void pal_boost_bins_clear(pal_boost_bins *bins)
{
    pal_free(bins->feature);
    memset(bins, 0, sizeof *bins);
}

/* ---- values to bins ------------------------------------------------------------------------ */

/* The first bin whose edge is not below x: eight halvings without a branch. */
static inline size_t bin_of(const double *upper, double x)
{
    size_t b = 0;

    for (size_t half = 128; half > 0; half /= 2) {
        b += upper[b + half - 1] < x ? half : 0;
    }
    return b;
}

typedef struct apply_job {
    uint8_t *by_row, *by_column;
    const pal_boost_bins *bins;
    const pal_boost_rows *rows;
} apply_job;

static pal_status apply_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const apply_job *job = ctx;
    size_t d = job->bins->d, n = job->rows->n;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t j = 0; j < d; j++) {
        const pal_boost_feature *f = &job->bins->feature[j];
        size_t nan_bin = f->missing ? f->n_values : bin_of(f->upper, 0);

        for (size_t i = begin; i < end; i++) {
            double x = pal_boost_value(job->rows, i * d + j);
            size_t b = x == x ? bin_of(f->upper, x) : nan_bin;

            job->by_row[i * d + j] = (uint8_t)b;
            if (job->by_column != NULL) {
                job->by_column[j * n + i] = (uint8_t)b;
            }
        }
    }
    return PAL_OK;
}

pal_status pal_boost_bins_apply(uint8_t *by_row, uint8_t *by_column, const pal_boost_bins *bins,
                                const pal_boost_rows *rows, size_t n_threads, pal_error *err)
{
    apply_job job = { by_row, by_column, bins, rows };

    return pal_parallel_for(rows->n, BLOCK, n_threads, apply_block, &job, err);
}

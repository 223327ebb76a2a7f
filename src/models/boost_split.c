/* The best split of a leaf from its histogram. */
#include "core/pmath_kernel.h"
#include "core/vector.h"
#include "models/boost_grow.h"

#include <string.h>

#define LANES 8

/* Prefix sums over the bins that hold rows, with room to fill up the last lanes. */
typedef struct scan {
    uint64_t gradient[256 + LANES], rest[256 + LANES]; /* words 0 and 1       */
    double gain[256 + LANES];
    size_t n;          /* candidates                                 */
    size_t begin, end; /* of those that may have rows enough         */
} scan;

pal_boost_scale pal_boost_scale_for(size_t n, double total, double largest)
{
    pal_boost_scale scale = { 0 };
    unsigned row_bits = 1;
    int room, g_bits = 0, h_bits = 0;

    while (n >> row_bits != 0) {
        row_bits++;
    }
    scale.hessian_bits = 64 - row_bits;
    room = scale.hessian_bits < 52 ? (int)scale.hessian_bits : 52;
    /* |sum of gradients| <= total, sum of hessians <= total / 4, each row's rounding adds half a unit: spare one bit */
    for (double bound = total > largest ? total : largest; bound > 1; bound /= 2) g_bits++;
    for (double bound = total > largest ? total : largest; bound <= 0.5; bound *= 2) g_bits--;
    h_bits = g_bits - 2;
    scale.per_gradient = pal_from_bits((uint64_t)(1023 + 50 - g_bits) << 52);
    scale.gradient = pal_from_bits((uint64_t)(1023 - 50 + g_bits) << 52);
    scale.per_hessian = pal_from_bits((uint64_t)(1023 + (room - 1) - h_bits) << 52);
    scale.hessian = pal_from_bits((uint64_t)(1023 - (room - 1) + h_bits) << 52);
    return scale;
}

/*
 * Prefix sums over the listed bins; those without rows are struck off, in s and in the list. Without a branch: an empty bin
 * writes where the next will.
 */
static size_t prefix(scan *s, const pal_boost_sum *hist, uint8_t *list, size_t n)
{
    pal_boost_sum sum = { 0, 0 };
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t b = list[i];

        sum += hist[b];
        s->gradient[k] = sum[0];
        s->rest[k] = sum[1];
        list[k] = b;
        k += hist[b][1] != 0;
    }
    return k;
}

/* The same when the list is 0 ... n - 1. */
static size_t prefix_all(scan *s, const pal_boost_sum *hist, uint8_t *list, size_t n)
{
    pal_boost_sum sum = { 0, 0 };
    size_t k = 0;

    for (size_t b = 0; b < n; b++) {
        sum += hist[b];
        s->gradient[k] = sum[0];
        s->rest[k] = sum[1];
        list[k] = (uint8_t)b;
        k += hist[b][1] != 0;
    }
    return k;
}

/* The first candidate with `word` or more in word 1. */
static size_t first_with(const scan *s, uint64_t word)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (s->rest[middle] < word) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Leave out candidates with too few rows on a side, whether missing values come to the left or not. */
static void limit_rows(scan *s, pal_boost_sum missing, pal_boost_sum total, const pal_boost_limits *limits)
{
    const unsigned bits = limits->scale.hessian_bits;
    uint64_t least = (uint64_t)limits->min_data, all = total[1] >> bits, none = missing[1] >> bits;
    uint64_t low = least > none ? least - none : 0;

    s->begin = first_with(s, low << bits);
    s->end = all >= least ? first_with(s, (all - least + 1) << bits) : 0;
}

/* Integers below 2^52, and of either sign below 2^51, as doubles: exact, and quick in any vector unit. */
static inline double from_unsigned(uint64_t v)
{
    return pal_from_bits(v | UINT64_C(0x4330000000000000)) - 0x1p52;
}

static inline double from_signed(uint64_t v)
{
    return pal_from_bits(v + UINT64_C(0x4338000000000000)) - 0x1.8p52;
}

/*
 * s->gain of each candidate when `more` (missing values) joins the left side; -1 where a limit forbids it. Returns
 * the largest. T^2/H twice over one denominator: a division saved.
 */
PAL_VECTOR static double gains(scan *s, pal_boost_sum more, pal_boost_sum total, const pal_boost_limits *limits)
{
    const uint64_t mask = (UINT64_C(1) << limits->scale.hessian_bits) - 1;
    const unsigned bits = limits->scale.hessian_bits;
    const double unit_g = limits->scale.gradient, unit_h = limits->scale.hessian;
    const double l1 = limits->l1, l2 = limits->l2 + 1e-15;
    const double min_h = limits->min_hessian, min_data = limits->min_data;
    const double all_g = from_signed(total[0]) * unit_g, all_h = from_unsigned(total[1] & mask) * unit_h;
    const double all_rows = from_unsigned(total[1] >> bits);
    double most[LANES], largest = -1;

    for (size_t j = 0; j < LANES; j++) {
        s->gradient[s->n + j] = total[0] - more[0]; /* past the last: all to the left, never allowed */
        s->rest[s->n + j] = total[1] - more[1];
        most[j] = -1;
    }
    for (size_t k = s->begin; k < s->end; k += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            uint64_t word = s->rest[k + j] + more[1];
            double gl = from_signed(s->gradient[k + j] + more[0]) * unit_g, hl = from_unsigned(word & mask) * unit_h;
            double rows = from_unsigned(word >> bits);
            double gr = all_g - gl, hr = all_h - hl;
            double tl = (gl < 0 ? -gl : gl) - l1, tr = (gr < 0 ? -gr : gr) - l1;
            double dl = hl + l2, dr = hr + l2, gain;

            tl = tl > 0 ? tl : 0;
            tr = tr > 0 ? tr : 0;
            gain = (tl * tl * dr + tr * tr * dl) / (dl * dr);
            gain = rows >= min_data ? gain : -1;
            gain = all_rows - rows >= min_data ? gain : -1;
            gain = hl >= min_h ? gain : -1;
            gain = hr >= min_h ? gain : -1;
            s->gain[k + j] = gain;
            most[j] = gain > most[j] ? gain : most[j];
        }
    }
    for (size_t j = 0; j < LANES; j++) {
        largest = most[j] > largest ? most[j] : largest;
    }
    return largest;
}

static void take(pal_boost_split *best, const scan *s, double gain, double parent, size_t feature, size_t n_values,
                 const uint8_t *list, pal_boost_sum more, bool missing_left)
{
    size_t k = s->end - 1;

    while (s->gain[k] != gain) {
        k--;
    }
    best->gain = gain - parent;
    best->feature = (uint32_t)feature;
    best->bin = k + 1 < s->n ? list[k + 1] - 1u : (uint32_t)n_values - 1;
    best->missing_left = missing_left;
    best->left = (pal_boost_sum){ s->gradient[k], s->rest[k] } + more;
}

void pal_boost_split_best(pal_boost_split *best, pal_boost_hist *hist, const pal_boost_bins *bins,
                          const uint32_t *active, size_t n_active, pal_boost_sum total, const pal_boost_limits *limits)
{
    const pal_boost_sum none = { 0, 0 };
    double parent = pal_boost_gain(pal_boost_gradient(total, &limits->scale),
                                   pal_boost_hessian(total, &limits->scale), limits) + limits->min_gain;
    scan s;

    memset(best, 0, sizeof *best);
    for (size_t a = 0; a < n_active; a++) {
        const pal_boost_feature *f = &bins->feature[active[a]];
        const pal_boost_sum *h = hist->sum + f->first;
        uint8_t *list = hist->bin + f->first;
        pal_boost_sum missing = f->missing ? h[f->n_values] : none;
        size_t n = hist->n[active[a]];
        double gain;

        s.n = n == f->n_values ? prefix_all(&s, h, list, n) : prefix(&s, h, list, n);
        hist->n[active[a]] = (uint16_t)s.n;
        limit_rows(&s, missing, total, limits);
        if (s.begin >= s.end) {
            continue;
        }
        gain = gains(&s, missing, total, limits);
        if (gain - parent > best->gain) {
            /* where nothing is missing here, LightGBM lets them go left */
            take(best, &s, gain, parent, active[a], f->n_values, list, missing, true);
        }
        if (missing[1] != 0) {
            gain = gains(&s, none, total, limits);
            if (gain - parent > best->gain) {
                take(best, &s, gain, parent, active[a], f->n_values, list, none, false);
            }
        }
    }
}

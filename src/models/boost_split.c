/* The best split of a leaf from its histogram. */
#include "core/mem.h"
#include "core/pmath_kernel.h"
#include "core/vector.h"
#include "models/boost_grow.h"

#include <string.h>

#define LANES PAL_BOOST_LANES

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
    /* |sum of gradients| <= total, sum of hessians <= total / 4; rounding adds half a unit a row: one bit to spare */
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
 * Candidates of one feature: prefix sums over the listed bins, `sum` on top of them. Bins without rows are struck off
 * the list. Without a branch: an empty bin writes where the next will.
 */
static size_t prefix(uint64_t *gradient, uint64_t *rest, const pal_boost_sum *hist, uint8_t *list, size_t n,
                     pal_boost_sum sum)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t b = list[i];

        sum += hist[b];
        gradient[k] = sum[0];
        rest[k] = sum[1];
        list[k] = b;
        k += hist[b][1] != 0;
    }
    return k;
}

/* The same when the list is 0 ... n - 1. */
static size_t prefix_all(uint64_t *gradient, uint64_t *rest, const pal_boost_sum *hist, uint8_t *list, size_t n,
                         pal_boost_sum sum)
{
    size_t k = 0;

    for (size_t b = 0; b < n; b++) {
        sum += hist[b];
        gradient[k] = sum[0];
        rest[k] = sum[1];
        list[k] = (uint8_t)b;
        k += hist[b][1] != 0;
    }
    return k;
}

/* How many of n ascending words are below `word`? */
static size_t count_below(const uint64_t *rest, size_t n, uint64_t word)
{
    size_t low = 0;

    while (n > 0) {
        size_t half = n / 2;

        low += rest[low + half] < word ? n - half : 0;
        n = half;
    }
    return low;
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
 * The gain of each of n candidates (a multiple of LANES), -1 where a limit forbids it. Returns the largest.
 * T^2/H twice over one denominator: a division saved.
 */
PAL_VECTOR static double gains(double *restrict out, const uint64_t *restrict gradient, const uint64_t *restrict rest,
                               size_t n, pal_boost_sum total, const pal_boost_limits *limits)
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
        most[j] = -1;
    }
    for (size_t k = 0; k < n; k += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            uint64_t word = rest[k + j];
            double gl = from_signed(gradient[k + j]) * unit_g, hl = from_unsigned(word & mask) * unit_h;
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
            out[k + j] = gain;
            most[j] = gain > most[j] ? gain : most[j];
        }
    }
    for (size_t j = 0; j < LANES; j++) {
        largest = most[j] > largest ? most[j] : largest;
    }
    return largest;
}

/* Candidates of one feature after those that are there; missing values on the left or on the right. */
static void add_segment(pal_boost_scan *scan, pal_boost_hist *hist, const pal_boost_feature *f, uint32_t feature,
                        pal_boost_sum left, pal_boost_sum total, bool missing_left, const pal_boost_limits *limits)
{
    uint64_t *gradient = scan->gradient + scan->n, *rest = scan->rest + scan->n;
    uint8_t *list = hist->bin + f->first;
    const pal_boost_sum *sum = hist->sum + f->first;
    size_t n = hist->n[feature];
    uint64_t rows = total[1] >> limits->scale.hessian_bits, least = (uint64_t)limits->min_data;

    n = n == f->n_values ? prefix_all(gradient, rest, sum, list, n, left)
                         : prefix(gradient, rest, sum, list, n, left);
    hist->n[feature] = (uint16_t)n;
    /* what leaves too few rows on the right is cut off */
    n = count_below(rest, n, (rows - least + 1) << limits->scale.hessian_bits);
    if (n > 0) {
        scan->segment[scan->n_segments++] = (pal_boost_segment){ feature, (uint32_t)scan->n, (uint32_t)(scan->n + n),
                                                                 missing_left };
        scan->n += n;
    }
}

/* The first segment with this gain, and in it the last candidate. */
static void take(pal_boost_split *best, const pal_boost_scan *scan, double gain, double parent,
                 const pal_boost_hist *hist, const pal_boost_bins *bins)
{
    const pal_boost_segment *segment = scan->segment;
    const pal_boost_feature *f;
    size_t k = 0, at;

    while (scan->gain[k] != gain) {
        k++;
    }
    while (segment->end <= k) {
        segment++;
    }
    for (k = segment->end - 1; scan->gain[k] != gain;) {
        k--;
    }
    f = &bins->feature[segment->feature];
    at = k - segment->begin; /* its place in the list */
    best->gain = gain - parent;
    best->feature = segment->feature;
    best->bin = at + 1 < hist->n[segment->feature] ? hist->bin[f->first + at + 1] - 1u : (uint32_t)f->n_values - 1;
    best->missing_left = segment->missing_left;
    best->left = (pal_boost_sum){ scan->gradient[k], scan->rest[k] };
}

void pal_boost_split_best(pal_boost_split *best, pal_boost_scan *scan, pal_boost_hist *hist,
                          const pal_boost_bins *bins, const uint32_t *active, size_t n_active, pal_boost_sum total,
                          const pal_boost_limits *limits)
{
    const pal_boost_sum none = { 0, 0 };
    double parent = pal_boost_gain(pal_boost_gradient(total, &limits->scale),
                                   pal_boost_hessian(total, &limits->scale), limits) + limits->min_gain;
    double gain;

    memset(best, 0, sizeof *best);
    if ((double)pal_boost_rows_in(total, &limits->scale) < 2 * limits->min_data) {
        return;
    }
    scan->n = scan->n_segments = 0;
    for (size_t a = 0; a < n_active; a++) {
        const pal_boost_feature *f = &bins->feature[active[a]];
        pal_boost_sum missing = f->missing ? hist->sum[f->first + f->n_values] : none;

        /* where nothing is missing here, LightGBM lets them go left */
        add_segment(scan, hist, f, active[a], missing, total, true, limits);
        if (missing[1] != 0) {
            add_segment(scan, hist, f, active[a], none, total, false, limits);
        }
    }
    for (size_t i = scan->n; i < scan->n + LANES; i++) { /* all to the left: never allowed */
        scan->gradient[i] = total[0];
        scan->rest[i] = total[1];
    }
    gain = gains(scan->gain, scan->gradient, scan->rest, (scan->n + LANES - 1) / LANES * LANES, total, limits);
    if (gain > parent) {
        take(best, scan, gain, parent, hist, bins);
    }
}

pal_status pal_boost_scan_init(pal_boost_scan *scan, const pal_boost_bins *bins, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t room = 2 * bins->total + LANES;

    memset(scan, 0, sizeof *scan);
    PAL_NEW(scan->gradient, room);
    PAL_NEW(scan->rest, room);
    PAL_NEW(scan->gain, room);
    PAL_NEW(scan->segment, 2 * bins->d);

done:
    if (rc != PAL_OK) {
        pal_boost_scan_clear(scan);
    }
    return rc;
}

void pal_boost_scan_clear(pal_boost_scan *scan)
{
    pal_free(scan->gradient);
    pal_free(scan->rest);
    pal_free(scan->gain);
    pal_free(scan->segment);
    memset(scan, 0, sizeof *scan);
}

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
    scale.hessian_bits = 63 - row_bits; /* the top bit stays free: word 1 is compared as a signed number */
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

/* How prefix sums are formed; each way is compiled for itself. */
typedef enum way {
    LISTED = 1, /* over the listed bins; else the list is 0 ... n - 1                       */
    STRIKE = 2, /* bins without rows are struck off the list                                */
    LESS = 4    /* another histogram is first taken off: the sibling's off the parent's     */
} way;

/*
 * Candidates of one feature: prefix sums, `sum` on top of them. Returns how many. Without a branch: an empty bin writes
 * where the next will.
 */
static inline size_t form(uint64_t *restrict gradient, uint64_t *restrict rest, pal_boost_sum *restrict hist,
                          const pal_boost_sum *restrict less, uint8_t *list, size_t n, pal_boost_sum sum, way how)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        size_t b = (how & LISTED) != 0 ? list[i] : i;
        pal_boost_sum here = hist[b];

        if ((how & LESS) != 0) {
            here -= less[b];
            hist[b] = here;
        }
        sum += here;
        gradient[k] = sum[0];
        rest[k] = sum[1];
        if ((how & STRIKE) != 0) {
            list[k] = (uint8_t)b;
        }
        k += (how & STRIKE) == 0 || here[1] != 0;
    }
    return k;
}

PAL_VECTOR static size_t prefix(uint64_t *gradient, uint64_t *rest, pal_boost_sum *hist, const pal_boost_sum *less,
                                uint8_t *list, size_t n, pal_boost_sum sum, unsigned how)
{
    switch (how) {
    case 0: return form(gradient, rest, hist, less, list, n, sum, 0);
    case LISTED: return form(gradient, rest, hist, less, list, n, sum, LISTED);
    case STRIKE: return form(gradient, rest, hist, less, list, n, sum, STRIKE);
    case LISTED | STRIKE: return form(gradient, rest, hist, less, list, n, sum, LISTED | STRIKE);
    case LESS: return form(gradient, rest, hist, less, list, n, sum, LESS);
    case LESS | LISTED: return form(gradient, rest, hist, less, list, n, sum, LESS | LISTED);
    case LESS | STRIKE: return form(gradient, rest, hist, less, list, n, sum, LESS | STRIKE);
    default: return form(gradient, rest, hist, less, list, n, sum, LESS | LISTED | STRIKE);
    }
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

/* What all candidates of a leaf share, in units of the sums: these are powers of two, so nothing is rounded by them. */
typedef struct judge {
    double gradient;  /* of the leaf                                          */
    double hessian;   /* of the leaf, l2 added for each side                  */
    double l1, l2;
    double least;     /* hessian of a side at least, its l2 included          */
    uint64_t rows;    /* word 1 of a left side with rows enough, at least     */
    uint64_t mask;    /* hessian bits of word 1                               */
} judge;

/*
 * T^2/H of both sides over one denominator (a division saved); -1 where the left has too few rows or a side too little
 * hessian. Too few rows on the right are cut off beforehand.
 */
static inline double gain_of(uint64_t gradient, uint64_t rest, const judge *leaf, bool with_l1)
{
    double gl = from_signed(gradient), gr = leaf->gradient - gl;
    double dl = from_unsigned(rest & leaf->mask) + leaf->l2, dr = leaf->hessian - dl, gain;

    if (with_l1) {
        gl = (gl < 0 ? -gl : gl) - leaf->l1;
        gr = (gr < 0 ? -gr : gr) - leaf->l1;
        gl = gl > 0 ? gl : 0;
        gr = gr > 0 ? gr : 0;
    }
    gain = (gl * gl * dr + gr * gr * dl) / (dl * dr);
    gain = (int64_t)rest >= (int64_t)leaf->rows ? gain : -1;
    gain = dl >= leaf->least ? gain : -1;
    return dr >= leaf->least ? gain : -1;
}

/* The gain of each of n candidates, a multiple of LANES, in units. Returns the largest. */
PAL_VECTOR static double gains(double *restrict out, const uint64_t *restrict gradient, const uint64_t *restrict rest,
                               size_t n, const judge *judged)
{
    const judge leaf = *judged;
    double most[LANES] = { 0 }, largest = -1;

    for (size_t k = 0; k < n && leaf.l1 > 0; k += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            out[k + j] = gain_of(gradient[k + j], rest[k + j], &leaf, true);
            most[j] = out[k + j] > most[j] ? out[k + j] : most[j];
        }
    }
    for (size_t k = 0; k < n && leaf.l1 <= 0; k += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            out[k + j] = gain_of(gradient[k + j], rest[k + j], &leaf, false);
            most[j] = out[k + j] > most[j] ? out[k + j] : most[j];
        }
    }
    for (size_t j = 0; j < LANES; j++) {
        largest = most[j] > largest ? most[j] : largest;
    }
    return largest;
}

static judge judge_of(pal_boost_sum total, const pal_boost_limits *limits)
{
    const pal_boost_scale *scale = &limits->scale;
    const uint64_t mask = (UINT64_C(1) << scale->hessian_bits) - 1;
    double l2 = (limits->l2 + 1e-15) * scale->per_hessian, least = limits->min_hessian * scale->per_hessian + l2;

    return (judge){ .gradient = from_signed(total[0]), .hessian = from_unsigned(total[1] & mask) + 2 * l2,
                    .l1 = limits->l1 * scale->per_gradient, .l2 = l2,
                    .least = least > 1 ? least : 1, /* never 0 / 0 */
                    .rows = (uint64_t)limits->min_data << scale->hessian_bits, .mask = mask };
}

/* Candidates of one feature after those that are there; missing values on the left or on the right. */
static void add_segment(pal_boost_scan *scan, pal_boost_hist *hist, const pal_boost_hist *less,
                        const pal_boost_feature *f, uint32_t feature, pal_boost_sum left, uint64_t rows,
                        bool missing_left, const pal_boost_limits *limits)
{
    uint64_t *gradient = scan->gradient + scan->n, *rest = scan->rest + scan->n;
    size_t n = hist->n[feature];
    uint64_t least = (uint64_t)limits->min_data;
    /* with many rows few bins are empty, and to go on carrying them costs less than to strike them off */
    unsigned how = (n < f->n_values ? LISTED : 0) | (rows < 2 * n ? STRIKE : 0) | (less != NULL ? LESS : 0);

    n = prefix(gradient, rest, hist->sum + f->first, less != NULL ? less->sum + f->first : NULL,
               hist->bin + f->first, n, left, how);
    hist->n[feature] = (uint16_t)n;
    /* what leaves too few rows on the right is cut off */
    n = count_below(rest, n, (rows - least + 1) << limits->scale.hessian_bits);
    if (n > 0) {
        scan->segment[scan->n_segments++] = (pal_boost_segment){ feature, (uint32_t)scan->n, (uint32_t)(scan->n + n),
                                                                 missing_left };
        scan->n += n;
    }
}

/* The first of n gains, at least one of which is it, that equals `gain`: a stretch at a time, then one by one. */
PAL_VECTOR static size_t first_of(const double *restrict gains_of, double gain)
{
    size_t k = 0, found = 0;

    for (;; k += 4 * LANES) {
        for (size_t j = 0; j < 4 * LANES; j++) {
            found += gains_of[k + j] == gain;
        }
        if (found != 0) {
            break;
        }
    }
    while (gains_of[k] != gain) {
        k++;
    }
    return k;
}

/* The first segment with this gain, and in it the last candidate. */
static void take(pal_boost_split *best, const pal_boost_scan *scan, double gain, const pal_boost_hist *hist,
                 const pal_boost_bins *bins)
{
    const pal_boost_segment *segment = scan->segment;
    const pal_boost_feature *f;
    size_t k = first_of(scan->gain, gain), at;

    while (segment->end <= k) {
        segment++;
    }
    for (k = segment->end - 1; scan->gain[k] != gain;) {
        k--;
    }
    f = &bins->feature[segment->feature];
    at = k - segment->begin; /* its place in the list */
    best->feature = segment->feature;
    best->bin = at + 1 < hist->n[segment->feature] ? hist->bin[f->first + at + 1] - 1u : (uint32_t)f->n_values - 1;
    best->missing_left = segment->missing_left;
    best->left = (pal_boost_sum){ scan->gradient[k], scan->rest[k] };
}

void pal_boost_split_best(pal_boost_split *best, pal_boost_scan *scan, pal_boost_hist *hist,
                          const pal_boost_hist *less, const pal_boost_bins *bins, const uint32_t *active,
                          size_t n_active, pal_boost_sum total, const pal_boost_limits *limits)
{
    const pal_boost_sum none = { 0, 0 };
    double parent = pal_boost_gain(pal_boost_gradient(total, &limits->scale),
                                   pal_boost_hessian(total, &limits->scale), limits) + limits->min_gain;
    const judge leaf = judge_of(total, limits);
    const size_t rows = pal_boost_rows_in(total, &limits->scale);
    double unit = limits->scale.gradient * limits->scale.gradient * limits->scale.per_hessian, gain;

    memset(best, 0, sizeof *best);
    PAL_DCHECK((double)rows >= 2 * limits->min_data);
    scan->n = scan->n_segments = 0;
    for (size_t a = 0; a < n_active; a++) {
        const pal_boost_feature *f = &bins->feature[active[a]];
        pal_boost_sum missing = none;

        if (f->missing) {
            hist->sum[f->first + f->n_values] -= less != NULL ? less->sum[f->first + f->n_values] : none;
            missing = hist->sum[f->first + f->n_values];
        }
        /* where nothing is missing here, LightGBM lets them go left */
        add_segment(scan, hist, less, f, active[a], missing, rows, true, limits);
        if (missing[1] != 0) {
            add_segment(scan, hist, NULL, f, active[a], none, rows, false, limits);
        }
    }
    for (size_t i = scan->n; i < scan->n + LANES; i++) { /* nothing on the left: never allowed */
        scan->gradient[i] = scan->rest[i] = 0;
    }
    gain = gains(scan->gain, scan->gradient, scan->rest, (scan->n + LANES - 1) / LANES * LANES, &leaf);
    if (gain * unit > parent) {
        take(best, scan, gain, hist, bins);
        best->gain = gain * unit - parent;
    }
}

pal_status pal_boost_scan_init(pal_boost_scan *scan, const pal_boost_bins *bins, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t room = 2 * bins->total + 4 * LANES; /* read in stretches */

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

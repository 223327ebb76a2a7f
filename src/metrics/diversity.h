/* Beyond accuracy: diversity inside a list, novelty, and how exposure spreads over the catalog. */
#ifndef PAL_METRICS_DIVERSITY_H
#define PAL_METRICS_DIVERSITY_H

#include "core/error.h"
#include "metrics/interval.h"

#include <stddef.h>
#include <stdint.h>

/* Resamples for coverage and Gini, which cost a pass over all rows each. */
#define PAL_SPREAD_RESAMPLES 200

/*
 * Intra-list diversity: mean of 1 - cosine over all pairs of the list, in [0, 2]. NaN when k < 2.
 *   vectors  item-major rows of d floats, row i at vectors + i * stride (stride >= d)
 *   items    k   row numbers; repeats allowed
 * A zero vector has cosine 0 with everything. Source: Ziegler et al., WWW 2005; state the features used.
 */
double pal_intra_list_diversity(const float *vectors, size_t stride, size_t d, const uint32_t *items, size_t k);

/* Smoothed share of each item: (count + 1) / (total + n_items) > 0, so that novelty is finite for new items. */
void pal_item_shares(double *share, const uint32_t *count, size_t n_items);

/* Mean -log2 share over a list, in bits: the surprise of seeing these items. NaN when k is 0.
 * share: of all items, > 0. Source: Vargas and Castells, RecSys 2011 (without discount). */
double pal_novelty(const double *share, const uint32_t *items, size_t k);

/* Mean popularity of the items of a list, in the unit of `popularity`. NaN when k is 0. */
double pal_mean_popularity(const double *popularity, const uint32_t *items, size_t k);

/* count[i] += 1 for each row; items[r] < n_items is the caller's promise. */
void pal_item_counts(uint32_t *count, const uint32_t *items, size_t n);

/* Share of items with a count above 0. NaN when n_items is 0. */
double pal_coverage(const uint32_t *count, size_t n_items);

/* Entropy of the exposure in bits, 0 (one item has it all) to log2 n_items. NaN when nothing was shown. */
double pal_exposure_entropy(const uint32_t *count, size_t n_items);

/*
 * Gini index of exposure over all items, never shown ones too: sum_i (2 i - n - 1) x_(i) / (n sum x), x ascending; 0 =
 * all alike, (n - 1) / n = one item has it all. NaN when nothing was shown. Whole numbers until the one division.
 *   PAL_ERR_MEMORY  out of memory (8 bytes an item)
 */
PAL_MUST_USE pal_status pal_gini(double *out, const uint32_t *count, size_t n_items, pal_error *err);

/* The same for counts that are in ascending order already; no allocation. */
double pal_gini_sorted(const uint32_t *count, size_t n_items);

/* Rows of each person: those of person u are items[start[u]] to items[start[u + 1] - 1]; start has n_people + 1. */
typedef struct pal_exposure {
    const size_t *start;
    const uint32_t *items;
    size_t n_items; /* of the catalog; every item is below it */
} pal_exposure;

/*
 * Intervals of coverage and Gini over people: person u's rows count as often as u is in the resample. The first
 * n_resamples (0 = PAL_SPREAD_RESAMPLES, at most B) of boot are used.
 *
 * Both statistics are biased in a resample (about a third of the people are missing, and their items with them), so the
 * draws are moved to have the value as their mean before the percentiles are taken; otherwise the interval may miss
 * its own value.
 *   PAL_ERR_DATA    an item is not below n_items; the text names person and row
 *   PAL_ERR_SHAPE   n_items is 0
 *   PAL_ERR_MEMORY  out of memory (8 bytes an item and thread)
 */
PAL_MUST_USE pal_status pal_boot_spread(pal_interval *coverage, pal_interval *gini, const pal_boot *boot,
                                        const pal_exposure *exposure, size_t n_resamples, size_t n_threads,
                                        pal_error *err);

/* Paired differences a - b. n counts the people with a row in a or b. */
PAL_MUST_USE pal_status pal_boot_spread_diff(pal_interval *coverage, pal_interval *gini, const pal_boot *boot,
                                             const pal_exposure *a, const pal_exposure *b, size_t n_resamples,
                                             size_t n_threads, pal_error *err);

#endif

/*
 * One tree grown on binned rows: histograms, split search, growth. For boost_*.c only.
 *
 * Gradients and hessians are integers: multiples of a power of two chosen from n and the weights so that no sum can
 * overflow. A row, a bin and a leaf all hold the same two words:
 *   word 0   sum of gradients, two's complement, |sum| < 2^51
 *   word 1   rows in the upper bits, sum of hessians in the lower `hessian_bits`, sum < 2^52
 * Integer sums are exact, so a sibling's histogram is the parent's less the other's to the bit, an empty bin is 0,
 * and no order of adding matters. (LightGBM adds floats into doubles and calls rows per bin what it gets from the
 * hessians.)
 */
#ifndef PAL_MODELS_BOOST_GROW_H
#define PAL_MODELS_BOOST_GROW_H

#include "models/boost_bins.h"
#include "models/boost_model.h"

/* Two words added by one instruction. */
typedef uint64_t pal_boost_sum __attribute__((vector_size(16)));

typedef struct pal_boost_scale {
    double gradient, hessian;       /* value of one unit: powers of two */
    double per_gradient, per_hessian; /* their inverses                 */
    unsigned hessian_bits;          /* lower bits of word 1             */
} pal_boost_scale;

static inline size_t pal_boost_rows_in(pal_boost_sum s, const pal_boost_scale *scale)
{
    return (size_t)(s[1] >> scale->hessian_bits);
}

static inline double pal_boost_gradient(pal_boost_sum s, const pal_boost_scale *scale)
{
    return (double)(int64_t)s[0] * scale->gradient;
}

static inline double pal_boost_hessian(pal_boost_sum s, const pal_boost_scale *scale)
{
    return (double)(s[1] & ((UINT64_C(1) << scale->hessian_bits) - 1)) * scale->hessian;
}

/* Units for n rows whose weights sum to `total`, the largest being `largest`. */
pal_boost_scale pal_boost_scale_for(size_t n, double total, double largest);

/* ---- histograms (boost_hist.c) ------------------------------------------------------------- */

/*
 * Sums by bin. A leaf has rows in few of the bins, the fewer the smaller it is, so a histogram lists the bins that
 * may hold rows; the sums of others are never read nor cleared. A child's bins are among its parent's.
 */
typedef struct pal_boost_hist {
    pal_boost_sum *sum; /* bins->total                                                      */
    uint8_t *bin;       /* bins->total: per feature, from its first bin on, those listed, ascending */
    uint16_t *n;        /* d: how many are listed, that of missing values not among them    */
} pal_boost_hist;

/*
 * Where the sums of a row's bins are, n x d: with its bins only, each feature needs an address of its own. That pays
 * while the rows fit into a cache; of more rows than this, bytes are fetched faster.
 */
#define PAL_BOOST_SLOT_ROWS ((size_t)1 << 18)
void pal_boost_slots(uint16_t *slots, const uint8_t *by_row, const pal_boost_bins *bins, size_t n);

/* List all bins of values. */
void pal_boost_hist_list_all(pal_boost_hist *hist, const pal_boost_bins *bins);
/* List the bins that the parent lists. */
void pal_boost_hist_list_as(pal_boost_hist *hist, const pal_boost_hist *parent, const pal_boost_bins *bins,
                            const uint32_t *active, size_t n_active);
/* Rows below which threads cost more than they give. */
#define PAL_BOOST_WORTH_THREADS ((size_t)1 << 13)

/*
 * Sums of the listed bins and that of missing values over the rows (rows NULL: 0 ... m - 1), for the active features.
 *   partial  tmp  (n_threads - 1) x bins->total; or NULL: one thread is used
 *   by_row   in   n x d bins
 *   slots    in   n x d, see pal_boost_slots; or NULL
 *   row_sum  in   n
 */
PAL_MUST_USE pal_status pal_boost_hist_build(pal_boost_hist *hist, pal_boost_sum *partial, const pal_boost_bins *bins,
                                             const uint32_t *active, size_t n_active, const uint8_t *by_row,
                                             const uint16_t *slots, const pal_boost_sum *row_sum,
                                             const uint32_t *rows, size_t m, size_t n_threads, pal_error *err);

/* ---- split search (boost_split.c) ---------------------------------------------------------- */

typedef struct pal_boost_split {
    double gain;        /* over the parent's; <= 0: there is none           */
    uint32_t feature;
    uint32_t bin;       /* left: bins up to this one ...                    */
    bool missing_left;  /* ... and missing values, if so                    */
    pal_boost_sum left; /* what goes left                                   */
} pal_boost_split;

typedef struct pal_boost_limits { /* what a split must satisfy, from the config */
    double min_data, min_hessian, l1, l2, min_gain;
    pal_boost_scale scale;
} pal_boost_limits;

typedef struct pal_boost_segment { /* candidates of one feature, missing values on one side */
    uint32_t feature;
    uint32_t begin, end;
    bool missing_left;
} pal_boost_segment;

/* Workspace: the candidates of all features one after the other, what goes left at each and what it gains. */
#define PAL_BOOST_LANES 8
typedef struct pal_boost_scan {
    uint64_t *gradient, *rest; /* words 0 and 1: 2 bins->total, and room to fill up the last lanes */
    double *gain;              /* the same       */
    pal_boost_segment *segment; /* 2 d           */
    size_t n, n_segments;
} pal_boost_scan;

PAL_MUST_USE pal_status pal_boost_scan_init(pal_boost_scan *scan, const pal_boost_bins *bins, pal_error *err);
void pal_boost_scan_clear(pal_boost_scan *scan);

/* T(G)^2 / (H + l2), T the soft threshold by l1. A tiny term keeps 0/0 away, as in LightGBM. */
static inline double pal_boost_gain(double g, double h, const pal_boost_limits *limits)
{
    double t = (g < 0 ? -g : g) - limits->l1;

    t = t > 0 ? t : 0;
    return t * t / (h + limits->l2 + 1e-15);
}

/*
 * The best split of a leaf with sums `total` over the active features; gain 0 when none is allowed. Equal gains: the
 * lowest feature, missing values to the left, the highest bin; between neighbours with empty bins the edge next to
 * the right one, all as LightGBM.
 *   hist    in/out  of the leaf when `less` is NULL; else of its parent, less being the sibling's, which is taken off.
 *                   Bins without rows are struck off its list, where that pays.
 *   total   in      at least 2 min_data rows
 */
void pal_boost_split_best(pal_boost_split *best, pal_boost_scan *scan, pal_boost_hist *hist,
                          const pal_boost_hist *less, const pal_boost_bins *bins, const uint32_t *active,
                          size_t n_active, pal_boost_sum total, const pal_boost_limits *limits);

/* ---- growth (boost_grow.c) ----------------------------------------------------------------- */

typedef struct pal_boost_grower pal_boost_grower;

typedef struct pal_boost_grown { /* a tree on bins; node i splits as nodes[i] says */
    size_t n_leaves;
    pal_boost_node *node;         /* room for num_leaves - 1; thresholds filled in    */
    pal_boost_leaf *leaf;         /* room for num_leaves                              */
    const pal_boost_split *split; /* of each node; borrowed from the grower           */
} pal_boost_grown;

/* Workspace for trees on n binned rows; all memory is taken here. */
PAL_MUST_USE pal_status pal_boost_grower_new(pal_boost_grower **out, const pal_boost_bins *bins,
                                             const uint8_t *by_row, const uint8_t *by_column, size_t n,
                                             const pal_boost_config *config, pal_boost_scale scale, pal_error *err);
void pal_boost_grower_free(pal_boost_grower *grower); /* accepts NULL */
/* The rows' gradients: filled by the caller before each tree; n. */
pal_boost_sum *pal_boost_grower_sums(pal_boost_grower *grower);
/* The rows of the next trees: the caller fills in n ids, ascending, and says how many. */
uint32_t *pal_boost_grower_bag(pal_boost_grower *grower);
void pal_boost_grower_bag_size(pal_boost_grower *grower, size_t n);

/* Grow a tree on the bag's rows over the active features into tree->node and tree->leaf. */
PAL_MUST_USE pal_status pal_boost_grow(pal_boost_grown *tree, pal_boost_grower *grower, const uint32_t *active,
                                       size_t n_active, pal_error *err);
/* Add each leaf's value to its rows' scores (rows of the bag). */
PAL_MUST_USE pal_status pal_boost_grower_add(double *score, const pal_boost_grower *grower,
                                             const pal_boost_grown *tree, pal_error *err);
/* The leaf of a binned row. */
size_t pal_boost_leaf_of(const pal_boost_grown *tree, const pal_boost_bins *bins, const uint8_t *row);

#endif

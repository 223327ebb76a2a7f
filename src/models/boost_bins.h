/* Features cut into at most 255 bins, by LightGBM's rules. For boost_*.c only. */
#ifndef PAL_MODELS_BOOST_BINS_H
#define PAL_MODELS_BOOST_BINS_H

#include "models/boost.h"

/* Above so many rows bins are made from a sample of this size (LightGBM's bin_construct_sample_cnt). */
#define PAL_BOOST_BIN_SAMPLE ((size_t)200000)

typedef struct pal_boost_feature {
    double upper[256];  /* bin b holds upper[b - 1] < x <= upper[b]; the last finite bin and the padding are +inf */
    size_t n_values;    /* bins of values                                              */
    bool missing;       /* one bin more, the last, for NaN                             */
    double low, high;   /* smallest and largest value met; low > high: none            */
    size_t first;       /* its first bin among the bins of all features                */
} pal_boost_feature;

typedef struct pal_boost_bins {
    size_t d, total;            /* total: bins of all features                  */
    pal_boost_feature *feature; /* d                                            */
} pal_boost_bins;

/* Bins of a feature, that of NaN included. */
static inline size_t pal_boost_feature_bins(const pal_boost_feature *f)
{
    return f->n_values + f->missing;
}

/* A value of either table. */
static inline double pal_boost_value(const pal_boost_rows *rows, size_t at)
{
    return rows->x != NULL ? rows->x[at] : (double)rows->x32[at];
}

/* Choose the bins; the caller frees with pal_boost_bins_clear. */
PAL_MUST_USE pal_status pal_boost_bins_init(pal_boost_bins *bins, const pal_boost_rows *rows, size_t d,
                                            const pal_boost_config *config, pal_key key, pal_error *err);
void pal_boost_bins_clear(pal_boost_bins *bins);

/* Rows as bin numbers: by_row n x d, and by_column d x n (NULL: not wanted). */
PAL_MUST_USE pal_status pal_boost_bins_apply(uint8_t *by_row, uint8_t *by_column, const pal_boost_bins *bins,
                                             const pal_boost_rows *rows, size_t n_threads, pal_error *err);

#endif

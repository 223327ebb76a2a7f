/* Figures that describe a catalog: what `palate data describe` prints and catalog.json holds. */
#ifndef PAL_DATA_SUMMARY_H
#define PAL_DATA_SUMMARY_H

#include "data/catalog.h"
#include "data/map.h"

#define PAL_HISTOGRAM_BINS 40
#define PAL_FEATURE_QUANTILES 7 /* at pal_feature_quantiles: 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99 */
#define PAL_ARTIST_QUANTILES 6  /* at pal_artist_quantiles: 0.5, 0.75, 0.9, 0.95, 0.99, 1          */

extern const double pal_feature_quantiles[PAL_FEATURE_QUANTILES];
extern const double pal_artist_quantiles[PAL_ARTIST_QUANTILES];

/* One number an item: a feature in source units, or the popularity. */
typedef struct pal_spread {
    double min, max, mean, sd;        /* sd: n below; 0 when all are alike                           */
    double q[PAL_FEATURE_QUANTILES];  /* type 7                                                     */
    double zero_share;                /* items at exactly 0                                         */
    double skew;                      /* third standardised moment; NaN when all are alike          */
    double genre_share;               /* of variance, between genres (eta squared); NaN when all are alike. An item
                                         counts once for each of its genres                         */
    double low, high;                 /* of the histogram: min and max, low < high                  */
    uint32_t count[PAL_HISTOGRAM_BINS]; /* equal bins; the last one holds max; sums to n_items      */
} pal_spread;

typedef struct pal_catalog_summary {
    size_t d, n_clusters;
    pal_spread *feature;     /* d                                                                   */
    pal_spread popularity;
    double *correlation;     /* d x d, Pearson; NaN with a constant feature, 1 on the diagonal      */
    size_t n_genres;         /* genres that some item carries                                       */
    double artist_q[PAL_ARTIST_QUANTILES]; /* items of an artist                                    */
    double artist_gini;      /* of items over artists: 0 = all equal                                */
    double *cluster_ring;    /* n_clusters x d: mean of pal_catalog_ring; NaN for a cluster without items */
    double *cluster_map;     /* n_clusters x 2: place of the mean on the map; NaN likewise          */
    pal_catalog_map *map;
} pal_catalog_summary;

/* Compute all of it. Caller owns *out. PAL_ERR_MEMORY, PAL_ERR_CONVERGE. */
PAL_MUST_USE pal_status pal_catalog_summary_new(pal_catalog_summary **out, const pal_catalog *catalog, pal_error *err);
void pal_catalog_summary_free(pal_catalog_summary *summary); /* accepts NULL */

#endif

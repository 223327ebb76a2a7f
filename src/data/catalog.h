/* The catalog: items, their features, genres and clusters, laid out for scanning. Const once built. */
#ifndef PAL_DATA_CATALOG_H
#define PAL_DATA_CATALOG_H

#include "core/error.h"
#include "core/param.h"
#include "data/clusters.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MAX_FEATURES 64
#define PAL_LANE 16          /* floats; feature-major rows and item-major strides are multiples of it / of 4 */
#define PAL_BLOCK_ITEMS 128  /* items a block at most */

typedef enum pal_scaling {
    PAL_SCALE_ZSCORE, /* (x - mean) / sd over the catalog      */
    PAL_SCALE_MINMAX, /* (x - min) / (max - min): 0..1          */
    PAL_SCALE_RANK    /* (those below + half of those equal) / n: 0..1, ties share a rank */
} pal_scaling;

typedef struct pal_feature {
    char *name;
    char *unit;            /* "", "BPM", "dB" …                             */
    double min, max;       /* over the catalog, source units                */
    double mean, sd;       /* n below; sd > 0 (a constant feature gets sd 1) */
    double q01, q99;       /* quantiles, for radar axes                     */
    double weight;         /* in similarities (R1: 1.0 but for a few)       */
} pal_feature;

/*
 * Items stand sorted by (primary cluster, block order, source order): a cluster is one range, a block inside it a
 * group of at most PAL_BLOCK_ITEMS items that lie close together (recursive bisection along the widest principal
 * axis), so that a scan can skip a whole block by its bound. Pad items (n_items..n_pad) hold zeros.
 */
typedef struct pal_catalog {
    char *content_type;         /* "music", "movie" …                                              */
    size_t n_items;             /* >= 1                                                            */
    size_t n_pad;               /* n_items rounded up to a multiple of PAL_LANE: row length of *_t  */
    size_t d;                   /* features, 1..PAL_MAX_FEATURES                                   */
    size_t stride;              /* floats an item in item-major arrays: d rounded up to 4, pad = 0  */
    pal_feature *feature;       /* d                                                               */
    pal_scaling scaling;

    float *raw;                 /* n_items x d, source units                                       */
    float *scaled;              /* n_pad x stride, scaled features (item-major, for single items)   */
    float *scaled_t;            /* d x n_pad, the same feature-major (for scans)                   */
    float *direction;           /* n_pad x stride, unit vectors of weight * scaled (zero stays zero) */
    float *direction_t;         /* d x n_pad, the same feature-major                               */

    float *sorted;              /* d x n_items, ascending source values (quantiles, ranks)        */

    float *popularity;          /* n_pad, 0..100                                                   */
    uint32_t *artist;           /* n_items, artist ids 0..n_artists-1 (first-named artist)          */
    size_t n_artists;
    uint16_t *cluster;          /* n_pad, primary cluster: that of the first listed servable genre  */
    uint64_t *cluster_mask;     /* n_items, bit c: one of the item's genres is in cluster c         */
    uint32_t *genre_begin;      /* n_items + 1, into genre_of                                      */
    uint16_t *genre_of;         /* genre ids (servable ones only), in source order                  */
    pal_clusters *clusters;     /* genre names and cluster names; genre ids index clusters->genre   */

    size_t *cluster_begin;      /* clusters->n + 1: items [begin[c], begin[c+1]) have primary cluster c */

    size_t n_blocks;
    uint32_t *block_begin;      /* n_blocks + 1; a block lies inside one cluster                    */
    uint32_t *cluster_block;    /* clusters->n + 1, into blocks                                    */
    float *block_direction;     /* n_blocks x stride, unit mean direction                          */
    float *block_cos;           /* n_blocks, smallest cosine of a member with the block direction, rounded down */
    float *block_center;        /* n_blocks x stride, mean of scaled features                      */
    float *block_radius;        /* n_blocks, largest distance of a member to the center, rounded up */
    float *block_popularity;    /* n_blocks, largest popularity in the block                       */

    char **id;                  /* n_items, the source's own id, unique                            */
    char **title;               /* n_items                                                         */
    char **artist_name;         /* n_artists                                                       */
    uint32_t *source_row;       /* n_items, row of its first appearance, from 1                    */
    uint64_t digest;            /* of all of the above that can change results                     */

    size_t n_types;             /* content types; 0 or 1: all items are of content_type            */
    const char *type_name[PAL_MAX_CLUSTERS]; /* n_types of them; NULL when there is one            */
    uint8_t cluster_type[PAL_MAX_CLUSTERS];  /* of each cluster's items; 0 when there is one        */
    char *type_pool;            /* owns the names of types read from a file; NULL: they are static  */
    void *pool;                 /* owns the strings                                                */
} pal_catalog;

void pal_catalog_free(pal_catalog *catalog); /* accepts NULL */

/* Content types that are told apart, at least 1. */
static inline size_t pal_catalog_types(const pal_catalog *catalog)
{
    return catalog->n_types > 1 ? catalog->n_types : 1;
}
/* The content type of an item: that of its primary cluster. */
static inline uint8_t pal_catalog_type(const pal_catalog *catalog, size_t item)
{
    return catalog->cluster_type[catalog->cluster[item]];
}
/* Its name, for files and people. */
static inline const char *pal_catalog_type_name(const pal_catalog *catalog, size_t type)
{
    return catalog->n_types > 1 ? catalog->type_name[type] : catalog->content_type;
}

/* How features are named, scaled and weighted. */
typedef struct pal_feature_spec {
    const char *name, *unit;
    double weight;      /* > 0                                                        */
    double low, high;   /* possible values; a row outside is a bad row                */
    bool zero_missing;  /* zero means "no value" (tempo)                              */
} pal_feature_spec;

/*
 * Rows come in one by one; an id seen before adds its genre to that item and may raise its popularity.
 *   PAL_ERR_DATA  d outside 1..64; a weight not above 0; a feature's name twice, empty, or that of a column of
 *                 pal_catalog_save
 */
typedef struct pal_catalog_builder pal_catalog_builder;
PAL_MUST_USE pal_status pal_catalog_builder_new(pal_catalog_builder **out, const char *content_type,
    const pal_feature_spec *features, size_t d, pal_error *err);
/* genres: ';'-separated names or one name. Values are taken as checked. artist: "A;B" counts for A. */
PAL_MUST_USE pal_status pal_catalog_builder_add(pal_catalog_builder *builder, const char *id, const char *title,
    const char *artist, const char *genres, double popularity, const double *features, pal_error *err);
void pal_catalog_builder_free(pal_catalog_builder *builder); /* accepts NULL */

/* Where clusters come from. */
typedef struct pal_cluster_choice {
    const char *source; /* "default", "auto", "per-genre", or the path of a cluster file */
    size_t n;           /* clusters for "auto"                                           */
    uint64_t seed;
} pal_cluster_choice;

/*
 * Build the catalog. Items whose genres are all excluded are left out. The order of items depends on the rows only.
 *   PAL_ERR_DATA  no item left; a genre in no cluster (named); more than 64 clusters
 */
PAL_MUST_USE pal_status pal_catalog_finish(pal_catalog **out, pal_catalog_builder *builder,
    const pal_cluster_choice *clusters, pal_scaling scaling, pal_error *err);

/* Cosine of items a and b: dot product of their directions, double accumulation. */
double pal_catalog_cosine(const pal_catalog *catalog, size_t a, size_t b);
/* Feature f of an item on the radar's 0..1 ring: (raw - q01) / (q99 - q01), clamped. */
double pal_catalog_ring(const pal_catalog *catalog, size_t f, double raw);
/* Scaled value back to source units (zscore and minmax exact; rank by interpolation). */
double pal_catalog_unscale(const pal_catalog *catalog, size_t f, double scaled);

/* Write items as CSV: item,id,title,artist,cluster,genres,popularity, then the features in source units.
 * With several content types a column "type" stands before the popularity. Readable again by the layout "palate". Returns the digest of the file in hex. */
PAL_MUST_USE pal_status pal_catalog_save(const pal_catalog *catalog, const char *path, char hex[33], pal_error *err);

#endif

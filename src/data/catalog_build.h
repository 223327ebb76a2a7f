/* Inside the data room: what a catalog builder holds, and the steps of laying a catalog out. */
#ifndef PAL_DATA_CATALOG_BUILD_H
#define PAL_DATA_CATALOG_BUILD_H

#include "data/catalog.h"
#include "data/intern.h"

#define PAL_NO_LINK UINT32_MAX

/* One genre of one item; the links of an item are a list in source order. */
typedef struct pal_genre_link {
    uint32_t genre, next; /* next: PAL_NO_LINK ends the list */
} pal_genre_link;

typedef struct pal_built_item {
    uint32_t title, artist;         /* numbers in builder->titles and ->artists        */
    uint32_t row;                   /* first appearance, from 1                        */
    uint32_t first_link, last_link; /* into builder->link                              */
    float popularity;               /* the largest of its rows: order plays no part    */
} pal_built_item;

struct pal_catalog_builder {
    char *content_type;
    size_t d;
    pal_feature_spec *feature;      /* d; names and units owned                        */
    pal_intern ids, titles, artists, genres;
    pal_built_item *item;           /* ids.n items, in order of first appearance       */
    float *raw;                     /* ids.n x d                                       */
    size_t capacity;                /* of item and raw, in items                       */
    pal_genre_link *link;
    size_t n_links, links_capacity;
    uint64_t rows, merged;          /* added so far; of these, rows of an id seen before */
    size_t n_types;                 /* 0: types are not told apart                     */
    const char *const *type;        /* n_types, borrowed: every genre is "TYPE-genre"  */
};

/* The same as pal_catalog_builder_add for row number `row` (from 1) of a source. */
PAL_MUST_USE pal_status pal_catalog_builder_add_row(pal_catalog_builder *builder, uint64_t row, const char *id,
    const char *title, const char *artist, const char *genres, double popularity, const double *features,
    pal_error *err);

/* Features of n items: statistics into feature[], scaled values (n x d, row-major) from raw (n x d). The order of the
 * items plays no part in the statistics. sorted (d x n, ascending by feature) is filled too. */
PAL_MUST_USE pal_status pal_scale_features(float *scaled, float *sorted, pal_feature *feature, const float *raw,
                                           size_t n, size_t d, pal_scaling scaling, pal_error *err);

/* direction = weight * scaled at length 1, for n items of d features; a zero vector stays zero. */
void pal_direct_features(float *direction, const float *scaled, const pal_feature *feature, size_t n, size_t d);

/*
 * The table that says which genres are served: the chosen file or the built-in one. Unless clusters are derived
 * ("auto", "per-genre"), every genre of the builder is in it, or PAL_ERR_DATA names one that is not. Caller owns *out.
 */
PAL_MUST_USE pal_status pal_cluster_table(pal_clusters **out, const pal_catalog_builder *builder,
                                          const pal_cluster_choice *choice, pal_error *err);
bool pal_genre_is_served(const pal_clusters *table, const char *genre); /* unknown genres are */

/* Where clusters are derived, replace *table by the derived ones (excluded genres stay excluded). scaled is n x d for
 * the served builder items item[0..n), in an order that does not depend on the rows'. */
PAL_MUST_USE pal_status pal_cluster_derive(pal_clusters **table, const pal_catalog_builder *builder,
    const pal_cluster_choice *choice, const uint32_t *item, const float *scaled, size_t n, pal_error *err);

/* Digest of a finished catalog: contents in item order; no pointer, capacity or source row. */
uint64_t pal_catalog_digest_of(const pal_catalog *catalog);

#endif

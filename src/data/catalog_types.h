/* Inside the data room: content types of a catalog read from files. Genres carry their type,
 * clusters have one each. */
#ifndef PAL_DATA_CATALOG_TYPES_H
#define PAL_DATA_CATALOG_TYPES_H

#include "data/catalog_build.h"

/*
 * A genre of a typed builder is "TYPE-genre": comedies among films and among anime are two genres,
 * as in the synthetic catalogs of several types. A table of clusters may name either: "comedy"
 * stands for the comedies of every type.
 */

/* The type of a genre of the builder by its prefix; SIZE_MAX when it has none. */
size_t pal_genre_type(const pal_catalog_builder *builder, const char *genre);

/* Values that do not apply (NaN) become the mean of those that do, feature by feature, so that
 * scaled by z-score they are 0 and add nothing to a cosine. raw is n x d. PAL_ERR_DATA when no item
 * that is served has a value. */
PAL_MUST_USE pal_status pal_types_fill(float *raw, size_t n, const pal_catalog_builder *builder,
                                       pal_error *err);

/*
 * Where the table holds "comedy" and the rows "movie-comedy", put the latter beside it. `only`
 * names the type that the table speaks of (NULL: all): the built-in one knows genres of music.
 */
PAL_MUST_USE pal_status pal_types_expand(pal_clusters **table, const pal_catalog_builder *builder,
                                         const char *only, pal_error *err);

/*
 * Cut clusters with genres of several types into one for each, named "TYPE-cluster", in the place
 * of the old one; cluster_type[c] gets the type of each. PAL_ERR_DATA when that makes more than 64
 * clusters.
 */
PAL_MUST_USE pal_status pal_types_split(pal_clusters **table,
                                        uint8_t cluster_type[PAL_MAX_CLUSTERS],
                                        const pal_catalog_builder *builder, pal_error *err);

/* Names of the types into a catalog whose items stand in their clusters, and its digest.
 * PAL_ERR_DATA for a type without an item that is served. */
PAL_MUST_USE pal_status pal_types_name(pal_catalog *catalog, const pal_catalog_builder *builder,
                                       pal_error *err);

#endif

/* Genre clusters: a checked partition of genres into named groups, some genres excluded from serving. */
#ifndef PAL_DATA_CLUSTERS_H
#define PAL_DATA_CLUSTERS_H

#include "core/error.h"
#include "core/json.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MAX_CLUSTERS 64 /* a set of clusters fits one 64-bit mask */
#define PAL_EXCLUDED (-1)   /* cluster of a genre that is never recommended */
#define PAL_NO_GENRE SIZE_MAX

typedef struct pal_clusters {
    size_t n;             /* clusters, 1..64                                     */
    char **name;          /* n   short key, unique, e.g. "extreme-metal"         */
    char **label;         /* n   for people, e.g. "Extreme metal"                */
    size_t n_genres;
    char **genre;         /* n_genres, ascending by bytes                        */
    int16_t *cluster_of;  /* n_genres: 0..n-1 or PAL_EXCLUDED                    */
} pal_clusters;

/*
 * Read {"purpose": …, "clusters": [{"name","label","genres":[…]}, …], "excluded": […]} and check that no genre
 * stands twice and no cluster is empty. Errors name the file, the genre and both places.
 */
PAL_MUST_USE pal_status pal_clusters_load(pal_clusters **out, const char *path, pal_error *err);
/* The built-in table (src/data/genre_clusters.json, embedded): 24 clusters over all 114 genres of the 114k catalog,
 * after reference system R1, made a partition. */
PAL_MUST_USE pal_status pal_clusters_default(pal_clusters **out, pal_error *err);
/* One cluster a genre (at most 64 genres), for catalogs with few genres. */
PAL_MUST_USE pal_status pal_clusters_per_genre(pal_clusters **out, const char *const *genres, size_t n_genres,
                                               pal_error *err);
/*
 * Derive n clusters from genre centroids (n_genres x d, scaled features): normalised spectral clustering of a
 * k-nearest-neighbour graph with seeded k-means++ on the row-normalised eigenvectors (Ng, Jordan, Weiss 2002).
 * Each cluster is named after its genre nearest to the cluster's mean. weight[g] = items of the genre.
 */
PAL_MUST_USE pal_status pal_clusters_auto(pal_clusters **out, const char *const *genres, const double *centroids,
    const double *weight, size_t n_genres, size_t d, size_t n, uint64_t seed, pal_error *err);
void pal_clusters_free(pal_clusters *clusters); /* accepts NULL */
/* Index of a genre, or PAL_NO_GENRE. */
size_t pal_clusters_find(const pal_clusters *clusters, const char *genre);
/* The clusters as members "clusters" and "excluded" of the writer's open object (readable by pal_clusters_load). */
void pal_clusters_write(const pal_clusters *clusters, pal_json_writer *w);

#endif

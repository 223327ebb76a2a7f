/* Inside the data room: one way to build a cluster table, used by every source of clusters. */
#ifndef PAL_DATA_CLUSTERS_MAKE_H
#define PAL_DATA_CLUSTERS_MAKE_H

#include "data/clusters.h"

/*
 * Copy n clusters (name, label) over n_genres genres into a table whose genres are sorted by bytes.
 * cluster_of[g] is 0..n-1 or PAL_EXCLUDED and belongs to genre[g] as given. `source` stands for the table in messages.
 * Caller owns *out.
 *   PAL_ERR_DATA  n outside 1..64; a cluster's name twice; a genre twice (both places are named); an empty name;
 *                 a cluster without genres; more than 65535 genres
 */
PAL_MUST_USE pal_status pal_clusters_make(pal_clusters **out, const char *source, size_t n, const char *const *name,
    const char *const *label, size_t n_genres, const char *const *genre, const int *cluster_of, pal_error *err);

/* The same clusters with more genres excluded: those of `genre` that the table does not hold yet. */
PAL_MUST_USE pal_status pal_clusters_exclude(pal_clusters **out, const pal_clusters *clusters,
    const char *const *genre, size_t n_genres, pal_error *err);

#endif

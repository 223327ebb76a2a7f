/* Where tastes come from: how far clusters lie apart, how many people like them, and points inside them. */
#ifndef PAL_SIM_TASTES_H
#define PAL_SIM_TASTES_H

#include "core/error.h"
#include "core/rng.h"
#include "data/catalog.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Facts about a catalog's clusters, worked out once. Const afterwards.
 *
 * `far` is what "contradictory" means here: the distance between the mean scaled features of two clusters, as its
 * quantile among all pairs of clusters that hold items (0 the nearest pair, 1 the farthest).
 */
typedef struct pal_taste_map {
    const pal_catalog *catalog;
    size_t n;        /* clusters                                                              */
    float *mean;     /* n x stride, mean scaled features of the items whose primary cluster it is */
    float *spread;   /* n, rms distance of those items to the mean, per feature; > 0            */
    double *liking;  /* n, relative number of people who like it; 0 for a cluster without items  */
    double *far;     /* n x n, symmetric, 0 on the diagonal                                      */
    size_t n_usable; /* clusters with items                                                      */
} pal_taste_map;

/* popularity: 1 = clusters are liked as often as people say they like their genres, 0 = all alike. */
PAL_MUST_USE pal_status pal_taste_map_new(pal_taste_map **out, const pal_catalog *catalog, double popularity,
                                          pal_error *err);
void pal_taste_map_free(pal_taste_map *map); /* accepts NULL */

/*
 * A cluster for the next taste of a person who holds `n_held` of them already (fewer than map->n_usable).
 *   shift          log-odds added to each cluster (demographics), n entries, or NULL
 *   contradiction  0 = alike to what is held .. 0.5 = indifferent .. 1 = far from it
 * Probability ~ liking * exp(shift + contrast * (contradiction - 1/2) * (mean far to the held - 1/2)).
 */
size_t pal_taste_draw_cluster(const pal_taste_map *map, const uint16_t *held, size_t n_held, const double *shift,
                              double contradiction, pal_key key, pal_at at, uint64_t *draw);

/* A preferred point: a random item of the cluster, moved the share `shrink` of the way to the cluster's mean. */
void pal_taste_draw_center(float *center, const pal_taste_map *map, size_t cluster, double shrink, pal_key key,
                           pal_at at, uint64_t *draw);

/* Share of people who say they like a genre; see genre_shares.c for sources. */
double pal_genre_share(const char *genre);

#endif

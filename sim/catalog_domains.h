/* Synthetic catalogs of several content types: music, movie, manga, anime, told apart by clusters of their own. */
#ifndef PAL_SIM_CATALOG_DOMAINS_H
#define PAL_SIM_CATALOG_DOMAINS_H

#include "core/error.h"
#include "data/catalog.h"

#include <stddef.h>
#include <stdint.h>

/*
 * `items` works of the types in a ','-separated list ("music,movie,manga,anime"), shared out evenly over the types and
 * over each type's eight clusters. All are described by the same eight features, 0..1, of what a work feels like, so that
 * tastes can reach across types: a horror manga lies close to a horror film. A work lies around its maker, a maker around
 * the cluster. A pure function of seed, types and items.
 *   PAL_ERR_CONFIG  a type that is unknown or stands twice (all are named); fewer items than clusters
 */
PAL_MUST_USE pal_status pal_catalog_domains(pal_catalog **out, const char *types, size_t items, pal_scaling scaling,
                                            uint64_t seed, pal_error *err);

#endif

/* The taste map: a catalog seen along its two widest principal axes, with the density of its items. */
#ifndef PAL_DATA_MAP_H
#define PAL_DATA_MAP_H

#include "core/json.h"
#include "data/catalog.h"

#define PAL_MAP_SIDE 60 /* cells along the wider side of the map */

typedef struct pal_catalog_map {
    size_t d;
    double *mean;          /* d: of the scaled features                                        */
    double *axis[2];       /* d each: unit loadings; the largest of an axis is positive        */
    double explained[2];   /* share of the variance of all scaled features; the second is 0 when d = 1 */
    double x0, y0;         /* lower left corner of the grid                                    */
    double cell;           /* side of a square cell, > 0                                       */
    size_t columns, rows;  /* 1..PAL_MAP_SIDE                                                  */
    uint32_t *count;       /* rows x columns: items in a cell; they sum to n_items             */
} pal_catalog_map;

/*
 * Principal components of the scaled features (Jolliffe, Principal Component Analysis, 2002, ch. 2; weights of
 * similarities play no part) and the density grid. Caller owns *out. Exact grade.
 *   PAL_ERR_MEMORY, PAL_ERR_CONVERGE
 */
PAL_MUST_USE pal_status pal_catalog_map_new(pal_catalog_map **out, const pal_catalog *catalog, pal_error *err);
void pal_catalog_map_free(pal_catalog_map *map); /* accepts NULL */

/* Place of a point given in scaled features (at least d floats). */
void pal_catalog_map_point(const pal_catalog_map *map, const float *scaled, double xy[2]);

/* "map": {"explained", "axes", "x0", "y0", "cell", "columns", "rows", "cells": [[column, row, count] …]} as a member
 * of the writer's open object; cells without items are left out. */
void pal_catalog_map_write(const pal_catalog_map *map, pal_json_writer *w);

#endif

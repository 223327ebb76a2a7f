/* Principal axes by the eigenvectors of the covariance, and items counted in square cells. */
#include "data/map.h"

#include "core/linalg.h"
#include "core/mem.h"
#include "core/sum.h"

#include <math.h>
#include <string.h>

void pal_catalog_map_free(pal_catalog_map *map)
{
    if (map != NULL) {
        pal_free(map->mean);
        pal_free(map->axis[0]);
        pal_free(map->axis[1]);
        pal_free(map->count);
        pal_free(map);
    }
}

void pal_catalog_map_point(const pal_catalog_map *map, const float *scaled, double xy[2])
{
    xy[0] = xy[1] = 0;
    for (size_t f = 0; f < map->d; f++) {
        double x = (double)scaled[f] - map->mean[f];

        xy[0] += map->axis[0][f] * x;
        xy[1] += map->axis[1][f] * x;
    }
}

/* Covariance of the scaled features, n below: sums in item order. */
static void measure(double *mean, double *covariance, const pal_catalog *c)
{
    for (size_t f = 0; f < c->d; f++) {
        mean[f] = pal_sum_f32(c->scaled_t + f * c->n_pad, c->n_items) / (double)c->n_items;
    }
    for (size_t f = 0; f < c->d; f++) {
        for (size_t g = 0; g <= f; g++) {
            const float *x = c->scaled_t + f * c->n_pad, *y = c->scaled_t + g * c->n_pad;
            pal_acc sum = { 0 };

            for (size_t i = 0; i < c->n_items; i++) {
                pal_acc_add(&sum, ((double)x[i] - mean[f]) * ((double)y[i] - mean[g]));
            }
            covariance[f * c->d + g] = covariance[g * c->d + f] = pal_acc_value(&sum) / (double)c->n_items;
        }
    }
}

static pal_status find_axes(pal_catalog_map *map, const pal_catalog *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *covariance = NULL, *vector = NULL, value[PAL_MAX_FEATURES], total = 0;

    PAL_NEW(covariance, c->d * c->d);
    PAL_NEW(vector, c->d * c->d);
    measure(map->mean, covariance, c);
    PAL_TRY(pal_eigen_symmetric(value, vector, covariance, c->d, err));
    for (size_t f = 0; f < c->d; f++) {
        total += value[f] > 0 ? value[f] : 0;
    }
    for (size_t a = 0; a < 2 && a < c->d; a++) {
        memcpy(map->axis[a], vector + a * c->d, c->d * sizeof *vector);
        map->explained[a] = total > 0 && value[a] > 0 ? value[a] / total : 0;
    }
done:
    pal_free(covariance);
    pal_free(vector);
    return rc;
}

static void find_grid(pal_catalog_map *map, const pal_catalog *c)
{
    double low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY }, xy[2], width, height;

    for (size_t i = 0; i < c->n_items; i++) {
        pal_catalog_map_point(map, c->scaled + i * c->stride, xy);
        for (size_t a = 0; a < 2; a++) {
            low[a] = xy[a] < low[a] ? xy[a] : low[a];
            high[a] = xy[a] > high[a] ? xy[a] : high[a];
        }
    }
    width = high[0] - low[0];
    height = high[1] - low[1];
    map->x0 = low[0];
    map->y0 = low[1];
    map->cell = (width > height ? width : height) / PAL_MAP_SIDE;
    map->cell = map->cell > 0 ? map->cell : 1; /* all items at one point */
    map->columns = (size_t)ceil(width / map->cell);
    map->rows = (size_t)ceil(height / map->cell);
    map->columns = map->columns < 1 ? 1 : map->columns > PAL_MAP_SIDE ? PAL_MAP_SIDE : map->columns;
    map->rows = map->rows < 1 ? 1 : map->rows > PAL_MAP_SIDE ? PAL_MAP_SIDE : map->rows;
}

/* The far edge belongs to the last cell. */
static size_t cell_of(double x, double start, double cell, size_t n)
{
    double at = floor((x - start) / cell);

    return !(at > 0) ? 0 : at >= (double)n ? n - 1 : (size_t)at;
}

pal_status pal_catalog_map_new(pal_catalog_map **out, const pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog_map *map = NULL;
    double xy[2];

    PAL_NEW(map, 1);
    map->d = catalog->d;
    PAL_NEW(map->mean, map->d);
    PAL_NEW(map->axis[0], map->d);
    PAL_NEW(map->axis[1], map->d);
    PAL_TRY(find_axes(map, catalog, err));
    find_grid(map, catalog);
    PAL_NEW(map->count, map->columns * map->rows);
    for (size_t i = 0; i < catalog->n_items; i++) {
        pal_catalog_map_point(map, catalog->scaled + i * catalog->stride, xy);
        map->count[cell_of(xy[1], map->y0, map->cell, map->rows) * map->columns +
                   cell_of(xy[0], map->x0, map->cell, map->columns)]++;
    }
    *out = map; /* the caller owns it from here */
    map = NULL;

done:
    pal_catalog_map_free(map);
    return rc;
}

void pal_catalog_map_write(const pal_catalog_map *map, pal_json_writer *w)
{
    pal_json_begin_object(w, "map");
    pal_json_put_numbers(w, "explained", map->explained, 2);
    pal_json_begin_array(w, "axes");
    pal_json_put_numbers(w, NULL, map->axis[0], map->d);
    pal_json_put_numbers(w, NULL, map->axis[1], map->d);
    pal_json_end_array(w);
    pal_json_put_number(w, "x0", map->x0);
    pal_json_put_number(w, "y0", map->y0);
    pal_json_put_number(w, "cell", map->cell);
    pal_json_put_i64(w, "columns", (int64_t)map->columns);
    pal_json_put_i64(w, "rows", (int64_t)map->rows);
    pal_json_begin_array(w, "cells");
    for (size_t row = 0; row < map->rows; row++) {
        for (size_t column = 0; column < map->columns; column++) {
            const double triple[] = { (double)column, (double)row, (double)map->count[row * map->columns + column] };

            if (triple[2] > 0) {
                pal_json_put_numbers(w, NULL, triple, 3);
            }
        }
    }
    pal_json_end_array(w);
    pal_json_end_object(w);
}

/* Inside of a catalog model: what a real catalog's items are like, genre by genre. */
#ifndef PAL_SIM_CATALOG_MODEL_H
#define PAL_SIM_CATALOG_MODEL_H

#include "core/error.h"
#include "core/json.h"
#include "sim/catalog_gen.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MODEL_MAX_GRID 201

/* A feature, or (the last column) popularity. */
typedef struct pal_column_model {
    char *name, *unit;
    double weight;       /* in similarities                                                     */
    double low, high;    /* values lie between                                                  */
    bool has_spike;      /* a share of the items has exactly the lowest value                   */
    double spike;
    double artist_share; /* share of the variance inside a genre that lies between artists, 0..1 */
} pal_column_model;

/*
 * Items whose first genre it is. Quantiles carry means and spreads and are exact in shape; correlations are those of
 * the normal scores (a Gaussian copula), popularity included.
 */
typedef struct pal_genre_model {
    char *name;
    double *spike_share; /* n_columns: share of items at the column's spike                        */
    double *quantile;    /* n_columns x n_grid: of the other items, not falling along the grid      */
    double *correlation; /* n_columns x n_columns, symmetric, 1 on the diagonal                     */
} pal_genre_model;

/* Labels that occur together, e.g. "latin;latino;reggae"; the first one gives the item its features. */
typedef struct pal_label_model {
    char *genres;
    size_t first;  /* index into genre */
    double weight; /* > 0, items       */
} pal_label_model;

struct pal_catalog_model {
    char *origin, *content_type;
    size_t d, n_columns;      /* features; d + 1                                          */
    pal_column_model *column; /* n_columns                                                */
    size_t n_grid;
    double *grid;             /* probabilities, rising from 0 to 1                        */
    size_t n_sizes;
    double *size, *size_share; /* items an artist, rising; shares of artists, > 0         */
    size_t n_genres;
    pal_genre_model *genre;
    size_t n_labels;
    pal_label_model *label;
};

/* Empty rooms for a model of these sizes; the caller fills every field and owns the result. */
PAL_MUST_USE pal_status pal_catalog_model_new(pal_catalog_model **out, size_t d, size_t n_grid, size_t n_sizes,
                                              size_t n_genres, size_t n_labels, pal_error *err);

/* From a parsed document. PAL_ERR_CONFIG names file and JSON path, what is wrong and what is wanted. */
PAL_MUST_USE pal_status pal_catalog_model_read(pal_catalog_model **out, const pal_json_doc *doc, pal_error *err);

/* The model as a whole JSON document in the writer. */
void pal_catalog_model_write(const pal_catalog_model *model, pal_json_writer *w);

/* Names for the generator: readable, different for each number. At most PAL_NAME_MAX bytes with the end. */
#define PAL_NAME_MAX 64
void pal_artist_name(char out[PAL_NAME_MAX], uint64_t number, uint64_t seed);
void pal_track_title(char out[PAL_NAME_MAX], uint64_t bits); /* need not be unique */

#endif

/* Sparse linear item models: the score of an item is a weighted sum over what the person had. */
#ifndef PAL_MODELS_ITEM_WEIGHTS_H
#define PAL_MODELS_ITEM_WEIGHTS_H

#include "core/csr.h"
#include "core/error.h"
#include "core/tensors.h"
#include "models/recommender.h"

#include <stddef.h>
#include <stdint.h>

/*
 *   score_j = sum over own interactions i of  value_i * near[j][i]  / divide_j
 *
 * Storage of the caller, from {0}; pal_item_weights_clear frees what it holds.
 */
typedef struct pal_item_weights {
    size_t n_rows, n_cols; /* people and items it was fitted to                        */
    pal_csr *near;         /* n_cols x n_cols: of a target j, the weights of sources i  */
    pal_csr *from;         /* its transpose: a cache                                    */
    float *divide;         /* n_cols, > 0; NULL: all 1                                  */
    float *own;            /* n_cols: similarity of an item to itself; NULL: all 0      */
} pal_item_weights;

void pal_item_weights_clear(pal_item_weights *weights);

/* Take the matrix of targets by sources and build the cache; on error the matrix stays the caller's. */
PAL_MUST_USE pal_status pal_item_weights_set(pal_item_weights *weights, size_t n_rows, pal_csr *near, pal_error *err);

/*
 * Functions of a pal_rec_type, for models whose struct starts with its pal_item_weights (self points at both). Scores
 * are sums in the order of the query's items, in float. Similar items are the weights of one target.
 */
PAL_MUST_USE pal_status pal_item_weights_score(const void *self, const pal_rec_query *query, size_t n, float *score,
                                               pal_arena *scratch, pal_error *err);
PAL_MUST_USE pal_status pal_item_weights_explain(const void *self, const pal_rec_query *query, uint32_t item,
                                                 float *part, float *rest, pal_arena *scratch, pal_error *err);
PAL_MUST_USE pal_status pal_item_weights_similar(const void *self, bool people, uint32_t id, float *score,
                                                 pal_arena *scratch, pal_error *err);
PAL_MUST_USE pal_status pal_item_weights_save(const void *self, pal_tensors *file, pal_error *err);
void pal_item_weights_shape(const void *self, size_t *n_rows, size_t *n_cols);
uint64_t pal_item_weights_digest(const void *self);

/* The arrays, into empty weights. PAL_ERR_DATA when one is missing or damaged, or `divide` is not above 0. */
PAL_MUST_USE pal_status pal_item_weights_load(pal_item_weights *weights, const pal_tensors *file, pal_error *err);

#endif

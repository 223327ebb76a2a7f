/* The catalog as the taste stages scan it: the members of each cluster side by side. */
#ifndef PAL_STAGES_TASTE_INDEX_H
#define PAL_STAGES_TASTE_INDEX_H

#include "core/error.h"
#include "data/catalog.h"

#include <stddef.h>
#include <stdint.h>

/*
 * An item with genres in several clusters is a member of each. A cache: built from the catalog, const from then on.
 * Positions of a cluster's members are [begin[t], begin[t] + n[t]), begin[t] a multiple of 16 (pad columns are zero).
 */
typedef struct pal_taste_index {
    const pal_catalog *catalog;
    size_t n_tastes;
    float *center;        /* n_tastes x stride: unit mean direction of the members: where R1 seeds the profile */
    size_t *begin;        /* n_tastes + 1                                              */
    size_t *n;            /* n_tastes: members                                         */
    size_t row;           /* begin[n_tastes]: length of the rows below                 */
    uint32_t *member;     /* row: item, rising inside a cluster                        */
    float *direction_t;   /* d x row                                                   */
    float *popularity;    /* row, 0..100                                               */
    uint32_t *by_popularity; /* n_items: items by falling popularity, ties by item     */
} pal_taste_index;

PAL_MUST_USE pal_status pal_taste_index_new(pal_taste_index **out, const pal_catalog *catalog, pal_error *err);
void pal_taste_index_free(pal_taste_index *index); /* accepts NULL */

#endif

/* What an item is worth to everybody, and the largest such worth of a block: bounds for the search of the best slate. */
#ifndef PAL_SIM_ITEM_TERMS_H
#define PAL_SIM_ITEM_TERMS_H

#include "core/error.h"
#include "data/catalog.h"

typedef struct pal_item_terms {
    float *item;  /* n_pad: utility that an item has for everybody                                  */
    float *block; /* n_blocks: the largest in the block                                             */
    float *home;  /* n_blocks x clusters: the largest among the block's items with a genre in the
                     cluster, PAL_NO_MATCH if there is none                                         */
} pal_item_terms;

#define PAL_NO_MATCH (-1e30f) /* below every real match; finite, so that no NaN can arise */

/* Zeros; the caller clears them, in case of an error too. */
PAL_MUST_USE pal_status pal_item_terms_init(pal_item_terms *terms, const pal_catalog *catalog, pal_error *err);
void pal_item_terms_clear(pal_item_terms *terms);
/* The bounds of what now stands in terms->item. */
void pal_item_terms_bound(pal_item_terms *terms, const pal_catalog *catalog);
/* Both of the same catalog. */
void pal_item_terms_copy(pal_item_terms *to, const pal_item_terms *from, const pal_catalog *catalog);

#endif

/* All items in small groups of like direction, so that a search for the most similar ones can skip most of them. */
#ifndef PAL_STAGES_BALLS_H
#define PAL_STAGES_BALLS_H

#include "core/error.h"
#include "data/catalog.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_BALL_ITEMS 32

/*
 * A cache made of the catalog: recursive halving along the main axis, down to PAL_BALL_ITEMS items.
 * The catalog's own blocks keep to one cluster each, and so are wide in the feature space (mean least cosine 0.40 on
 * the 114k catalog); a search over all clusters needs these.
 */
typedef struct pal_balls {
    size_t n_items, n, n_pad; /* balls, and balls rounded up to 16                                */
    size_t row;               /* n * PAL_BALL_ITEMS                                               */
    uint32_t *item;           /* row: ball b's from place b * PAL_BALL_ITEMS on; after the last item pad */
    float *direction_t;       /* n x d x PAL_BALL_ITEMS: each ball feature-major, in one piece; pad zero */
    float *center_t;          /* d x n_pad: unit mean direction of each ball                      */
    float *cos;               /* n_pad: smallest cosine of a member with it, rounded down         */
} pal_balls;

PAL_MUST_USE pal_status pal_balls_new(pal_balls **out, const pal_catalog *catalog, pal_error *err);
void pal_balls_free(pal_balls *balls); /* accepts NULL */

static inline size_t pal_ball_size(const pal_balls *balls, size_t b)
{
    const size_t left = balls->n_items - b * PAL_BALL_ITEMS;

    return left < PAL_BALL_ITEMS ? left : PAL_BALL_ITEMS;
}

#endif

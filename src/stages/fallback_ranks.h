/* Songs ranked for their r-th nearest cluster, so that the closest inactive taste is found without a scan. */
#ifndef PAL_STAGES_FALLBACK_RANKS_H
#define PAL_STAGES_FALLBACK_RANKS_H

#include "core/arena.h"
#include "stages/pick.h"
#include "stages/taste_index.h"

#include <math.h>

/* The fallback score. `slope` = (1 + gain * confidence) / width; `penalty` a point of popularity. */
static inline float pal_fallback_formula(float similarity, float target, float slope, float bonus, float penalty,
                                         float popularity)
{
    return bonus - slope * fabsf(similarity - target) - penalty * popularity;
}

/* A cache made of the catalog. Clusters of an item by falling similarity to their mean direction, ties by id. */
typedef struct pal_fallback_ranks {
    const pal_catalog *catalog;
    size_t n_tastes;
    uint8_t *near;    /* n_items x n_tastes: cluster of rank r                               */
    uint32_t *order;  /* n_tastes x n_items: rank r's items by falling score, ties by item   */
    float *score;     /* n_tastes x n_items: score of item i for its cluster of rank r       */
} pal_fallback_ranks;

PAL_MUST_USE pal_status pal_fallback_ranks_new(pal_fallback_ranks **out, const pal_taste_index *index, float target,
                                               float slope, float bonus, float penalty, pal_error *err);
void pal_fallback_ranks_free(pal_fallback_ranks *ranks); /* accepts NULL */

static inline uint8_t pal_fallback_ranks_near(const pal_fallback_ranks *ranks, uint32_t item, size_t r)
{
    return ranks->near[(size_t)item * ranks->n_tastes + r];
}
static inline float pal_fallback_ranks_score(const pal_fallback_ranks *ranks, uint32_t item, size_t r)
{
    return ranks->score[r * ranks->catalog->n_items + item];
}

/* Make source the k best unseen items, each for its closest taste that is not in the mask `active`. */
PAL_MUST_USE pal_status pal_fallback_ranks_best(pal_source *source, const pal_fallback_ranks *ranks,
                                                const uint64_t *seen, uint64_t active, size_t k, pal_arena *scratch,
                                                pal_error *err);

#endif

/* Songs grouped by their nearest clusters, so that the closest inactive taste is found without a scan. */
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

/* Songs in groups, each group by falling score, ties by item. */
typedef struct pal_fallback_groups {
    uint32_t *begin; /* groups + 1             */
    uint32_t *item;  /* n_items                */
    float *score;    /* n_items: of item[i]    */
} pal_fallback_groups;

/*
 * A cache made of the catalog. The score of a song for an inactive taste is the same for everyone; only which taste
 * is the closest inactive one differs: the first inactive one of the song's clusters from near to far. level[0]
 * groups songs by their nearest cluster, scored for it; level[1] by the two nearest in order, scored for the second;
 * level[2] by three, scored for the third. Only songs whose nearest clusters are all active are scored one by one.
 */
enum { PAL_FALLBACK_LEVELS = 3 };

typedef struct pal_fallback_ranks {
    const pal_taste_index *index; /* borrowed */
    size_t n_tastes, n_levels;    /* levels: at most as many as tastes */
    float target, slope, bonus, penalty;
    uint8_t *near; /* n_items x n_tastes: clusters by falling similarity to their mean direction, ties by id */
    pal_fallback_groups level[PAL_FALLBACK_LEVELS];
} pal_fallback_ranks;

PAL_MUST_USE pal_status pal_fallback_ranks_new(pal_fallback_ranks **out, const pal_taste_index *index, float target,
                                               float slope, float bonus, float penalty, pal_error *err);
void pal_fallback_ranks_free(pal_fallback_ranks *ranks); /* accepts NULL */

/* Score of an item for an inactive taste. */
float pal_fallback_ranks_score(const pal_fallback_ranks *ranks, uint32_t item, size_t taste);
/* The closest taste not in the mask `active`, or PAL_NO_TASTE. */
uint8_t pal_fallback_ranks_closest(const pal_fallback_ranks *ranks, uint32_t item, uint64_t active);
/* Make source the k best unseen items, each for its closest taste that is not in the mask `active`. */
PAL_MUST_USE pal_status pal_fallback_ranks_best(pal_source *source, const pal_fallback_ranks *ranks,
                                                const uint64_t *seen, uint64_t active, size_t k, pal_arena *scratch,
                                                pal_error *err);

#endif

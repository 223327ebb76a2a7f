/* The active tastes of one person, as floats for scanning. */
#ifndef PAL_STAGES_ACTIVE_H
#define PAL_STAGES_ACTIVE_H

#include "core/arena.h"
#include "stages/stage.h"

#include <stddef.h>
#include <stdint.h>

/* Active = confidence > 0 (R1). Taken from an arena; valid as long as that is. */
typedef struct pal_active {
    size_t n, stride, d;
    uint64_t mask;                        /* bit t: taste t is active                     */
    uint8_t taste[PAL_MAX_CLUSTERS];      /* n, rising                                    */
    uint8_t place[PAL_MAX_CLUSTERS];      /* of an active taste in `taste`                */
    float *centroid;                      /* n x stride                                   */
    float disliked[PAL_MAX_FEATURES];     /* unit(sum of everything disliked), or zero    */
} pal_active;

PAL_MUST_USE pal_status pal_active_of(pal_active *active, const pal_request *request, size_t stride,
                                      pal_arena *scratch, pal_error *err);

static inline const float *pal_active_centroid(const pal_active *active, size_t place)
{
    return active->centroid + place * active->stride;
}

/* The active taste closest to an item by cosine, ties to the lower taste: its place, and the similarity. */
size_t pal_active_closest(float *similarity, const pal_active *active, const float *direction);
/* Is `place`, whose similarity is known, that closest one? */
bool pal_active_is_closest(const pal_active *active, const float *direction, size_t place, float similarity);

/* floor(share * n), at least 1: slots of a quota. */
size_t pal_quota(double share, size_t n);

#endif

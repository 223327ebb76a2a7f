/* A slate: what a stage shows one person in one round. */
#ifndef PAL_DATA_SLATE_H
#define PAL_DATA_SLATE_H

#include <stddef.h>
#include <stdint.h>

#define PAL_MAX_SLOTS 50     /* R1: never above 50 */
#define PAL_NO_TASTE 255     /* no taste (learned or true) stands behind a slot */

typedef struct pal_slate {
    size_t n;                             /* filled slots, 0..PAL_MAX_SLOTS                              */
    uint32_t item[PAL_MAX_SLOTS];         /* no item twice                                               */
    float score[PAL_MAX_SLOTS];           /* the stage's own scale; higher is better                     */
    float propensity[PAL_MAX_SLOTS];      /* P(this item in this slot | slots above, what the stage knew); 1 = deterministic */
    uint8_t taste[PAL_MAX_SLOTS];         /* learned taste (cluster id) it was chosen for, or PAL_NO_TASTE */
    uint8_t stage[PAL_MAX_SLOTS];         /* registry index of the stage that chose it                   */
} pal_slate;

#endif

/* An impression and what came of it: all a recommender ever hears. */
#ifndef PAL_DATA_EVENT_H
#define PAL_DATA_EVENT_H

#include <stddef.h>
#include <stdint.h>

typedef enum pal_event_flag {
    PAL_EXAMINED = 1, /* the person looked at the slot                           */
    PAL_CLICKED = 2,  /* and played it                                           */
    PAL_LIKED = 4,    /* and said they like it                                   */
    PAL_DISLIKED = 8, /* or that they do not                                     */
    PAL_SKIPPED = 16  /* or moved on before its end                              */
} pal_event_flag;

typedef struct pal_event {
    uint32_t user, item, round;
    float score, propensity;
    uint8_t slot;  /* from 0 */
    uint8_t taste; /* learned taste, or PAL_NO_TASTE */
    uint8_t stage; /* registry index */
    uint8_t flags; /* pal_event_flag */
} pal_event;

#endif

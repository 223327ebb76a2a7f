/* Inside the data room: the ways to split a log. */
#ifndef PAL_DATA_SPLIT_KINDS_H
#define PAL_DATA_SPLIT_KINDS_H

#include "core/rng.h"
#include "data/split.h"

/* What every kind is given. part starts as PAL_PART_TRAIN throughout. */
typedef struct pal_split_ask {
    const pal_interactions *log;
    const pal_values *values;
    pal_key key;        /* of every draw */
    double test, valid; /* shares */
} pal_split_ask;

typedef pal_status (*pal_split_fn)(uint8_t *part, const pal_split_ask *ask, pal_error *err);

pal_status pal_split_random(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_random_user(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_leave_last(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_user_time(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_time(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_k_fold(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_user_cold(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_item_cold(uint8_t *part, const pal_split_ask *ask, pal_error *err);
pal_status pal_split_ua(uint8_t *part, const pal_split_ask *ask, pal_error *err);

#endif

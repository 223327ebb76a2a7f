/* What anyone may know of a person besides feedback: anonymous demographics. */
#ifndef PAL_DATA_PERSON_H
#define PAL_DATA_PERSON_H

#include <stddef.h>
#include <stdint.h>

typedef struct pal_demographics {
    uint8_t age_years;  /* 13..100                               */
    uint8_t gender;     /* index into pal_gender_names           */
    uint8_t country;    /* index into pal_country_names          */
    uint8_t occupation; /* index into pal_occupation_names       */
} pal_demographics;

extern const char *const pal_gender_names[];     /* NULL-ended */
extern const char *const pal_country_names[];    /* NULL-ended, ISO 3166 two letters */
extern const char *const pal_occupation_names[]; /* NULL-ended */

#endif

/* The moving part of the people, one copy an arm and replicate. */
#ifndef PAL_SIM_STATE_H
#define PAL_SIM_STATE_H

#include "core/error.h"
#include "core/tensors.h"
#include "sim/herd.h"
#include "sim/population.h"

#include <stddef.h>
#include <stdint.h>

/* Listed once: copy, save, digest and tests cannot forget a field. Lengths are per person. */
#define PAL_STATE_FIELDS(X) /* type, field, length */                                            \
    X(uint8_t, n_tastes, 1)                              /* grows at the birth of a taste     */ \
    X(uint16_t, taste_cluster, PAL_MAX_TASTES)                                                   \
    X(float, taste_center, PAL_MAX_TASTES * stride)      /* drifts                            */ \
    X(float, taste_width, PAL_MAX_TASTES)                                                        \
    X(float, taste_weight, PAL_MAX_TASTES)               /* drifts                            */ \
    X(float, satiation, PAL_MAX_TASTES)                  /* >= 0, recovers                    */ \
    X(float, mood, 1)                                    /* running mean reward of sessions   */ \
    X(uint8_t, alive, 1)                                 /* 0 once the person has left        */ \
    X(uint32_t, left_round, 1)                           /* round of leaving, UINT32_MAX if not */ \
    X(uint32_t, born_taste, 1)                           /* tastes born so far                */

#define PAL_MOOD_START 0.5f         /* the mood of a person whom nothing was shown yet */
#define PAL_NEVER_LEFT UINT32_MAX   /* left_round of who is still here */

typedef struct pal_state {
    size_t n, stride;
    pal_herd *herd; /* what others heard lately; NULL when nobody follows it (people->follows) */
#define X(type, field, length) type *field;
    PAL_STATE_FIELDS(X)
#undef X
} pal_state;

PAL_MUST_USE pal_status pal_state_new(pal_state **out, const pal_population *people, pal_error *err);
void pal_state_free(pal_state *state); /* accepts NULL */
/* Back to the people as they were drawn: nothing satiated, mood at the start, all alive, none born, nothing played. */
void pal_state_reset(pal_state *state, const pal_population *people);
/* Every field of `from` into `to`, and the plays followed; both are of the same population. */
void pal_state_copy(pal_state *to, const pal_state *from);
uint64_t pal_state_digest(const pal_state *state);
/* Digest of one field over all people, for "first field that differs"; names in declaration order, NULL-ended. */
extern const char *const pal_state_field_names[];
void pal_state_field_digests(const pal_state *state, uint64_t *digest);

/* Every field into *file, under names that begin with "people."; and back, for the same population: PAL_ERR_DATA names the
 * array that does not fit. Of plays that are followed the response's settle makes the rest again. */
PAL_MUST_USE pal_status pal_state_save(const pal_state *state, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_state_restore(pal_state *state, const pal_tensors *file, pal_error *err);

#endif

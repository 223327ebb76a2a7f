#include "sim/state.h"

#include "core/fields.h"
#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

const char *const pal_state_field_names[] = {
#define X(type, field, length) #field,
    PAL_STATE_FIELDS(X)
#undef X
    NULL
};

pal_status pal_state_new(pal_state **out, const pal_population *people, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_state *state = NULL;

    PAL_NEW(state, 1);
    state->n = people->n;
    state->stride = people->stride;
    const size_t stride = people->stride;
#define X(type, field, length) PAL_NEW(state->field, people->n * (size_t)(length));
    PAL_STATE_FIELDS(X)
#undef X
    (void)stride;
    if (people->follows) {
        PAL_TRY(pal_herd_new(&state->herd, people->catalog, err));
    }
    pal_state_reset(state, people);

    *out = state;
    state = NULL;

done:
    pal_state_free(state);
    return rc;
}

void pal_state_free(pal_state *state)
{
    if (state == NULL) {
        return;
    }
#define X(type, field, length) pal_free(state->field);
    PAL_STATE_FIELDS(X)
#undef X
    pal_herd_free(state->herd);
    pal_free(state);
}

void pal_state_reset(pal_state *state, const pal_population *people)
{
    const size_t n = state->n, tastes = n * PAL_MAX_TASTES;

    PAL_ASSERT(people->n == n && people->stride == state->stride);
    memcpy(state->n_tastes, people->n_tastes, n * sizeof *state->n_tastes);
    memcpy(state->taste_cluster, people->taste_cluster, tastes * sizeof *state->taste_cluster);
    memcpy(state->taste_center, people->taste_center,
           tastes * state->stride * sizeof *state->taste_center);
    memcpy(state->taste_width, people->taste_width, tastes * sizeof *state->taste_width);
    memcpy(state->taste_weight, people->taste_weight, tastes * sizeof *state->taste_weight);
    for (size_t i = 0; i < tastes; i++) {
        state->satiation[i] = 0.0f;
    }
    for (size_t u = 0; u < n; u++) {
        state->mood[u] = PAL_MOOD_START;
        state->alive[u] = 1;
        state->left_round[u] = PAL_NEVER_LEFT;
        state->born_taste[u] = 0;
    }
    if (state->herd != NULL) {
        pal_herd_reset(state->herd);
    }
}

void pal_state_copy(pal_state *to, const pal_state *from)
{
    const size_t n = from->n, stride = from->stride;

    PAL_ASSERT(to->n == n && to->stride == stride && (to->herd == NULL) == (from->herd == NULL));
#define X(type, field, length) memcpy(to->field, from->field, n * (size_t)(length) * sizeof(type));
    PAL_STATE_FIELDS(X)
#undef X
    if (from->herd != NULL) {
        pal_herd_copy(to->herd, from->herd);
    }
}

/* Floats by value (-0 is 0), everything else by its bytes: integer arrays hold no padding. */
static uint64_t digest_floats(const float *x, size_t n)
{
    return pal_hash_floats(x, n);
}

#define BYTES_OF(type, x, n) pal_hash((x), (n) * sizeof(type))
#define DIGEST(type, x, n)                                                                  \
    _Generic((x), float *: digest_floats((const float *)(const void *)(x), (n)),            \
             default: BYTES_OF(type, (x), (n)))

void pal_state_field_digests(const pal_state *state, uint64_t *digest)
{
    const size_t n = state->n, stride = state->stride;
    size_t k = 0;

#define X(type, field, length) digest[k++] = DIGEST(type, state->field, n * (size_t)(length));
    PAL_STATE_FIELDS(X)
#undef X
}

uint64_t pal_state_digest(const pal_state *state)
{
    uint64_t field[sizeof pal_state_field_names / sizeof *pal_state_field_names];
    uint64_t digest = pal_hash_mix(state->n, state->stride);

    pal_state_field_digests(state, field);
    for (size_t k = 0; pal_state_field_names[k] != NULL; k++) {
        digest = pal_hash_mix(digest, field[k]);
    }
    return state->herd == NULL ? digest : pal_hash_mix(digest, pal_herd_digest(state->herd));
}

#define PART "people"

enum {
#define X(type, field, length) FIELD_##field,
    PAL_STATE_FIELDS(X)
#undef X
    N_FIELDS
};

static void list_fields(pal_field list[N_FIELDS], const pal_state *state)
{
    const size_t n = state->n, stride = state->stride;

#define X(type, field, length) list[FIELD_##field] = (pal_field)PAL_FIELD(#field, state->field, n * (size_t)(length));
    PAL_STATE_FIELDS(X)
#undef X
}

pal_status pal_state_save(const pal_state *state, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_field list[N_FIELDS];

    list_fields(list, state);
    PAL_TRY(pal_fields_save(file, PART, list, N_FIELDS, err));
    if (state->herd != NULL) {
        PAL_TRY(pal_herd_save(state->herd, file, err));
    }

done:
    return rc;
}

pal_status pal_state_restore(pal_state *state, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_field list[N_FIELDS];

    list_fields(list, state);
    PAL_TRY(pal_fields_restore(list, N_FIELDS, file, PART, err));
    if (state->herd != NULL) {
        PAL_TRY(pal_herd_restore(state->herd, file, err));
    }

done:
    return rc;
}

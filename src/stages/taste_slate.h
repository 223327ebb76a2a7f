/* Slates from one model a taste: what the logistic, the boosted and the neural stage share. */
#ifndef PAL_STAGES_TASTE_SLATE_H
#define PAL_STAGES_TASTE_SLATE_H

#include "stages/stage_state.h"
#include "stages/taste_models.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Strong tastes are those of some confidence (or, while there are none, those with a like); all others are weak. The
 * slots of the strong ones come first and go round, the most confident first. A weak slot's taste is drawn among the
 * weak ones with the fewest slots so far (weakest_first: and of these the least confident). Where one kind has nothing
 * left the other goes on.
 *
 * A taste with a model shows its best open song, one without a song drawn inside its cluster, all alike.
 */
typedef struct pal_taste_rules {
    double strong_confidence; /* of a strong taste, at least                     */
    size_t weak_slots;        /* slots for weak tastes ...                       */
    double weak_share;        /* ... or this share of the slate, when it is > 0  */
    bool weakest_first;
} pal_taste_rules;

/* The instance of each of these stages. */
typedef struct pal_taste_stage {
    pal_origin origin;
    pal_taste_models *models;
    pal_taste_rules rules;
    pal_key key;
} pal_taste_stage;

/* config and rules are what the stage read from values and object, which tell where its state comes from. */
PAL_MUST_USE pal_status pal_taste_stage_new(void **self, const pal_stage_env *env, const pal_taste_config *config,
                                            const pal_taste_rules *rules, const pal_values *values,
                                            const pal_json *object, pal_error *err);

/* Members of pal_stage_type. The score of an item: P(like) by the best of its tastes' models; where none of its tastes
 * has one, the best of their like rates among the same kind of answers, shrunk to the person's. */
pal_status pal_taste_stage_fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err);
pal_status pal_taste_stage_serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                                 pal_error *err);
pal_status pal_taste_stage_score(const void *self, const pal_request *request, const uint32_t *item, size_t n,
                                 float *score, uint8_t *stage, pal_arena *scratch, pal_error *err);
uint64_t pal_taste_stage_digest(const void *self);
void pal_taste_stage_free(void *self); /* accepts NULL */
pal_status pal_taste_stage_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_taste_stage_restore(void *self, const pal_tensors *file, pal_error *err);

#endif

/* What save and restore of the stages are made of: arrays under a stage's name, parts inside wholes, and whose state it is. */
#ifndef PAL_STAGES_STAGE_STATE_H
#define PAL_STAGES_STAGE_STATE_H

#include "core/tensors.h"
#include "stages/stage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Members of pal_stage_type for stages that learn nothing. */
pal_status pal_nothing_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_nothing_restore(void *self, const pal_tensors *file, pal_error *err);

/* ---- whose state it is ---- */

/* Parameters and sizes a state belongs to. Stored as the text STAGE/params and the array STAGE/made_for. */
typedef struct pal_origin {
    char *params;             /* all values, defaults filled in, as one line of JSON */
    uint64_t n_users, n_items;
} pal_origin;

/*
 * From a stage's checked values; `part` (may be NULL) are those of its member `key`, which it reads itself.
 * The caller clears *out.
 */
PAL_MUST_USE pal_status pal_origin_of(pal_origin *out, size_t n_users, size_t n_items, const pal_values *values,
                                      const char *key, const pal_values *part, pal_error *err);
void pal_origin_clear(pal_origin *origin);
PAL_MUST_USE pal_status pal_origin_save(const pal_origin *origin, const char *stage, pal_tensors *file,
                                        pal_error *err);
/* PAL_ERR_DATA unless it is that of the file: names the file, the parameter or size, what it was and what it is. */
PAL_MUST_USE pal_status pal_origin_check(const pal_origin *origin, const char *stage, const pal_tensors *file,
                                         pal_error *err);

/* ---- arrays STAGE/NAME of one dimension ---- */

PAL_MUST_USE pal_status pal_state_put(pal_tensors *file, const char *stage, const char *name, pal_dtype type, size_t n,
                                      const void *data, pal_error *err);
/* The array, borrowed, and how long it is. PAL_ERR_DATA when it is not there or of another type. */
PAL_MUST_USE pal_status pal_state_get(const void **data, size_t *n, const pal_tensors *file, const char *stage,
                                      const char *name, pal_dtype type, pal_error *err);
/* The array, borrowed; it must hold n. PAL_ERR_DATA names both numbers. */
PAL_MUST_USE pal_status pal_state_get_n(const void **data, const pal_tensors *file, const char *stage,
                                        const char *name, pal_dtype type, size_t n, pal_error *err);
bool pal_state_has(const pal_tensors *file, const char *stage, const char *name);
/* PAL_ERR_DATA: what is wrong with an entry of STAGE/NAME: "value, must be below `below`". */
pal_status pal_state_bad(const pal_tensors *file, const char *stage, const char *name, size_t entry, uint64_t value,
                         uint64_t below, pal_error *err);

/* ---- a stage inside a stage ---- */

/* What the part saves, under STAGE/: the names of a part begin with its own type's name, so that STAGE/PART/… follows. */
PAL_MUST_USE pal_status pal_part_save(const pal_stage_type *part, const void *self, const char *stage,
                                      pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_part_restore(const pal_stage_type *part, void *self, const char *stage,
                                         const pal_tensors *file, pal_error *err);

#endif

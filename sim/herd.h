/* What others heard lately, when people follow it: a number an item, beside the people's own moving part. */
#ifndef PAL_SIM_HERD_H
#define PAL_SIM_HERD_H

#include "core/error.h"
#include "core/tensors.h"
#include "data/catalog.h"
#include "sim/item_terms.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pal_herd {
    const pal_catalog *catalog; /* borrowed                                                                     */
    float *recent;              /* n_items: recent plays, >= 0; those of earlier rounds fade. The only state    */
    bool moved;                 /* do `terms` stand for `recent`? false: nothing was played yet, and the        */
                                /* response model's own terms hold                                              */
    double *log;                /* n_items, cache: ln(1 + recent)                                               */
    pal_item_terms terms;       /* cache: items' worth with what following adds, made by the response's settle  */
} pal_herd;

/* Nothing played yet. The caller owns *out; the catalog must outlive it. */
PAL_MUST_USE pal_status pal_herd_new(pal_herd **out, const pal_catalog *catalog, pal_error *err);
void pal_herd_free(pal_herd *herd); /* accepts NULL */
void pal_herd_reset(pal_herd *herd);
/* State and cache; both of the same catalog. */
void pal_herd_copy(pal_herd *to, const pal_herd *from);
uint64_t pal_herd_digest(const pal_herd *herd); /* of the state alone */

/* Array "people.recent_plays". After a restore the cache is to be made again: settle without plays.
 *   PAL_ERR_DATA  the array is missing, does not fit, or holds what is no number of plays */
PAL_MUST_USE pal_status pal_herd_save(const pal_herd *herd, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_herd_restore(pal_herd *herd, const pal_tensors *file, pal_error *err);

#endif

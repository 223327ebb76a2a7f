/* What all people of an arm together say of an item: liked more or less than its cluster's others. */
#ifndef PAL_STAGES_CROWD_H
#define PAL_STAGES_CROWD_H

#include "core/error.h"
#include "core/tensors.h"
#include "data/catalog.h"
#include "data/event.h"

#include <stddef.h>
#include <stdint.h>

/*
 *   lift_i   = (likes_i + weight) / (impressions_i * rate of i's primary cluster + weight)
 *   appeal_i = popularity_pull * popularity_i / 100 + pull * ln(lift_i)
 *
 * The lift is a gamma-Poisson posterior mean with prior mean 1 worth `weight` expected likes (DuMouchel 1999).
 */
typedef struct pal_crowd {
    const pal_catalog *catalog;
    double popularity_pull, pull, weight;
    uint32_t *liked, *shown; /* n_items: the state          */
    float *appeal;           /* n_items: a cache made of it */
} pal_crowd;

PAL_MUST_USE pal_status pal_crowd_new(pal_crowd **out, const pal_catalog *catalog, double popularity_pull,
                                      double pull, double weight, pal_error *err);
void pal_crowd_free(pal_crowd *crowd); /* accepts NULL */
/* Learn from the events of a round and find all appeals anew. */
void pal_crowd_learn(pal_crowd *crowd, const pal_event *events, size_t n);
uint64_t pal_crowd_digest(const pal_crowd *crowd);
/* The state under the name of the stage it belongs to; and back, with all appeals found anew: PAL_ERR_DATA names the
 * item when there are more likes than impressions. */
PAL_MUST_USE pal_status pal_crowd_save(const pal_crowd *crowd, const char *stage, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_crowd_restore(pal_crowd *crowd, const char *stage, const pal_tensors *file,
                                          pal_error *err);

#endif

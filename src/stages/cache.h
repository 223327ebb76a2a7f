/* A cache of recommendations in front of any stage: a list is made once and served from for a while. */
#ifndef PAL_STAGES_CACHE_H
#define PAL_STAGES_CACHE_H

#include "stages/stage.h"
#include "stages/stage_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parameters of an arm's object "cache", with sources. */
extern const pal_param pal_cache_params[];

/* What makes a list stale before its time. */
typedef enum pal_cache_rule {
    PAL_CACHE_FEEDBACK, /* a like or dislike of the person, of whatever type */
    PAL_CACHE_TYPE,     /* a like or dislike of the person, of that type     */
    PAL_CACHE_NONE      /* nothing                                           */
} pal_cache_rule;

/* A list made for one person, content type and count. */
typedef struct pal_cached {
    pal_slate list;
    size_t next;            /* first place that was not served yet          */
    uint32_t round;         /* when it was made                             */
    uint8_t n_slots;        /* the count it is for: part of the key         */
    bool valid;
} pal_cached;

/* What became of the requests so far; all of them whole numbers, so that sums do not depend on an order. */
typedef struct pal_cache_count {
    uint64_t requests, hits, expired, dropped, used_up; /* misses by cause; the rest had no list yet */
    uint64_t age;           /* rounds between making and serving, summed over hits */
} pal_cache_count;

/*
 * A person is served from the list, place after place, as long as it is younger than ttl rounds, not stale and has
 * as many unseen items as slots are wanted; then the stage makes a new one. Slots keep the score, stage and propensity
 * they were made with: given the places above them in the list, that is the probability they were chosen with.
 */
typedef struct pal_cache {
    const pal_catalog *catalog;
    pal_origin origin;
    size_t n_users, n_types, length;
    uint32_t ttl;
    pal_cache_rule rule;
    pal_cached *entry;      /* n_users x n_types */
    pal_cache_count *count; /* n_users           */
} pal_cache;

PAL_MUST_USE pal_status pal_cache_new(pal_cache **out, const pal_catalog *catalog, size_t n_users,
                                      const pal_values *values, pal_error *err);
void pal_cache_free(pal_cache *cache); /* accepts NULL */

/* Fill a slate like pal_stage_type.serve, from the list or by the stage; *hit tells which. Safe in parallel for
 * different people. */
PAL_MUST_USE pal_status pal_cache_serve(pal_cache *cache, bool *hit, const pal_stage_type *stage, const void *self,
    const pal_request *request, pal_slate *slate, pal_arena *scratch, pal_error *err);
/* Drop what a round's answers made stale. */
void pal_cache_learn(pal_cache *cache, const pal_event *events, size_t n);

/* Sums over people. */
pal_cache_count pal_cache_total(const pal_cache *cache);
/* Digest of the lists that may still be served. */
uint64_t pal_cache_digest(const pal_cache *cache);

/* The lists that may still be served and all counts, under cache/; cache_save.c. */
PAL_MUST_USE pal_status pal_cache_save(const pal_cache *cache, pal_tensors *file, pal_error *err);
/* Back into a cache of the same parameters and people, of which nothing stays. PAL_ERR_DATA names the array and entry
 * that do not fit; the cache is then as it was. */
PAL_MUST_USE pal_status pal_cache_restore(pal_cache *cache, const pal_tensors *file, pal_error *err);

#endif

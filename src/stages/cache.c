/* Lists kept for people: made by the stage behind, served from until they are old, stale or used up. */
#include "stages/cache.h"

#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

const pal_param pal_cache_params[] = {
    { "ttl_rounds", PAL_PARAM_INT, "5", 1, 1000000, NULL, "rounds a list is served from, the one it was made in included",
      "R4: one hour" },
    { "invalidate", PAL_PARAM_CHOICE, "\"feedback\"", 0, 0, "feedback|type|none",
      "what drops a list before: a like or dislike of the person, only one of the list's content type, or nothing",
      "R4: a person's, a type's" },
    { "items", PAL_PARAM_INT, "50", 1, PAL_MAX_SLOTS, NULL,
      "items a list is made of (at least the slots asked for): a list that is used up is made anew", NULL },
    { 0 }
};

pal_status pal_cache_new(pal_cache **out, const pal_catalog *catalog, size_t n_users, const pal_values *values,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_cache *cache = NULL;

    PAL_NEW(cache, 1);
    cache->catalog = catalog;
    cache->n_users = n_users;
    cache->n_types = pal_catalog_types(catalog);
    cache->ttl = (uint32_t)pal_values_int(values, "ttl_rounds");
    cache->rule = (pal_cache_rule)pal_values_choice(values, "invalidate");
    cache->length = (size_t)pal_values_int(values, "items");
    PAL_TRY(pal_origin_of(&cache->origin, n_users, catalog->n_items, values, NULL, NULL, err));
    PAL_NEW(cache->entry, n_users * cache->n_types);
    PAL_NEW(cache->count, n_users);
    *out = cache;
    cache = NULL;

done:
    pal_cache_free(cache);
    return rc;
}

void pal_cache_free(pal_cache *cache)
{
    if (cache != NULL) {
        pal_origin_clear(&cache->origin);
        pal_free(cache->entry);
        pal_free(cache->count);
        pal_free(cache);
    }
}

/* Move the next unseen places of the list to the slate; false, and the slate as it was, when there are too few. */
static bool hand_out(pal_cached *entry, const pal_request *request, pal_slate *slate)
{
    const size_t before = slate->n;
    size_t at = entry->next;

    for (; at < entry->list.n && slate->n < request->n_slots; at++) {
        const pal_slate *list = &entry->list;
        const size_t s = slate->n;

        if (pal_seen(request->seen, list->item[at])) {
            continue;
        }
        slate->item[s] = list->item[at];
        slate->score[s] = list->score[at];
        slate->propensity[s] = list->propensity[at];
        slate->taste[s] = list->taste[at];
        slate->stage[s] = list->stage[at];
        slate->n = s + 1;
    }
    if (slate->n < request->n_slots) {
        slate->n = before;
        return false;
    }
    entry->next = at;
    return true;
}

/* May the list be served from in this round? If not, the cause is counted. */
static bool is_fresh(const pal_cache *cache, const pal_cached *entry, const pal_request *request, pal_cache_count *count)
{
    if (!entry->valid || entry->n_slots != request->n_slots) {
        return false;
    }
    if (request->round - entry->round >= cache->ttl) {
        count->expired++;
        return false;
    }
    return true;
}

pal_status pal_cache_serve(pal_cache *cache, bool *hit, const pal_stage_type *stage, const void *self,
                           const pal_request *request, pal_slate *slate, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_cache_count *count = &cache->count[request->user];
    pal_cached *entry = &cache->entry[request->user * cache->n_types + request->type];
    pal_request inner = *request;

    PAL_ASSERT(slate->n == 0);
    count->requests++;
    *hit = false;
    if (is_fresh(cache, entry, request, count)) {
        *hit = hand_out(entry, request, slate);
        count->hits += *hit;
        count->used_up += !*hit;
        count->age += *hit ? request->round - entry->round : 0;
    }
    if (*hit) {
        return PAL_OK;
    }
    inner.n_slots = cache->length > request->n_slots ? cache->length : request->n_slots;
    entry->valid = false;
    entry->list.n = 0;
    PAL_TRY(stage->serve(self, &inner, &entry->list, scratch, err));
    entry->next = 0;
    entry->round = request->round;
    entry->n_slots = (uint8_t)request->n_slots;
    entry->valid = true;
    if (!hand_out(entry, request, slate)) { /* the catalog has no more */
        *slate = entry->list;
        entry->next = entry->list.n;
    }

done:
    return rc;
}

void pal_cache_learn(pal_cache *cache, const pal_event *events, size_t n)
{
    for (size_t e = 0; e < n && cache->rule != PAL_CACHE_NONE; e++) {
        const pal_event *event = &events[e];
        pal_cached *own = cache->entry + event->user * cache->n_types;

        if ((event->flags & (PAL_LIKED | PAL_DISLIKED)) == 0) {
            continue;
        }
        for (size_t t = 0; t < cache->n_types; t++) {
            if (own[t].valid && (cache->rule == PAL_CACHE_FEEDBACK || t == pal_catalog_type(cache->catalog, event->item))) {
                own[t].valid = false;
                cache->count[event->user].dropped++;
            }
        }
    }
}

pal_cache_count pal_cache_total(const pal_cache *cache)
{
    pal_cache_count all = { 0 };

    for (size_t u = 0; u < cache->n_users; u++) {
        const pal_cache_count *one = &cache->count[u];

        all.requests += one->requests;
        all.hits += one->hits;
        all.expired += one->expired;
        all.dropped += one->dropped;
        all.used_up += one->used_up;
        all.age += one->age;
    }
    return all;
}

uint64_t pal_cache_digest(const pal_cache *cache)
{
    uint64_t digest = pal_hash_text("cache");

    for (size_t i = 0; i < cache->n_users * cache->n_types; i++) {
        const pal_cached *one = &cache->entry[i];
        const uint64_t head[] = { i, one->next, one->round, one->n_slots, one->list.n };

        if (!one->valid) {
            continue;
        }
        digest = pal_hash_mix(digest, pal_hash(head, sizeof head));
        digest = pal_hash_mix(digest, pal_hash(one->list.item, one->list.n * sizeof *one->list.item));
        digest = pal_hash_mix(digest, pal_hash_floats(one->list.score, one->list.n));
        digest = pal_hash_mix(digest, pal_hash_floats(one->list.propensity, one->list.n));
        digest = pal_hash_mix(digest, pal_hash(one->list.stage, one->list.n));
    }
    return digest;
}

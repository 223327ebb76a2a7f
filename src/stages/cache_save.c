/* The cache of recommendations in a file: lists that may still be served, their slots end to end, and everyone's counts. */
#include "stages/cache.h"

#include "core/mem.h"

#include <string.h>

#define NAME "cache"
#define COUNTS (sizeof(pal_cache_count) / sizeof(uint64_t)) /* whole numbers all of them */

/* Columns of a list: one entry a list, and one entry a slot. */
#define LIST_COLUMNS(X) /* type, name, of a pal_cached at index i of the entries */ \
    X(uint64_t, PAL_U64, place, i)                                                  \
    X(uint32_t, PAL_U32, round, one->round)                                         \
    X(uint8_t, PAL_U8, n_slots, one->n_slots)                                       \
    X(uint8_t, PAL_U8, length, (uint8_t)one->list.n)                                \
    X(uint8_t, PAL_U8, next, (uint8_t)one->next)
#define SLOT_COLUMNS(X) /* type, name: an array of pal_slate */ \
    X(uint32_t, PAL_U32, item)                                  \
    X(float, PAL_F32, score)                                    \
    X(float, PAL_F32, propensity)                               \
    X(uint8_t, PAL_U8, taste)                                   \
    X(uint8_t, PAL_U8, stage)

typedef struct columns {
    size_t n_lists, n_slots_all;
#define X(type, dtype, name, value) type *name;
    LIST_COLUMNS(X)
#undef X
#define X(type, dtype, name) type *name;
    SLOT_COLUMNS(X)
#undef X
} columns;

static void columns_clear(columns *c)
{
#define X(type, dtype, name, value) pal_free(c->name);
    LIST_COLUMNS(X)
#undef X
#define X(type, dtype, name) pal_free(c->name);
    SLOT_COLUMNS(X)
#undef X
}

static pal_status make_columns(columns *c, const pal_cache *cache, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < cache->n_users * cache->n_types; i++) {
        c->n_lists += cache->entry[i].valid;
        c->n_slots_all += cache->entry[i].valid ? cache->entry[i].list.n : 0;
    }
#define X(type, dtype, name, value) PAL_NEW(c->name, c->n_lists);
    LIST_COLUMNS(X)
#undef X
#define X(type, dtype, name) PAL_NEW(c->name, c->n_slots_all);
    SLOT_COLUMNS(X)
#undef X

done:
    return rc;
}

static void fill_columns(columns *c, const pal_cache *cache)
{
    size_t k = 0, at = 0;

    for (size_t i = 0; i < cache->n_users * cache->n_types; i++) {
        const pal_cached *one = &cache->entry[i];

        if (!one->valid) {
            continue;
        }
#define X(type, dtype, name, value) c->name[k] = (value);
        LIST_COLUMNS(X)
#undef X
#define X(type, dtype, name) memcpy(c->name + at, one->list.name, one->list.n * sizeof(type));
        SLOT_COLUMNS(X)
#undef X
        k++;
        at += one->list.n;
    }
}

pal_status pal_cache_save(const pal_cache *cache, pal_tensors *file, pal_error *err)
{
    columns c = { 0 };
    pal_status rc = PAL_OK;

    PAL_TRY(make_columns(&c, cache, err));
    fill_columns(&c, cache);
    PAL_TRY(pal_origin_save(&cache->origin, NAME, file, err));
    PAL_TRY(pal_state_put(file, NAME, "count", PAL_U64, cache->n_users * COUNTS, cache->count, err));
#define X(type, dtype, name, value) PAL_TRY(pal_state_put(file, NAME, #name, dtype, c.n_lists, c.name, err));
    LIST_COLUMNS(X)
#undef X
#define X(type, dtype, name) PAL_TRY(pal_state_put(file, NAME, #name, dtype, c.n_slots_all, c.name, err));
    SLOT_COLUMNS(X)
#undef X

done:
    columns_clear(&c);
    return rc;
}

/* ---- back ---- */

typedef struct borrowed {
    size_t n_lists, n_slots_all;
#define X(type, dtype, name, value) const type *name;
    LIST_COLUMNS(X)
#undef X
#define X(type, dtype, name) const type *name;
    SLOT_COLUMNS(X)
#undef X
} borrowed;

static pal_status borrow(borrowed *b, const pal_tensors *file, pal_error *err)
{
    const void *data;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_get(&data, &b->n_lists, file, NAME, "place", PAL_U64, err));
    PAL_TRY(pal_state_get(&data, &b->n_slots_all, file, NAME, "item", PAL_U32, err));
#define X(type, dtype, name, value)                                                \
    PAL_TRY(pal_state_get_n(&data, file, NAME, #name, dtype, b->n_lists, err));     \
    b->name = data;
    LIST_COLUMNS(X)
#undef X
#define X(type, dtype, name)                                                       \
    PAL_TRY(pal_state_get_n(&data, file, NAME, #name, dtype, b->n_slots_all, err)); \
    b->name = data;
    SLOT_COLUMNS(X)
#undef X

done:
    return rc;
}

static pal_status check_lists(const borrowed *b, const pal_cache *cache, const pal_tensors *file, pal_error *err)
{
    const size_t n = cache->n_users * cache->n_types;
    size_t slots = 0;
    pal_status rc = PAL_OK;

    for (size_t k = 0; k < b->n_lists; k++) {
        if (b->place[k] >= n) {
            PAL_TRY(pal_state_bad(file, NAME, "place", k, b->place[k], n, err));
        }
        if (k > 0 && b->place[k] <= b->place[k - 1]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: " NAME "/place: entry %zu does not ascend", pal_tensors_file(file), k);
        }
        if (b->length[k] > PAL_MAX_SLOTS) {
            PAL_TRY(pal_state_bad(file, NAME, "length", k, b->length[k], PAL_MAX_SLOTS + 1, err));
        }
        if (b->next[k] > b->length[k]) {
            PAL_TRY(pal_state_bad(file, NAME, "next", k, b->next[k], (uint64_t)b->length[k] + 1, err));
        }
        slots += b->length[k];
    }
    if (slots != b->n_slots_all) {
        PAL_FAIL(PAL_ERR_DATA, "%s: " NAME "/item has %zu entries, lists of these lengths have %zu",
                 pal_tensors_file(file), b->n_slots_all, slots);
    }

done:
    return rc;
}

static pal_status check_slots(const borrowed *b, const pal_cache *cache, const pal_tensors *file, pal_error *err)
{
    const size_t n_tastes = cache->catalog->clusters->n;
    pal_status rc = PAL_OK;

    for (size_t s = 0; s < b->n_slots_all; s++) {
        if (b->item[s] >= cache->catalog->n_items) {
            PAL_TRY(pal_state_bad(file, NAME, "item", s, b->item[s], cache->catalog->n_items, err));
        }
        if (b->taste[s] >= n_tastes && b->taste[s] != PAL_NO_TASTE) {
            PAL_TRY(pal_state_bad(file, NAME, "taste", s, b->taste[s], n_tastes, err));
        }
        if (b->stage[s] >= pal_stage_count()) {
            PAL_TRY(pal_state_bad(file, NAME, "stage", s, b->stage[s], pal_stage_count(), err));
        }
    }

done:
    return rc;
}

pal_status pal_cache_restore(pal_cache *cache, const pal_tensors *file, pal_error *err)
{
    const void *count;
    borrowed b = { 0 };
    size_t at = 0;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&cache->origin, NAME, file, err));
    PAL_TRY(pal_state_get_n(&count, file, NAME, "count", PAL_U64, cache->n_users * COUNTS, err));
    PAL_TRY(borrow(&b, file, err));
    PAL_TRY(check_lists(&b, cache, file, err));
    PAL_TRY(check_slots(&b, cache, file, err));
    memcpy(cache->count, count, cache->n_users * sizeof *cache->count);
    memset(cache->entry, 0, cache->n_users * cache->n_types * sizeof *cache->entry);
    for (size_t k = 0; k < b.n_lists; at += b.length[k++]) {
        pal_cached *one = &cache->entry[b.place[k]];

        *one = (pal_cached){ .list = { .n = b.length[k] }, .next = b.next[k], .round = b.round[k],
                             .n_slots = b.n_slots[k], .valid = true };
#define X(type, dtype, name) memcpy(one->list.name, b.name + at, b.length[k] * sizeof(type));
        SLOT_COLUMNS(X)
#undef X
    }

done:
    return rc;
}

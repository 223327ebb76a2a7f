/* What the hnsw_*.c files share. Nobody else includes it. */
#ifndef PAL_MODELS_HNSW_PARTS_H
#define PAL_MODELS_HNSW_PARTS_H

#include "models/hnsw.h"

#include <stdatomic.h>

#define HNSW_LEVELS 16   /* levels at most                                    */
#define HNSW_ABSENT 255  /* level of an id that is not there                  */
#define HNSW_NONE UINT32_MAX
#define HNSW_SPARE 8      /* stamps that are kept for the next search */
#define HNSW_BATCH 256  /* new vectors that do not see one another's links: part of the result */

/* Vectors met since the last hnsw_stamps_next: those whose stamp is now. */
typedef struct hnsw_stamps {
    size_t n;             /* ids there is room for                            */
    uint32_t now, *at;
} hnsw_stamps;

struct pal_hnsw {
    pal_hnsw_config config;
    size_t d, stride;    /* floats a vector: d rounded up to 16, pad 0        */
    size_t capacity, n;  /* ids there is room for; vectors                    */
    float *vector;       /* capacity x stride; of length 1 for cosine         */
    uint8_t *level;      /* capacity                                          */
    uint32_t *base;      /* capacity x (1 + 2 m): count, links                */
    uint32_t *upper_at;  /* capacity: an id's first list in upper; its level lists follow one another; HNSW_NONE */
    uint32_t *upper;     /* upper_capacity x (1 + m)                          */
    size_t n_upper, upper_capacity; /* lists */
    uint32_t entry;      /* highest level, lowest id; HNSW_NONE when empty    */
    _Atomic(hnsw_stamps *) spare[HNSW_SPARE]; /* a cache; NULL: none          */
};

/* A found vector: smaller is nearer, ties by id. */
typedef struct hnsw_hit {
    float far;
    uint32_t id;
} hnsw_hit;

/* The best so far, sorted, and which of them were looked behind. */
typedef struct hnsw_pool {
    size_t n, capacity;
    hnsw_hit *hit;
    bool *opened;
} hnsw_pool;

/* Of one worker. */
typedef struct hnsw_scratch {
    hnsw_pool pool, entry;
    hnsw_stamps *met;
    hnsw_hit *kept;
    uint32_t *next;       /* ids whose distance is asked for */
    float *far;
    float *query;         /* stride */
} hnsw_scratch;

static inline size_t hnsw_most(const pal_hnsw *x, size_t level)
{
    return level == 0 ? 2 * x->config.m : x->config.m;
}

static inline uint32_t *hnsw_links(const pal_hnsw *x, uint32_t id, size_t level)
{
    return level == 0 ? x->base + id * (1 + 2 * x->config.m)
                      : x->upper + (x->upper_at[id] + level - 1) * (1 + x->config.m);
}

static inline const float *hnsw_vector(const pal_hnsw *x, uint32_t id)
{
    return x->vector + id * x->stride;
}

static inline bool hnsw_nearer(hnsw_hit a, hnsw_hit b)
{
    return a.far < b.far || (a.far == b.far && a.id < b.id);
}

int hnsw_compare(const void *a, const void *b); /* of hits, for qsort */

/* far[i] = distance of vector id[i] to q (stride floats, prepared). */
void hnsw_distances(float *far, const pal_hnsw *x, const uint32_t *id, size_t n, const float *q);
/* A vector as it is stored or asked: padded, of length 1 for cosine. */
void hnsw_prepare(const pal_hnsw *x, float *out, const float *vector);
uint8_t hnsw_level_of(const pal_hnsw *x, uint32_t id);

PAL_MUST_USE pal_status hnsw_scratch_new(hnsw_scratch **out, const pal_hnsw *x, size_t ef, size_t n_workers,
                                         pal_error *err);
void hnsw_scratch_free(const pal_hnsw *x, hnsw_scratch *scratch, size_t n_workers);

/* Stamps for every id of x: spare ones, or new. hnsw_stamps_give leaves them for the next; any number of threads. */
PAL_MUST_USE pal_status hnsw_stamps_take(hnsw_stamps **out, const pal_hnsw *x, pal_error *err);
void hnsw_stamps_give(const pal_hnsw *x, hnsw_stamps *stamps); /* accepts NULL */
void hnsw_stamps_clear(pal_hnsw *x);                           /* frees what is spare */
void hnsw_stamps_next(hnsw_stamps *stamps);                    /* from here on nothing has been met */

/* Has this id been met? From here on it has. */
static inline bool hnsw_meet(hnsw_stamps *stamps, uint32_t id)
{
    if (stamps->at[id] == stamps->now) {
        return true;
    }
    stamps->at[id] = stamps->now;
    return false;
}

void hnsw_pool_put(hnsw_pool *pool, hnsw_hit hit);
/* From the entry down to `level`: s->pool holds the ef nearest of that level. s->pool is also where it starts from:
 * call with the highest level first. */
void hnsw_start(const pal_hnsw *x, hnsw_scratch *s, const float *q);
void hnsw_search_level(const pal_hnsw *x, hnsw_scratch *s, const float *q, size_t level, size_t ef);
/* The heuristic of algorithm 4 on hits sorted by distance: at most `most` of them that are nearer to the new node than
 * to one another, into id; returns how many. */
size_t hnsw_select(const pal_hnsw *x, hnsw_scratch *s, const hnsw_hit *hit, size_t n, size_t most, uint32_t *id);

/* A link that wants to be made: `to` from `from`. */
typedef struct hnsw_wish {
    uint32_t level, from, to;
} hnsw_wish;
/* Make them: node by node, the list of `from` cut by the heuristic when it is full. Reorders wish. */
PAL_MUST_USE pal_status hnsw_link(pal_hnsw *x, hnsw_scratch *scratch, hnsw_wish *wish, size_t n, size_t n_threads,
                                  pal_error *err);
void hnsw_find_entry(pal_hnsw *x);
/* Room for ids below `ids`, and for the upper lists of one. */
PAL_MUST_USE pal_status hnsw_reserve(pal_hnsw *x, size_t ids, pal_error *err);
PAL_MUST_USE pal_status hnsw_reserve_upper(pal_hnsw *x, uint32_t id, size_t lists, pal_error *err);

#endif

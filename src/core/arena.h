/* A region that hands out memory and takes it all back at once. */
#ifndef PAL_CORE_ARENA_H
#define PAL_CORE_ARENA_H

#include "core/error.h"

#include <stddef.h>

typedef struct pal_arena pal_arena;
typedef struct pal_arena_mark {
    void *chunk;
    size_t used;
} pal_arena_mark;

/* A new arena whose first chunk holds `bytes`; it grows by doubling chunks. Caller owns *out. */
PAL_MUST_USE pal_status pal_arena_new(pal_arena **out, size_t bytes, pal_error *err);
void pal_arena_free(pal_arena *arena); /* accepts NULL */

/* n objects of `size` bytes, 64-byte aligned, NOT zeroed; NULL when memory is out or n * size overflows.
 * Valid until the arena is rewound past it or freed. */
void *pal_arena_alloc(pal_arena *arena, size_t n, size_t size);

pal_arena_mark pal_arena_here(const pal_arena *arena);
/* Take back all that was handed out since `mark`; chunks are kept for reuse (no malloc in a steady state). */
void pal_arena_rewind(pal_arena *arena, pal_arena_mark mark);

/* ptr = n objects of its own type from the arena, or PAL_FAIL(PAL_ERR_MEMORY). */
#define PAL_TAKE(ptr, n, arena)                                                        \
    do {                                                                               \
        (ptr) = pal_arena_alloc((arena), (size_t)(n), sizeof *(ptr));                  \
        if ((ptr) == NULL) {                                                           \
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu objects of %zu bytes (%s)",   \
                     (size_t)(n), sizeof *(ptr), #ptr);                                \
        }                                                                              \
    } while (0)

#endif

/* A chain of chunks. Rewinding moves a pointer back; the chunks stay for the next block of work. */
#include "core/arena.h"

#include "core/mem.h"

#include <stdint.h>
#include <string.h>

#define ALIGNMENT 64

typedef struct chunk {
    struct chunk *next;
    size_t size; /* bytes behind the header, a multiple of ALIGNMENT */
    size_t used; /* of those, handed out; stale behind the current chunk */
} chunk;

#define HEADER ((sizeof(chunk) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

struct pal_arena {
    chunk *first, *current, *last;
};

static unsigned char *bytes_of(chunk *c)
{
    return (unsigned char *)c + HEADER;
}

static chunk *chunk_new(size_t bytes)
{
    chunk *c;

    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    c = pal_calloc(1, HEADER + bytes);
    if (c != NULL) {
        c->size = bytes;
    }
    return c;
}

pal_status pal_arena_new(pal_arena **out, size_t bytes, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena *arena = NULL;

    PAL_NEW(arena, 1);
    arena->first = chunk_new(bytes < ALIGNMENT ? ALIGNMENT : bytes);
    if (arena->first == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: an arena of %zu bytes", bytes);
    }
    arena->current = arena->last = arena->first;
    *out = arena;
    arena = NULL;

done:
    pal_free(arena);
    return rc;
}

void pal_arena_free(pal_arena *arena)
{
    chunk *c, *next;

    if (arena == NULL) {
        return;
    }
    for (c = arena->first; c != NULL; c = next) {
        next = c->next;
        pal_free(c);
    }
    pal_free(arena);
}

/* Make the next chunk that holds `bytes` the current one. Smaller ones on the way wait for a rewind. */
static bool move_on(pal_arena *arena, size_t bytes)
{
    chunk *c = arena->current->next;
    size_t wanted = arena->last->size <= SIZE_MAX / 4 ? 2 * arena->last->size : bytes;

    while (c != NULL && c->size < bytes) {
        c = c->next;
    }
    if (c == NULL) {
        c = chunk_new(wanted > bytes ? wanted : bytes);
        if (c == NULL && wanted > bytes) {
            c = chunk_new(bytes); /* doubling was a wish, not a need */
        }
        if (c == NULL) {
            return false;
        }
        arena->last->next = c;
        arena->last = c;
    }
    c->used = 0;
    arena->current = c;
    return true;
}

void *pal_arena_alloc(pal_arena *arena, size_t n, size_t size)
{
    void *block;
    size_t bytes;

    if (size != 0 && n > (SIZE_MAX / 2) / size) {
        return NULL;
    }
    /* At least one unit, so that two empty arrays are still two pointers. */
    bytes = (n * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    bytes = bytes == 0 ? ALIGNMENT : bytes;
    if (bytes > arena->current->size - arena->current->used && !move_on(arena, bytes)) {
        return NULL;
    }
    block = bytes_of(arena->current) + arena->current->used;
    arena->current->used += bytes;
#ifdef PAL_DEBUG
    memset(block, 0xa5, bytes); /* whoever counts on zeros finds out */
#endif
    return block;
}

pal_arena_mark pal_arena_here(const pal_arena *arena)
{
    return (pal_arena_mark){ arena->current, arena->current->used };
}

void pal_arena_rewind(pal_arena *arena, pal_arena_mark mark)
{
    chunk *c = mark.chunk;

    PAL_ASSERT(c != NULL && mark.used <= c->size);
    c->used = mark.used;
    arena->current = c;
}

/* Checked heap allocation; each try is counted, so that a test can let any one of them fail. */
#include "core/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A cache line, and the widest vector register of today. */
#define ALIGNMENT 64

static atomic_size_t tried;
static atomic_size_t fail_at; /* 0 = never */

void pal_mem_fail_at(size_t n)
{
    atomic_store(&fail_at, 0); /* no allocation may meet the old limit with the new count */
    atomic_store(&tried, 0);
    atomic_store(&fail_at, n);
}

size_t pal_mem_count(void)
{
    return atomic_load(&tried);
}

static bool must_fail(void)
{
    size_t number = atomic_fetch_add_explicit(&tried, 1, memory_order_relaxed) + 1;

    return number == atomic_load_explicit(&fail_at, memory_order_relaxed);
}

/* Not zeroed; NULL on overflow, exhaustion, or when a test asked for it. */
static void *take(size_t n, size_t size)
{
    void *block = NULL;
    size_t bytes;

    if (must_fail() || (size != 0 && n > (PTRDIFF_MAX - ALIGNMENT) / size)) {
        return NULL;
    }
    bytes = n * size;
    if (posix_memalign(&block, ALIGNMENT, bytes == 0 ? 1 : bytes) != 0) {
        return NULL;
    }
    return block;
}

void *pal_calloc(size_t n, size_t size)
{
    void *block = take(n, size);

    if (block != NULL) {
        memset(block, 0, n * size);
    }
    return block;
}

/* Not realloc: it would lose the alignment. */
void *pal_resize(void *block, size_t old_n, size_t n, size_t size)
{
    size_t kept = block == NULL ? 0 : old_n < n ? old_n : n;
    unsigned char *moved = take(n, size);

    if (moved == NULL) {
        return NULL;
    }
    if (kept != 0) {
        memcpy(moved, block, kept * size);
    }
    memset(moved + kept * size, 0, (n - kept) * size);
    free(block);
    return moved;
}

void pal_free(void *block)
{
    free(block);
}

char *pal_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = take(n, 1);

    if (copy != NULL) {
        memcpy(copy, text, n);
    }
    return copy;
}

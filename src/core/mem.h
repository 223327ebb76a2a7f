/* Checked heap allocation, with a switch that makes the n-th one fail (for tests). */
#ifndef PAL_CORE_MEM_H
#define PAL_CORE_MEM_H

#include "core/error.h"

#include <stddef.h>

/*
 * n objects of `size` bytes, zeroed, 64-byte aligned; NULL when memory is out or n * size overflows.
 * n = 0 gives a valid pointer. The caller frees with pal_free.
 */
void *pal_calloc(size_t n, size_t size);

/* Resize a block from pal_calloc/pal_resize that held old_n objects to n; new ones are zeroed.
 * NULL on failure, the old block then is untouched. Accepts NULL as the block. */
void *pal_resize(void *block, size_t old_n, size_t n, size_t size);

void pal_free(void *block); /* accepts NULL */

/* A copy of a string; NULL when memory is out. Caller frees with pal_free. */
char *pal_strdup(const char *text);

/* Tests only: let the n-th allocation from now (1 = the next) fail, once; 0 turns it off.
 * Counted over all threads. */
void pal_mem_fail_at(size_t n);
/* Tests only: allocations tried since the last pal_mem_fail_at. */
size_t pal_mem_count(void);

/* ptr = n zeroed objects of its own type, or PAL_FAIL(PAL_ERR_MEMORY). */
#define PAL_NEW(ptr, n)                                                                    \
    do {                                                                                   \
        (ptr) = pal_calloc((size_t)(n), sizeof *(ptr));                                    \
        if ((ptr) == NULL) {                                                               \
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu objects of %zu bytes (%s)",       \
                     (size_t)(n), sizeof *(ptr), #ptr);                                    \
        }                                                                                  \
    } while (0)

#endif

/* Distinct strings, numbered in the order in which they were first met. */
#ifndef PAL_DATA_INTERN_H
#define PAL_DATA_INTERN_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* Start from {0}; pal_intern_clear gives all memory back. Iteration is by number, so the order of the hash table
 * never reaches a result. */
typedef struct pal_intern {
    char *bytes;       /* every string with its NUL, one after the other */
    size_t n_bytes, bytes_capacity;
    size_t *offset;    /* n, into bytes                                  */
    uint64_t *hash;    /* n                                              */
    size_t n, capacity;
    uint32_t *slot;    /* open addressing: number + 1, 0 = free          */
    size_t n_slots;    /* 0 or a power of two, more than half free       */
} pal_intern;

/* *number = the string's number; *is_new (may be NULL) says whether this call made it. text need not end in NUL.
 * The table is unchanged on PAL_ERR_MEMORY. */
PAL_MUST_USE pal_status pal_intern_add(pal_intern *table, const char *text, size_t length, uint32_t *number,
                                       bool *is_new, pal_error *err);
/* Borrowed until the next add. */
const char *pal_intern_text(const pal_intern *table, size_t number);
void pal_intern_clear(pal_intern *table);

#endif

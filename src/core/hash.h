/* Digests: XXH3 (libxxhash), 64 bit for states and names, 128 bit for files. */
#ifndef PAL_CORE_HASH_H
#define PAL_CORE_HASH_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_HASH_HEX 33 /* 32 hex digits and the end */

/* 64-bit digest of bytes. */
uint64_t pal_hash(const void *bytes, size_t n);
uint64_t pal_hash_text(const char *text);
/* Fold another digest into one; the order matters. */
uint64_t pal_hash_mix(uint64_t a, uint64_t b);
/* Digest of doubles with -0 taken as 0 and every NaN as one NaN. */
uint64_t pal_hash_doubles(const double *x, size_t n);
uint64_t pal_hash_floats(const float *x, size_t n);

/* Streaming 128-bit digest (the one `xxh128sum` prints). */
typedef struct pal_hasher pal_hasher;
PAL_MUST_USE pal_status pal_hasher_new(pal_hasher **out, pal_error *err);
void pal_hasher_free(pal_hasher *hasher); /* accepts NULL */
void pal_hasher_reset(pal_hasher *hasher);
void pal_hasher_add(pal_hasher *hasher, const void *bytes, size_t n);
void pal_hasher_hex(const pal_hasher *hasher, char hex[PAL_HASH_HEX]);

/* 128-bit digest of a whole file. PAL_ERR_IO names the path. */
PAL_MUST_USE pal_status pal_hash_file(char hex[PAL_HASH_HEX], const char *path, pal_error *err);

#endif

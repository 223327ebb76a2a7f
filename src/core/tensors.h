/* Named arrays and short texts in one file: the safetensors format, with a checksum. Python opens them as they are. */
#ifndef PAL_CORE_TENSORS_H
#define PAL_CORE_TENSORS_H

#include "core/error.h"
#include "core/hash.h"
#include "core/npy.h" /* pal_dtype */

#include <stddef.h>
#include <stdint.h>

#define PAL_TENSOR_DIMS 4

/*
 * The file: 8 bytes little-endian length of the header, a JSON header {"__metadata__": {texts}, "name": {"dtype": "F32",
 * "shape": [..], "data_offsets": [begin, end]}, …} padded with blanks to a multiple of 8, then the arrays in the order
 * of their names, C order, little endian, without gaps. Two members of "__metadata__" are ours and written by
 * pal_tensors_save: "palate" (the format's version, "1") and "xxh128" (digest of all bytes behind the header).
 * Source: the safetensors format as published by its authors.
 */
typedef struct pal_tensors pal_tensors;

PAL_MUST_USE pal_status pal_tensors_new(pal_tensors **out, pal_error *err); /* empty; the caller owns *out */
void pal_tensors_free(pal_tensors *tensors);                              /* accepts NULL */

/* Add a copy of an array; shape holds n_dims sizes (0..PAL_TENSOR_DIMS; 0 dims = one value). PAL_ERR_DATA when the
 * name is there already. */
PAL_MUST_USE pal_status pal_tensors_put(pal_tensors *tensors, const char *name, pal_dtype type, size_t n_dims,
                                        const uint64_t *shape, const void *data, pal_error *err);
PAL_MUST_USE pal_status pal_tensors_put_text(pal_tensors *tensors, const char *key, const char *value, pal_error *err);

/*
 * The bytes of an array, borrowed. type and the number of dims must be as wanted; shape (n_dims, may be NULL) is filled.
 *   PAL_ERR_DATA  not there, or of another type or rank: the text names the file, the array, what was found and wanted
 */
PAL_MUST_USE pal_status pal_tensors_get(const void **data, uint64_t *shape, const pal_tensors *tensors,
                                        const char *name, pal_dtype type, size_t n_dims, pal_error *err);
bool pal_tensors_has(const pal_tensors *tensors, const char *name);
const char *pal_tensors_text(const pal_tensors *tensors, const char *key); /* borrowed; NULL when it is not there */
const char *pal_tensors_file(const pal_tensors *tensors);                  /* the path it was loaded from, or "" */

/* Write by way of a temporary name; hex (may be NULL) gets the digest of the whole file. Same content, same bytes. */
PAL_MUST_USE pal_status pal_tensors_save(const pal_tensors *tensors, const char *path, char hex[PAL_HASH_HEX],
                                         pal_error *err);
/*
 * Read a file of ours or of another writer (then without "xxh128", which is not checked). The caller owns *out.
 *   PAL_ERR_IO     cannot be read
 *   PAL_ERR_PARSE  header damaged: not JSON, offsets outside, overlapping or with gaps, size not that of the shape,
 *                  unknown type; the text names the file and the array
 *   PAL_ERR_DATA   the checksum is not that of the bytes
 */
PAL_MUST_USE pal_status pal_tensors_load(pal_tensors **out, const char *path, pal_error *err);
/* The same from bytes in memory; `name` stands for the file in messages. */
PAL_MUST_USE pal_status pal_tensors_parse(pal_tensors **out, const char *bytes, size_t n, const char *name,
                                          pal_error *err);

#endif

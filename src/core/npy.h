/* NumPy .npy files (format 1.0, little endian, C order, 1-d or 2-d). */
#ifndef PAL_CORE_NPY_H
#define PAL_CORE_NPY_H

#include "core/error.h"
#include "core/file.h"

#include <stddef.h>
#include <stdint.h>

typedef enum pal_dtype { PAL_U8, PAL_U16, PAL_U32, PAL_U64, PAL_I32, PAL_I64, PAL_F32, PAL_F64 } pal_dtype;
size_t pal_dtype_size(pal_dtype type);

/* A column written piece by piece; the row count is filled in at commit (fixed-size header). */
typedef struct pal_npy_writer pal_npy_writer;
PAL_MUST_USE pal_status pal_npy_open(pal_npy_writer **out, const char *path, pal_dtype type, size_t width,
                                     uint64_t n_rows, pal_error *err); /* n_rows known beforehand; width 1 = 1-d */
void pal_npy_add(pal_npy_writer *w, const void *rows, size_t n);
PAL_MUST_USE pal_status pal_npy_commit(pal_npy_writer **w, char hex[PAL_HASH_HEX], pal_error *err);
void pal_npy_abort(pal_npy_writer **w);

/* A whole array; *data is n_rows * width elements of *type, caller pal_frees. */
PAL_MUST_USE pal_status pal_npy_load(void **data, pal_dtype *type, uint64_t *n_rows, size_t *width,
                                     const char *path, pal_error *err);

#endif

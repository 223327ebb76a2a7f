/* Arrays of a state in and out of a tensors file: one list of fields serves both ways, so that none is forgotten in one. */
#ifndef PAL_CORE_FIELDS_H
#define PAL_CORE_FIELDS_H

#include "core/error.h"
#include "core/tensors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One array. */
typedef struct pal_field {
    const char *name; /* in the file: PART.NAME, at most PAL_FIELD_NAME - 1 bytes */
    pal_dtype type;
    size_t n;         /* values; of no meaning for rows                           */
    void *data;       /* read by save, written by restore                         */
} pal_field;

#define PAL_FIELD_NAME 96

/* The type of what a pointer points to; size_t counts as uint64_t. */
#define PAL_DTYPE_OF(pointer)                                                                                  \
    _Generic((pointer), bool *: PAL_U8, uint8_t *: PAL_U8, uint16_t *: PAL_U16, uint32_t *: PAL_U32,           \
             uint64_t *: PAL_U64, int32_t *: PAL_I32, int64_t *: PAL_I64, float *: PAL_F32, double *: PAL_F64)
#define PAL_FIELD(name, pointer, n) { (name), PAL_DTYPE_OF(pointer), (n), (pointer) }
#define PAL_COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Put n_fields arrays under PART.NAME. PAL_ERR_DATA when a name is there already. */
PAL_MUST_USE pal_status pal_fields_save(pal_tensors *file, const char *part, const pal_field *field, size_t n_fields,
                                        pal_error *err);
/*
 * Fill them again. On error nothing is changed.
 *   PAL_ERR_DATA  one is missing, of another type or length: names the file and the array
 */
PAL_MUST_USE pal_status pal_fields_restore(const pal_field *field, size_t n_fields, const pal_tensors *file,
                                           const char *part, pal_error *err);

/* Rows of which only the first n[r] places are used. */
typedef struct pal_rows {
    size_t n_rows;
    const uint32_t *n;   /* n_rows: used places                                  */
    const size_t *begin; /* n_rows + 1: where rows begin; NULL: every `stride`   */
    size_t stride;
} pal_rows;

/* The same for rows: only the used places are written, one row behind the other. */
PAL_MUST_USE pal_status pal_rows_save(pal_tensors *file, const char *part, const pal_field *field, size_t n_fields,
                                      const pal_rows *rows, pal_error *err);
/* rows->n must be restored before. PAL_ERR_DATA also when a row is longer than its room; then nothing is changed. */
PAL_MUST_USE pal_status pal_rows_restore(const pal_field *field, size_t n_fields, const pal_rows *rows,
                                         const pal_tensors *file, const char *part, pal_error *err);

/* An array of a length that only the file knows: borrowed, n values. */
PAL_MUST_USE pal_status pal_field_find(const void **data, size_t *n, const pal_tensors *file, const char *part,
                                       const char *name, pal_dtype type, pal_error *err);

#endif

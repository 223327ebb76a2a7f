/* What tensors.c and tensors_file.c share. Only tensors.c and its neighbours include it. */
#ifndef PAL_CORE_TENSORS_PARTS_H
#define PAL_CORE_TENSORS_PARTS_H

#include "core/tensors.h"

typedef struct pal_tensor {
    char *name;
    pal_dtype type;
    size_t n_dims;
    uint64_t shape[PAL_TENSOR_DIMS];
    size_t bytes;
    void *data; /* 64-byte aligned */
} pal_tensor;

typedef struct pal_tensor_text {
    char *key, *value;
} pal_tensor_text;

struct pal_tensors {
    size_t n, n_texts;
    pal_tensor *array;     /* n, in the order of their names    */
    pal_tensor_text *text; /* n_texts, in the order of their keys */
    char *file;            /* loaded from; NULL                 */
};

/* Bytes of an array; false when they cannot be counted. */
bool pal_tensor_bytes(size_t *bytes, pal_dtype type, size_t n_dims, const uint64_t *shape);
const char *pal_tensor_type_name(pal_dtype type); /* "F32" … as the format spells it */

#endif

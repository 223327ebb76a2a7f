/* Arrays of a fitted model in its file: put, and read back with every shape checked. */
#ifndef PAL_MODELS_REC_ARRAYS_H
#define PAL_MODELS_REC_ARRAYS_H

#include "core/csr.h"
#include "core/error.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

/* Two counts under one name: people and items, or what else a model has. */
PAL_MUST_USE pal_status pal_rec_put_sizes(pal_tensors *file, const char *name, size_t a, size_t b, pal_error *err);
/* PAL_ERR_DATA when one is above UINT32_MAX. */
PAL_MUST_USE pal_status pal_rec_get_sizes(size_t *a, size_t *b, const pal_tensors *file, const char *name,
                                          pal_error *err);

/* n floats (rows x n_cols when n_cols is not 0). */
PAL_MUST_USE pal_status pal_rec_put_floats(pal_tensors *file, const char *name, const float *x, size_t rows,
                                           size_t n_cols, pal_error *err);
/* A copy; the caller pal_frees. PAL_ERR_DATA when the shape is another or a value is not finite: names the place. */
PAL_MUST_USE pal_status pal_rec_get_floats(float **x, const pal_tensors *file, const char *name, size_t rows,
                                           size_t n_cols, pal_error *err);

/* A sparse matrix as NAME.begin, NAME.col and NAME.value. */
PAL_MUST_USE pal_status pal_rec_put_csr(pal_tensors *file, const char *name, const pal_csr *matrix, pal_error *err);
/*
 * A copy of n_rows x n_cols; the caller owns *out. PAL_ERR_DATA names the file, the array and the place when rows do
 * not ascend, columns do not ascend or lie outside, or a value is not finite.
 */
PAL_MUST_USE pal_status pal_rec_get_csr(pal_csr **out, const pal_tensors *file, const char *name, size_t n_rows,
                                        size_t n_cols, pal_error *err);

#endif

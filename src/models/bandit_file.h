/* The arrays of bandits in files of named arrays: PREFIX/NAME, always two sizes. */
#ifndef PAL_MODELS_BANDIT_FILE_H
#define PAL_MODELS_BANDIT_FILE_H

#include "core/error.h"
#include "core/tensors.h"

#include <stddef.h>

PAL_MUST_USE pal_status pal_bandit_put(pal_tensors *file, const char *prefix, const char *name, pal_dtype type,
                                       size_t rows, size_t columns, const void *data, pal_error *err);
/* The array, borrowed from the file. PAL_ERR_DATA when it is not there or not rows x columns: both sizes are named. */
PAL_MUST_USE pal_status pal_bandit_get(const void **data, const pal_tensors *file, const char *prefix,
                                       const char *name, pal_dtype type, size_t rows, size_t columns, pal_error *err);
/* PAL_ERR_DATA unless the diagonals of n packed lower triangles (or, packed = d, n plain diagonals) are above 0 and finite. */
PAL_MUST_USE pal_status pal_bandit_check_diagonals(const double *a, size_t n, size_t d, size_t packed,
                                                   const pal_tensors *file, const char *prefix, const char *name,
                                                   pal_error *err);

#endif

/* The Gram matrix of the items: what two items' people have in common. Shared by EASE and SLIM. */
#ifndef PAL_MODELS_GRAM_H
#define PAL_MODELS_GRAM_H

#include "core/csr.h"
#include "core/error.h"

#include <stddef.h>

/*
 * Fail with PAL_ERR_DATA when matrices of `bytes` bytes a pair of items exceed the limit: the text names the model, the
 * items, what they need, and the parameter "memory_gib".
 */
PAL_MUST_USE pal_status pal_gram_fits(const char *model, size_t n_items, size_t bytes, double limit_gib,
                                      pal_error *err);

/*
 * g (n_items x n_items, row-major, symmetric) = X'X of rows X (people x items); cols is its transpose. Sums run over
 * people in ascending order, in double: exact, same bytes at any thread count.
 */
PAL_MUST_USE pal_status pal_gram(double *g, const pal_csr *rows, const pal_csr *cols, size_t n_threads,
                                 pal_error *err);

#endif

/* How far two partitions of the same things agree: adjusted Rand index and normalised mutual information. */
#ifndef PAL_CORE_PARTITION_H
#define PAL_CORE_PARTITION_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Adjusted Rand index of two labelings of n things: 1 for equal partitions, 0 expected by chance, may be negative.
 * Labels are any numbers. 1 when both put all things into one class, or each into a class of its own.
 * Exact (integer pair counts). Source: Hubert and Arabie, J. Classification 2 (1985), 193-218.
 *   PAL_ERR_SHAPE  n is 0 or above UINT32_MAX
 */
PAL_MUST_USE pal_status pal_adjusted_rand(double *index, const uint32_t *a, const uint32_t *b, size_t n,
                                          pal_error *err);
/*
 * Normalised mutual information, 0..1: 2 I(a, b) / (H(a) + H(b)); 1 when both have no entropy.
 * Source: Vinh, Epps, Bailey, JMLR 11 (2010), arithmetic mean form (scikit-learn's default).
 *   PAL_ERR_SHAPE  n is 0 or above UINT32_MAX
 */
PAL_MUST_USE pal_status pal_mutual_information(double *nmi, const uint32_t *a, const uint32_t *b, size_t n,
                                               pal_error *err);

#endif

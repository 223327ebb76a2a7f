/* Sorting of scores and counts by radix: linear, stable, hence ties always by index. */
#ifndef PAL_METRICS_RANK_ORDER_H
#define PAL_METRICS_RANK_ORDER_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * order (n) = row numbers by ascending score, equal scores (0 and -0 too) by ascending row number.
 *   PAL_ERR_DATA    a score is NaN; the text names the row
 *   PAL_ERR_SHAPE   n does not fit 32 bits
 *   PAL_ERR_MEMORY  out of memory (12 bytes a row while it runs)
 */
PAL_MUST_USE pal_status pal_order_scores(uint32_t *order, const float *score, size_t n, pal_error *err);

/* Sort counts upwards in place; scratch has n entries. */
void pal_sort_counts(uint32_t *count, uint32_t *scratch, size_t n);

/* PAL_ERR_DATA naming the row unless every label is 0 or 1. */
PAL_MUST_USE pal_status pal_labels_check(const uint8_t *label, size_t n, pal_error *err);

#endif

/* Rankings of many items: a stable radix sort by score, ties by id. */
#ifndef PAL_STAGES_ORDER_H
#define PAL_STAGES_ORDER_H

#include <stddef.h>
#include <stdint.h>

/*
 * order = 0..n-1 by falling score, equal scores (0 and -0 are equal) by rising index. No NaN.
 *
 *   order  out  n
 *   score  in   n
 *   work   tmp  3 * n words
 */
void pal_order_falling(uint32_t *order, const float *score, size_t n, uint32_t *work);

#endif

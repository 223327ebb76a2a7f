/* Inside the data room: groups of nearby items, and bounds that let a scan skip a whole group. */
#ifndef PAL_DATA_BLOCKS_H
#define PAL_DATA_BLOCKS_H

#include "core/error.h"
#include "data/catalog.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Group n points into ceil(n / PAL_BLOCK_ITEMS) blocks of nearly equal size by recursive bisection: at each step the
 * points are cut across their widest principal axis.
 *
 *   order   in/out n            point numbers; comes out grouped, inside a block in the order in which they came in
 *   end     out    block count  end of each block in `order`
 *   point   in                  row p holds the d coordinates of point p
 *
 * The blocks depend on the points in their given order only. PAL_ERR_MEMORY: O(n + d*d) scratch.
 */
PAL_MUST_USE pal_status pal_blocks_split(uint32_t *order, uint32_t *end, const float *point, size_t n, size_t d,
                                         pal_error *err);

/*
 * Fill block_direction, block_cos, block_center, block_radius and block_popularity of a catalog whose items and
 * block_begin stand. block_cos is below, and block_radius above, what any float evaluation gives for any member:
 * proven in tests/data/test_blocks.c.
 */
void pal_blocks_bound(pal_catalog *catalog);

#endif

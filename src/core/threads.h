/* The one door to threads. */
#ifndef PAL_CORE_THREADS_H
#define PAL_CORE_THREADS_H

#include "core/error.h"

#include <stddef.h>

/*
 * Work on rows [begin, end). `block` is the block's number, `worker` in [0, n_threads) names the thread
 * (for scratch memory only: results must not depend on it). A worker writes only its own rows and its
 * block's partial sums; the caller merges partial sums afterwards in block order.
 */
typedef pal_status (*pal_block_fn)(void *ctx, size_t begin, size_t end, size_t block, size_t worker,
                                   pal_error *err);

/*
 * Run fn over [0, n) in blocks of `block` rows (> 0) on n_threads threads (>= 1). The block size must not
 * depend on n_threads. Every block is run even after another failed; the error returned is the first
 * failing block's in block order. Threads are kept for the next call; a call from inside a block, or beside another
 * call, works on its own thread alone. No memory is taken.
 *   PAL_ERR_INTERNAL  a thread could not be made
 */
PAL_MUST_USE pal_status pal_parallel_for(size_t n, size_t block, size_t n_threads, pal_block_fn fn,
                                         void *ctx, pal_error *err);

/* Processors this process may use; at least 1. */
size_t pal_threads_available(void);

/* Blocks of `block` rows that cover n. */
static inline size_t pal_blocks(size_t n, size_t block)
{
    return n / block + (n % block != 0);
}

#endif

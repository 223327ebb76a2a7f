/* A person's own draws of a round, four words a Philox block instead of one. */
#ifndef PAL_STAGES_DRAWS_H
#define PAL_STAGES_DRAWS_H

#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

/* Lives on the stack of one serve: a counter over the blocks of one place, not a shared stream. */
typedef struct pal_draws {
    pal_key key;
    pal_at at;
    uint64_t word[4], block;
    unsigned used; /* 32-bit halves of word[] handed out, 0..8 */
} pal_draws;

static inline pal_draws pal_draws_for(pal_key key, uint32_t user, uint32_t round)
{
    return (pal_draws){ .key = key, .at = { user, round, 0 }, .used = 8 };
}

/* 32 fresh bits: the low, then the high half of each word. */
static inline uint32_t pal_draws_u32(pal_draws *draws)
{
    uint64_t word;

    if (draws->used == 8) {
        pal_block(draws->key, draws->at, draws->block++, draws->word);
        draws->used = 0;
    }
    word = draws->word[draws->used >> 1];
    return (uint32_t)(draws->used++ & 1 ? word >> 32 : word);
}

/* [0, 1), a multiple of 2^-32. */
static inline double pal_draws_unit(pal_draws *draws)
{
    return (double)pal_draws_u32(draws) * 0x1p-32;
}

/* Unbiased in [0, n), 0 < n < 2^32. Source: Lemire 2019, with 32-bit words. */
static inline uint32_t pal_draws_below(pal_draws *draws, uint32_t n)
{
    uint64_t product = (uint64_t)pal_draws_u32(draws) * n;

    if ((uint32_t)product < n) { /* the only case that may need the division */
        const uint32_t reject = (uint32_t)(0u - n) % n;

        while ((uint32_t)product < reject) {
            product = (uint64_t)pal_draws_u32(draws) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

#endif

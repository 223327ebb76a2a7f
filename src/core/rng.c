/* What of the counter-based generator does not belong in a header. */
#include "core/rng.h"

#include "core/error.h"
#include "core/hash.h"

/* The name's digest goes through the generator under the old key; `who` all ones keeps it off every drawn place. */
pal_key pal_key_named(pal_key key, const char *name)
{
    const pal_at at = { UINT64_MAX, UINT64_MAX, pal_hash_text(name) };
    uint64_t words[4];

    pal_block(key, at, UINT64_MAX, words);
    return (pal_key){ words[0], words[1] };
}

/* Source: D. Lemire, Fast random integer generation in an interval, ACM TOMACS 29 (2019). */
uint64_t pal_below(pal_key key, pal_at at, uint64_t *draw, uint64_t n)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product;

    PAL_ASSERT(n > 0);
    product = (u128)pal_u64(key, at, (*draw)++) * n;
    if ((uint64_t)product < n) {
        uint64_t least = (0 - n) % n; /* 2^64 mod n low words would be drawn once too often */

        while ((uint64_t)product < least) product = (u128)pal_u64(key, at, (*draw)++) * n;
    }
    return (uint64_t)(product >> 64);
}

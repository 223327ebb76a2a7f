/* Counter-based randomness: a draw is a pure function of what it is for. */
#ifndef PAL_CORE_RNG_H
#define PAL_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a draw is for. Append only: the numbers are part of every digest. */
typedef enum pal_purpose {
    PAL_FOR_CATALOG = 1,   /* the synthetic catalog                                    */
    PAL_FOR_PERSON = 2,    /* the population: tastes, demographics, habits             */
    PAL_FOR_DRIFT = 3,     /* drift, birth of tastes, leaving                          */
    PAL_FOR_CHOICE = 4,    /* a person's answer to an item in a round                  */
    PAL_FOR_EXPLORE = 5,   /* a stage's own draws while serving (mix the arm's name in) */
    PAL_FOR_TRAIN = 6,     /* a stage's own draws while learning (mix the arm's name in) */
    PAL_FOR_BOOTSTRAP = 7, /* resampling of people                                     */
    PAL_FOR_PRESENCE = 8,  /* who turns up in a round                                  */
    PAL_FOR_EXAMINE = 9,   /* which slots are looked at                                */
    PAL_FOR_PROBE = 10,    /* the probe sample and its answers                         */
    PAL_FOR_PERMUTE = 11,  /* permutation tests                                        */
    PAL_FOR_TEST = 12      /* tests and benchmarks                                     */
} pal_purpose;

typedef struct pal_key { /* Philox 4x64-10 key */
    uint64_t seed, stream;
} pal_key;

typedef struct pal_at { /* counter words 3, 2, 1 */
    uint64_t who, round, what;
} pal_at;

static inline pal_key pal_key_for(uint64_t seed, uint32_t replicate, pal_purpose purpose)
{
    return (pal_key){ seed, (uint64_t)replicate << 32 | (uint32_t)purpose };
}

/* A key of its own for a named thing (an arm, a stage inside an arm): adding one changes no other. */
pal_key pal_key_named(pal_key key, const char *name);

#define PAL_PHILOX_M0 UINT64_C(0xD2E7470EE14C6C93)
#define PAL_PHILOX_M1 UINT64_C(0xCA5A826395121157)
#define PAL_PHILOX_W0 UINT64_C(0x9E3779B97F4A7C15)
#define PAL_PHILOX_W1 UINT64_C(0xBB67AE8584CAA73B)

/*
 * Philox 4x64-10, one block: four 64-bit words from a counter of four.
 * Source: Salmon, Moraes, Dror, Shaw, SC'11. Known-answer vectors: tests/core/test_rng.c.
 */
static inline void pal_philox(const uint64_t counter[4], const uint64_t key[2], uint64_t out[4])
{
    uint64_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint64_t k0 = key[0], k1 = key[1];

    for (int r = 0; r < 10; r++) {
        __extension__ typedef unsigned __int128 u128;
        u128 p0 = (u128)PAL_PHILOX_M0 * c0;
        u128 p1 = (u128)PAL_PHILOX_M1 * c2;
        uint64_t hi0 = (uint64_t)(p0 >> 64), lo0 = (uint64_t)p0;
        uint64_t hi1 = (uint64_t)(p1 >> 64), lo1 = (uint64_t)p1;

        c0 = hi1 ^ c1 ^ k0;
        c1 = lo1;
        c2 = hi0 ^ c3 ^ k1;
        c3 = lo0;
        k0 += PAL_PHILOX_W0;
        k1 += PAL_PHILOX_W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* The four words of block `block` at a place; draw d of pal_u64 is word d & 3 of block d >> 2. */
static inline void pal_block(pal_key key, pal_at at, uint64_t block, uint64_t out[4])
{
    const uint64_t counter[4] = { block, at.what, at.round, at.who };
    const uint64_t k[2] = { key.seed, key.stream };

    pal_philox(counter, k, out);
}

/* Uniform over 64 bits. */
static inline uint64_t pal_u64(pal_key key, pal_at at, uint64_t draw)
{
    uint64_t out[4];

    pal_block(key, at, draw >> 2, out);
    return out[draw & 3];
}

/* 64 random bits as a double in [0, 1), a multiple of 2^-53. */
static inline double pal_unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

/* 64 random bits as a double in (0, 1): never 0, never 1; a multiple of 2^-53 offset by 2^-54. */
static inline double pal_unit_open(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

/* [0, 1), multiples of 2^-53. */
static inline double pal_u01(pal_key key, pal_at at, uint64_t draw)
{
    return pal_unit(pal_u64(key, at, draw));
}

/* Unbiased integer in [0, n), n > 0 (Lemire 2019). A rejection counts *draw up; on return *draw is the
 * next unused draw. */
uint64_t pal_below(pal_key key, pal_at at, uint64_t *draw, uint64_t n);

#endif

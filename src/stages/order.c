/* Least-significant-digit radix sort over float keys: linear, stable, the same on every machine. */
#include "stages/order.h"

#include <string.h>

enum { DIGIT_BITS = 11, BUCKETS = 1 << DIGIT_BITS };

/* An unsigned number that rises when the score falls. */
static uint32_t falling_key(float score)
{
    const float positive_zero = score + 0.0f; /* -0 + 0 = 0 */
    uint32_t bits;

    memcpy(&bits, &positive_zero, sizeof bits);
    return bits & UINT32_C(0x80000000) ? bits : ~(bits | UINT32_C(0x80000000));
}

static void pass(uint32_t *to, const uint32_t *from, const uint32_t *key, size_t n, unsigned shift)
{
    uint32_t count[BUCKETS] = { 0 }, at = 0;

    for (size_t i = 0; i < n; i++) {
        count[(key[i] >> shift) & (BUCKETS - 1)]++;
    }
    for (size_t b = 0; b < BUCKETS; b++) {
        const uint32_t in_bucket = count[b];

        count[b] = at;
        at += in_bucket;
    }
    for (size_t i = 0; i < n; i++) {
        to[count[(key[from[i]] >> shift) & (BUCKETS - 1)]++] = from[i];
    }
}

void pal_order_falling(uint32_t *order, const float *score, size_t n, uint32_t *work)
{
    uint32_t *key = work, *a = work + n, *b = work + 2 * n;

    for (size_t i = 0; i < n; i++) {
        key[i] = falling_key(score[i]);
        a[i] = (uint32_t)i;
    }
    pass(b, a, key, n, 0); /* three digits cover 33 >= 32 bits */
    pass(a, b, key, n, DIGIT_BITS);
    pass(order, a, key, n, DIGIT_BITS * 2);
}

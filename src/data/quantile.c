/* Radix sort over the bits of floats, and quantiles by linear interpolation. */
#include "data/quantile.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define DIGIT_BITS 11
#define RADIX (1u << DIGIT_BITS)

/* Bits whose unsigned order is the order of the floats: negative ones are turned round, others lifted above them. */
static uint32_t key_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((bits & UINT32_C(0x80000000)) != 0 ? UINT32_C(0xffffffff) : UINT32_C(0x80000000));
}

static void sort_digit(float *to, const float *from, size_t n, unsigned shift)
{
    size_t begin[RADIX] = { 0 }, sum = 0;

    for (size_t i = 0; i < n; i++) {
        begin[(key_of(from[i]) >> shift) & (RADIX - 1)]++;
    }
    for (size_t r = 0; r < RADIX; r++) {
        size_t count = begin[r];

        begin[r] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++) {
        to[begin[(key_of(from[i]) >> shift) & (RADIX - 1)]++] = from[i];
    }
}

void pal_sort_floats(float *x, float *scratch, size_t n)
{
    sort_digit(scratch, x, n, 0);
    sort_digit(x, scratch, n, DIGIT_BITS);
    sort_digit(scratch, x, n, 2 * DIGIT_BITS);
    memcpy(x, scratch, n * sizeof *x);
}

double pal_quantile_sorted(const float *ascending, size_t n, double p)
{
    double at = (double)(n - 1) * p, below = floor(at), share = at - below;
    size_t i = (size_t)below;

    if (i + 1 >= n) {
        return (double)ascending[n - 1];
    }
    return (double)ascending[i] + share * ((double)ascending[i + 1] - (double)ascending[i]);
}

/* Radix sorts of scores and counts. */
#include "metrics/rank_order.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS ((size_t)1 << DIGIT_BITS)

/* Unsigned numbers in the order of the floats; 0 and -0 are one. */
static uint32_t sortable(float x)
{
    uint32_t bits;

    x += 0.0F; /* -0 + 0 is 0 */
    memcpy(&bits, &x, sizeof bits);
    return (bits & UINT32_C(0x80000000)) != 0 ? ~bits : bits | UINT32_C(0x80000000);
}

/* Where each digit's run starts. */
static void starts(size_t *start, const uint32_t *key, size_t n, unsigned shift)
{
    size_t sum = 0;

    memset(start, 0, DIGITS * sizeof *start);
    for (size_t i = 0; i < n; i++) {
        start[key[i] >> shift & (DIGITS - 1)]++;
    }
    for (size_t d = 0; d < DIGITS; d++) {
        size_t here = start[d];

        start[d] = sum;
        sum += here;
    }
}

pal_status pal_order_scores(uint32_t *order, const float *score, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *key = NULL, *spare = NULL;
    size_t start[DIGITS];
    uint32_t *from = order, *to;

    if (n > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "%zu scores to sort, at most 2^32 - 1 fit", n);
    }
    PAL_NEW(key, n);
    PAL_NEW(spare, n);
    for (size_t i = 0; i < n; i++) {
        if (isnan(score[i])) {
            PAL_FAIL(PAL_ERR_DATA, "score of row %zu is NaN", i);
        }
        key[i] = sortable(score[i]);
        order[i] = (uint32_t)i;
    }
    /* Three digits of 11 bits: after an odd number of passes the result is in the spare array. */
    to = spare;
    for (unsigned shift = 0; shift < 32; shift += DIGIT_BITS) {
        uint32_t *t = from;

        starts(start, key, n, shift);
        for (size_t i = 0; i < n; i++) {
            to[start[key[from[i]] >> shift & (DIGITS - 1)]++] = from[i];
        }
        from = to;
        to = t;
    }
    if (n > 0) {
        memcpy(order, spare, n * sizeof *order);
    }

done:
    pal_free(key);
    pal_free(spare);
    return rc;
}

void pal_sort_counts(uint32_t *count, uint32_t *scratch, size_t n)
{
    size_t start[DIGITS];
    uint32_t largest = 0, *from = count, *to = scratch;

    for (size_t i = 0; i < n; i++) {
        largest = count[i] > largest ? count[i] : largest;
    }
    for (unsigned shift = 0; shift < 32 && largest >> shift != 0; shift += DIGIT_BITS) {
        uint32_t *t = from;

        starts(start, from, n, shift);
        for (size_t i = 0; i < n; i++) {
            to[start[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        }
        from = to;
        to = t;
    }
    if (from != count) {
        memcpy(count, from, n * sizeof *count);
    }
}

pal_status pal_labels_check(const uint8_t *label, size_t n, pal_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (label[i] > 1) {
            return pal_error_set(err, PAL_ERR_DATA, "label of row %zu is %u, wanted 0 or 1", i, (unsigned)label[i]);
        }
    }
    return PAL_OK;
}

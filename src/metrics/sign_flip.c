/* Sign-flip permutation test: random bits eight people at a time through tables of signed sums. */
#include "metrics/compare.h"

#include "core/mem.h"
#include "core/sum.h"

#include <math.h>

#define GROUP 8                    /* people whose signs are one byte         */
#define PATTERNS (1u << GROUP)
#define BYTES_A_BLOCK 32           /* a Philox block: one byte for 32 flips   */
#define EQUAL_WITHIN 1e-12         /* of sum |d|: sums this near count as equal */

/* table[pattern] = sum of the group's differences, those whose bit is set with their sign turned. */
static void signed_sums(double table[PATTERNS], const double *d, size_t n)
{
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++) {
            sum += (pattern >> i & 1) != 0 ? -d[i] : d[i];
        }
        table[pattern] = sum;
    }
}

/* Add one group's signed sums to all flips. The byte of (group, flip) depends on the key, group and flip only. */
static void add_group(double *sum, size_t n_flips, const double table[PATTERNS], pal_key key, size_t group)
{
    for (size_t first = 0; first < n_flips; first += BYTES_A_BLOCK) {
        size_t n = n_flips - first < BYTES_A_BLOCK ? n_flips - first : BYTES_A_BLOCK;
        uint64_t word[4];

        pal_block(key, (pal_at){ group, 0, 0 }, first / BYTES_A_BLOCK, word);
        for (size_t i = 0; i < n; i++) {
            sum[first + i] += table[word[i / 8] >> (8 * (i % 8)) & (PATTERNS - 1)];
        }
    }
}

static pal_status check_differences(const double *d, size_t n, pal_error *err)
{
    for (size_t u = 0; u < n; u++) {
        if (!isfinite(d[u])) {
            return pal_error_set(err, PAL_ERR_DATA, "sign flips: difference %zu is not finite", u);
        }
    }
    return PAL_OK;
}

pal_status pal_sign_flip_p(double *out, const double *d, size_t n, const pal_compare_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_flips = config->n_permutations == 0 ? PAL_PERMUTATIONS : config->n_permutations, extreme = 0;
    double *sum = NULL, table[PATTERNS], observed = 0;
    pal_acc size = { 0 };

    PAL_TRY(check_differences(d, n, err));
    if (n == 0) {
        *out = NAN;
        goto done;
    }
    PAL_NEW(sum, n_flips);
    for (size_t g = 0; g * GROUP < n; g++) {
        size_t here = n - g * GROUP < GROUP ? n - g * GROUP : GROUP;

        signed_sums(table, d + g * GROUP, here);
        add_group(sum, n_flips, table, config->key, g);
        observed += table[0];
    }
    for (size_t u = 0; u < n; u++) {
        pal_acc_add(&size, fabs(d[u]));
    }
    for (size_t i = 0; i < n_flips; i++) {
        extreme += fabs(sum[i]) >= fabs(observed) - EQUAL_WITHIN * pal_acc_value(&size);
    }
    *out = (1 + (double)extreme) / (1 + (double)n_flips);

done:
    pal_free(sum);
    return rc;
}

/* One digest of results at any compiler, optimisation, vector width and thread count. */
#include "core/hash.h"
#include "metrics/auc.h"
#include "metrics/compare.h"
#include "metrics/diversity.h"
#include "metrics/interval.h"

#include <check.h>
#include <inttypes.h>

Suite *suite_metrics_same_bytes(void);

/* Whole arithmetic and core/rng only, no core/pmath: the number moves only when a metric or its draws do. It was
 * first seen with gcc 12 -O3 on x86-64 with 512-bit vectors; gcc -O0, clang 14 -O0 and -O3, and a build without
 * clones gave the same. */
#define EXPECTED UINT64_C(0xE718E77B0EB75080)

enum { PEOPLE = 50, EACH = 6, ROWS = PEOPLE * EACH, C = 19, B = 101 };

/* 48 bits, cheap and the same everywhere; not core/rng, so that the inputs stay whatever happens to it. */
static double next(uint64_t *state)
{
    *state = (*state * UINT64_C(25214903917) + 11) & UINT64_C(0xFFFFFFFFFFFF);
    return (double)*state * 0x1p-48;
}

static uint64_t fold(uint64_t digest, const pal_interval *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double part[4] = { x[i].value, x[i].lo, x[i].hi, x[i].se };

        digest = pal_hash_mix(digest, pal_hash_doubles(part, 4));
    }
    return digest;
}

static uint64_t digest_of(size_t threads)
{
    static double num[2][PEOPLE * C], den[2][PEOPLE * C];
    static size_t start[PEOPLE + 1];
    static uint32_t person[ROWS], item[ROWS];
    static float score[2][ROWS];
    static uint8_t label[ROWS];
    pal_interval out[C], one[3];
    pal_boot *boot = NULL;
    pal_gauc_result gauc;
    pal_compare_config config = { 999, pal_key_for(8, 0, PAL_FOR_PERMUTE) };
    double p;
    uint64_t state = 20261121, digest = 0;

    for (size_t i = 0; i < PEOPLE * C; i++) {
        for (size_t a = 0; a < 2; a++) {
            den[a][i] = next(&state) * 3;
            num[a][i] = den[a][i] * next(&state);
        }
    }
    for (size_t r = 0; r < ROWS; r++) {
        person[r] = (uint32_t)(r / EACH);
        start[person[r] + 1] = r + 1;
        item[r] = (uint32_t)(next(&state) * 90);
        score[0][r] = (float)next(&state);
        score[1][r] = (float)(uint32_t)(next(&state) * 9);
        label[r] = next(&state) < 0.4;
    }
    ck_assert_int_eq(pal_boot_new(&boot, PEOPLE, NULL, B, 0.9, pal_key_for(7, 0, PAL_FOR_BOOTSTRAP), threads, NULL),
                     PAL_OK);
    ck_assert_int_eq(pal_boot_ratio_many(out, boot, num[0], den[0], C, threads, NULL), PAL_OK);
    digest = fold(digest, out, C);
    ck_assert_int_eq(pal_boot_ratio_diff_many(out, boot, num[0], den[0], num[1], den[1], C, threads, NULL), PAL_OK);
    digest = fold(digest, out, C);
    ck_assert_int_eq(pal_boot_auc_diff(one, boot, person, score[0], score[1], label, ROWS, threads, NULL), PAL_OK);
    ck_assert_int_eq(pal_boot_spread(one + 1, one + 2, boot, &(pal_exposure){ start, item, 90 }, 0, threads, NULL),
                     PAL_OK);
    digest = fold(digest, one, 3);
    ck_assert_int_eq(pal_gauc(&gauc, score[1], label, person, ROWS, PEOPLE, NULL), PAL_OK);
    ck_assert_int_eq(pal_sign_flip_p(&p, num[0], PEOPLE, &config, NULL), PAL_OK);
    digest = pal_hash_mix(digest, pal_hash_doubles((const double[3]){ gauc.value, gauc.dropped_share, p }, 3));
    pal_boot_free(boot);
    return digest;
}

START_TEST(results_are_the_stored_bytes_at_any_thread_count)
{
    static const size_t threads[3] = { 1, 2, 7 };
    uint64_t digest = digest_of(threads[_i]);

    ck_assert_msg(digest == EXPECTED, "digest 0x%016" PRIX64 " at %zu threads", digest, threads[_i]);
}
END_TEST

Suite *suite_metrics_same_bytes(void)
{
    Suite *s = suite_create("metrics/same_bytes");
    TCase *t = tcase_create("same_bytes");

    tcase_add_loop_test(t, results_are_the_stored_bytes_at_any_thread_count, 0, 3);
    suite_add_tcase(s, t);
    return s;
}

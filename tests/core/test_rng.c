/* Counter-based draws: published vectors, ends, bias, and independence of neighbours. */
#include "core/rng.h"

#include "tests/support/holds.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CHANCE 1e-4 /* a fixed-seed statistic beyond this quantile fails the test */

static const pal_key KEY = { UINT64_C(20240917), UINT64_C(12) };

static double chi_square(const uint64_t *count, size_t n, double expected)
{
    double x = 0;

    for (size_t i = 0; i < n; i++) x += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    return x;
}

static void check_uniform(const uint64_t *count, size_t n, double expected)
{
    double x = chi_square(count, n, expected), df = (double)(n - 1);

    HOLDS(x < gsl_cdf_chisq_Qinv(CHANCE, df) && x > gsl_cdf_chisq_Pinv(CHANCE, df),
              "chi-square %g with %g degrees of freedom", x, df);
}

/* Source: Random123, tests/kat_vectors, the philox4x64 lines with 10 rounds. */
START_TEST(philox_gives_the_published_vectors)
{
    static const uint64_t vector[3][10] = {
        { 0, 0, 0, 0, 0, 0, UINT64_C(0x16554d9eca36314c), UINT64_C(0xdb20fe9d672d0fdc), UINT64_C(0xd7e772cee186176b),
          UINT64_C(0x7e68b68aec7ba23b) },
        { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_C(0x87b092c3013fe90b),
          UINT64_C(0x438c3c67be8d0224), UINT64_C(0x9cc7d7c69cd777b6), UINT64_C(0xa09caebf594f0ba0) },
        { UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344), UINT64_C(0xa4093822299f31d0),
          UINT64_C(0x082efa98ec4e6c89), UINT64_C(0x452821e638d01377), UINT64_C(0xbe5466cf34e90c6c),
          UINT64_C(0xa528f45403e61d95), UINT64_C(0x38c72dbd566e9788), UINT64_C(0xa5a1610e72fd18b5),
          UINT64_C(0x57bd43b5e52b7fe6) }
    };
    uint64_t out[4];

    pal_philox(vector[_i], vector[_i] + 4, out);
    for (int w = 0; w < 4; w++) ck_assert_uint_eq(out[w], vector[_i][6 + w]);
}
END_TEST

START_TEST(a_draw_is_one_word_of_its_block)
{
    const pal_at at = { 3, 5, 7 };
    uint64_t out[4];

    for (uint64_t draw = 0; draw < 40; draw++) {
        const uint64_t counter[4] = { draw / 4, at.what, at.round, at.who };
        const uint64_t key[2] = { KEY.seed, KEY.stream };

        pal_philox(counter, key, out);
        ck_assert_uint_eq(pal_u64(KEY, at, draw), out[draw % 4]);
    }
}
END_TEST

START_TEST(unit_ends_are_as_stated)
{
    HOLD(pal_unit(0) == 0);
    HOLD(pal_unit(UINT64_MAX) == 1 - 0x1p-53);
    HOLD(pal_unit(UINT64_C(1) << 11) == 0x1p-53);
    HOLD(pal_unit((UINT64_C(1) << 11) - 1) == 0);
    HOLD(pal_unit_open(0) == 0x1p-53);
    HOLD(pal_unit_open(UINT64_MAX) == 1 - 0x1p-53);
    HOLD(pal_unit_open(UINT64_C(1) << 63) - 0.5 == 0x1p-53);
}
END_TEST

START_TEST(open_units_mirror_around_a_half)
{
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t bits = pal_u64(KEY, (pal_at){ 1, 2, i }, 0);

        HOLD(pal_unit_open(bits) == 1 - pal_unit_open(~bits));
    }
}
END_TEST

START_TEST(key_holds_seed_replicate_and_purpose)
{
    pal_key key = pal_key_for(UINT64_C(0xfedcba9876543210), 0x89abcdef, PAL_FOR_CHOICE);

    ck_assert_uint_eq(key.seed, UINT64_C(0xfedcba9876543210));
    ck_assert_uint_eq(key.stream, UINT64_C(0x89abcdef00000004));
}
END_TEST

START_TEST(named_keys_depend_on_name_and_parent_only)
{
    static const char *const name[] = { "", "a", "b", "ab", "ba", "linear", "linear ", "Linear" };
    pal_key other = { KEY.seed, KEY.stream + 1 };

    for (size_t i = 0; i < 8; i++) {
        pal_key k = pal_key_named(KEY, name[i]), again = pal_key_named(KEY, name[i]);
        pal_key elsewhere = pal_key_named(other, name[i]);

        HOLD(k.seed == again.seed && k.stream == again.stream);
        HOLD(k.seed != elsewhere.seed && k.stream != elsewhere.stream);
        for (size_t j = 0; j < i; j++) {
            pal_key l = pal_key_named(KEY, name[j]);

            HOLD(k.seed != l.seed && k.stream != l.stream);
        }
    }
}
END_TEST

/* 2^16 draws keyed by a lattice of small neighbouring numbers fall evenly into 256 classes of high and of low bits. */
START_TEST(draws_over_a_lattice_of_places_are_uniform)
{
    uint64_t high[256] = { 0 }, low[256] = { 0 };

    for (uint64_t who = 0; who < 32; who++) {
        for (uint64_t round = 0; round < 32; round++) {
            for (uint64_t what = 0; what < 64; what++) {
                uint64_t x = pal_u64((pal_key){ (uint64_t)_i, 4 }, (pal_at){ who, round, what }, 0);

                high[x >> 56]++;
                low[x & 255]++;
            }
        }
    }
    check_uniform(high, 256, 256);
    check_uniform(low, 256, 256);
}
END_TEST

/* One step in one word of the counter or the key; the pair (u, u') falls evenly on a 16 x 16 board and its
 * correlation is within 4 standard errors of 0. */
START_TEST(draws_of_neighbouring_places_are_independent)
{
    enum { N = 1 << 16 };
    uint64_t board[256] = { 0 };
    double sum = 0, correlation;

    for (uint64_t i = 0; i < N; i++) {
        pal_key key = KEY, key2;
        pal_at at = { i, i >> 3, i >> 5 }, at2 = at;
        uint64_t draw = i & 7, draw2 = draw;
        double u, v;

        key.seed += i >> 2;
        key2 = key;
        if (_i == 0) at2.who++;
        if (_i == 1) at2.round++;
        if (_i == 2) at2.what++;
        if (_i == 3) draw2++;
        if (_i == 4) key2.seed++;
        if (_i == 5) key2.stream++;
        if (_i == 6) key2.stream += UINT64_C(1) << 32;
        u = pal_u01(key, at, draw);
        v = pal_u01(key2, at2, draw2);
        board[(size_t)(u * 16) * 16 + (size_t)(v * 16)]++;
        sum += (u - 0.5) * (v - 0.5);
    }
    check_uniform(board, 256, N / 256.0);
    correlation = sum / N * 12;
    HOLDS(fabs(correlation) < 4 / sqrt(N), "correlation %g", correlation);
}
END_TEST

START_TEST(every_bit_is_set_half_the_time)
{
    enum { N = 40000 };
    uint64_t set[64] = { 0 };

    for (uint64_t i = 0; i < N; i++) {
        uint64_t x = pal_u64(KEY, (pal_at){ i, 0, 0 }, i & 3);

        for (int b = 0; b < 64; b++) set[b] += x >> b & 1;
    }
    for (int b = 0; b < 64; b++) {
        double z = ((double)set[b] - N / 2.0) / sqrt(N / 4.0);

        HOLDS(fabs(z) < 4.5, "bit %d: z = %g", b, z);
    }
}
END_TEST

START_TEST(below_is_uniform)
{
    static const uint64_t sizes[] = { 2, 3, 7, 10, 97, 256, 1000 };
    uint64_t n = sizes[_i], count[1000] = { 0 }, draw = 0;

    for (uint64_t i = 0; i < 200 * n; i++) {
        uint64_t k = pal_below(KEY, (pal_at){ n, 0, 1 }, &draw, n);

        HOLD(k < n);
        count[k]++;
    }
    check_uniform(count, n, 200);
}
END_TEST

/* n = 3 * 2^62: multiply-shift without rejection would give every third value (0, 3, 6 ...) twice as often. */
START_TEST(below_has_no_bias_where_it_would_be_largest)
{
    const uint64_t n = UINT64_C(3) << 62;
    uint64_t count[3] = { 0 }, draw = 0;

    for (int i = 0; i < 60000; i++) count[pal_below(KEY, (pal_at){ 8, 8, 8 }, &draw, n) % 3]++;
    check_uniform(count, 3, 20000);
    /* a quarter of the draws is rejected: 60000 accepted take 80000 on average, sd 163 */
    HOLDS(fabs((double)draw - 80000) < 5 * 163.3, "%llu draws", (unsigned long long)draw);
}
END_TEST

START_TEST(below_counts_draws_up)
{
    uint64_t draw = 17;

    ck_assert_uint_eq(pal_below(KEY, (pal_at){ 0, 0, 0 }, &draw, 1), 0);
    ck_assert_uint_eq(draw, 18);
}
END_TEST

START_TEST(below_zero_is_misuse)
{
    uint64_t draw = 0;

    (void)pal_below(KEY, (pal_at){ 0, 0, 0 }, &draw, 0);
}
END_TEST

Suite *suite_core_rng(void);

Suite *suite_core_rng(void)
{
    const char *fork = getenv("CK_FORK");
    Suite *suite = suite_create("core/rng");
    TCase *tests = tcase_create("draws");

    tcase_add_loop_test(tests, philox_gives_the_published_vectors, 0, 3);
    tcase_add_test(tests, a_draw_is_one_word_of_its_block);
    tcase_add_test(tests, unit_ends_are_as_stated);
    tcase_add_test(tests, open_units_mirror_around_a_half);
    tcase_add_test(tests, key_holds_seed_replicate_and_purpose);
    tcase_add_test(tests, named_keys_depend_on_name_and_parent_only);
    tcase_add_loop_test(tests, draws_over_a_lattice_of_places_are_uniform, 0, 10);
    tcase_add_loop_test(tests, draws_of_neighbouring_places_are_independent, 0, 7);
    tcase_add_test(tests, every_bit_is_set_half_the_time);
    tcase_add_loop_test(tests, below_is_uniform, 0, 7);
    tcase_add_test(tests, below_has_no_bias_where_it_would_be_largest);
    tcase_add_test(tests, below_counts_draws_up);
    suite_add_tcase(suite, tests);

    if (fork == NULL || strcmp(fork, "no") != 0) {
        TCase *crash = tcase_create("misuse");

        tcase_set_tags(crash, "fork");
        tcase_add_test_raise_signal(crash, below_zero_is_misuse, SIGABRT);
        suite_add_tcase(suite, crash);
    }
    return suite;
}

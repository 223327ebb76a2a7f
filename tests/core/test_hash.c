/* Digests against xxHash's own sanity vectors, and numbers that mean the same. */
#include "core/hash.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

Suite *suite_core_hash(void);

/* The buffer of xxHash's sanity test (cli/xsum_sanity_check.c, XSUM_fillTestBuffer, v0.8.1). */
static void fill_sanity_buffer(unsigned char *buffer, size_t n)
{
    uint64_t generator = UINT64_C(2654435761);

    for (size_t i = 0; i < n; i++) {
        buffer[i] = (unsigned char)(generator >> 56);
        generator *= UINT64_C(11400714785074694797);
    }
}

START_TEST(hash_64_matches_the_published_vectors)
{
    static const struct {
        size_t n;
        uint64_t digest;
    } vector[] = { /* XSUM_XXH3_testdata, seed 0 */
        { 0, UINT64_C(0x2D06800538D394C2) },   { 1, UINT64_C(0xC44BDFF4074EECDB) },
        { 6, UINT64_C(0x27B56A84CD2D7325) },   { 12, UINT64_C(0xA713DAF0DFBB77E7) },
        { 24, UINT64_C(0xA3FE70BF9D3510EB) },  { 48, UINT64_C(0x397DA259ECBA1F11) },
        { 80, UINT64_C(0xBCDEFBBB2C47C90A) },  { 195, UINT64_C(0xCD94217EE362EC3A) },
        { 403, UINT64_C(0xCDEB804D65C6DEA4) }, { 512, UINT64_C(0x617E49599013CB6B) },
        { 2048, UINT64_C(0xDD59E2C3A5F038E0) }
    };
    unsigned char buffer[2048];

    fill_sanity_buffer(buffer, sizeof buffer);
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        ck_assert_uint_eq(pal_hash(buffer, vector[i].n), vector[i].digest);
    }
}
END_TEST

START_TEST(hash_128_matches_the_published_vectors_in_any_pieces)
{
    static const struct {
        size_t n;
        const char *hex;
    } vector[] = { /* XSUM_XXH128_testdata, seed 0, high word first as xxh128sum prints it */
        { 0, "99aa06d3014798d86001c324468d497f" },   { 1, "a6cd5e9392000f6ac44bdff4074eecdb" },
        { 6, "082afe0b8162d12a3e7039bdda43cfc6" },   { 12, "6e3efd8fc7802b18061a192713f69ad9" },
        { 24, "0ce966e4678d37611e7044d28b1b901d" },  { 48, "a002ac4e5478227ef942219aed80f67b" },
        { 81, "4952f58181ab00425e8bafb9f95fb803" },  { 222, "337e09641b948717f1aebd597cec6b3a" },
        { 403, "1b6de21e332dd73dcdeb804d65c6dea4" }
    };
    unsigned char buffer[512];
    char hex[PAL_HASH_HEX];
    pal_hasher *hasher = NULL;

    fill_sanity_buffer(buffer, sizeof buffer);
    ck_assert_int_eq(pal_hasher_new(&hasher, NULL), PAL_OK);
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        for (size_t piece = 1; piece <= 403; piece = 2 * piece + 1) {
            pal_hasher_reset(hasher);
            for (size_t at = 0; at < vector[i].n; at += piece) {
                size_t left = vector[i].n - at;

                pal_hasher_add(hasher, buffer + at, left < piece ? left : piece);
            }
            pal_hasher_hex(hasher, hex);
            ck_assert_str_eq(hex, vector[i].hex);
        }
    }
    pal_hasher_free(hasher);
    pal_hasher_free(NULL);
}
END_TEST

START_TEST(text_is_hashed_without_its_end)
{
    ck_assert_uint_eq(pal_hash_text("taste"), pal_hash("taste", 5));
    ck_assert_uint_eq(pal_hash_text(""), pal_hash("", 0));
}
END_TEST

START_TEST(mix_knows_the_order)
{
    uint64_t a = pal_hash_text("a"), b = pal_hash_text("b");

    ck_assert_uint_ne(pal_hash_mix(a, b), pal_hash_mix(b, a));
    ck_assert_uint_ne(pal_hash_mix(0, 0), 0);
    ck_assert_uint_eq(pal_hash_mix(a, b), pal_hash_mix(a, b));
}
END_TEST

START_TEST(zeros_and_nans_of_any_kind_digest_alike)
{
    double x[700], y[700];
    float f[700], g[700];

    for (size_t i = 0; i < 700; i++) {
        x[i] = y[i] = 0.1173 * (double)i;
        f[i] = g[i] = 2.385f * (float)i;
    }
    x[3] = f[3] = 0.0f;
    y[3] = g[3] = -0.0f;
    ck_assert_uint_eq(pal_hash_doubles(x, 700), pal_hash(x, sizeof x));
    ck_assert_uint_eq(pal_hash_doubles(x, 700), pal_hash_doubles(y, 700));
    ck_assert_uint_eq(pal_hash_floats(f, 700), pal_hash_floats(g, 700));
    x[600] = NAN;
    y[600] = -NAN;
    memcpy(&y[600], &(uint64_t){ UINT64_C(0xfff0000000000001) }, 8);
    f[600] = NAN;
    memcpy(&g[600], &(uint32_t){ UINT32_C(0xff800001) }, 4);
    ck_assert_uint_eq(pal_hash_doubles(x, 700), pal_hash_doubles(y, 700));
    ck_assert_uint_eq(pal_hash_floats(f, 700), pal_hash_floats(g, 700));
}
END_TEST

START_TEST(any_other_change_changes_the_digest)
{
    double x[300];
    float f[300];
    uint64_t before_x, before_f;

    for (size_t i = 0; i < 300; i++) {
        x[i] = (double)i - 150.5;
        f[i] = (float)i - 150.5f;
    }
    x[7] = NAN; /* the slow way */
    f[7] = NAN;
    before_x = pal_hash_doubles(x, 300);
    before_f = pal_hash_floats(f, 300);
    for (size_t i = 0; i < 300; i++) {
        double old_x = x[i];
        float old_f = f[i];

        x[i] = i == 7 ? INFINITY : -old_x;
        f[i] = i == 7 ? INFINITY : -old_f;
        ck_assert_uint_ne(pal_hash_doubles(x, 300), before_x);
        ck_assert_uint_ne(pal_hash_floats(f, 300), before_f);
        x[i] = old_x;
        f[i] = old_f;
    }
    ck_assert_uint_eq(pal_hash_doubles(x, 300), before_x);
    ck_assert_uint_ne(pal_hash_doubles(x, 299), before_x);
    ck_assert_uint_eq(pal_hash_doubles(x, 0), pal_hash("", 0));
}
END_TEST

START_TEST(a_file_digests_like_its_bytes)
{
    static unsigned char buffer[200000];
    const char *path;
    char hex[PAL_HASH_HEX], wanted[PAL_HASH_HEX];
    pal_hasher *hasher = NULL;

    fill_sanity_buffer(buffer, sizeof buffer);
    path = scratch_write("bytes", buffer, sizeof buffer);
    ck_assert_int_eq(pal_hash_file(hex, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_hasher_new(&hasher, NULL), PAL_OK);
    pal_hasher_add(hasher, buffer, sizeof buffer);
    pal_hasher_hex(hasher, wanted);
    pal_hasher_free(hasher);
    ck_assert_str_eq(hex, wanted);
    path = scratch_text("empty", "");
    ck_assert_int_eq(pal_hash_file(hex, path, NULL), PAL_OK);
    ck_assert_str_eq(hex, "99aa06d3014798d86001c324468d497f");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
    pal_error err;
    char hex[PAL_HASH_HEX];

    ck_assert_int_eq(pal_hash_file(hex, scratch_path("none"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "/none: cannot be opened");
    ck_assert_int_eq(pal_hash_file(hex, scratch_path("."), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "cannot be read");
    for (size_t n = 1; n <= 2; n++) {
        pal_mem_fail_at(n);
        ck_assert_int_eq(pal_hash_file(hex, scratch_path("."), &err), PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
}
END_TEST

Suite *suite_core_hash(void)
{
    Suite *suite = suite_create("core/hash");
    TCase *tc = tcase_create("hash");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, hash_64_matches_the_published_vectors);
    tcase_add_test(tc, hash_128_matches_the_published_vectors_in_any_pieces);
    tcase_add_test(tc, text_is_hashed_without_its_end);
    tcase_add_test(tc, mix_knows_the_order);
    tcase_add_test(tc, zeros_and_nans_of_any_kind_digest_alike);
    tcase_add_test(tc, any_other_change_changes_the_digest);
    tcase_add_test(tc, a_file_digests_like_its_bytes);
    tcase_add_test(tc, a_file_that_cannot_be_read_is_named);
    suite_add_tcase(suite, tc);
    return suite;
}

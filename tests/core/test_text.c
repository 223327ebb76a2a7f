/* Text: buffers, names that are near, UTF-8. Numbers: test_number.c. */
#include "core/text.h"

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>

Suite *suite_core_text(void);

static uint64_t draw(uint64_t i)
{
    return pal_u64(pal_key_for(2385, 0, PAL_FOR_TEST), (pal_at){ 1, 2, 3 }, i);
}

START_TEST(a_text_grows_and_stays_terminated)
{
    pal_text text = { 0 };
    size_t n = 0;

    for (int i = 0; i < 2000; i++) {
        pal_text_add(&text, "ab");
        pal_text_add_bytes(&text, "cde", 1);
        pal_text_addf(&text, "%d,", i);
        n += 3 + (size_t)snprintf(NULL, 0, "%d,", i);
        ck_assert_uint_eq(text.n, n);
        ck_assert_uint_eq(strlen(text.bytes), n);
    }
    ck_assert_int_eq(strncmp(text.bytes, "abc0,abc1,abc2,", 15), 0);
    ck_assert_int_eq(pal_text_check(&text, NULL), PAL_OK);
    pal_text_clear(&text);
    ck_assert_ptr_null(text.bytes);
    pal_text_clear(&text);
}
END_TEST

START_TEST(adding_nothing_makes_an_empty_string)
{
    pal_text text = { 0 };

    pal_text_add(&text, "");
    ck_assert_str_eq(text.bytes, "");
    pal_text_clear(&text);
    pal_text_add_bytes(&text, NULL, 0);
    pal_text_addf(&text, "%s", "");
    ck_assert_str_eq(text.bytes, "");
    pal_text_clear(&text);
}
END_TEST

START_TEST(a_failed_text_stays_failed_and_keeps_what_it_had)
{
    pal_text text = { 0 };
    pal_error err;

    pal_text_add(&text, "kept");
    pal_mem_fail_at(1);
    for (int i = 0; i < 100; i++) {
        pal_text_add(&text, "0123456789");
    }
    pal_mem_fail_at(0);
    pal_text_addf(&text, "%d", 7);
    ck_assert(text.failed);
    ck_assert_int_eq(strncmp(text.bytes, "kept0123456789", 14), 0);
    ck_assert_int_eq(pal_text_check(&text, &err), PAL_ERR_MEMORY);
    ck_assert_has(err.text, "out of memory");
    pal_text_clear(&text);
    ck_assert(!text.failed);
}
END_TEST

/* The definition, without any table: Levenshtein 1966. */
static size_t slow_distance(const char *a, const char *b)
{
    size_t replaced, removed, added;

    if (*a == '\0' || *b == '\0') {
        return strlen(a) + strlen(b);
    }
    replaced = slow_distance(a + 1, b + 1) + (*a != *b);
    removed = slow_distance(a + 1, b) + 1;
    added = slow_distance(a, b + 1) + 1;
    removed = removed < added ? removed : added;
    return replaced < removed ? replaced : removed;
}

START_TEST(edit_distance_agrees_with_its_definition)
{
    for (uint64_t i = 0; i < 400; i++) {
        char a[8] = "", b[8] = "";

        for (uint64_t j = 0; j < draw(20 * i) % 7; j++) {
            a[j] = (char)('a' + draw(20 * i + 1 + j) % 3);
        }
        for (uint64_t j = 0; j < draw(20 * i + 9) % 7; j++) {
            b[j] = (char)('a' + draw(20 * i + 10 + j) % 3);
        }
        ck_assert_uint_eq(pal_edit_distance(a, b), slow_distance(a, b));
        ck_assert_uint_eq(pal_edit_distance(b, a), slow_distance(a, b));
    }
    ck_assert_uint_eq(pal_edit_distance("kitten", "sitting"), 3);
}
END_TEST

START_TEST(edit_distance_takes_long_names)
{
    char a[301], b[301];

    memset(a, 'x', 300);
    memset(b, 'x', 300);
    a[300] = b[300] = '\0';
    b[7] = 'y';
    b[299] = '\0';
    ck_assert_uint_eq(pal_edit_distance(a, b), 2);
    pal_mem_fail_at(1);
    ck_assert_uint_eq(pal_edit_distance(a, b), 300); /* out of memory: the bound */
    pal_mem_fail_at(0);
}
END_TEST

START_TEST(nearest_name_is_within_a_third)
{
    static const char *const names[] = { "alpha", "beta", "gamma", "alphb" };

    ck_assert_str_eq(pal_nearest_name("alpa", names, 4), "alpha");
    ck_assert_str_eq(pal_nearest_name("Gamma", names, 4), "gamma");
    ck_assert_str_eq(pal_nearest_name("alphc", names, 4), "alpha"); /* the first of the nearest */
    ck_assert_str_eq(pal_nearest_name("alphb", names, 4), "alphb");
    ck_assert_ptr_null(pal_nearest_name("delta", names, 1));
    ck_assert_ptr_null(pal_nearest_name("b", names, 4));
    ck_assert_ptr_null(pal_nearest_name("beta", names, 0));
}
END_TEST

/* The rule in words: decode, then look at the number. */
static bool slow_is_utf8(const unsigned char *s, size_t n)
{
    size_t i = 0;

    while (i < n) {
        unsigned char c = s[i];
        size_t more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : 9;
        uint32_t code = more == 0 ? c : c & (0x3fu >> more);
        static const uint32_t least[] = { 1, 0x80, 0x800, 0x10000 };

        if (more == 9 || i + more >= n + (more == 0)) {
            return false;
        }
        for (size_t j = 1; j <= more; j++) {
            if (s[i + j] >> 6 != 2) {
                return false;
            }
            code = code << 6 | (s[i + j] & 0x3f);
        }
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

START_TEST(utf8_agrees_with_decoding_for_all_short_texts)
{
    unsigned char s[4];

    for (unsigned a = 0; a < 256; a++) {
        s[0] = (unsigned char)a;
        ck_assert_int_eq(pal_is_utf8((char *)s, 1), slow_is_utf8(s, 1));
        for (unsigned b = 0; b < 256; b++) {
            s[1] = (unsigned char)b;
            ck_assert_int_eq(pal_is_utf8((char *)s, 2), slow_is_utf8(s, 2));
            for (unsigned c = 0x7f; a > 0xdf && c < 0xc2; c++) {
                s[2] = (unsigned char)c;
                s[3] = 0x80;
                if (pal_is_utf8((char *)s, 3) != slow_is_utf8(s, 3) ||
                    pal_is_utf8((char *)s, 4) != slow_is_utf8(s, 4)) {
                    ck_abort_msg("%02x %02x %02x", a, b, c);
                }
            }
        }
    }
}
END_TEST

START_TEST(utf8_agrees_with_decoding_at_every_offset)
{
    static const char *const parts[] = { "a", "jazz", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8e\xb5" };
    char text[64];

    for (uint64_t i = 0; i < 3000; i++) {
        size_t n = 0;

        for (uint64_t j = 0; j < 12; j++) {
            const char *part = parts[draw(20 * i + j) % 5];

            memcpy(text + n, part, strlen(part));
            n += strlen(part);
        }
        ck_assert(pal_is_utf8(text, n));
        text[draw(20 * i + 13) % n] = (char)draw(20 * i + 14);
        ck_assert_int_eq(pal_is_utf8(text, n), slow_is_utf8((unsigned char *)text, n));
        ck_assert_int_eq(pal_is_utf8(text, n - 1), slow_is_utf8((unsigned char *)text, n - 1));
    }
    ck_assert(pal_is_utf8("", 0));
    ck_assert(!pal_is_utf8("12345678\0abc", 12));
    ck_assert(!pal_is_utf8("1\0", 2));
}
END_TEST

Suite *suite_core_text(void)
{
    Suite *suite = suite_create("core/text");
    TCase *tc = tcase_create("text");

    tcase_add_test(tc, a_text_grows_and_stays_terminated);
    tcase_add_test(tc, adding_nothing_makes_an_empty_string);
    tcase_add_test(tc, a_failed_text_stays_failed_and_keeps_what_it_had);
    tcase_add_test(tc, edit_distance_agrees_with_its_definition);
    tcase_add_test(tc, edit_distance_takes_long_names);
    tcase_add_test(tc, nearest_name_is_within_a_third);
    tcase_add_test(tc, utf8_agrees_with_decoding_for_all_short_texts);
    tcase_add_test(tc, utf8_agrees_with_decoding_at_every_offset);
    suite_add_tcase(suite, tc);
    return suite;
}

/* PAL_EMBED: the bytes in the binary are the bytes of the file. */
#include "core/embed.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

PAL_EMBED(pal_test_embedded, "tests/fixtures/embed.txt");

START_TEST(embedded_bytes_are_those_of_the_file)
{
    char bytes[4096];
    size_t n;
    FILE *file = fopen("tests/fixtures/embed.txt", "rb");

    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, sizeof bytes, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_lt(n, sizeof bytes);
    ck_assert_uint_eq((size_t)(pal_test_embedded_end - pal_test_embedded), n);
    ck_assert_mem_eq(pal_test_embedded, bytes, n);
}
END_TEST

START_TEST(embedded_text_ends_with_a_nul)
{
    ck_assert_int_eq(*pal_test_embedded_end, '\0');
    ck_assert_uint_eq(strlen(pal_test_embedded), (size_t)(pal_test_embedded_end - pal_test_embedded));
    ck_assert_int_eq(strncmp(pal_test_embedded, "Palate embeds", 13), 0);
}
END_TEST

Suite *suite_core_embed(void);

Suite *suite_core_embed(void)
{
    Suite *suite = suite_create("core/embed");
    TCase *tests = tcase_create("embed");

    tcase_add_test(tests, embedded_bytes_are_those_of_the_file);
    tcase_add_test(tests, embedded_text_ends_with_a_nul);
    suite_add_tcase(suite, tests);
    return suite;
}

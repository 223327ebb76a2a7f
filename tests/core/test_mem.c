/* Heap blocks: zeroed, aligned, checked, and failing on demand. */
#include "core/mem.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

Suite *suite_core_mem(void);

static bool is_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

START_TEST(blocks_are_zeroed_and_aligned)
{
    for (size_t n = 0; n < 3000; n += 1 + n / 7) {
        unsigned char *block = pal_calloc(n, 3);

        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        ck_assert(is_zero(block, 3 * n));
        if (n > 0) {
            memset(block, 0xff, 3 * n); /* what the next block might inherit */
        }
        pal_free(block);
    }
}
END_TEST

START_TEST(nothing_is_still_a_pointer)
{
    void *a = pal_calloc(0, 8), *b = pal_calloc(8, 0);

    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    pal_free(a);
    pal_free(b);
    pal_free(NULL);
}
END_TEST

START_TEST(sizes_that_overflow_give_null)
{
    ck_assert_ptr_null(pal_calloc(SIZE_MAX, 2));
    ck_assert_ptr_null(pal_calloc(SIZE_MAX / 2 + 2, 2));
    ck_assert_ptr_null(pal_calloc(SIZE_MAX, 1));
    ck_assert_ptr_null(pal_calloc((size_t)1 << 32, (size_t)1 << 32));
    ck_assert_ptr_null(pal_resize(NULL, 0, SIZE_MAX / 4, 8));
}
END_TEST

START_TEST(resize_keeps_the_old_and_zeroes_the_new)
{
    uint32_t *block = NULL, *grown;

    grown = pal_resize(block, 0, 10, sizeof *block);
    ck_assert_ptr_nonnull(grown);
    for (uint32_t i = 0; i < 10; i++) {
        ck_assert_uint_eq(grown[i], 0);
        grown[i] = 100 + i;
    }
    block = pal_resize(grown, 10, 1000, sizeof *block);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq((uintptr_t)block % 64, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        ck_assert_uint_eq(block[i], i < 10 ? 100 + i : 0);
    }
    grown = pal_resize(block, 1000, 4, sizeof *block);
    ck_assert_ptr_nonnull(grown);
    ck_assert_uint_eq(grown[3], 103);
    pal_free(grown);
}
END_TEST

START_TEST(resize_that_fails_leaves_the_old_block)
{
    char *block = pal_strdup("taste");

    ck_assert_ptr_nonnull(block);
    pal_mem_fail_at(1);
    ck_assert_ptr_null(pal_resize(block, 6, 100, 1));
    pal_mem_fail_at(0);
    ck_assert_ptr_null(pal_resize(block, 6, SIZE_MAX, 1));
    ck_assert_str_eq(block, "taste");
    pal_free(block);
}
END_TEST

START_TEST(strdup_copies)
{
    char text[] = "jazz", *copy = pal_strdup(text), *empty = pal_strdup("");

    ck_assert_ptr_nonnull(copy);
    text[0] = 'J';
    ck_assert_str_eq(copy, "jazz");
    ck_assert_str_eq(empty, "");
    pal_free(copy);
    pal_free(empty);
}
END_TEST

START_TEST(only_the_nth_allocation_fails)
{
    for (size_t n = 1; n <= 5; n++) {
        pal_mem_fail_at(n);
        for (size_t i = 1; i <= 5; i++) {
            void *block = pal_calloc(1, 1);

            ck_assert_int_eq(block == NULL, i == n);
            ck_assert_uint_eq(pal_mem_count(), i);
            pal_free(block);
        }
    }
    pal_mem_fail_at(0);
    ck_assert_uint_eq(pal_mem_count(), 0);
}
END_TEST

static pal_status make(double **x, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(*x, n);

done:
    return rc;
}

START_TEST(new_names_what_could_not_be_had)
{
    pal_error err;
    double *x = NULL;

    ck_assert_int_eq(make(&x, SIZE_MAX / 4, &err), PAL_ERR_MEMORY);
    ck_assert_ptr_nonnull(strstr(err.text, "objects of 8 bytes (*x)"));
    ck_assert_int_eq(make(&x, 3, &err), PAL_OK);
    ck_assert_double_eq(x[2], 0.0);
    pal_free(x);
}
END_TEST

Suite *suite_core_mem(void)
{
    Suite *suite = suite_create("core/mem");
    TCase *tc = tcase_create("mem");

    tcase_add_test(tc, blocks_are_zeroed_and_aligned);
    tcase_add_test(tc, nothing_is_still_a_pointer);
    tcase_add_test(tc, sizes_that_overflow_give_null);
    tcase_add_test(tc, resize_keeps_the_old_and_zeroes_the_new);
    tcase_add_test(tc, resize_that_fails_leaves_the_old_block);
    tcase_add_test(tc, strdup_copies);
    tcase_add_test(tc, only_the_nth_allocation_fails);
    tcase_add_test(tc, new_names_what_could_not_be_had);
    suite_add_tcase(suite, tc);
    return suite;
}

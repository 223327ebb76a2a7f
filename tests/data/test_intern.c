#include "data/intern.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>
#include <string.h>

Suite *suite_data_intern(void);

START_TEST(numbers_follow_the_first_appearance_over_many_growths)
{
    pal_intern table = { 0 };
    pal_error err = { .status = PAL_OK };
    char text[32];
    uint32_t number;
    bool is_new;

    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < 5000; i++) {
            int n = snprintf(text, sizeof text, "name %u", i * 2654435761u);

            CK_OK(pal_intern_add(&table, text, (size_t)n, &number, &is_new, &err));
            ck_assert_uint_eq(number, i);
            ck_assert(is_new == (pass == 0));
            ck_assert_str_eq(pal_intern_text(&table, number), text);
        }
    }
    ck_assert_uint_eq(table.n, 5000);
    pal_intern_clear(&table);
    ck_assert_uint_eq(table.n, 0);
}
END_TEST

START_TEST(a_prefix_is_another_string)
{
    pal_intern table = { 0 };
    pal_error err = { .status = PAL_OK };
    uint32_t a, b, c, empty;

    CK_OK(pal_intern_add(&table, "rock-n-roll", 11, &a, NULL, &err));
    CK_OK(pal_intern_add(&table, "rock-n-roll", 4, &b, NULL, &err)); /* "rock", not ended by a NUL */
    CK_OK(pal_intern_add(&table, "rock", 4, &c, NULL, &err));
    CK_OK(pal_intern_add(&table, "", 0, &empty, NULL, &err));
    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(b, c);
    ck_assert_str_eq(pal_intern_text(&table, b), "rock");
    ck_assert_str_eq(pal_intern_text(&table, empty), "");
    pal_intern_clear(&table);
}
END_TEST

START_TEST(a_failed_allocation_leaves_the_table_as_it_was)
{
    for (size_t fail = 1; fail < 40; fail++) {
        pal_intern table = { 0 };
        pal_error err = { .status = PAL_OK };
        char text[32];
        uint32_t number, n_good = 0;

        pal_mem_fail_at(fail);
        for (uint32_t i = 0; i < 400; i++) {
            int n = snprintf(text, sizeof text, "a longer name %u", i);

            if (pal_intern_add(&table, text, (size_t)n, &number, NULL, &err) == PAL_OK) {
                ck_assert_uint_eq(number, n_good);
                n_good++;
            } else {
                ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
            }
        }
        pal_mem_fail_at(0);
        ck_assert_uint_ge(n_good, 399);
        ck_assert_uint_eq(table.n, n_good);
        CK_OK(pal_intern_add(&table, "a longer name 399", 17, &number, NULL, &err));
        ck_assert_uint_eq(number, n_good - 1);
        pal_intern_clear(&table);
    }
}
END_TEST

Suite *suite_data_intern(void)
{
    Suite *suite = suite_create("data/intern");
    TCase *cases = tcase_create("intern");

    tcase_add_test(cases, numbers_follow_the_first_appearance_over_many_growths);
    tcase_add_test(cases, a_prefix_is_another_string);
    tcase_add_test(cases, a_failed_allocation_leaves_the_table_as_it_was);
    suite_add_tcase(suite, cases);
    return suite;
}

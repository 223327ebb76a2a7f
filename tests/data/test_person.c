#include "data/person.h"

#include <check.h>
#include <string.h>

Suite *suite_data_person(void);

static size_t count_distinct(const char *const *names)
{
    size_t n = 0;

    for (; names[n] != NULL; n++) {
        ck_assert_uint_gt(strlen(names[n]), 0);
        for (size_t i = 0; i < n; i++) {
            ck_assert_str_ne(names[i], names[n]);
        }
    }
    return n;
}

START_TEST(names_are_distinct_and_fit_a_byte)
{
    ck_assert_uint_ge(count_distinct(pal_gender_names), 3);
    ck_assert_uint_le(count_distinct(pal_country_names), 255);
    ck_assert_uint_eq(count_distinct(pal_occupation_names), 21); /* as many as MovieLens 100K has */
    for (size_t c = 0; pal_country_names[c] != NULL; c++) {
        ck_assert_uint_eq(strlen(pal_country_names[c]), 2);
        ck_assert(c == 0 || strcmp(pal_country_names[c - 1], pal_country_names[c]) < 0);
    }
}
END_TEST

Suite *suite_data_person(void)
{
    Suite *suite = suite_create("data/person");
    TCase *cases = tcase_create("person");

    tcase_add_test(cases, names_are_distinct_and_fit_a_byte);
    suite_add_tcase(suite, cases);
    return suite;
}

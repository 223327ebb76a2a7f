/* The registry: names, order and look-up. */
#include "stages/builtin.h"

#include <check.h>
#include <string.h>

START_TEST(the_published_order_stands)
{
    static const char *const published[] = { "random", "popularity", "cold_start", "fallback", "ranking", "oracle",
                                             "progressive" };

    ck_assert_uint_ge(pal_stage_count(), sizeof published / sizeof *published);
    for (size_t s = 0; s < sizeof published / sizeof *published; s++) {
        size_t at = SIZE_MAX;

        ck_assert_str_eq(pal_stage_at(s)->name, published[s]);
        ck_assert_int_eq(pal_stage_find(&at, published[s], "f", "p", NULL), PAL_OK);
        ck_assert_uint_eq(at, s);
    }
}
END_TEST

START_TEST(every_entry_is_whole)
{
    for (size_t s = 0; s < pal_stage_count(); s++) {
        const pal_stage_type *type = pal_stage_at(s);

        ck_assert(type->label != NULL && type->summary != NULL && type->source != NULL && type->params != NULL);
        ck_assert(type->init != NULL && type->serve != NULL && type->score != NULL && type->digest != NULL);
        ck_assert(type->free != NULL);
        ck_assert((type->fit != NULL) == ((type->flags & PAL_STAGE_LEARNS) != 0));
        ck_assert(((type->flags & PAL_STAGE_NEEDS_TRUTH) != 0) == (strcmp(type->name, "oracle") == 0));
        type->free(NULL);
        for (size_t r = 0; r < s; r++) {
            ck_assert_str_ne(type->name, pal_stage_at(r)->name);
        }
    }
}
END_TEST

START_TEST(every_parameter_table_accepts_its_own_defaults)
{
    for (size_t s = 0; s < pal_stage_count(); s++) {
        pal_values *values = NULL;
        pal_error err = { 0 };

        ck_assert_msg(pal_values_read(&values, pal_stage_at(s)->params, NULL, "f", "p", NULL, &err) == PAL_OK, "%s",
                      err.text);
        pal_values_free(values);
        for (const pal_param *p = pal_stage_at(s)->params; p->name != NULL; p++) {
            ck_assert_ptr_nonnull(p->meaning);
        }
    }
}
END_TEST

START_TEST(an_unknown_name_is_told_the_nearest_and_all)
{
    size_t at = 77;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_stage_find(&at, "rankin", "lab.json", "arms[2].stage", &err), PAL_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "lab.json: arms[2].stage"));
    ck_assert_ptr_nonnull(strstr(err.text, "\"rankin\""));
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean \"ranking\""));
    ck_assert_ptr_nonnull(strstr(err.text, "cold_start"));
    ck_assert_uint_eq(at, 77);
    ck_assert_int_eq(pal_stage_find(&at, "xyzzyxyzzy", "lab.json", "arms[2].stage", &err), PAL_ERR_CONFIG);
    ck_assert_ptr_null(strstr(err.text, "did you mean"));
    ck_assert_int_eq(pal_stage_find(&at, "Ranking", "lab.json", "arms[2].stage", &err), PAL_ERR_CONFIG);
}
END_TEST

Suite *suite_stages_registry(void);
Suite *suite_stages_registry(void)
{
    Suite *suite = suite_create("stages/registry");
    TCase *tc = tcase_create("registry");

    tcase_add_test(tc, the_published_order_stands);
    tcase_add_test(tc, every_entry_is_whole);
    tcase_add_test(tc, every_parameter_table_accepts_its_own_defaults);
    tcase_add_test(tc, an_unknown_name_is_told_the_nearest_and_all);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Parts inside wholes: what goes in under a name comes back by its own, and nothing meets. */
#include "core/tensors_nest.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <string.h>

/* An array "x" of two numbers, one "deep/y" without a dimension, and a text. */
static pal_tensors *part_of(uint32_t first)
{
    const uint32_t x[2] = { first, first + 1 };
    const uint64_t two = 2;
    const double y = first + 0.5;
    char text[2] = { (char)('a' + first), '\0' };
    pal_tensors *part = NULL;

    ck_assert_int_eq(pal_tensors_new(&part, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(part, "x", PAL_U32, 1, &two, x, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(part, "deep/y", PAL_F64, 0, NULL, &y, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put_text(part, "note", text, NULL), PAL_OK);
    return part;
}

static void check_part(const pal_tensors *view, uint32_t first)
{
    const void *x, *y;
    uint64_t n = 0;

    ck_assert_int_eq(pal_tensors_get(&x, &n, view, "x", PAL_U32, 1, NULL), PAL_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(((const uint32_t *)x)[1], first + 1);
    ck_assert_int_eq(pal_tensors_get(&y, NULL, view, "deep/y", PAL_F64, 0, NULL), PAL_OK);
    ck_assert(*(const double *)y == first + 0.5);
    ck_assert_int_eq(pal_tensors_text(view, "note")[0], (int)('a' + first));
}

START_TEST(parts_of_the_same_names_stand_beside_each_other)
{
    pal_tensors *file = part_of(0), *one = part_of(1), *two = part_of(2), *view = NULL;
    const char *path = scratch_path("nest.safetensors");

    ck_assert_int_eq(pal_tensors_nest(one, "inner", two, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_nest(file, "outer", one, NULL), PAL_OK);
    ck_assert(!pal_tensors_has(one, "x") && pal_tensors_text(one, "note") == NULL);
    ck_assert(pal_tensors_has(file, "outer/inner/x"));
    ck_assert_int_eq(pal_tensors_save(file, path, NULL, NULL), PAL_OK);
    pal_tensors_free(file);
    ck_assert_int_eq(pal_tensors_load(&file, path, NULL), PAL_OK);
    check_part(file, 0);
    ck_assert_int_eq(pal_tensors_enter(&view, file, "outer", NULL), PAL_OK);
    check_part(view, 1);
    pal_tensors_leave(view);
    ck_assert_int_eq(pal_tensors_enter(&view, file, "outer/inner", NULL), PAL_OK);
    check_part(view, 2);
    pal_tensors_leave(view);
    pal_tensors_free(file);
    pal_tensors_free(one);
    pal_tensors_free(two);
}
END_TEST

START_TEST(a_view_is_of_whole_names_and_may_be_empty)
{
    pal_tensors *file = part_of(0), *part = part_of(1), *view = NULL;
    const void *data;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_tensors_nest(file, "outer", part, NULL), PAL_OK);
    ck_assert(pal_tensors_holds(file, "outer") && pal_tensors_holds(file, "outer/deep"));
    ck_assert(!pal_tensors_holds(file, "out") && !pal_tensors_holds(file, "x") && !pal_tensors_holds(file, ""));
    ck_assert_int_eq(pal_tensors_enter(&view, file, "out", NULL), PAL_OK);
    ck_assert(!pal_tensors_has(view, "x") && pal_tensors_text(view, "note") == NULL);
    ck_assert_int_eq(pal_tensors_get(&data, NULL, view, "x", PAL_U32, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "out: array \"x\" is missing");
    pal_tensors_leave(view);
    pal_tensors_leave(NULL);
    pal_tensors_free(file);
    pal_tensors_free(part);
}
END_TEST

START_TEST(a_name_that_is_there_already_is_refused)
{
    pal_tensors *file = part_of(0), *one = part_of(1), *two = part_of(2);
    pal_error err = { 0 };

    ck_assert_int_eq(pal_tensors_nest(file, "outer", one, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_nest(file, "outer", two, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "\"outer/");
    pal_tensors_free(file);
    pal_tensors_free(one);
    pal_tensors_free(two);
}
END_TEST

START_TEST(no_allocation_may_fail_unnoticed)
{
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        pal_tensors *file = part_of(0), *part = part_of(1), *view = NULL;
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_tensors_nest(file, "outer", part, NULL);
        if (rc == PAL_OK) rc = pal_tensors_enter(&view, file, "outer", NULL);
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_int_eq(rc, failed ? PAL_ERR_MEMORY : PAL_OK);
        ck_assert_uint_lt(n, 100);
        pal_tensors_leave(view);
        pal_tensors_free(file);
        pal_tensors_free(part);
    }
}
END_TEST

Suite *suite_core_tensors_nest(void);
Suite *suite_core_tensors_nest(void)
{
    Suite *suite = suite_create("core/tensors_nest");
    TCase *tc = tcase_create("nest");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, parts_of_the_same_names_stand_beside_each_other);
    tcase_add_test(tc, a_view_is_of_whole_names_and_may_be_empty);
    tcase_add_test(tc, a_name_that_is_there_already_is_refused);
    tcase_add_test(tc, no_allocation_may_fail_unnoticed);
    suite_add_tcase(suite, tc);
    return suite;
}

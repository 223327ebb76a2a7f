/* Lists of arrays: what was saved comes back, what does not fit is named and changes nothing. */
#include "core/fields.h"

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/scratch.h"

#include <stdio.h>

Suite *suite_core_fields(void);

enum { ROWS = 5, STRIDE = 4, CELLS = ROWS * STRIDE };

static pal_error err;

/* The arrays through a file on the disk, as a checkpoint goes. */
static pal_tensors *through_a_file(pal_tensors *file)
{
    const char *path = scratch_path("f.part");
    pal_tensors *read = NULL;

    ck_assert_int_eq(pal_tensors_save(file, path, NULL, &err), PAL_OK);
    pal_tensors_free(file);
    ck_assert_int_eq(pal_tensors_load(&read, path, &err), PAL_OK);
    return read;
}

static pal_tensors *new_file(void)
{
    pal_tensors *file = NULL;

    ck_assert_int_eq(pal_tensors_new(&file, &err), PAL_OK);
    return file;
}

START_TEST(every_type_comes_back)
{
    bool b[2] = { true, false }, b2[2] = { false, false };
    uint8_t u8[3] = { 0, 7, 255 }, u8_2[3] = { 0 };
    uint16_t u16[1] = { 65535 }, u16_2[1] = { 0 };
    uint64_t u64[2] = { UINT64_MAX, 3 }, u64_2[2] = { 0 };
    size_t size[1] = { 12345678901 }, size_2[1] = { 0 };
    float f[2] = { 0.1f, -0.0f }, f2[2] = { 1, 1 };
    double d[2] = { 2.385, 1e-310 }, d2[2] = { 0 };
    const pal_field from[] = { PAL_FIELD("b", b, 2), PAL_FIELD("u8", u8, 3), PAL_FIELD("u16", u16, 1), PAL_FIELD("u64", u64, 2),
                               PAL_FIELD("size", size, 1), PAL_FIELD("f", f, 2), PAL_FIELD("d", d, 2), PAL_FIELD("none", d, 0) };
    const pal_field to[] = { PAL_FIELD("b", b2, 2), PAL_FIELD("u8", u8_2, 3), PAL_FIELD("u16", u16_2, 1), PAL_FIELD("u64", u64_2, 2),
                             PAL_FIELD("size", size_2, 1), PAL_FIELD("f", f2, 2), PAL_FIELD("d", d2, 2), PAL_FIELD("none", d2, 0) };
    pal_tensors *file = new_file();

    ck_assert_int_eq(pal_fields_save(file, "part", from, PAL_COUNT_OF(from), &err), PAL_OK);
    file = through_a_file(file);
    ck_assert_int_eq(pal_fields_restore(to, PAL_COUNT_OF(to), file, "part", &err), PAL_OK);
    for (size_t i = 0; i < PAL_COUNT_OF(from); i++) {
        if (from[i].n > 0) ck_assert_mem_eq(to[i].data, from[i].data, from[i].n * pal_dtype_size(from[i].type));
    }
    pal_tensors_free(file);
}
END_TEST

START_TEST(what_does_not_fit_is_named_and_changes_nothing)
{
    uint32_t a[3] = { 1, 2, 3 }, x[4] = { 9, 9, 9, 9 }, y[3] = { 9, 9, 9 };
    float wrong[3];
    const pal_field from[] = { PAL_FIELD("a", a, 3), PAL_FIELD("b", a, 3) };
    const pal_field longer[] = { PAL_FIELD("a", y, 3), PAL_FIELD("b", x, 4) };
    const pal_field typed[] = { PAL_FIELD("a", y, 3), PAL_FIELD("b", wrong, 3) };
    const pal_field missing[] = { PAL_FIELD("a", y, 3), PAL_FIELD("c", x, 3) };
    pal_tensors *file = new_file();

    ck_assert_int_eq(pal_fields_save(file, "part", from, 2, &err), PAL_OK);
    file = through_a_file(file);
    ck_assert_int_eq(pal_fields_restore(longer, 2, file, "part", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "f.part: array \"part.b\" holds 3 values, wanted 4");
    ck_assert_int_eq(pal_fields_restore(typed, 2, file, "part", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "array \"part.b\" is U32");
    ck_assert_int_eq(pal_fields_restore(missing, 2, file, "part", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "array \"part.c\" is missing");
    ck_assert_uint_eq(y[0], 9);
    ck_assert_int_eq(pal_fields_save(file, "part", from, 2, &err), PAL_ERR_DATA); /* names stand once */
    pal_tensors_free(file);
}
END_TEST

/* Rows of lengths drawn by seed, with and without begins. */
START_TEST(only_used_places_of_rows_are_stored_and_come_back)
{
    const pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    uint32_t n[ROWS];
    size_t begin[ROWS + 1], used = 0, found = 0;
    double from[CELLS], to[CELLS];
    const void *data;
    const pal_field out = PAL_FIELD("x", from, 0), in = PAL_FIELD("x", to, 0);
    pal_rows rows = { .n_rows = ROWS, .n = n, .stride = STRIDE };
    pal_tensors *file = new_file();

    for (size_t r = 0; r <= ROWS; r++) begin[r] = r * STRIDE;
    for (size_t r = 0; r < ROWS; r++) used += n[r] = (uint32_t)(pal_u64(key, (pal_at){ r, 0, 0 }, 0) % (STRIDE + 1));
    for (size_t i = 0; i < CELLS; i++) from[i] = (double)i + 0.1173, to[i] = -1;
    ck_assert_int_eq(pal_rows_save(file, "r", &out, 1, &rows, &err), PAL_OK);
    ck_assert_int_eq(pal_field_find(&data, &found, file, "r", "x", PAL_F64, &err), PAL_OK);
    ck_assert_uint_eq(found, used);
    if (_i % 2 == 1) rows.begin = begin;
    ck_assert_int_eq(pal_rows_restore(&in, 1, &rows, file, "r", &err), PAL_OK);
    for (size_t i = 0; i < CELLS; i++) ck_assert(to[i] == (i % STRIDE < n[i / STRIDE] ? from[i] : -1));
    n[2] = STRIDE + 1;
    ck_assert_int_eq(pal_rows_restore(&in, 1, &rows, file, "r", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "row 2 of \"r\" has 5 places, at most 4 are allowed");
    n[2] = 0;
    n[3] = n[4] = 0;
    if (used > n[0] + n[1]) ck_assert_int_eq(pal_rows_restore(&in, 1, &rows, file, "r", &err), PAL_ERR_DATA);
    pal_tensors_free(file);
}
END_TEST

Suite *suite_core_fields(void)
{
    Suite *s = suite_create("core/fields");
    TCase *tc = tcase_create("fields");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, every_type_comes_back);
    tcase_add_test(tc, what_does_not_fit_is_named_and_changes_nothing);
    tcase_add_loop_test(tc, only_used_places_of_rows_are_stored_and_come_back, 0, 8);
    suite_add_tcase(s, tc);
    return s;
}

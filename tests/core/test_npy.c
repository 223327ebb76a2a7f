/* .npy files: the bytes NumPy would write, and headers NumPy would refuse. */
#include "core/npy.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <stdio.h>

Suite *suite_core_npy(void);

/*
 * python3 -c "import numpy as np, sys; np.save(sys.stdout.buffer, np.array([[1,2,3],[4,5,6]], dtype='<u2'))"
 * writes these 128 bytes (blanks up to byte 127, then a newline) and twelve bytes of data.
 */
START_TEST(a_file_is_the_bytes_numpy_writes)
{
    static const uint16_t rows[] = { 1, 2, 3, 4, 5, 6 };
    static const char head[] = "\x93NUMPY\x01\x00\x76\x00{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }";
    unsigned char wanted[140], got[141];
    const char *path = scratch_path("a.npy");
    pal_npy_writer *w = NULL;
    char hex[PAL_HASH_HEX], again[PAL_HASH_HEX];
    FILE *file;

    memset(wanted, ' ', 128);
    memcpy(wanted, head, sizeof head - 1);
    wanted[127] = '\n';
    memcpy(wanted + 128, "\x01\0\x02\0\x03\0\x04\0\x05\0\x06\0", 12);
    ck_assert_int_eq(pal_npy_open(&w, path, PAL_U16, 3, 2, NULL), PAL_OK);
    pal_npy_add(w, rows, 1);
    pal_npy_add(w, rows + 3, 1);
    ck_assert_int_eq(pal_npy_commit(&w, hex, NULL), PAL_OK);
    ck_assert_ptr_null(w);
    file = fopen(path, "rb");
    ck_assert_uint_eq(fread(got, 1, sizeof got, file), 140);
    fclose(file);
    ck_assert_mem_eq(got, wanted, 140);
    ck_assert_int_eq(pal_hash_file(again, path, NULL), PAL_OK);
    ck_assert_str_eq(hex, again);
}
END_TEST

START_TEST(every_type_and_width_reads_back)
{
    unsigned char rows[8 * 5 * 12];
    const char *path = scratch_path("a.npy");

    for (size_t i = 0; i < sizeof rows; i++) {
        rows[i] = (unsigned char)(i * i * 37 + 11);
    }
    for (int t = PAL_U8; t <= PAL_F64; t++) {
        for (size_t width = 1; width <= 5; width++) {
            for (uint64_t n = 0; n <= 12; n += 3) {
                pal_npy_writer *w = NULL;
                pal_dtype type = PAL_U8;
                uint64_t n_rows = 99;
                size_t read_width = 99;
                void *data = NULL;

                ck_assert_int_eq(pal_npy_open(&w, path, (pal_dtype)t, width, n, NULL), PAL_OK);
                pal_npy_add(w, rows, (size_t)n);
                ck_assert_int_eq(pal_npy_commit(&w, NULL, NULL), PAL_OK);
                ck_assert_int_eq(pal_npy_load(&data, &type, &n_rows, &read_width, path, NULL), PAL_OK);
                ck_assert_int_eq(type, t);
                ck_assert_uint_eq(n_rows, n);
                ck_assert_uint_eq(read_width, width);
                ck_assert_mem_eq(data, rows, (size_t)n * width * pal_dtype_size(type));
                pal_free(data);
            }
        }
    }
}
END_TEST

START_TEST(types_have_their_sizes)
{
    static const size_t wanted[] = { 1, 2, 4, 8, 4, 8, 4, 8 };

    for (int t = PAL_U8; t <= PAL_F64; t++) {
        ck_assert_uint_eq(pal_dtype_size((pal_dtype)t), wanted[t]);
    }
}
END_TEST

START_TEST(a_wrong_number_of_rows_is_refused_and_leaves_nothing)
{
    const uint32_t rows[3] = { 1, 2, 3 };
    pal_npy_writer *w = NULL;
    pal_error err;

    ck_assert_int_eq(pal_npy_open(&w, scratch_path("a.npy"), PAL_U32, 1, 4, NULL), PAL_OK);
    pal_npy_add(w, rows, 3);
    ck_assert_int_eq(pal_npy_commit(&w, NULL, &err), PAL_ERR_SHAPE);
    ck_assert_has(err.text, "a.npy: 4 rows were announced, 3 were written");
    ck_assert_ptr_null(w);
    ck_assert_int_eq(pal_npy_open(&w, scratch_path("a.npy"), PAL_U32, 1, 4, NULL), PAL_OK);
    pal_npy_abort(&w);
    pal_npy_abort(&w);
    ck_assert_uint_eq(scratch_count(scratch_path("")), 0);
    ck_assert_int_eq(pal_npy_open(&w, scratch_path("none/a.npy"), PAL_U32, 1, 4, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "none/a.npy");
}
END_TEST

/* A file with this dictionary and n_data bytes behind it. */
static const char *make(const char *magic, const char *dictionary, size_t n_data)
{
    char bytes[512];
    size_t n = strlen(dictionary);

    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, magic, 8);
    bytes[8] = (char)n;
    memcpy(bytes + 10, dictionary, n);
    return scratch_write("b.npy", bytes, 10 + n + n_data);
}

START_TEST(headers_written_otherwise_are_read)
{
    static const char *const dictionaries[] = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n",
        "{'descr':'<f8','fortran_order':False,'shape':(3,)}",
        "{'shape': (3, 1), 'fortran_order': False, 'descr': '<f8'}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,   ), }"
    };

    for (size_t i = 0; i < sizeof dictionaries / sizeof *dictionaries; i++) {
        pal_dtype type;
        uint64_t n;
        size_t width;
        void *data = NULL;

        ck_assert_int_eq(pal_npy_load(&data, &type, &n, &width, make("\x93NUMPY\x01\x00", dictionaries[i], 24), NULL),
                         PAL_OK);
        ck_assert(type == PAL_F64 && n == 3 && width == 1);
        pal_free(data);
    }
}
END_TEST

START_TEST(files_that_cannot_be_used_are_refused)
{
    static const struct {
        const char *magic, *dictionary;
        size_t n_data;
        pal_status status;
        const char *part;
    } rows[] = {
        { "\x93NUMPZ\x01\x00", "", 0, PAL_ERR_PARSE, "is no npy file" },
        { "\x93NUMPY\x02\x00", "", 0, PAL_ERR_PARSE, "npy format 2.0, expected 1.0" },
        { "\x93NUMPY\x01\x00", "{'fortran_order': False, 'shape': (3,)}", 24, PAL_ERR_PARSE, "no 'descr'" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'shape': (3,)}", 24, PAL_ERR_PARSE, "no 'fortran_order'" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False}", 24, PAL_ERR_PARSE, "no 'shape'" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': True, 'shape': (3,)}", 24, PAL_ERR_DATA,
          "Fortran order" },
        { "\x93NUMPY\x01\x00", "{'descr': '>f8', 'fortran_order': False, 'shape': (3,)}", 24, PAL_ERR_DATA,
          "dtype '>f8'" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f2', 'fortran_order': False, 'shape': (3,)}", 6, PAL_ERR_DATA,
          "dtype '<f2'" },
        { "\x93NUMPY\x01\x00", "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}", 24, PAL_ERR_DATA,
          "dtype [('a'" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': ()}", 8, PAL_ERR_PARSE,
          "no 'shape' with one or two lengths" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", 24, PAL_ERR_PARSE, "'shape'" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3, 1)}", 24, PAL_ERR_DATA,
          "more than two dimensions" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0)}", 0, PAL_ERR_DATA,
          "the shape 3 x 0" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 0,
          PAL_ERR_DATA, "cannot be used" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", 0,
          PAL_ERR_PARSE, "'shape'" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", 23, PAL_ERR_PARSE,
          "expected 24 bytes of rows, found 23" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", 25, PAL_ERR_PARSE,
          "expected 24 bytes of rows, found 25" },
        { "\x93NUMPY\x01\x00", "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", 0,
          PAL_ERR_PARSE, "expected 8000000000000 bytes of rows, found 0" }
    };
    pal_dtype type;
    uint64_t n;
    size_t width;
    void *data = NULL;
    pal_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = make(rows[i].magic, rows[i].dictionary, rows[i].n_data);

        ck_assert_msg(pal_npy_load(&data, &type, &n, &width, path, &err) == rows[i].status, "%s: %s", rows[i].part,
                      err.text);
        ck_assert_has(err.text, "b.npy: ");
        ck_assert_has(err.text, rows[i].part);
        ck_assert_ptr_null(data);
    }
    ck_assert_int_eq(pal_npy_load(&data, &type, &n, &width, scratch_write("c.npy", "\x93NUMPY\x01\x00\x76\x00{", 11),
                                  &err), PAL_ERR_PARSE);
    ck_assert_has(err.text, "the npy header is cut");
    ck_assert_int_eq(pal_npy_load(&data, &type, &n, &width, scratch_path("none"), &err), PAL_ERR_IO);
}
END_TEST

START_TEST(reading_and_writing_survive_the_failure_of_any_allocation)
{
    const char *path = scratch_path("a.npy");
    const double rows[] = { 0.1173, 2.385 };
    pal_npy_writer *w = NULL;
    pal_error err;
    void *data = NULL;
    pal_dtype type;
    uint64_t n_rows;
    size_t width, n = 1;

    for (;; n++) {
        pal_mem_fail_at(n);
        if (pal_npy_open(&w, path, PAL_F64, 1, 2, &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        ck_assert_ptr_null(w);
    }
    ck_assert_uint_gt(n, 5);
    pal_npy_add(w, rows, 2);
    ck_assert_int_eq(pal_npy_commit(&w, NULL, NULL), PAL_OK);
    for (n = 1;; n++) {
        pal_mem_fail_at(n);
        if (pal_npy_load(&data, &type, &n_rows, &width, path, &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_eq(n, 3);
    pal_free(data);
}
END_TEST

Suite *suite_core_npy(void)
{
    Suite *suite = suite_create("core/npy");
    TCase *tc = tcase_create("npy");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_file_is_the_bytes_numpy_writes);
    tcase_add_test(tc, every_type_and_width_reads_back);
    tcase_add_test(tc, types_have_their_sizes);
    tcase_add_test(tc, a_wrong_number_of_rows_is_refused_and_leaves_nothing);
    tcase_add_test(tc, headers_written_otherwise_are_read);
    tcase_add_test(tc, files_that_cannot_be_used_are_refused);
    tcase_add_test(tc, reading_and_writing_survive_the_failure_of_any_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

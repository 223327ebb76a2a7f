/* Safetensors files: the bytes the format asks for, and headers that must be refused. */
#include "core/tensors.h"

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>

Suite *suite_core_tensors(void);

/* A file with this header (blanks up to a multiple of 8) and these bytes behind it. */
static const char *make(const char *header, const void *data, size_t n_data)
{
    static char bytes[4096];
    size_t length = strlen(header), padded = (length + 7) / 8 * 8;

    ck_assert_uint_lt(8 + padded + n_data, sizeof bytes);
    memset(bytes, 0, 8);
    bytes[0] = (char)(padded & 255);
    bytes[1] = (char)(padded >> 8);
    memset(bytes + 8, ' ', padded);
    memcpy(bytes + 8, header, length);
    if (n_data > 0) {
        memcpy(bytes + 8 + padded, data, n_data);
    }
    return scratch_write("made.safetensors", bytes, 8 + padded + n_data);
}

/*
 * Written by hand from the format's description:
 * python3 -c "import struct,json; h=json.dumps({'b':{'dtype':'F32','shape':[2,1],'data_offsets':[0,8]},
 *   'a':{'dtype':'U16','shape':[],'data_offsets':[8,10]}}); print(len(h), struct.pack('<2fH',1.5,-2.0,7))"
 */
START_TEST(a_file_of_another_writer_is_read_whatever_the_order_of_its_arrays)
{
    static const unsigned char data[] = { 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 7, 0 };
    const char *path = make("{\"b\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                            "\"a\":{\"dtype\":\"U16\",\"shape\":[],\"data_offsets\":[8,10]}}", data, sizeof data);
    pal_tensors *tensors = NULL;
    const void *b = NULL, *a = NULL;
    uint64_t shape[2] = { 0, 0 };

    ck_assert_int_eq(pal_tensors_load(&tensors, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_get(&b, shape, tensors, "b", PAL_F32, 2, NULL), PAL_OK);
    ck_assert_uint_eq(shape[0], 2);
    ck_assert_uint_eq(shape[1], 1);
    ck_assert(((const float *)b)[0] == 1.5f && ((const float *)b)[1] == -2.0f);
    ck_assert_int_eq(pal_tensors_get(&a, NULL, tensors, "a", PAL_U16, 0, NULL), PAL_OK);
    ck_assert_uint_eq(*(const uint16_t *)a, 7);
    ck_assert(pal_tensors_has(tensors, "a") && !pal_tensors_has(tensors, "c"));
    ck_assert_ptr_null(pal_tensors_text(tensors, "xxh128"));
    ck_assert_str_eq(pal_tensors_file(tensors), path);
    pal_tensors_free(tensors);
}
END_TEST

START_TEST(a_saved_file_is_a_header_and_the_arrays_in_the_order_of_their_names)
{
    static const float z[] = { 1.5f, -2.0f };
    static const uint8_t a[] = { 1, 2, 3 };
    const uint64_t two = 2, three = 3;
    const char *path = scratch_path("t.safetensors");
    pal_tensors *tensors = NULL;
    unsigned char got[1024];
    size_t n, length;
    FILE *file;

    ck_assert_int_eq(pal_tensors_new(&tensors, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(tensors, "z", PAL_F32, 1, &two, z, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(tensors, "a", PAL_U8, 1, &three, a, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put_text(tensors, "kind", "a \"test\"", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_save(tensors, path, NULL, NULL), PAL_OK);
    pal_tensors_free(tensors);

    file = fopen(path, "rb");
    n = fread(got, 1, sizeof got - 1, file);
    fclose(file);
    got[n] = '\0';
    length = (size_t)got[0] + 256 * (size_t)got[1];
    ck_assert_uint_eq(got[2] | got[3] | got[4] | got[5] | got[6] | got[7], 0);
    ck_assert_uint_eq(length % 8, 0);
    ck_assert_uint_eq(n, 8 + length + 11);
    ck_assert_mem_eq(got + 8 + length, "\1\2\3\0\0\xc0\x3f\0\0\0\xc0", 11);
    ck_assert_has((char *)got + 8, "\"kind\": \"a \\\"test\\\"\"");
    ck_assert_has((char *)got + 8, "\"palate\": \"1\"");
}
END_TEST

/* Arrays of every type, random shapes and bytes: what is put is what is read. */
START_TEST(any_arrays_read_back_as_they_were)
{
    const pal_key key = pal_key_for(9, 0, PAL_FOR_TEST);

    for (uint64_t seed = 0; seed < 60; seed++) {
        pal_tensors *tensors = NULL, *again = NULL;
        unsigned char bytes[8][8 * 4 * 4 * 4 * 2];
        uint64_t shape[8][PAL_TENSOR_DIMS];
        char first[PAL_HASH_HEX], second[PAL_HASH_HEX], name[16];
        const char *path = scratch_path("t.safetensors");

        ck_assert_int_eq(pal_tensors_new(&tensors, NULL), PAL_OK);
        for (size_t t = 0; t < 8; t++) {
            const pal_at at = { seed, t, 0 };
            size_t n_dims = (size_t)(pal_u64(key, at, 0) % (PAL_TENSOR_DIMS + 1));

            for (size_t i = 0; i < sizeof bytes[t]; i++) {
                bytes[t][i] = (unsigned char)pal_u64(key, at, 100 + i);
            }
            for (size_t k = 0; k < n_dims; k++) {
                shape[t][k] = pal_u64(key, at, 1 + k) % (k == 0 ? 3 : 4);
            }
            snprintf(name, sizeof name, "array %zu", (t * 5 + (size_t)seed) % 8);
            ck_assert_int_eq(pal_tensors_put(tensors, name, (pal_dtype)t, n_dims, shape[t], bytes[t], NULL), PAL_OK);
        }
        ck_assert_int_eq(pal_tensors_save(tensors, path, first, NULL), PAL_OK);
        ck_assert_int_eq(pal_tensors_load(&again, path, NULL), PAL_OK);
        for (size_t t = 0; t < 8; t++) {
            const pal_at at = { seed, t, 0 };
            size_t n_dims = (size_t)(pal_u64(key, at, 0) % (PAL_TENSOR_DIMS + 1)), n = pal_dtype_size((pal_dtype)t);
            uint64_t got[PAL_TENSOR_DIMS];
            const void *data = NULL;

            snprintf(name, sizeof name, "array %zu", (t * 5 + (size_t)seed) % 8);
            ck_assert_int_eq(pal_tensors_get(&data, got, again, name, (pal_dtype)t, n_dims, NULL), PAL_OK);
            for (size_t k = 0; k < n_dims; k++) {
                ck_assert_uint_eq(got[k], shape[t][k]);
                n *= (size_t)shape[t][k];
            }
            ck_assert(n == 0 || memcmp(data, bytes[t], n) == 0);
        }
        ck_assert_int_eq(pal_tensors_save(again, path, second, NULL), PAL_OK);
        ck_assert_str_eq(first, second);
        pal_tensors_free(tensors);
        pal_tensors_free(again);
    }
}
END_TEST

START_TEST(files_that_cannot_be_used_are_refused)
{
    static const struct {
        const char *header;
        size_t n_data;
        const char *part;
    } rows[] = {
        { "[1]", 0, "the header is not a JSON object" },
        { "{\"a\": 1}", 0, "array \"a\" is not described by an object" },
        { "{\"a\": {\"shape\": [1], \"data_offsets\": [0, 1]}}", 1, "array \"a\" has no \"dtype\"" },
        { "{\"a\": {\"dtype\": \"F16\", \"shape\": [1], \"data_offsets\": [0, 2]}}", 2, "type \"F16\"; known: U8" },
        { "{\"a\": {\"dtype\": \"U8\", \"data_offsets\": [0, 1]}}", 1, "\"shape\" is not an array of at most 4" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [1,1,1,1,1], \"data_offsets\": [0, 1]}}", 1, "\"shape\" is not" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [1.5], \"data_offsets\": [0, 1]}}", 1, "\"shape\"[0] is not a size" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [-1], \"data_offsets\": [0, 1]}}", 1, "\"shape\"[0] is not a size" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [1]}}", 1, "\"data_offsets\" are not two places" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [1], \"data_offsets\": [0, 1, 2]}}", 1, "are not two places" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [2], \"data_offsets\": [0, 2]}}", 1, "outside of 1 bytes" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [1], \"data_offsets\": [1, 0]}}", 1, "places 1 to 0 are outside" },
        { "{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4]}}", 4, "not its type times its shape" },
        { "{\"a\": {\"dtype\": \"F64\", \"shape\": [4294967296, 4294967296], \"data_offsets\": [0, 8]}}", 8,
          "not its type times its shape" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [1], \"data_offsets\": [1, 2]}}", 2, "overlap or leave a gap" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [2], \"data_offsets\": [0, 2]},"
          " \"b\": {\"dtype\": \"U8\", \"shape\": [2], \"data_offsets\": [1, 3]}}", 3, "overlap or leave a gap" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [1], \"data_offsets\": [0, 1]}}", 3, "2 bytes behind the last array" },
        { "{\"__metadata__\": 3}", 0, "\"__metadata__\" is not an object" },
        { "{\"__metadata__\": {\"k\": 3}}", 0, "\"k\" is not a text" },
        { "{\"a\": {\"dtype\": \"U8\", \"shape\": [0], \"data_offsets\": [0, 0]}, \"a\": 1}", 0, "a" },
        { "{", 0, "made.safetensors" }
    };
    static const char zeros[8] = { 0 };
    pal_tensors *tensors = NULL;
    pal_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(pal_tensors_load(&tensors, make(rows[i].header, zeros, rows[i].n_data), &err) == PAL_ERR_PARSE,
                      "%s: %s", rows[i].part, err.text);
        ck_assert_has(err.text, "made.safetensors: ");
        ck_assert_has(err.text, rows[i].part);
        ck_assert_ptr_null(tensors);
    }
    ck_assert_int_eq(pal_tensors_load(&tensors, scratch_write("short", "\x09\0\0\0\0\0\0\0{}", 10), &err),
                     PAL_ERR_PARSE);
    ck_assert_has(err.text, "cut short");
    ck_assert_int_eq(pal_tensors_load(&tensors, scratch_path("none"), &err), PAL_ERR_IO);
}
END_TEST

START_TEST(one_changed_byte_of_an_array_is_found)
{
    static const double x[] = { 0.25, 0.5, 1.0 };
    const uint64_t three = 3;
    const char *path = scratch_path("t.safetensors");
    pal_tensors *tensors = NULL, *again = NULL;
    pal_error err;
    FILE *file;

    ck_assert_int_eq(pal_tensors_new(&tensors, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(tensors, "x", PAL_F64, 1, &three, x, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_save(tensors, path, NULL, NULL), PAL_OK);
    pal_tensors_free(tensors);
    for (long back = 1; back <= 24; back++) {
        int c;

        file = fopen(path, "r+b");
        ck_assert_int_eq(fseek(file, -back, SEEK_END), 0);
        c = fgetc(file);
        ck_assert_int_eq(fseek(file, -back, SEEK_END), 0);
        fputc(c ^ 1, file);
        fclose(file);
        ck_assert_int_eq(pal_tensors_load(&again, path, &err), PAL_ERR_DATA);
        ck_assert_has(err.text, "the file is damaged");
        file = fopen(path, "r+b");
        ck_assert_int_eq(fseek(file, -back, SEEK_END), 0);
        fputc(c, file);
        fclose(file);
    }
    ck_assert_int_eq(pal_tensors_load(&again, path, &err), PAL_OK);
    pal_tensors_free(again);
}
END_TEST

START_TEST(what_is_missing_or_of_another_kind_is_named)
{
    static const uint32_t x[] = { 1, 2 };
    const uint64_t two = 2;
    pal_tensors *tensors = NULL;
    const void *data;
    pal_error err;

    ck_assert_int_eq(pal_tensors_new(&tensors, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_get(&data, NULL, tensors, "x", PAL_U32, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "array \"x\" is missing");
    ck_assert_int_eq(pal_tensors_put(tensors, "x", PAL_U32, 1, &two, x, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(tensors, "x", PAL_U32, 1, &two, x, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "array \"x\" stands twice");
    ck_assert_int_eq(pal_tensors_get(&data, NULL, tensors, "x", PAL_F32, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "is U32 with 1 dimensions; wanted: F32 with 1");
    ck_assert_int_eq(pal_tensors_get(&data, NULL, tensors, "x", PAL_U32, 2, &err), PAL_ERR_DATA);
    ck_assert_int_eq(pal_tensors_put_text(tensors, "k", "v", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put_text(tensors, "k", "v", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "text \"k\" stands twice");
    pal_tensors_free(tensors);
}
END_TEST

START_TEST(everything_survives_the_failure_of_any_allocation)
{
    static const uint32_t x[] = { 1, 2 };
    const uint64_t two = 2;
    const char *path = scratch_path("t.safetensors");
    pal_tensors *tensors = NULL, *again = NULL;
    pal_error err;
    size_t n;

    ck_assert_int_eq(pal_tensors_new(&tensors, NULL), PAL_OK);
    for (n = 1;; n++) {
        pal_mem_fail_at(n);
        if (pal_tensors_put(tensors, "x", PAL_U32, 1, &two, x, &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
    }
    for (n = 1;; n++) {
        pal_mem_fail_at(n);
        if (pal_tensors_put_text(tensors, "k", "v", &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_tensors_save(tensors, path, NULL, NULL), PAL_OK);
    for (n = 1;; n++) {
        pal_mem_fail_at(n);
        if (pal_tensors_load(&again, path, &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        ck_assert_ptr_null(again);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_gt(n, 5);
    pal_tensors_free(again);
    pal_tensors_free(tensors);
}
END_TEST

Suite *suite_core_tensors(void)
{
    Suite *suite = suite_create("core/tensors");
    TCase *tc = tcase_create("tensors");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_file_of_another_writer_is_read_whatever_the_order_of_its_arrays);
    tcase_add_test(tc, a_saved_file_is_a_header_and_the_arrays_in_the_order_of_their_names);
    tcase_add_test(tc, any_arrays_read_back_as_they_were);
    tcase_add_test(tc, files_that_cannot_be_used_are_refused);
    tcase_add_test(tc, one_changed_byte_of_an_array_is_found);
    tcase_add_test(tc, what_is_missing_or_of_another_kind_is_named);
    tcase_add_test(tc, everything_survives_the_failure_of_any_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}

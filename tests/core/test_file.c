/* Files that are there whole or not at all. Directories: test_outdir.c. */
#include "core/file.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

Suite *suite_core_file(void);

static pal_outfile *open_out(const char *path)
{
    pal_outfile *file = NULL;

    ck_assert_int_eq(pal_outfile_open(&file, path, NULL), PAL_OK);
    return file;
}

START_TEST(all_kinds_of_values_are_written_as_declared)
{
    const char *path = scratch_path("a.csv");
    pal_outfile *file = open_out(path);

    pal_outfile_text(file, "x,");
    pal_outfile_bytes(file, "y\0z", 3);
    pal_outfile_bytes(file, "", 0);
    ck_assert_uint_eq(pal_outfile_size(file), 5);
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, NULL), PAL_OK);
    ck_assert_ptr_null(file);
    file = open_out(path);
    pal_outfile_printf(file, "%s=%d;", "n", 3);
    pal_outfile_double(file, 2.385);
    pal_outfile_text(file, ";");
    pal_outfile_double(file, NAN);
    pal_outfile_text(file, ";");
    pal_outfile_float(file, 0.1f);
    pal_outfile_text(file, ";");
    pal_outfile_float(file, NAN);
    pal_outfile_text(file, ";");
    pal_outfile_u64(file, UINT64_MAX);
    pal_outfile_text(file, ";");
    pal_outfile_i64(file, INT64_MIN);
    pal_outfile_text(file, "\n");
    ck_assert_uint_eq(pal_outfile_size(file), 58);
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, NULL), PAL_OK);
    ck_assert(scratch_holds(path, "n=3;2.385;;0.1;;18446744073709551615;-9223372036854775808\n"));
}
END_TEST

START_TEST(csv_text_is_quoted_when_it_must_be)
{
    const char *path = scratch_path("a.csv");
    pal_outfile *file = open_out(path);
    static const char *const texts[] = { "plain", "", "a,b", "say \"hi\"", "\"", "two\nlines", "cr\r", " blank " };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        pal_outfile_csv_text(file, texts[i]);
        pal_outfile_text(file, "|");
    }
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, NULL), PAL_OK);
    ck_assert(scratch_holds(path, "plain||\"a,b\"|\"say \"\"hi\"\"\"|\"\"\"\"|\"two\nlines\"|\"cr\r\"| blank |"));
}
END_TEST

START_TEST(nothing_is_at_the_path_before_commit_and_the_old_file_stays_till_then)
{
    const char *path = scratch_text("a.txt", "old");
    pal_outfile *file = open_out(path);

    for (int i = 0; i < 100000; i++) {
        pal_outfile_text(file, "new ");
    }
    ck_assert(scratch_holds(path, "old"));
    ck_assert_uint_eq(scratch_count(scratch_path("")), 2);
    pal_outfile_abort(&file);
    ck_assert_ptr_null(file);
    ck_assert(scratch_holds(path, "old"));
    ck_assert_uint_eq(scratch_count(scratch_path("")), 1);
    pal_outfile_abort(&file); /* nothing inside */
    file = open_out(path);
    pal_outfile_text(file, "new");
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, NULL), PAL_OK);
    ck_assert(scratch_holds(path, "new"));
    ck_assert_uint_eq(scratch_count(scratch_path("")), 1);
}
END_TEST

START_TEST(the_digest_is_that_of_the_file)
{
    for (size_t n = 0; n < 300000; n = 3 * n + 1000) { /* below, at and beyond the buffer */
        const char *path = scratch_path("big");
        pal_outfile *file = open_out(path);
        char hex[PAL_HASH_HEX], again[PAL_HASH_HEX];
        struct stat info;
        uint64_t size;

        for (size_t i = 0; i < n; i++) {
            pal_outfile_u64(file, i);
        }
        pal_outfile_printf(file, "%700d", 7);
        size = pal_outfile_size(file);
        ck_assert_int_eq(pal_outfile_commit(&file, hex, NULL), PAL_OK);
        ck_assert_int_eq(pal_hash_file(again, path, NULL), PAL_OK);
        ck_assert_str_eq(hex, again);
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_uint_eq((uint64_t)info.st_size, size);
    }
}
END_TEST

START_TEST(a_path_that_cannot_be_made_is_named)
{
    pal_outfile *file = NULL;
    pal_error err;

    ck_assert_int_eq(pal_outfile_open(&file, scratch_path("none/a.csv"), &err), PAL_ERR_IO);
    ck_assert_ptr_null(file);
    ck_assert_has(err.text, "none/a.csv: cannot be made: No such file");
    ck_assert_int_eq(pal_outfile_open(&file, "/dev/null", &err), PAL_ERR_IO);
    ck_assert_has(err.text, "/dev/null: is there and is no regular file");
    file = open_out(scratch_path("dir")); /* which becomes a folder meanwhile */
    mkdir(scratch_path("dir"), 0777);
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "dir: cannot be put in place: ");
    ck_assert_ptr_null(file);
    ck_assert_uint_eq(scratch_count(scratch_path("")), 1);
}
END_TEST

/* A full disk, played by a limit on file size. */
START_TEST(a_failed_write_comes_out_at_commit_and_leaves_nothing)
{
    const struct rlimit small = { 100000, 100000 };
    const char *path = scratch_path("a.txt");
    pal_outfile *file = open_out(path);
    pal_error err;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 100000; i++) {
        pal_outfile_text(file, "0123456789");
    }
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "a.txt: cannot be written: File too large");
    ck_assert_uint_eq(scratch_count(scratch_path("")), 0);
}
END_TEST

START_TEST(lack_of_memory_is_reported_and_leaves_nothing)
{
    pal_outfile *file = NULL;
    pal_error err;
    size_t n = 1;

    for (;; n++) {
        pal_mem_fail_at(n);
        if (pal_outfile_open(&file, scratch_path("a"), &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        ck_assert_ptr_null(file);
    }
    ck_assert_uint_eq(n, 6);
    pal_mem_fail_at(1); /* a long text needs memory of its own: sticky, told at commit */
    pal_outfile_printf(file, "%600d", 1);
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "Cannot allocate memory");
    ck_assert_uint_eq(scratch_count(scratch_path("")), 0);
}
END_TEST

START_TEST(whole_files_are_read_plain_and_gzipped)
{
    static char text[300000];
    char *bytes = NULL;
    size_t n;

    for (size_t length = 0; length < sizeof text - 1; length = 5 * length + 3) {
        memset(text, 'x', length);
        text[length / 2] = '\n';
        text[length] = '\0';
        ck_assert_int_eq(pal_file_read(&bytes, &n, scratch_text("a.txt", text), NULL), PAL_OK);
        ck_assert_uint_eq(n, length);
        ck_assert_str_eq(bytes, text);
        pal_free(bytes);
        ck_assert_int_eq(pal_file_read(&bytes, NULL, scratch_gzip("a.txt.gz", text), NULL), PAL_OK);
        ck_assert_str_eq(bytes, text);
        pal_free(bytes);
    }
    ck_assert_int_eq(pal_file_read(&bytes, &n, scratch_text("empty", ""), NULL), PAL_OK);
    ck_assert_uint_eq(n, 0);
    ck_assert_str_eq(bytes, "");
    pal_free(bytes);
}
END_TEST

START_TEST(a_cut_gzip_file_is_an_error)
{
    char *bytes = NULL, text[5000];
    const char *path;
    pal_error err;
    struct stat info;

    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = (char)('a' + (i * i * 7919 >> 7) % 26);
    }
    text[sizeof text - 1] = '\0';
    path = scratch_gzip("a.gz", text);
    ck_assert_int_eq(stat(path, &info), 0);
    for (long cut = info.st_size - 1; cut > 2; cut -= 1 + info.st_size / 30) {
        ck_assert_int_eq(truncate(path, cut), 0);
        ck_assert_int_eq(pal_file_read(&bytes, NULL, path, &err), PAL_ERR_PARSE);
        ck_assert_has(err.text, "a.gz: damaged or cut gzip data");
        ck_assert_ptr_null(bytes);
    }
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    char *bytes = NULL;
    pal_error err;

    ck_assert_int_eq(pal_file_read(&bytes, NULL, scratch_path("none"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "/none: cannot be opened: No such file");
    ck_assert_int_eq(pal_file_read(&bytes, NULL, scratch_path("none.gz"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "/none.gz: cannot be opened: No such file");
    ck_assert_int_eq(pal_file_read(&bytes, NULL, scratch_path("."), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "cannot be read: Is a directory");
    ck_assert(!pal_file_exists(scratch_path("none")));
    ck_assert(pal_file_exists(scratch_path(".")));
    ck_assert(pal_file_exists(scratch_text("some", "")));
}
END_TEST

START_TEST(paths_are_joined_with_one_slash)
{
    static const char *const rows[][3] = { { "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "", "b", "b" },
                                           { "/", "b", "/b" }, { ".", "b/c", "./b/c" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = pal_path_join(rows[i][0], rows[i][1]);

        ck_assert_str_eq(path, rows[i][2]);
        pal_free(path);
    }
    pal_mem_fail_at(1);
    ck_assert_ptr_null(pal_path_join("a", "b"));
    pal_mem_fail_at(0);
}
END_TEST

Suite *suite_core_file(void)
{
    Suite *suite = suite_create("core/file");
    TCase *tc = tcase_create("file");
    TCase *crash = tcase_create("limits");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, all_kinds_of_values_are_written_as_declared);
    tcase_add_test(tc, csv_text_is_quoted_when_it_must_be);
    tcase_add_test(tc, nothing_is_at_the_path_before_commit_and_the_old_file_stays_till_then);
    tcase_add_test(tc, the_digest_is_that_of_the_file);
    tcase_add_test(tc, a_path_that_cannot_be_made_is_named);
    tcase_add_test(tc, lack_of_memory_is_reported_and_leaves_nothing);
    tcase_add_test(tc, whole_files_are_read_plain_and_gzipped);
    tcase_add_test(tc, a_cut_gzip_file_is_an_error);
    tcase_add_test(tc, a_file_that_is_not_there_is_named);
    tcase_add_test(tc, paths_are_joined_with_one_slash);
    suite_add_tcase(suite, tc);
    /* a limit cannot be taken back, so this one needs a process of its own */
    tcase_add_checked_fixture(crash, scratch_begin, scratch_end);
    tcase_set_tags(crash, "fork");
    tcase_add_test(crash, a_failed_write_comes_out_at_commit_and_leaves_nothing);
    suite_add_tcase(suite, crash);
    return suite;
}

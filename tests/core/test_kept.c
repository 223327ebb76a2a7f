/* Files and directories that outlive the process that writes them. */
#include "core/file.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *suite_core_kept(void);

static pal_error err;

static pal_outfile *open_kept(const char *path, uint64_t size, const char *hex)
{
    pal_outfile *file = NULL;

    ck_assert_msg(pal_outfile_open_kept(&file, path, size, hex, &err) == PAL_OK, "%s", err.text);
    return file;
}

START_TEST(a_file_goes_on_where_it_was_synced_and_has_the_digest_of_one_written_at_once)
{
    const char *path = scratch_path("log.csv"), *whole = scratch_path("whole.csv");
    char hex[PAL_HASH_HEX], wanted[PAL_HASH_HEX], found[PAL_HASH_HEX];
    pal_outfile *file = open_kept(path, 0, NULL);
    uint64_t size;

    for (int i = 0; i < 30000; i++) pal_outfile_printf(file, "row %d\n", i);
    ck_assert_int_eq(pal_outfile_sync(file, hex, &err), PAL_OK);
    size = pal_outfile_size(file);
    pal_outfile_text(file, "lost");
    ck_assert_int_eq(pal_outfile_sync(file, NULL, &err), PAL_OK); /* what came after the checkpoint */
    pal_outfile_abort(&file);
    ck_assert(!pal_file_exists(path));
    file = open_kept(path, size, hex);
    ck_assert_uint_eq(pal_outfile_size(file), size);
    for (int i = 30000; i < 40000; i++) pal_outfile_printf(file, "row %d\n", i);
    ck_assert_int_eq(pal_outfile_commit(&file, found, &err), PAL_OK);
    ck_assert_int_eq(pal_outfile_open(&file, whole, &err), PAL_OK);
    for (int i = 0; i < 40000; i++) pal_outfile_printf(file, "row %d\n", i);
    ck_assert_int_eq(pal_outfile_commit(&file, wanted, &err), PAL_OK);
    ck_assert_str_eq(found, wanted);
    ck_assert_int_eq(pal_hash_file(found, path, &err), PAL_OK);
    ck_assert_str_eq(found, wanted);
    ck_assert(!pal_file_exists(scratch_path("log.csv.part")));
}
END_TEST

START_TEST(a_committed_file_is_taken_back)
{
    const char *path = scratch_path("a");
    char hex[PAL_HASH_HEX];
    pal_outfile *file = open_kept(path, 0, NULL);

    pal_outfile_text(file, "one,");
    ck_assert_int_eq(pal_outfile_sync(file, hex, &err), PAL_OK);
    pal_outfile_text(file, "two");
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, &err), PAL_OK);
    file = open_kept(path, 4, hex);
    ck_assert(!pal_file_exists(path));
    pal_outfile_text(file, "three");
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, &err), PAL_OK);
    ck_assert(scratch_holds(path, "one,three"));
}
END_TEST

START_TEST(what_is_not_there_any_more_is_named)
{
    const char *path = scratch_path("a"), *part = scratch_text("a.part", "abcdef");
    char hex[PAL_HASH_HEX];
    pal_outfile *file = NULL;

    ck_assert_int_eq(pal_hash_file(hex, part, NULL), PAL_OK);
    ck_assert_int_eq(pal_outfile_open_kept(&file, path, 7, hex, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "a.part: holds 6 bytes, wanted at least 7");
    ck_assert_int_eq(pal_outfile_open_kept(&file, path, 5, hex, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "a.part: its first 5 bytes have the digest");
    ck_assert(scratch_holds(part, "abcdef")); /* nothing is cut before it is known to be ours */
    ck_assert_int_eq(pal_outfile_open_kept(&file, scratch_path("b"), 5, hex, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "b.part: cannot be opened");
    ck_assert_ptr_null(file);
}
END_TEST

START_TEST(a_full_disk_comes_out_at_sync)
{
    const struct rlimit small = { 100000, 100000 };
    const char *path = scratch_path("full");
    pal_outfile *file = open_kept(path, 0, NULL);

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 30000; i++) pal_outfile_text(file, "0123456789");
    ck_assert_int_eq(pal_outfile_sync(file, NULL, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "full: cannot be written");
    pal_outfile_abort(&file);
}
END_TEST

/* ---- directories ---- */

static pal_outdir *open_dir(const char *path)
{
    pal_outdir *dir = NULL;

    ck_assert_msg(pal_outdir_open_kept(&dir, path, &err) == PAL_OK, "%s", err.text);
    return dir;
}

static void put(const pal_outdir *dir, const char *name)
{
    char path[600];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", pal_outdir_path(dir), name);
    f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    fclose(f);
}

static bool has(const char *dir, const char *name)
{
    char path[600];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return pal_file_exists(path);
}

START_TEST(a_kept_directory_is_found_again_and_commits_without_its_lock)
{
    const char *path = scratch_path("in/run"), *part = scratch_path("in/run.part");
    pal_outdir *dir = open_dir(path);

    ck_assert_str_eq(pal_outdir_path(dir), part);
    put(dir, "manifest.json");
    pal_outdir_keep(&dir);
    ck_assert_ptr_null(dir);
    ck_assert(!pal_file_exists(path) && has(part, "manifest.json"));
    dir = open_dir(path);
    ck_assert(has(part, "manifest.json"));
    ck_assert_int_eq(pal_outdir_commit(&dir, &err), PAL_OK);
    ck_assert_uint_eq(scratch_count(scratch_path("in")), 1);
    ck_assert_uint_eq(scratch_count(path), 1);
    dir = open_dir(path);
    pal_outdir_abort(&dir);
    ck_assert_uint_eq(scratch_count(scratch_path("in")), 1);
}
END_TEST

START_TEST(cleaning_leaves_the_parts_or_nothing)
{
    const char *part = scratch_path("run.part");
    pal_outdir *dir = open_dir(scratch_path("run"));
    char inner[600];

    snprintf(inner, sizeof inner, "%s/deep", part);
    ck_assert_int_eq(mkdir(inner, 0777), 0);
    snprintf(inner, sizeof inner, "%s/empty", part);
    ck_assert_int_eq(mkdir(inner, 0777), 0);
    put(dir, "a.csv.part"), put(dir, "a.csv"), put(dir, "deep/b.part"), put(dir, "deep/b.part.tmp-3"), put(dir, "empty/x");
    ck_assert_int_eq(pal_outdir_clean(dir, true, &err), PAL_OK);
    ck_assert(has(part, "lock") && has(part, "a.csv.part") && has(part, "deep/b.part"));
    ck_assert(!has(part, "a.csv") && !has(part, "deep/b.part.tmp-3") && !has(part, "empty"));
    ck_assert_int_eq(pal_outdir_clean(dir, false, &err), PAL_OK);
    ck_assert_uint_eq(scratch_count(part), 1);
    pal_outdir_abort(&dir);
    ck_assert(!pal_file_exists(part));
}
END_TEST

START_TEST(a_directory_of_somebody_else_is_left_alone)
{
    pal_outdir *dir = NULL;

    ck_assert_int_eq(mkdir(scratch_path("run.part"), 0777), 0);
    scratch_text("run.part/thesis.txt", "mine");
    ck_assert_int_eq(pal_outdir_open_kept(&dir, scratch_path("run"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "run.part: is there and is no unfinished run");
    ck_assert(scratch_holds(scratch_path("run.part/thesis.txt"), "mine"));
    scratch_text("file.part", "x");
    ck_assert_int_eq(pal_outdir_open_kept(&dir, scratch_path("file"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "file.part");
    ck_assert_ptr_null(dir);
}
END_TEST

/* In a child: open the directory; 0 it could, 1 somebody is at work there, 2 else. */
static int open_elsewhere(const char *path)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        pal_outdir *dir = NULL;
        pal_status rc = pal_outdir_open_kept(&dir, path, &err);

        _exit(rc == PAL_OK ? 0 : rc == PAL_ERR_IO && strstr(err.text, "another process is at work there") != NULL ? 1 : 2);
    }
    ck_assert(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(one_process_at_a_time)
{
    const char *path = scratch_path("run");
    pal_outdir *dir = open_dir(path);

    ck_assert_int_eq(open_elsewhere(path), 1);
    pal_outdir_keep(&dir);
    ck_assert_int_eq(open_elsewhere(path), 0); /* which ended without a word: the lock went with it */
    dir = open_dir(path);
    ck_assert_int_eq(open_elsewhere(path), 1);
    pal_outdir_abort(&dir);
    ck_assert_int_eq(open_elsewhere(path), 0);
}
END_TEST

Suite *suite_core_kept(void)
{
    Suite *s = suite_create("core/kept");
    TCase *tc = tcase_create("kept"), *more = tcase_create("more processes");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_file_goes_on_where_it_was_synced_and_has_the_digest_of_one_written_at_once);
    tcase_add_test(tc, a_committed_file_is_taken_back);
    tcase_add_test(tc, what_is_not_there_any_more_is_named);
    tcase_add_test(tc, a_kept_directory_is_found_again_and_commits_without_its_lock);
    tcase_add_test(tc, cleaning_leaves_the_parts_or_nothing);
    tcase_add_test(tc, a_directory_of_somebody_else_is_left_alone);
    tcase_set_tags(more, "fork");
    tcase_add_checked_fixture(more, scratch_begin, scratch_end);
    tcase_add_test(more, one_process_at_a_time);
    tcase_add_test(more, a_full_disk_comes_out_at_sync);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, more);
    return s;
}

/* Directories that appear whole, and what they may replace. */
#include "core/file.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *suite_core_outdir(void);

static void put(const char *dir, const char *name, const char *text)
{
    char path[1024];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static bool holds(const char *dir, const char *name, const char *text)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return scratch_holds(path, text);
}

START_TEST(a_new_directory_appears_at_commit_with_its_parents)
{
    const char *path = scratch_path("a/b/run");
    pal_outdir *dir = NULL;
    char inner[600];

    ck_assert_int_eq(pal_outdir_open(&dir, path, NULL), PAL_OK);
    ck_assert_has(pal_outdir_path(dir), "a/b/run.tmp-");
    put(pal_outdir_path(dir), "manifest.json", "{}");
    snprintf(inner, sizeof inner, "%s/figures", pal_outdir_path(dir));
    ck_assert_int_eq(mkdir(inner, 0777), 0);
    put(inner, "x.svg", "<svg/>");
    ck_assert(!pal_file_exists(path));
    ck_assert_int_eq(pal_outdir_commit(&dir, NULL), PAL_OK);
    ck_assert_ptr_null(dir);
    ck_assert(holds(path, "manifest.json", "{}"));
    ck_assert(holds(path, "figures/x.svg", "<svg/>"));
    ck_assert_uint_eq(scratch_count(scratch_path("a/b")), 1);
}
END_TEST

START_TEST(an_older_run_is_replaced_whole)
{
    const char *path = scratch_path("run");
    pal_outdir *dir = NULL;

    for (int round = 0; round < 3; round++) {
        char name[32], inner[600];

        ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("run/"), NULL), PAL_OK);
        snprintf(name, sizeof name, "round-%d", round);
        snprintf(inner, sizeof inner, "%s/deep", pal_outdir_path(dir));
        ck_assert_int_eq(mkdir(inner, 0777), 0);
        put(inner, "file", "x");
        put(pal_outdir_path(dir), "manifest.json", "{}");
        put(pal_outdir_path(dir), name, "x");
        ck_assert_int_eq(pal_outdir_commit(&dir, NULL), PAL_OK);
        ck_assert(holds(path, name, "x"));
        ck_assert_uint_eq(scratch_count(path), 3);
        ck_assert_uint_eq(scratch_count(scratch_path("")), 1);
    }
}
END_TEST

START_TEST(an_empty_directory_is_replaced)
{
    pal_outdir *dir = NULL;

    mkdir(scratch_path("run"), 0777);
    ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("run"), NULL), PAL_OK);
    put(pal_outdir_path(dir), "manifest.json", "{}");
    ck_assert_int_eq(pal_outdir_commit(&dir, NULL), PAL_OK);
    ck_assert(holds(scratch_path("run"), "manifest.json", "{}"));
}
END_TEST

START_TEST(what_is_not_ours_is_refused_before_the_work)
{
    pal_outdir *dir = NULL;
    pal_error err;

    mkdir(scratch_path("home"), 0777);
    scratch_text("home/thesis.txt", "precious");
    ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("home"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "home: will not be replaced: it holds files but no manifest.json");
    ck_assert_ptr_null(dir);
    scratch_text("file", "precious");
    ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("file"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "file: is there already and is no directory");
    ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("file/run"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "file: the directory cannot be made: a file of that name is there");
    ck_assert_uint_eq(scratch_count(scratch_path("")), 2);
    ck_assert(scratch_holds(scratch_path("home/thesis.txt"), "precious"));
}
END_TEST

START_TEST(what_came_meanwhile_is_not_replaced_and_the_work_is_kept)
{
    pal_outdir *dir = NULL;
    pal_error err;
    char temporary[600];

    ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("run"), NULL), PAL_OK);
    put(pal_outdir_path(dir), "manifest.json", "{}");
    snprintf(temporary, sizeof temporary, "%s", pal_outdir_path(dir));
    mkdir(scratch_path("run"), 0777);
    scratch_text("run/thesis.txt", "precious");
    ck_assert_int_eq(pal_outdir_commit(&dir, &err), PAL_ERR_IO);
    ck_assert_ptr_null(dir);
    ck_assert_has(err.text, "run: will not be replaced");
    ck_assert_has(err.text, temporary);
    ck_assert(scratch_holds(scratch_path("run/thesis.txt"), "precious"));
    ck_assert(holds(temporary, "manifest.json", "{}"));
}
END_TEST

START_TEST(abort_removes_all_but_follows_no_links)
{
    pal_outdir *dir = NULL;
    char link[600];

    mkdir(scratch_path("home"), 0777);
    scratch_text("home/thesis.txt", "precious");
    ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("run"), NULL), PAL_OK);
    snprintf(link, sizeof link, "%s/link", pal_outdir_path(dir));
    ck_assert_int_eq(symlink("../home", link), 0);
    put(pal_outdir_path(dir), "a", "x");
    pal_outdir_abort(&dir);
    ck_assert_ptr_null(dir);
    pal_outdir_abort(&dir);
    ck_assert_uint_eq(scratch_count(scratch_path("")), 1);
    ck_assert(scratch_holds(scratch_path("home/thesis.txt"), "precious"));
}
END_TEST

START_TEST(leftovers_of_a_dead_process_with_our_number_go)
{
    pal_outdir *dir = NULL;
    char name[64];

    snprintf(name, sizeof name, "run.tmp-%ld", (long)getpid());
    mkdir(scratch_path(name), 0777);
    put(scratch_path(name), "stale", "x");
    ck_assert_int_eq(pal_outdir_open(&dir, scratch_path("run"), NULL), PAL_OK);
    ck_assert_uint_eq(scratch_count(pal_outdir_path(dir)), 0);
    pal_outdir_abort(&dir);
}
END_TEST

START_TEST(names_that_cannot_be_replaced_are_refused)
{
    static const char *const names[] = { "", "/", ".", "..", "a/..", "build/.", "//" };
    pal_outdir *dir = NULL;
    pal_error err;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(pal_outdir_open(&dir, names[i], &err), PAL_ERR_IO);
        ck_assert_has(err.text, "is no name for a new directory");
    }
}
END_TEST

START_TEST(lack_of_memory_leaves_nothing)
{
    pal_outdir *dir = NULL;
    pal_error err;
    size_t n = 1;

    for (;; n++) {
        pal_mem_fail_at(n);
        if (pal_outdir_open(&dir, scratch_path("a/run"), &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        ck_assert_ptr_null(dir);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_gt(n, 4);
    pal_outdir_abort(&dir);
    ck_assert_uint_eq(scratch_count(scratch_path("a")), 0);
}
END_TEST

START_TEST(directories_are_made_with_parents_and_twice)
{
    pal_error err;

    ck_assert_int_eq(pal_dir_make(scratch_path("x/y//z/"), NULL), PAL_OK);
    ck_assert_int_eq(pal_dir_make(scratch_path("x/y/z"), NULL), PAL_OK);
    ck_assert(pal_file_exists(scratch_path("x/y/z")));
    scratch_text("x/file", "");
    ck_assert_int_eq(pal_dir_make(scratch_path("x/file"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "x/file: the directory cannot be made: a file of that name is there");
    ck_assert_int_eq(pal_dir_make("", &err), PAL_ERR_IO);
    pal_mem_fail_at(1);
    ck_assert_int_eq(pal_dir_make(scratch_path("x"), &err), PAL_ERR_MEMORY);
    pal_mem_fail_at(0);
}
END_TEST

Suite *suite_core_outdir(void)
{
    Suite *suite = suite_create("core/outdir");
    TCase *tc = tcase_create("outdir");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_new_directory_appears_at_commit_with_its_parents);
    tcase_add_test(tc, an_older_run_is_replaced_whole);
    tcase_add_test(tc, an_empty_directory_is_replaced);
    tcase_add_test(tc, what_is_not_ours_is_refused_before_the_work);
    tcase_add_test(tc, what_came_meanwhile_is_not_replaced_and_the_work_is_kept);
    tcase_add_test(tc, abort_removes_all_but_follows_no_links);
    tcase_add_test(tc, leftovers_of_a_dead_process_with_our_number_go);
    tcase_add_test(tc, names_that_cannot_be_replaced_are_refused);
    tcase_add_test(tc, lack_of_memory_leaves_nothing);
    tcase_add_test(tc, directories_are_made_with_parents_and_twice);
    suite_add_tcase(suite, tc);
    return suite;
}

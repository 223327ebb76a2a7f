/* Running again from a manifest. */
#include "core/file.h"
#include "core/mem.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <stdio.h>

static void rewrite(const char *dir, const char *name, const char *from, const char *to)
{
    char path[512], *bytes = NULL, *at;
    size_t n = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(pal_file_read(&bytes, &n, path, NULL), PAL_OK);
    at = strstr(bytes, from);
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_eq(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
    pal_free(bytes);
}

START_TEST(a_run_is_reproduced_at_another_thread_count)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "run", 1);
    pal_error err = { PAL_OK, "" };
    char message[512];

    ck_assert_msg(pal_verify(dir, 2, message, &err) == PAL_OK, "%s", err.text);
    ck_assert_has(message, summary.digest);
    ck_assert_has(message, "bit for bit");
    pal_experiment_free(e);
}
END_TEST

START_TEST(a_changed_file_is_noticed)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "run", 1);
    pal_error err = { PAL_OK, "" };
    char message[512];

    rewrite(dir, "rounds.csv", "ctr", "rtc");
    ck_assert_int_eq(pal_verify(dir, 1, message, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "rounds.csv");
    pal_experiment_free(e);
}
END_TEST

START_TEST(another_config_parts_at_a_named_round_and_field)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "run", 1);
    pal_error err = { PAL_OK, "" };
    char message[512];

    rewrite(dir, "manifest.json", "\"like_step\": 0.08", "\"like_step\": 0.09");
    ck_assert_int_eq(pal_verify(dir, 1, message, &err), PAL_ERR_MISMATCH);
    ck_assert_has(err.text, "round");
    ck_assert_has(err.text, "profiles_digest");
    pal_experiment_free(e);
}
END_TEST

START_TEST(what_is_no_run_directory_is_refused)
{
    pal_error err = { PAL_OK, "" };
    char message[512];

    ck_assert_int_eq(pal_verify(scratch_path("none"), 1, message, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "manifest.json");
    ck_assert_int_eq(pal_dir_make(scratch_path("odd"), NULL), PAL_OK);
    scratch_text("odd/manifest.json", "{\"format\": \"other/1\"}");
    ck_assert_int_eq(pal_verify(scratch_path("odd"), 1, message, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "other/1");
}
END_TEST

Suite *suite_lab_verify(void);
Suite *suite_lab_verify(void)
{
    Suite *s = suite_create("lab/verify");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_run_is_reproduced_at_another_thread_count);
    tcase_add_test(tc, a_changed_file_is_noticed);
    tcase_add_test(tc, another_config_parts_at_a_named_round_and_field);
    tcase_add_test(tc, what_is_no_run_directory_is_refused);
    suite_add_tcase(s, tc);
    return s;
}

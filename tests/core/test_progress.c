/* Progress: silent unless asked, counted right, and not too often. */
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include "core/progress.h"

#include "tests/support/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

Suite *suite_core_progress(void);

/* What goes to stderr between these two lands in a file. */
static int saved = -1;

static void catch_stderr(void)
{
    int fd = open(scratch_path("stderr"), O_WRONLY | O_CREAT | O_TRUNC, 0666);

    fflush(stderr);
    saved = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
    close(fd);
}

static size_t release_stderr(char *text, size_t capacity)
{
    FILE *file;
    size_t n;

    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    pal_progress_allow(false);
    file = fopen(scratch_path("stderr"), "rb");
    n = fread(text, 1, capacity - 1, file);
    text[n] = '\0';
    fclose(file);
    return n;
}

START_TEST(nothing_is_printed_unless_allowed)
{
    pal_progress p;
    char text[256];

    catch_stderr();
    pal_progress_begin(&p, "rounds", 10);
    for (int i = 0; i < 10; i++) {
        pal_progress_step(&p, 1);
    }
    ck_assert_uint_eq(p.done, 10);
    pal_progress_end(&p);
    ck_assert_uint_eq(release_stderr(text, sizeof text), 0);
}
END_TEST

START_TEST(a_bar_shows_label_and_share_and_is_wiped)
{
    pal_progress p;
    char text[4096];

    catch_stderr();
    pal_progress_allow(true);
    pal_progress_begin(&p, "rounds", 4);
    pal_progress_step(&p, 1);
    p.shown_s -= 1.0; /* as if a second had passed */
    p.started_s -= 30.0;
    pal_progress_step(&p, 0);
    pal_progress_end(&p);
    release_stderr(text, sizeof text);
    ck_assert_has(text, "rounds [..............................]   0 %");
    ck_assert_has(text, "rounds [#######.......................]  25 %  1 min 30 s left");
    ck_assert_str_eq(text + strlen(text) - 4, "\r\033[K");
}
END_TEST

START_TEST(redraws_are_few)
{
    pal_progress p;
    static char text[1 << 16];
    size_t redraws = 0;
    double start;

    catch_stderr();
    pal_progress_allow(true);
    start = pal_clock_s();
    pal_progress_begin(&p, "many", 1000000);
    for (int i = 0; i < 200000; i++) {
        pal_progress_step(&p, 5);
    }
    start = pal_clock_s() - start;
    release_stderr(text, sizeof text);
    for (const char *at = text; (at = strchr(at, '\r')) != NULL; at++) {
        redraws++;
    }
    ck_assert_uint_ge(redraws, 1);
    ck_assert_uint_le(redraws, 1 + (size_t)(start / 0.1));
}
END_TEST

START_TEST(steps_do_not_pass_the_total)
{
    pal_progress p;

    pal_progress_begin(&p, "x", 5);
    pal_progress_step(&p, 3);
    pal_progress_step(&p, UINT64_MAX);
    ck_assert_uint_eq(p.done, 5);
    pal_progress_end(&p);
    pal_progress_begin(&p, "nothing", 0);
    pal_progress_step(&p, 1);
    ck_assert_uint_eq(p.done, 0);
    pal_progress_end(&p);
}
END_TEST

START_TEST(the_clock_goes_forward)
{
    double before = pal_clock_s();

    for (int i = 0; i < 1000; i++) {
        double now = pal_clock_s();

        ck_assert_double_ge(now, before);
        before = now;
    }
    ck_assert_double_gt(before, 0.0);
}
END_TEST

Suite *suite_core_progress(void)
{
    Suite *suite = suite_create("core/progress");
    TCase *tc = tcase_create("progress");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, nothing_is_printed_unless_allowed);
    tcase_add_test(tc, a_bar_shows_label_and_share_and_is_wiped);
    tcase_add_test(tc, redraws_are_few);
    tcase_add_test(tc, steps_do_not_pass_the_total);
    tcase_add_test(tc, the_clock_goes_forward);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Files for one test, in a folder of their own under build/ that is gone afterwards. */
#ifndef PAL_TESTS_SUPPORT_SCRATCH_H
#define PAL_TESTS_SUPPORT_SCRATCH_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A checked fixture: tcase_add_checked_fixture(tc, scratch_begin, scratch_end). */
void scratch_begin(void);
void scratch_end(void);

/* "build/scratch-PID/name"; good until eight more were asked for. */
const char *scratch_path(const char *name);
/* Put bytes into a scratch file and give its path. */
const char *scratch_write(const char *name, const void *bytes, size_t n);
const char *scratch_text(const char *name, const char *text);
/* The same, gzipped. */
const char *scratch_gzip(const char *name, const char *text);
/* Is a file of exactly these bytes there? */
bool scratch_holds(const char *path, const char *text);
/* Entries in a folder, without . and .. */
size_t scratch_count(const char *folder);

#define ck_assert_has(text, part) \
    ck_assert_msg(strstr((text), (part)) != NULL, "\"%s\" does not hold \"%s\"", (text), (part))

#endif

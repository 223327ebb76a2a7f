/* A small run directory to draw from, copied to scratch so that a test may break it. */
#ifndef PAL_TESTS_SUPPORT_PLOTS_RUN_H
#define PAL_TESTS_SUPPORT_PLOTS_RUN_H

#include <stdbool.h>
#include <stddef.h>

#define PLOTS_RUN "tests/fixtures/run_small"

/* Copy PLOTS_RUN to the scratch folder (tests/support/scratch.h) under this name; the path is good as long as
 * scratch_path's. */
const char *plots_copy_run(const char *name);
/* Replace the first `from` in dir/file by `to`; fails the test when it is not there. */
void plots_replace(const char *dir, const char *file, const char *from, const char *to);
/* Keep only the first line of dir/file. */
void plots_keep_header(const char *dir, const char *file);
/* A whole file, NUL behind its end; the caller frees with free. */
char *plots_read(const char *path, size_t *n);
/* Every opening tag of this XML or HTML is closed in order (void elements of HTML and scripts are known). */
bool plots_is_balanced(const char *text);

#endif

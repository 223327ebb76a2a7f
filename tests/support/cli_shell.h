/* Run shell commands in tests of the command line: a scratch directory, exit code, stdout and stderr. */
#ifndef PAL_TESTS_CLI_SHELL_H
#define PAL_TESTS_CLI_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_TEXT 65536

typedef struct cli_result {
    int code;            /* exit code; 128 + signal when it was killed */
    char out[CLI_TEXT];  /* the first part of stdout and of stderr     */
    char err[CLI_TEXT];
} cli_result;

/* Make a scratch directory of its own under build/; the shell knows it as $S and the program as $P. */
void cli_setup(void);
/* Remove it. */
void cli_teardown(void);
const char *cli_scratch(void);

/* Run by sh -c from the repository root. A static result, overwritten by the fourth call after it. */
const cli_result *cli_run(const char *command);

/* Write a file NAME into the scratch directory. */
void cli_write(const char *name, const char *text);
/* Lines of a text. */
size_t cli_lines(const char *text);
/* true when a command failed as promised: exit code `code`, nothing on stdout, one line "palate: ..." on stderr that
 * holds `part`. Prints what it found instead. */
bool cli_failed_well(const cli_result *r, const char *command, int code, const char *part);

#endif

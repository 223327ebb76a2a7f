/* Shell commands for tests: by system(), with both outputs in files of the scratch directory's sibling. */
#include "tests/support/cli_shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch[64];

void cli_setup(void)
{
    const char *program = getenv("PALATE");

    mkdir("build", 0777);
    strcpy(scratch, "build/cli-XXXXXX");
    if (mkdtemp(scratch) == NULL) {
        perror(scratch);
        abort();
    }
    setenv("S", scratch, 1);
    setenv("P", program != NULL ? program : "build/release/palate", 1);
}

void cli_teardown(void)
{
    char command[256];

    snprintf(command, sizeof command, "rm -rf '%s' '%s.out' '%s.err'", scratch, scratch, scratch);
    if (system(command) != 0) {
        fprintf(stderr, "cannot remove %s\n", scratch);
    }
}

const char *cli_scratch(void)
{
    return scratch;
}

static void read_text(char *text, const char *suffix)
{
    char path[128];
    FILE *file;
    size_t n = 0;

    snprintf(path, sizeof path, "%s%s", scratch, suffix);
    file = fopen(path, "rb");
    if (file != NULL) {
        n = fread(text, 1, CLI_TEXT - 1, file);
        fclose(file);
    }
    text[n] = '\0';
}

const cli_result *cli_run(const char *command)
{
    static cli_result results[4]; /* so that a test may compare what a few commands said */
    static size_t next;
    cli_result *result = &results[next++ % 4];
    char whole[4096];
    int status;

    snprintf(whole, sizeof whole, "{ %s\n} >'%s.out' 2>'%s.err' </dev/null", command, scratch, scratch);
    status = system(whole);
    result->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    read_text(result->out, ".out");
    read_text(result->err, ".err");
    return result;
}

void cli_write(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", scratch, name);
    file = fopen(path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        abort();
    }
}

size_t cli_lines(const char *text)
{
    size_t n = 0;

    for (const char *c = text; *c != '\0'; c++) {
        n += *c == '\n';
    }
    return n;
}

bool cli_failed_well(const cli_result *r, const char *command, int code, const char *part)
{
    if (r->code == code && r->out[0] == '\0' && cli_lines(r->err) == 1 && strncmp(r->err, "palate: ", 8) == 0 &&
        strstr(r->err, part) != NULL) {
        return true;
    }
    fprintf(stderr, "%s\n  exit code %d, wanted %d\n  stdout: %.300s\n  stderr: %s  wanted in it: %s\n", command,
            r->code, code, r->out, r->err, part);
    return false;
}

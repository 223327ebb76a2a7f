/* palate: find the command, run it, print the one message of a failure, give the exit code. */
#include "cli/command.h"
#include "cli/other_kind.h"
#include "core/linalg.h"
#include "core/stop.h"
#include "core/progress.h"
#include "core/text.h"
#include "lab/version.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The list of commands, or of one group when `group` is not NULL. */
static void print_commands(const char *group)
{
    printf("palate %s: a laboratory for multi-taste recommenders\n\nusage: palate COMMAND ...\n\n", PAL_VERSION);
    for (size_t c = 0; c < pal_command_count(); c++) {
        const pal_command *command = pal_command_at(c);

        if (group == NULL || pal_command_in_group(command->name, group)) {
            printf("  %-15s %s\n", command->name, command->summary);
        }
    }
    printf("\n'palate COMMAND --help' tells more of each. 'palate --version' prints the version.\n"
           "Results go to files and stdout, messages to stderr. Exit codes: 0 done, 1 it failed, 2 bad usage or "
           "input.\n");
}

static pal_status print_help(const pal_command *command, pal_error *err)
{
    pal_text text = { 0 };
    pal_status rc = PAL_OK;

    pal_text_addf(&text, "palate %s: %s\n\nusage: palate %s %s%s[options]\n\n%s\n\noptions:\n", command->name,
                  command->summary, command->name, command->operands, command->operands[0] != '\0' ? " " : "",
                  command->usage);
    pal_options_describe(command->options, &text);
    PAL_TRY(pal_text_check(&text, err));
    fputs(text.bytes, stdout);

done:
    pal_text_clear(&text);
    return rc;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static pal_status dispatch(int n_words, char **word, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_command *command;
    pal_args args;
    int used = 0;

    if (n_words == 0) {
        PAL_FAIL(PAL_ERR_USAGE, "no command given; 'palate --help' lists them");
    }
    if (strcmp(word[0], "--version") == 0) {
        printf("palate %s\n", PAL_VERSION);
        goto done;
    }
    if (is_help(word[0]) && n_words > 1) { /* palate help run */
        n_words--;
        word++;
        command = pal_command_find(n_words, word, &used);
        if (command != NULL) {
            PAL_TRY(print_help(command, err));
            goto done;
        }
    }
    if (is_help(word[0]) || (pal_command_is_group(word[0]) && n_words > 1 && is_help(word[1]))) {
        print_commands(is_help(word[0]) ? NULL : word[0]);
        goto done;
    }
    command = pal_command_find(n_words, word, &used);
    if (command == NULL) {
        if (n_words == 1 && pal_command_is_group(word[0])) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: which one? 'palate %s --help' lists them", word[0], word[0]);
        }
        PAL_TRY(pal_command_unknown(word[0], pal_command_is_group(word[0]) ? word[1] : NULL, err));
    }
    PAL_TRY(pal_args_parse(&args, command->name, command->options, command->operands, command->n_min,
                           command->n_max, n_words - used, word + used, err));
    if (pal_args_has(&args, "help")) {
        PAL_TRY(print_help(command, err));
        goto done;
    }
    pal_progress_allow(isatty(STDERR_FILENO) == 1 && !pal_args_has(&args, "quiet"));
    rc = command->run(&args, err);
    if (rc == PAL_ERR_CONFIG && args.n_operands > 0) {
        pal_other_kind_hint(err, command->name, args.operand[0]);
    }

done:
    return rc;
}

/* Is all of stdout written? A reader that went away (`palate describe | head`) is no failure; a full disk is one of the
 * machine and not of usage or input, so main exits with 1. */
static pal_status flush_stdout(pal_error *err)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return PAL_OK;
    }
    if (errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0)) {
        return PAL_OK;
    }
    return pal_error_set(err, PAL_ERR_IO, "cannot write to standard output: %s",
                         errno != 0 ? strerror(errno) : "write error");
}

/* Ctrl-C asks once; a second one ends the process at once. */
static void on_interrupt(int number)
{
    pal_stop_request();
    signal(number, SIG_DFL);
}

int main(int argc, char **argv)
{
    pal_error err = { .status = PAL_OK, .text = "" };
    pal_status rc;
    int code;

    /* A full disk, a file-size limit and a closed pipe must come back as write errors, so that what is half
     * written can be removed. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    gsl_set_error_handler_off();
    pal_blas_single_thread();

    rc = dispatch(argc > 0 ? argc - 1 : 0, argv + 1, &err);
    code = pal_status_exit_code(rc);
    if (rc == PAL_OK && (rc = flush_stdout(&err)) != PAL_OK) {
        code = 1;
    }
    if (rc != PAL_OK) {
        fflush(stdout);
        fprintf(stderr, "palate: %s\n", err.text[0] != '\0' ? err.text : pal_status_name(rc));
    }
    return code;
}

/* The command line of one command: a table of options, checked words, and look-ups by name. */
#ifndef PAL_CLI_OPTIONS_H
#define PAL_CLI_OPTIONS_H

#include "core/error.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MAX_OPERANDS 16
#define PAL_MAX_GIVEN 256 /* options on one command line */

typedef struct pal_option {
    const char *name;    /* without the dashes; NULL ends a table              */
    const char *value;   /* what stands for the value in help; NULL for a flag */
    bool repeats;        /* may be given more than once                        */
    const char *meaning; /* one line, with the default                         */
} pal_option;

/* Rows that many commands share. */
#define PAL_OPTION_HELP    { "help", NULL, false, "print this text" }
#define PAL_OPTION_JSON    { "json", NULL, false, "print JSON lines instead of text" }
#define PAL_OPTION_QUIET   { "quiet", NULL, false, "no progress bar and no text on success" }
#define PAL_OPTION_THREADS { "threads", "N", false, "threads to use (default: every processor this process may use)" }
#define PAL_OPTION_END     { NULL, NULL, false, NULL }

typedef struct pal_given {
    const pal_option *option;
    const char *value; /* NULL for a flag; borrowed from argv */
} pal_given;

/* What stood on the command line; all text is borrowed from argv. */
typedef struct pal_args {
    const char *command;         /* "run", "data fit" … for messages */
    size_t n_operands, n_given;
    const char *operand[PAL_MAX_OPERANDS];
    pal_given given[PAL_MAX_GIVEN];
} pal_args;

/*
 * Read the words after the command's name: `--name value`, `--name=value`, `-h`, `--` (the rest are operands).
 *   PAL_ERR_USAGE  unknown option (with the nearest known one), missing or superfluous value, an option given
 *                  twice, fewer than n_min or more than n_max operands; nothing of that when --help is there
 */
PAL_MUST_USE pal_status pal_args_parse(pal_args *args, const char *command, const pal_option *options,
    const char *operands, size_t n_min, size_t n_max, int n_words, char **word, pal_error *err);

bool pal_args_has(const pal_args *args, const char *name);
/* The option's value, or NULL when it was not given. */
const char *pal_args_text(const pal_args *args, const char *name);
/* The i-th value of an option that repeats, or NULL past the last. */
const char *pal_args_nth(const pal_args *args, const char *name, size_t i);
/* A whole number in [min, max]; `fallback` when the option was not given. PAL_ERR_USAGE names the option. */
PAL_MUST_USE pal_status pal_args_whole(uint64_t *out, const pal_args *args, const char *name, uint64_t fallback,
                                       uint64_t min, uint64_t max, pal_error *err);
/* --threads, or every processor. */
PAL_MUST_USE pal_status pal_args_threads(size_t *n_threads, const pal_args *args, pal_error *err);

/*
 * --out of a command that writes one file, or `fallback`. Files appear by renaming: a device such as /dev/null
 * would be replaced by a file, so it is refused.
 *   PAL_ERR_USAGE  empty, or something that is there and is no regular file
 */
PAL_MUST_USE pal_status pal_args_output(const char **path, const pal_args *args, const char *fallback,
                                        pal_error *err);

/* The nearest of n names for "did you mean": at most two edits, or a third of the word; NULL when none is near. */
const char *pal_args_nearest(const char *word, const char *const *names, size_t n);

/* Append the option table for --help, in aligned columns. */
void pal_options_describe(const pal_option *options, pal_text *text);

#endif

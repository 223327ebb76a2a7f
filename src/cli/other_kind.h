/* A file given to the wrong command: which one reads it. */
#ifndef PAL_CLI_OTHER_KIND_H
#define PAL_CLI_OTHER_KIND_H

#include "core/error.h"

/*
 * `command` refused the file: when its keys are those of another command's files, say so at the end of err's text. The text
 * stays as it is when the command reads no JSON file, when the file cannot be read, or when its keys tell nothing else.
 */
void pal_other_kind_hint(pal_error *err, const char *command, const char *file);

#endif

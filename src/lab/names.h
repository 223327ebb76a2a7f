/* What the name of a run, an arm or a model may be: it stands in tables, lines of output, figures and directories. */
#ifndef PAL_LAB_NAMES_H
#define PAL_LAB_NAMES_H

#include "core/error.h"

/* Nothing in a name may break a line. `path` is the JSON path of the name in `file`.
 *   PAL_ERR_CONFIG  a control character; the text has the place, the character and its byte */
PAL_MUST_USE pal_status pal_name_check(const char *name, const char *file, const char *path, pal_error *err);

/* The same for the key "name" at the root of a file, which names a directory too.
 *   PAL_ERR_CONFIG  also when it is empty, starts with '.' or holds '/' */
PAL_MUST_USE pal_status pal_name_check_run(const char *name, const char *file, pal_error *err);

#endif

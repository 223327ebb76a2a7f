/* Tables of parameters for programs: JSON lines, one a parameter. */
#ifndef PAL_CLI_PARAMS_LINES_H
#define PAL_CLI_PARAMS_LINES_H

#include "core/error.h"
#include "core/json.h"
#include "core/param.h"

/* "name", "kind", "default", what is allowed, "meaning" and "source" as members of the writer's
 * open object. */
void pal_param_members(pal_json_writer *w, const pal_param *param);

/* A line a parameter: {"command": …, "of": …, "name": …}. `of` says what the table belongs to.
 * PAL_ERR_MEMORY. */
PAL_MUST_USE pal_status pal_params_print_lines(const char *command, const char *of,
                                               const pal_param *table, pal_error *err);

#endif

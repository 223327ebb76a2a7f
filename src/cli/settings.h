/* --set KEY=VALUE of a command line as a JSON document. */
#ifndef PAL_CLI_SETTINGS_H
#define PAL_CLI_SETTINGS_H

#include "cli/options.h"
#include "core/json.h"

/*
 * Every --set applied to the object `start` (JSON text), in the order given; messages of its values name it "--set".
 * Keys have no dot, but for those of one group ("data": --set data.threshold=4), which may be NULL. Caller frees *out.
 *   PAL_ERR_USAGE  not KEY=VALUE, or a key with a dot that is not of the group
 */
PAL_MUST_USE pal_status pal_settings_read(pal_json_doc **out, const pal_args *args, const char *start,
                                          const char *group, pal_error *err);

#endif

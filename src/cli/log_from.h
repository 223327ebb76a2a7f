/* Interaction logs for the command line. */
#ifndef PAL_CLI_LOG_FROM_H
#define PAL_CLI_LOG_FROM_H

#include "core/json.h"
#include "core/text.h"
#include "data/interactions_load.h"

/* pal_interactions_load with the parameters in `object` (NULL: defaults), which stands at `json_path` of --set. */
PAL_MUST_USE pal_status pal_log_from(pal_interactions **out, pal_interactions_report *report, const char *path,
                                     const pal_json *object, const char *json_path, pal_error *err);

/*
 * Models want every value above 0: the first that is not is told by file, person and item, with the settings of
 * "data" that help.
 *   PAL_ERR_DATA  a value of 0 or less
 */
PAL_MUST_USE pal_status pal_log_check_values(const pal_interactions *log, const char *path, pal_error *err);

/* "100,000 interactions of 943 people with 1,682 items", and what became of the other rows, as lines of a text. */
void pal_log_tell(pal_text *text, const pal_interactions *log, const pal_interactions_report *report);
/* The same as members of an open JSON object. */
void pal_log_members(pal_json_writer *w, const pal_interactions *log, const pal_interactions_report *report);

#endif

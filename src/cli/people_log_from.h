/* What `data fit-people` and `data realism` share: the options of a log, and how statistics are taken. */
#ifndef PAL_CLI_PEOPLE_LOG_FROM_H
#define PAL_CLI_PEOPLE_LOG_FROM_H

#include "cli/options.h"
#include "lab/realism_log.h"

#define PAL_OPTION_LOG_LAYOUT { "layout", "NAME", false, "how the log is laid out: ml-100k, ratings, csv, or a format of 'data convert --params' (default: by its name)" }
#define PAL_OPTION_LOG_ITEMS  { "items", "FILE", false, "genres of the items (default: the file that belongs to the layout and stands beside)" }
#define PAL_OPTION_LOG_LIKE   { "like", "X", false, "a value from X up is a like; 0: the log knows no likes (default: 4)" }
#define PAL_OPTION_LOG_GENRE  { "genre", "WORD", false, "item features WORD=... are genres (default: genre)" }
#define PAL_OPTION_LOG_LEAST  { "least", "N", false, "leave out people with fewer than N items, on both sides (default: 1)" }
#define PAL_OPTION_TAKEN_AS   { "as", "EVENT", false, "what a simulated person does to an item they have: clicked, examined, liked (default: clicked)" }
#define PAL_OPTION_SAMPLE     { "sample", "N", false, "items drawn of each person for the breadth of genres (default: 20)" }
#define PAL_OPTION_XMIN       { "xmin", "N", false, "where the power law's tail begins (default: where it fits the real log best)" }

/* The log at `path` with the options above; data holds the keys of --set data.KEY (may be NULL). Caller frees *out. */
PAL_MUST_USE pal_status pal_people_log_from(pal_people_log **out, const pal_args *args, const char *path,
                                            const pal_json *data, pal_error *err);
PAL_MUST_USE pal_status pal_taken_as_from(pal_taken_as *out, const pal_args *args, pal_error *err);
PAL_MUST_USE pal_status pal_moments_config_from(pal_moments_config *out, const pal_args *args, pal_error *err);

#endif

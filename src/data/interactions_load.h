/* Interaction logs from files: MovieLens, hetrec, RecBole's atomic files, any table, a run directory of ours. */
#ifndef PAL_DATA_INTERACTIONS_LOAD_H
#define PAL_DATA_INTERACTIONS_LOAD_H

#include "core/param.h"
#include "data/interactions.h"
#include "data/interactions_build.h"

/* Keys of a "data" object (beside "file", which is the caller's): format, columns, threshold, repeats, cores, sides. */
extern const pal_param pal_interactions_params[];

/*
 * Read a log from `path` (plain or .gz; a run directory reads its events.csv). values are of pal_interactions_params
 * (NULL: defaults); `file` and `json_path` name their place in messages. report may be NULL. The caller owns *out.
 * Titles and side features come from the files that belong to the format and stand beside (u.item, u.user, movies.dat,
 * users.dat, movies.csv, artists.dat, X.item, X.user), or from those that "item_file" and "user_file" name.
 *   PAL_ERR_IO      a file cannot be read
 *   PAL_ERR_PARSE   not UTF-8, an open quote, too few fields: the text names file, row and line
 *   PAL_ERR_DATA    a value, time or id that cannot be used, an unknown column, nothing left: the same
 *   PAL_ERR_CONFIG  parameters that contradict each other: the text names the JSON path
 */
PAL_MUST_USE pal_status pal_interactions_load(pal_interactions **out, pal_interactions_report *report,
    const char *path, const pal_values *values, const char *file, const char *json_path, pal_error *err);

#endif

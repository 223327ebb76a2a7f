/* Interaction logs as files that other tools read: plain CSV, and RecBole's atomic files. */
#ifndef PAL_DATA_WRITE_INTERACTIONS_H
#define PAL_DATA_WRITE_INTERACTIONS_H

#include "data/interactions.h"

/*
 * CSV user,item,value[,time] with a header, rows in the source's order, so that reading it gives the same log (ids in
 * any text are quoted as RFC 4180 asks). Whole or not at all; hex (may be NULL) gets the file's digest.
 */
PAL_MUST_USE pal_status pal_interactions_save_csv(const pal_interactions *log, const char *path,
                                                  char hex[PAL_HASH_HEX], pal_error *err);

/*
 * RecBole's atomic files in the folder `dir` (made when it is not there): NAME.inter, and NAME.item and NAME.user when
 * the log has titles or side features, NAME being the folder's own. Tab-separated, typed header (user_id:token …).
 * Words of one feature ("genre=Drama") share a column; where an item has several, blanks inside a word become '_'.
 *   PAL_ERR_DATA  an id, word or feature's name that holds a tab, a line end or (in a name) ':' : the format cannot
 */
PAL_MUST_USE pal_status pal_interactions_save_atomic(const pal_interactions *log, const char *dir, pal_error *err);

#endif

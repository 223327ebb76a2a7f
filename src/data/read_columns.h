/* Inside the data room: which column of a file is what, and how its fields are told apart. */
#ifndef PAL_DATA_READ_COLUMNS_H
#define PAL_DATA_READ_COLUMNS_H

#include "data/read_lines.h"

#define PAL_NO_COLUMN SIZE_MAX

typedef enum pal_role { PAL_ROLE_USER, PAL_ROLE_ITEM, PAL_ROLE_VALUE, PAL_ROLE_TIME, PAL_ROLE_TITLE, PAL_ROLES } pal_role;

/* "person", "item", "value", "time", "title": for messages. */
const char *pal_role_name(pal_role role);

/* Does a header's name ("userId", "user_id:token", "Movie ID") speak of the role? Case, blanks, '_', '-' and what
 * follows a ':' play no part. */
bool pal_column_means(const char *name, pal_role role);

/*
 * The column of a role. asked: "" = found by the header's names (or, without a header, at its usual place), "-" = there
 * is none, "#3" = the third, else a name of the header. names is NULL without a header; n columns. `key` is the
 * parameter that says which, for messages.
 *   PAL_ERR_DATA  no such column (with the nearest), two that may be meant, none for a role that is needed
 */
PAL_MUST_USE pal_status pal_column_find(size_t *at, pal_role role, const char *asked, const char *key, bool needed,
                                        const char *const *names, size_t n, const char *path, pal_error *err);

/* The separator of a first line: "::" if it holds one, else a tab, comma, semicolon, '|' or blank; "," otherwise. */
const char *pal_separator_guess(const char *line, size_t n);

#endif

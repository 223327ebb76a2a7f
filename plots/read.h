/* Result files read by key or column, with errors that name the place. */
#ifndef PAL_PLOTS_READ_H
#define PAL_PLOTS_READ_H

#include "core/arena.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/json.h"

#include <stddef.h>

/* `where` names the object for messages: "summary.json: arms[2]". A key that must be there and is not, or has
 * another kind, is PAL_ERR_DATA. */
PAL_MUST_USE pal_status pal_read_text(const char **out, const pal_json *object, const char *key, const char *where,
                                      pal_error *err);
/* null gives NaN. */
PAL_MUST_USE pal_status pal_read_number(double *out, const pal_json *object, const char *key, const char *where,
                                        pal_error *err);
/* The array under key. */
PAL_MUST_USE pal_status pal_read_array(const pal_json **out, const pal_json *object, const char *key,
                                       const char *where, pal_error *err);
/* The numbers of an array (null gives NaN), n of them, from the arena. */
PAL_MUST_USE pal_status pal_read_numbers(double **out, size_t *n, const pal_json *object, const char *key,
                                         const char *where, pal_arena *arena, pal_error *err);

/* What may be missing: a number (NaN), a text (`missing`), a bool (false), an array (NULL). */
double pal_look_number(const pal_json *object, const char *key);
const char *pal_look_text(const pal_json *object, const char *key, const char *missing);
bool pal_look_bool(const pal_json *object, const char *key);
const pal_json *pal_look_array(const pal_json *object, const char *key);
const pal_json *pal_look_object(const pal_json *object, const char *key);
/* The i-th number of an array, NaN when it is none. */
double pal_look_at(const pal_json *array, size_t i);
/* Members of an array, 0 for NULL. */
size_t pal_look_size(const pal_json *array);

/* A table's numbers, checked: an entry that is neither empty nor a number is PAL_ERR_DATA with file, row, column. */
PAL_MUST_USE pal_status pal_read_cell(double *out, const pal_table *table, const char *file, size_t row,
                                      size_t column, pal_error *err);

#endif

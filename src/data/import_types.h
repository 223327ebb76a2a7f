/* Inside the data room: the content types of a CSV, and which features each of them has. */
#ifndef PAL_DATA_IMPORT_TYPES_H
#define PAL_DATA_IMPORT_TYPES_H

#include "core/csv.h"
#include "data/catalog_build.h"
#include "data/import_layout.h"

/*
 * Music has a tempo and a film has none: a feature that no row of a type has a value of is not
 * missing there, it does not apply (NaN in the builder; catalog_types.h says what becomes of it). A
 * feature that some rows of a type have is missing in its other rows, as in a catalog of one type.
 * Storage of the caller, from {0}.
 */
typedef struct pal_import_types {
    bool known;                       /* the CSV has a column of types                        */
    size_t n;
    char *name[PAL_MAX_CLUSTERS];     /* in the order of catalog.types; without it, by bytes  */
    bool has[PAL_MAX_CLUSTERS][PAL_MAX_FEATURES]; /* some row of the type has a value         */
    bool somewhere[PAL_MAX_FEATURES]; /* some row of any type has one                         */
    pal_text joined;                  /* "music,movie"                                        */
    pal_intern ids;                   /* items met so far …                                   */
    uint8_t *type;                    /* … and their types: capacity                          */
    size_t capacity;
} pal_import_types;

/*
 * Read the file once for its types; plan->column[PAL_COLUMN_TYPE] is filled in when a layout has
 * the column only where it is there. Without such a column nothing is read but the header.
 *   PAL_ERR_CONFIG  a type twice in catalog.types, an empty one, or two that "TYPE-genre" cannot
 *                   tell apart
 *   PAL_ERR_DATA    no such column; more than 64 types; a type of catalog.types that stands in no
 *                   row
 */
PAL_MUST_USE pal_status pal_import_types_read(pal_import_types *types, pal_import_plan *plan,
                                              const char *csv_path, const char *file,
                                              const char *json_path, pal_error *err);
void pal_import_types_clear(pal_import_types *types);

/* Place of a type, or SIZE_MAX. */
size_t pal_import_types_find(const pal_import_types *types, const char *name);
/* Feature f does not apply to items of a type; of an unknown type (SIZE_MAX) nothing is known to be
 * missing. */
bool pal_import_types_lacks(const pal_import_types *types, size_t type, size_t f);
/* Note the type of an item; *same turns false when an earlier row of its id has another. */
PAL_MUST_USE pal_status pal_import_types_claim(bool *same, pal_import_types *types, const char *id,
                                               size_t type, pal_error *err);
/* "rock;pop" as "music-rock;music-pop"; genres that begin so stay. Into text, which is emptied
 * first. */
void pal_import_types_genres(pal_text *text, const pal_import_types *types, size_t type,
                             const char *genres);
#endif

/* Inside the data room: which column of a CSV is what, from a named layout and the experiment's overrides. */
#ifndef PAL_DATA_IMPORT_LAYOUT_H
#define PAL_DATA_IMPORT_LAYOUT_H

#include "core/json.h"
#include "core/param.h"
#include "data/catalog.h"

typedef enum pal_text_column {
    PAL_COLUMN_ID,
    PAL_COLUMN_TITLE,
    PAL_COLUMN_ARTIST,
    PAL_COLUMN_GENRE,
    PAL_COLUMN_TYPE,
    PAL_TEXT_COLUMNS
} pal_text_column;

extern const char
    *const pal_text_column_names[PAL_TEXT_COLUMNS]; /* "id", "title", "artist", "genre", "type" */

/* All texts are borrowed: from the layout tables, from the experiment's JSON, or, features found in the header, from
 * the importer. */
typedef struct pal_import_plan {
    const char *column[PAL_TEXT_COLUMNS]; /* NULL: the CSV has none                                   */
    const char *popularity;               /* NULL: the CSV has none                                   */
    bool names_required;                  /* an empty title or artist makes a bad row                 */
    bool header_features;                 /* every column after `popularity` is a feature             */
    size_t d;
    pal_feature_spec feature[PAL_MAX_FEATURES];
    const char *feature_column[PAL_MAX_FEATURES];
    const char *missing_text;             /* stands for no value, besides the empty field; "" = none  */
    const char *missing_genre;            /* genre of a row without; "" = such a row is bad           */
    double missing_popularity;            /* popularity of a row without; below 0 = such a row is bad */
    bool log_popularity;                  /* 100 log(1 + x) / log(1 + largest x)                      */
    char genre_separator;                 /* besides ';'; 0 = none                                    */
    char delimiter;
    bool skip_bad_rows;
    pal_scaling scaling;
    const char *content_type;
    bool type_if_there; /* a column "type" before the popularity is the content type */
    const char *types;  /* those allowed, ',' between; "": all that the column holds */
} pal_import_plan;

/*
 * The plan of an experiment's "catalog" object. values are its checked pal_import_params, which must outlive the plan.
 * PAL_ERR_CONFIG names file and JSON path.
 */
PAL_MUST_USE pal_status pal_import_plan_read(pal_import_plan *plan, const pal_values *values, const pal_json *config,
                                             const char *file, const char *json_path, pal_error *err);

/* Place of the column `wanted` in a header; `what` says what for. PAL_ERR_DATA: not there (all are
 * named), or twice. */
PAL_MUST_USE pal_status pal_import_column(size_t *at, const char *path, const char *wanted,
                                          const char *what, const char *const *names, size_t n,
                                          pal_error *err);

/* A feature by name: that of pal_music_features if it is one, else unit "", weight 1, any value. */
pal_feature_spec pal_feature_named(const char *name);

#endif

/* Catalogs from CSV files: named layouts, mapped columns, counted bad rows. */
#ifndef PAL_DATA_IMPORT_TRACKS_H
#define PAL_DATA_IMPORT_TRACKS_H

#include "data/catalog.h"

/* The nine audio features of reference system R1, with its weights and the possible ranges of the Spotify API. */
#define PAL_N_MUSIC_FEATURES 9
extern const pal_feature_spec pal_music_features[PAL_N_MUSIC_FEATURES];

/* What was read and what was wrong with it. */
typedef struct pal_import_fault {
    const char *column;    /* borrowed from the report */
    const char *what;      /* "missing", "not a number", "out of range" … */
    uint64_t count, first_row, first_line;
    char found[64];        /* the first offending text, cut */
} pal_import_fault;

typedef struct pal_import_report { /* start from {0} */
    uint64_t rows;             /* after the header: kept_rows + skipped_rows                              */
    uint64_t kept_rows;        /* merged_rows + items + excluded_items                                    */
    uint64_t items;            /* of the catalog                                                          */
    uint64_t merged_rows;      /* rows of an id that an earlier kept row has                              */
    uint64_t exact_duplicates; /* kept rows equal to an earlier kept one in every column                  */
    uint64_t skipped_rows;     /* bad rows, left out                                                      */
    uint64_t excluded_items;   /* items all of whose genres are excluded                                  */
    size_t n_faults;           /* by column in the layout's order                                         */
    pal_import_fault *fault;
    void *pool;
} pal_import_report;
void pal_import_report_clear(pal_import_report *report); /* accepts NULL; back to {0} */

/* Parameters of the "catalog" object of an experiment with "source": "csv": layout, on_bad_row, scaling, …  */
extern const pal_param pal_import_params[];
/* Names of the layouts ("spotify-114k", "spotify-tidytuesday", "fma-echonest", "palate"), for help; NULL-ended. */
extern const char *const pal_import_layouts[];

/*
 * Read a catalog. `config` is the experiment's "catalog" object (NULL = all defaults), `file` and `json_path` name it
 * in messages. Its keys are those of pal_import_params and
 *   "columns": {"id": "track_id", "title": …, "artist": …, "genre": …, "type": …, "popularity": …,
 *               "features": {"tempo": "bpm", "length": {"column": "ms", "unit": "s", "weight": 1, "low": 0,
 *                                                       "high": 1e7, "zero_missing": true}}}
 * which override the layout's columns one by one ("" = there is no such column), the features as a whole. A feature
 * that is one of pal_music_features takes its unit, weight and range from there. Keys of other owners are passed over.
 *
 * Content types: with a column of types ("columns.type"; layout "palate": a column "type" before
 * the popularity) items of several types make one catalog. Genres become "TYPE-genre", clusters
 * that hold genres of several types are cut into one a type, "types" lists those that are allowed,
 * and a feature that no row of a type has does not apply to it: its items get the mean of the
 * others (catalog_types.h). An item of two types, and a type outside the list, are bad rows.
 *
 * Missing or impossible values: with "on_bad_row": "error" the message counts them by column with the first row
 * of each; with "skip" those rows are left out and the report (may be NULL) counts them. Features of an id come from
 * its first row, its popularity is the largest of its rows, its genres are all of them.
 *   PAL_ERR_CONFIG              the configuration
 *   PAL_ERR_PARSE, PAL_ERR_IO   the CSV as a file
 *   PAL_ERR_DATA                bad rows, an unknown column, no item left, clusters that do not cover the genres
 */
PAL_MUST_USE pal_status pal_import_tracks(pal_catalog **out, pal_import_report *report, const char *csv_path,
    const pal_json *config, const char *file, const char *json_path, const pal_cluster_choice *clusters,
    pal_error *err);

#endif

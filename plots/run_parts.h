/* What run_data.c, run_summary.c, run_tables.c, run_models.c and run_people.c share; no figure includes this. */
#ifndef PAL_PLOTS_RUN_PARTS_H
#define PAL_PLOTS_RUN_PARTS_H

#include "core/arena.h"
#include "core/csv.h"
#include "plots/run_data.h"

#include <stdbool.h>

/* More points than this on one line are averaged: the eye and the page have no room for them. */
#define PAL_MOST_POINTS 200
#define PAL_MAX_ARM_STAGES 32

typedef struct pal_named_series { size_t arm; const char *metric; pal_series series; } pal_named_series;
typedef struct pal_series_set { size_t n; pal_named_series *at; } pal_series_set;

struct pal_rundata_hidden {
    pal_arena *arena; /* every array and copied string of the run */
    pal_json_doc *summary, *profiles, *catalog, *manifest;
    pal_series_set rounds, slots;
};

/* A string kept in the run's arena. */
PAL_MUST_USE pal_status pal_rundata_keep(const char **out, pal_arena *arena, const char *text, pal_error *err);

/* dir/name parsed. The caller owns *out. */
PAL_MUST_USE pal_status pal_rundata_load_json(pal_json_doc **out, const char *dir, const char *name, pal_error *err);

/* Does the format in dir/manifest.json begin with this? false when it cannot be read. */
bool pal_rundata_is(const char *dir, const char *format);

/* Colour, marker and dash of every arm, once the summary is read. */
void pal_rundata_dress(pal_rundata *run);

PAL_MUST_USE pal_status pal_rundata_read_summary(pal_rundata *run, pal_error *err);
/* rounds.csv, slots.csv, stages.csv, coverage.csv, training.csv; the arms are known by then. */
PAL_MUST_USE pal_status pal_rundata_read_tables(pal_rundata *run, pal_error *err);
PAL_MUST_USE pal_status pal_rundata_read_people(pal_rundata *run, pal_error *err);
/* training_curves.csv, importance.csv, model_quality.csv, feedback.csv: those that are there. */
PAL_MUST_USE pal_status pal_rundata_read_models(pal_rundata *run, pal_error *err);

/* A CSV file of the run; the caller frees it with pal_table_free. */
PAL_MUST_USE pal_status pal_rundata_table(pal_table **out, const char *dir, const char *name, pal_error *err);
/* Index of the arm named in a cell; PAL_ERR_DATA when the summary has none. *arm is the last answer: rows come in
 * order. */
PAL_MUST_USE pal_status pal_rundata_cell_arm(size_t *arm, const pal_rundata *run, const pal_table *table,
                                             const char *file, size_t row, size_t column, pal_error *err);

#endif

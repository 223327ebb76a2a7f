/* Writing the run directory (results/README.md is the contract). */
#ifndef PAL_LAB_RESULTS_H
#define PAL_LAB_RESULTS_H

#include "core/file.h"
#include "lab/measure.h"

/* Files of a run, in the order they were written. */
typedef struct pal_result_file {
    char name[64]; /* inside the run directory */
    char hex[PAL_HASH_HEX];
    uint64_t bytes;
} pal_result_file;

typedef struct pal_results {
    const char *dir;
    const pal_experiment *experiment;
    const pal_catalog *catalog;
    bool synthetic;
    const pal_import_report *import; /* of a catalog read from CSV */
    pal_people_set set;
    const pal_record *const *record; /* one an arm */
    const pal_arm_result *arm;
    const pal_boot *boot;
    size_t n_threads;
    const struct pal_people_map *people_map; /* lab/people_map.h; NULL when no arm's people are mapped */
    size_t n_files;
    pal_result_file file[64];
} pal_results;

/* Open dir/name for writing; commit adds it to the list. */
PAL_MUST_USE pal_status pal_results_open(pal_outfile **out, const pal_results *results, const char *name, pal_error *err);
PAL_MUST_USE pal_status pal_results_commit(pal_results *results, pal_outfile **file, const char *name, pal_error *err);
PAL_MUST_USE pal_status pal_results_json(pal_results *results, pal_json_writer *w, const char *name, pal_error *err);
void pal_results_add(pal_results *results, const char *name, const char *hex, uint64_t bytes);
/* Digest of the run: of the names and digests of all files, in name order. */
PAL_MUST_USE pal_status pal_results_digest(const pal_results *results, char hex[PAL_HASH_HEX], pal_error *err);

PAL_MUST_USE pal_status pal_write_rounds(pal_results *results, pal_error *err);    /* rounds.csv */
PAL_MUST_USE pal_status pal_write_tables(pal_results *results, pal_error *err);    /* stages, slots, coverage, training */
PAL_MUST_USE pal_status pal_write_feedback(pal_results *results, pal_error *err);  /* feedback.csv */
PAL_MUST_USE pal_status pal_write_models(pal_results *results, pal_error *err);    /* training_curves, importance, model_quality */
PAL_MUST_USE pal_status pal_write_people(pal_results *results, pal_error *err);    /* people.csv, users.csv */
PAL_MUST_USE pal_status pal_write_summary(pal_results *results, pal_error *err);   /* summary.json */
PAL_MUST_USE pal_status pal_write_catalog(pal_results *results, pal_error *err);   /* catalog.json, items.csv */

/* What is known of one person of the focus arm at the end of a replicate, for profiles.json. */
typedef struct pal_sheets pal_sheets;
PAL_MUST_USE pal_status pal_sheets_new(pal_sheets **out, const pal_experiment *experiment, const pal_catalog *catalog,
                                       size_t n_users, pal_error *err);
void pal_sheets_free(pal_sheets *sheets); /* accepts NULL */
/* After the last round of a replicate of the focus arm: keep its profiles and histories. Takes them from the arm. */
void pal_sheets_keep(pal_sheets *sheets, pal_arm *arm);
PAL_MUST_USE pal_status pal_write_profiles(pal_results *results, const pal_sheets *sheets, pal_error *err); /* profiles.json */

/* The log of impressions, written as rounds go by. */
typedef struct pal_event_log pal_event_log;
PAL_MUST_USE pal_status pal_event_log_open(pal_event_log **out, const pal_results *results, uint64_t most_rows, pal_error *err);
PAL_MUST_USE pal_status pal_event_log_round(pal_event_log *log, const pal_arm *arm, pal_error *err);
PAL_MUST_USE pal_status pal_event_log_commit(pal_event_log **log, pal_results *results, pal_error *err);
void pal_event_log_abort(pal_event_log **log); /* accepts NULL inside */

#endif

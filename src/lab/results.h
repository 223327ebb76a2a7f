/* Writing the run directory (results/README.md is the contract). */
#ifndef PAL_LAB_RESULTS_H
#define PAL_LAB_RESULTS_H

#include "core/file.h"
#include "core/tensors.h"
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
    bool kept;               /* files written as rounds go by outlive the process (lab/checkpoint.h) */
    const pal_tensors *from; /* the checkpoint gone on from; NULL: from the first round */
    size_t n_files;
    pal_result_file file[64];
} pal_results;

/* Open dir/name for writing; commit adds it to the list. */
PAL_MUST_USE pal_status pal_results_open(pal_outfile **out, const pal_results *results, const char *name, pal_error *err);
/* The same for a file that is written as rounds go by: on resuming, where the checkpoint says that it stood (then *begun).
 *   PAL_ERR_DATA  it no longer is what the checkpoint says */
PAL_MUST_USE pal_status pal_results_open_rounds(pal_outfile **out, bool *begun, const pal_results *results, const char *name,
                                                pal_error *err);
/* Where such a file stands, into a checkpoint; what was written is on the disk then. */
PAL_MUST_USE pal_status pal_results_mark(pal_outfile *out, const char *name, pal_tensors *file, pal_error *err);
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
/* What is kept of a replicate, into a checkpoint under names that begin with "sheets_", and back into new sheets. */
PAL_MUST_USE pal_status pal_sheets_save(const pal_sheets *sheets, uint32_t replicate, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_sheets_restore(pal_sheets *sheets, uint32_t replicate, const pal_experiment *experiment,
                                           const pal_catalog *catalog, const pal_tensors *file, pal_error *err);

/* The log of impressions, written as rounds go by; opened where the checkpoint left it when results has one. */
typedef struct pal_event_log pal_event_log;
PAL_MUST_USE pal_status pal_event_log_open(pal_event_log **out, const pal_results *results, uint64_t most_rows, pal_error *err);
PAL_MUST_USE pal_status pal_event_log_round(pal_event_log *log, const pal_arm *arm, pal_error *err);
/* Where it stands, into a checkpoint under "events.rows" and the files' names. Accepts NULL. */
PAL_MUST_USE pal_status pal_event_log_save(const pal_event_log *log, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_event_log_commit(pal_event_log **log, pal_results *results, pal_error *err);
void pal_event_log_abort(pal_event_log **log); /* accepts NULL inside */

#endif
